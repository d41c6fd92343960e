"""``saring explain``: a document's raw text with every removal in place, on the terminal or as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.common import ConfigOption, say
from flows.commands.versions import show_versions
from flows.settings import Settings, load_settings
from flows.time_limit import TimeLimit, TooSlowError
from index.terminal import printable
from transforms.clean import clean
from transforms.errors import ConfigError, InputError, LedgerError
from transforms.explain import Explainable, Explanation, explain, fragments
from transforms.models import Kind, RawDocument, Rejected, Removal, Repair, SourceFile
from transforms.parse import parse
from transforms.read import discover, read
from transforms.rules import RuleSet, load_rules
from transforms.step_rules import STEP_RULES

KIND_COLOURS: Mapping[Kind, str] = {
    "related_link": "blue",
    "caption": "green",
    "credit": "green",
    "byline_signoff": "magenta",
    "republication": "magenta",
    "promo": "red",
    "comment_form": "red",
    "navigation": "cyan",
    "tags": "cyan",
    "social_embed": "cyan",
    "dateline": "yellow",
    "date_line": "yellow",
    "repeated_title": "yellow",
    "repeated_body": "yellow",
}
"""The eight colours every terminal has; kinds that are not named here are grey."""
GREY = "bright_black"


@dataclass(frozen=True, slots=True)
class CleanedFile:
    """A document fresh from cleaning; unlike a stored one it may have no text left at all."""

    id: str
    source: str
    title: str | None
    raw_text: str
    removals: tuple[Removal, ...]
    repairs: tuple[Repair, ...]
    warnings: tuple[str, ...]
    rules_version: str


def explain_document(
    target: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file, FILE#N for one of its records, or an id.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT", help="Write a self-contained page to OUT.")
    ] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Show an ID's earlier texts, and what changed from each to the next.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Show the raw text with every removal in place, and the rule that took it.

    A file is cleaned on the spot; an id is looked up in the ledger, as the last run left it.
    """
    settings = load_settings(config)
    if versions:
        show_versions(target, settings, html)
        return
    rules = load_rules(settings.rules)
    reasons = {name: step.why for name, step in STEP_RULES.items()} | {rule.id: rule.why for rule in rules.rules}
    documents = _documents(target, settings, rules)
    first = next(documents)
    if html is None:
        _print(explain(first, reasons, printable))
        for document in documents:
            _print(explain(document, reasons, printable))
    elif next(documents, None) is not None:
        raise ConfigError(f"{target} holds more than one document: name one file, or one record as FILE#N.")
    else:
        _write_page(explain(first, reasons, printable), html)


def _documents(target: str, settings: Settings, rules: RuleSet) -> Iterator[Explainable]:
    """The documents of a file or record that exists, else the ledger's; at least one."""
    path, mark, number = target.rpartition("#")
    if Path(target).exists() or "://" in target:
        return _cleaned(target, None, settings, rules)
    if mark and number.isdigit() and Path(path).exists():
        return _cleaned(path, number, settings, rules)
    return iter((_stored(target, settings),))


def _cleaned(path: str, number: str | None, settings: Settings, rules: RuleSet) -> Iterator[Explainable]:
    found = 0
    limit = TimeLimit(settings.runner.document_seconds)
    for raw in _read(path, settings):
        if number and not raw.source.endswith(f"#{number}"):
            continue
        if isinstance(raw, Rejected):
            say(f"saring: {raw.source}: {raw.message} [{raw.stage}/{raw.error}] {raw.hint}".rstrip())
            continue
        try:
            cleaned = limit.run(partial(_clean, raw, rules))
        except TooSlowError as error:
            say(f"saring: {raw.source}: {error} [clean/{error.reason}] {error.hint}")
            continue
        found += 1
        yield cleaned
        if number:
            return
    if not found:
        record = f"#{number}" if number else ""
        raise InputError("no_document", f"{path}{record}: no document to explain")


def _read(path: str, settings: Settings) -> Iterator[RawDocument | Rejected]:
    for source in discover([path]):
        if isinstance(source, SourceFile):
            yield from read(source, settings.read_settings())
        else:
            yield source


def _clean(raw: RawDocument, rules: RuleSet) -> CleanedFile:
    view, hints = parse(raw)
    cleaned = clean(view, hints, rules)
    return CleanedFile(
        id=raw.id,
        source=raw.source,
        title=hints.title or cleaned.title,
        raw_text=raw.text,
        removals=cleaned.removals,
        repairs=cleaned.repairs,
        warnings=(*raw.warnings, *cleaned.warnings),
        rules_version=rules.version,
    )


def _stored(document_id: str, settings: Settings) -> Explainable:
    from index.ledger import Ledger  # SQLAlchemy takes a while to import; explaining a file needs none

    try:
        with Ledger.open(settings.ledger_url, read_only=True) as ledger:
            document = ledger.document(document_id)
    except LedgerError as error:
        raise LedgerError(f"{document_id}: no such file, and not to be found by its id: {error}") from None
    if document is None:
        raise LedgerError(f"{document_id}: no such file, and no document of this id in the ledger")
    if document.duplicate_kind:
        say(
            f"saring: {document.id} is a {document.duplicate_kind} copy of {document.cluster}, which is indexed instead"
        )
    if document.status_reason:
        say(f"saring: {document.id} is {document.status}: {document.status_reason}")
    return document


def _print(explanation: Explanation) -> None:
    """Colours on a terminal that wants them, brackets elsewhere."""
    from rich.console import Console  # start-up time: most commands print without it
    from rich.text import Text  # as above

    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal or console.no_color:
        typer.echo("".join(fragment.text for fragment in fragments(explanation, brackets=True)))
        return
    styles = {"kept": "", "removed": "strike", "label": "dim", "repair": "bold green", "heading": "bold", "note": "dim"}
    text = Text()
    for fragment in fragments(explanation, brackets=False):
        colour = KIND_COLOURS.get(fragment.kind, GREY) if fragment.kind else ""
        text.append(fragment.text, f"{styles[fragment.role]} {colour}".strip())
    console.print(text)


def _write_page(explanation: Explanation, out: Path) -> None:
    from transforms.explain_html import page  # start-up time: only with --html

    try:
        out.write_text(page(explanation), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"--html {out}: cannot be written: {error.strerror}") from None
    say(f"saring: wrote {out}")
