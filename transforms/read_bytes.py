"""Files as bounded streams of bytes: local or remote, plain, gzip or Zstandard.

Nothing here reads a whole file. A line longer than the limit is skipped to its end and reported, so that neither a line
of a gigabyte nor a compressed bomb costs more memory than one document may have.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from transforms.decode import bom_of
from transforms.errors import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Record = tuple[int | None, "Mapping[str, Any] | InputError"]
"""A number from 1 (of its first line or its element; None: the file's only value) and the record, or what is wrong."""

CHUNK_BYTES = 1 << 16
EMPTY_HINT = "Fill it, delete it, or accept that it is empty."
"""What to do about input without text."""
ZSTD_STEP_BYTES = 1024
"""Compressed bytes given to the decompressor at once: 1 KiB of Zstandard makes at most 32 MiB."""


class _PulledStream(io.RawIOBase):
    """A raw stream over whatever ``_more`` gives next; empty bytes are its end."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._pending = b""

    def _more(self) -> bytes:
        raise NotImplementedError

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill ``buffer``; 0 at the end."""
        view = memoryview(buffer).cast("B")
        if not self._pending:
            self._pending = self._more()
        taken = self._pending[: len(view)]
        view[: len(taken)] = taken
        self._pending = self._pending[len(taken) :]
        return len(taken)


class _ZstdStream(_PulledStream):
    """Decompresses Zstandard frames one after the other; a cut-off last frame raises EOFError, as gzip does."""

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard  # only for .zst files

        super().__init__(raw)
        self._fresh = zstandard.ZstdDecompressor().decompressobj
        self._decompressor = self._fresh()
        self._inside = False
        self._left = b""

    def _more(self) -> bytes:
        made = b""
        while not made:
            step = self._left or self._raw.read(ZSTD_STEP_BYTES)
            self._left = b""
            if not step and self._inside:
                raise EOFError("the last Zstandard frame is cut off")
            if not step:
                break
            made = self._decompressor.decompress(step)
            self._inside = not self._decompressor.eof
            if self._decompressor.eof:
                self._left = self._decompressor.unused_data
                self._decompressor = self._fresh()
        return made


class _Transcoded(_PulledStream):
    """A UTF-16 or UTF-32 stream as UTF-8 bytes."""

    def __init__(self, raw: IO[bytes], encoding: str) -> None:
        super().__init__(raw)
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def _more(self) -> bytes:
        chunk, made = b"-", b""
        while chunk and not made:
            chunk = self._raw.read(CHUNK_BYTES)
            made = self._decoder.decode(chunk, final=not chunk).encode("utf-8", "replace")
        return made


def _buffered(raw: io.RawIOBase | gzip.GzipFile) -> io.BufferedReader:
    return io.BufferedReader(raw, CHUNK_BYTES)


@contextmanager
def open_bytes(path: str, compression: str) -> Iterator[io.BufferedReader]:
    """Open a local path or fsspec URL, decompressing ``gz`` or ``zst`` (or nothing, for an empty ``compression``)."""
    with _open_raw(path) as raw:
        if compression == "gz":
            with gzip.GzipFile(fileobj=raw, mode="rb") as plain, _buffered(plain) as buffered:
                yield buffered
        elif compression == "zst":
            with _buffered(_ZstdStream(raw)) as buffered:
                yield buffered
        else:
            yield raw


def _open_raw(path: str) -> io.BufferedReader:
    if "://" not in path:
        return open(path, "rb")  # noqa: PTH123 - URLs come this way too, so paths are strings
    import fsspec  # only for URLs

    return _buffered(cast("io.RawIOBase", fsspec.open(path, "rb").open()))


def failure(error: Exception, compression: str, place: str) -> InputError:
    """Say what an exception of the file system or a decompressor means for the user."""
    name = {"gz": "gzip", "zst": "zstd"}.get(compression, "file")
    if isinstance(error, InputError):
        return error
    if isinstance(error, EOFError):
        return InputError(
            f"truncated_{name}",
            f"The {name} data ends too early; what follows is lost.",
            place=place,
            hint="Copy or download the file again.",
        )
    if compression and (isinstance(error, (zlib.error, gzip.BadGzipFile)) or type(error).__name__ == "ZstdError"):
        return InputError(
            f"damaged_{name}",
            f"The {name} data is damaged: {error}.",
            place=place,
            hint="Copy or download the file again.",
        )
    if isinstance(error, FileNotFoundError):
        return InputError("vanished", "The file is gone since it was found.", place=place)
    if isinstance(error, PermissionError):
        return InputError("unreadable", "No permission to read the file.", place=place, hint="Check its access rights.")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return InputError("unreadable", f"The file cannot be read: {reason}.", place=place)


def read_whole(stream: IO[bytes], limit: int) -> bytes:
    """All bytes of a stream of at most ``limit`` bytes; raises InputError (``too_long``) for a longer one."""
    parts, size = [], 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if size > limit:
            raise too_long(limit, "bytes")
        parts.append(chunk)
    return b"".join(parts)


def too_long(limit: int, unit: str, place: str = "") -> InputError:
    """The error for a document over the limit."""
    return InputError(
        "too_long",
        f"The document is longer than {limit:,} {unit}.",
        place=place,
        hint="Split it, or raise the limit of characters in the settings.",
    )


def lines(stream: io.BufferedReader, limit: int) -> Iterator[bytes | None]:
    """Lines with their ends; None stands for a line of more than ``limit`` bytes, which is skipped."""
    stream = as_utf8(stream)
    while line := stream.readline(limit + 1):
        if len(line) <= limit:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(CHUNK_BYTES)
        yield None


def as_utf8(stream: io.BufferedReader) -> io.BufferedReader:
    """Take a byte order mark off; transcode the encodings whose lines are not split at the byte 10."""
    mark = bom_of(stream.peek(4)[:4])
    if mark is None:
        return stream
    stream.read(mark[1])
    return stream if mark[0] == "utf-8" else _buffered(_Transcoded(stream, mark[0]))
