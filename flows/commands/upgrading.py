"""Searching an index that another version of saring made: a new one is built beside it first, from the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from flows.commands.common import say
from transforms.errors import IndexFormatError, IndexUnavailableError, SaringError

if TYPE_CHECKING:
    from flows.settings import Settings

T = TypeVar("T")


def with_readable_index(settings: Settings, ask: Callable[[], T]) -> T:
    """What ``ask`` gives, after a rebuild when it meets an index of another format."""
    try:
        return ask()
    except IndexFormatError as error:
        _rebuild(settings, error)
    return ask()


def check_format(settings: Settings) -> None:
    """Raise IndexFormatError for an index of another format; nothing else that may be wrong is an error here."""
    from index.files import check_marker  # start-up time: only what the command needs
    from index.generations import Generations  # as above

    try:
        check_marker(Generations(settings.index_dir).current_path())
    except IndexFormatError:
        raise
    except IndexUnavailableError:
        return


def _rebuild(settings: Settings, found: IndexFormatError) -> None:
    from flows.executors import executor_for  # start-up time: hardly ever needed
    from flows.pipeline import run_reindex  # as above
    from flows.progress import progress_for_terminal  # as above

    say("saring: this index is of another format than this version reads: building a new one beside it, once")
    try:
        with progress_for_terminal() as progress, executor_for(settings) as executor:
            run_reindex(settings, executor, from_raw=False, progress=progress)
    except (SaringError, OSError) as error:
        raise IndexFormatError(f"{found}; that cannot be done now: {error}") from error
