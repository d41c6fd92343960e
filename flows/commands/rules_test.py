"""``saring rules test``: every rule over its own examples, a user's own also over texts that are made to slow it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import isinf

import typer

from flows.commands.common import ConfigOption, say, show
from flows.rule_speed import ENOUGH_SECONDS, GROWTH, worst
from flows.settings import load_settings
from flows.time_limit import TimeLimit, TooSlowError
from transforms.rule_examples import ExampleFailure, failure_of
from transforms.rules import Rule, RuleSet, load_rules

EXAMPLE_SECONDS = 5.0
"""Processor seconds for one example; all of them together take less."""
ATTACK_CHARACTERS = 20_000
"""Length of the texts that are made to slow a rule down: what grows with its square is told from what does not."""


def test_rules(config: ConfigOption = None) -> None:
    """Run every rule over its own examples, and your own rules over texts made to slow them down.

    Exits with 1 when an example is not met, or a rule can be made slow.
    """
    rules = load_rules(load_settings(config).rules)
    slow: set[str] = set()
    for rule in _own(rules):
        if complaint := _slowness(rule):
            slow.add(rule.id)
            show(f"{rule.id}: {complaint}\n  bound every repetition in its pattern (docs/rules.md)")
    tested = RuleSet(tuple(rule for rule in rules.rules if rule.id not in slow), rules.version)
    failures = list(_failures(tested))
    for failure in failures:
        show(failure)
    examples = sum(len(rule.examples) for rule in tested.rules)
    too_slow = f", {len(slow)} more can be made slow" if slow else ""
    say(f"saring: {examples} examples of {len(tested.rules)} rules, {len(failures)} failed{too_slow}")
    if failures or slow:
        raise typer.Exit(1)


def _own(rules: RuleSet) -> list[Rule]:
    """The rules that do not come with saring, whose rules its own tests try in the same way."""
    builtin = load_rules().rules
    return [rule for rule in rules.rules if rule not in builtin]


def _slowness(rule: Rule) -> str:
    """How the rule can be made slow, in words; empty when it cannot."""
    growth, seconds, text = worst(rule, ATTACK_CHARACTERS)
    if growth <= GROWTH:
        return ""
    if isinf(growth):
        return f"not done after {ENOUGH_SECONDS:g} s with a text that begins {text!r}"
    return f"takes {growth:.0f} times as long ({seconds:.2f} s) for four times the text, when it begins {text!r}"


def _failures(rules: RuleSet) -> Iterator[str]:
    limit = TimeLimit(EXAMPLE_SECONDS)
    for rule in rules.rules:
        for example in rule.examples:
            try:
                failure = limit.run(partial(failure_of, rule, example, rules))
            except TooSlowError as error:
                yield f"{rule.id}: {example!r}\n  {error}"
            else:
                if failure:
                    yield _told(failure)


def _told(failure: ExampleFailure) -> str:
    wanted = ", ".join(map(repr, failure.expected)) or "nothing"
    took = ", ".join(f"{text!r} ({by})" for text, by in zip(failure.found, failure.taken_by, strict=True))
    alone = ", ".join(map(repr, failure.rule_alone)) or "nothing"
    return (
        f"{failure.rule}: {failure.example!r}\n  should go: {wanted}\n  went:      {took or 'nothing'}\n"
        f"  the rule alone took: {alone}"
    )
