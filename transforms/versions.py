"""What has changed from one clean text of a document to the next, by paragraph and within paragraphs by word.

:func:`compare` aligns the paragraphs of two texts; a paragraph that was edited is one that shares many of its words
with the one that stands where it stood. Renderers only walk over the result: :func:`fragments` for a terminal here, and
``versions_html`` for a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Literal

ALIKE = 0.4
"""Share of their words that two paragraphs must have in common for one to be the other after editing."""
LOOK_AHEAD = 10
"""Paragraphs among which an edited one is looked for: further moves are shown as taken out and put in."""
MAX_COMPARED = 3_000
"""Words, or paragraphs, that are aligned with each other; of more, all are shown as replaced."""

Change = Literal["same", "gone", "new"]

_WORD = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Words:
    """A run of words with the white space behind them, and what became of it."""

    text: str
    change: Change


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; an edited one has parts of several changes."""

    parts: tuple[Words, ...]

    @property
    def same(self) -> bool:
        """Whether nothing in it has changed."""
        return all(part.change == "same" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Text:
    """One version of a document: what to call it, its title and its clean text."""

    name: str
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to the next: the titles as a paragraph, then the paragraphs of both."""

    before: Text
    after: Text
    title: Paragraph
    paragraphs: tuple[Paragraph, ...]

    @property
    def changed(self) -> bool:
        """Whether a reader of the clean text sees any difference."""
        return not self.title.same or not all(paragraph.same for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of the history as it is printed."""

    text: str
    role: Literal["heading", "note", "same", "gone", "new"]


def history(versions: Sequence[Text], printable: Callable[[str], str]) -> tuple[Step, ...]:
    """Compare each version with the next, oldest first; ``printable`` makes control characters visible."""
    shown = [
        Text(printable(item.name), printable(item.title) if item.title else None, printable(item.text))
        for item in versions
    ]
    return tuple(
        Step(
            before,
            after,
            Paragraph(tuple(_edited(before.title or "", after.title or ""))),
            compare(before.text, after.text),
        )
        for before, after in pairwise(shown)
    )


def compare(old: str, new: str) -> tuple[Paragraph, ...]:
    """Align the paragraphs of two texts, those that are gone where they stood."""
    before, after = _paragraphs(old), _paragraphs(new)
    found: list[Paragraph] = []
    for same, (a, b), (c, d) in _aligned(before, after):
        if same:
            found += [_whole(paragraph, "same") for paragraph in after[c:d]]
        else:
            found += _replaced(before[a:b], after[c:d])
    return tuple(found)


def fragments(steps: Sequence[Step], *, brackets: bool) -> Iterator[Fragment]:
    """The history as pieces to print; ``brackets`` sets ``[-…-]`` around what is gone and ``{+…+}`` around what is new.

    Paragraphs that did not change are only counted.
    """
    for step in steps:
        yield Fragment(f"\n{step.before.name} → {step.after.name}\n", "heading")
        if not step.changed:
            yield Fragment("  the clean text is the same: what changed in the source is cut as boilerplate\n", "note")
            continue
        if not step.title.same:
            yield Fragment("title: ", "note")
            yield from _marked(step.title, brackets=brackets)
            yield Fragment("\n", "same")
        for same, group in groupby(step.paragraphs, lambda paragraph: paragraph.same):
            if same:
                yield Fragment(f"  … {unchanged(len(list(group)))} …\n", "note")
                continue
            for paragraph in group:
                yield from _marked(paragraph, brackets=brackets)
                yield Fragment("\n", "same")


def unchanged(paragraphs: int) -> str:
    """Say how many paragraphs stayed as they were."""
    return f"{paragraphs:,} paragraph{'' if paragraphs == 1 else 's'} unchanged"


def _marked(paragraph: Paragraph, *, brackets: bool) -> Iterator[Fragment]:
    marks = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
    for part in paragraph.parts:
        words = part.text.rstrip()
        before, after = marks[part.change] if brackets else ("", "")
        yield Fragment(f"{before}{words}{after}", part.change)
        yield Fragment(part.text[len(words) :], "same")


def _paragraphs(text: str) -> list[str]:
    return [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]


def _whole(paragraph: str, change: Change) -> Paragraph:
    return Paragraph((Words(paragraph, change),))


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Paragraph]:
    """Pair the paragraphs that were edited; what is left is taken out or put in."""
    at = 0
    for paragraph in old:
        ahead = range(at, min(len(new), at + LOOK_AHEAD))
        found = next((number for number in ahead if _alike(paragraph, new[number])), None)
        if found is None:
            yield _whole(paragraph, "gone")
            continue
        yield from (_whole(added, "new") for added in new[at:found])
        yield Paragraph(tuple(_edited(paragraph, new[found])))
        at = found + 1
    yield from (_whole(added, "new") for added in new[at:])


def _alike(old: str, new: str) -> bool:
    one, other = Counter(old.split()), Counter(new.split())
    return 2 * (one & other).total() >= ALIKE * (one.total() + other.total())


def _edited(old: str, new: str) -> Iterator[Words]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    keys = [word.rstrip() for word in before], [word.rstrip() for word in after]
    for same, (a, b), (c, d) in _aligned(*keys):
        if same:
            yield Words("".join(after[c:d]), "same")
            continue
        if a < b:
            gone = "".join(before[a:b])
            yield Words(gone if gone[-1:].isspace() or c == d else f"{gone} ", "gone")
        if c < d:
            yield Words("".join(after[c:d]), "new")


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, tuple[int, int], tuple[int, int]]]:
    """Yield stretches of both sequences that are equal, or not, in order; equal heads and tails cost nothing."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    longest = shorter - head
    tail = next((n for n in range(longest) if old[-1 - n] != new[-1 - n]), longest)
    a, c = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield True, (0, head), (0, head)
    if max(len(a), len(c)) > MAX_COMPARED:
        yield False, (head, head + len(a)), (head, head + len(c))
    else:
        for tag, i, j, k, m in SequenceMatcher(None, a, c, autojunk=False).get_opcodes():
            yield tag == "equal", (head + i, head + j), (head + k, head + m)
    if tail:
        yield True, (len(old) - tail, len(old)), (len(new) - tail, len(new))
