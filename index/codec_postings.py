"""Posting lists: one term's documents, frequencies and positions, and how they lie in a segment.

Layout of one posting list, little-endian::

    count: uint32 | positions: uint32 | frequency code: char | position code: char
    document numbers: count x uint32 | frequencies: count x code | positions: positions x code

The list of a field without positions may be the beginning of another field's list, which has them.

A frequency code of ``1`` means that every frequency is 1 and none is stored, ``0`` that the field keeps none (an
identifier); a position code of ``-`` that the field keeps none.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

_HEADER: Final = struct.Struct("<IIcc")
NARROW: Final = 1 << 16
"""Positions below fit into 16 bits."""
_BIG_ENDIAN: Final = sys.byteorder == "big"

Packed: TypeAlias = "bytes | array[int]"
PackedPostings: TypeAlias = "tuple[array[int], Packed, Packed, int, int]"
"""A posting list as it is written: documents, frequencies (none unless one is above 1), positions (none in a field
without), the highest frequency (0 in a field that keeps none), and how often the term occurs. A plain tuple: a segment
has a hundred thousand."""


class Postings(NamedTuple):
    """A term's documents in ascending order, how often each has it, and all positions one document after the other.

    ``positions`` is empty for a field that keeps none; otherwise it holds ``sum(freqs)`` numbers.
    """

    ids: Sequence[int]
    freqs: Sequence[int]
    positions: Sequence[int]


def pack_postings(postings: Postings) -> PackedPostings:
    """Postings as they are written."""
    ids, freqs, positions = postings
    most = max(freqs)
    packed = b"" if most <= 1 else _array("B" if most < 256 else "I", freqs)
    places = _array("H" if _is_narrow(positions) else "I", positions) if positions else b""
    return _array("I", ids), packed, places, most, sum(freqs) or len(ids)


def encode_postings(lists: Sequence[PackedPostings]) -> tuple[bytes, list[int]]:
    """The bytes of posting lists, one after the other, and the length of each."""
    ids, freqs, positions, mosts, _ = zip(*lists, strict=True)
    freq_codes = [b"0" if most == 0 else b"1" if most == 1 else b"B" if most < 256 else b"I" for most in mosts]
    position_codes = [part.typecode.encode() if isinstance(part, array) else b"-" for part in positions]
    headers = map(_HEADER.pack, map(len, ids), map(len, positions), freq_codes, position_codes)
    parts = zip(headers, ids, freqs, positions, strict=True)
    encoded = [b"".join(map(_little_endian, part) if _BIG_ENDIAN else part) for part in parts]
    return b"".join(encoded), list(map(len, encoded))


def _is_narrow(positions: Sequence[int]) -> bool:
    """Whether all fit into 16 bits."""
    return (isinstance(positions, array) and positions.typecode == "H") or max(positions) < NARROW


def _array(code: str, values: Sequence[int]) -> array[int]:
    return values if isinstance(values, array) and values.typecode == code else array(code, values)


def _little_endian(values: Packed) -> Packed:
    if isinstance(values, bytes):
        return values
    swapped = array(values.typecode, values)
    swapped.byteswap()
    return swapped


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
    if at < len(data):
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


def _unpack(code: str, data: bytes, at: int, count: int) -> tuple[array[int], int]:
    values = array(code)
    end = at + count * values.itemsize
    values.frombytes(data[at:end])
    if _BIG_ENDIAN:
        values.byteswap()
    return values, end
