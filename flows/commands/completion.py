"""Options of ``saring`` itself: its version, and commands and options on the Tab key.

Typer's own options guess the shell from the parent process, which fails in scripts and images; these are told.
"""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

PROGRAM = "saring"
VARIABLE = "_SARING_COMPLETE"
"""What a shell sets when it asks for completions; the name is Typer's."""

Shell = Literal["bash", "zsh", "fish", "powershell", "pwsh"]


def register(app: typer.Typer) -> None:
    """Add the options, and answer a shell that asks."""
    app.callback()(options)
    if VARIABLE in os.environ:
        # Typer offers this only together with its own two options.
        from typer._completion_classes import completion_init  # start-up time: only when a shell asks

        completion_init()


def show(shell: Shell | None) -> None:
    """Print the script and end."""
    if shell is not None:
        from typer._completion_shared import get_completion_script  # start-up time: rarely needed

        typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell))
        raise typer.Exit


def install(shell: Shell | None) -> None:
    """Put the script where the shell finds it and end."""
    if shell is not None:
        from typer._completion_shared import install as put  # start-up time: rarely needed

        _, path = put(shell=shell, prog_name=PROGRAM, complete_var=VARIABLE)
        typer.echo(f"saring: completion for {shell} is in {path}; it works in the next shell", err=True)
        raise typer.Exit


def print_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        from importlib.metadata import version  # start-up time: rarely needed

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    install_completion: Annotated[
        Shell | None,
        typer.Option(callback=install, is_eager=True, help="Complete commands and options on Tab in this shell."),
    ] = None,
    show_completion: Annotated[
        Shell | None,
        typer.Option(callback=show, is_eager=True, help="Print the script that does so, to install it yourself."),
    ] = None,
) -> None:
    """Options of `saring` itself."""
