"""Postings in memory, by field and term, until a segment is written.

Nothing is done for every word of a text but to note its place, document and position in one number, in the array of its
surface form. Postings are made from these when the segment is written, some terms at a time; those of a stem are the
union of those of its surface forms, so each form is stemmed once for each language and never for each occurrence. 5,000
news articles take about 60 MB.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain, compress, repeat
from operator import not_
from typing import Any, Final, NamedTuple, TypeAlias

from index.analysis import other_spellings, plain_word, tokenize
from index.analysis_stems import stems_of
from index.codec import NO_FREQUENCY, NO_POSITION, BulkFieldWriter, describe_once, without_positions, woven
from index.codec_postings import NARROW, PackedPostings
from index.schema import STEM_FIELDS, Prepared, encode

_Column: TypeAlias = "array[int]"
"""Places of a surface form, ascending: 64 bits each, the upper half a document, the lower half a position in it."""
_PLACES: Final = "L" if array("L").itemsize == 8 else "Q"
"""Where ``L`` has 64 bits, a large number is appended to it in two thirds of the time."""
_DOCUMENT: Final = 1 << 32
_UPPER, _LOWER, _LOWEST = (1, 0, 0) if sys.byteorder == "little" else (0, 1, 3)
TERMS_AT_ONCE: Final = 512
"""Terms written together: what they need stays in a processor's cache."""
PLACES_AT_ONCE: Final = 500_000
"""Places above which terms are written one by one, as their places are copied meanwhile: 512 terms of 5,000 news
articles have 60,000 at most."""
SPLICED: Final = 8
"""A column this many times as long as another is cut up to let its places in; others are sorted anew."""


_Compound: TypeAlias = tuple[int, list[int], list[_Column]]
"""A token that is more, or less, than one word in one position (``kabar.example``, ``AS``, ``Rp1,5``).

How many positions it takes, and the offset and the column of each of its forms."""


class _Forms(dict[str, _Column]):
    """By surface form: its column."""

    def __missing__(self, surface: str) -> _Column:
        column = self[surface] = array(_PLACES)
        return column


class _Columns(dict[str, "_Column | None"]):
    """By spelling of a token (``Beras`` and ``beras`` share one): its column, None for a compound."""

    def __init__(self) -> None:
        super().__init__()
        self.words = _Forms()
        """Forms that have a stem."""
        self.unstemmed = _Forms()
        """Forms without a stem."""
        self.compounds: dict[str, _Compound] = {}
        """By spelling."""

    def __missing__(self, raw: str) -> _Column | None:
        word = plain_word(raw)
        if word is not None:
            column = self[raw] = self.words[word]
            return column
        width, forms = other_spellings(raw)
        columns = [(self.words if stemmed else self.unstemmed)[surface] for _, surface, stemmed in forms]
        known = self[raw] = columns[0] if len(forms) == width == 1 else None
        if known is None:
            self.compounds[raw] = (width, [offset for offset, _, _ in forms], columns)
        return known


class Text(NamedTuple):
    """An analysed text that is not noted yet: the column and the place of each occurrence of a surface form."""

    columns: list[_Column]
    places: Iterable[int]
    width: int
    """How many positions it has."""


