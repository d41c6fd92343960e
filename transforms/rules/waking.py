"""Which rules run on a page: each wakes only where one of its literals stands in the part of the page it looks at.

An Aho–Corasick automaton finds all literals of many rules in one pass (Aho and Corasick, "Efficient string matching",
1975); it costs less than the cheapest pattern. Most literals are those of rules that look at short lines or at the end
of a page only: they are not looked for in the paragraphs. Of some hundred rules, about fifteen run on a usual page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from transforms.lines import END_CHARACTERS, MAX_LINE_RULE_CHARACTERS, Page

if TYPE_CHECKING:
    from transforms.rules.engine import Rule

WHOLE_LINES = frozenset({"lines", "head", "tail"})
"""Parts of a page of which rules take whole lines."""
LINES_REMEMBERED = 1024
"""Lines whose rules are remembered: each round of cleaning looks at a document's lines again."""


class _Sleeper(NamedTuple):
    """A rule that waits for a literal."""

    number: int
    """Its place in the order of all rules."""
    region: str
    longest: int
    """Characters of a line that it looks at."""


class _OfLine(NamedTuple):
    """The rules that a line wakes: wherever it stands, before the article, and behind it."""

    lines: list[int]
    head: list[int]
    tail: list[int]


class _Literals:
    """Literals, and the rules that wait for each of them."""

    def __init__(self, waiting: Mapping[str, Sequence[_Sleeper]], implementation: Implementation) -> None:
        self._sleepers = tuple(waiting.values())
        self._automaton = BytesAhoCorasick(list(map(_bytes, waiting)), implementation=implementation)

    def wake(self, lower: str) -> set[_Sleeper]:
        """The rules that a text in lower case wakes."""
        if not self._sleepers:
            return set()
        found = self._automaton.find_matches_as_indexes(_bytes(lower), overlapping=True)
        return {sleeper for literal in {literal for literal, _, _ in found} for sleeper in self._sleepers[literal]}


class Alarms:
    """All rules in their order, and what wakes them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._always: list[int] = []
        """The rules that wait for nothing…"""
        self._with_part: dict[str, list[int]] = {}
        """…and those that only wait for the part that they look at."""
        waiting: dict[str, dict[str, list[_Sleeper]]] = {"all": {}, "start": {}, "end": {}, "lines": {}}
        for number, rule in enumerate(rules):
            longest = min(rule.longest, MAX_LINE_RULE_CHARACTERS) if rule.region == "lines" else rule.longest
            if not rule.needs:
                always = self._always if rule.region == "all" else self._with_part.setdefault(rule.region, [])
                always.append(number)
            for need in dict.fromkeys(rule.needs):
                part = waiting["lines" if rule.region in WHOLE_LINES else rule.region]
                part.setdefault(need, []).append(_Sleeper(number, rule.region, longest))
        self._longest = max((s.longest for sleepers in waiting["lines"].values() for s in sleepers), default=0)
        # A table of all states is three times as fast, but that of a thousand literals would push everything else out
        # of a processor's cache.
        self._in_lines = _Literals(waiting.pop("lines"), Implementation.ContiguousNFA)
        self._anywhere, self._in_start, self._in_end = (_Literals(w, Implementation.DFA) for w in waiting.values())
        self._of_short_line = lru_cache(maxsize=LINES_REMEMBERED)(self._of_line)

    def woken(self, page: Page) -> list[Rule]:
        """The rules that the page wakes, in their order."""
        if not page.lines:
            return []
        woken = set(self._always)
        woken.update(*[numbers for region, numbers in self._with_part.items() if page.region(region)])
        woken.update([sleeper.number for sleeper in self._anywhere.wake(page.lower)])
        woken.update([sleeper.number for sleeper in self._in_start.wake(page.lower[:END_CHARACTERS])])
        woken.update([sleeper.number for sleeper in self._in_end.wake(page.lower[-END_CHARACTERS:])])
        for line in page.lines:
            if len(line.text) > self._longest:
                continue
            of_line = self._of_short_line if len(line.text) <= MAX_LINE_RULE_CHARACTERS else self._of_line
            anywhere, head, tail = of_line(line.text)
            woken.update(anywhere)
            if line.index < page.head_end:
                woken.update(head)
            if line.index >= page.tail_start:
                woken.update(tail)
        return [self._rules[number] for number in sorted(woken)]

    def _of_line(self, text: str) -> _OfLine:
        """The rules about whole lines that a line wakes."""
        woken = [sleeper for sleeper in self._in_lines.wake(text.lower()) if len(text) <= sleeper.longest]
        return _OfLine(*([s.number for s in woken if s.region == region] for region in _OfLine._fields))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
