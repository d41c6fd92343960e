"""One writer at a time: system locks on data folder and ledger, which the kernel frees when their holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from flows.data_folder import claim
from flows.stopping import LEFT_TO_DO
from transforms.errors import SaringError

if TYPE_CHECKING:
    from flows.settings import Settings

LOCK_NAME = "writer.lock"
LEDGER_NAME = "ledger.sqlite"
"""A ledger of that name is in a data folder, whose lock is the ledger's as well."""
SERVE_LOCK_NAME = "serve.lock"
UNKNOWN = "unknown"
_WRITTEN = (
    "{name} is being written by process {process}. Wait until it is done, or stop it; searching goes on meanwhile."
)
_SERVED = (
    "the schedules of {name} are served already, by process {process}: whichever of two ends first would pause them "
    "for both. For a run out of turn: `prefect deployment run ingest/nightly`, or `saring ingest`."
)
TRIES, AGAIN_SECONDS = 4, 0.05
"""Tries to become the writer, and between them: somebody may be looking who that is, which takes microseconds."""


class DataLockedError(SaringError):
    """Another saring process is writing to the same data folder."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that is writing, and since when (seconds of the epoch)."""

    process: str
    since: float


@contextmanager
def writer_lock(settings: Settings) -> Iterator[None]:
    """Be the only one that writes the data folder and its ledger; raises :class:`DataLockedError` when somebody does.

    A SQLite ledger elsewhere may be that of several data folders, so that it has a lock of its own.
    """
    with data_lock(settings.data_dir), ExitStack() as held:
        for path in _ledger_locks(settings):
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(_lock(path, _WRITTEN, str(settings.ledger)))
        yield


@contextmanager
def data_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's writer lock; raises :class:`DataLockedError` at once when it is taken."""
    claim(data_dir)
    with _lock(data_dir / LOCK_NAME, _WRITTEN, str(data_dir)):
        try:
            yield
        except KeyboardInterrupt as stop:
            stop.add_note(LEFT_TO_DO)
            raise


@contextmanager
def serve_lock(data_dir: Path) -> Iterator[None]:
    """Be the only one that serves the schedules of a data folder; raises DataLockedError when somebody does."""
    claim(data_dir)
    with _lock(data_dir / SERVE_LOCK_NAME, _SERVED, str(data_dir)):
        yield


@contextmanager
def _lock(path: Path, refusal: str, name: str) -> Iterator[None]:
    """Hold one lock; who comes second is refused in these words, which name what is locked and the process."""
    with path.open("a+", encoding="utf-8") as handle:
        if not _locked_soon(handle):
            handle.seek(0)
            raise DataLockedError(refusal.format(name=name, process=handle.read().strip() or UNKNOWN))
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        finally:
            with suppress(OSError):  # the folder may be read-only by now
                handle.truncate(0)


def _ledger_locks(settings: Settings) -> Iterator[Path]:
    """The lock file of a SQLite ledger that is not in the data folder; that of the folder it is in, if it is one."""
    if not settings.ledger:
        return
    from index.ledger_open import file_of  # SQLAlchemy takes half a second

    file = file_of(settings.ledger)
    if file and file.resolve().parent != settings.data_dir.resolve():
        yield file.resolve().with_name(LOCK_NAME if file.name == LEDGER_NAME else f"{file.name}.lock")


def writer_of(settings: Settings) -> Holder | None:
    """Who is writing to a data folder, or to its ledger from another one, now."""
    return next(filter(None, map(_holder, (settings.data_dir / LOCK_NAME, *_ledger_locks(settings)))), None)


def _holder(path: Path) -> Holder | None:
    try:
        with path.open(encoding="utf-8") as handle:
            if _locked(handle, fcntl.LOCK_SH):  # for microseconds, until it is closed: who wants to write tries again
                return None
            return Holder(handle.read().strip() or UNKNOWN, os.fstat(handle.fileno()).st_mtime)
    except OSError:
        return None


def _locked_soon(handle: TextIO) -> bool:
    """Become the writer, unless somebody else is; who is only looking is waited for."""
    for _ in range(TRIES):
        if _locked(handle, fcntl.LOCK_EX):
            return True
        time.sleep(AGAIN_SECONDS)
    return False


def _locked(handle: TextIO, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
