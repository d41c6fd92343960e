"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from time import monotonic
from typing import Protocol, Self

from flows.wording import many

LINE_SECONDS = 5.0
"""Plain progress lines are at least this far apart."""


class Progress(Protocol):
    """Told by the pipeline what it is doing."""

    def phase(self, name: str, total: int | None = None) -> None:
        """A new phase begins; ``total`` documents are expected where that is known."""
        ...

    def advance(self, documents: int) -> None:
        """So many more documents are done."""
        ...


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, documents: int) -> None:
        """Say nothing."""


class Lines(Silent):
    """One line a phase, and one every few seconds, to stderr."""

    def __init__(self) -> None:
        self._name, self._done, self._said = "", 0, monotonic()
        self._total: int | None = None

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a line."""
        self._name, self._done, self._total, self._said = name, 0, total, monotonic()
        print(f"saring: {name}" + (f" ({many(total, 'document')})" if total else ""), file=sys.stderr, flush=True)  # noqa: T201 (the terminal is this class's purpose)

    def advance(self, documents: int) -> None:
        """Say so when the last line is old."""
        self._done += documents
        if monotonic() - self._said >= LINE_SECONDS:
            of = f" of {self._total:,}" if self._total else ""
            print(f"saring: {self._name}: {self._done:,}{of} documents", file=sys.stderr, flush=True)  # noqa: T201 (as above)
            self._said = monotonic()


class Bar(Silent):
    """A progress bar on a terminal."""

    def __init__(self) -> None:
        from rich import progress as rich  # as above
        from rich.console import Console  # slow to import, needed only on a terminal

        self._bar = rich.Progress(
            rich.SpinnerColumn(),
            rich.TextColumn("{task.description}"),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def phase(self, name: str, total: int | None = None) -> None:
        """Name the bar anew."""
        self._bar.reset(self._task, total=total, description=name)

    def advance(self, documents: int) -> None:
        """Move the bar."""
        self._bar.advance(self._task, documents)


def progress_for_terminal() -> Bar | Lines:
    """A bar when stderr is a terminal, lines otherwise."""
    return Bar() if sys.stderr.isatty() else Lines()
