"""Index generations: built aside, verified, promoted in one step, rolled back, pruned.

Layout below the index folder::

    generations/NAME/     one complete index each, with saring's marker file
    CURRENT               the name of the generation that is searched; replaced atomically
    PREVIOUS              the name that CURRENT had before, for a rollback

Names are the caller's. A generation can be written, searched and looked at while another is current.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from index.files import MARKER, check_marker, folder_bytes, make_folder, mark, sync_folder, write_atomically
from transforms.errors import IndexMismatchError, IndexUnavailableError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """One generation; ``created_at`` is ISO 8601 in UTC, ``documents`` is None when it cannot be opened."""

    name: str
    created_at: str
    documents: int | None
    bytes: int
    current: bool


class Generations:
    """The generations below one index folder (which need not exist yet)."""

    def __init__(self, index_dir: str | Path) -> None:
        self.index_dir = Path(index_dir)
        self._root = self.index_dir / "generations"

    def path(self, name: str) -> Path:
        """The folder of a generation, whether it exists or not."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot name a generation: letters, digits, dot, dash and underscore only")
        return self._root / name

    def current(self) -> str | None:
        """The name of the generation that is searched; None before the first one is promoted."""
        return self._pointer("CURRENT")

    def previous(self) -> str | None:
        """The name that a rollback would make current."""
        return self._pointer("PREVIOUS")

    def current_path(self) -> Path:
        """The folder of the current generation; raises IndexUnavailableError when there is none."""
        name = self.current()
        if name is None:
            raise IndexUnavailableError(f"no index yet in {self.index_dir}: run `saring ingest`")
        return self.path(name)

    def is_usable(self, name: str) -> bool:
        """Whether a generation is there, and of the format that this version reads and writes."""
        try:
            check_marker(self.path(name))
        except IndexUnavailableError:
            return False
        return True

    def list(self) -> list[GenerationInfo]:
        """All generations, by name."""
        if not self._root.is_dir():
            return []
        current = self.current()
        folders = sorted(path for path in self._root.iterdir() if (path / MARKER).is_file())
        return [_info(path, path.name == current) for path in folders]

    def create(self, name: str) -> Path:
        """Make an empty generation and give its folder; raises IndexUnavailableError when the name is taken."""
        from index.writer import create_index  # reading a pointer must not load Whoosh

        path = self.path(name)
        try:
            make_folder(path)
        except FileExistsError:
            raise IndexUnavailableError(f"generation {name} exists already") from None
        create_index(path)
        mark(path)
        sync_folder(self._root)
        return path

    def verify(self, name: str, expected_count: int) -> None:
        """Open a generation, read all its tables, and compare its count; raises when anything is wrong."""
        from index.engine import open_engine  # reading a pointer must not load Whoosh

        engine = open_engine(self.path(name))
        try:
            if engine.documents != expected_count:
                message = f"generation {name} holds {engine.documents} documents, expected {expected_count}"
                raise IndexMismatchError(message)
            engine.check()
        finally:
            engine.close()

    def promote(self, name: str) -> None:
        """Make a generation the one that is searched."""
        check_marker(self.path(name))
        current = self.current()
        if current == name:
            return
        if current is not None:
            write_atomically(self.index_dir / "PREVIOUS", current)
        write_atomically(self.index_dir / "CURRENT", name)

    def rollback(self) -> str:
        """Make the generation before the current one current again; rolling back twice undoes it."""
        name = self.previous()
        if name is None or not self.path(name).is_dir():
            raise IndexUnavailableError("there is no earlier generation to go back to")
        self.promote(name)
        return name

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove the oldest generations but ``keep``, never the current or the previous one; gives their names."""
        protected = {self.current(), self.previous()}
        by_age = sorted(self.list(), key=lambda info: (info.created_at, info.name))
        spare = [info.name for info in by_age if info.name not in protected]
        kept = max(0, keep - (len(by_age) - len(spare)))
        removed = spare[: max(0, len(spare) - kept)]
        for name in removed:
            self._remove(self.path(name))
        return tuple(removed)

    def discard(self, name: str) -> None:
        """Remove a generation that was never promoted, as far as that can be done: not the current one, nor that for a
        rollback."""
        with suppress(OSError):
            if name not in {self.current(), self.previous()} and self.path(name).is_dir():
                self._remove(self.path(name))

    def keep_only_current(self) -> tuple[str, ...]:
        """Remove every other generation, the one for a rollback and half-built ones included; gives their names."""
        (self.index_dir / "PREVIOUS").unlink(missing_ok=True)
        current = self.current()
        folders = sorted(self._root.iterdir()) if self._root.is_dir() else []
        others = [path for path in folders if path.name != current]
        for path in others:
            self._remove(path)
        return tuple(path.name for path in others)

    def _remove(self, path: Path) -> None:
        # The marker goes first: a folder that a crash leaves half removed is then no generation any more.
        (path / MARKER).unlink(missing_ok=True)
        shutil.rmtree(path)

    def _pointer(self, file: str) -> str | None:
        try:
            name = (self.index_dir / file).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        if not _NAME.fullmatch(name):
            raise IndexUnavailableError(f"{self.index_dir / file} does not name a generation")
        return name


def _info(path: Path, current: bool) -> GenerationInfo:
    from index.writer import count_documents  # reading a pointer must not load Whoosh

    try:
        documents: int | None = count_documents(path)
    except IndexUnavailableError:
        documents = None
    created = datetime.fromtimestamp((path / MARKER).stat().st_mtime, UTC).isoformat(timespec="microseconds")
    return GenerationInfo(path.name, created, documents, folder_bytes(path), current)
