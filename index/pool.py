"""Postings in memory, by field and term, until a segment is written.

Nothing is done for every word of a text but to note its place, document and position in one number, in the array of its
surface form. Postings are made from these when the segment is written, term by term; those of a stem are the union of
those of its surface forms, so each form is stemmed once for each language and never for each occurrence. 5,000 news
articles take about 80 MB.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias

from index.analysis import plain_word, spellings, tokenize
from index.analysis_stems import stem
from index.codec import BulkFieldWriter, Postings
from index.schema import STEM_FIELDS, Prepared, encode

_Column: TypeAlias = "array[int]"
"""Places of a surface form, ascending: 64 bits each, the upper half a document, the lower half a position in it."""
_DOCUMENT: Final = 1 << 32
_UPPER, _LOWER = (1, 0) if sys.byteorder == "little" else (0, 1)


@dataclass(frozen=True, slots=True)
class _Compound:
    """A token that is more, or less, than one word in one position: ``kabar.example``, ``AS``, ``1,5``."""

    width: int
    offsets: tuple[int, ...]
    columns: tuple[_Column, ...]
    unstemmed: int
    """How many of its forms have no stem."""


class _Columns(dict[str, "_Column | None"]):
    """By spelling of a token (``Beras`` and ``beras`` share one): its column, None for a compound."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, _Column] = {}
        """By surface form that has a stem."""
        self.unstemmed: dict[str, _Column] = {}
        """By surface form without a stem."""
        self.compounds: dict[str, _Compound] = {}
        """By spelling."""

    def __missing__(self, raw: str) -> _Column | None:
        word = plain_word(raw)
        if word is None:
            self.compounds[raw] = self._compound(raw)
        column = self[raw] = None if word is None else _column(self.words, word)
        return column

    def _compound(self, raw: str) -> _Compound:
        width, forms = spellings(raw)
        columns = tuple(_column(self.words if form.stemmed else self.unstemmed, form.surface) for form in forms)
        unstemmed = sum(not form.stemmed for form in forms)
        return _Compound(width, tuple(form.offset for form in forms), columns, unstemmed)


def _column(columns: dict[str, _Column], surface: str) -> _Column:
    known = columns.get(surface)
    if known is None:
        known = columns[surface] = array("Q")
    return known


@dataclass(frozen=True, slots=True)
class Text:
    """An analysed text that is not noted yet: the column and the position of each occurrence of a surface form."""

    columns: list[_Column]
    positions: Sequence[int]
    stems: int
    """How many of the occurrences have a stem."""


class TextPool:
    """One text field of a segment, and its stems."""

    def __init__(self) -> None:
        self._languages: dict[str, _Columns] = {}

    def read(self, text: str, language: str) -> Text:
        """Analyse a text; nothing is noted yet."""
        known = self._languages.setdefault(language, _Columns())
        tokens = tokenize(text)
        found: list[Any] = list(map(known.__getitem__, tokens))
        special = [at for at, column in enumerate(found) if column is None]
        if not special:
            return Text(found, range(len(found)), len(found))
        columns: list[_Column] = []
        positions: list[int] = []
        begin = shift = unstemmed = 0
        for at in special:
            compound = known.compounds[tokens[at]]
            columns += found[begin:at]
            columns += compound.columns
            positions.extend(range(begin + shift, at + shift))
            positions.extend([at + shift + offset for offset in compound.offsets])
            begin, shift, unstemmed = at + 1, shift + compound.width - 1, unstemmed + compound.unstemmed
        columns += found[begin:]
        positions.extend(range(begin + shift, len(found) + shift))
        return Text(columns, positions, len(columns) - unstemmed)

    def add(self, doc: int, text: Text) -> None:
        """Note where the surface forms of a document stand."""
        # A loop in C: this is the one step that every word of every document takes.
        deque(map(array.append, text.columns, map((doc * _DOCUMENT).__add__, text.positions)), maxlen=0)

    def surfaces(self) -> Iterator[tuple[bytes, Postings]]:
        """Surface forms in order, with their postings."""
        merged: dict[str, _Column] = {}
        for columns in self._languages.values():
            for surface, column in chain(columns.words.items(), columns.unstemmed.items()):
                known = merged.get(surface)
                merged[surface] = column if known is None else array("Q", sorted(chain(known, column)))
        for surface in sorted(merged):
            docs, positions = _split(merged[surface])
            if docs:
                yield encode(surface), _counted(docs, positions)

    def stems(self) -> Iterator[tuple[bytes, Postings]]:
        """Stems in order, with their postings; these have no positions."""
        merged: dict[str, _Column] = {}
        for language, columns in self._languages.items():
            for surface, column in columns.words.items():
                stemmed = stem(surface, language)
                known = merged.get(stemmed)
                merged[stemmed] = column if known is None else known + column
        for stemmed in sorted(merged):
            docs, _ = _split(merged[stemmed])
            if docs:
                yield encode(stemmed), _counted(docs if len(docs) == 1 else sorted(docs), ())


