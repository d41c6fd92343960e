"""How text becomes index terms: the one place where indexing, querying and highlighting agree on what a word is.

A *token* is a run of letters and digits, with the marks that belong inside one word: ``20/6/2024``, ``Rp1,5``,
``O’Carroll``, ``kompas.com``, ``negara-negara``. Each token becomes one or more terms: the surface form, lower case
and without accents, and its stem. Terms of one token may share a position (``o'carroll`` is found as ``ocarroll``
and as ``carroll``) or follow each other (``kompas.com`` is also the phrase "kompas com").

Two forms are indexed side by side, the surface in one field and the stem in another, because no Indonesian stemmer can
be trusted alone: a wrong stem then costs a little rank, not the document.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from index.analysis_stems import stem
from index.analysis_words import case_sensitive_abbreviations

_TOKEN = re.compile(r"[^\W_]++(?:[-‐‑–.,:/'’‘ʼ`@&][^\W_]++)*+")
_ASCII_TOKEN = re.compile(r"[0-9A-Za-z]++(?:[-.,:/'`@&][0-9A-Za-z]++)*+")
"""The same tokens of a text in ASCII, as two in three Indonesian articles are, in two thirds of the time."""
_PUNCTUATION = "“”…—"
"""Marks that part tokens as a space does: all that keeps three in five of the other articles from being ASCII."""
_JOINED = re.compile(r"[-‐‑–.,:/@&]")
_APOSTROPHES = re.compile(r"['’‘ʼ`]")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_MONEY = re.compile(r"(rp|us|usd|idr|s|rm)(\d.*)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_DATE = re.compile(r"\d{1,2}[/-]\d{1,2}[/-](\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2}")

MAX_TERM_CHARACTERS = 64
"""Longer terms are cut: an unbroken run of this many letters is not a word anyone types (measured: none in 30,000
news articles is longer than 45 characters except URLs and key smashing)."""

MAX_CACHED_TOKENS = 100_000
"""Distinct spellings kept with their analysis, about 35 MB; 30,000 news articles have 230,000, most of them once."""


Spelling: TypeAlias = tuple[int, str, bool]
"""One surface form of a token, in any language: positions from the token's first, the form, and whether it has a stem.

A word has one, a number has none. A plain tuple: a segment of news has 17,000 spellings that are not just a word."""


class Term(NamedTuple):
    """One index term of a token; ``offset`` counts positions from the token's first; ``stem`` is empty for numbers."""

    offset: int
    surface: str
    stem: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it stands in a text: characters ``[start, end)``, its first position, and its terms."""

    start: int
    end: int
    position: int
    raw: str
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Inverted:
    """A text turned inside out: positions by surface form, occurrences of stems, and its length in positions."""

    surfaces: dict[str, list[int]]
    stems: list[str]
    length: int


class Analyzer:
    """Analyses texts of one language (a BCP 47 code), remembering the tokens it met.

    The memory is only speed: the same token always gives the same terms. It belongs to the instance, so that whoever
    makes an analyzer decides how long it lives.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._seen: dict[str, tuple[int, tuple[Term, ...]]] = {}

    def tokens(self, text: str) -> Iterator[Token]:
        """Tokens of ``text`` in order, with their offsets."""
        position = 0
        for match in _TOKEN.finditer(text):
            width, terms = self.terms(match.group())
            yield Token(match.start(), match.end(), position, match.group(), terms)
            position += width

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Start, end and spelling of every token, without analysing it."""
        end = 0
        for raw in tokenize(text):  # no letter or digit stands between tokens: a spelling is found at its place
            start = text.find(raw, end)
            end = start + len(raw)
            yield start, end, raw

    def terms(self, raw: str) -> tuple[int, tuple[Term, ...]]:
        """How many positions a token takes, and its terms."""
        known = self._seen.get(raw)
        if known is None:
            if len(self._seen) >= MAX_CACHED_TOKENS:
                self._seen.clear()
            width, forms = spellings(raw)
            terms = tuple(Term(at, form, stem(form, self.language) if stemmed else "") for at, form, stemmed in forms)
            known = self._seen[raw] = (width, terms)
        return known

    def invert(self, text: str) -> Inverted:
        """What the index stores of ``text``: the terms and positions of :meth:`tokens`, by surface form.

        For Whoosh's own writer; :mod:`index.pool` arrives at the same postings for many texts at once.
        """
        surfaces: dict[str, list[int]] = {}
        stems: list[str] = []
        position = 0
        seen = self._seen
        for raw in tokenize(text):
            entry = seen.get(raw) or self.terms(raw)
            for offset, surface, stemmed in entry[1]:
                if surface in surfaces:
                    surfaces[surface].append(position + offset)
                else:
                    surfaces[surface] = [position + offset]
                if stemmed:
                    stems.append(stemmed)
            position += entry[0]
        return Inverted(surfaces, stems, position)


def fold(word: str) -> str:
    """Lower case, compatibility forms unified and accents removed; the spelling that terms are compared in."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word)
    return unicodedata.normalize("NFKC", "".join(c for c in decomposed if not unicodedata.combining(c))).lower()


