"""A Whoosh codec whose posting lists are written and read whole.

Whoosh's own codec cuts a posting list into blocks of 128, pickles and compresses each, and hands out one posting at a
time: most of the time of indexing and searching goes there. Here a list is three arrays one after the other (document
numbers, frequencies, positions), so that a term is one read and a loop over arrays. All other formats (terms file,
columns, lengths, table of contents) are Whoosh's, and so is what a reader of the index sees: the same terms, documents,
weights and positions as Whoosh's own codec gives.

The classes are pickled by reference into the table of contents: their names and this module's are part of the format.

Layout of one posting list, little-endian::

    count: uint32 | positions: uint32 | frequency code: char | position code: char
    document numbers: count x uint32 | frequencies: count x code | positions: positions x code

A frequency code of ``1`` means that every frequency is 1 and none is stored, ``0`` that the field keeps none (an
identifier); a position code of ``-`` that the field keeps none.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from itertools import accumulate
from typing import Any, Final, NamedTuple

from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment, W3TermInfo, W3TermsReader
from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.matching import ListMatcher

from index.codec_terms import FLUSH_BYTES, TermsFileWriter

INDEX_NAME: Final = "MAIN"
"""Whoosh's name of the one index in a folder; file names start with it."""

_HEADER: Final = struct.Struct("<IIcc")
_ONE: Final = struct.Struct("<IIccI")
_ONE_AT: Final = struct.Struct("<IIccIH")
_EXTENT: Final = struct.Struct("!qi")
_FIELD: Final = struct.Struct("!H")
_INFO: Final = struct.Struct(W3TermInfo._struct.format + _EXTENT.format[1:])
"""Whoosh's description of a term and the extent of its postings."""
_BIG_ENDIAN: Final = sys.byteorder == "big"


class Postings(NamedTuple):
    """A term's documents in ascending order, how often each has it, and all positions one document after the other.

    ``positions`` is empty for a field that keeps none; otherwise it holds ``sum(freqs)`` numbers.
    """

    ids: Sequence[int]
    freqs: Sequence[int]
    positions: Sequence[int]


def encode_postings(postings: Postings, most: int) -> bytes:
    """The bytes of one posting list; ``most`` is its highest frequency."""
    ids, freqs, positions = postings
    if most <= 1 and len(ids) == 1:
        # Half of all terms; the same bytes as below in a third of the time.
        if not positions:
            return _ONE.pack(1, 0, b"1" if most else b"0", b"-", ids[0])
        if positions[0] < 65536:
            return _ONE_AT.pack(1, 1, b"1", b"H", ids[0], positions[0])
    freq_code = b"0" if most == 0 else b"1" if most == 1 else b"B" if most < 256 else b"I"
    position_code = b"-" if not positions else b"H" if _is_narrow(positions) else b"I"
    parts = [_HEADER.pack(len(ids), len(positions), freq_code, position_code), _pack("I", ids)]
    if freq_code in b"BI":
        parts.append(_pack(freq_code.decode(), freqs))
    if positions:
        parts.append(_pack(position_code.decode(), positions))
    return b"".join(parts)


def _is_narrow(positions: Sequence[int]) -> bool:
    """Whether all fit into 16 bits."""
    return (isinstance(positions, array) and positions.typecode == "H") or max(positions) < 65536


def decode_postings(data: bytes) -> Postings:
    """The posting list that :func:`encode_postings` wrote."""
    count, total, freq_code, position_code = _HEADER.unpack_from(data)
    at = _HEADER.size
    ids, at = _unpack("I", data, at, count)
    freqs: Sequence[int]
    if freq_code in b"BI":
        freqs, at = _unpack(freq_code.decode(), data, at, count)
    else:
        freqs = bytes(count) if freq_code == b"0" else b"\x01" * count
    positions: Sequence[int] = ()
    if total:
        positions, at = _unpack(position_code.decode(), data, at, total)
    return Postings(ids, freqs, positions)


