"""``saring explain``, ``evaluate`` and ``rules``: what cleaning takes, why, and how well it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.commands.explaining import explain_document
from flows.commands.rules_diff import diff_rules
from flows.commands.rules_test import test_rules
from flows.settings import Settings, load_settings
from flows.time_limit import SlowRuleError, TimeLimit
from transforms.clean import clean
from transforms.errors import NoLedgerError
from transforms.evaluate import DocumentScore, Evaluation, failed, score
from transforms.gold import GoldDocument, load_gold
from transforms.models import RawDocument
from transforms.parse import parse
from transforms.rules import RuleSet, load_rules
from transforms.step_rules import STEP_RULES

LONGEST_PASSAGE = 300
"""Characters printed of a passage that leaked or was lost: enough to find it."""

STEP_SCOPE = "step"
"""Scope shown for rules that are steps of the cleaner."""

rules_app = typer.Typer(help="Look at the cleaning rules and test them.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("explain")(explain_document)
    app.command("evaluate")(evaluate)
    rules_app.command("test")(test_rules)
    rules_app.command("diff")(diff_rules)
    app.add_typer(rules_app, name="rules")


def evaluate(  # noqa: PLR0913 (the options of a command)
    gold: Annotated[Path, typer.Argument(metavar="GOLD_DIR", help="Folder of <id>.txt and <id>.json pairs.")],
    *,
    json: JsonOption = False,
    worst: Annotated[int, typer.Option("--show", min=0, help="Print this many of the worst documents.")] = 0,
    min_f1: Annotated[float, typer.Option(min=0, max=1, help="Fail when F1 is below.")] = 0,
    max_lost: Annotated[float, typer.Option(min=0, max=100, help="Fail when more per cent of body is lost.")] = 100,
    min_removed: Annotated[
        float, typer.Option(min=0, max=100, help="Fail when less per cent of boilerplate goes.")
    ] = 0,
    config: ConfigOption = None,
) -> None:
    """Clean the texts of a gold folder, and score what went against what should have gone.

    Exits with 1 when a floor is missed, so that it can guard a build.
    """
    settings = load_settings(config)
    rules, limit = load_rules(settings.rules), TimeLimit(settings.runner.document_seconds)
    result = Evaluation(tuple(_scored(document, rules, limit) for document in load_gold(gold)))
    if json:
        print_json(result.to_json())
    else:
        show("\n".join((*_tables(result), *_worst(result.worst(worst)), result.summary())))
    missed = list(_missed(result, min_f1, max_lost / 100, min_removed / 100))
    for line in missed:
        say(f"saring: {line}")
    if missed:
        raise typer.Exit(1)


@rules_app.command("list")
def list_rules(json: JsonOption = False, config: ConfigOption = None) -> None:
    """List every rule: id, kind, scope, how often it took something in the ledger, and why it exists."""
    settings = load_settings(config)
    hits = _ledger_hits(settings)
    known = [(rule.id, rule.kind, rule.scope, rule.why) for rule in load_rules(settings.rules).rules]
    known += [(name, step.kind, STEP_SCOPE, step.why) for name, step in STEP_RULES.items()]
    rows = [
        {"id": name, "kind": kind, "scope": scope, "why": why, "hits": None if hits is None else hits.get(name, 0)}
        for name, kind, scope, why in known
    ]
    if json:
        print_json(rows)
        return
    widths = {name: max((len(str(row[name])) for row in rows), default=0) for name in ("id", "kind", "scope")}
    for row in rows:
        counted = "" if hits is None else f"{row['hits']:>9,}  "
        columns = "  ".join(f"{row[name]:{width}}" for name, width in widths.items())
        show(f"{columns}  {counted}{row['why']}")
    say(f"saring: {len(rows)} rules" + ("" if hits is not None else "; no ledger yet, so no hits are counted"))


def _scored(gold: GoldDocument, rules: RuleSet, limit: TimeLimit) -> DocumentScore:
    raw = RawDocument(gold.id, gold.id, gold.text)
    try:
        cleaned = limit.run(lambda: clean(*parse(raw), rules))
    except SlowRuleError:
        raise
    except Exception as error:  # noqa: BLE001 (a document that breaks the cleaner is a result to show)
        return failed(gold, f"{type(error).__name__}: {error}")
    return score(gold, cleaned.removals, cleaned.text)


def _missed(result: Evaluation, min_f1: float, max_lost: float, min_removed: float) -> Iterator[str]:
    """The floors that are missed, in words; shares between 0 and 1."""
    if result.f1 < min_f1:
        yield f"F1 is {result.f1:.4f}, below the floor of {min_f1:.4f}"
    if result.lost_share > max_lost:
        yield f"{result.lost_share:.3%} of the body is lost, above the limit of {max_lost:.3%}"
    if result.removed_share < min_removed:
        yield f"{result.removed_share:.2%} of the boilerplate is removed, below the floor of {min_removed:.2%}"


def _tables(result: Evaluation) -> Iterator[str]:
    yield f"{'boilerplate':<28}{'characters':>12}{'removed':>10}"
    for label, tally in result.labels.items():
        yield f"{label:<28}{tally.characters:>12,}{tally.share:>10.1%}"
    yield f"\n{'rule':<28}{'removals':>12}{'characters':>12}{'of body':>10}"
    for rule, took in result.rules.items():
        yield f"{rule:<28}{took.removals:>12,}{took.characters:>12,}{took.body:>10,}"
    yield ""


def _worst(documents: Sequence[DocumentScore]) -> Iterator[str]:
    for document in documents:
        yield f"{document.id}: {document.errors:,} characters wrong"
        if document.failure:
            yield f"  failed: {document.failure}"
        yield from (f"  leaked: {text[:LONGEST_PASSAGE]!r}" for text in document.leaked)
        yield from (f"  lost:   {text[:LONGEST_PASSAGE]!r}" for text in document.lost)
        yield ""


def _ledger_hits(settings: Settings) -> dict[str, int] | None:
    """How often each rule took something, or None before the first ingest."""
    from index.ledger import Ledger  # SQLAlchemy takes a while to import; other commands need none

    try:
        with Ledger.open(settings.ledger_url, read_only=True) as ledger:
            return ledger.rule_hits()
    except NoLedgerError:
        return None
