"""Which rules run on a page: each wakes only where one of its literals stands in the part of the page it looks at.

An Aho–Corasick automaton finds all literals of many rules in one pass (Aho and Corasick, "Efficient string matching",
1975); it costs less than the cheapest pattern. Most literals are those of rules that look at short lines or at the end
of a page only: they are not looked for in the paragraphs, and such a rule is tried on the lines that hold one of its
literals. Of some hundred rules, about a dozen run on a usual page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ahocorasick_rs import BytesAhoCorasick, Implementation

from transforms.lines import END_CHARACTERS, SHORT_LINE_CHARACTERS, Line, Page

if TYPE_CHECKING:
    from transforms.rules.engine import Rule

WHOLE_LINES = frozenset({"lines", "head", "tail"})
"""Parts of a page of which rules take whole lines."""

_BREAK = re.compile(b"\n")

Woken = tuple["Rule", Sequence[Line] | None]
"""A rule with the lines that it is tried on, where its literals tell them."""


class _Sleeper(NamedTuple):
    """A rule that waits for a literal."""

    number: int
    """Its place in the order of all rules."""
    region: str
    longest: int
    """Characters of a line that it looks at."""


class _Literals:
    """Literals, and the rules that wait for each of them."""

    def __init__(self, waiting: Mapping[str, Sequence[_Sleeper]], implementation: Implementation) -> None:
        self._sleepers = tuple(waiting.values())
        self._automaton = BytesAhoCorasick(list(map(_bytes, waiting)), implementation=implementation)
        self.longest = max((s.longest for sleepers in self._sleepers for s in sleepers), default=0)

    def wake(self, lower: str) -> set[int]:
        """The numbers of the rules that a text in lower case wakes."""
        if not self._sleepers:
            return set()
        found = self._automaton.find_matches_as_indexes(_bytes(lower), overlapping=True)
        return {sleeper.number for literal in {at[0] for at in found} for sleeper in self._sleepers[literal]}

    def wake_by_line(self, texts: Sequence[str]) -> Iterator[tuple[int, Sequence[_Sleeper]]]:
        """The rules that wait for each literal of each of some texts, with the index of the text; text after text."""
        lower = _bytes("\n".join(texts).lower())
        found = self._automaton.find_matches_as_indexes(lower, overlapping=True)
        breaks = [at.start() for at in _BREAK.finditer(lower)]
        for index, literal in sorted({(bisect_left(breaks, start), literal) for literal, start, _ in found}):
            yield index, self._sleepers[literal]


class Alarms:
    """All rules in their order, and what wakes them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._always: list[int] = []
        """The rules that wait for nothing…"""
        self._with_part: dict[str, list[int]] = {}
        """…and those that only wait for the part of a page that they look at."""
        waiting: dict[str, dict[str, list[_Sleeper]]] = {"all": {}, "start": {}, "end": {}, "lines": {}}
        for number, rule in enumerate(rules):
            if not rule.needs:
                anywhere = rule.region == "all" or rule.longest > SHORT_LINE_CHARACTERS
                always = self._always if anywhere else self._with_part.setdefault(rule.region, [])
                always.append(number)
            for need in dict.fromkeys(rule.needs):
                part = waiting["lines" if rule.region in WHOLE_LINES else rule.region]
                part.setdefault(need, []).append(_Sleeper(number, rule.region, rule.longest))
        # A table of all states is three times as fast, but that of a thousand literals would push everything else out
        # of a processor's cache.
        self._in_lines = _Literals(waiting.pop("lines"), Implementation.ContiguousNFA)
        self._anywhere, self._in_start, self._in_end = (_Literals(w, Implementation.DFA) for w in waiting.values())

    def woken(self, page: Page) -> list[Woken]:
        """The rules that the page wakes, in their order, with the lines that each is tried on."""
        if not page.lines:
            return []
        lines = self._woken_lines(page)
        woken = {
            *self._always,
            *lines,
            *self._anywhere.wake(page.lower),
            *self._in_start.wake(page.lower[:END_CHARACTERS]),
            *self._in_end.wake(page.lower[-END_CHARACTERS:]),
        }
        woken.update(*[numbers for part, numbers in self._with_part.items() if page.has(part)])
        return [(self._rules[number], lines.get(number)) for number in sorted(woken)]

    def _woken_lines(self, page: Page) -> dict[int, list[Line]]:
        """The lines that wake rules about whole lines, by the rules' numbers."""
        lines = [line for line in page.lines if len(line.text) <= self._in_lines.longest]
        woken: dict[int, list[Line]] = {}
        for index, sleepers in self._in_lines.wake_by_line([line.text for line in lines]) if lines else ():
            line = lines[index]
            for number, region, longest in sleepers:
                if len(line.text) > longest or not _is_within(line, region, page):
                    continue
                tried = woken.setdefault(number, [])
                if not tried or tried[-1] is not line:
                    tried.append(line)
        return woken


def _is_within(line: Line, region: str, page: Page) -> bool:
    """Whether a line stands in a part of its page."""
    if region == "lines":
        return True
    return line.index < page.head_end if region == "head" else line.index >= page.tail_start


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
