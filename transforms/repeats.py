"""Finds what a page prints twice: its title again as a line, a paragraph twice, whole sections.

Scrapers that walk nested page elements collect the same text once glued into one block and again paragraph by
paragraph; some pages carry the body once plainly and once more under numbered headings. Both copies are compared as
sequences of case-folded words, so white space, joins and punctuation do not count, and over what other steps leave
standing, so that a credit between two paragraphs of one copy does not break the match.

Equal *runs* of words that follow each other in both copies are *chained* over short gaps (a heading in one copy only,
say); a chain that is long enough, or large enough a share of the document, is a repeat. Only the equal stretches of one
copy are cut, and only up to sentence boundaries: whatever stands in one copy alone stays.

The thresholds were set on 122 marked documents and by reading the hits in 10,000 articles of 30 outlets.

A document without repeats costs one pass of hashing; the number of rounds, of runs and of remembered windows is
bounded for any input.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from transforms.fingerprint import plain_words
from transforms.models import Cut, Kind
from transforms.repeats_runs import WINDOW, Run, chains_of, gap_of, groups_of, size_of
from transforms.repeats_words import QUOTES, TERMINATOR, WORD, Remains, remains_of

ADJACENT_GAP = 25
"""Words between two copies that are near each other: a caption or a link that was not found."""

MIN_ADJACENT = 10
"""Words of a repeat whose copies follow each other with nothing between."""

MIN_NEAR = 25
"""Words of a repeat whose copies are near each other: fact checks and law reports repeat shorter ones on
purpose. In a document that repeats much (``MIN_SHARE``), the figure above holds."""

MIN_DISTANT = 60
"""Words of a repeat anywhere in the document, of whole lines: quotations that an article uses twice are mostly shorter,
or stand inside a line."""

MIN_SHARE = 0.2
"""Share of the document's words that its repeats must have together to accept shorter distant ones, and prayers."""

MIN_DISTANT_SHARE_WORDS = 16
"""Words of a distant repeat that is accepted for that share; it has to be whole lines in both copies."""

MIN_TITLE = 3
"""Words of a title that is looked for again as a line."""

VARIETY_SAMPLE = 12
"""Words at the head of a repeat over which its variety is judged."""

MIN_VARIETY = 0.6
"""Distinct words to words in that sample; below it the repeat is a chant or a filler, not prose."""

WORDS_A_SENTENCE = 60
"""Prose ends a sentence at least this often; verse, lists and tables do not."""

HEADING_WORDS = 14
"""Words a line may have to be taken for a heading."""

MAX_ROUNDS = 40
"""Times the search is repeated over what remains. A page whose elements are nested (all of it, then all but the first
paragraph, and so on) needs one for each paragraph; the deepest of 10,000 articles needed 11."""

SIEVE_SHORTEST, SIEVE_ENDING = 20, 28
"""Characters of the shortest sentence that the first sieve looks at, and of a sentence's end that it compares. None of
the 121 pages with repeats among 52,337 is missed; with 20 characters almost twice as many pages pass that have none."""

SIEVE_REACH = 160
"""Characters before a sentence's end in which its last ``WINDOW`` words are looked for. Of 50,362 texts 3,650 have two
sentences that end alike, 1,574 such with the same words: among them are all of the 151 with repeats. Both sieves
read letters as they are: a second print all in capitals stays, unless another repeat wakes the search."""

MAX_TITLE_GAP = 12
"""Characters of punctuation between two words of a title."""

MAX_TITLE_PLACES = 50
"""Places of the title's longest word that are looked at before the whole text is."""

_SENTENCE_MARKS = '!?:;\n"…“”'
"""What ends a sentence beside the full stop."""
_STOPS_FOR_MARKS = bytes(ord(".") if chr(code) in _SENTENCE_MARKS else code for code in range(256))
"""The same as a table for texts in ASCII, where one pass does for all."""
_PRAYER = re.compile(
    r"\b(?:allah(?:umma)?|tuhan|lord|artinya|aa?mii?n|amen|(?:ya )?r[ao]bb(?:i|ana|ii)|bismillah|s[h]?alawat)\b"
    r"|[\u0621-\u064a]{3}",
    re.IGNORECASE,
)
"""Words of prayers and scripture, and Arabic letters: articles print those again on purpose."""


