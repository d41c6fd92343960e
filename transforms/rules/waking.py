"""Which rules run on a page: each wakes only where one of its literals stands in the part of the page it looks at.

One pass of an Aho–Corasick automaton over a page finds every literal of all the rules (Aho and Corasick, "Efficient
string matching", 1975); it costs less than the cheapest pattern. Of some hundred rules, about fifteen run on a usual
page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from transforms.lines import END_CHARACTERS, MAX_LINE_RULE_CHARACTERS, Page

if TYPE_CHECKING:
    from transforms.rules.engine import Rule

WHOLE_LINES = frozenset({"lines", "head", "tail"})
"""Parts of a page of which rules take whole lines."""


class Sleeper(NamedTuple):
    """A rule that waits for a literal in a part of the page."""

    number: int
    """Its place in the order of all rules."""
    region: str
    longest: int
    """Characters of a line that it looks at."""


class _Layout:
    """Where the lines and the ends of a page stand in its bytes."""

    def __init__(self, page: Page, data: bytes) -> None:
        self._page = page
        self._line_ends = list(accumulate(len(line) + 1 for line in data.split(b"\n")))
        self._start_end = len(_bytes(page.lower[:END_CHARACTERS]))
        self._end_start = len(data) - len(_bytes(page.lower[-END_CHARACTERS:]))

    def shows(self, sleeper: Sleeper, start: int, end: int) -> bool:
        """Whether a rule looks at what stands at ``[start, end)``."""
        if sleeper.region not in WHOLE_LINES:
            return end <= self._start_end if sleeper.region == "start" else start >= self._end_start
        index = bisect_right(self._line_ends, start)
        line = self._page.lines[index]
        length = line.end - line.start
        inside = end < self._line_ends[index] and length <= sleeper.longest
        if sleeper.region == "head":
            return inside and index < self._page.head_end
        if sleeper.region == "tail":
            return inside and index >= self._page.tail_start
        return inside and length <= MAX_LINE_RULE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Alarms:
    """All rules in their order, and what wakes them."""

    rules: Sequence[Rule]
    always: Mapping[str, list[int]]
    """The rules that wait for no literal, by the part that they look at."""
    anywhere: tuple[tuple[int, ...], ...]
    """The rules that each literal wakes wherever it stands…"""
    somewhere: tuple[tuple[Sleeper, ...], ...]
    """…and those that look at a part of the page only."""
    literals: BytesAhoCorasick

    def woken(self, page: Page) -> list[Rule]:
        """The rules that the page wakes, in their order."""
        if not page.lines:
            return []
        data = _bytes(page.lower)
        layout = _Layout(page, data)
        woken = {number for region, numbers in self.always.items() if page.region(region) for number in numbers}
        for literal, start, end in self.literals.find_matches_as_indexes(data, overlapping=True):
            woken.update(self.anywhere[literal])
            for sleeper in self.somewhere[literal]:
                if sleeper.number not in woken and layout.shows(sleeper, start, end):
                    woken.add(sleeper.number)
        return [self.rules[number] for number in sorted(woken)]


def alarms_of(rules: Sequence[Rule]) -> Alarms:
    """What wakes some rules."""
    always: dict[str, list[int]] = {}
    waiting: dict[str, list[Sleeper]] = {}
    for number, rule in enumerate(rules):
        if not rule.needs:
            always.setdefault(rule.region, []).append(number)
        for need in dict.fromkeys(rule.needs):
            waiting.setdefault(need, []).append(Sleeper(number, rule.region, rule.longest))
    return Alarms(
        rules,
        always,
        tuple(tuple(sleeper.number for sleeper in group if sleeper.region == "all") for group in waiting.values()),
        tuple(tuple(sleeper for sleeper in group if sleeper.region != "all") for group in waiting.values()),
        BytesAhoCorasick([_bytes(need) for need in waiting], implementation=Implementation.DFA),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
