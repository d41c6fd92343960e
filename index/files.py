"""Small files that survive a crash, and index folders that are known to be ours.

Tables of contents are pickles: reading one runs whatever it says. A folder is only opened when it carries the marker
that saring puts into the folders it creates, and only its owner may enter those.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from pathlib import Path
from typing import Any, Final

from transforms.errors import IndexFormatError, IndexUnavailableError

MARKER: Final = "saring-index.json"
FORMAT: Final = 5
"""Version of the folder's layout and of the schema; an index of another version is built anew, never converted."""

_BLOCK_BYTES: Final = 1 << 20


def sync_file(path: Path) -> None:
    """Wait until the file's content is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_checksum(path: Path) -> int:
    """CRC-32 of the file's content, read a megabyte at a time; raises OSError when it cannot be read."""
    checksum = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            checksum = zlib.crc32(block, checksum)
    return checksum


def folder_bytes(path: Path) -> int:
    """How large all files of a folder are together; raises OSError when one goes meanwhile."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries are on the disk."""
    sync_file(path)


def write_atomically(path: Path, content: str) -> None:
    """Replace a small file so that a reader, or a crash, sees the old content or the new, never a part."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create a folder that only its owner may enter, and its parents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700)
    path.chmod(0o700)


def mark(path: Path) -> None:
    """Put the marker into an index folder: from here on it is one of ours."""
    write_atomically(path / MARKER, json.dumps({"format": FORMAT, "byteorder": sys.byteorder}))


def check_marker(path: Path) -> None:
    """Refuse a folder that saring did not make, or made in another format."""
    try:
        marker: Any = json.loads((path / MARKER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"{path} is not an index that saring made (no {MARKER}); opening it could run code of others"
        raise IndexUnavailableError(message) from None
    except (OSError, ValueError) as error:
        raise IndexUnavailableError(f"{path / MARKER} cannot be read: {error}") from error
    if not isinstance(marker, dict) or marker.get("format") != FORMAT:
        raise IndexFormatError(
            f"{path} has another index format than this version reads: `saring search`, the next `saring ingest` or "
            "`saring reindex` builds a new one beside it"
        )
