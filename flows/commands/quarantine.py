"""``saring quarantine``: input that could not become a document, and what a person does about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Annotated, Any

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import Settings, load_settings
from flows.wording import many
from transforms.errors import ConfigError, SaringError

quarantine_app = typer.Typer(help="Look at input that could not become a document.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(quarantine_app, name="quarantine")


def _rows(settings: Settings, *, everything: bool = False) -> list[Any]:
    from index.ledger import Ledger  # start-up time: only what the command needs

    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        return ledger.quarantine(resolved=everything)


@quarantine_app.command("list")
def list_quarantine(
    everything: Annotated[bool, typer.Option("--all", help="Also what has been settled.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List what could not become a document: number, source, place and reason."""
    rows = _rows(load_settings(config), everything=everything)
    for row in rows:
        if json:
            print_json(asdict(row))
        else:
            place = f" at {row.place}" if row.place else ""
            settled = " (settled)" if row.resolved else " (accepted)" if row.accepted else ""
            show(f"{row.number}  {row.source}{place}: {row.message} [{row.stage}/{row.error}]{settled}")
    if not rows:
        say("nothing in quarantine")


@quarantine_app.command("show")
def show_quarantine(
    number: Annotated[int, typer.Argument(help="The row's number, as `saring quarantine list` prints it.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one row with all that is known of it, the place in the source, and what to do about it."""
    from flows.quarantine_context import context  # start-up time: only what the command needs

    row = next((row for row in _rows(load_settings(config), everything=True) if row.number == number), None)
    if row is None:
        raise SaringError(f"there is no quarantine row {number}; `saring quarantine list --all` shows those there are")
    found = context(row.source_path, row.source, row.place)
    if json:
        print_json({**asdict(row), "context": list(found.lines)})
        return
    show("\n".join(f"{name:<12} {value}" for name, value in asdict(row).items()))
    show("\n" + "\n".join(found.lines) if found.lines else f"({found.why_not})")


@quarantine_app.command("retry")
def retry_quarantine(
    numbers: Annotated[list[int] | None, typer.Argument(help="Row numbers; default: all open rows.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make the next ingest read the sources of these rows again, changed or not."""
    from flows.locks import writer_lock  # start-up time: only what the command needs
    from index.ledger import Ledger  # as above

    settings = load_settings(config)
    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger:
        rows = [row.number for row in ledger.quarantine(resolved=bool(numbers))]
        _refuse_unknown(numbers or (), rows)
        paths = ledger.retry_quarantine(numbers or rows)
    if not paths:
        say("nothing to retry")
        return
    for path in paths:
        show(path)
    say(f"the next `saring ingest` over {'this source' if len(paths) == 1 else 'these sources'} reads it again")


@quarantine_app.command("accept")
def accept_quarantine(
    numbers: Annotated[list[int] | None, typer.Argument(help="Row numbers.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="All open rows of this reason, such as read/empty.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Leave rows as they are: no longer counted as waiting, not retried while the source stays as it is."""
    from flows.locks import writer_lock  # start-up time: only what the command needs
    from index.ledger import Ledger  # as above
    from index.ledger_quarantine import ACCEPTED, resolve  # as above

    if bool(numbers) == bool(reason):
        raise ConfigError("say which: row numbers, or --reason STAGE/ERROR")
    settings = load_settings(config)
    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger:
        waiting = ledger.quarantine()
        chosen = [
            row.number for row in waiting if row.number in (numbers or ()) or f"{row.stage}/{row.error}" == reason
        ]
        _refuse_unknown(numbers or (), chosen)
        with ledger.writing() as connection:
            accepted = resolve(connection, chosen, ACCEPTED)
    say(f"accepted {many(accepted, 'row')}" if accepted else f"nothing waits because of {reason}")


def _refuse_unknown(numbers: Collection[int], known: Collection[int]) -> None:
    if unknown := sorted(set(numbers) - set(known)):
        raise SaringError(f"row {unknown[0]} is not waiting; `saring quarantine list` shows those that are")
