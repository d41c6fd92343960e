"""Whether two texts that share candidate hashes are the same article.

Three questions are asked of word 3-grams and of facts:

- *Is there enough in common?* Containment: the share of the shorter text's 3-grams that the longer one has.
- *Is it common all over?* What the shorter text has of its own: rewording breaks 3-grams in many places but leaves few
  long stretches without any; two reports that share their background each have whole sentences of their own.
- *Do the facts agree?* A fact is a number or a name together with the words around it, its slot. Copies fill the slots
  they share alike, wherever they stand in the text; the draws, prayer times and prices of a template fill the same
  slots differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Literal

from transforms.fingerprint import SHINGLE_WORDS, shingles

Relation = Literal["copy", "version"]
Slots = Mapping[tuple[str, str], frozenset[str]]

CONTAINMENT = 0.42
"""Least containment of a copy: copies cut to 60 %, reworded by 10 %, reordered and reprinted at once have 0.42–0.75."""

STRETCH = 8
"""Words in a row, none in a common 3-gram, that make a stretch of a text's own: words changed at random break less."""

OWN_SHARE = 0.12
"""Largest share of a copy's words in such stretches: 99.5 % of 10 % reworded copies have 0.09 or less, 95 % of copies
changed in all ways at once 0.1; follow-ups and reports on one event by different authors have 0.1–0.3."""

OPENING, CLOSING = 15, 40
"""Words of an own stretch at the start and the end that do not count: another dateline, another footer."""

EDGE_SHARE = 0.25
"""Share of a text that opening and closing may be at most each: of a short text little would be left to compare."""

VERSION_LENGTH = 0.35
"""Length of the shorter text, as a share of the longer, below which it is a brief of it: a version, not a copy."""

CONFLICTS = 0.25
"""Largest share of the common slots that may be filled differently. Copies with 10 % of their words replaced at random
have a number in conflict in 4 % of cases; daily prices, draws and prayer times have 0.2–0.9 of theirs."""

CLOSE, CLOSE_NUMBERS = 0.8, 0.1
"""Containment above which little was reworded, and the share of numbers in conflict that such a copy may have."""

NAMES_AT_LEAST = 2
"""Names in conflict below which their share does not count: a reporter's outlet, another spelling."""

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[.!?](?=\s|$)|\n")
_BORDER, _NUMBER, _NAME = ".", "#", "^"
_WORD = re.compile(r"\w+")
_STRETCH = re.compile(rb"\x00{%d,}" % STRETCH)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How alike two texts are, both between 0 and 1, and what that makes them; None for different articles."""

    jaccard: float
    containment: float
    relation: Relation | None


class Profile:
    """What of a text is compared; each part is worked out when it is first asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.distinct = shingles(text)

    @cached_property
    def _tokens(self) -> list[str]:
        return [_BORDER, *_TOKEN.findall(self.text), _BORDER]

    @cached_property
    def numbers(self) -> Slots:
        """Numbers by the words around them."""
        tokens = self._tokens
        return _slots(tokens, [at for at, token in enumerate(tokens) if token.isdecimal()], numbers=True)

    @cached_property
    def names(self) -> Slots:
        """Capitalised words by the words around them, but for a single one that opens a sentence."""
        tokens = self._tokens
        return _slots(tokens, [at for at, token in enumerate(tokens) if token[0].isupper()], numbers=False)


def compare(a: Profile, b: Profile, *, same_page: bool) -> Verdict:
    """Say what two texts are to each other; ``same_page`` when they come from one URL.

    Two states of one page are copies even when one holds only its beginning or figures were brought up to date.
    """
    short, long = sorted((a, b), key=lambda item: (len(item.distinct), item.text))
    common = len(short.distinct & long.distinct)
    if not common:
        return Verdict(0.0, 0.0, None)
    jaccard = common / (len(short.distinct) + len(long.distinct) - common)
    containment = common / len(short.distinct)
    relation: Relation | None = None
    if containment >= CONTAINMENT and (
        same_page or (_own_share(short, long) <= OWN_SHARE and _facts_agree(a, b, containment))
    ):
        brief = len(short.distinct) < VERSION_LENGTH * len(long.distinct) and not same_page
        relation = "version" if brief else "copy"
    return Verdict(jaccard, containment, relation)