@dataclass(frozen=True, slots=True)
class RepeatResult:
    """The stretches to remove, sorted and free of overlap with each other and with the cuts that were given."""

    cuts: tuple[Cut, ...]
    warnings: tuple[str, ...] = ()


def find_repeats(text: str, cuts: Sequence[Cut], title: str | None, folded: str | None = None) -> RepeatResult:
    """Find repeated titles, paragraphs and sections in what ``cuts`` leave of ``text``.

    ``cuts`` are sorted and do not overlap; offsets of the result are offsets of ``text``. Lines equal to ``title`` are
    cut wherever they stand; pass None to leave them. ``folded`` is the text case-folded, where that is known.
    """
    taken = [(cut.start, cut.end) for cut in cuts]
    folded = text.casefold() if folded is None else folded
    found = _title_cuts(text, folded, taken, title) if title else []
    if _has_equal_endings(text):
        for _ in range(MAX_ROUNDS):
            fresh = _round(text, folded, _merged(taken, found))
            found += fresh
            if not fresh:
                break
    found.sort(key=lambda cut: cut.start)
    return RepeatResult(tuple(found))


def _has_equal_endings(text: str) -> bool:
    """A quick sieve that 97 pages in 100 do not pass: whether two sentences end alike, and with the same
    ``WINDOW`` words."""
    if text.isascii():
        text = text.encode().translate(_STOPS_FOR_MARKS).decode()
    else:
        for mark in _SENTENCE_MARKS:
            text = text.replace(mark, ".")
    sentences = map(str.lstrip, text.split("."))
    endings = [sentence[-SIEVE_ENDING:] for sentence in sentences if len(sentence) >= SIEVE_SHORTEST]
    if len(set(endings)) == len(endings):
        return False
    windows = list(_last_words(text, {ending for ending, count in Counter(endings).items() if count > 1}))
    return len(set(windows)) < len(windows)


def _last_words(text: str, endings: Set[str]) -> Iterator[tuple[str, ...]]:
    """The ``WINDOW`` words before each full stop that stands behind one of the endings."""
    end = -1
    for sentence in text.split("."):
        end += len(sentence) + 1
        if sentence.lstrip()[-SIEVE_ENDING:] in endings:
            yield tuple(WORD.findall(text, max(end - SIEVE_REACH, 0), end)[-WINDOW:])


def _merged(taken: list[tuple[int, int]], found: list[Cut]) -> list[tuple[int, int]]:
    return sorted([*taken, *((cut.start, cut.end) for cut in found)])


def _title_cuts(text: str, folded: str, taken: list[tuple[int, int]], title: str) -> list[Cut]:
    """Lines whose remaining words are those of the title, as it spells them or in capitals."""
    wanted = list(_title_words(title))
    if len(wanted) < MIN_TITLE or not _may_hold(folded, wanted, len(title)):
        return []
    if len(folded) == len(text) and not _may_begin_line(folded, taken, wanted):
        return []
    remains = remains_of(text, folded, taken)
    cuts: list[Cut] = []
    for start in _places(remains.words, wanted):
        end = start + len(wanted)
        if not remains.is_lines(start, end):
            continue
        pieces = _cuts(remains, start, end, "repeat.title", "repeated_title")
        if pieces and _spells(text[pieces[0].start : pieces[-1].end], title):
            cuts += pieces
    return cuts


@lru_cache(maxsize=16)
def _title_words(title: str) -> tuple[str, ...]:
    """The words of a title, case-folded; each round of cleaning asks again."""
    return tuple(word.casefold() for word in WORD.findall(title))