def concatenate(parts: Sequence[tuple[int, Postings]]) -> Postings:
    """One posting list from several: ``(number to add to the document numbers, postings)``, in ascending order."""
    if len(parts) == 1 and not parts[0][0]:
        return parts[0][1]
    ids = array("I")
    for base, part in parts:
        ids.extend(array("I", [doc + base for doc in part.ids]) if base else array("I", part.ids))
    return Postings(ids, _chain([p.freqs for _, p in parts]), _chain([p.positions for _, p in parts]))


def _chain(sequences: Sequence[Sequence[int]]) -> array[int]:
    """All numbers one after the other, in the smallest of the types that hold them."""
    codes = {_code(sequence) for sequence in sequences if len(sequence)}
    code = "I" if not codes <= {"B", "H"} else max(codes, default="B")
    chained = array(code)
    for sequence in sequences:
        same = isinstance(sequence, array) and sequence.typecode == code
        # An array would take bytes for its memory, not for numbers: hence the iterator.
        chained.extend(sequence if same else iter(sequence))
    return chained


def _code(sequence: Sequence[int]) -> str:
    """The type that holds every number of a sequence; of a list, any number may be large."""
    return sequence.typecode if isinstance(sequence, array) else "B" if isinstance(sequence, bytes) else "I"


def _pack(code: str, values: Sequence[int]) -> bytes:
    packed = values if isinstance(values, array) and values.typecode == code else array(code, values)
    if _BIG_ENDIAN:
        packed = array(code, packed)
        packed.byteswap()
    return packed.tobytes()


def _unpack(code: str, data: bytes, at: int, count: int) -> tuple[array[int], int]:
    values = array(code)
    end = at + count * values.itemsize
    values.frombytes(data[at:end])
    if _BIG_ENDIAN:
        values.byteswap()
    return values, end


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
        self._pending = bytearray()
        self._written = 0

    def add_term(self, term: bytes, postings: Postings, shortest: int, longest: int) -> None:
        """Write one term of the field that was started; ``shortest`` and ``longest`` are codes of lengths."""
        ids, freqs, _ = postings
        count = len(ids)
        most = freqs[0] if count == 1 else max(freqs)
        data = encode_postings(postings, most)
        pending = self._pending
        at = self._written + len(pending)
        pending += data
        if len(pending) >= FLUSH_BYTES:
            self._flush()
        total = sum(freqs) if most > 1 else count
        info = _INFO.pack(0, total, count, shortest, longest, most or 1, ids[0], ids[-1], at, len(data))
        self._tindex.add(self._prefix + term, info)

    def start_field(self, fieldname: str, fieldobj: Any) -> None:
        """Begin a field; its number is the beginning of the keys of its terms."""
        super().start_field(fieldname, fieldobj)
        self._prefix = _FIELD.pack(self._fieldid)

    def close(self) -> None:
        """Write what is left."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        self._postfile.write(bytes(self._pending))
        self._written += len(self._pending)
        self._pending.clear()


class BulkTermsReader(W3TermsReader):  # type: ignore[misc]  # Whoosh has no types
    """Reads whole posting lists by term."""

    def postings(self, field: str, term: bytes) -> Postings | None:
        """The posting list of a term, or None when the segment lacks it."""
        try:
            info = self._tindex[self._keycoder(field, term)]
        except KeyError:
            return None
        return decode_postings(self._postfile.get(*_EXTENT.unpack_from(info, W3TermInfo._struct.size)))

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
            extent = _EXTENT.unpack_from(info, W3TermInfo._struct.size)
            yield key[_FIELD.size :], decode_postings(self._postfile.get(*extent))

    def field_terms(self, field: str, prefix: bytes = b"") -> Iterator[tuple[bytes, int]]:
        """Yield ``(term, number of documents)`` of a field from ``prefix`` on while terms start with it."""
        if field not in self._fieldmap:
            return
        start = self._keycoder(field, prefix)
        for key, info in self._tindex.items_from(start):
            if not key.startswith(start):
                return
            yield key[_FIELD.size :], W3TermInfo._struct.unpack_from(info)[2]