class TextPool:
    """One text field of a segment, and its stems."""

    def __init__(self) -> None:
        self.lengths = array("I")
        """By document: how many occurrences of surface forms it has."""
        self._languages: dict[str, _Columns] = {}
        self._as_stems: dict[int, bytes] = {}
        """By identity of the column of a surface form that was written and occurs more than once: the description of a
        stem with no other form, which has the same postings without positions."""
        self._narrow = True
        """Whether all positions fit into 16 bits, a quarter of a place."""

    @property
    def forms(self) -> int:
        """Distinct spellings so far, of every language."""
        return sum(map(len, self._languages.values()))

    def read(self, text: str, language: str) -> Text:
        """Analyse a text, which is to be the next document; nothing is noted yet."""
        known = self._languages.get(language)
        if known is None:
            known = self._languages[language] = _Columns()
        tokens = tokenize(text)
        found: list[Any] = list(map(known.__getitem__, tokens))
        begin, first = 0, len(self.lengths) * _DOCUMENT
        columns: list[_Column] = []
        places: list[Iterable[int]] = []
        for at in [at for at, column in enumerate(found) if column is None]:
            width, offsets, of_compound = known.compounds[tokens[at]]
            columns += found[begin:at]
            columns += of_compound
            places.append(range(first + begin, first + at))
            places.append([first + at + offset for offset in offsets])
            begin, first = at + 1, first + width - 1
        columns += found[begin:]
        places.append(range(first + begin, first + len(found)))
        return Text(columns, chain.from_iterable(places), (first + len(found)) % _DOCUMENT)

    def add(self, text: Text) -> None:
        """Note where the surface forms of the next document stand."""
        self.lengths.append(len(text.columns))
        self._narrow = self._narrow and text.width <= NARROW
        # A loop in C: this is the one step that every word of every document takes.
        deque(map(array.append, text.columns, text.places), maxlen=0)

    def stem_lengths(self) -> _Column:
        """By document: how many of the occurrences have a stem."""
        unstemmed: Counter[int] = Counter()
        for columns in self._languages.values():
            for column in columns.unstemmed.values():
                unstemmed.update(array("I", column.tobytes())[_UPPER::2])
        return array("I", [length - unstemmed[doc] for doc, length in enumerate(self.lengths)])

    def write_surfaces(self, writer: BulkFieldWriter) -> None:
        """Write the surface forms with their postings."""
        merged: dict[str, _Column] = {}
        for known in self._languages.values():
            for forms in (known.words, known.unstemmed):
                both = {word: _joined(merged[word], forms[word]) for word in merged.keys() & forms.keys()}
                merged.update(forms)
                merged.update(both)
        for surfaces in _in_order(surface for surface, column in merged.items() if column):
            columns = list(map(merged.__getitem__, surfaces))
            once = [len(column) == 1 for column in columns]
            places = array("I", b"".join(compress(columns, once)))
            infos = describe_once(places[_UPPER::2], places[_LOWER::2])
            others = self._describe(list(compress(columns, map(not_, once))), writer)
            writer.add_terms(_encoded(surfaces), woven(once, infos, others))

    def _describe(self, columns: Sequence[_Column], writer: BulkFieldWriter) -> Iterator[bytes]:
        """Write the postings of surface forms that occur more than once; gives their descriptions."""
        step = 1 if sum(map(len, columns)) > PLACES_AT_ONCE else len(columns)
        for at in range(0, len(columns), step or 1):
            some = columns[at : at + step]
            lists = self._list(some)
            infos = writer.describe(lists)
            # A column merged from several languages is in no language's table: its identity is never asked for.
            self._as_stems.update(zip(map(id, some), without_positions(infos, lists), strict=True))
            yield from infos

    def _list(self, columns: Sequence[_Column]) -> list[PackedPostings]:
        """The postings of surface forms, by looking at the memory of their places as halves or quarters."""
        places = b"".join(columns)
        docs = array("I", places)[_UPPER::2]
        positions = array("H", places)[_LOWEST::4] if self._narrow else array("I", places)[_LOWER::2]
        lists: list[PackedPostings] = []
        begin = 0
        for end in accumulate(map(len, columns)):
            ids, freqs, _, most, total = _counted(docs[begin:end])
            lists.append((ids, freqs, positions[begin:end], most, total))
            begin = end
        return lists

    def write_stems(self, writer: BulkFieldWriter) -> None:
        """Write the stems with their postings, which have no positions; to be called after the surface forms."""
        groups: dict[str, list[_Column]] = {}
        for language, columns in self._languages.items():
            words = {surface: column for surface, column in columns.words.items() if column}
            for stemmed, column in zip(stems_of(words, language), words.values(), strict=True):
                if stemmed in groups:
                    groups[stemmed].append(column)
                else:
                    groups[stemmed] = [column]
        for stems in _in_order(groups):
            columns_of = list(map(groups.__getitem__, stems))
            once = [len(columns) == len(columns[0]) == 1 for columns in columns_of]
            places = array("I", b"".join(columns[0] for columns in compress(columns_of, once)))
            infos = describe_once(places[_UPPER::2], repeat(NO_POSITION))
            others = self._describe_stems(list(compress(columns_of, map(not_, once))), writer)
            writer.add_terms(_encoded(stems), woven(once, infos, others))

    def _describe_stems(self, columns_of: Sequence[list[_Column]], writer: BulkFieldWriter) -> list[bytes]:
        """The descriptions of stems that occur more than once; of those with several forms, postings are written."""
        known = [self._as_stems.get(id(columns[0])) if len(columns) == 1 else None for columns in columns_of]
        unions = [_union(columns) for columns, info in zip(columns_of, known, strict=True) if info is None]
        own = iter(writer.describe(unions))
        return [info or next(own) for info in known]


