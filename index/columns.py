"""Compressed columns: what a hit shows, and the texts.

Whoosh's own makes a compressor for every value, which takes longer than compressing a hit. Readers do make one each
time: several threads may read at once, and none of Zstandard's objects may be used by two.
"""

from __future__ import annotations

from typing import Any, Final

from whoosh.columns import CompressedBytesColumn, PickleColumn, VarBytesColumn
from zstandard import ZstdCompressor

LEVEL: Final = 1
"""Zstandard's: as small as zlib's level 3, Whoosh's default, in 40 % of its time, and read in 65 % (news articles)."""


class ZstandardColumn(CompressedBytesColumn):  # type: ignore[misc]  # Whoosh has no types
    """Byte strings, each compressed; pickled by reference."""

    def __init__(self) -> None:
        super().__init__(LEVEL, "zstandard")

    def writer(self, dbfile: Any) -> _Writer:
        """What writes the column to a file."""
        return _Writer(dbfile)


class _Writer(VarBytesColumn.Writer):  # type: ignore[misc]  # Whoosh has no types
    def __init__(self, dbfile: Any) -> None:
        super().__init__(dbfile)
        self._compress = ZstdCompressor(LEVEL).compress

    def add(self, docnum: int, v: bytes) -> None:
        super().add(docnum, self._compress(v))


STORED_COLUMN: Final = PickleColumn(ZstandardColumn())
"""Stored fields, of which there is one: what a hit shows."""
