"""Ctrl+C, SIGTERM, a terminal that closes: a command that is told to stop leaves in order and says so in a line.

The exit status is 130, 143 or 129.
"""

from __future__ import annotations

import signal
from types import FrameType

LEFT_TO_DO = "what was committed stays, and the next run finishes the rest"
"""Noted on a stop of what writes ledger and index."""
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What stops a command; the last comes when its terminal is closed or its connection breaks."""
_TOLD: list[int] = []
"""Signals so far."""


class Stopped(KeyboardInterrupt):
    """The process was told to stop; raised in its main thread, wherever that is."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = signal.Signals(number)

    @property
    def status(self) -> int:
        """The exit status, as shells give it for a process that a signal ended."""
        return 128 + self.number

    def __str__(self) -> str:
        notes = "".join(f"; {note}" for note in getattr(self, "__notes__", ()))
        return f"stopped by {'Ctrl+C' if self.number == signal.SIGINT else self.number.name}{notes}"


def listen() -> None:
    """Raise :class:`Stopped` on SIGINT, SIGTERM and SIGHUP from now on, unless they are ignored, as under ``nohup``."""
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def check() -> None:
    """Raise it again where it was lost: Python drops what is raised while it calls finalizers or loads modules."""
    if _TOLD:
        raise Stopped(_TOLD[-1])


def _stop(number: int, _frame: FrameType | None) -> None:
    _TOLD.append(number)
    raise Stopped(number)
