"""Which rules run on a page: each wakes only where one of its literals stands in the part of the page it looks at.

Plain searches for the literals cost less than any pattern, and most of them fail: of some eighty rules, about fifteen
run on a usual page. Searching is still the larger part of a rule's cost, so that none is done twice: a part that
the last round left as it was is not searched again, and in later pages of a document a literal that the first one
does not hold can only stand around a seam, where something was cut or repaired.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transforms.lines import Page
from transforms.models import Cut

if TYPE_CHECKING:
    from transforms.rules.engine import Rule

WHOLE_LINES = frozenset({"short", "lines", "head", "tail"})
"""Parts of a page of which rules take whole lines."""
COMMON_SIGNS = '.,-"():'
"""Signs that most articles hold, the commonest first."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rule with its literals, grouped by what all of a group hold; the group that shares nothing has ``""``."""

    number: int
    rule: Rule
    needs: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]

    def need_in(self, text: str) -> str | None:
        """The first of the rule's literals that the text holds."""
        for shared, needs in self.groups:
            if shared not in text:
                continue
            for need in needs:
                if need in text:
                    return need
        return None


@dataclass(frozen=True, slots=True)
class Alarms:
    """The rules that look at one part of a page: those that always run, and those that wait for a literal."""

    region: str
    always: tuple[Alarm, ...]
    waiting: tuple[Alarm, ...]
    any_need: re.Pattern[str]
    """What matches any of their literals."""
    longest_need: int

    def woken(self, lines: Sequence[str]) -> list[Alarm]:
        """The rules that lines wake: each by a literal in a line that is short enough for it."""
        if not lines:
            return []
        if self.region not in WHOLE_LINES:
            return [*self.always, *(alarm for alarm in self.waiting if alarm.need_in(lines[0]))]
        seen: dict[int, str] = {}
        woken = []
        for alarm in (*self.always, *self.waiting):
            longest = alarm.rule.longest
            if longest not in seen:
                seen[longest] = "\n".join([line for line in lines if len(line) <= longest]).lower()
            if seen[longest] and (not alarm.needs or alarm.need_in(seen[longest])):
                woken.append(alarm)
        return woken


def alarms_of(rules: Sequence[tuple[int, Rule]]) -> Sequence[Alarms]:
    """The rules by the part of a page they look at."""
    by_region: dict[str, list[Alarm]] = {}
    for number, rule in rules:
        by_region.setdefault(rule.region, []).append(Alarm(number, rule, rule.needs, tuple(_groups(rule.needs))))
    return [
        Alarms(
            region,
            tuple(alarm for alarm in alarms if not alarm.needs),
            tuple(alarm for alarm in alarms if alarm.needs),
            re.compile("|".join(sorted({re.escape(need) for alarm in alarms for need in alarm.needs}))),
            max((len(need) for alarm in alarms for need in alarm.needs), default=0),
        )
        for region, alarms in by_region.items()
    ]


def _groups(needs: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Literals by what they share, a sign or a word: one search for it settles a whole group."""
    words = Counter(_longest_word(need) for need in needs)
    groups: dict[str, list[str]] = {}
    for need in needs:
        sign = max((char for char in need if not char.isalnum() and char != " "), key=_rarity, default="")
        word = _longest_word(need)
        shared = sign or (word if words[word] > 1 else "")
        groups.setdefault("" if shared == need else shared, []).append(need)
    for shared, group in groups.items():
        yield shared, tuple(group)


def _rarity(sign: str) -> int:
    return COMMON_SIGNS.find(sign) if sign in COMMON_SIGNS else len(COMMON_SIGNS)


def _longest_word(need: str) -> str:
    return max(need.split(), key=len, default="")


class Watch:
    """Finds the rules' cuts in the pages of one document, from the first one on."""

    def __init__(self, first: Page, alarms: Sequence[Alarms]) -> None:
        self._first = first
        self._alarms = alarms
        self._parts: dict[str, tuple[list[str], list[Alarm]]] = {}
        """What each part said when it was last searched, and the rules that it woke."""
        self._held: dict[int, str | None] = {}
        """For each rule that looks at whole pages the literal that the first page holds, by the rule's number."""

    def find(self, page: Page) -> list[Cut]:
        """The cuts of all rules that the page wakes, unmerged; earlier rules first."""
        if not page.lines:
            return []
        awake: list[Alarm] = []
        for alarms in self._alarms:
            awake += self._whole(alarms, page) if alarms.region == "all" else self._part(alarms, page)
        awake.sort(key=_number)
        return [cut for alarm in awake for cut in alarm.rule.find(page)]

    def _part(self, alarms: Alarms, page: Page) -> list[Alarm]:
        """The rules that a part of the page wakes, searched anew only where it says something else than before."""
        lines = page.region(alarms.region)
        known = self._parts.get(alarms.region)
        if known and known[0] == lines:
            return known[1]
        woken = alarms.woken(lines)
        self._parts[alarms.region] = lines, woken
        return woken

    def _whole(self, alarms: Alarms, page: Page) -> list[Alarm]:
        """The rules that the whole page wakes."""
        text = page.lower
        awake = list(alarms.always)
        if not self._held:
            first = self._first.lower
            self._held = {alarm.number: alarm.need_in(first) for alarm in alarms.waiting}
        seamed = alarms.any_need.search(page.around_seams(alarms.longest_need)) if page.seams else None
        for alarm in alarms.waiting:
            held = self._held[alarm.number]
            if held is None:
                if seamed and alarm.need_in(text):
                    awake.append(alarm)
            elif held in text or alarm.need_in(text):
                awake.append(alarm)
        return awake


def _number(alarm: Alarm) -> int:
    return alarm.number
