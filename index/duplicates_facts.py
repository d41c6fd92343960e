"""Whether two aligned texts tell the same facts: the numbers and names that stand in each other's place.

Copies that were reworded replace words of every kind, each by something else; the prices, draws, scores and forecasts
of a template differ where numbers and names are, and hardly elsewhere. So differing facts are held against all that was
replaced, and against the facts that agree. What is replaced by the same other fact throughout needs no weighing, see
:mod:`index.duplicates_swaps`. What is only written differently (``09`` and ``9``, ``Rp 3.000`` and ``Rp3000``,
``Cina`` and ``China``) agrees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import compress

from index.duplicates_align import Block, Words, equal_words, is_number, replaced
from index.duplicates_swaps import Place, Swap, swapped

NUMBERS_REPLACED = 1 / 6
"""Least share of the replaced places that numbers hold in a template. Copies with one word in ten replaced by a word of
other articles have less in 99.5 % of cases; gold prices, share prices and prayer times have 0.2–1."""

ONE_OF, VERBATIM = 12, 0.03
"""Numbers of which a single one may differ, and the largest share of clauses of its own that a text may have for that:
a corrected digit stands in a text that is the same otherwise, the score of a later day has words to go with it."""

NAMES_AT_LEAST, NAMES_SHARE = 3, 0.12
"""Differing names, and their share of all aligned ones, above which two texts speak of different people or places;
99.8 % of reworded copies have less."""

SPELLING = 0.7
"""Least similarity (``difflib`` ratio) of two spellings of a name."""

_DIGITS = re.compile(r"\d+")


def facts_agree(
    one: Words, other: Words, blocks: Sequence[Block], heads: Iterable[Swap] = (), own: float = 0.0
) -> bool:
    """Say whether numbers and names that stand in each other's place are the same but for a few.

    ``heads`` are what stands for what in their headlines, in either order, ``own`` is the share of clauses of its own
    that the first text has.
    """
    places = list(replaced(blocks))
    if not places:
        return True
    if swapped(one, other, blocks, places, heads):
        return False
    if numbers := _numbers(one, other, places):
        same = equal_words(blocks, one.numbers)
        single = numbers == 1 and same + 1 >= ONE_OF and own <= VERBATIM
        if not single and numbers >= NUMBERS_REPLACED * len(places) and not _only_moved(one, other):
            return False
    names = _names(one, other, places)
    return names < NAMES_AT_LEAST or names <= NAMES_SHARE * (names + equal_words(blocks, one.names))


def _numbers(one: Words, other: Words, places: Sequence[Place]) -> int:
    """Count the numbers that differ."""
    count = 0
    for here, there in places:
        mine, yours = _pick_numbers(one, here), _pick_numbers(other, there)
        if mine and yours and not _same_number(mine, yours):
            count += max(min(len(set(mine) - set(yours)), len(set(yours) - set(mine))), 1)
    return count


def _names(one: Words, other: Words, places: Sequence[Place]) -> int:
    """Count the names that differ; one that is elsewhere in the other text was moved or means the same person."""
    count = 0
    strange = [place for place in places if _strange(one, other, *place)]  # only there may names differ
    for here, there in strange if len(strange) >= NAMES_AT_LEAST else ():
        mine, yours = _pick_names(one, here), _pick_names(other, there)
        if mine and yours and not _same_name(mine, yours):
            count += not other.vocabulary.issuperset(mine) and not one.vocabulary.issuperset(yours)
    return count


def _strange(one: Words, other: Words, here: slice, there: slice) -> bool:
    """Say whether each text has a word in one place that the other has nowhere."""
    mine, yours = one.words[here], other.words[there]
    return not other.vocabulary.issuperset(mine) and not one.vocabulary.issuperset(yours)


def _only_moved(one: Words, other: Words) -> bool:
    """Say whether all numbers of the first text are in the other as well, as often: sentences of a list were moved."""
    mine = Counter(word for word, number in zip(one.words, one.numbers, strict=True) if number)
    return not mine - Counter(word for word, number in zip(other.words, other.numbers, strict=True) if number)


def _pick_numbers(text: Words, where: slice) -> list[str]:
    return list(filter(is_number, text.words[where]))


def _pick_names(text: Words, where: slice) -> list[str]:
    named = compress(text.words[where], text.names[where])
    return [word for word in named if not is_number(word)]


def _same_number(some: Sequence[str], others: Sequence[str]) -> bool:
    """Take ``06 09`` and ``6 9 2019`` for the same, and ``3 000`` and ``3000``."""
    mine, yours = (_DIGITS.findall(" ".join(words)) for words in (some, others))
    first, second = {int(digits) for digits in mine}, {int(digits) for digits in yours}
    joined, other = "".join(mine), "".join(yours)
    return first <= second or second <= first or joined in other or other in joined


def _same_name(some: Sequence[str], others: Sequence[str]) -> bool:
    """Take ``Joko Widodo`` and ``Presiden Widodo`` for the same, and ``Al Quran`` and ``Alquran``."""
    if not set(some).isdisjoint(others):
        return True
    joined, other = "".join(some), "".join(others)
    return joined in other or other in joined or SequenceMatcher(None, joined, other, False).ratio() >= SPELLING
