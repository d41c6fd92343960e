"""A rule's examples are its tests: clean them, and say what went that should not, or stayed.

In an example ``⟦`` and ``⟧`` enclose what must go; an example without them must be left alone. The whole cleaner has to
take exactly that, white space and repeated paragraphs aside, and the rule by itself some of it: an example that passes
without its rule would test nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.clean import clean
from transforms.lines import make_page
from transforms.models import Hints, TextView
from transforms.rules import Rule, RuleSet

MARKED = re.compile("⟦(.*?)⟧", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that is not met: what was to go, and what went; white space is squeezed."""

    rule: str
    example: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    taken_by: tuple[str, ...]
    """The rule of each."""
    rule_alone: tuple[str, ...]
    """What the rule found by itself, in the example as it stands."""


def failure_of(rule: Rule, example: str, rules: RuleSet) -> ExampleFailure | None:
    """Clean an example of a rule, as a document of an outlet that the rule is for; None when it is met."""
    text = MARKED.sub(r"\1", example)
    # Each mark before this one is two brackets that the text does not have.
    marks = [(m.start(1) - 2 * n - 1, m.end(1) - 2 * n - 1) for n, m in enumerate(MARKED.finditer(example))]
    outlet = min(rule.outlets, default=None)
    alone = list(_alone(rule, text, outlet))
    cleaned = clean(TextView(text, text), Hints(outlet=outlet), rules)
    # The same few sentences serve as body around what an example shows, and may stand in it twice.
    removals = [removal for removal in cleaned.removals if removal.kind != "repeated_body"]
    marked, gone = _mask(text, marks), _mask(text, [(removal.start, removal.end) for removal in removals])
    if marked == gone and bool(alone) == any(marked) and all(any(marked[start:end]) for start, end in alone):
        return None
    return ExampleFailure(
        rule=rule.id,
        example=example,
        expected=tuple(" ".join(passage.split()) for passage in MARKED.findall(example)),
        found=tuple(" ".join(removal.text.split()) for removal in removals),
        taken_by=tuple(removal.rule for removal in removals),
        rule_alone=tuple(" ".join(text[start:end].split()) for start, end in alone),
    )


def _alone(rule: Rule, text: str, outlet: str | None) -> Iterator[tuple[int, int]]:
    """What the rule finds without the others, as offsets of ``text``."""
    page = make_page(text, outlet=outlet)
    for cut in RuleSet((rule,), "").find(page):
        yield page.to_view(cut.start, cut.end)


def _mask(text: str, spans: Sequence[tuple[int, int]]) -> bytearray:
    """One byte a character: 1 for what is visible and within a span."""
    mask = bytearray(len(text))
    for start, end in spans:
        mask[start:end] = bytes(not char.isspace() for char in text[start:end])
    return mask
