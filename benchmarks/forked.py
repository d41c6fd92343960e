"""Commands of saring as processes forked from this one, which has everything loaded: a second less for each."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from flows.cli import main
from transforms.models import RawDocument
from transforms.process import StageClock, process
from transforms.rules import load_rules

SARING = Path(sys.executable).with_name("saring")


@dataclass
class Command:
    """A command under way, in a process group of its own."""

    pid: int
    out: IO[bytes]
    errors: IO[bytes]
    status: int | None = None
    """As Popen has it: minus the signal's number when it was killed."""

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
            pid, status = os.waitpid(self.pid, flags)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status

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
    import flows.executors  # for the children
    import flows.forgetting
    import flows.health
    import flows.pipeline
    import index.engine
    import index.search  # noqa: F401 (as all above)

    process(
        RawDocument("x", "x.txt", "Warga desa membangun jembatan bambu di hulu sungai."), load_rules(), StageClock()
    )


def start(arguments: Sequence[str], variables: dict[str, str], *, forked: bool = True) -> Command:
    """Start `saring` with these arguments; not ``forked``, it is the installed program from its very start."""
    command = Command(0, TemporaryFile(), TemporaryFile())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    command.pid = os.fork()
    if command.pid:
        try:
            os.setpgid(command.pid, command.pid)  # whichever of the two comes first
        except PermissionError:  # it is its own program already, and did this before
            pass
        return command
    try:
        os.setpgid(0, 0)
        os.dup2(command.out.fileno(), 1)
        os.dup2(command.errors.fileno(), 2)
        os.environ.update(variables)
        sys.argv = [str(SARING), *arguments]
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
