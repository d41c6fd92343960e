"""One writer at a time: an operating-system lock on the data folder that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from flows.data_folder import claim
from flows.stopping import LEFT_TO_DO
from transforms.errors import SaringError

LOCK_NAME = "writer.lock"
UNKNOWN = "unknown"
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
def data_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's writer lock; raises :class:`DataLockedError` at once when it is taken."""
    claim(data_dir)
    path = data_dir / LOCK_NAME
    with path.open("a+", encoding="utf-8") as handle:
        if not _locked_soon(handle):
            handle.seek(0)
            raise DataLockedError(
                f"{data_dir} is being written by process {handle.read().strip() or UNKNOWN}. Wait until it is done, or "
                "stop it; searching goes on meanwhile."
            )
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        except KeyboardInterrupt as stop:
            stop.add_note(LEFT_TO_DO)
            raise
        finally:
            with suppress(OSError):  # the folder may be read-only by now
                handle.truncate(0)


def writer_of(data_dir: Path) -> Holder | None:
    """Who is writing to a data folder now."""
    try:
        with (data_dir / LOCK_NAME).open(encoding="utf-8") as handle:
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
