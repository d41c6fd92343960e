"""How rules run over a page: each wakes only where one of its literals stands in the part of the page it looks at.

Plain searches for the literals cost less than any pattern, and most of them fail: of some eighty rules, about fifteen
run on a usual page. What a document's text cannot wake is settled once for all the rounds of its cleaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from transforms.lines import END_CHARACTERS, SHORT_CHARACTERS, Line, Page
from transforms.models import Cut, Kind
from transforms.rules.matchers import Matcher

LINE_CHARACTERS = 240
"""The longest line that a whole-line rule looks at unless it sets ``longest``: of hand-marked furniture lines, 98 % are
shorter."""
_LETTERS = re.compile(r"[^\W_]+")


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
    """Lower-case literals: a document with none of them is not looked at."""
    pattern: re.Pattern[str] | None = None
    matcher: Matcher | None = None
    confidence: float = 1.0
    outlets: frozenset[str] = frozenset()
    """Outlets the rule is for; empty means all."""
    longest: int = LINE_CHARACTERS

    @property
    def region(self) -> str:
        """The part of a page that can hold what the rule needs: `Page.region`."""
        if self.scope == "line":
            return "short" if self.longest <= SHORT_CHARACTERS else "lines"
        return self.scope if self.scope in ("head", "tail", "start", "end") else "all"

    def find(self, page: Page) -> Iterator[Cut]:
        """Every stretch of the page that the rule takes."""
        if self.matcher is not None:
            for start, end in self.matcher(page):
                yield from self._cut(page, start, end)
            return
        for match in self._matches(page):
            span = match.span("cut") if "cut" in match.re.groupindex else match.span()
            yield from self._cut(page, *span)

    def _cut(self, page: Page, start: int, end: int) -> Iterator[Cut]:
        start, end = page.trimmed(start, end)
        if start < end:
            yield Cut(start, end, self.id, self.kind, self.confidence)

    def _matches(self, page: Page) -> Iterator[re.Match[str]]:
        pattern, text = self.pattern, page.text
        if pattern is None:
            return
        if self.scope == "inline":
            yield from pattern.finditer(text)
            return
        for line in self._lines(page):
            if self.scope in ("line_start", "start"):
                found = pattern.match(text, line.start, line.end)
            elif self.scope in ("line_end", "end"):
                found = pattern.search(text, max(line.start, line.end - END_CHARACTERS), line.end)
            elif line.end - line.start <= self.longest:
                found = pattern.fullmatch(text, line.start, line.end)
            else:
                continue
            if found:
                yield found

    def _lines(self, page: Page) -> Sequence[Line]:
        """The lines of the page that the scope is about."""
        if self.scope == "head":
            return page.lines[: page.head_end]
        if self.scope == "tail":
            return page.lines[page.tail_start :]
        if self.scope == "start":
            return page.lines[:1]
        return page.lines[-1:] if self.scope == "end" else page.lines


Finder = Callable[[Page], list[Cut]]
"""What gives the cuts of all rules in a page, unmerged; earlier rules first."""
_Numbered = tuple[int, Rule]


@dataclass(frozen=True)
class RuleSet:
    """All rules in the order of their files, and a version that changes when any of them does."""

    rules: tuple[Rule, ...]
    version: str

    def find(self, page: Page) -> list[Cut]:
        """What all rules together take from the page, unmerged; earlier rules first."""
        return self.finder(page.text, page.outlet)(page)

    def finder(self, text: str, outlet: str | None) -> Finder:
        """What finds the rules' cuts in any page of the document ``text``, however much of it is cut by then."""
        lower = text.lower()
        seen: dict[str, bool] = {}
        by_region = dict(self._parts_only)
        by_region["all"] = [
            numbered for numbered, words in self._whole_pages if not words or _holds_any(lower, words, seen)
        ]
        if outlet is not None:
            for number, rule in self._of_outlets.get(outlet, ()):
                by_region[rule.region] = [*by_region.get(rule.region, ()), (number, rule)]
        return lambda page: _found(by_region, page)

    @cached_property
    def _whole_pages(self) -> tuple[tuple[_Numbered, tuple[str, ...]], ...]:
        """The rules of all outlets that look at whole pages, each with a word of each literal, frequent ones first.

        The word is the literal's longest run of letters and digits, so that neither white space nor a cut beside it
        can hide it.
        """
        return tuple(
            ((number, rule), tuple(sorted({_longest_word(need) for need in rule.needs}, key=lambda w: (len(w), w))))
            for number, rule in enumerate(self.rules)
            if rule.region == "all" and not rule.outlets
        )

    @cached_property
    def _parts_only(self) -> Mapping[str, Sequence[_Numbered]]:
        """The rules of all outlets that look at a part of a page, by that part: it is quickly searched itself."""
        by_region: dict[str, list[_Numbered]] = {}
        for number, rule in enumerate(self.rules):
            if rule.region != "all" and not rule.outlets:
                by_region.setdefault(rule.region, []).append((number, rule))
        return by_region

    @cached_property
    def _of_outlets(self) -> Mapping[str, Sequence[_Numbered]]:
        """The rules that are for some outlets only, by outlet."""
        by_outlet: dict[str, list[_Numbered]] = {}
        for number, rule in enumerate(self.rules):
            for outlet in sorted(rule.outlets):
                by_outlet.setdefault(outlet, []).append((number, rule))
        return by_outlet


def _longest_word(need: str) -> str:
    return max(_LETTERS.findall(need), key=len, default="")


def _holds_any(text: str, words: Sequence[str], seen: dict[str, bool]) -> bool:
    """Whether any of the words stands in the text; ``seen`` keeps what is known of it."""
    for word in words:
        if word not in seen:
            seen[word] = word in text
        if seen[word]:
            return True
    return False


def _found(by_region: Mapping[str, Sequence[_Numbered]], page: Page) -> list[Cut]:
    """The cuts of the rules one of whose literals stands in the region of the page that they look at."""
    awake: list[_Numbered] = []
    for region, rules in by_region.items():
        text = page.region(region)
        if not text:
            continue
        for numbered in rules:
            needs = numbered[1].needs
            for need in needs:
                if need in text:
                    awake.append(numbered)
                    break
            else:
                if not needs:
                    awake.append(numbered)
    awake.sort(key=lambda numbered: numbered[0])
    return [cut for _, rule in awake for cut in rule.find(page)]
