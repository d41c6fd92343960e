"""``saring held``: documents that the guard keeps back until a person has looked at them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import load_settings
from flows.wording import many
from transforms.errors import ConfigError, SaringError

held_app = typer.Typer(
    help="Look at documents that are held for review, and release them into the index.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(held_app, name="held")


@held_app.command("list")
def list_held(
    outlet: Annotated[str | None, typer.Option("--outlet", help="Only documents of this outlet.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List documents that are stored but not indexed, and why; `saring explain ID` shows what was cut."""
    from index.ledger import Ledger  # start-up time: only what the command needs
    from index.ledger_shares import held  # as above

    with Ledger.open(load_settings(config).ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        found = held(connection, outlet=outlet)
    for document in found:
        if json:
            print_json(asdict(document))
        else:
            show(f"{document.id}  {document.outlet or '-'}  {document.source}: {document.reason}")
    if not found:
        say("nothing is held")


@held_app.command("release")
def release_held(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of documents, as `saring held list` prints them.")
    ] = None,
    outlet: Annotated[
        str | None,
        typer.Option("--outlet", help="All of this outlet; what they lost is usual for it from now on."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are held.")] = False,
    config: ConfigOption = None,
) -> None:
    """Serve held documents after all, and bring the index up to date with them."""
    from flows.executors import InlineExecutor  # start-up time: only what the command needs
    from flows.guard import release  # as above
    from flows.locks import writer_lock  # as above
    from flows.pipeline import run_ingest  # as above
    from flows.progress import Silent  # as above
    from index.ledger import Ledger  # as above
    from index.ledger_shares import held  # as above

    if bool(ids) + bool(outlet) + everything != 1:
        raise ConfigError("say which: ids of documents, --outlet NAME, or --all")
    settings = load_settings(config)
    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger:
        with ledger.reading() as connection:
            waiting = [document.id for document in held(connection, outlet=outlet)]
        chosen = [id_ for id_ in waiting if not ids or id_ in ids]
        if unknown := sorted(set(ids or ()) - set(chosen)):
            raise SaringError(f"{unknown[0]} is not held; `saring held list` shows what is")
        run_id = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        released = release(ledger, chosen, run_id, outlet=outlet)
    if released:
        run_ingest(settings, [], InlineExecutor(), full=False, progress=Silent())
    say(f"released {many(released, 'document')}" if released else "nothing to release")
