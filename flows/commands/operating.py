"""``saring status``, ``generations`` and ``quarantine``: what a person who runs saring looks at and puts right."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import Settings, load_settings
from transforms.errors import SaringError

generations_app = typer.Typer(help="List, roll back or prune index generations.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Look at input that could not become a document.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("status")(status)
    app.add_typer(generations_app, name="generations")
    app.add_typer(quarantine_app, name="quarantine")


def status(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Say what is stored, whether the index holds exactly that, and what waits for a person.

    Exit status 1 when ledger and index disagree.
    """
    from flows.health import health  # start-up time: only what the command needs

    found = health(load_settings(config))
    if json:
        print_json(found.to_json())
    else:
        show(found.as_text())
    if not found.consistent:
        raise typer.Exit(1)


@generations_app.command("list")
def list_generations(config: ConfigOption = None, json: JsonOption = False) -> None:
    """List all index generations, the one that is searched marked."""
    from index.generations import Generations  # start-up time: only what the command needs

    found = Generations(load_settings(config).index_dir).list()
    if json:
        print_json([asdict(info) for info in found])
        return
    for info in found:
        documents = "cannot be opened" if info.documents is None else f"{info.documents:,} documents"
        mark = "*" if info.current else " "
        show(f"{mark} {info.name}  {documents}, {info.bytes / 1e6:,.1f} MB, made {info.created_at[:19]}")
    if not found:
        say("no generations yet: run `saring ingest`")


@generations_app.command("rollback")
def rollback(config: ConfigOption = None) -> None:
    """Search the generation before the current one again; the next ingest or reindex builds a new one."""
    from flows.locks import data_lock  # start-up time: only what the command needs
    from index.generations import Generations  # as above

    settings = load_settings(config)
    with data_lock(settings.data_dir):
        say(f"now searching generation {Generations(settings.index_dir).rollback()}")


@generations_app.command("prune")
def prune(
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Generations to keep; default: config.yaml's.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Remove the oldest generations; the current one and the one before it always stay."""
    from flows.locks import data_lock  # start-up time: only what the command needs
    from index.generations import Generations  # as above

    settings = load_settings(config)
    with data_lock(settings.data_dir):
        removed = Generations(settings.index_dir).prune(keep or settings.generations.keep)
    say(f"removed {', '.join(removed)}" if removed else "nothing to remove")


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
            settled = " (settled)" if row.resolved else ""
            show(f"{row.number}  {row.source}{place}: {row.message} [{row.stage}/{row.error}]{settled}")
    if not rows:
        say("nothing in quarantine")


@quarantine_app.command("show")
def show_quarantine(
    number: Annotated[int, typer.Argument(help="The row's number, as `saring quarantine list` prints it.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show one row with all that is known of it and what to do about it."""
    for row in _rows(load_settings(config), everything=True):
        if row.number == number:
            if json:
                print_json(asdict(row))
            else:
                show("\n".join(f"{name:<12} {value}" for name, value in asdict(row).items()))
            return
    raise SaringError(f"there is no quarantine row {number}; `saring quarantine list --all` shows those there are")


@quarantine_app.command("retry")
def retry_quarantine(
    numbers: Annotated[list[int] | None, typer.Argument(help="Row numbers; default: all open rows.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make the next ingest read the sources of these rows again, changed or not."""
    from flows.locks import data_lock  # start-up time: only what the command needs
    from index.ledger import Ledger  # as above

    settings = load_settings(config)
    with data_lock(settings.data_dir), Ledger.open(settings.ledger_url) as ledger:
        paths = ledger.retry_quarantine(numbers or [row.number for row in ledger.quarantine()])
    if not paths:
        say("nothing to retry")
        return
    for path in paths:
        show(path)
    say(f"the next `saring ingest` over {'this source' if len(paths) == 1 else 'these sources'} reads it again")
