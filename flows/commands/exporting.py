"""``saring export``: clean documents with all that is known of them, for other programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.commands.common import (
    ConfigOption,
    LanguageOption,
    OutletOption,
    SinceOption,
    UntilOption,
    say,
    wrong_usage,
)
from flows.settings import load_settings
from flows.wording import many
from index.dates import option_day
from transforms.errors import ConfigError

if TYPE_CHECKING:
    from index.ledger_export import Selection

STDOUT = "-"
Form = Literal["jsonl", "parquet"]
FORMS: Mapping[str, Form] = {
    "": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
"""What is written to a file of this suffix."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("export")(export)


def export(  # noqa: PLR0913, PLR0917 (every option of the command is a parameter)
    out: Annotated[str, typer.Argument(metavar="OUT|-", help="File to write, or - for stdout (JSON lines only).")],
    form: Annotated[
        Form | None,
        typer.Option("--format", help="JSON lines, or Parquet without the removals; default: what OUT ends in."),
    ] = None,
    language: LanguageOption = None,
    outlet: OutletOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    all_copies: Annotated[
        bool, typer.Option("--all-copies", help="Copies as well, not only the documents that represent them.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write clean documents to a file: the fields of `saring clean --json`, address, and what each is a copy of.

    The file appears when it is complete. Documents that are held, or gone from their source, are left out.
    """
    from flows.export import parquet_writer, whole_file, write_jsonl  # start-up time: only what the command needs
    from index.ledger import Ledger  # as above
    from index.ledger_export import selected_documents  # as above

    selection = _selection(language, outlet, since, until, all_copies)
    parquet = (form or _form(out)) == "parquet"
    if parquet and out == STDOUT:
        raise ConfigError("--format parquet cannot go to stdout: name a file, or use --format jsonl")
    write = parquet_writer() if parquet else write_jsonl
    with (
        Ledger.open(load_settings(config).ledger_url, read_only=True) as ledger,
        ledger.reading() as connection,
    ):
        documents = selected_documents(connection, selection)
        if out == STDOUT:
            written = write(documents, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with whole_file(Path(out)) as stream:
                written = write(documents, stream)
    say(f"saring: {many(written, 'document')} written" + ("" if out == STDOUT else f" to {out}"))


def _form(out: str) -> Form:
    """What the name of the file ends in; a name without an ending gets JSON lines."""
    suffix = Path(out).suffix.lower()
    if suffix not in FORMS:
        raise ConfigError(
            f"{out}: `{suffix}` is no format that can be written: name a file .jsonl or .parquet, or say --format"
        )
    return FORMS[suffix]


def _selection(
    language: str | None, outlet: str | None, since: str | None, until: str | None, all_copies: bool
) -> Selection:
    from index.ledger_export import Selection  # start-up time: only what the command needs

    with wrong_usage():
        first, last = option_day("--since", since), option_day("--until", until)
    if first and last and first[0] > last[1]:
        raise ConfigError(f"--until {until} lies before --since {since}: no day is in between")
    return Selection(language, outlet, first[0] if first else None, last[1] if last else None, all_copies)
