"""Second stage of language identification: which language of the Malay–Javanese family a text is in.

langdetect has profiles for Indonesian and Tagalog only, and takes their neighbours for one of them. What tells these
languages apart are function words and affixes (``karena``/``kerana``/``amarga``/``sabab``), so a multinomial logistic
model weighs whole words, the two- to four-letter pieces of words, and how common a word is in Indonesian: a word that
no Indonesian text uses speaks for a neighbour even when training never saw it. Capitalised words are left out where
enough others are left: they are mostly names, and an Indonesian report from Kuala Lumpur is not Malay.

The table of weights is data, rebuilt by ``python -m flows.train_language``.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from math import exp, sqrt
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "language_family.json.gz"
MIN_PIECE, MAX_PIECE = 2, 4
"""Characters; the pieces of a word that are features, its ends marked by ``^`` and ``$``."""
MIN_SMALL_WORDS = 4
"""Words; with fewer that do not begin with a capital, all words are read."""
MAX_WORDS = 160
"""Words read of one text, evenly spaced; more change no verdict."""
MEMORY = 30_000
"""Distinct words whose weights are kept ready; a news corpus uses each of them again and again."""

_WORD = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[\u0300-\u036f]")

Weights = list[float]


def words_of(text: str) -> list[str]:
    """Return the words that speak for a language: lower case, accents folded, without names where possible."""
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    words = _WORD.findall(text)
    small = [word for word in words if word[0].islower()]
    chosen = small if len(small) >= MIN_SMALL_WORDS else words
    return [word.lower() for word in chosen[:: -(-len(chosen) // MAX_WORDS) or 1]]


def features_of(word: str, bands: dict[str, int]) -> Iterator[str]:
    """Yield the features of one word: the word itself with its ends marked, its pieces, and its frequency band.

    ``bands`` gives the band of each common Indonesian word, 0 for the commonest; other words are in band ``#-``.
    """
    marked = f"^{word}$"
    yield marked
    yield f"#{bands.get(word, '-')}"
    length = len(marked)
    for size in range(MIN_PIECE, min(MAX_PIECE, length - 1) + 1):
        for start in range(length - size + 1):
            yield marked[start : start + size]


class FamilyModel:
    """Weights of each feature for each language of the family, and the frequency bands of Indonesian words."""

    def __init__(self, codes: tuple[str, ...], weights: dict[str, Weights], bands: dict[str, int]) -> None:
        self.codes = codes
        self._weights = weights
        self._bands = bands
        self._of_word = lru_cache(maxsize=MEMORY)(self._sum_features)

    def sums(self, text: str) -> Weights:
        """Sum the weights of the text's features for each language and their number last; sums may be added up."""
        rows = [self._of_word(word) for word in words_of(text)]
        return list(map(sum, zip(*rows, strict=True))) if rows else [0.0] * (len(self.codes) + 1)

    def scores(self, text: str) -> Weights:
        """Return one score a language in nats; all zero for a text without words."""
        return scores_of(self.sums(text))

    def _sum_features(self, word: str) -> Weights:
        """Sum the weights of a word's features; last comes how many features it has."""
        features = list(features_of(word, self._bands))
        known = [self._weights[feature] for feature in features if feature in self._weights]
        sums = list(map(sum, zip(*known, strict=True))) if known else [0.0] * len(self.codes)
        return [*sums, float(len(features))]


def scores_of(sums: Weights) -> Weights:
    """Turn sums of weights into scores in nats; features repeat each other, so evidence grows as a square root."""
    *totals, count = sums
    return [total / sqrt(count or 1.0) for total in totals]


def softmax(scores: Weights) -> Weights:
    """Turn scores in nats into probabilities."""
    top = max(scores)
    odds = [exp(score - top) for score in scores]
    whole = sum(odds)
    return [value / whole for value in odds]


@lru_cache(maxsize=1)
def load_family() -> FamilyModel:
    """Load the packaged table of weights."""
    table = json.loads(gzip.decompress(TABLE.read_bytes()))
    unit = table["unit"]
    weights = {feature: [unit * value for value in values] for feature, values in table["weights"].items()}
    bands = {word: band for band, words in enumerate(table["bands"]) for word in words.split()}
    return FamilyModel(tuple(table["codes"]), weights, bands)
