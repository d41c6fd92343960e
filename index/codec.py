"""A Whoosh codec whose posting lists are written and read whole.

Whoosh's own codec cuts a posting list into blocks of 128, pickles and compresses each, and hands out one posting at a
time: most of the time of indexing and searching goes there. Here a list is three arrays one after the other (document
numbers, frequencies, positions), so that a term is one read and a loop over arrays. A term that occurs once, as every
second does, has its posting in its description instead, and the stem of one form only shares that form's list. Stored
fields have another compressor. All other formats (terms file, columns, lengths, table of contents) are Whoosh's, and so
is what a reader of the index sees: the same terms, documents, weights and positions as Whoosh's own codec gives.

The classes are pickled by reference into the table of contents: their names and this module's are part of the format.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from itertools import accumulate, repeat
from operator import itemgetter
from typing import Any, Final

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3PerDocReader, W3Segment, W3TermInfo, W3TermsReader
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.matching import ListMatcher

from index.codec_postings import NARROW, PackedPostings, Postings, decode_postings, encode_postings
from index.codec_terms import TermsFileWriter
from index.columns import STORED_COLUMN

INDEX_NAME: Final = "MAIN"
"""Whoosh's name of the one index in a folder; file names start with it."""

_EXTENT: Final = struct.Struct("!qi")
_FIELD: Final = struct.Struct("!H")
_INFO: Final = struct.Struct(W3TermInfo._struct.format + _EXTENT.format[1:])
"""Whoosh's description of a term and the extent of its postings."""
_SHORTEST, _LONGEST = 0, 255
"""In place of the lengths of a term's shortest and longest document: the least and the greatest that there are.

No search here asks for them; Whoosh's own pass over documents by them, and find the same with any no narrower."""
_SIZE: Final = struct.Struct("!i")
_SIZE_AT: Final = _INFO.size - _SIZE.size
_ONCE: Final = struct.Struct("!IIqi")
_ONCE_HEAD: Final = _INFO.pack(0, 1, 1, _SHORTEST, _LONGEST, 1, 0, 0, 0, 0)[: -_ONCE.size]
NO_POSITION: Final = -1
NO_FREQUENCY: Final = -2
"""Where the one posting of a term stands in a field without positions, and in one that keeps no frequencies either."""


class _View(RawIOBase):
    """A stream over a part of memory, without a copy of it."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: len(self._memory)}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, target: Any) -> int:
        part = self._memory[self._at : self._at + len(target)]
        target[: len(part)] = part
        self._at += len(part)
        return len(part)


class LazyBufferFile(BufferFile):  # type: ignore[misc]  # Whoosh has no types
    """A part of a memory-mapped segment; Whoosh's own class copies the part into memory as soon as it is opened."""

    def __init__(self, buf: memoryview, name: str | None = None) -> None:
        self._buf = buf
        self._name = name
        self._file: BufferedReader | None = None
        self.onclose = None
        self.is_real = False
        self.is_closed = False

    @property
    def file(self) -> BufferedReader:
        """A stream, made when something reads it as one: a terms file has its head and its end read so."""
        if self._file is None:
            self._file = BufferedReader(_View(self._buf))
        return self._file

    def close(self) -> None:
        """Let go of the mapping; opening the same part again is cheap."""
        self._file = None
        self.is_closed = True


