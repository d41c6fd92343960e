"""Rules, ready to run over a page, and all of them together; `transforms.rules.waking` says which of them run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.lines import END_CHARACTERS, Line, Page
from transforms.models import Cut, Kind
from transforms.rules.matchers import LOOKS_AT, MATCHERS, Matcher
from transforms.rules.waking import Alarms

LINE_CHARACTERS = 240
"""The longest line that a whole-line rule looks at unless it sets ``longest``: of hand-marked furniture lines, 98 % are
shorter."""

DATELINE_MATCHERS = (MATCHERS["datelines"], MATCHERS["set_off_datelines"])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to run."""

    id: str
    kind: Kind
    why: str
    scope: str
    examples: tuple[str, ...]
    """Each with what must go between ``⟦`` and ``⟧``, or without, when nothing may."""
    needs: tuple[str, ...] = ()
    """Lower-case literals: the rule runs where one of them stands in what it looks at."""
    pattern: re.Pattern[str] | None = None
    matcher: Matcher | None = None
    confidence: float = 1.0
    outlets: frozenset[str] = frozenset()
    """Outlets the rule is for; empty means all."""
    longest: int = LINE_CHARACTERS

    @property
    def region(self) -> str:
        """The part of a page that can hold what the rule needs: `Page.has`."""
        if self.matcher is not None and not self.needs:
            return LOOKS_AT.get(self.matcher, "all")
        if self.scope == "line":
            return "lines"
        return self.scope if self.scope in ("head", "tail", "start", "end") else "all"

    def is_for(self, outlet: str | None) -> bool:
        """Whether pages of an outlet get the rule."""
        return not self.outlets or outlet in self.outlets

    def find(self, page: Page, lines: Sequence[Line] | None = None) -> list[Cut]:
        """Every stretch of the page that the rule takes; ``lines`` are those that it is tried on, if they are known."""
        cuts: list[Cut] = []
        for span in self.matcher(page) if self.matcher is not None else self._matches(page, lines):
            start, end = page.trimmed(*span)
            if start < end:
                cuts.append(Cut(start, end, self.id, self.kind, self.confidence))
        return cuts

    def _matches(self, page: Page, lines: Sequence[Line] | None) -> Iterator[tuple[int, int]]:
        """Where the pattern matches, or its group ``cut``."""
        pattern, text = self.pattern, page.text
        if pattern is None:
            return
        group = "cut" if "cut" in pattern.groupindex else 0
        if self.scope == "inline":
            for match in pattern.finditer(text):
                yield match.span(group)
            return
        for line in self._lines(page) if lines is None else lines:
            if self.scope in ("line_start", "start"):
                found = pattern.match(text, line.start, line.end)
            elif self.scope in ("line_end", "end"):
                found = pattern.search(text, max(line.start, line.end - END_CHARACTERS), line.end)
            elif line.end - line.start <= self.longest:
                found = pattern.fullmatch(text, line.start, line.end)
            else:
                continue
            if found:
                yield found.span(group)

    def _lines(self, page: Page) -> Sequence[Line]:
        """The lines of the page that the scope is about."""
        if self.scope == "head":
            return page.lines[: page.head_end]
        if self.scope == "tail":
            return page.lines[page.tail_start :]
        if self.scope == "start":
            return page.lines[:1]
        if self.scope == "end":
            return page.lines[-1:]
        return [line for line in page.lines if self.is_awake_in(line)] if self.needs else page.lines

    def is_awake_in(self, line: Line) -> bool:
        """Whether a line holds one of the literals."""
        lower = line.text.lower()
        return any(need in lower for need in self.needs)


Finder = Callable[[Page], list[Cut]]
"""What gives the cuts of all rules in a page, unmerged; earlier rules first."""


@dataclass(frozen=True)
class RuleSet:
    """All rules in the order of their files, and a version that changes when any of them does."""

    rules: tuple[Rule, ...]
    version: str

    def find(self, page: Page) -> list[Cut]:
        """What all rules together take from the page, unmerged; earlier rules first."""
        woken = self._alarms.woken(page)
        return [cut for rule, lines in woken if rule.is_for(page.outlet) for cut in rule.find(page, lines)]

    def find_datelines(self, page: Page) -> list[Cut]:
        """What the rules about datelines that wait for no literal take from the page."""
        return [cut for rule in self._about_datelines if rule.is_for(page.outlet) for cut in rule.find(page)]

    @cached_property
    def _about_datelines(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.matcher in DATELINE_MATCHERS and not rule.needs)

    @cached_property
    def _alarms(self) -> Alarms:
        return Alarms(self.rules)
