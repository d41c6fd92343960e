"""Titles of embedded videos that no marker introduces.

Two templates print them: a headline that ends in a colon right before the placeholder of the player, and a headline
printed twice in a row (link text and caption) above the author's initials at the foot of the article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.models import Cut
from transforms.related_form import is_headline

REACH = 200
"""Characters before a player in which its title is looked for, and after a marker in which its player is."""
SHORT_PIECE = 60
"""Characters; a title whose linked words stand on lines of their own has no longer pieces."""
_PLAYER = "[Gambas:Video"
_BEFORE_PLAYER = re.compile(r":\s*(?=\[Gambas:Video)")
_SENTENCE_START = re.compile(r"(?<=[.!?\"”)\]\r\n])\s*(?=[A-Z0-9])")
_INITIALS = re.compile(r"\n\([a-z]{2,5}/[a-z]{2,5}\)")


def find_video_titles(text: str) -> Iterator[Cut]:
    """Yield the cuts of both templates, in order."""
    if _PLAYER in text:
        for match in _BEFORE_PLAYER.finditer(text):
            yield from _title_before(text, match.start())
    at = text.find("\n(")
    while at >= 0:
        if _INITIALS.match(text, at):
            yield from _doubled(text, at - 1 if text[at - 1 : at] == "\r" else at)
        at = text.find("\n(", at + 1)


def _title_before(text: str, colon: int) -> Iterator[Cut]:
    starts = [m.end() for m in _SENTENCE_START.finditer(text, max(0, colon - REACH), colon)]
    if starts:
        title = text[starts[-1] : colon]
        if is_headline(title, strict=True):
            yield Cut(starts[-1], colon + 1, "related.video_title", "related_link", 0.9)


def _doubled(text: str, end: int) -> Iterator[Cut]:
    """Both copies of a line that stands twice right before ``end``."""
    second = text.rfind("\n", 0, end) + 1
    first = text.rfind("\n", 0, max(0, second - 1)) + 1
    line = text[second:end].strip()
    if second and line == text[first:second].strip() and is_headline(line, strict=True):
        yield Cut(first, end, "related.video_title", "related_link", 0.9)


def title_in_pieces(text: str, end: int) -> int:
    """Where the title of a video ends whose linked words stand on lines of their own, or ``end`` if it does not.

    Only short pieces between ``end`` and the player count.
    """
    player = text.find(_PLAYER, end, end + REACH)
    if player < 0:
        return end
    pieces = text[end:player].split("\n")
    short = all(len(piece) <= SHORT_PIECE and not piece.rstrip().endswith(".") for piece in pieces)
    return end + len(text[end:player].rstrip()) if short else end
