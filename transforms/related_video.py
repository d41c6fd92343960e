"""Titles of embedded videos that no marker introduces.

Templates print them as a headline that ends in a colon right before the placeholder of the player, as a headline twice
in a row (link text and caption) above the author's initials, and, on pages of one paragraph, behind the last sentence:
before the initials, or beside a colon that is left of *Simak Video: …*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.models import Cut
from transforms.related_form import LONG_WORDS, is_foreign, is_headline
from transforms.related_tokens import FUNCTION_WORDS, key_of

REACH = 200
"""Characters before a player in which its title is looked for, and after a marker in which its player is."""
SHORT_PIECE = 60
"""Characters; a title whose linked words stand on lines of their own has no longer pieces."""
_PLAYER = "[Gambas:Video"
_BEFORE_PLAYER = re.compile(r":\s*(?=\[Gambas:Video)")
_SENTENCE_START = re.compile(r"(?<=[.!?\"”)\]\r\n])\s*(?=[A-Z0-9])")
_INITIALS = re.compile(r"\n\([a-z]{2,5}/[a-z]{2,5}\)")


_SENTENCE_ENDS = '."”'
_SENTENCE_END = re.compile(
    r"(?<=[a-z0-9)][.!?]) (?=\S)|(?<=[.!?,][\"”’)]) (?=\S)|(?<=[a-z]{2}[.!?])(?=[A-Z])|(?<=…) |(?<=\.\.) "
)
_INITIALS_BEHIND = re.compile(r" ?\([a-z]{2,5}/[a-z]{2,5}\)\Z")
_QUOTE_AND_COLON = re.compile(r"['’\"”]:\Z")
_LISTED = re.compile(r"\d|;|,.*,")
_WORD = re.compile(r"[^\W\d_]{4,}")
MIN_LONG_WORDS = 3
"""Words of four letters and more in a headline; prices and scores have fewer."""


def find_video_titles(text: str) -> Iterator[Cut]:
    """Yield the cuts of both templates, in order."""
    if "[" in text and _PLAYER in text:
        for match in _BEFORE_PLAYER.finditer(text):
            yield from _title_before(text, match.start())
    at = text.find("\n(") if "\n" in text else -1  # one paragraph is all of most texts
    while at >= 0:
        if _INITIALS.match(text, at):
            yield from _doubled(text, at - 1 if text[at - 1 : at] == "\r" else at)
        at = text.find("\n(", at + 1)
    yield from _behind_last_sentence(text)


def _behind_last_sentence(text: str) -> Iterator[Cut]:
    """A headline between the last sentence of a text and its end or its initials.

    Without a colon to show it, it has to be long, of other names than the article's, and no line of a list.
    """
    if not text or text[-1] in _SENTENCE_ENDS:
        return
    start = max(text.rfind("\n") + 1, len(text) - REACH)
    initials = _INITIALS_BEHIND.search(text, start) if text[-1] == ")" else None
    if initials is None and text.find(":", start) < 0:
        return
    stop = initials.start() if initials else len(text)
    ends = [found.end() for found in _SENTENCE_END.finditer(text, start, stop)]
    if not ends:
        return
    rest = text[ends[-1] : stop]
    title = rest.removeprefix(": ").removesuffix(":").rstrip("'’\"” ")
    ends_open = key_of(title.rpartition(" ")[2]) in FUNCTION_WORDS
    if ends_open or not is_headline(title, strict=True) or len(_WORD.findall(title)) < MIN_LONG_WORDS:
        return
    beside_colon = rest.startswith(": ") or _QUOTE_AND_COLON.search(rest) is not None
    other_story = (
        initials is not None
        and rest == title
        and not rest.startswith("Video")
        and len(title.split()) >= LONG_WORDS
        and not _LISTED.search(title)
        and is_foreign(title, text[: ends[-1]])
    )
    if beside_colon or other_story:
        yield Cut(ends[-1], stop, "related.video_title", "related_link", 0.9)


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