class LazyCompoundStorage(CompoundStorage):  # type: ignore[misc]  # Whoosh has no types
    """The files inside a segment file, opened without copying them."""

    def open_file(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Open one of the files for reading."""
        if self._source is None:
            return super().open_file(name, *args, **kwargs)
        offset, length = self.range(name)
        return LazyBufferFile(memoryview(self._source)[offset : offset + length], name=name)


class BulkSegment(W3Segment):  # type: ignore[misc]  # Whoosh has no types
    """A segment written by :class:`BulkCodec`."""

    checksum: int = 0
    """CRC-32 of the segment file as it was built; deletions are not in the file."""

    def open_compound_file(self, storage: Any) -> LazyCompoundStorage:
        """The segment file as a storage of its parts."""
        dbfile = storage.open_file(self.make_filename(self.COMPOUND_EXT))
        try:
            return LazyCompoundStorage(dbfile, use_mmap=storage.supports_mmap)
        except BaseException:
            dbfile.close()
            raise


class BulkCodec(W3Codec):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's third codec with whole posting lists."""

    def new_segment(self, storage: Any, indexname: str) -> BulkSegment:  # noqa: ARG002 - the signature is Whoosh's
        """A segment without a file yet."""
        return BulkSegment(self, indexname)

    def field_writer(self, storage: Any, segment: Any) -> BulkFieldWriter:
        """What writes a segment's terms and postings."""
        return BulkFieldWriter(self, storage, segment)

    def per_document_reader(self, storage: Any, segment: Any) -> BulkDocumentsReader:
        """What reads what is kept by document."""
        return BulkDocumentsReader(storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> BulkTermsReader:
        """What reads a segment's terms and postings."""
        name = segment.make_filename(self.TERMS_EXT)
        length = storage.file_length(name)
        return BulkTermsReader(self, storage.open_file(name), length, segment.open_file(storage, self.POSTS_EXT))


class EncodedValues:
    """A posting's frequency and positions in the encoding of a Whoosh format, made when asked for."""

    def __init__(self, postings: Postings, format_: Any) -> None:
        self._postings = postings
        self._format = format_
        self._ends = list(accumulate(postings.freqs)) if postings.positions else []

    def __len__(self) -> int:
        return len(self._postings.ids)

    def __getitem__(self, index: int) -> bytes:
        freq = self._postings.freqs[index]
        if not self._ends:
            return struct.pack("!I", freq) if freq else b""
        end = self._ends[index]
        return bytes(self._format.encode(list(self._postings.positions[end - freq : end])))


class BulkFieldWriter(W3FieldWriter):  # type: ignore[misc]  # Whoosh has no types
    """Writes terms in ascending order, each with its whole posting list."""

    def __init__(self, codec: BulkCodec, storage: Any, segment: BulkSegment) -> None:
        super().__init__(codec, storage, segment)
        # In place of Whoosh's own, which has written nothing but its header.
        self._tindex.dbfile.close()
        self._tindex: TermsFileWriter = TermsFileWriter(self._create_file(W3Codec.TERMS_EXT))
        self._tindex.extras["fieldmap"] = self._fieldmap
        self._written = 0

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Begin a field; its number is the beginning of the keys of its terms."""
        super().start_field(fieldname, fieldobj)
        self._prefix = _FIELD.pack(self._fieldid)

    def add_terms(self, terms: Sequence[bytes], infos: Sequence[bytes]) -> None:
        """Write terms of the field that was started, in ascending order, each with its description."""
        if terms:
            self._tindex.add_records([self._prefix + term for term in terms], infos)

    def describe(self, lists: Sequence[PackedPostings]) -> list[bytes]:
        """Write posting lists; gives the descriptions of their terms.

        Step by step for all of them, not term by term: a loop in C instead of one in Python.
        """
        if not lists:
            return []
        data, sizes = encode_postings(lists)
        begins = accumulate(sizes, initial=self._written)
        self._postfile.write(data)
        self._written += len(data)
        ids, _, _, mosts, totals = zip(*lists, strict=True)
        weights = (most or 1 for most in mosts)
        firsts, lasts = map(itemgetter(0), ids), map(itemgetter(-1), ids)
        lengths = repeat(_SHORTEST), repeat(_LONGEST)
        infos = map(_INFO.pack, repeat(0), totals, map(len, ids), *lengths, weights, firsts, lasts, begins, sizes)
        return list(infos)


def describe_once(docs: Sequence[int], positions: Iterable[int]) -> list[bytes]:
    """The descriptions of terms that occur once, from document and position of each.

    They hold all that there is to say: the extent in the file of postings has no bytes, and begins at the position.
    """
    return list(map(_ONCE_HEAD.__add__, map(_ONCE.pack, docs, docs, positions, repeat(0))))


def without_positions(infos: Sequence[bytes], lists: Sequence[PackedPostings]) -> list[bytes]:
    """Descriptions of the same posting lists without their positions, which come last: of stems with one form only."""
    sizes = (size for (size,) in map(_SIZE.unpack_from, infos, repeat(_SIZE_AT)))
    places = (memoryview(positions).nbytes for _, _, positions, _, _ in lists)
    return [info[:_SIZE_AT] + _SIZE.pack(size - of) for info, size, of in zip(infos, sizes, places, strict=True)]


def woven(chosen: Iterable[bool], these: Iterable[bytes], others: Iterable[bytes]) -> list[bytes]:
    """The descriptions of terms in their order, made apart for those that were chosen and for the others."""
    one, other = iter(these), iter(others)
    return [next(one if of_these else other) for of_these in chosen]


class BulkDocumentsReader(W3PerDocReader):  # type: ignore[misc]  # Whoosh has no types
    """Reads what is kept by document."""

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        """What is stored of a document."""
        stored: dict[str, Any] = self._cached_reader("_stored", STORED_COLUMN)[docnum]
        return stored


class BulkTermsReader(W3TermsReader):  # type: ignore[misc]  # Whoosh has no types
    """Reads whole posting lists by term."""

    def postings(self, field: str, term: bytes) -> Postings | None:
        """The posting list of a term, or None when the segment lacks it."""
        try:
            info = self._tindex[self._keycoder(field, term)]
        except KeyError:
            return None
        return self._described(info)

    def _described(self, info: bytes) -> Postings:
        """The posting list that a description speaks of, which it holds itself when there is only one occurrence."""
        begin, size = _EXTENT.unpack_from(info, W3TermInfo._struct.size)
        if size:
            return decode_postings(self._postfile.get(begin, size))
        doc = W3TermInfo._struct.unpack_from(info)[-1]
        positions = array("H" if begin < NARROW else "I", (begin,)) if begin >= 0 else ()
        return Postings(array("I", (doc,)), b"\0" if begin == NO_FREQUENCY else b"\1", positions)

    def document_count(self, field: str, term: bytes) -> int:
        """How many documents have a term."""
        try:
            info = self._tindex[self._keycoder(field, term)]
        except KeyError:
            return 0
        count: int = W3TermInfo._struct.unpack_from(info)[2]
        return count

    def matcher(self, fieldname: str, tbytes: bytes, format_: Any, scorer: Any = None) -> Any:
        """The term's postings as Whoosh's own queries want them."""
        info = self.term_info(fieldname, tbytes)
        postings = self.postings(fieldname, tbytes)
        assert postings is not None, "its information was just read"
        weights = array("f", (freq or 1 for freq in postings.freqs))
        values = EncodedValues(postings, format_)
        term = (fieldname, tbytes)
        return ListMatcher(postings.ids, weights, values, format_, scorer=scorer, term=term, terminfo=info)

    def field_postings(self, field: str) -> Iterator[tuple[bytes, Postings]]:
        """Yield all terms of a field with their posting lists."""
        start = self._keycoder(field, b"")
        for key, info in self._tindex.items_from(start) if field in self._fieldmap else ():
            if not key.startswith(start):
                return
            yield key[_FIELD.size :], self._described(info)

    def field_terms(self, field: str, prefix: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Yield ``(term, number of documents)`` of a field from ``prefix`` on while terms start with it."""
        if field not in self._fieldmap:
            return
        start = self._keycoder(field, prefix)
        for key, info in self._tindex.items_from(start):
            if not key.startswith(start):
                return
            yield key[_FIELD.size :], W3TermInfo._struct.unpack_from(info)[2]
