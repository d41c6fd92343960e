"""What other steps leave of a text, as words with their places: the form in which repeats are compared.

Words are case-folded runs of letters and digits, so that white space, punctuation and glued sentences compare equal.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+")
TERMINATOR = re.compile(r"[.!?…]")
QUOTES = "“‘«\"'\u0093"
"""Marks that may open a quotation; U+0093 is one of Windows text that was read as Latin-1."""

_OPENS = re.compile(r"[.!?…:]")
"""What a sentence may begin after: ``Artinya:`` opens one as a full stop does."""
_CLOSING = ".!?…,;:)]}”’»*"
_OPENING = "([{-–—•*" + QUOTES
_SHORT_ABBREVIATION = 3
"""Letters of a word whose full stop is taken for an abbreviation's (``dr.``, ``No.``)."""


@dataclass(frozen=True, slots=True)
class Remains:
    """The words that cuts leave: their case-folded forms, their offsets, and where cuts stand between them."""

    text: str
    words: list[str]
    starts: list[int]
    ends: list[int]
    cuts: list[tuple[int, int]]
    after_cut: frozenset[int]
    """Indices of the words before which a cut stands."""

    def between(self, index: int) -> str:
        """What stands between word ``index - 1`` and word ``index``, cuts included."""
        start = self.ends[index - 1] if index > 0 else 0
        return self.text[start : self.starts[index] if index < len(self.starts) else len(self.text)]

    def is_line_edge(self, index: int) -> bool:
        """Whether a line begins (or the text ends) before word ``index``; a cut counts as a line."""
        return index in (0, len(self.words)) or index in self.after_cut or "\n" in self.between(index)

    def is_lines(self, start: int, end: int) -> bool:
        """Whether words ``[start, end)`` fill lines of their own."""
        return self.is_line_edge(start) and self.is_line_edge(end)

    def begins_sentence(self, index: int) -> bool:
        """Whether a sentence, a quotation or a line begins before word ``index``."""
        if self.is_line_edge(index) or self._is_sentence_edge(index, _OPENS):
            return True
        return self.is_quoted(index) and self.text[self.starts[index]].isupper()

    def ends_sentence(self, index: int) -> bool:
        """Whether a sentence or a line ends before word ``index``."""
        return self.is_line_edge(index) or self._is_sentence_edge(index, TERMINATOR)

    def _is_sentence_edge(self, index: int, marks: re.Pattern[str]) -> bool:
        if not marks.search(self.between(index)):
            return False
        return len(self.words[index - 1]) > _SHORT_ABBREVIATION and not self.text[self.starts[index]].islower()

    def line_count(self, start: int, end: int) -> int:
        """How many lines words ``[start, end)`` stand on."""
        return 1 + self.text.count("\n", self.starts[start], self.ends[end - 1])

    def is_quoted(self, index: int) -> bool:
        """Whether a quotation opens before word ``index``."""
        before = self.text[max(self.starts[index] - 1, 0) : self.starts[index]]
        return before != "" and before in QUOTES

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Offsets of words ``[start, end)`` with the punctuation that belongs to them, less the cuts between them."""
        at, last = self._outer(start, end)
        pieces: list[tuple[int, int]] = []
        for cut_start, cut_end in self.cuts[bisect_left(self.cuts, (at, at)) : bisect_left(self.cuts, (last, last))]:
            pieces.append((at, cut_start))
            at = cut_end
        pieces.append((at, last))
        return list(_stripped(self.text, pieces))

    def _outer(self, start: int, end: int) -> tuple[int, int]:
        """Widen to opening and closing marks, at most up to the neighbouring words and cuts."""
        text = self.text
        first, last = self.starts[start], self.ends[end - 1]
        floor = self.ends[start - 1] if start else 0
        ceiling = self.starts[end] if end < len(self.starts) else len(text)
        before, after = bisect_left(self.cuts, (first, first)), bisect_left(self.cuts, (last, last))
        if before:
            floor = max(floor, self.cuts[before - 1][1])
        if after < len(self.cuts):
            ceiling = min(ceiling, self.cuts[after][0])
        while first > floor and text[first - 1] in _OPENING:
            first -= 1
        while last < ceiling and (text[last] in _CLOSING or _closes(text, first, last)):
            last += 1
        return first, last


def remains_of(text: str, folded: str, cuts: Sequence[tuple[int, int]]) -> Remains:
    """Read the words of ``text`` outside ``cuts``, which are sorted and do not overlap; ``folded``: it case-folded."""
    spans: list[tuple[int, int]] = []
    after_cut: set[int] = set()
    at = 0
    for start, end in [*cuts, (len(text), len(text))]:
        spans += [match.span() for match in WORD.finditer(text, at, start)]
        at = max(at, end)
        after_cut.add(len(spans))
    if len(folded) == len(text):  # each character is folded to one: the words stand at the same places
        words = [folded[start:end] for start, end in spans]
    else:
        words = [text[start:end].casefold() for start, end in spans]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    return Remains(text, words, starts, ends, list(cuts), frozenset(after_cut))


def _closes(text: str, first: int, last: int) -> bool:
    """Whether the straight quote at ``last`` closes one that was opened since ``first``."""
    mark = text[last]
    return mark in "\"'" and text.count(mark, first, last) % 2 == 1


def _stripped(text: str, pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for low, high in pieces:
        piece = text[low:high]
        if piece.strip():
            yield low + len(piece) - len(piece.lstrip()), low + len(piece.rstrip())
