"""``saring rules diff``: what a change of the rules changes on the documents of the ledger, before it is adopted."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import Settings, load_settings
from flows.time_limit import TimeLimit
from flows.wording import many
from transforms.clean import clean
from transforms.errors import ConfigError, InputError, NoLedgerError
from transforms.models import RawDocument
from transforms.parse import parse
from transforms.rule_diff import Difference, differences
from transforms.rules import RuleSet, load_rules

if TYPE_CHECKING:
    from index.ledger_views import StoredDocument

BUILTIN = "builtin"
"""Names the rules that come with saring, without any of the user's."""
SAMPLE = 1_000
"""Documents compared unless told otherwise: both cleanings of so many take about three seconds."""
LONGEST = 200
"""Characters printed of one difference."""
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
"""What a raw text begins with that was read as an HTML page."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison of two rule sets found."""

    old: RuleSet
    new: RuleSet
    documents: int
    found: tuple[Difference, ...]
    """The largest first."""

    @property
    def changed(self) -> int:
        """Documents with any difference."""
        return len({difference.document for difference in self.found})

    def by_rule(self, *, more: bool) -> Counter[str]:
        """Visible characters that only one of the rule sets takes, by its rule."""
        counts: Counter[str] = Counter()
        for difference in self.found:
            if difference.more == more:
                counts[difference.rule] += difference.characters
        return counts


def diff_rules(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A folder of rule files, or 'builtin'.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same, with the change.")],
    *,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Documents of the ledger to clean with both; 0 takes all.")
    ] = SAMPLE,
    largest: Annotated[int, typer.Option("--show", min=0, help="Show this many of the largest differences.")] = 10,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Clean documents of the ledger with two sets of rules, and show what differs.

    A folder stands for the rules that come with saring and those in it. The sample depends on the documents' ids only.
    """
    settings = load_settings(config)
    comparison = _compare(settings, _rules(old), _rules(new), sample)
    if json:
        print_json(_to_json(comparison, largest))
        return
    for line in _table(comparison, largest):
        show(line)
    verb = "changes" if comparison.changed == 1 else "change"
    say(f"saring: {comparison.changed:,} of {many(comparison.documents, 'document')} {verb}")


def _rules(name: str) -> RuleSet:
    if name == BUILTIN:
        return load_rules()
    if not Path(name).is_dir():
        raise ConfigError(f"{name}: no such folder. Name a folder of rule files, or `{BUILTIN}`.")
    return load_rules([Path(name)])


def _compare(settings: Settings, old: RuleSet, new: RuleSet, sample: int) -> Comparison:
    from index.ledger import Ledger  # SQLAlchemy takes a while to import; other commands need none

    limit = TimeLimit(settings.runner.document_seconds)
    found: list[Difference] = []
    documents = 0
    try:
        with Ledger.open(settings.ledger_url, read_only=True) as ledger:
            for stored in ledger.documents(_sampled(ledger.stale(""), sample)):
                documents += 1
                found += _within(limit, stored, old, new)
    except NoLedgerError:
        raise ConfigError(
            "There is no ledger yet, so there are no documents to compare on: run `saring ingest` first."
        ) from None
    found.sort(key=lambda difference: (-difference.characters, difference.document, difference.text))
    return Comparison(old, new, documents, tuple(found))


def _sampled(ids: Iterable[str], sample: int) -> list[str]:
    """As many ids as asked for, always the same ones of the same ledger, and most of them again when it grows."""
    ranked = sorted(ids, key=lambda name: hashlib.blake2b(name.encode("utf-8", "surrogatepass")).digest())
    return ranked[:sample] if sample else ranked


def _within(limit: TimeLimit, stored: StoredDocument, old: RuleSet, new: RuleSet) -> list[Difference]:
    try:
        return limit.run(lambda: list(_differences(stored, old, new)))
    except InputError as error:
        raise InputError(error.reason, f"{stored.id} ({stored.source}): {error}. {error.hint}") from None


def _differences(stored: StoredDocument, old: RuleSet, new: RuleSet) -> Iterator[Difference]:
    text = stored.raw_text
    raw = RawDocument(
        id=stored.id,
        source=stored.source,
        text=text,
        media="html" if _PAGE.search(text[:1000]) else "text",
        title=stored.title,
        url=stored.url,
        outlet=stored.outlet,
    )
    view, hints = parse(raw)
    left, right = clean(view, hints, old), clean(view, hints, new)
    if left.removals != right.removals:
        yield from differences(stored.id, text, left.removals, right.removals)


def _to_json(comparison: Comparison, largest: int) -> dict[str, Any]:
    more, less = comparison.by_rule(more=True), comparison.by_rule(more=False)
    return {
        "old": comparison.old.version,
        "new": comparison.new.version,
        "documents": comparison.documents,
        "changed": comparison.changed,
        "more_characters": more.total(),
        "less_characters": less.total(),
        "rules": {name: {"more": more[name], "less": less[name]} for name in sorted({*more, *less})},
        "differences": [
            {
                "id": each.document,
                "change": "more" if each.more else "less",
                "rule": each.rule,
                "text": each.text,
                "before": each.before,
                "after": each.after,
            }
            for each in comparison.found[:largest]
        ],
    }


def _table(comparison: Comparison, largest: int) -> Iterator[str]:
    more, less = comparison.by_rule(more=True), comparison.by_rule(more=False)
    names: Sequence[str] = sorted({*more, *less}, key=lambda name: (-more[name] - less[name], name))
    if names:
        yield f"{'rule':<28}{'removes more':>14}{'removes less':>14}"
    for name in names:
        yield f"{name:<28}{more[name]:>14,}{less[name]:>14,}"
    for each in comparison.found[:largest]:
        text = each.text if len(each.text) <= LONGEST else f"{each.text[:LONGEST]} …"
        mark = "+" if each.more else "-"
        yield f"\n{each.document}: {mark} {each.rule}"
        yield f"  {_one_line(each.before)}⟦{_one_line(text)}⟧{_one_line(each.after)}"


def _one_line(text: str) -> str:
    return re.sub(r"[^\S ]+", " ⏎ ", text)
