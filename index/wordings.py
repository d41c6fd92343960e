"""Other wordings of a phrase: abbreviations written out, and names abbreviated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from index.analysis import tokenize
from index.analysis_words import abbreviations, longest_expansion

MAX_WORDINGS: Final = 8
"""Of one phrase, beside the one that was typed: two abbreviations with two meanings each have eight."""


def expansions(raw: str) -> tuple[str, ...]:
    """What a word stands for, or is short for."""
    table = abbreviations()
    return (*table.get(raw, ()), *(table.get(raw.lower(), ()) if raw != raw.lower() else ()))


def other_wordings(text: str, most_words: int) -> list[str]:
    """``presiden AS`` for ``presiden Amerika Serikat`` and the reverse; the first ``most_words`` words count."""
    words = tokenize(text)[:most_words]
    found = islice(_wordings(words), MAX_WORDINGS + 1)
    return [wording for wording in dict.fromkeys(map(" ".join, found)) if wording != " ".join(words)]


def _wordings(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the words themselves, then with something replaced, later words first."""
    if not words:
        yield ()
        return
    for rest in _wordings(words[1:]):
        yield (words[0], *rest)
    for length in range(1, min(len(words), longest_expansion()) + 1):
        name = " ".join(words[:length])
        for other in expansions(name) if length == 1 else abbreviations().get(name.lower(), ()):
            for rest in _wordings(words[length:]):
                yield (other, *rest)
