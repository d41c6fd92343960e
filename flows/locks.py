"""One writer at a time: an operating-system lock on the data folder that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from flows.data_folder import claim
from flows.stopping import LEFT_TO_DO
from transforms.errors import SaringError

LOCK_NAME = "writer.lock"
KERNEL_LOCKS = Path("/proc/locks")
"""Where Linux lists them."""


class DataLockedError(SaringError):
    """Another saring process is writing to the same data folder."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that is writing, and since when (seconds of the epoch)."""

    process: int
    since: float


@contextmanager
def data_lock(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's writer lock; raises :class:`DataLockedError` at once when it is taken."""
    claim(data_dir)
    path = data_dir / LOCK_NAME
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise DataLockedError(
                f"{data_dir} is being written by process {holder}. Wait until it is done, or stop it; "
                "searching goes on meanwhile."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        try:
            yield
        except KeyboardInterrupt as stop:
            stop.add_note(LEFT_TO_DO)
            raise
        finally:
            handle.truncate(0)  # a process that lives on does not write any more


def writer_of(data_dir: Path) -> Holder | None:
    """Who is writing to a data folder now; looking takes no lock, so that no writer is ever refused because of it."""
    path = data_dir / LOCK_NAME
    try:
        status, process = path.stat(), int(path.read_text(encoding="utf-8"))
        return Holder(process, status.st_mtime) if _holds(process, status.st_ino) else None
    except (OSError, ValueError):
        return None


def _holds(process: int, inode: int) -> bool:
    """Whether a process holds the lock of a file; where the kernel does not list locks, whether it lives."""
    try:
        listed = [line.split() for line in KERNEL_LOCKS.read_text(encoding="ascii").splitlines()]
    except FileNotFoundError:
        return psutil.pid_exists(process)
    return any({"FLOCK", str(process)} <= set(parts) and parts[-3].endswith(f":{inode}") for parts in listed)