def _may_hold(folded: str, wanted: list[str], length: int) -> bool:
    """Whether the words of a title of ``length`` characters stand anywhere around its longest word."""
    rarest = max(wanted, key=len)
    index = wanted.index(rarest)
    beside = wanted[index + 1] if index + 1 < len(wanted) else wanted[index - 1]
    near = len(beside) + MAX_TITLE_GAP
    reach = 2 * length
    at = folded.find(rarest)
    for _ in range(MAX_TITLE_PLACES):
        if at < 0:
            return False
        end = at + len(rarest)
        if folded.find(beside, max(at - near, 0), end + near) >= 0:
            around = folded[max(at - reach, 0) : at + reach]
            if all(word in around for word in wanted) and _places(WORD.findall(around), wanted):
                return True
        at = folded.find(rarest, at + 1)
    return True


def _may_begin_line(folded: str, taken: list[tuple[int, int]], wanted: list[str]) -> bool:
    """Whether a line of what is left begins with the first of the wanted words and has no more words than they are."""
    at = 0
    for start, end in [*taken, (len(folded), len(folded))]:
        for line in folded[at:start].split("\n"):
            first = WORD.search(line)
            if first and first.group() == wanted[0] and len(WORD.findall(line)) <= len(wanted):
                return True
        at = max(at, end)
    return False


def _places(words: list[str], wanted: list[str]) -> list[int]:
    """Where ``wanted`` stands in ``words``, without overlap."""
    places: list[int] = []
    index = 0
    while True:
        try:
            index = words.index(wanted[0], index)
        except ValueError:
            return places
        if words[index : index + len(wanted)] == wanted:
            places.append(index)
            index += len(wanted)
        else:
            index += 1


def _spells(line: str, title: str) -> bool:
    """Whether a line is the title and no quotation of it: same case or all capitals, no opening quote of its own."""
    if line[0] in QUOTES and title.lstrip()[:1] != line[0]:
        return False
    written, wanted = WORD.findall(line), WORD.findall(title)
    return written == wanted or line.isupper() or title.isupper()


def _round(text: str, folded: str, taken: list[tuple[int, int]]) -> list[Cut]:
    """One pass over what is not taken: every accepted chain loses one of its copies."""
    if len(folded) == len(text) and not _may_repeat(_words_left(folded, taken)):
        return []
    remains = remains_of(text, folded, taken)
    chains = chains_of(remains)
    total = len(remains.words)
    share = _share(chains, total)
    kept = bytearray(total)
    gone = bytearray(total)
    cuts: list[Cut] = []
    for chain in sorted(chains, key=size_of, reverse=True):
        if not _is_repeat(remains, chain, share):
            continue
        later_from = _keep_later_from(remains, chain)
        for position, run in enumerate(chain):
            first, later = run.copies
            keep, drop = (first, later) if position < later_from else (later, first)
            if any(gone[keep[0] : keep[1]]) or any(gone[drop[0] : drop[1]]) or any(kept[drop[0] : drop[1]]):
                continue
            kept[keep[0] : keep[1]] = b"\x01" * (keep[1] - keep[0])
            gone[drop[0] : drop[1]] = b"\x01" * (drop[1] - drop[0])
            rule = "repeat.section" if len(chain) > 1 or remains.line_count(*drop) > 2 else "repeat.paragraph"
            cuts += _cuts(remains, *drop, rule, "repeated_body")
    return cuts


def _words_left(folded: str, taken: list[tuple[int, int]]) -> list[str]:
    """The words of the remains without their places, which take five times as long to find."""
    starts, ends = [0, *(end for _, end in taken)], [*(start for start, _ in taken), len(folded)]
    left = " ".join([folded[start:end] for start, end in zip(starts, ends, strict=True)])
    return plain_words(left) or WORD.findall(left)