def _split(column: _Column) -> tuple[array[int], array[int]]:
    """Documents and positions of all places, by looking at their memory as halves."""
    halves = array("I", column.tobytes())
    return halves[_UPPER::2], halves[_LOWER::2]


def _counted(docs: Sequence[int], positions: Sequence[int]) -> Postings:
    """Postings of ascending documents, each as often as the term occurs in it."""
    if docs[0] == docs[-1]:
        return Postings(docs[:1], (len(docs),), positions)
    if len(docs) == 2 or len(counts := Counter(docs)) == len(docs):
        return Postings(docs, b"\x01" * len(docs), positions)
    return Postings(array("I", counts), array("I", counts.values()), positions)


class PostingPool:
    """Collects postings of documents that arrive in ascending order of their number."""

    def __init__(self) -> None:
        self._texts = {field: TextPool() for field in STEM_FIELDS}
        self._keys: dict[str, dict[str, array[int]]] = {}

    def read(self, entry: Prepared) -> dict[str, Text]:
        """Analyse the texts of a record by field; whatever is wrong with them shows here, before any is added."""
        return {field: self._texts[field].read(text, entry.language) for field, text in entry.texts}

    def add(self, doc: int, entry: Prepared, texts: dict[str, Text]) -> None:
        """Add all terms of one document."""
        for field, text in texts.items():
            self._texts[field].add(doc, text)
        for field, term in entry.keys:
            terms = self._keys.setdefault(field, {})
            if term in terms:
                terms[term].append(doc)
            else:
                terms[term] = array("I", (doc,))

    def write(self, writer: BulkFieldWriter, schema: Any, lengths: dict[str, bytearray]) -> None:
        """Write everything in order, emptying the pool on the way; ``lengths`` are codes by field and document."""
        fields: dict[str, Iterator[tuple[bytes, Postings]]] = {}
        for field, terms in self._keys.items():
            fields[field] = _key_postings(terms)
        for field, pool in self._texts.items():
            fields[field], fields[STEM_FIELDS[field]] = pool.surfaces(), pool.stems()
        for field in sorted(fields):
            writer.start_field(field, schema[field])
            for term, postings in fields.pop(field):
                shortest, longest = length_range(lengths.get(field), postings.ids)
                writer.add_term(term, postings, shortest, longest)
            writer.finish_field()


def _key_postings(terms: dict[str, array[int]]) -> Iterator[tuple[bytes, Postings]]:
    # Texts have the same order as their UTF-8.
    for term in sorted(terms):
        yield encode(term), Postings(terms[term], bytes(len(terms[term])), ())


def length_range(lengths: Sequence[int] | None, ids: Sequence[int]) -> tuple[int, int]:
    """The smallest and the largest of the documents' length codes; zeros for a field without lengths."""
    if not lengths:
        return 0, 0
    if len(ids) == 1:
        return lengths[ids[0]], lengths[ids[0]]
    of_ids = list(map(lengths.__getitem__, ids))
    return min(of_ids), max(of_ids)
