"""Words of a headline and of what follows it, split also where the page lost the space between them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

Gap = Literal["space", "nbsp", "wide", "none"]
Case = Literal["upper", "lower", "other"]

_FUNCTION_WORDS = (
    "di ke dari yang untuk dan dengan pada dalam bagi soal oleh agar atau saat usai hingga sampai jadi atas karena "
    "akan tak tanpa serta per vs ini itu via demi bak para sang si kepada terhadap tentang antara sebagai seperti "
    "secara jelang lewat of the in on at to and for a an as by with from is"
)
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that a Title Case headline leaves in lower case."""


class Token(NamedTuple):
    """One word with its punctuation, ``text[start:end]``."""

    start: int
    end: int
    text: str
    key: str
    """Lower case, without the punctuation around it."""
    case: Case
    """By the first character after opening quotes and brackets; ``other`` for digits and signs."""
    gap: Gap
    """What stands before it: one space, one no-break space, other white space, or nothing (a seam)."""


MAX_REMEMBERED = 40
"""Characters of a word that is remembered: 99.99 % of words are shorter, and hostile ones are as long as the text."""
_CHUNK = re.compile(r"\S+")
_GAPS: dict[str, Gap] = {"": "space", " ": "space", "\xa0": "nbsp", "\u202f": "nbsp"}
_EDGES = re.compile(r"^\W+|\W+$")
_OPENING = "\"“‘'([‚Äú"
# Places inside a chunk where two words were joined; each alternative is one kind of join.
_SEAM = re.compile(
    r"(?<=[a-zà-ÿ0-9])(?=[A-Z])"  # pekerjaJadi, 2026Dijual
    r"|(?<=[?!)”\"’'%+\]…])(?=[A-Z])"  # Siapa?Ella
    r"|(?<=[a-z0-9]{2}\.)(?=[A-Z])"  # ini.Baca
    r"|(?<=[A-Z0-9][A-Z])(?=[A-Z][a-z])"  # FCDalam
    r"|(?<=[\w?!)%+.])(?=[“‘])"
    r"|(?<=[\w?!)%+.])(?=\"\w)"
    r"|(?<=[a-z]{3})(?=\d)"  # Lengkap4
    r"|(?<=[?!])(?=[a-z])"
    r"|(?<=[\w\"'”:?!])(?=\[)"
    r"|(?<=,,)(?=\w)|(?<=[^,])(?=,,)"
    r"|(?<=[^\s,]{2})(?=,[A-Z“\"])"  # Pernikahan,Ray
)


def tokenize(text: str, limit: int) -> list[Token]:
    """Split ``text`` into at most ``limit`` tokens."""
    tokens: list[Token] = []
    last = 0
    for chunk in _CHUNK.finditer(text):
        start, word = chunk.start(), chunk.group()
        gap = _GAPS.get(text[last:start], "wide")
        last = chunk.end()
        for piece in _pieces(word):
            tokens.append(Token(start, start + len(piece), piece, key_of(piece), case_of(piece), gap))
            start, gap = start + len(piece), "none"
        if len(tokens) >= limit:
            return tokens[:limit]
    return tokens


def _pieces(word: str) -> list[str]:
    """The words that ``word`` really is, none of them a lone opening quote."""
    if len(word) < 4 or (word.isalpha() and (word.islower() or word[1:].islower())):
        return [word]
    pieces: list[str] = []
    begun = 0
    for match in _SEAM.finditer(word):
        piece = word[begun : match.start()]
        if piece.strip(_OPENING):
            pieces.append(piece)
            begun = match.start()
    return [*pieces, word[begun:]]


def key_of(word: str) -> str:
    """The form a word has in the tables."""
    return _key_of(word) if len(word) <= MAX_REMEMBERED else _EDGES.sub("", word).lower()


@lru_cache(maxsize=8192)
def _key_of(word: str) -> str:
    """The same for words of usual length: most are known from earlier documents."""
    return _EDGES.sub("", word).lower()


def case_of(word: str) -> Case:
    """Whether the word is written with a capital, without, or has no letter to tell."""
    bare = word.lstrip(_OPENING + ",")
    if not bare:
        return "other"
    return "upper" if bare[0].isupper() else "lower" if bare[0].islower() else "other"
