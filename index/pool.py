"""Postings in memory, by field and term, until a segment is written.

Half of all terms occur in one document only: the first posting of a term is kept as a plain tuple, and arrays are made
when a second arrives. 5,000 news articles take about 110 MB.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

from index.codec import BulkFieldWriter, Postings
from index.schema import Prepared, encode

_Single = tuple[int, int, Sequence[int]]


class PostingPool:
    """Collects postings of documents that arrive in ascending order of their number."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, _Single | Postings]] = {}

    def add(self, doc: int, entry: Prepared) -> None:
        """Add all terms of one document."""
        for field, by_term in entry.positions.items():
            terms = self._fields.setdefault(field, {})
            for term, positions in by_term.items():
                _append(terms, term, doc, len(positions), positions)
        for field, stems in entry.stems.items():
            terms = self._fields.setdefault(field, {})
            for term, count in Counter(stems).items():
                _append(terms, term, doc, count, ())
        for field, term in entry.keys:
            _append(self._fields.setdefault(field, {}), term, doc, 0, ())

    def write(self, writer: BulkFieldWriter, schema: Any, lengths: dict[str, Sequence[int]]) -> None:
        """Write everything in order, emptying the pool on the way; ``lengths`` are by field and document."""
        for field in sorted(self._fields):
            terms = self._fields.pop(field)
            writer.start_field(field, schema[field])
            for key in sorted((encode(term), term) for term in terms):
                postings = _postings(terms.pop(key[1]))
                shortest, longest = length_range(lengths.get(field), postings.ids)
                writer.add_term(key[0], postings, shortest, longest)
            writer.finish_field()


def length_range(lengths: Sequence[int] | None, ids: Sequence[int]) -> tuple[int, int]:
    """The shortest and the longest of the documents' lengths; zeros for a field without lengths."""
    if not lengths:
        return 0, 0
    if len(ids) == 1:
        return lengths[ids[0]], lengths[ids[0]]
    of_ids = [lengths[doc] for doc in ids]
    return min(of_ids), max(of_ids)


def _append(terms: dict[str, _Single | Postings], term: str, doc: int, freq: int, positions: Sequence[int]) -> None:
    known: Any = terms.get(term)
    if known is None:
        terms[term] = (doc, freq, positions)
        return
    if type(known) is tuple:
        first_doc, first_freq, first_positions = known
        known = Postings(array("I", (first_doc,)), array("I", (first_freq,)), array("I", first_positions))
        terms[term] = known
    known.ids.append(doc)
    known.freqs.append(freq)
    if positions:
        known.positions.extend(positions)


def _postings(entry: _Single | Postings) -> Postings:
    if isinstance(entry, Postings):
        return entry
    doc, freq, positions = entry
    return Postings((doc,), (freq,), positions)
