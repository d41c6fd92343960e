"""``saring status`` and ``generations``: what a person who runs saring looks at and puts right."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import load_settings
from flows.wording import many, utc

if TYPE_CHECKING:
    from index.generations import Generations

generations_app = typer.Typer(help="List, roll back or prune index generations.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("status")(status)
    app.add_typer(generations_app, name="generations")


def status(
    check: Annotated[
        bool, typer.Option("--check", help="Compare ledger and index document by document, every field and text.")
    ] = False,
    metrics: Annotated[
        Path | None,
        typer.Option("--metrics", metavar="FILE", help="Also write the state and the last run for Prometheus."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say what is stored, whether the index holds exactly that, and what waits for a person.

    Exit status 1 when something is wrong: ledger and index disagree while nobody is writing, as they do from a rollback
    to the next ingest or reindex; one of them is damaged; the last run failed or was killed; there is no ledger yet.
    0 otherwise, whatever waits for a person or is under way.
    """
    from flows.health import health  # start-up time: only what the command needs

    settings = load_settings(config)
    found = None
    try:
        found = health(settings, check=check)
    finally:
        if metrics:
            from flows.metrics import write_metrics  # as above

            write_metrics(found, metrics)
    if json:
        print_json(found.to_json())
    else:
        show(found.as_text())
    if found.problems:
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
        documents = "cannot be opened" if info.documents is None else many(info.documents, "document")
        mark = "*" if info.current else " "
        show(f"{mark} {info.name}  {documents}, {info.bytes / 1e6:,.1f} MB, made {utc(info.created_at)}")
    if not found:
        say("no generations yet: run `saring ingest`")


@generations_app.command("rollback")
def rollback(config: ConfigOption = None) -> None:
    """Search the generation before the current one again; the next ingest or reindex builds a new one."""
    from flows.locks import writer_lock  # start-up time: only what the command needs
    from index.generations import Generations  # as above

    settings = load_settings(config)
    with writer_lock(settings):
        name = Generations(settings.index_dir).rollback()
    say(f"now searching generation {name}; `saring status` exits with 1 until an ingest or reindex builds another")


@generations_app.command("prune")
def prune(
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Generations to keep; default: config.yaml's.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Remove the oldest generations; the current one and the one before it always stay."""
    from flows.locks import writer_lock  # start-up time: only what the command needs
    from index.generations import Generations  # as above

    settings = load_settings(config)
    with writer_lock(settings):
        generations = Generations(settings.index_dir)
        removed = generations.prune(keep or settings.generations.keep)
        left = generations.list()
    did = f"removed {many(len(removed), 'generation')} ({', '.join(removed)})" if removed else "nothing to remove"
    kept = ", ".join(f"{info.name}{_why_kept(info.name, generations)}" for info in left)
    say(f"{did}; kept: {kept or 'none, there is no index yet'}")


def _why_kept(name: str, generations: Generations) -> str:
    if name == generations.current():
        return " (the current one)"
    return " (for a rollback)" if name == generations.previous() else ""
