"""Which words of one text stand in another, in what order, and what stands in their place where they differ.

Two texts are aligned as sequences are (Altschul and others 1990, *Basic local alignment search tool*, without gaps):
a word 3-gram that both have is a seed, and a block grows from it in both directions over single words that differ,
until several in a row do. Blocks may follow each other in any order, so that moved sentences align as well. Within a
block, and in the short gap between two blocks that follow each other in both texts, the words of one text stand *in
the place of* the words of the other: a number against another number there is a fact told differently, not a word
left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count, zip_longest
from operator import and_, eq, itemgetter, mul, ne, not_

from index.analysis_words import stop_words
from transforms.fingerprint import SHINGLE_WORDS, VOWEL_SIGNS, split_words, without_signs

DIFFERING = 3
"""Differing words, less the equal ones between them, that end a block: one word in ten replaced leaves blocks whole."""

PLACES = 16
"""Places of a repeated 3-gram that are tried: the refrain of a song or a table has hundreds."""

STRETCH, LONGEST_STRETCH = 8, 128
"""Words of two texts that are compared at once as a block begins to grow, and as it goes on: most end at once."""

NEAR = 6
"""Words between two blocks that follow each other in both texts up to which one gap stands in place of the other."""

SMALL = 2
"""A name is capitalised more often than this for every time that it is not."""

_ORDINARY, _OPENING, _CAPITAL = range(3)
"""How a word is written: not capitalised, capitalised where a sentence opens, and capitalised within one."""

_WORD = re.compile(r"\w+")
_ENDS = frozenset('.!?:\n"“”')
_WORD_OR_END = re.compile(r'\w+|[.!?:\n"“”]')
_AFTER = bytes((_CAPITAL, _OPENING)) + bytes(254)
"""How a capitalised word is written that follows a word, or the end of a sentence."""

_SMALL_WORD = re.compile(r"(?<![\w\-./@#])[^\W\d_A-Z]\w*")  # in addresses and hashtags names are small, too


@dataclass(frozen=True, slots=True)
class Block:
    """Words ``[start, end)`` of one text that stand at ``[other, other_end)`` of another."""

    start: int
    end: int
    other: int
    other_end: int
    equal: bytes
    """1 for each word that is the same in both, 0 for one that differs."""


class Words:
    """A text as case-folded words, with what alignment looks up; each part is worked out when it is first asked for."""

    def __init__(self, text: str) -> None:
        self._raw = text
        self.words = split_words(text, _folded)

    @cached_property
    def grams(self) -> list[str]:
        """The word 3-grams in order, as strings: the garbage collector has nothing to do with a thousand strings."""
        return list(map(" ".join, zip(*(self.words[offset:] for offset in range(SHINGLE_WORDS)), strict=False)))

    @cached_property
    def distinct(self) -> frozenset[str]:
        """The distinct word 3-grams; a shorter text is one of its own."""
        return frozenset(self.grams or ([" ".join(self.words)] if self.words else []))

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each word stands in the text."""
        return Counter(self.words)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The distinct words."""
        return frozenset(self.words)

    @cached_property
    def first(self) -> dict[str, int]:
        """Where each 3-gram stands first."""
        return dict(zip(reversed(self.grams), range(len(self.grams) - 1, -1, -1), strict=True))

    @cached_property
    def repeated(self) -> dict[str, list[int]]:
        """Where each 3-gram stands that stands in several places: few do, and a list for each would take long."""
        grams, first = self.grams, self.first
        if len(first) == len(grams):
            return {}
        places: dict[str, list[int]] = {}
        for place in compress(count(), map(ne, map(first.__getitem__, grams), count())):
            places.setdefault(grams[place], [first[grams[place]]]).append(place)
        return places

    @cached_property
    def numbers(self) -> list[bool]:
        """Which words have a digit."""
        return list(map(is_number, self.words))

    @cached_property
    def names(self) -> list[bool]:
        """Which words are capitalised, but for a single one that opens a sentence or a quotation."""
        return [
            case == _CAPITAL or (case == _OPENING and following == _CAPITAL)
            for case, following in zip(self._cases, [*self._cases[1:], _ORDINARY], strict=True)
        ]

    @cached_property
    def named(self) -> frozenset[str]:
        """The words that are capitalised within a sentence, and hardly ever stand there in small letters."""
        text = self._text
        capitals = Counter(word for word, case in zip(self.words, self._cases, strict=True) if case == _CAPITAL)
        small, ordinary = Counter(_SMALL_WORD.findall(text)), stop_words()
        return frozenset(
            word
            for word, count in capitals.items()
            if count > SMALL * small[word]
            and (word not in ordinary or word.upper() in text)  # ``AS`` is a country, ``as`` an axle
        )

    @cached_property
    def _text(self) -> str:
        """The text that the words were taken from."""
        return self._raw if without_signs(self._raw).isascii() else _composed(self._raw)

    @cached_property
    def _cases(self) -> list[int]:
        found = _WORD_OR_END.findall(self._text)
        ends = bytes(map(_ENDS.__contains__, found))
        capitals = bytes(map(str.isupper, map(itemgetter(0), found)))
        after = b"\1" + ends.translate(_AFTER)
        return list(compress(map(mul, capitals, after), map(not_, ends)))


def _folded(text: str) -> Iterator[str]:
    """Return the words of a text that has foreign letters."""
    return map(str.casefold, _WORD.findall(_composed(text)))


def _composed(text: str) -> str:
    return VOWEL_SIGNS.sub("", unicodedata.normalize("NFKC", text))


def is_number(word: str) -> bool:
    """Say whether a word has a digit."""
    return not word.isalpha() and any(map(str.isdecimal, word))


def align(one: Words, other: Words) -> list[Block]:
    """Cover ``one`` with blocks of ``other``, in order of ``one``, not overlapping there."""
    return list(aligning(one, other))


def aligning(one: Words, other: Words) -> Iterator[Block]:
    """Yield the blocks of :func:`align` one by one; the words between two of them stand nowhere in ``other``."""
    words, others = one.words, other.words
    seeds = bytes(map(other.distinct.__contains__, one.grams))
    here, done, shift = seeds.find(1), 0, 0
    while here != -1:
        gram = one.grams[here]
        there = other.first[gram]
        if gram in other.repeated:
            there = _best(words, others, here, other.repeated[gram][:PLACES], shift)
        shift = there - here
        start = here - _reach(words, others, here - 1, there - 1, -1, min(here - done, there))
        done = here + _reach(words, others, here, there, 1, min(len(words) - here, len(others) - there))
        equal = _same(words[start:done], others[start + shift : done + shift])
        yield Block(start, done, start + shift, done + shift, equal)
        here = seeds.find(1, done)


def _best(words: Sequence[str], others: Sequence[str], here: int, places: Sequence[int], shift: int) -> int:
    """Return the place from which most words are equal; of several, the one nearest to where the last block leads."""

    def equal(there: int) -> int:
        room = min(len(words) - here, len(others) - there)
        return next((count for count in range(room) if words[here + count] != others[there + count]), room)

    return max(places, key=lambda there: (equal(there), -abs(there - here - shift), -there))


def _reach(words: Sequence[str], others: Sequence[str], here: int, there: int, step: int, room: int) -> int:
    """Return how many words, going by ``step``, belong to a block: up to the last equal one before too many differ."""
    reached = differing = done = 0
    stretch = STRETCH
    while done < room:
        size = min(stretch, room - done)
        same = _same(_going(words, here + step * done, step, size), _going(others, there + step * done, step, size))
        at = 0
        while at < size:
            if same[at]:
                end = same.find(0, at)
                end = size if end == -1 else end
                reached, differing = done + end, max(differing - (end - at), 0)
                at = end
            else:
                differing += 1
                if differing == DIFFERING:
                    return reached
                at += 1
        done += size
        stretch = LONGEST_STRETCH
    return reached


def _going(words: Sequence[str], start: int, step: int, size: int) -> Sequence[str]:
    return words[start : start + size] if step > 0 else words[start - size + 1 : start + 1][::-1]


def _same(some: Sequence[str], others: Sequence[str]) -> bytes:
    """Return 1 where two words are equal and 0 where they differ."""
    return bytes(map(eq, some, others))


def equal_words(blocks: Sequence[Block], facts: Sequence[bool]) -> int:
    """Count the aligned words that are equal and that are facts in the first text."""
    return sum(sum(map(and_, facts[block.start : block.end], block.equal)) for block in blocks)


def unmatched(one: Words, blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Yield the runs ``[start, end)`` of words of ``one`` that no equal word of the other text is aligned with."""
    equal = bytearray(len(one.words))
    for block in blocks:
        equal[block.start : block.end] = block.equal
    yield from _runs(equal)


def _runs(equal: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Yield the runs of differing words."""
    start = equal.find(0)
    while start != -1:
        end = equal.find(1, start)
        yield start, len(equal) if end == -1 else end
        start = -1 if end == -1 else equal.find(0, end)


def replaced(blocks: Sequence[Block]) -> Iterator[tuple[slice, slice]]:
    """Yield what stands in the place of what: slices of differing words of both texts, neither of them empty."""
    for block, following in zip_longest(blocks, blocks[1:]):
        for first, end in _runs(block.equal):
            yield (
                slice(block.start + first, block.start + end),
                slice(block.other + first, block.other + end),
            )
        if following is not None:
            gap, counterpart = following.start - block.end, following.other - block.other_end
            if 0 < gap <= NEAR and 0 < counterpart <= NEAR:
                yield slice(block.end, following.start), slice(block.other_end, following.other)
