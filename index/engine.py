"""The narrow interface between ranking and the index library, and its implementation over Whoosh segments.

Ranking needs five things of an index: a term's postings, the terms of a field, document lengths, columns, and what is
stored with a document. Everything library-specific stays on this side of :class:`Engine`.

Document numbers are global: those of the first segment, then those of the second, and so on. An engine is a snapshot;
a commit after it was opened does not change it.
"""

from __future__ import annotations

import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from whoosh.util.numeric import byte_to_length

from index.codec import BulkCodec, BulkTermsReader
from index.codec_postings import Postings, concatenate
from index.files import check_marker, file_checksum
from index.schema import NO_DATE, decode, encode, make_schema
from index.storage import DurableStorage
from index.toc import read_toc, retry_opening
from transforms.errors import IndexUnavailableError

MAX_CACHED_POSTINGS: Final = 2_000_000
"""Postings kept in memory over searches, about 8 bytes each."""

EMPTY: Final = Postings((), (), ())


class Engine(Protocol):
    """What ranking and search need of an index."""

    size: int
    """Number of document numbers, dead documents included."""
    documents: int
    """Number of live documents."""

    def dead(self) -> frozenset[int]:
        """Numbers of documents that are deleted but still in the postings."""

    def postings(self, field: str, term: str) -> Postings:
        """Documents of a term, ascending, dead ones included; empty when there is none."""

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Terms that start with ``prefix`` and their number of documents; a term may come once a segment."""

    def count(self, field: str, term: str) -> int:
        """Number of documents of a term, dead ones included, without reading its postings."""

    def lengths(self, field: str) -> tuple[Sequence[int], float]:
        """Every document's number of tokens in a field, and the mean over documents that have any."""

    def published(self) -> Sequence[int]:
        """Every document's publication time as a sortable number, 0 where unknown."""

    def labels(self, field: str) -> tuple[Sequence[int], list[str]]:
        """A label column: every document's index into the list of values."""

    def hit(self, doc: int) -> dict[str, Any]:
        """What is stored to show a document."""

    def text(self, doc: int) -> str:
        """A document's text."""

    def close(self) -> None:
        """Let go of all files."""


