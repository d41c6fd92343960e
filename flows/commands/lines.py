"""``saring lines``: what an outlet prints on many pages, what becomes of it, and a person's word on it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import Settings, load_settings
from flows.wording import many
from transforms.errors import SaringError

if TYPE_CHECKING:
    from index.ledger_lines import ReviewedLine
    from transforms.outlet_lines import Decision

SHOWN_CHARACTERS = 110
"""Characters printed of a line."""
WORDS = {
    "approved": "cut: approved",
    "learned": "cut: learned",
    "vetoed": "kept: vetoed",
    "proposed": "kept: proposed",
    "body": "kept: body",
}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("lines")(lines)


def lines(
    outlet: Annotated[
        str | None, typer.Argument(help="Outlet, as `saring search` shows it; without one all outlets are listed.")
    ] = None,
    *,
    approve: Annotated[list[int] | None, typer.Option("--approve", help="Cut this line from now on.")] = None,
    veto: Annotated[list[int] | None, typer.Option("--veto", help="Never cut this line.")] = None,
    undecided: Annotated[list[int] | None, typer.Option("--undecided", help="Take back what was decided.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the lines that an outlet prints on many pages, and decide on them.

    The next ingest of the outlet's sources cleans its documents again when what is cut has changed.
    """
    settings = load_settings(config)
    if outlet is None:
        if approve or veto or undecided:
            raise SaringError("name the outlet whose lines you decide on")
        _list_outlets(settings, json)
        return
    _decide(settings, outlet, {"approve": approve or [], "veto": veto or [], None: undecided or []})
    for line in (found := _reviewed(settings, outlet)):
        if json:
            print_json(asdict(line))
        else:
            show(_as_text(line))
    if not found:
        say(f"no line stands on several pages of {outlet}; `saring lines` lists outlets that have some")


def _decide(settings: Settings, outlet: str, decisions: dict[Decision | None, list[int]]) -> None:
    if not any(decisions.values()):
        return
    from flows.locks import writer_lock  # start-up time: only what the command needs
    from index.ledger import Ledger  # as above
    from index.ledger_lines import decide  # as above

    now = datetime.now(UTC).isoformat()
    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger, ledger.writing() as connection:
        for decision, numbers in decisions.items():
            for number in numbers:
                line = decide(connection, outlet, number, decision, now)
                say(f"{WORDS[line.state]}: {line.text}")


def _reviewed(settings: Settings, outlet: str) -> list[ReviewedLine]:
    from index.ledger import Ledger  # start-up time: only what the command needs
    from index.ledger_lines import review  # as above

    with Ledger.open(settings.ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        return review(connection, outlet)


def _as_text(line: ReviewedLine) -> str:
    text = line.text if len(line.text) <= SHOWN_CHARACTERS else line.text[:SHOWN_CHARACTERS] + "…"
    figures = line.figures
    outside = round(100 * figures.edges / figures.documents) if figures.documents else 0
    return (
        f"{line.number:>4}  {WORDS[line.state]:<15} {text}\n"
        f"      {many(figures.documents, 'document')}, {many(figures.days, 'day')}, {outside} % outside the article; "
        f"{line.reason}" + (f"; e.g. {', '.join(line.examples)}" if line.examples else "")
    )


def _list_outlets(settings: Settings, json: bool) -> None:
    from index.ledger import Ledger  # start-up time: only what the command needs
    from index.ledger_lines import outlets  # as above

    with Ledger.open(settings.ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        found = outlets(connection)
    for name, states in found.items():
        if json:
            print_json({"outlet": name, **states})
        else:
            show(f"{name}: " + ", ".join(f"{count:,} {state}" for state, count in states.items()))
    if not found:
        say("no outlet has lines on several pages yet")
