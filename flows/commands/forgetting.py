"""``saring forget``: take documents out of everything that saring has written."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.progress import progress_for_terminal
from flows.settings import load_settings
from flows.wording import many
from transforms.errors import ConfigError

SHOWN = 10
"""Documents named before a person is asked."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("forget")(forget)


def forget(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="ID|URL", help="Ids or URLs of documents, or ids in quarantine.")
    ] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", help="All documents of this outlet.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    allow_return: Annotated[
        bool, typer.Option("--allow-return", help="Let a later ingest take it in again; undoes an earlier forget.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take documents out of the ledger, the index and every old generation, for good, and search for what is left.

    A later ingest leaves them out (only hashes are kept for that). Exit status 1 when anything is left.
    """
    from flows.executors import executor_for  # start-up time: only what the command needs
    from flows.forgetting import Request, look, run_forget  # as above

    if bool(names) == bool(outlet):
        raise ConfigError("say what to forget: ids or URLs of documents, or --outlet NAME")
    settings = load_settings(config)
    request = Request(tuple(names or ()), outlet, allow_return)
    found = look(settings, request)
    for target in found.documents[:SHOWN]:
        say(f"{target.id}  {target.url or '-'}  {target.path}")
    more = len(found.documents) - SHOWN
    if more > 0:
        say(f"… and {more:,} more")
    if found.buried:
        say(f"forgotten before: {', '.join(found.buried)}")
    if not yes:
        wanted = f"{many(len(found.documents), 'document')} and {many(found.quarantined, 'quarantine row')}"
        typer.confirm(f"Forget {wanted}? This cannot be undone.", abort=True, err=True)
    with progress_for_terminal() as progress, executor_for(settings) as executor:
        done = run_forget(settings, request, executor, progress)
    if json:
        print_json(done.to_json())
    else:
        for check in done.checks:
            show(f"{check.place:<32} {check.searched:>12,} searched {check.left:>8,} left")
        for note in done.notes:
            say(f"note: {note}")
        say(f"forgot {many(done.documents, 'document')} and {many(done.quarantined, 'quarantine row')}")
    if not done.complete:
        say("saring: something is left (see above): run the same command again; if it stays, other processes use it")
        raise typer.Exit(1)
