"""Opening the table of contents of an index folder, also while another process commits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from whoosh.index import TOC

from index.codec import INDEX_NAME
from index.storage import DurableStorage
from transforms.errors import IndexUnavailableError

OPEN_ATTEMPTS: Final = 20
OPEN_PAUSE_SECONDS: Final = 0.05
"""Opening while another process commits finds the old table of contents gone once in a hundred times; a second is
twenty times longer than any commit was seen to take between the two steps."""

_T = TypeVar("_T")


def retry_opening(action: Callable[[], _T]) -> _T:
    """Run ``action`` again while a commit pulls files away under it."""
    for attempt in range(OPEN_ATTEMPTS):
        try:
            return action()
        except FileNotFoundError:
            if attempt + 1 == OPEN_ATTEMPTS:
                raise
            time.sleep(OPEN_PAUSE_SECONDS)
    raise AssertionError("unreachable: the last attempt returns or raises")


def read_toc(storage: DurableStorage) -> Any:
    """The table of contents; raises IndexUnavailableError when there is none or it is damaged."""
    try:
        return retry_opening(lambda: TOC.read(storage, INDEX_NAME))
    except Exception as error:
        raise IndexUnavailableError(f"the index in {storage.folder} cannot be opened: {error}") from error