class WhooshEngine:
    """A snapshot of the Whoosh index in one folder; see :class:`Engine` for its methods."""

    def __init__(self, storage: DurableStorage, toc: Any) -> None:
        self._segments = [_Segment(storage, segment) for segment in toc.segments]
        self._bases: list[int] = []
        self.size = 0
        for segment in self._segments:
            self._bases.append(self.size)
            self.size += segment.size
        self._dead = frozenset(
            base + doc for base, segment in zip(self._bases, self._segments, strict=True) for doc in segment.dead
        )
        self.documents = self.size - len(self._dead)
        self._cache: OrderedDict[tuple[str, str], Postings] = OrderedDict()
        self._cached = 0
        self._columns: dict[str, Any] = {}

    def dead(self) -> frozenset[int]:
        """Numbers of deleted documents."""
        return self._dead

    def postings(self, field: str, term: str) -> Postings:
        """A term's documents over all segments."""
        key = (field, term)
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return known
        found = self._read(field, encode(term))
        self._cache[key] = found
        self._cached += len(found.ids) + len(found.positions)
        while self._cached > MAX_CACHED_POSTINGS and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            self._cached -= len(oldest.ids) + len(oldest.positions)
        return found

    def _read(self, field: str, term: bytes) -> Postings:
        parts = []
        for base, segment in zip(self._bases, self._segments, strict=True):
            part = segment.terms.postings(field, term)
            if part is not None:
                parts.append((base, part))
        return concatenate(parts) if parts else EMPTY

    def terms(self, field: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Terms of every segment in turn."""
        for segment in self._segments:
            for term, count in segment.terms.field_terms(field, encode(prefix)):
                yield decode(term), count

    def count(self, field: str, term: str) -> int:
        """Number of documents of a term."""
        return sum(segment.terms.document_count(field, encode(term)) for segment in self._segments)

    def lengths(self, field: str) -> tuple[Sequence[int], float]:
        """Lengths, read once."""
        key = f"{field}.lengths"
        if key not in self._columns:
            lengths = array("I")
            total = 0
            for segment in self._segments:
                lengths.extend(segment.lengths(field))
                total += segment.total_length(field)
            filled = sum(1 for length in lengths if length)
            self._columns[key] = (lengths, total / filled if filled else 1.0)
        known: tuple[Sequence[int], float] = self._columns[key]
        return known

    def published(self) -> Sequence[int]:
        """Publication times, read once."""
        if "published" not in self._columns:
            column = array("q")
            for segment in self._segments:
                column.extend(segment.published())
            self._columns["published"] = column
        known: Sequence[int] = self._columns["published"]
        return known

    def labels(self, field: str) -> tuple[Sequence[int], list[str]]:
        """A label column, read once."""
        if field not in self._columns:
            numbers: dict[str, int] = {}
            column = array("I")
            for segment in self._segments:
                refs, values = segment.labels(field)
                of_segment = [numbers.setdefault(value, len(numbers)) for value in values]
                column.extend([of_segment[ref] for ref in refs])
            self._columns[field] = (column, list(numbers))
        known: tuple[Sequence[int], list[str]] = self._columns[field]
        return known

    def hit(self, doc: int) -> dict[str, Any]:
        """The stored dictionary."""
        segment, local = self._locate(doc)
        return segment.hit(local)

    def text(self, doc: int) -> str:
        """The stored text."""
        segment, local = self._locate(doc)
        return segment.text(local)

    def doc_of(self, id_: str) -> int | None:
        """The number of the live document with this id."""
        for doc in self._read("id", encode(id_)).ids:
            if doc not in self._dead:
                return doc
        return None

    def id_rank(self, doc: int) -> int:
        """The place of a document's id among all ids in order; live documents only."""
        if "id.rank" not in self._columns:
            numbers = [
                (id_, base + number)
                for base, segment in zip(self._bases, self._segments, strict=True)
                for id_, postings in segment.terms.field_postings("id")
                for number in postings.ids
            ]
            ranks = array("I", bytes(4 * self.size))
            for rank, (_, number) in enumerate(sorted(numbers)):
                ranks[number] = rank
            self._columns["id.rank"] = ranks
        return int(self._columns["id.rank"][doc])

    def check(self) -> None:
        """Compare every segment file with its checksum and read from it; raises IndexUnavailableError on damage."""
        for segment in self._segments:
            try:
                segment.check()
            except Exception as error:
                raise IndexUnavailableError(f"a segment of the index is damaged: {error}") from error

    def close(self) -> None:
        """Close all segments."""
        self._cache.clear()
        self._columns.clear()
        for segment in self._segments:
            segment.close()
        self._segments = []

    def _locate(self, doc: int) -> tuple[_Segment, int]:
        number = len(self._bases) - 1
        while self._bases[number] > doc:
            number -= 1
        return self._segments[number], doc - self._bases[number]


class _Segment:
    """One open segment; document numbers are its own."""

    def __init__(self, storage: DurableStorage, segment: Any) -> None:
        self._segment = segment
        self._path = Path(storage.folder, segment.make_filename(segment.COMPOUND_EXT))
        self._files = segment.open_compound_file(storage)
        codec = segment.codec()
        self.terms: BulkTermsReader = codec.terms_reader(self._files, segment)
        self._perdoc = codec.per_document_reader(self._files, segment)
        self.size: int = segment.doc_count_all()
        self.dead: list[int] = list(segment.deleted_docs())
        self._schema = make_schema()
        self._texts: Any = None

    def _column(self, name: str) -> Any:
        return self._perdoc.column_reader(name, self._schema[name].column_type)

    def total_length(self, field: str) -> int:
        return int(self._perdoc.field_length(field))

    def _raw(self, name: str) -> bytes:
        """A column's file; empty when no document of the segment has a value."""
        file = BulkCodec.column_filename(self._segment, name)
        if not self._files.file_exists(file):
            return b""
        data: bytes = self._files.open_file(file).get(0, self._files.file_length(file))
        return data

    # Columns are read whole, past Whoosh's readers, which unpack one value at a time: 30,000 documents take 2 ms
    # instead of 150.

    def lengths(self, field: str) -> list[int]:
        data = self._raw(f"_{field}_len").ljust(self.size, b"\0")
        table = [byte_to_length(byte) if byte else 0 for byte in range(256)]
        return [table[byte] for byte in data]

    def published(self) -> array[int]:
        column = array("q", self._raw("published"))
        if sys.byteorder == "little":
            column.byteswap()
        column.extend([NO_DATE] * (self.size - len(column)))
        return column

    def labels(self, field: str) -> tuple[Sequence[int], list[str]]:
        data = self._raw(field)
        refs = array(chr(data[-1]))
        refs.frombytes(data[: self.size * refs.itemsize])
        if sys.byteorder == "little":
            refs.byteswap()
        values, reader = {}, self._column(field)
        for ref in set(refs):
            values[ref] = decode(reader[refs.index(ref)])
        return refs, [values.get(ref, "") for ref in range(max(values) + 1)]

    def hit(self, doc: int) -> dict[str, Any]:
        stored: dict[str, Any] = self._perdoc.stored_fields(doc)["hit"]
        return stored

    def text(self, doc: int) -> str:
        if self._texts is None:
            self._texts = self._column("text")
        return decode(self._texts[doc])

    def check(self) -> None:
        # The checksum covers every byte of every table, at 6 KB a document in a hundredth of the time of decoding them.
        if file_checksum(self._path) != self._segment.checksum:
            raise ValueError(f"{self._path.name} is not what was built")
        if self.size:
            self.hit(self.size - 1)
            self.text(self.size - 1)

    def close(self) -> None:
        self.terms.close()
        self._perdoc.close()
        self._files.close()


def open_engine(path: Path) -> WhooshEngine:
    """Open the index in a generation's folder; raises IndexUnavailableError when that is not possible."""
    check_marker(path)
    storage = DurableStorage(str(path))
    try:
        return retry_opening(lambda: WhooshEngine(storage, read_toc(storage)))
    except IndexUnavailableError:
        raise
    except Exception as error:
        # A damaged file shows itself in many ways: end of file, broken pickle, missing table.
        raise IndexUnavailableError(f"the index in {path} cannot be opened: {error}") from error