def _may_repeat(words: list[str]) -> bool:
    """The finer sieve: whether any group of equal runs has the words that ``_is_repeat`` asks of its chain, which has
    no more, and whose copies are no nearer to each other. One page in two hundred passes."""
    groups = groups_of(words)
    much = _share(groups, len(words)) >= MIN_SHARE
    for group in groups:
        gap = gap_of(group)
        least = MIN_ADJACENT if much or not gap else MIN_NEAR if gap <= ADJACENT_GAP else MIN_DISTANT
        if size_of(group) >= least:
            return True
    return False


def _share(chains: list[list[Run]], total: int) -> float:
    """The share of ``total`` words that stand in repeats which are not too short to stand anywhere."""
    return sum(size for chain in chains if (size := size_of(chain)) >= MIN_DISTANT_SHARE_WORDS) / max(total, 1)


def _is_repeat(remains: Remains, chain: list[Run], share: float) -> bool:
    """Whether a chain is a page printed twice rather than a text that says something twice."""
    size = size_of(chain)
    words = [word for run in chain for word in remains.words[run.b : run.b_end]][:VARIETY_SAMPLE]
    if len(set(words)) < MIN_VARIETY * len(words):
        return False
    sentences = sum(
        1 for run in chain for index in range(run.b + 1, run.b_end + 1) if TERMINATOR.search(remains.between(index))
    )
    if sentences * WORDS_A_SENTENCE < size:
        return False
    if share < MIN_SHARE and _is_prayer(remains, chain):
        return False
    gap = gap_of(chain)
    if gap <= ADJACENT_GAP:
        return size >= (MIN_NEAR if gap and share < MIN_SHARE else MIN_ADJACENT)
    if size < MIN_DISTANT_SHARE_WORDS or any(remains.is_quoted(run.a) != remains.is_quoted(run.b) for run in chain):
        return False
    whole = all(remains.is_lines(*place) for run in chain for place in run.copies)
    large = size >= MIN_DISTANT
    return (large and whole) or (share >= MIN_SHARE and (large or whole))


def _is_prayer(remains: Remains, chain: list[Run]) -> bool:
    return _PRAYER.search(remains.text, remains.starts[chain[0].b], remains.ends[chain[-1].b_end - 1]) is not None


def _keep_later_from(remains: Remains, chain: list[Run]) -> int:
    """The position in the chain from which the later copy is the one to keep; ``len(chain)`` keeps the first.

    The copy with text of its own between its runs (headings) keeps what they belong to. Without such text, copies
    that follow each other directly are judged by their lines: paragraphs are better than one glued block. A copy in the
    middle of a running paragraph is kept rather than an excerpt that stands alone.
    """
    first_has = [run.a > last.a_end for last, run in pairwise(chain)]
    later_has = [run.b > last.b_end for last, run in pairwise(chain)]
    if sum(later_has) > sum(first_has):
        position = later_has.index(True) + 1
        return 0 if position == 1 and _is_heading_before(remains, chain[0]) else position
    if any(first_has):
        return len(chain)
    alone = remains.is_lines(chain[0].a, chain[-1].a_end)
    embedded = not remains.is_line_edge(chain[0].b) and not remains.is_line_edge(chain[-1].b_end)
    adjacent = gap_of(chain) <= ADJACENT_GAP
    first_lines = sum(remains.line_count(run.a, run.a_end) for run in chain)
    later_lines = sum(remains.line_count(run.b, run.b_end) for run in chain)
    better = (adjacent and later_lines > first_lines) or (alone and embedded and first_lines == 1)
    return 0 if better else len(chain)


def _is_heading_before(remains: Remains, run: Run) -> bool:
    """Whether the later copy of the run stands under a short line of its own without a full stop."""
    if not remains.is_line_edge(run.b) or run.b <= run.a_end or TERMINATOR.search(remains.between(run.b)):
        return False
    return any(remains.is_line_edge(index) for index in range(max(run.a_end, run.b - HEADING_WORDS), run.b))


def _cuts(remains: Remains, start: int, end: int, rule: str, kind: Kind) -> list[Cut]:
    return [Cut(low, high, rule, kind) for low, high in remains.pieces(start, end)]
