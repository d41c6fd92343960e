"""What duplicates are found by: a content hash for equal texts, MinHash bands for similar ones, and exact similarity.

Texts are compared as case-folded words (Unicode NFKC), so that neither layout nor punctuation counts. The content hash
is equal for texts equal up to case, punctuation and white space. Near duplicates share word 3-grams (*shingles*): a
MinHash signature (Broder 1997) of ``BANDS`` × ``ROWS`` minima is cut into bands (Leskovec, Rajaraman, Ullman, *Mining
of Massive Datasets*, 3.4), and two documents that share any band are candidates. One byte of each minimum is kept as a
*sketch* (Li and König 2010, *b-bit minwise hashing*): two of them estimate the similarity of their texts, so that
chance candidates need not be read.

All figures are the same in every process and on every machine: nothing depends on Python's hash seed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from struct import Struct

from rensa import RMinHash

from transforms.models import Fingerprint

SHINGLE_WORDS = 3
"""Words of a shingle."""

ROWS = 2
"""Minima of a band: a pair of Jaccard similarity J shares a given band with probability J²."""

BANDS = 50
"""Bands of a signature: a pair becomes a candidate with probability 1 - (1 - J²)⁵⁰, 0.87 at J = 0.2, 0.99 at 0.3.

Over 1,500 articles, of the copies that are cut to 60 %, reworded by 10 %, reordered and given another dateline and
footer at once, and that verification would accept, 50 × 2 finds 0.996, 40 × 2 finds 0.98; the price is 0.9 instead of
0.7 candidates a document in a corpus of 30,000, seven in eight of which are rejected by their sketches.
"""

MIN_WORDS = 20
"""Words below which a text has no bands: a few shared phrases would make any two of them near duplicates."""

_SEED = 20_240_620
"""Fixes the permutations; another value makes all stored bands worthless."""

_MULTIPLIER = 0x9E37_79B9_7F4A_7C15
"""2⁶⁴ divided by the golden ratio, odd: spreads consecutive values over all 64 bits (Knuth, TAOCP 3, 6.4)."""

_WIDE = Struct("<" + "Q8x" * BANDS)
"""One number a band in lanes of 128 bits: the product of two 64-bit numbers stays in its own lane."""

_MINIMA = Struct(f"<{BANDS * ROWS}Q")
_SIGNED = Struct("<" + "q8x" * BANDS)
_LOW_HALVES = int.from_bytes(_WIDE.pack(*[(1 << 64) - 1] * BANDS), "little")
_BAND_NUMBERS = int.from_bytes(_WIDE.pack(*range(1, BANDS + 1)), "little")
_WORD = re.compile(r"\w+")
_ASCII_WORDS = bytes(
    ord(chr(code).lower() if code < 128 and (chr(code).isalnum() or chr(code) == "_") else " ") for code in range(256)
)
_SIGNS = "“”‘’–—•…\u00a0"
"""Signs beyond ASCII in texts that are plain otherwise: without them a text is read as ASCII, five times as fast."""

VOWEL_SIGNS = re.compile(r"[\u0307\u064b-\u065f\u0670\u06d6-\u06ed]")
"""Marks that break words into letters: Arabic vowel signs, which prayers print or leave out, the dot of a folded İ."""


def content_hash(text: str) -> str:
    """128-bit BLAKE2b digest (32 hex digits) of the letters and digits of ``text``, case-folded, without spaces."""
    return _content_hash(_words(text))


def fingerprint(text: str) -> Fingerprint:
    """Hash, bands and number of distinct shingles of a clean text; no bands below ``MIN_WORDS`` words."""
    words = _words(text)
    found = _shingles(words)
    minima = _minima(found) if len(words) >= MIN_WORDS else []
    sketch = _MINIMA.pack(*minima)[:: _MINIMA.size // len(minima)] if minima else b""
    return Fingerprint(_content_hash(words), _bands(minima), len(set(found)), sketch)


def shingles(text: str) -> frozenset[str]:
    """The distinct word 3-grams of ``text``; a shorter text is one shingle, one without words none."""
    return frozenset(_shingles(_words(text)))


def equal_minima(a: bytes, b: bytes) -> int:
    """How many bytes of two sketches are equal: the Jaccard similarity times ``BANDS`` × ``ROWS`` on average."""
    size = min(len(a), len(b))
    differing = int.from_bytes(a[:size], "big") ^ int.from_bytes(b[:size], "big")  # five times as fast as byte by byte
    return differing.to_bytes(size, "big").count(0)


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


def plain_words(text: str) -> list[str] | None:
    """Split a text of ASCII letters and common signs into case-folded words; None for another one."""
    text = without_signs(text)
    return _ascii_words(text) if text.isascii() else None


def without_signs(text: str) -> str:
    """Replace the common signs beyond ASCII by spaces."""
    if not text.isascii():
        for sign in _SIGNS:
            text = text.replace(sign, " ")
    return text


def split_words(text: str, beyond_ascii: Callable[[str], Iterable[str]]) -> list[str]:
    """Split a text into case-folded words; ``beyond_ascii`` does so for its sentences with foreign letters."""
    text = without_signs(text)
    if text.isascii():
        return _ascii_words(text)
    words: list[str] = []
    for sentence in text.split(". "):  # one foreign letter must not slow down the whole text
        words += _ascii_words(sentence) if sentence.isascii() else beyond_ascii(sentence)
    return words


def _ascii_words(text: str) -> list[str]:
    return text.encode().translate(_ASCII_WORDS).decode().split()


def _words(text: str) -> list[str]:
    return split_words(text, _words_beyond_ascii)


def _words_beyond_ascii(text: str) -> list[str]:
    return _WORD.findall(VOWEL_SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold()))


def _content_hash(words: list[str]) -> str:
    return hashlib.blake2b("".join(words).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _shingles(words: list[str]) -> list[str]:
    if len(words) < SHINGLE_WORDS:
        return [" ".join(words)] if words else []
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def _minima(found: list[str]) -> list[int]:
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(found)
    minima: list[int] = minhash.digest()
    return minima


def _bands(minima: list[int]) -> tuple[int, ...]:
    """One signed 64-bit hash for each band; the band's number is part of it, so that different bands never meet.

    All bands are computed at once, as lanes of one long integer.
    """
    if not minima:
        return ()
    values = _BAND_NUMBERS
    for row in range(ROWS):
        added = int.from_bytes(_WIDE.pack(*minima[row::ROWS]), "little")
        values = (values * _MULTIPLIER + added) & _LOW_HALVES
        values ^= (values >> 32) & _LOW_HALVES
    return _SIGNED.unpack(values.to_bytes(_SIGNED.size, "little"))
