"""Whether two texts that share candidate hashes are the same article.

Three questions are asked, of which each alone lets the wrong pairs through:

- *Is there enough in common?* Containment: the share of the shorter text's word 3-grams that the longer one has.
- *Is it common all over?* Once aligned (:mod:`index.duplicates_align`), a copy has words of its own here and there; two
  reports that share their background, a follow-up, or a match at half-time and at its end have whole clauses of their
  own.
- *Do the facts agree?* See :mod:`index.duplicates_facts`.

Headlines are evidence as well: a text that comes back changed under another headline is another article more often
than not, so that less may have changed; and one headline with another number or date is that of a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Literal

from index.duplicates_align import Block, Words, aligning, unmatched
from index.duplicates_facts import facts_agree
from index.duplicates_swaps import Swap
from transforms.fingerprint import plain_words

Relation = Literal["copy", "version"]
Headlines = Literal["agree", "differ", "conflict"]
Titles = frozenset[frozenset[str]]

CONTAINMENT, SAME_PAGE = 0.35, 0.42
"""Least containment of a copy, and of two states of one page. Copies cut to 60 %, reworded by 10 %, reordered and
reprinted at once have 0.38 or more in 99.5 % of cases."""

SHORT, SHORT_CONTAINMENT = 30, 0.8
"""Words below which a text must have that containment: a list of transfers says the same of two days in few words."""

CLAUSE = 4
"""Words in a row that make a clause of a text's own: words replaced at random seldom stand in such rows."""

MOVED = 0.85
"""Share of a clause's words that are anywhere in the other text from which it was moved in pieces, not written anew."""

OWN_CLAUSES, OWN_PHRASES = 0.1, 0.16
"""Largest shares of a copy's words in clauses, and in runs of two words or more, of its own. Of copies changed in all
ways at once 91 % have less, of those changed in one way 99 %; follow-ups and rewritten reports have 0.1–0.5."""

LONGEST, LONGEST_SHARE, LONGEST_EVER = 10, 0.05, 16
"""Words of the longest clause of a copy's own; in a long text that share of its words, and at most the last figure."""

OPENING, CLOSING, EDGE_SHARE = 12, 20, 0.15
"""Words of an own stretch at the start and the end that do not count (another dateline, another footer), and the share
of the text that each may be: of a short text little would be left to compare."""

VERSION_LENGTH = 0.42
"""Length of the shorter text, as a share of the longer, below which it is a brief of it: a version, not a copy."""

CUT_LENGTH, CUT_CONTAINMENT = 0.57, 0.9
"""Length below which a text is a version as well, unless its containment says that it was cut off, not summed up: 99 %
of the copies that are changed in all ways at once are longer, two reports on one statement often are not."""

HEADLINE_WORDS, HEADLINES_AGREE = 3, 0.75
"""Words a headline needs to be evidence, and the share of the shorter one's words that agreeing headlines have in
common: reprints change a word or two."""

