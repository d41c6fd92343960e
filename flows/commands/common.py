"""What several commands share: options, and how JSON and text leave the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from index.terminal import printable

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Configuration file; default: $SARING_CONFIG, else ./config.yaml, else the defaults."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def print_json(value: Any) -> None:
    """One JSON document on one line of stdout."""
    typer.echo(orjson.dumps(value).decode())


def say(text: str) -> None:
    """Words for a person, on stderr."""
    typer.echo(printable(text), err=True)


def show(text: str) -> None:
    """What a person asked for, on stdout, with terminal escapes made harmless."""
    typer.echo(printable(text))
