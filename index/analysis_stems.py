"""Stems by language: Snowball's algorithms, with a table of corrections for Indonesian and Malay.

Snowball's Indonesian stemmer is fast but cuts blindly: *menteri* becomes *teri*, *mengatakan* becomes *ata* while
*dikatakan* becomes *kata*. ``data/stems_id.tsv`` holds the words for which another stem is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any, Final

FALLBACK_LANGUAGE: Final = "id"

_SNOWBALL: Final = {
    "id": "indonesian",
    "ms": "indonesian",
    "und": "indonesian",
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

_CLITICS: Final = ("lah", "kah", "pun", "nya")
_CLITIC_CHARACTERS: Final = 3

MIN_STEMMED_CHARACTERS = 4
"""Shorter words carry no affix worth cutting: *dia* and *ini* would only collide."""


def stem(word: str, language: str) -> str:
    """The stem of a lower-case ``word``; the word itself in a language without a stemmer."""
    if len(word) < MIN_STEMMED_CHARACTERS:
        return word
    algorithm = _SNOWBALL.get(language)
    if algorithm is None:
        return word
    if algorithm == "indonesian":
        return _indonesian(word)
    return str(_stemmer(algorithm).stemWord(word))


def stems_of(words: Iterable[str], language: str) -> list[str]:
    """The stems of many lower-case words: what :func:`stem` gives, in a third of the time."""
    listed = list(words)
    algorithm = _SNOWBALL.get(language)
    if algorithm is None:
        return listed
    stems: list[str] = _stemmer(algorithm).stemWords(listed)
    corrections = _corrections() if algorithm == "indonesian" else {}
    for at, word in enumerate(listed):
        if len(word) < MIN_STEMMED_CHARACTERS:
            stems[at] = word
        elif corrections and (word in corrections or word.endswith(_CLITICS)):
            stems[at] = _indonesian(word)
    return stems


@lru_cache(maxsize=32)
def _stemmer(algorithm: str) -> Any:
    import Stemmer  # loading it takes longer than a search that needs no stems

    # No memory of its own: it would be searched for room at every new word, and callers remember what they need.
    return Stemmer.Stemmer(algorithm, 0)


@lru_cache(maxsize=1)
def _corrections() -> dict[str, str]:
    table = resources.files("index").joinpath("data/stems_id.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t", 1) for line in table.splitlines() if line and not line.startswith("#"))


def _indonesian(word: str) -> str:
    corrected = _corrections().get(word)
    if corrected is not None:
        return corrected
    if word.endswith(_CLITICS) and len(word) - _CLITIC_CHARACTERS >= MIN_STEMMED_CHARACTERS:
        corrected = _corrections().get(word[:-_CLITIC_CHARACTERS])
        if corrected is not None:
            return corrected
    return str(_stemmer("indonesian").stemWord(word))
