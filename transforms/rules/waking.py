"""Which rules run on a page: each wakes only where one of its literals stands in the part of the page it looks at.

One pass of an Aho–Corasick automaton finds every literal of all the rules that look at a part (Aho and Corasick,
"Efficient string matching", 1975); it costs less than the cheapest pattern. Of some hundred rules, about fifteen run on
a usual page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from ahocorasick_rs import BytesAhoCorasick, Implementation

from transforms.lines import Page

if TYPE_CHECKING:
    from transforms.rules.engine import Rule

WHOLE_LINES = frozenset({"lines", "head", "tail"})
"""Parts of a page of which rules take whole lines."""

Numbered = tuple[int, "Rule"]
"""A rule with its place in the order of all rules."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """The rules that look at the same part of a page: those that always run, and those that wait for a literal."""

    region: str
    always: tuple[int, ...]
    waiting: tuple[tuple[Numbered, ...], ...]
    """The rules that each literal wakes."""
    literals: BytesAhoCorasick

    def woken(self, page: Page) -> set[int]:
        """The numbers of the rules that the page wakes."""
        if self.region in WHOLE_LINES:
            return self._by_lines(page.region(self.region))
        matches = self.literals.find_matches_as_indexes(_bytes(page.region(self.region)[0]), overlapping=True)
        found = {literal for literal, _start, _end in matches}
        return {*self.always, *[number for literal in found for number, _ in self.waiting[literal]]}

    def _by_lines(self, texts: Sequence[str]) -> set[int]:
        """Those that lines wake: each by a literal in a line that is short enough for it."""
        lines = sorted(texts, key=len)
        if not lines:
            return set()
        encoded = [_bytes(line.lower()) for line in lines]
        matches = self.literals.find_matches_as_indexes(b"\n".join(encoded), overlapping=True)
        shortest = {literal: start for literal, start, _end in reversed(matches)}  # the first is in the shortest line
        ends = list(accumulate(len(line) + 1 for line in encoded))
        woken = set(self.always)
        for literal, start in shortest.items():
            length = len(lines[bisect_right(ends, start)])
            woken.update([number for number, rule in self.waiting[literal] if length <= rule.longest])
        return woken


@dataclass(frozen=True, slots=True)
class Alarms:
    """All rules by their numbers, and what wakes them."""

    rules: dict[int, Rule]
    alarms: tuple[Alarm, ...]

    def woken(self, page: Page) -> list[Rule]:
        """The rules that the page wakes, in their order."""
        if not page.lines:
            return []
        woken = set[int]().union(*[alarm.woken(page) for alarm in self.alarms])
        return [self.rules[number] for number in sorted(woken)]


def alarms_of(rules: Sequence[Numbered]) -> Alarms:
    """What wakes some rules."""
    by_region: dict[str, list[Numbered]] = {}
    for numbered in rules:
        by_region.setdefault(numbered[1].region, []).append(numbered)
    return Alarms(dict(rules), tuple(_alarm(region, group) for region, group in by_region.items()))


def _alarm(region: str, rules: Sequence[Numbered]) -> Alarm:
    waiting: dict[str, list[Numbered]] = {}
    for number, rule in rules:
        for need in rule.needs:
            waiting.setdefault(need, []).append((number, rule))
    return Alarm(
        region,
        tuple(number for number, rule in rules if not rule.needs),
        tuple(tuple(woken) for woken in waiting.values()),
        BytesAhoCorasick([_bytes(need) for need in waiting], implementation=Implementation.DFA),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
