"""From what a user names (files, folders, globs, URLs) to the files to read, in a stable order.

Nothing is passed over in silence except hidden files: what is missing, forbidden or of a format that cannot be read
comes back as Rejected.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from transforms.models import Rejected, SourceFile

FORMATS = {
    "txt": "txt",
    "text": "txt",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "csv": "csv",
    "tsv": "tsv",
}
"""Suffix to format."""
COMPRESSIONS = ("gz", "zst")

Found = SourceFile | Rejected


def split_name(path: str) -> tuple[str, str, str]:
    """Path without its known suffixes, format (empty when unknown) and compression (empty for none)."""
    stem, compression = path, ""
    head, _, last = path.rpartition(".")
    if head and last.lower() in COMPRESSIONS:
        stem, compression = head, last.lower()
        head, _, last = head.rpartition(".")
    form = FORMATS.get(last.lower(), "") if head else ""
    return (head if form else stem), form, compression


def file_id(source: SourceFile) -> str:
    """The path below the root, with ``/``, without its suffixes."""
    stem = split_name(source.path)[0]
    return _below(stem, source.root)


def discover(sources: Sequence[str]) -> Iterator[Found]:
    """Files to read, each once, folders sorted by path; what cannot be read as Rejected."""
    seen: set[str] = set()
    for source in sources:
        for found in _expand(source):
            if (path := path_of(found)) not in seen:
                seen.add(path)
                yield found


def path_of(found: Found) -> str:
    """Where it is, whether it can be read or not: absolute, unless it is remote."""
    return found.path if isinstance(found, SourceFile) else found.source


def _expand(source: str) -> Iterator[Found]:
    if source.startswith("file://"):
        source = unquote(urlsplit(source).path)
    if "://" in source:
        yield from _remote(source)
        return
    path = os.path.abspath(Path(source).expanduser())  # noqa: PTH100 - links keep their names, `..` goes
    if Path(path).is_dir():
        yield from _folder(path, path, set())
    elif os.path.lexists(path):
        yield _file(path, str(Path(path).parent))
    elif glob.has_magic(source):
        yield from _matches(path, source)
    else:
        yield _rejected(path, path, "not_found", "There is no such file or folder.", "Check the path.")


def _matches(pattern: str, given: str) -> Iterator[Found]:
    """Files of a glob; ids are relative to the folder before its first wild card."""
    parts = PurePosixPath(pattern).parts
    fixed = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    root = str(PurePosixPath(*parts[:fixed]))
    paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not paths:
        yield _rejected(given, given, "not_found", "No file matches the pattern.", "Check the pattern.")
    visited: set[tuple[int, int]] = set()
    for path in paths:
        if Path(path).is_dir():
            if "**" not in pattern:
                yield from _folder(path, root, visited)
        else:
            yield _file(path, root)


def _folder(path: str, root: str, visited: set[tuple[int, int]]) -> Iterator[Found]:
    """Walk a folder without recursion; a folder reached again through a link is not walked again."""
    waiting = [path]
    while waiting:
        here = waiting.pop()
        try:
            status = Path(here).stat()
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            yield _rejected(
                here, root, "unreadable", f"The folder cannot be read: {reason}.", "Check its access rights."
            )
            continue
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        folders = {entry.path for entry in shown if _is_folder(entry)}
        waiting.extend(entry.path for entry in reversed(shown) if entry.path in folders)
        for entry in shown:
            if entry.path not in folders:
                yield _file(entry.path, root)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; what is wrong is told when it is looked at as a file
        return False


def _file(path: str, root: str) -> Found:
    if not _encodable(path):
        hint = "Rename it, or the folder it is in: `convmv` does that for whole trees."
        return _rejected(path, root, "unreadable_name", "The name of the file or of a folder above is not UTF-8.", hint)
    try:
        status = Path(path).stat()
    except OSError as error:
        code = "not_found" if isinstance(error, FileNotFoundError) else "unreadable"
        return _rejected(path, root, code, f"The file cannot be read: {error.strerror}.", "Check the file or link.")
    if not stat.S_ISREG(status.st_mode):
        return _rejected(path, root, "unsupported_format", "This is no regular file.", "Name a file or a folder.")
    return _supported(SourceFile(path, root, status.st_size, status.st_mtime_ns))


def _supported(source: SourceFile) -> Found:
    if split_name(source.path)[1]:
        return source
    known = " ".join(f".{suffix}" for suffix in FORMATS)
    return _rejected(
        source.path,
        source.root,
        "unsupported_format",
        "Files of this type are not read.",
        f"Convert it to one of {known} (also with .gz or .zst), or leave it out.",
    )


def _remote(url: str) -> Iterator[Found]:
    """Files of an fsspec URL: a file, a folder or a glob."""
    try:
        import fsspec  # only for URLs

        system, path = fsspec.core.url_to_fs(url)
        protocol = url.partition("://")[0]
        if glob.has_magic(path):
            root = path[: path.index(next(char for char in path if char in "*?["))].rpartition("/")[0]
            paths = sorted(system.glob(path))
        elif system.isdir(path):
            root, paths = path, sorted(system.find(path))
        else:
            root, paths = path.rpartition("/")[0], [path]
        details = [(name, system.info(name)) for name in paths]
    except FileNotFoundError:
        yield _rejected(url, url, "not_found", "There is nothing at this address.", "Check the address.")
    except Exception as error:  # noqa: BLE001 (each fsspec backend raises its own kinds)
        hint = (
            "Install the package it names."
            if isinstance(error, ImportError)
            else "Check the address and its access rights."
        )
        yield _rejected(url, url, "unreadable", f"The address cannot be read: {error}.", hint)
    else:
        if not paths:
            yield _rejected(url, url, "not_found", "There is nothing at this address.", "Check the address.")
        for name, info in details:
            hidden = any(part.startswith(".") for part in _below(name, root).split("/"))
            if info.get("type") == "file" and not hidden:
                size = int(info.get("size") or 0)
                yield _supported(SourceFile(f"{protocol}://{name}", f"{protocol}://{root}", size, _mtime_ns(info)))


def _mtime_ns(info: dict[str, Any]) -> int:
    """A remote file's time of change; 0 where the backend does not say."""
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1_000_000) * 1000
        if isinstance(value, (int, float)):
            return int(value * 1_000_000_000)
    return 0


def _below(path: str, root: str) -> str:
    """``path`` relative to ``root``, with forward slashes."""
    prefix = root.rstrip("/\\") + "/"
    below = path[len(prefix) :] if path.replace(os.sep, "/").startswith(prefix.replace(os.sep, "/")) else path
    return below.replace(os.sep, "/")


def _encodable(path: str) -> bool:
    """Whether a name can be written down: one of other bytes fits neither the ledger nor a report."""
    return path.isascii() or _spelled(path) == path


def _spelled(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _rejected(path: str, root: str, error: str, message: str, hint: str) -> Rejected:
    identity = _spelled(_below(path, root))
    return Rejected(id=identity, source=_spelled(path), stage="read", error=error, message=message, hint=hint)
