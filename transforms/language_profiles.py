"""First stage of language identification: langdetect's profiles and n-gram model, scored without its random walk.

langdetect (a port of Nakatani Shuyo's language-detection) draws n-grams of one to three characters at random from the
text, adds up their log-probabilities under the profiles of 55 languages, and stops when one language holds nearly all
of the probability; seven such walks are averaged. Most of its time goes into reading the text character by character
and into those walks. Here the same normalisation, the same n-grams and the same probabilities are used, but the n-grams
are those that end at evenly spaced positions. So nothing random is left, the cost hardly grows with the text, and the
sum is over more n-grams than a walk needs to converge.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import log
from pathlib import Path
from struct import Struct
from typing import Any

import orjson
from langdetect.detector import Detector
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.utils.ngram import NGram

SMOOTHING = 0.5 / 10_000
"""Added to each n-gram's probability: langdetect's alpha over its base frequency."""
BCP47 = {"zh-cn": "zh-CN", "zh-tw": "zh-TW"}
"""langdetect's own codes that are not spelled as BCP 47 wants them; all others are."""
_LATIN = re.compile(r"[A-z]")
_NON_LATIN = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]")

LANE_BITS = 32
"""Bits of one language in a packed vector; a thousand n-grams need 22 of them."""
MEMORY = 60_000
"""Entries of each table of n-grams; languages in Latin letters need a third of it, and texts of any kind no more."""
LEVELS_A_NAT = 256
"""Steps in which log-probabilities are counted."""

Steps = tuple[int, ...]


class _LogTable(dict[str, int]):
    """Three neighbouring characters → how much likelier than unseen n-grams those that end at the third one are.

    These are the three characters, the last two and the last one, as far as no space separates them. The value has one
    lane of ``LANE_BITS`` for each language, in log steps, so that adding integers adds vectors: ten times as fast as
    lists of numbers. Entries are made when they are first asked for, and kept up to ``MEMORY``.
    """

    def __init__(self, frequencies: list[tuple[dict[str, int], list[int]]]) -> None:
        super().__init__()
        self._frequencies = frequencies
        self._grams: dict[str, int] = {}

    def __missing__(self, window: str) -> int:
        before, here = window[-2], window[-1]
        packed = 0
        if not (here.isupper() and before.isupper()):  # langdetect passes over words in capitals
            packed = self._gram(before + here)
            if here != " ":
                packed += self._gram(here)
            if before != " ":
                packed += self._gram(window)
        if len(self) < MEMORY:
            self[window] = packed
        return packed

    def _gram(self, gram: str) -> int:
        """Return the packed vector of one n-gram; zero when no profile has it."""
        packed = self._grams.get(gram, -1)
        if packed < 0:
            size = len(gram) - 1
            packed = 0
            for number, (frequency, totals) in enumerate(self._frequencies):
                if gram in frequency:
                    gain = log(1.0 + frequency[gram] / totals[size] / SMOOTHING)
                    packed |= round(gain * LEVELS_A_NAT) << (number * LANE_BITS)
            if len(gram) < 3 and len(self._grams) < MEMORY:
                self._grams[gram] = packed
        return packed


class _CharacterTable(dict[int, str]):
    """Code point → langdetect's normal form of it, for ``str.translate``; filled in as characters come by."""

    def __init__(self, normalize: Any) -> None:
        super().__init__()
        self._normalize = normalize

    def __missing__(self, point: int) -> str:
        normal: str = self._normalize(chr(point))
        self[point] = normal
        return normal


class Profiles:
    """langdetect's language profiles, ready to score text. Make one with ``load_profiles``."""

    def __init__(self, folder: Path) -> None:
        profiles = [
            orjson.loads(path.read_bytes()) for path in sorted(folder.iterdir()) if not path.name.startswith(".")
        ]
        self.codes: tuple[str, ...] = tuple(BCP47.get(profile["name"], profile["name"]) for profile in profiles)
        self._table = _LogTable([(profile["freq"], profile["n_words"]) for profile in profiles])
        self._lanes = Struct(f"<{len(profiles)}I")
        self._characters = _CharacterTable(NGram.normalize)
        self._normalize_vietnamese = NGram.normalize_vi
        self._url, self._mail = Detector.URL_RE, Detector.MAIL_RE

    def normalise(self, text: str) -> str:
        """Return the text as langdetect reads it: letters only, one space between words and one at each end."""
        if "://" in text:
            text = self._url.sub(" ", text)
        if "@" in text:
            text = self._mail.sub(" ", text)
        if not text.isascii():
            text = self._drop_latin_quotes(self._normalize_vietnamese(text))
        return f" {' '.join(text.translate(self._characters).split())} "

    def _drop_latin_quotes(self, text: str) -> str:
        """Leave out Latin letters where they are outnumbered two to one by those of another script.

        A text with less than an eighth of such letters is taken to be Latin without counting.
        """
        other = len(_NON_LATIN.findall(text))
        if other < len(text) // 8 or len(_LATIN.findall(text)) * 2 >= other:
            return text
        return "".join(ch for ch in text if ch < "A" or ch > "z")

    def score(self, normal: str, positions: int) -> tuple[int, int]:
        """Add up the packed vectors of the n-grams that end at about ``positions`` evenly spaced places of ``normal``.

        Returns the sum, which goes to ``unpack`` and is zero when no profile knows any of them, and how many places
        were read. ``normal`` comes from ``normalise``.
        """
        places = range(3, len(normal) + 1, max(1, -(-len(normal) // positions)))
        table = self._table
        return sum([table[normal[end - 3 : end]] for end in places]), len(places)

    def unpack(self, packed: int) -> Steps:
        """Return the log-likelihood of each language above that of unseen n-grams, in 256ths of a nat."""
        steps: Steps = self._lanes.unpack(packed.to_bytes(self._lanes.size, "little"))
        return steps


@lru_cache(maxsize=1)
def load_profiles() -> Profiles:
    """Load the profiles of the installed langdetect, whose own module state is neither used nor changed."""
    return Profiles(Path(PROFILES_DIRECTORY))
