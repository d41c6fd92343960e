"""The text as the cleaning rules see it: lines without blank ones, single spaces, and the way back to the input.

Scraped pages differ in line ends, indentation, no-break spaces and runs of blank lines, and none of these says
anything about what a line is. So every rule works on a *page*: the input's lines, stripped, joined by one line feed,
with runs of white space inside a line as one space, less what has been cut so far. Because the cleaned text has the
same page as the state it was written from, cleaning it again finds nothing new.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transforms.fingerprint import without_signs
from transforms.furniture import furniture_kind

_RUN = re.compile(r"\S++(?: \S++)*+")
"""Text with nothing but single spaces between its words."""
_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
WIDE = "\u2003"
"""How `Page.spaced` writes a run of white space: a lost line break often leaves one."""
_NO_BREAK = frozenset("\xa0\u202f")
_CLINGS = frozenset(".,;:!?)]}”’%")
"""Characters that take no space before them when what stood there is cut."""

BODY_LINE_CHARACTERS = 80
"""A line this long that ends like a sentence is taken for body when looking for a page's head and tail. Of the
hand-marked furniture lines one in a hundred is longer and ends in a full stop; of body paragraphs nine in ten are."""
END_CHARACTERS = 320
"""How far before its end a rule about the end looks: the longest hand-marked sign-off with its notice has 290
characters."""
SHORT_LINE_CHARACTERS = 420
"""The longest line that makes a page one for rules about short lines: the longest hand-marked caption has 247."""
SENTENCE_END = frozenset(".!?…\"”'’»)]")

_NOTICE = re.compile(
    r"\W{0,3}(?:(?:artikel|berita|tulisan|konten) ini (?:telah|sudah|pernah|juga) (?:tayang|terbit|dimuat|diterbitkan)"
    r"|this (?:article|story|post) (?:was )?(?:first|originally) |(?:copyright |hak cipta )?(?:©|\(c\)|\d{4})"
    r"|dapatkan (?:update|berita|info)|simak breaking news)",
    re.IGNORECASE,
)
"""How sentences about the page begin; lists of links and tags often stand above them, and are behind the article."""


# Lines and pages are not frozen, though nothing changes them: making a frozen one takes three times as long, and every
# round of cleaning makes all of a document's anew.
@dataclass(slots=True)
class Line:
    """One line of a page: ``page.text[start:end] == text``."""

    index: int
    start: int
    end: int
    text: str

    @property
    def words(self) -> list[str]:
        """Its words, as white space separates them."""
        return self.text.split()

    @property
    def is_body(self) -> bool:
        """Whether it has the length and the end of a paragraph of running text."""
        return len(self.text) >= BODY_LINE_CHARACTERS and self.text[-1] in SENTENCE_END


def _start(line: Line) -> int:
    return line.start


class Stretch(NamedTuple):
    """``[start, end)`` of the view that is left out; an empty one only sets a space."""

    start: int
    end: int


@dataclass(slots=True, eq=False)
class Page:
    """The canonical text with its lines, and where its pieces stand in the view. Compared by identity."""

    text: str
    lower: str
    """``text`` in lower case, for cheap ``in`` tests only: its offsets may differ."""
    folded: str
    """The same case-folded."""
    lines: tuple[Line, ...]
    starts: tuple[int, ...]
    """Where each piece starts in ``text``…"""
    origins: tuple[int, ...]
    """…and in the view."""
    outlet: str | None = None
    head_end: int = 0
    """Index of the first line that is body by form; ``len(lines)`` when there is none."""
    tail_start: int = 0
    """Index after the last line that is body by form; 0 when there is none."""
    spaced: str = ""
    """``text`` with what the input has for some of its spaces: ``\\xa0`` for a no-break space, `WIDE` for several."""

    def has(self, part: str) -> bool:
        """Whether there is anything in a part of the page: the head, the tail, or the lines that are not long."""
        if part == "head":
            return self.head_end > 0
        if part == "tail":
            return self.tail_start < len(self.lines)
        if part == "lines":
            return any(len(line.text) <= SHORT_LINE_CHARACTERS for line in self.lines)
        return bool(self.lines)

    def to_view(self, start: int, end: int) -> tuple[int, int]:
        """Map ``[start, end)``, which begins and ends with visible characters, to offsets of the view."""
        return self.origin(start), self.origin(end - 1) + 1

    def origin(self, at: int) -> int:
        """Map the offset of one visible character to its offset in the view."""
        piece = bisect_right(self.starts, at) - 1
        return self.origins[piece] + at - self.starts[piece]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """``[start, end)`` without white space at either end; may be empty."""
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return start, end

    def line_at(self, at: int) -> int:
        """Index of the line that holds offset ``at``."""
        return max(0, bisect_right(self.lines, at, key=_start) - 1)


def runs_of(text: str) -> list[tuple[int, int]]:
    """The stretches of ``text`` with nothing but single spaces between their words."""
    return [run.span() for run in _RUN.finditer(text)]


def make_page(
    text: str,
    gone: Sequence[Stretch] = (),
    joined: Mapping[int, str] | None = None,
    outlet: str | None = None,
    runs: Sequence[tuple[int, int]] | None = None,
) -> Page:
    """Lay out ``text`` less ``gone`` (sorted, not overlapping) as a page.

    ``joined`` maps the view offset of a line's first character to the separator (a space or nothing) that stands
    there instead of the line's break; ``runs`` are the `runs_of` the text, when they are known.
    """
    runs = runs_of(text) if runs is None else runs
    pieces: list[str] = []
    gaps: dict[int, str] = {}
    starts: list[int] = []
    origins: list[int] = []
    length, line_bounds, line_start, last_end = 0, [], 0, -1
    for at, run_end in _clipped(text, runs, gone) if gone else runs:
        if last_end >= 0:
            separator = _separator(text, last_end, at, joined)
            if separator == "\n":
                line_bounds.append((line_start, length))
                line_start = length + 1
            elif separator == " " and (gap := _gap(text[last_end:at])):
                gaps[length] = gap
            pieces.append(separator)
            length += len(separator)
        starts.append(length)
        origins.append(at)
        pieces.append(text[at:run_end])
        length += run_end - at
        last_end = run_end
    if last_end >= 0:
        line_bounds.append((line_start, length))
    whole = "".join(pieces)
    lines = tuple(Line(i, a, b, whole[a:b]) for i, (a, b) in enumerate(line_bounds))
    head_end, tail_start = _article_bounds(lines)
    spaced = _with_gaps(whole, gaps) if gaps else whole
    places = tuple(starts), tuple(origins)
    return Page(whole, *_small_letters(whole), lines, *places, outlet, head_end, tail_start, spaced)


def _small_letters(text: str) -> tuple[str, str]:
    """``text`` in lower case and case-folded, which is the same where it has no letters beyond ASCII."""
    if text.isascii():
        lower = text.lower()
    elif without_signs(text).isascii():
        lower = text.encode().lower().decode()  # of signs `str.lower` looks each one up, which takes twice as long
    else:
        return text.lower(), text.casefold()
    return lower, lower


def page_of_lines(text: str, outlet: str | None = None) -> Page:
    """The same of a text of which nothing is gone, for what asks only for its lines: there is no way back to the view.

    It takes half of the time.
    """
    texts = [squeezed for line in text.splitlines() if (squeezed := _squeezed(line))]
    lines, start = [], 0
    for index, line in enumerate(texts):
        lines.append(Line(index, start, start + len(line), line))
        start += len(line) + 1
    head_end, tail_start = _article_bounds(lines)
    return Page("\n".join(texts), "", "", tuple(lines), (), (), outlet, head_end, tail_start)


def _squeezed(line: str) -> str:
    """A line with single spaces; nearly all are so already, and to look takes half the time of splitting them."""
    plain = "\t" not in line and "\x1f" not in line if line.isascii() else line.isprintable()
    return line.strip(" ") if plain and "  " not in line else " ".join(line.split())


def _clipped(text: str, runs: Sequence[tuple[int, int]], gone: Sequence[Stretch]) -> Iterator[tuple[int, int]]:
    """What is left of each run."""
    index = 0
    for start, end in _kept(len(text), gone):
        while index < len(runs) and runs[index][1] <= start:
            index += 1
        while index < len(runs) and runs[index][0] < end:
            at, run_end = max(runs[index][0], start), min(runs[index][1], end)
            # Inside a run the spaces are single ones, so that no more than one is left at either end.
            at += text[at] == " "
            run_end -= text[run_end - 1] == " "
            if at < run_end:
                yield at, run_end
            if runs[index][1] > end:
                break
            index += 1


def _gap(between: str) -> str:
    """How `Page.spaced` writes white space that is not a single space; nothing for what holds cut text."""
    if between in _NO_BREAK:
        return "\xa0"
    return WIDE if between.isspace() else ""


def _with_gaps(text: str, gaps: Mapping[int, str]) -> str:
    """``text`` with other characters at some offsets, which are in order."""
    pieces: list[str] = []
    last = 0
    for at, gap in gaps.items():
        pieces += text[last:at], gap
        last = at + 1
    return "".join((*pieces, text[last:]))


def _article_bounds(lines: Sequence[Line]) -> tuple[int, int]:
    """Indexes of the first line that is running text, and after the last: between them stands the article."""
    first = next((line.index for line in lines if _is_running_text(line)), len(lines))
    last = next((line.index for line in reversed(lines) if _is_running_text(line)), -1)
    return first, last + 1


def _is_running_text(line: Line) -> bool:
    return line.is_body and not furniture_kind(line.text) and not _NOTICE.match(line.text)


def _kept(length: int, gone: Iterable[Stretch]) -> list[tuple[int, int]]:
    """The stretches of ``[0, length)`` that are not gone."""
    kept, at = [], 0
    for stretch in gone:
        if stretch.start > at or stretch.start == stretch.end:
            kept.append((at, stretch.start))
        at = max(at, stretch.end)
    kept.append((at, length))
    return kept


def _separator(text: str, left_end: int, at: int, joined: Mapping[int, str] | None) -> str:
    """What stands between two neighbouring pieces of a page."""
    if joined and at in joined:
        return joined[at]
    between = text[left_end:at]
    if "\n" in between or _BREAK.search(between):
        return "\n"
    return "" if between.strip() and text[at] in _CLINGS else " "
