"""The ``saring`` command line: one command a verb, errors in words, exit status 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import typer

from flows.commands import completion
from flows.commands.common import say
from flows.commands.on_demand import OnDemandGroup
from flows.stopping import Stopped, listen
from transforms.errors import ConfigError, SaringError, explain_os_error

STDERR = 2
"""The last of the three streams that every process has."""


class _Commands(OnDemandGroup):
    def invoke(self, ctx: Any) -> Any:
        """Say that a command was stopped, before typer turns that into an empty line."""
        try:
            return super().invoke(ctx)
        except Stopped as stop:
            say(f"saring: {stop}")
            sys.exit(stop.status)


app = typer.Typer(
    name="saring",
    cls=_Commands,
    help="Turn scraped news articles into a clean, de-duplicated, language-tagged full-text index.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
completion.register(app)


def main() -> NoReturn:
    """Run a command; what saring can explain is printed as a sentence, not as a traceback."""
    _open_streams()
    listen()
    try:
        app()
    except ConfigError as error:
        _fail(error, 2)
    except SaringError as error:
        _fail(error, 1)
    except BrokenPipeError:
        # The reader of a pipe (`head`) has what it wanted.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        _fail(explain_os_error(error), 1)
    sys.exit(0)


def _open_streams() -> None:
    """Give a command that was started with closed streams some: a file it opens would be written to as its stderr."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(number, True)
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (until the process ends)


def _fail(error: SaringError | str, status: int) -> NoReturn:
    say(f"saring: {error}")
    sys.exit(status)
