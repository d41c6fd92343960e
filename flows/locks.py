"""One writer at a time: an operating-system lock on the data folder that the kernel frees when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.data_folder import claim
from flows.stopping import LEFT_TO_DO
from transforms.errors import SaringError

LOCK_NAME = "writer.lock"


class DataLockedError(SaringError):
    """Another saring process is writing to the same data folder."""


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