RETITLED_CONTAINMENT, RETITLED_LENGTH = 0.6, 0.8
RETITLED_CLAUSES, RETITLED_PHRASES, RETITLED_EDGES = 0.05, 0.1, 0.12
"""What is asked instead under another headline: containment, length, shares in own clauses and phrases, and the share
in own clauses when openings and closings count as well. Under the wider limits a news corpus has 160 near copies more
than 460, among them first reports inside follow-ups, half-times, and articles that share their background."""

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How alike two texts are, both between 0 and 1, and what that makes them; None for different articles."""

    jaccard: float
    containment: float
    relation: Relation | None


@dataclass(frozen=True, slots=True)
class _Own:
    """What a text has that another has not, as shares of its words, and the words of its longest own clause."""

    clauses: float
    phrases: float
    with_edges: float
    longest: int


def headline(title: str | None) -> frozenset[str]:
    """Return the words of a title that two headlines are compared by; none when it is too short to tell anything."""
    plain = plain_words(title or "")
    found = plain if plain is not None else _WORD.findall((title or "").casefold())
    words = frozenset([word for word in found if len(word) > 1 or word.isdecimal()])
    return words if len(words) >= HEADLINE_WORDS else frozenset()


def headlines(some: Titles, others: Titles) -> Headlines:
    """Compare the headlines of two texts, of which each may have several or none; the best match counts.

    They conflict when they agree in their words but each has a number that the other has not.
    """
    pairs = [(a, b) for a in some for b in others if a and b]
    agreeing = [(a, b) for a, b in pairs if len(a & b) >= HEADLINES_AGREE * min(len(a), len(b))]
    if not agreeing:
        return "differ" if pairs else "agree"
    numbers = [({*_DIGITS.findall(" ".join(a))}, {*_DIGITS.findall(" ".join(b))}) for a, b in agreeing]
    return "agree" if any(a <= b or b <= a for a, b in numbers) else "conflict"


def headline_swaps(some: Titles, others: Titles) -> frozenset[Swap]:
    """Return what may stand for what in headlines: a word that only one has, and another that only the other has."""
    return frozenset(swap for a in some for b in others for swap in product(a - b, b - a))


def compare(
    a: Words, b: Words, *, same_page: bool = False, titles: Headlines = "agree", heads: Iterable[Swap] = ()
) -> Verdict:
    """Say what two texts are to each other, in either order.

    ``same_page`` when they come from one URL: two states of one page are copies even when one holds only its beginning
    or figures were brought up to date. ``titles`` says how their headlines compare, ``heads`` what stands for what in
    them.
    """
    short, long = sorted((a, b), key=lambda text: (len(text.distinct), text.words))
    common = len(short.distinct & long.distinct)
    if not common:
        return Verdict(0.0, 0.0, None)
    jaccard = common / (len(short.distinct) + len(long.distinct) - common)
    containment = common / len(short.distinct)
    if same_page:
        return Verdict(jaccard, containment, "copy" if containment >= SAME_PAGE else None)
    retitled = titles == "differ"
    least = RETITLED_CONTAINMENT if retitled else CONTAINMENT
    least = SHORT_CONTAINMENT if len(short.words) < SHORT else least
    if titles == "conflict" or containment < least or not _is_part(short, long, heads, retitled=retitled):
        return Verdict(jaccard, containment, None)
    length = len(short.words) / max(len(long.words), 1)
    brief = length < (RETITLED_LENGTH if retitled else VERSION_LENGTH)
    summary = length < CUT_LENGTH and containment < CUT_CONTAINMENT
    return Verdict(jaccard, containment, "version" if brief or summary else "copy")


def _is_part(short: Words, long: Words, heads: Iterable[Swap], *, retitled: bool) -> bool:
    """Say whether the longer text tells all that the shorter one does."""
    count = len(short.words)
    clauses = RETITLED_CLAUSES if retitled else OWN_CLAUSES
    longest = max(LONGEST, min(LONGEST_SHARE * count, LONGEST_EVER))
    blocks = _blocks(short, long, longest, clauses * count)
    if blocks is None:
        return False
    own = _own(short, long, blocks)
    if own.longest > longest:
        return False
    if own.clauses > OWN_CLAUSES or own.phrases > OWN_PHRASES:
        return False
    if retitled and (
        own.clauses > RETITLED_CLAUSES or own.phrases > RETITLED_PHRASES or own.with_edges > RETITLED_EDGES
    ):
        return False
    return facts_agree(short, long, blocks, heads, own.clauses)


def _blocks(short: Words, long: Words, longest: float, most: float) -> list[Block] | None:
    """Align two texts; None as soon as the shorter one has too many words of its own between the blocks.

    Half of all alignments end there, after a third of the text. ``longest`` is how many words its longest clause may
    have, ``most`` how many all of them. Its start and end are left to :func:`_own`.
    """
    blocks: list[Block] = []
    own = 0
    for block in aligning(short, long):
        if blocks and not _known(short, long, blocks[-1].end, block.start):
            length = block.start - blocks[-1].end
            own += length
            if length > longest or own > most:
                return None
        blocks.append(block)
    return blocks


def _known(short: Words, long: Words, start: int, end: int) -> bool:
    """Say whether a run of words is no clause of the shorter text's own: short, or in the longer one in pieces."""
    length = end - start
    return length < CLAUSE or sum(map(long.vocabulary.__contains__, short.words[start:end])) >= MOVED * length


def _own(short: Words, long: Words, blocks: list[Block]) -> _Own:
    """Measure what the shorter text has of its own."""
    count = counted = len(short.words)
    clauses = phrases = longest = edges = 0
    for start, end in unmatched(short, blocks):
        length = end - start
        if length >= CLAUSE:
            allowed = OPENING if start == 0 else CLOSING if end == count else 0
            forgiven = min(allowed, int(count * EDGE_SHARE), length)
            if _known(short, long, start, end):
                continue
            counted, edges, length = counted - forgiven, edges + forgiven, length - forgiven
        if length >= CLAUSE:
            clauses, longest = clauses + length, max(longest, length)
        if length > 1:
            phrases += length
    counted = max(counted, 1)
    return _Own(clauses / counted, phrases / counted, (clauses + edges) / max(count, 1), longest)
