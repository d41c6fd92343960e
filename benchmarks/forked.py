"""Commands of saring as processes forked from this one, which has everything loaded: a second less for each."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from time import clock_gettime
from typing import IO

from flows.cli import main
from transforms.models import RawDocument
from transforms.process import StageClock, process
from transforms.rules import load_rules

SARING = Path(sys.executable).with_name("saring")
LOADED = ("flows.executors", "flows.forgetting", "flows.health", "flows.pipeline", "index.engine", "index.search")
"""What commands import when they need it."""


@dataclass
class Command:
    """A command under way, in a process group of its own."""

    pid: int
    out: IO[bytes]
    errors: IO[bytes]
    status: int | None = None
    """As Popen has it: minus the signal's number when it was killed."""
    seconds: float = 0.0
    """CPU time that it took, with its children, once it has ended."""

    def poll(self) -> int | None:
        """Its status, or None while it runs."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """Its status at its end."""
        status = self._wait(0)
        assert status is not None
        return status

    def _wait(self, flags: int) -> int | None:
        if self.status is None:
            pid, status, used = os.wait4(self.pid, flags)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
            self.seconds = used.ru_utime + used.ru_stime
        return self.status

    def used(self) -> float:
        """CPU seconds that it has used so far, without its children: how far it is, however busy the machine."""
        try:
            return clock_gettime(~self.pid << 3 | 2)  # its clock, as clock_getcpuclockid(3) names it
        except OSError:  # it has ended, and is waited for
            return self.seconds

    def said(self) -> str:
        """Everything that it wrote to stderr, after its end."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def printed(self) -> str:
        """Everything that it wrote to stdout, after its end."""
        self.out.seek(0)
        return self.out.read().decode(errors="replace")


def load_everything() -> None:
    """Import and read what commands load when they need it."""
    for name in LOADED:
        import_module(name)
    process(
        RawDocument("x", "x.txt", "Warga desa membangun jembatan bambu di hulu sungai."), load_rules(), StageClock()
    )


def start(
    arguments: Sequence[str],
    variables: dict[str, str],
    *,
    forked: bool = True,
    first: Callable[[], object] | None = None,
) -> Command:
    """Start `saring` with these arguments; ``first`` is called in the new process.

    Not ``forked``, it is the installed program from its very start.
    """
    command = Command(0, *(TemporaryFile() for _ in range(2)))  # noqa: SIM115 (they live as long as the command)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    command.pid = os.fork()
    if command.pid:
        with suppress(PermissionError):  # whichever of the two comes first; a program of its own has done it before
            os.setpgid(command.pid, command.pid)
        return command
    try:
        os.setpgid(0, 0)
        os.dup2(command.out.fileno(), 1)
        os.dup2(command.errors.fileno(), 2)
        os.environ.update(variables)
        sys.argv = [str(SARING), *arguments]
        if first:
            first()
        if not forked:
            os.execv(SARING, sys.argv)
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (a child must not go on as if it were its parent)
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
