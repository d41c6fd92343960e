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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias

from index.analysis import Spelling, plain_word, spellings, tokenize
from index.analysis_stems import stem
from index.codec import BulkFieldWriter, Postings
from index.schema import STEM_FIELDS, Prepared, encode

_Column: TypeAlias = "array[int]"
"""Places of a surface form, ascending: 64 bits each, the upper half a document, the lower half a position in it."""
_DOCUMENT: Final = 1 << 32
_UPPER, _LOWER, _LOWEST = (1, 0, 0) if sys.byteorder == "little" else (0, 1, 3)
_NARROW: Final = 1 << 16
"""Positions below fit into 16 bits, a quarter of a place."""


@dataclass(frozen=True, slots=True)
class _Compound:
    """A token that is more, or less, than one word in one position: ``kabar.example``, ``AS``, ``1,5``."""

    width: int
    offsets: tuple[int, ...]
    columns: tuple[_Column, ...]
    unstemmed: int
    """How many of its forms have no stem."""


class _Columns(dict[str, "_Column | None"]):
    """By spelling of a token (``Beras`` and ``beras`` share one): its column, None for any other token."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, _Column] = {}
        """By surface form that has a stem."""
        self.unstemmed: dict[str, _Column] = {}
        """By surface form without a stem."""
        self.numbers: dict[str, _Column] = {}
        """By spelling of a token that is one surface form without a stem."""
        self.compounds: dict[str, _Compound] = {}
        """By spelling of any other."""

    def __missing__(self, raw: str) -> _Column | None:
        word = plain_word(raw)
        if word is not None:
            column = self[raw] = _column(self.words, word)
            return column
        width, forms = spellings(raw)
        if len(forms) == width == 1 and not forms[0].stemmed:
            self.numbers[raw] = _column(self.unstemmed, forms[0].surface)
        else:
            self.compounds[raw] = self._compound(width, forms)
        self[raw] = None
        return None

    def _compound(self, width: int, forms: Sequence[Spelling]) -> _Compound:
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
        self._counted: dict[int, Postings] = {}
        """Postings of surface forms that were written, by identity of their column."""
        self._longest = 0

    @property
    def forms(self) -> int:
        """Distinct spellings so far, of every language."""
        return sum(map(len, self._languages.values()))

    def read(self, text: str, language: str) -> Text:
        """Analyse a text; nothing is noted yet."""
        known = self._languages.setdefault(language, _Columns())
        tokens = tokenize(text)
        found: list[Any] = list(map(known.__getitem__, tokens))
        special = []
        numbers = 0
        for at in [at for at, column in enumerate(found) if column is None]:
            number = known.numbers.get(tokens[at])
            if number is None:
                special.append(at)
            else:
                found[at] = number
                numbers += 1
        if not special:
            return Text(found, range(len(found)), len(found) - numbers)
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
        return Text(columns, positions, len(columns) - unstemmed - numbers)

    def add(self, doc: int, text: Text) -> None:
        """Note where the surface forms of a document stand."""
        if text.positions:
            self._longest = max(self._longest, text.positions[-1] + 1)
        # A loop in C: this is the one step that every word of every document takes.
        deque(map(array.append, text.columns, map((doc * _DOCUMENT).__add__, text.positions)), maxlen=0)

    def surfaces(self) -> Iterator[tuple[bytes, Postings]]:
        """Surface forms in order, with their postings."""
        merged: dict[str, _Column] = {}
        for columns in self._languages.values():
            for surface, column in chain(columns.words.items(), columns.unstemmed.items()):
                known = merged.get(surface)
                merged[surface] = column if known is None else array("Q", sorted(chain(known, column)))
        counted, narrow = self._counted, self._longest < _NARROW
        for surface in sorted(merged):
            column = merged[surface]
            if column:
                # A column merged from several languages is in no language's table: its identity is never asked for.
                counted[id(column)] = postings = _postings(column, narrow)
                yield encode(surface), postings

    def stems(self) -> Iterator[tuple[bytes, Postings]]:
        """Stems in order, with their postings; these have no positions. To be asked for after the surface forms."""
        groups: dict[str, list[_Column]] = {}
        for language, columns in self._languages.items():
            for surface, column in columns.words.items():
                if column:
                    stemmed = stem(surface, language)
                    if stemmed in groups:
                        groups[stemmed].append(column)
                    else:
                        groups[stemmed] = [column]
        for stemmed in sorted(groups):
            yield encode(stemmed), self._union(groups[stemmed])

    def _union(self, columns: Sequence[_Column]) -> Postings:
        """Documents of any of the surface forms of a stem."""
        if len(columns) == 1:
            known = self._counted.get(id(columns[0]))
            if known is not None:
                return Postings(known.ids, known.freqs, ())
        counts = Counter(array("I", b"".join(map(array.tobytes, columns)))[_UPPER::2])
        ids = sorted(counts)
        return Postings(ids, _frequencies(map(counts.__getitem__, ids)), ())


def _postings(column: _Column, narrow: bool) -> Postings:
    """The postings of a surface form, by looking at the memory of its places as halves, or quarters if ``narrow``."""
    if len(column) == 1:
        # Half of all forms.
        doc, position = divmod(column[0], _DOCUMENT)
        return Postings((doc,), (1,), (position,))
    places = column.tobytes()
    docs = array("I", places)[_UPPER::2]
    positions = array("H", places)[_LOWEST::4] if narrow else array("I", places)[_LOWER::2]
    if docs[0] == docs[-1]:
        return Postings(docs[:1], (len(docs),), positions)
    if len(docs) == 2 or len(counts := Counter(docs)) == len(docs):
        return Postings(docs, b"\x01" * len(docs), positions)
    return Postings(array("I", counts), _frequencies(counts.values()), positions)


def _frequencies(counts: Iterable[int]) -> Sequence[int]:
    """Frequencies in a byte each, as nearly all are small."""
    counts = tuple(counts)
    return bytes(counts) if max(counts) < 256 else array("I", counts)


class PostingPool:
    """Collects postings of documents that arrive in ascending order of their number."""

    def __init__(self) -> None:
        self._texts = {field: TextPool() for field in STEM_FIELDS}
        self._keys: dict[str, dict[str, array[int]]] = {}

    @property
    def forms(self) -> int:
        """Distinct spellings so far, of every field and language: what memory depends on."""
        return sum(text.forms for text in self._texts.values())

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
            of_field = lengths.get(field)
            for term, postings in fields.pop(field):
                writer.add_term(term, postings, *length_range(of_field, postings.ids))
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