def tokenize(text: str) -> list[str]:
    """The spellings of all tokens in order."""
    if not text.isascii():
        for mark in _PUNCTUATION:
            text = text.replace(mark, " ")
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)


def plain_word(raw: str) -> str | None:
    """The one surface form of a token that is just a word, as nearly all are; None for any other token."""
    if not raw.isalpha() or raw in case_sensitive_abbreviations() or (not raw.isascii() and _IDEOGRAPH.search(raw)):
        return None
    return fold(raw)[:MAX_TERM_CHARACTERS]


def spellings(raw: str) -> tuple[int, tuple[Spelling, ...]]:
    """How many positions a token takes, and its surface forms."""
    word = plain_word(raw)
    return other_spellings(raw) if word is None else (1, ((0, word, True),))


def other_spellings(raw: str) -> tuple[int, tuple[Spelling, ...]]:
    """The same for a token that is not just a word."""
    if raw.isascii() and _NUMBER.fullmatch(raw):
        return 1, ((0, raw[:MAX_TERM_CHARACTERS], False),)
    short_forms = case_sensitive_abbreviations()
    if raw.isalpha() and raw in short_forms:
        return 1, ((0, fold(raw), True), (0, raw, False))
    pieces = _pieces(raw)
    width = 1 + max(pieces)[0] if pieces else 1
    cut = [(offset, piece[:MAX_TERM_CHARACTERS]) for offset, piece in pieces if piece]
    forms = [(offset, piece, piece.isalpha()) for offset, piece in dict.fromkeys(cut)]
    if not raw.islower() and not short_forms.isdisjoint(parts := _JOINED.split(raw)):  # they need their capitals
        forms += [(offset, part, False) for offset, part in enumerate(parts) if part in short_forms]
    return width, tuple(forms)


def _pieces(raw: str) -> list[tuple[int, str]]:
    """Surface forms of a compound token with their offsets."""
    if not raw.isascii() and _IDEOGRAPH.search(raw):
        return list(enumerate(fold(character) for character in raw))
    word = _without_apostrophes(fold(raw))
    if isinstance(word, list):
        return word
    if word[:1].isdigit():
        if _NUMBER.fullmatch(word):
            return [(0, word)]
        if _DATE.fullmatch(word):
            return [(0, word.replace("-", "/"))] + [(0, part) for part in re.split(r"[/-]", word) if len(part) == 4]
    return _joined_parts(word)


def _joined_parts(word: str) -> list[tuple[int, str]]:
    """The parts of a word with marks inside one after the other, and the whole where people search for it as one."""
    money = _MONEY.fullmatch(word) if word[-1:].isdigit() else None
    if money and _NUMBER.fullmatch(money[2]):
        return [(0, money[1]), (1, money[2])]
    parts = [part for part in _JOINED.split(word) if part]
    if len(parts) == 1:
        return [(0, parts[0])]
    if len(parts) == 2 and _reduplicated(*parts):
        return [(0, parts[-1]), (0, parts[0])]
    pieces = list(enumerate(parts))
    if "." in word or "@" in word or "&" in word or any(map(str.isdigit, parts)):
        separator = "" if "-" in word or "–" in word else "."
        pieces.append((0, separator.join(parts)))
    return pieces


def _without_apostrophes(word: str) -> str | list[tuple[int, str]]:
    """``jum'at`` is ``jumat``, ``president's`` is ``president``, ``o'carroll`` is ``ocarroll`` and also ``carroll``."""
    if not _APOSTROPHES.search(word):
        return word
    parts = _APOSTROPHES.split(word)
    if parts[-1] == "s":
        return "".join(parts[:-1])
    joined = "".join(parts)
    if len(parts[0]) <= 2 and joined.isalpha() and len(parts[-1]) > 3:
        return [(0, joined), (0, "".join(parts[1:]))]
    return joined


def _reduplicated(first: str, second: str) -> bool:
    """``negara-negara``, ``buku-bukunya`` and ``berlari-lari``: two parts, one inside the other."""
    return len(first) > 2 and len(second) > 2 and (second.startswith(first) or first.endswith(second))
