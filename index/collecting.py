"""Work that leaves no reference cycles, and need not be searched for any."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Switch Python's search for reference cycles off: it walks over each of a million objects without any.

    It took a seventh of the time to settle a batch of documents.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
