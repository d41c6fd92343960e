"""The passage of a text that shows best why it was found, with the matches marked and everything else escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Final, NamedTuple

from index.analysis import Analyzer, Term
from index.concepts import Concept
from index.schema import STEM_FIELDS

SNIPPET_CHARACTERS: Final = 280
"""Length aimed at: three lines of a result list."""
LEAD_CHARACTERS: Final = 60
"""Context kept before the first match when no sentence begins nearer."""
MAX_SEARCHED_CHARACTERS: Final = 60_000
"""Longer texts are searched for a passage in their beginning only (98 % of news articles are below 12,000)."""

_SENTENCE_START: Final = re.compile(r"(?:^|[.!?…]['\"”’)]*\s+|\n)(?=\S)")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Match:
    """Characters ``[start, end)`` of the text that a concept (by number) matches."""

    start: int
    end: int
    concept: int


class _Spelling(NamedTuple):
    """What the spelling of a token means to a query."""

    concept: int | None
    """The concept that it matches by itself."""
    width: int
    """Positions that it takes."""
    terms: tuple[Term, ...]
    """Those of its terms that stand in a phrase of the query."""


class _Spellings(dict[str, _Spelling]):
    """Spellings in texts of one language, each looked into once: the hits of a query share most of their words."""

    def __init__(self, look: Callable[[str], _Spelling]) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, raw: str) -> _Spelling:
        found = self[raw] = self._look(raw)
        return found


class Highlighter:
    """Finds what a query's concepts match in texts."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._surfaces: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], tuple[int, ...], int]]] = {}
        stem_fields = set(STEM_FIELDS.values())
        for number, concept in enumerate(concepts):
            for form in concept.forms:
                if form.positions:
                    offsets = tuple(position - form.positions[0] for position in form.positions)
                    self._phrases.setdefault(form.terms[0], []).append((form.terms, offsets, number))
                elif form.field in stem_fields:
                    self._stems.setdefault(form.terms[0], number)
                else:
                    self._surfaces.setdefault(form.terms[0], number)
        self._in_phrases = {term for phrases in self._phrases.values() for terms, _, _ in phrases for term in terms}
        self._known: dict[str, _Spellings] = {}

    def matches(self, text: str, analyzer: Analyzer) -> list[Match]:
        """Matches in order, not overlapping."""
        known = self._known.setdefault(analyzer.language, _Spellings(partial(self._spelling, analyzer)))
        found = []
        places: dict[tuple[int, str], tuple[int, int]] = {}
        at = 0
        for start, end, raw in analyzer.spans(text):
            concept, width, terms = known[raw]
            if concept is not None:
                found.append(Match(start, end, concept))
            for term in terms:
                places[(at + term.offset, term.surface)] = (start, end)
            at += width
        return _without_overlaps([*found, *self._of_phrases(places)])

    def _spelling(self, analyzer: Analyzer, raw: str) -> _Spelling:
        width, terms = analyzer.terms(raw)
        within = tuple(term for term in terms if term.surface in self._in_phrases) if self._in_phrases else ()
        return _Spelling(self._concept_of(terms), width, within)

    def _concept_of(self, terms: Sequence[Term]) -> int | None:
        for term in terms:
            number = self._surfaces.get(term.surface)
            if number is None and term.stem:
                number = self._stems.get(term.stem)
            if number is not None:
                return number
        return None

    def _of_phrases(self, places: Mapping[tuple[int, str], tuple[int, int]]) -> Iterator[Match]:
        """The phrases among terms of phrases, which are given by position and form with their characters."""
        for (position, surface), (start, _) in places.items():
            for terms, offsets, number in self._phrases.get(surface, ()):
                last = [places.get((position + offset, term)) for term, offset in zip(terms, offsets, strict=True)]
                if all(last) and last[-1] is not None:
                    yield Match(start, last[-1][1], number)

    def snippet(self, text: str, analyzer: Analyzer) -> str:
        """The best passage as HTML: ``<mark>`` around matches, everything else escaped."""
        text = text[:MAX_SEARCHED_CHARACTERS]
        matches = self.matches(text, analyzer)
        start, end = best_passage(text, matches)
        parts = ["… " if start else ""]
        at = start
        for match in matches:
            if match.start >= start and match.end <= end:
                parts += (_html(text[at : match.start]), "<mark>", _html(text[match.start : match.end]), "</mark>")
                at = match.end
        parts += (_html(text[at:end]), " …" if end < len(text.rstrip()) else "")
        return "".join(parts).strip()


def best_passage(text: str, matches: Sequence[Match]) -> tuple[int, int]:
    """The stretch with the most different concepts, then the most matches, then the earliest."""
    if not matches:
        return 0, _word_end(text, SNIPPET_CHARACTERS)
    room = SNIPPET_CHARACTERS - LEAD_CHARACTERS
    best, best_value = 0, (0, 0)
    for index, first in enumerate(matches):
        inside = [match for match in matches[index : index + 40] if match.end <= first.start + room]
        value = (len({match.concept for match in inside}), len(inside))
        if value > best_value:
            best, best_value = index, value
    start = _passage_start(text, matches[best].start)
    return start, max(_word_end(text, start + SNIPPET_CHARACTERS), matches[best].end)


def _passage_start(text: str, match_start: int) -> int:
    earliest = max(0, match_start - 2 * LEAD_CHARACTERS)
    before = text[earliest:match_start]
    starts = [earliest + m.end() for m in _SENTENCE_START.finditer(before) if m.end() or not earliest]
    if starts:
        return starts[-1]
    if match_start <= LEAD_CHARACTERS:
        return 0
    space = text.find(" ", match_start - LEAD_CHARACTERS, match_start)
    return space + 1 if space >= 0 else match_start


def _word_end(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", max(0, end - LEAD_CHARACTERS), end)
    return space if space > 0 else end


def _without_overlaps(matches: list[Match]) -> list[Match]:
    """The longest match wins where two overlap."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if not kept or match.start >= kept[-1].end:
            kept.append(match)
    return kept


def _html(text: str) -> str:
    return escape(_SPACE.sub(" ", text), quote=True)
