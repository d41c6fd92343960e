"""What several commands share: options, and how JSON and text leave the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from index.terminal import printable
from transforms.errors import ConfigError

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Configuration file; default: $SARING_CONFIG, else ./config.yaml, else the defaults."
    ),
]
LanguageOption = Annotated[str | None, typer.Option(help="BCP 47 code, such as id.")]
OutletOption = Annotated[str | None, typer.Option(help="Outlet, or a part of its name.")]
SinceOption = Annotated[str | None, typer.Option(help="First day: 2024, 2024-06 or 2024-06-20.")]
UntilOption = Annotated[str | None, typer.Option(help="Last day, included; as --since.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


@contextmanager
def wrong_usage() -> Iterator[None]:
    """A value that makes no sense, such as a date that is none, is a wrong option."""
    try:
        yield
    except ValueError as error:
        raise ConfigError(str(error)) from None


def print_json(value: Any) -> None:
    """One JSON document on one line of stdout."""
    typer.echo(orjson.dumps(value).decode())


def say(text: str) -> None:
    """Words for a person, on stderr."""
    typer.echo(printable(text), err=True)


def show(text: str) -> None:
    """What a person asked for, on stdout, with terminal escapes made harmless."""
    typer.echo(printable(text))
