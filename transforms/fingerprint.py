"""What duplicates are found by: a content hash for equal texts, MinHash bands for similar ones, and exact similarity.

Texts are compared as case-folded words (Unicode NFKC), so that neither layout nor punctuation counts. The content hash
is equal for texts equal up to case, punctuation and white space. Near duplicates share word 3-grams (*shingles*): a
MinHash signature (Broder 1997) of ``BANDS`` × ``ROWS`` minima is cut into bands (Leskovec, Rajaraman, Ullman, *Mining
of Massive Datasets*, 3.4), and two documents that share any band are candidates, which :func:`similarity` verifies.

All figures are the same in every process and on every machine: nothing depends on Python's hash seed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from rensa import RMinHash

from transforms.models import Fingerprint

SHINGLE_WORDS = 3
"""Words of a shingle."""

ROWS = 2
"""Minima of a band: a pair of Jaccard similarity J shares a given band with probability J²."""

BANDS = 40
"""Bands of a signature: a pair becomes a candidate with probability 1 - (1 - J²)⁴⁰, 0.80 at J = 0.2, 0.98 at 0.3.

Over 3,000 articles, 40 × 2 finds 0.98 of the copies that are cut to 60 %, reworded by 10 %, reordered and given
another dateline and footer at once, where 42 × 3 finds 0.75; the price is 0.5 candidates a document instead of 0.1
against 10,000 articles. Copies with one of these changes only are found at 0.999 or more by both.
"""

MIN_WORDS = 20
"""Words below which a text has no bands: a few shared phrases would make any two of them near duplicates."""

_SEED = 20_240_620
"""Fixes the permutations; another value makes all stored bands worthless."""

_MULTIPLIER = 0x9E37_79B9_7F4A_7C15
"""2⁶⁴ divided by the golden ratio, odd: spreads consecutive values over all 64 bits (Knuth, TAOCP 3, 6.4)."""

_MASK = (1 << 64) - 1
_SIGN = 1 << 63
_WORD = re.compile(r"\w+")


def content_hash(text: str) -> str:
    """128-bit BLAKE2b digest (32 hex digits) of the letters and digits of ``text``, case-folded, without spaces."""
    return _content_hash(_words(text))


def fingerprint(text: str) -> Fingerprint:
    """Hash, bands and number of distinct shingles of a clean text; no bands below ``MIN_WORDS`` words."""
    words = _words(text)
    distinct = _shingles(words)
    bands = _bands(distinct) if len(words) >= MIN_WORDS else ()
    return Fingerprint(_content_hash(words), bands, len(distinct))


def shingles(text: str) -> frozenset[str]:
    """The distinct word 3-grams of ``text``; a shorter text is one shingle, one without words none."""
    return frozenset(_shingles(_words(text)))


def similarity(a: str, b: str) -> tuple[float, float]:
    """Exact Jaccard similarity and containment of the two texts' shingles, both between 0 and 1.

    Containment is the share of the smaller set that is in the larger one: 1.0 for an excerpt. Texts without words are
    similar to nothing: (0.0, 0.0).
    """
    first, second = shingles(a), shingles(b)
    if not first or not second:
        return 0.0, 0.0
    common = len(first & second)
    return common / (len(first) + len(second) - common), common / min(len(first), len(second))


def _words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _WORD.findall(text.casefold())


def _content_hash(words: list[str]) -> str:
    return hashlib.blake2b("".join(words).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _shingles(words: list[str]) -> set[str]:
    if len(words) < SHINGLE_WORDS:
        return {" ".join(words)} if words else set()
    return set(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def _bands(distinct: set[str]) -> tuple[int, ...]:
    """One signed 64-bit hash for each band; the band's number is part of it, so that different bands never meet."""
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(distinct)
    minima: list[int] = minhash.digest()
    return tuple(_band(number, minima[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS))


def _band(number: int, minima: list[int]) -> int:
    value = number + 1
    for minimum in minima:
        value = (value * _MULTIPLIER + minimum) & _MASK
        value ^= value >> 32
    return value - (value & _SIGN) * 2