def _own_share(short: Profile, long: Profile) -> float:
    """Return the share of the shorter text's words in long stretches of its own, opening and closing left out."""
    words = _WORD.findall(unicodedata.normalize("NFKC", short.text).casefold())
    common = bytearray(len(words))
    for start in range(len(words) - SHINGLE_WORDS + 1):
        if " ".join(words[start : start + SHINGLE_WORDS]) in long.distinct:
            common[start : start + SHINGLE_WORDS] = b"\1" * SHINGLE_WORDS
    own, counted, edge = 0, len(words), int(len(words) * EDGE_SHARE)
    for stretch in _STRETCH.finditer(common):
        allowed = OPENING if stretch.start() == 0 else CLOSING if stretch.end() == len(words) else 0
        forgiven = min(allowed, edge, len(stretch[0]))
        own += len(stretch[0]) - forgiven
        counted -= forgiven
    return own / max(counted, 1)


def _facts_agree(a: Profile, b: Profile, containment: float) -> bool:
    agreeing, differing = _conflicts(a.numbers, b.numbers, _same_number)
    if differing > (CLOSE_NUMBERS if containment >= CLOSE else CONFLICTS) * (agreeing + differing):
        return False
    agreeing, differing = _conflicts(a.names, b.names, _same_name)
    return differing < NAMES_AT_LEAST or differing <= CONFLICTS * (agreeing + differing)


def _conflicts(a: Slots, b: Slots, same: Callable[[str, str], bool]) -> tuple[int, int]:
    """Count the fillers of common slots that agree, and those that differ and are nowhere else in the other text."""
    everywhere_a, everywhere_b = frozenset().union(*a.values()), frozenset().union(*b.values())
    agreeing = differing = 0
    for slot in a.keys() & b.keys():
        agreeing += len(a[slot] & b[slot])
        strange_a = _strangers(a[slot] - everywhere_b, b[slot], same)
        differing += min(strange_a, _strangers(b[slot] - everywhere_a, a[slot], same))
    return agreeing, differing


def _strangers(some: frozenset[str], others: frozenset[str], same: Callable[[str, str], bool]) -> int:
    return sum(not any(same(filler, other) for other in others) for filler in some)


def _same_number(a: str, b: str) -> bool:
    """Take ``12 6`` and ``12 6 2024`` for the same."""
    first, second = set(a.split()), set(b.split())
    return first <= second or second <= first


def _same_name(a: str, b: str) -> bool:
    """Take ``Joko Widodo`` and ``Presiden Widodo`` for the same."""
    return not set(a.split()).isdisjoint(b.split())


def _slots(tokens: Sequence[str], places: Sequence[int], *, numbers: bool) -> Slots:
    """Collect runs of facts, which stand at ``places``, under what stands before and after each run."""
    slots: dict[tuple[str, str], set[str]] = {}
    for _, run in groupby(enumerate(places), lambda item: item[1] - item[0]):
        first, *rest = (place for _, place in run)
        end = (rest[-1] if rest else first) + 1
        before = _context(tokens[first - 1], numbers=numbers)
        if numbers or rest or before != _BORDER:
            after = _context(tokens[end], numbers=numbers)
            slots.setdefault((before, after), set()).add(" ".join(tokens[first:end]).casefold())
    return {slot: frozenset(fillers) for slot, fillers in slots.items()}


def _context(token: str, *, numbers: bool) -> str:
    """Name what stands beside a fact; names are one to a number: ``Rabu 11 Juni`` and ``Jumat 20 Juli`` compare."""
    if not token[0].isalpha():
        return _NUMBER if token.isdecimal() else _BORDER
    return _NAME if numbers and token[0].isupper() else token.casefold()
