"""``saring explain ID --versions``: the earlier texts of a document, and what changed from each to the next."""

from __future__ import annotations

from pathlib import Path

import typer

from flows.commands.common import say
from flows.settings import Settings
from flows.wording import utc
from index.terminal import printable
from transforms.errors import ConfigError, LedgerError
from transforms.versions import Step, Text, fragments, history

STYLES = {"heading": "bold", "note": "dim", "same": "", "gone": "strike red", "new": "green"}


def show_versions(document_id: str, settings: Settings, html: Path | None) -> None:
    """Print the history of a stored document, or write it as a page."""
    name, versions = _versions(document_id, settings)
    steps = history(versions, printable)
    if html is not None:
        _write(printable(name), steps, html)
    elif steps:
        _print(printable(name), steps)
    if not steps:
        say(f"saring: {document_id} has no earlier version: since {versions[0].name} its text has not changed")


def _versions(document_id: str, settings: Settings) -> tuple[str, list[Text]]:
    from index.ledger import Ledger  # SQLAlchemy takes a while to import
    from index.ledger_versions import page_texts  # as above

    try:
        with Ledger.open(settings.ledger_url, read_only=True) as ledger, ledger.reading() as connection:
            found = page_texts(connection, document_id)
    except LedgerError as error:
        raise LedgerError(f"{document_id}: its versions cannot be looked up: {error}") from None
    if not found and Path(document_id).exists():
        raise ConfigError(
            f"{document_id} is a file, and only stored documents have versions: give --versions the id of one, as "
            "`saring search` prints it"
        )
    if not found:
        raise LedgerError(f"{document_id}: no document of this id in the ledger; `saring search` prints ids")
    several = len({item.document for item in found}) > 1
    own = [item.title for item in found if item.document == document_id]
    texts = [
        Text(
            utc(item.since) + (f" ({item.document})" if several else ""),
            item.title,
            item.text,
        )
        for item in found
    ]
    return (own[-1] if own and own[-1] else document_id), texts


def _print(name: str, steps: tuple[Step, ...]) -> None:
    """Colours on a terminal that wants them, brackets elsewhere."""
    from rich.console import Console  # start-up time: most commands print without it
    from rich.text import Text as Styled  # as above

    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    typer.echo(f"{name}: {len(steps) + 1} versions")
    if not console.is_terminal or console.no_color:
        typer.echo("".join(fragment.text for fragment in fragments(steps, brackets=True)), nl=False)
        return
    text = Styled()
    for fragment in fragments(steps, brackets=False):
        text.append(fragment.text, STYLES[fragment.role])
    console.print(text, end="")


def _write(name: str, steps: tuple[Step, ...], out: Path) -> None:
    from transforms.versions_html import page  # start-up time: only with --html

    try:
        out.write_text(page(name, steps), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"--html {out}: cannot be written: {error.strerror}") from None
    say(f"saring: wrote {out}")
