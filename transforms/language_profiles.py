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
from struct import Struct
from typing import Any

from langdetect.detector import Detector
from langdetect.utils.ngram import NGram

from transforms import language_grams
from transforms.language_grams import LANE_BITS, LEVELS_A_NAT, Grams

__all__ = ["LEVELS_A_NAT", "Profiles", "Steps", "load_profiles"]

_LATIN = re.compile(r"[A-z]")
_NON_LATIN = re.compile(r"[\u0300-\u1dff\u1f00-\U0010ffff]")

MOSTLY_LATIN = 8
"""Characters to one that is not Latin, from which on a text is taken to be in Latin letters."""
SIGNS = "“”‘’–—…•\u00a0"
"""Signs, of at most three bytes in UTF-8, that are all there is beyond ASCII in most texts; they are no letters."""
MEMORY = 60_000
"""Entries of each table of n-grams; languages in Latin letters need a third of it, and texts of any kind no more."""

Steps = tuple[int, ...]

_LANE = (1 << LANE_BITS) - 1
_TOP_BIT = 1 << LANE_BITS - 1


class _LogTable(dict[tuple[str, ...], int]):
    """Three neighbouring characters → how much likelier than unseen n-grams those that end at the third one are.

    These are the three characters, the last two and the last one, as far as no space separates them. The value has one
    lane for each language, in log steps, so that adding integers adds vectors: ten times as fast as
    lists of numbers. Entries are made when they are first asked for, and kept up to ``MEMORY``.
    """

    def __init__(self, grams: Grams) -> None:
        super().__init__()
        self._packed = grams.packed
        self._ends: dict[str, int] = {}

    def __missing__(self, window: tuple[str, ...]) -> int:
        _, before, here = window
        packed = 0
        if not (here.isupper() and before.isupper()):  # langdetect passes over words in capitals
            packed = self._end(before + here)
            if here != " ":
                packed += self._end(here)
            if before != " ":
                packed += self._packed("".join(window))
        if len(self) < MEMORY:
            self[window] = packed
        return packed

    def _end(self, gram: str) -> int:
        """Return the packed vector of the last one or two characters, which many windows share."""
        packed = self._ends.get(gram)
        if packed is None:
            packed = self._packed(gram)
            if len(self._ends) < MEMORY:
                self._ends[gram] = packed
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


def _without_signs(text: str) -> str:
    """Put spaces in place of ``SIGNS``, unless these are so many that the text is not read as Latin letters."""
    if (len(text.encode("utf-8", "surrogatepass")) - len(text)) // 2 >= len(text) // MOSTLY_LATIN:
        return text
    for sign in SIGNS:
        text = text.replace(sign, " ")
    return text


class Profiles:
    """langdetect's language profiles, ready to score text. Make one with ``load_profiles``."""

    def __init__(self, grams: Grams) -> None:
        self.codes = grams.codes
        self._table = _LogTable(grams)
        self._lanes = Struct(f"<{len(self.codes)}I")
        self._ones = sum(1 << LANE_BITS * number for number in range(len(self.codes)))
        self._top_bits = self._ones * _TOP_BIT
        self._characters = _CharacterTable(NGram.normalize)
        self._ascii = bytes(ord(NGram.normalize(chr(code))) for code in range(128)) + bytes(128)
        self._normalize_vietnamese = NGram.normalize_vi
        self._url, self._mail = Detector.URL_RE, Detector.MAIL_RE

    def words(self, text: str) -> list[str]:
        """Return the words of the text as langdetect reads it, of letters only."""
        if "://" in text:
            text = self._url.sub(" ", text)
        if "@" in text:
            text = self._mail.sub(" ", text)
        plain = text if text.isascii() else _without_signs(text)
        if plain.isascii():
            letters = plain.encode().translate(self._ascii).decode()
        else:
            letters = self._drop_latin_quotes(self._normalize_vietnamese(text)).translate(self._characters)
        return letters.split()

    def _drop_latin_quotes(self, text: str) -> str:
        """Leave out Latin letters where they are outnumbered two to one by those of another script.

        A text with hardly any of them is taken to be Latin without counting its letters.
        """
        other = len(_NON_LATIN.findall(text))
        if other < len(text) // MOSTLY_LATIN or len(_LATIN.findall(text)) * 2 >= other:
            return text
        return "".join(ch for ch in text if ch < "A" or ch > "z")

    def score(self, normal: str, positions: int) -> tuple[int, int]:
        """Add up the packed vectors of the n-grams that end at about ``positions`` evenly spaced places of ``normal``.

        Returns the sum, which goes to ``unpack`` and is zero when no profile knows any of them, and how many places
        were read. ``normal`` are ``words`` with one space between them and one at each end.
        """
        step = max(1, -(-len(normal) // positions))
        windows = zip(normal[::step], normal[1::step], normal[2::step], strict=False)
        found = list(map(self._table.__getitem__, windows))
        return sum(found), len(found)

    def leads(self, language: int, packed: int, least: float) -> bool:
        """Tell whether a language has a score of at least so many steps, and every other one a lower score.

        What that score lacks of the topmost bit of its lane is added to all lanes: no other one then has that bit.
        """
        score = packed >> LANE_BITS * language & _LANE
        raised = packed + self._ones * (_TOP_BIT - score)
        return score >= least and raised & self._top_bits == _TOP_BIT << LANE_BITS * language

    def unpack(self, packed: int) -> Steps:
        """Return the log-likelihood of each language above that of unseen n-grams, in 256ths of a nat."""
        steps: Steps = self._lanes.unpack(packed.to_bytes(self._lanes.size, "little"))
        return steps


@lru_cache(maxsize=1)
def load_profiles() -> Profiles:
    """Load the packed profiles; of langdetect itself only the normalisation is used, none of its module state."""
    return Profiles(language_grams.load())
