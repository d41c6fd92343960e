"""How the ledger packs what it stores: compressed texts, compact numbers, and names that cannot collide by accident."""

from __future__ import annotations

import hashlib
import re
import struct
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
import zstandard

from index.records import IndexRecord

LEVEL = 1
"""zstd level: a raw text of 1,960 characters with its clean text takes 14 µs and 1,015 bytes; level 3 takes 18 µs and
1,008 bytes, and higher ones save nothing on texts this short."""

PLACE_BYTES = 8
"""What is stored for a clean text: where it begins behind its raw text. No zstd frame is that short."""

SUFFIX_DIGITS = 8
"""Hex digits that tell apart two sources that use the same id."""


class _Zstd(threading.local):
    """What packs and unpacks texts in this thread, which alone may use it: made for each, it takes a third longer."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()
_PLACED = re.compile(r"^(?P<path>.+)#(?P<place>[0-9]+)$", re.DOTALL)


def pack_text(text: str) -> bytes:
    """Compress a text; lone surrogates survive."""
    return _zstd.compressor.compress(text.encode("utf-8", "surrogatepass"))


def unpack_text(blob: bytes) -> str:
    """Undo :func:`pack_text`."""
    return _zstd.decompressor.decompress(blob).decode("utf-8", "surrogatepass")


def pack_pair(raw: str, clean: str) -> tuple[bytes, bytes]:
    """Compress a raw text with the clean text behind it, which adds some 40 bytes, and say where that begins.

    Compressed by itself against the raw text, it took as little room and twice the time.
    """
    encoded = raw.encode("utf-8", "surrogatepass")
    return (
        _zstd.compressor.compress(encoded + clean.encode("utf-8", "surrogatepass")),
        len(encoded).to_bytes(PLACE_BYTES, "little"),
    )


def unpack_pair(raw: bytes, clean: bytes) -> tuple[str, str]:
    """Undo :func:`pack_pair`."""
    encoded, behind = _unpacked(raw, clean)
    return encoded.decode("utf-8", "surrogatepass"), behind.decode("utf-8", "surrogatepass")


def unpack_clean(raw: bytes, clean: bytes) -> str:
    """Return the clean text of what :func:`pack_pair` packed."""
    return _unpacked(raw, clean)[1].decode("utf-8", "surrogatepass")


def _unpacked(raw: bytes, clean: bytes) -> tuple[bytes, bytes]:
    """Raw and clean text; in older rows the clean text is a frame of its own, with the raw text as dictionary."""
    encoded = _zstd.decompressor.decompress(raw)
    if len(clean) == PLACE_BYTES:
        place = int.from_bytes(clean, "little")
        return encoded[:place], encoded[place:]
    # zstd wants at least 8 bytes of dictionary
    prefix = zstandard.ZstdCompressionDict(encoded + b"\0" * 8, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return encoded, zstandard.ZstdDecompressor(dict_data=prefix).decompress(clean)


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """Pack signed 64-bit numbers."""
    return struct.pack(f"<{len(numbers)}q", *numbers)


def unpack_numbers(blob: bytes) -> tuple[int, ...]:
    """Undo :func:`pack_numbers`."""
    return struct.unpack(f"<{len(blob) // 8}q", blob)


def to_json(value: object) -> str | None:
    """Return compact JSON, or None for an empty list."""
    return orjson.dumps(value).decode() if value else None


def from_json(value: str | None) -> list[Any]:
    """Undo :func:`to_json`."""
    return list(orjson.loads(value)) if value else []


def split_source(source: str) -> tuple[str, str]:
    """Split ``path#LINE`` into path and line; the line is empty when the file is one document."""
    placed = _PLACED.match(source)
    return (placed["path"], placed["place"]) if placed else (source, "")


def suffixed(document_id: str, origin: str) -> str:
    """Return the id under which a document is stored when another source holds its own id."""
    return f"{document_id}~{hashlib.blake2b(origin.encode('utf-8', 'surrogatepass')).hexdigest()[:SUFFIX_DIGITS]}"


def number_of(*parts: str) -> int:
    """Return a stable non-negative 63-bit number for some strings."""
    digest = hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def index_fingerprint(record: IndexRecord) -> str:
    """Return a hash over everything the index holds of a record, copies included."""
    try:
        packed = orjson.dumps(record)
    except orjson.JSONEncodeError:  # lone surrogates
        packed = orjson.dumps(_speakable(asdict(record)))
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def storable(value: str | None) -> str | None:
    """Replace what a database cannot hold of a string (NUL, lone surrogates of damaged input) by its escape."""
    if value is None or (value.isascii() and "\0" not in value):
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _speakable(value: Any) -> Any:
    """Replace what JSON cannot carry (lone surrogates of damaged input) by its escape."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {key: _speakable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_speakable(item) for item in value]
    return value