def _union(columns: Sequence[_Column]) -> PackedPostings:
    """The postings of a stem: documents of any of its surface forms."""
    docs = array("I", b"".join(columns))[_UPPER::2]
    counts = Counter(docs)
    ids = sorted(counts)
    return _packed(ids, list(map(counts.__getitem__, ids)), len(docs))


def _joined(first: _Column, second: _Column) -> _Column:
    """The places of both, in order."""
    few, many = sorted((first, second), key=len)
    if len(few) * SPLICED > len(many):
        return array(_PLACES, sorted(chain(few, many)))
    joined, begin = array(_PLACES), 0
    for place in few:
        end = bisect_left(many, place, begin)
        joined += many[begin:end]
        joined.append(place)
        begin = end
    return joined + many[begin:]


def _in_order(terms: Iterable[str]) -> Iterator[list[str]]:
    """Terms in order, some at a time."""
    ordered = sorted(terms)  # texts have the same order as their UTF-8
    for begin in range(0, len(ordered), TERMS_AT_ONCE):
        yield ordered[begin : begin + TERMS_AT_ONCE]


def _encoded(terms: Iterable[str]) -> list[bytes]:
    return list(map(encode, terms))


def _counted(docs: _Column) -> PackedPostings:
    """Postings without positions from the document of each of several occurrences, in order."""
    if docs[0] == docs[-1]:
        return _packed(docs[:1], (len(docs),), len(docs))
    if len(docs) == 2 or len(counts := Counter(docs)) == len(docs):
        return docs, b"", b"", 1, len(docs)
    return _packed(counts, counts.values(), len(docs))


def _packed(ids: Iterable[int], counts: Collection[int], total: int) -> PackedPostings:
    """Postings without positions from documents in order and how often each has the term."""
    most = max(counts)
    # A byte each, as nearly all are small.
    freqs = b"" if most == 1 else bytes(counts) if most < 256 else array("I", counts)
    return array("I", ids), freqs, b"", most, total


class PostingPool:
    """Collects postings of documents that arrive in ascending order of their number."""

    def __init__(self) -> None:
        self._texts = {field: TextPool() for field in STEM_FIELDS}
        self._keys: dict[str, dict[str, _Column]] = {}

    @property
    def forms(self) -> int:
        """Distinct spellings so far, of every field and language: what memory depends on."""
        return sum(text.forms for text in self._texts.values())

    def read(self, entry: Prepared) -> dict[str, Text]:
        """Analyse the texts of a record by field; whatever is wrong with them shows here, before any is added."""
        return {field: self._texts[field].read(text, entry.language) for field, text in entry.texts}

    def add(self, doc: int, entry: Prepared, texts: Mapping[str, Text]) -> None:
        """Add all terms of the next document."""
        for field, text in texts.items():
            self._texts[field].add(text)
        for field, term in entry.keys:
            terms = self._keys.setdefault(field, {})
            if term in terms:
                terms[term].append(doc)
            else:
                terms[term] = array("I", (doc,))

    def lengths(self) -> dict[str, _Column]:
        """By field of surface forms or stems: the length of every document."""
        return {
            name: lengths
            for field, pool in self._texts.items()
            for name, lengths in ((field, pool.lengths), (STEM_FIELDS[field], pool.stem_lengths()))
        }

    def write(self, writer: BulkFieldWriter, schema: Any) -> None:
        """Write everything in order, emptying the pool on the way."""
        fields: dict[str, Callable[[BulkFieldWriter], None]] = {
            field: partial(_write_keys, terms) for field, terms in self._keys.items()
        }
        for field, pool in self._texts.items():
            fields[field], fields[STEM_FIELDS[field]] = pool.write_surfaces, pool.write_stems
        self._keys.clear()
        self._texts.clear()
        for field in sorted(fields):
            writer.start_field(field, schema[field])
            fields.pop(field)(writer)
            writer.finish_field()


def _write_keys(keys: Mapping[str, _Column], writer: BulkFieldWriter) -> None:
    """Write identifiers, which have neither frequencies nor positions."""
    for names in _in_order(keys):
        lists = list(map(keys.__getitem__, names))
        once = [len(docs) == 1 for docs in lists]
        infos = describe_once(array("I", b"".join(compress(lists, once))), repeat(NO_FREQUENCY))
        others = writer.describe([(docs, b"", b"", 0, len(docs)) for docs in compress(lists, map(not_, once))])
        writer.add_terms(_encoded(names), woven(once, infos, others))
