"""Whether one fact stands in the place of another throughout two aligned texts: a *swap*.

A newsroom that tells the same of another town or day fills one text in twice: *Bogor* becomes *Depok* wherever it
stands, and everything else stays. Rewording puts something else in each place. So a replacement of one name, number or
unit by another that comes back, in the body or in the headline, tells two stories apart, however small a part of the
words it is; another weekday, month or day of the month does so at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain, product

from index.duplicates_align import NEAR, Block, Words

Swap = tuple[str, str]
"""A word of one text, and what stands in its place in another."""

Place = tuple[slice, slice]
"""Differing words of two texts that stand in each other's place."""

THROUGHOUT = 2
"""Places of a swap. Of 3,000 copies with one word in ten replaced, none has a name or number that is replaced by the
same other one twice."""

EXCEPTIONS = 0.5
"""Occurrences that both texts may have besides, as a share of the swapped ones: a source or neighbour of that name."""

SPELLING = 0.75
"""Least similarity (``difflib`` ratio) of two spellings of a name: ``Soemarni`` and ``Sumarni`` have 0.8."""

YEAR_DIGITS, SHORT_YEAR = 4, 2
"""``19`` stands for ``2019``."""

WEEK = 7
"""Days between two dates of one weekday: with fewer, one of the dates is mistaken."""

WEEKDAYS = frozenset(
    "senin selasa rabu kamis jumat sabtu minggu ahad isnin khamis "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
MONTHS = frozenset(
    "januari februari maret april mei juni juli agustus september oktober november desember "
    "january february march may june july august october december".split()
)
UNITS = frozenset(
    "milimeter sentimeter meter kilometer mil hektare are gram kilogram kuintal ton liter ons detik menit jam hari "
    "pekan bulan tahun abad persen ribu juta miliar triliun rupiah dolar euro yen derajat watt megawatt volt".split()
)
SHORT_UNITS = {
    "mm": "milimeter",
    "cm": "sentimeter",
    "km": "kilometer",
    "hektar": "hektare",
    "gr": "gram",
    "kg": "kilogram",
}


def swapped(
    one: Words, other: Words, blocks: Sequence[Block], places: Sequence[Place], heads: Iterable[Swap] = ()
) -> bool:
    """Say whether a fact of one text is another one throughout the other.

    ``places`` are those where words were replaced within the blocks; ``heads`` are swaps of the headlines.
    """
    if any(_another_day(one, other, here, there) for here, there in places):
        return True
    found: dict[Swap, tuple[set[int], set[int]]] = {}
    for here, there in chain(places, _edges(one, other, blocks)):
        for swap in _stand_ins(one, other, here, there):
            mine, yours = found.setdefault(swap, (set(), set()))
            mine.add(here.start)
            yours.add(there.start)
    in_headlines = set(heads)
    return any(
        (min(len(mine), len(yours)) >= THROUGHOUT or (a, b) in in_headlines or (b, a) in in_headlines)
        and _different_facts(one, other, a, b)
        and _throughout(one, other, (a, b), len(mine))
        for (a, b), (mine, yours) in found.items()
    )


def _stand_ins(one: Words, other: Words, here: slice, there: slice) -> Iterable[Swap]:
    """Return what stands for what in one place: word for word when there are as many, else any for any.

    None where some words are the same, or only the spaces between them are others: ``Presiden Joko Widodo`` and
    ``Joko Widodo``, ``Al Quran`` and ``Alquran``.
    """
    mine, yours = one.words[here], other.words[there]
    if not set(mine).isdisjoint(yours) or "".join(mine) == "".join(yours):
        return ()
    return zip(mine, yours, strict=True) if len(mine) == len(yours) else product(mine, yours)


def _edges(one: Words, other: Words, blocks: Sequence[Block]) -> Iterator[Place]:
    """Yield the few words before all blocks and after them: a template names its place in the dateline, too.

    Alone they tell nothing, since a reprint has another dateline and footer.
    """
    if blocks:
        yield from (
            (here, there)
            for here, there in (
                (slice(0, blocks[0].start), slice(0, blocks[0].other)),
                (slice(blocks[-1].end, len(one.words)), slice(blocks[-1].other_end, len(other.words))),
            )
            if 0 < here.stop - here.start <= NEAR and 0 < there.stop - there.start <= NEAR
        )


def _different_facts(one: Words, other: Words, a: str, b: str) -> bool:
    """Say whether two words are names, numbers or units, and not spellings of one."""
    if a.isdecimal() and b.isdecimal():
        short, long = sorted((a, b), key=len)
        year = len(short) == SHORT_YEAR and len(long) == YEAR_DIGITS and long.endswith(short)
        return int(a) != int(b) and not year
    units = SHORT_UNITS.get(a, a), SHORT_UNITS.get(b, b)
    if UNITS.issuperset(units):
        return units[0] != units[1]
    if a in one.named and b in other.named:
        return SequenceMatcher(None, a, b, False).ratio() < SPELLING
    return False


def _throughout(one: Words, other: Words, swap: Swap, count: int) -> bool:
    """Say whether hardly anything of either is in both texts but where the one stands for the other."""
    texts = (one.counts, other.counts)
    return all(
        min(mine[word] - count, yours[word]) <= EXCEPTIONS * count
        for word, (mine, yours) in zip(swap, (texts, texts[::-1]), strict=True)
    )


def _another_day(one: Words, other: Words, here: slice, there: slice) -> bool:
    """Say whether a weekday, a month or a day of the month stands in the place of another."""
    mine, yours = one.words[here], other.words[there]
    if any(
        (here_named := names.intersection(mine)) and here_named.isdisjoint(yours) and not names.isdisjoint(yours)
        for names in (WEEKDAYS, MONTHS)
    ):
        return True
    if len(mine) != 1 or len(yours) != 1 or not mine[0].isdecimal() or not yours[0].isdecimal():
        return False
    apart = int(mine[0]) - int(yours[0])
    before, after = one.words[max(here.start - 1, 0) : here.start], one.words[here.stop : here.stop + 1]
    if not WEEKDAYS.isdisjoint(before):
        return apart != 0 and apart % WEEK == 0 and before == other.words[max(there.start - 1, 0) : there.start]
    return apart != 0 and not MONTHS.isdisjoint(after) and after == other.words[there.stop : there.stop + 1]
