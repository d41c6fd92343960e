"""Second stage of language identification: which language of the Malay–Javanese family a text is in.

langdetect has profiles for Indonesian and Tagalog only, and takes their neighbours for one of them. What tells these
languages apart are function words and affixes (``karena``/``kerana``/``amarga``/``sabab``), so a multinomial logistic
model weighs whole words, the two- to four-letter pieces of words, and how common a word is in Indonesian and in Malay:
a word that no Indonesian text uses speaks for a neighbour even when training never saw it. Where enough other words are
left, a capitalised word is read only if it is in one of the two lists of common words, which hold no names: ``Beliau``
that begins a sentence and ``Timbalan`` of a title speak for Malay, but an Indonesian report from Kuala Lumpur is not.

The table of weights is data, rebuilt by ``python -m flows.train_language``.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from math import exp, sqrt
from pathlib import Path
from struct import Struct

import orjson

TABLE = Path(__file__).parent / "data" / "language_family.json.gz"
MIN_PIECE, MAX_PIECE = 2, 4
"""Characters; the pieces of a word that are features, its ends marked by ``^`` and ``$``."""
MIN_SMALL_WORDS = 4
"""Words; with fewer that do not begin with a capital, all words are read."""
MAX_WORDS = 200
"""Words read of one text, evenly spaced; more change no verdict."""
MEMORY = 60_000
"""Distinct words whose weights are kept ready; a news corpus uses each of them again and again."""
PIECES_MEMORY = 60_000
"""The same of the four characters that pieces begin in; 3,000 articles have half as many."""
LANE_BITS = 32
"""Bits of one number in a packed vector."""
LANE_OFFSET = 128
"""Added to each weight, between -127 and 127, because a lane must not be negative."""
MAX_WORD = 60
"""Characters; a longer word has no features."""
UNCOMMON = "--"
"""Band of a word that is common neither in Indonesian nor in Malay."""

_MARKS = re.compile(r"[\u0300-\u036f]")

Weights = list[float]
Bands = dict[str, str]


def words_of(words: list[str]) -> list[str]:
    """Return words of a text, accents folded; all in lower case if hardly any begins with a small letter.

    Otherwise they are as written, so that ``is_name`` can tell names. ``words`` are what ``Profiles.words`` finds, of
    letters only.
    """
    if not "".join(words).isascii():
        words = _MARKS.sub("", unicodedata.normalize("NFD", " ".join(words))).split()
    chosen = words[:: -(-len(words) // MAX_WORDS) or 1]
    if len(list(islice(filter("a".__le__, chosen), MIN_SMALL_WORDS))) == MIN_SMALL_WORDS:
        return chosen
    return " ".join(chosen).lower().split()


def is_name(word: str, bands: Bands) -> bool:
    """Tell whether a word as ``words_of`` gives it is to be passed over: a name, an abbreviation, set in capitals."""
    return word < "a" and (word.lower() not in bands or (len(word) > 1 and word.isupper()))


def features_of(word: str, bands: Bands) -> list[str]:
    """Return the features of one word in lower case: itself with its ends marked, its frequency band, and its pieces.

    ``bands`` gives the band of each common word: how common it is in Indonesian and in Malay, a digit each, 0 for the
    commonest, ``-`` for words beyond the list.
    """
    marked = f"^{word}$"
    length = len(marked)
    features = [marked, f"#{bands.get(word, UNCOMMON)}"]
    for size in range(MIN_PIECE, min(MAX_PIECE, length - 1) + 1):
        features += [marked[start : start + size] for start in range(length - size + 1)]
    return features


class _PieceTable(dict[str, int]):
    """Up to `MAX_PIECE` characters → the sums of the weights of the pieces that begin with the first of them, packed
    as in `_WordTable`; kept up to ``PIECES_MEMORY``."""

    def __init__(self, weights: Mapping[str, int], one: int) -> None:
        super().__init__()
        self._weights = weights
        self._one = one

    def __missing__(self, window: str) -> int:
        packed = self._one * (len(window) - MIN_PIECE + 1)
        for size in range(MIN_PIECE, len(window) + 1):
            packed += self._weights.get(window[:size], 0)
        if len(self) < PIECES_MEMORY:
            self[window] = packed
        return packed


class _WordTable(dict[str, int]):
    """Word → the sums of its features' weights, how many of them are known, and how many there are, packed.

    Each number has a lane of ``LANE_BITS`` in one integer, so that adding integers adds vectors. Entries are made as
    words come by, from those of the pieces that begin at each of their characters: new words are made of known pieces.
    One word in fourteen is not among those that are kept, so that making an entry must be cheap.
    """

    def __init__(self, codes: int, weights: dict[str, list[int]], bands: Bands) -> None:
        super().__init__()
        lanes = Struct(f"<{codes + 1}I")
        self._weights = {
            feature: int.from_bytes(lanes.pack(*[value + LANE_OFFSET for value in values], 1), "little")
            for feature, values in weights.items()
        }
        self._one = 1 << (codes + 1) * LANE_BITS
        self._bands = bands
        self._of_band = {band: self._feature(f"#{band}") for band in {*bands.values(), UNCOMMON}}
        self._pieces = _PieceTable(self._weights, self._one)

    def __missing__(self, word: str) -> int:
        packed = 0
        if len(word) <= MAX_WORD and not is_name(word, self._bands):
            small = word.lower()
            marked = f"^{small}$"
            packed = self._of_band[self._bands.get(small, UNCOMMON)]
            if len(marked) > MAX_PIECE:  # of a shorter word the longest piece is the word itself
                packed += self._feature(marked)
            windows = [marked[start : start + MAX_PIECE] for start in range(len(marked) - MIN_PIECE + 1)]
            packed += sum(map(self._pieces.__getitem__, windows))
        if len(self) < MEMORY:
            self[word] = packed
        return packed

    def _feature(self, feature: str) -> int:
        return self._weights.get(feature, 0) + self._one


class FamilyModel:
    """Weights of each feature for each language of the family in steps of ``unit`` nats, and the frequency bands of
    words."""

    def __init__(self, codes: tuple[str, ...], unit: float, weights: dict[str, list[int]], bands: Bands) -> None:
        self.codes = codes
        self.bands = bands
        self._unit = unit
        self._words = _WordTable(len(codes), weights, bands)
        self._lanes = Struct(f"<{len(codes) + 2}I")

    def sums(self, words: list[str]) -> Weights:
        """Sum the weights of the features of a text's words for each language, and their number last; sums may be
        added up."""
        packed = sum(map(self._words.__getitem__, words_of(words)))
        *sums, known, count = self._lanes.unpack(packed.to_bytes(self._lanes.size, "little"))
        zero = LANE_OFFSET * known
        return [*[self._unit * (value - zero) for value in sums], float(count)]

    def scores(self, words: list[str]) -> Weights:
        """Return one score a language in nats; all zero for a text without words."""
        return scores_of(self.sums(words))


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
    table = orjson.loads(gzip.decompress(TABLE.read_bytes()))
    bands = {word: band for band, words in table["bands"].items() for word in words.split()}
    return FamilyModel(tuple(table["codes"]), table["unit"], table["weights"], bands)


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Common words of Indonesian and Malay in lower case, no names among them."""
    return frozenset(load_family().bands)
