"""The words that introduce a related link, and whether a given occurrence really is one.

A marker is what a publisher's template prints before a link to another article: ``Baca juga:``, ``BACA JUGA -``,
``Simak Video``, ``Berita Terkait``, ``Read also:``. The same words occur in ordinary sentences (*kita lihat juga
manajemennya*), so an occurrence counts only by its surroundings: a capital or a colon, and the end of a sentence, a
line or a seam (a capital glued to the word before it) on its left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ahocorasick_rs import BytesAhoCorasick, Implementation

Family = Literal["read", "verb", "list", "video", "here"]

MAX_MARKERS = 300
"""Markers looked at in one text, which bounds the work for hostile input; of 10,000 real pages none had more than 6."""
SPACES = " \t\xa0\u202f\u200b"
"""White space within a line, as scraped pages have it."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker; ``[start, end)`` spans an opening bracket, the words and the punctuation after them."""

    start: int
    end: int
    family: Family
    """``read`` *Baca juga*, ``verb`` *Baca:*, ``list`` *Berita terkait*, ``video``, ``here`` a whole link remnant."""
    colon: bool
    """Whether a colon or dash follows the words."""
    closing: str
    """The bracket that ends the link, or an empty string."""
    many: bool
    """Whether the words announce several links (*artikel lainnya*, *Berita terkait*)."""
    lower: bool
    """Whether the words begin with a lower-case letter."""
    line_start: bool
    """Nothing but white space, bullets or a bracket stands before it on its line."""
    line_end: bool
    """Nothing but white space or scraped commas stands after it on its line."""
    glued: bool
    """Whether the headline follows without any space."""
    quoted: bool
    """Whether a quotation mark follows."""


_S = r"[ \t\xa0]"
_VERB = r"(?:baca(?:lah)?|simak(?:lah)?|lihat(?:lah)?|tonton(?:lah)?|saksikan|dengarkan)"
_THING = r"(?:berita|artikel|tulisan|kabar|cerita|kisah|informasi|laporan|konten|video|foto|infografis|liputan)"
_OTHER = r"(?:terkait|berkaitan|lain(?:nya)?|menarik(?: lainnya)?|populer|terpopuler|pilihan|serupa)"
_HERE = (
    rf"(?:{_VERB}{_S}+(?:juga{_S}+)?(?:{_THING}{_S}+)?(?:secara{_S}+)?(?:se)?lengkapnya{_S}*(?:,{_S}*)?(?:klik{_S}*)?di{_S}?sini"
    rf"|selengkapnya{_S}*,?{_S}*(?:(?:baca|klik|cek|lihat|simak){_S}*)?di{_S}?sini)"
    rf"(?:{_S}?\.?{_S}?di{_S}?sini)?(?:{_S}?\.(?-i:(?![a-z\d])))?(?!{_S}*(?:ya\b|yuk\b|[:,]))"
)
_READ = (
    rf"(?:(?:yuk|ayo|silakan|silahkan),?{_S}+)?"
    rf"(?:{_VERB}{_S}?(?:juga|pula)(?:{_S}+{_THING}(?![^\W\d_])(?:{_S}+{_OTHER})?)?"
    rf"|{_VERB}{_S}+{_THING}{_S}+(?:menarik{_S}+)?lainnya|baca{_S}+(?:lagi|selanjutnya(?={_S}*:))"
    rf"|(?:read|see|watch){_S}+also|also{_S}+read|read{_S}+(?:more|next(?={_S}*:)))"
)
_LIST = (
    rf"(?:{_THING}{_S}+{_OTHER}|editor[’']?s[’']?{_S}+(?:picks?|choice)|terkait|pilihan{_S}+(?:editor|redaksi)|terpopuler"
    rf"|related{_S}+(?:posts?|articles?|news|stor(?:y|ies)|content|coverage|reading|topics?|links?)"
    rf"|more{_S}+(?:stories|news)|you{_S}+(?:may|might){_S}+(?:also{_S}+)?like|recommended(?:{_S}+for{_S}+you)?)"
)
_VIDEO = rf"(?:{_VERB}{_S}+video(?:nya)?|video)"
# The word must end here, or a capital must follow a lower-case letter (`Baca JugaHeadline`).
_WORD_END = r"(?-i:(?![^\W\d_A-Z])(?:(?<![A-Z])|(?![A-Z])))"
_COLON = rf"(?P<colon>{_S}*(?::+|[-–—|>»]+(?=\s)))?"

_MARKER = re.compile(
    rf"(?P<here>{_HERE})|(?:(?P<read>{_READ})|(?P<video>{_VIDEO})|(?P<list>{_LIST})|(?P<verb>(?:{_VERB}|read|related)(?={_S}*:)))"
    rf"{_WORD_END}{_COLON}",
    re.IGNORECASE,
)
# Every marker begins with one of these, as it stands here or in capitals; one search for all of them is several times
# faster than the pattern.
_TRIGGERS = (
    "Baca Simak Lihat Tonton Saksikan Dengarkan Yuk Ayo Silakan Silahkan Berita Artikel Tulisan Kabar Terkait Pilihan "
    "Terpopuler Selengkapnya Editor Read Also See Watch Related More You Recommended Video"
).split()
_SMALL_TRIGGERS = ("baca", "simak", "lihat", "tonton", "saksikan", "selengkapnya")
_SPELLINGS = (*_SMALL_TRIGGERS, *_TRIGGERS, *map(str.upper, _TRIGGERS))
_ANY_SPELLING = BytesAhoCorasick([word.encode() for word in _SPELLINGS], implementation=Implementation.DFA)
_SENTENCE_END = frozenset(".!?…\"”’')]}*,;:>|–—-•_")
_BULLETS = frozenset("*•>·-»▶►✅👉 \t\xa0")
_QUOTED = re.compile(rf"{_S}*[\"“‘']")
_LINE_END = re.compile(rf"{_S}*,*{_S}*(?=[\r\n]|$|,,)")


def marker_words(text: str) -> tuple[str, ...]:
    """The spellings one of which every marker of a text begins with; what is cut out of it adds none."""
    found = _ANY_SPELLING.find_matches_as_indexes(text.encode("utf-8", "surrogatepass"), overlapping=True)
    return tuple({_SPELLINGS[number] for number, _start, _end in found})


def find_markers(text: str, words: Sequence[str] | None = None) -> list[Marker]:
    """The first ``MAX_MARKERS`` markers of ``text`` in order; lines end at ``\\n`` or ``\\r``.

    ``words`` are the document's `marker_words`, when they are known from an earlier look at it.
    """
    markers: list[Marker] = []
    position = 0
    for start in _positions(text, marker_words(text) if words is None else words):
        if start < position or not _begins_word(text, start):
            continue
        match = _MARKER.match(text, start)
        marker = _accept(text, match) if match else None
        if marker:
            markers.append(marker)
            position = marker.end
            if len(markers) == MAX_MARKERS:
                break
    return markers


def _positions(text: str, words: Sequence[str]) -> list[int]:
    positions = []
    for word in words:
        at = text.find(word)
        while at >= 0:
            positions.append(at)
            at = text.find(word, at + len(word))
    return sorted(positions)


def _begins_word(text: str, start: int) -> bool:
    """Whether a word begins here: after no letter, or with a capital after a lower-case letter (a lost space)."""
    return start == 0 or not text[start - 1].isalpha() or (text[start].isupper() and text[start - 1].islower())


def _accept(text: str, match: re.Match[str]) -> Marker | None:
    """Judge one occurrence by what stands around it."""
    start, end = match.span()
    words = match.group().rstrip(SPACES + ":-–—|>»")
    before = _skip_left(text, start)
    closing = ""
    if before and text[before - 1] in "([":
        closing = ")" if text[before - 1] == "(" else "]"
        start = before - 1
        before = _skip_left(text, start)
    line_start = before == 0 or text[before - 1] in "\r\n"
    if line_start:
        start -= len(text[before:start].lstrip())  # its bullets go with it
    family = _family(match)
    marker = Marker(
        start=start,
        end=end,
        family=family,
        colon=family != "here" and match["colon"] is not None,
        closing=closing,
        many=family == "list" or words.lower().endswith(("lainnya", "lain")),
        lower=text[match.start()].islower(),
        line_start=line_start,
        line_end=_LINE_END.match(text, end) is not None,
        glued=end < len(text) and not text[end].isspace(),
        quoted=_QUOTED.match(text, end) is not None,
    )
    seam = before == match.start() and not line_start
    after_sentence = line_start or seam or text[before - 1] in _SENTENCE_END
    return marker if _plausible(marker, after_sentence, words) else None


def _family(match: re.Match[str]) -> Family:
    if match["here"]:
        return "here"
    if match["read"]:
        return "read"
    if match["video"]:
        return "video"
    return "list" if match["list"] else "verb"


def _skip_left(text: str, position: int) -> int:
    """The position after the last character before ``position`` that is neither space nor a list bullet."""
    while position and text[position - 1] in SPACES:
        position -= 1
    bullet = position
    while bullet and text[bullet - 1] in _BULLETS:
        bullet -= 1
    return bullet if bullet == 0 or text[bullet - 1] in "\r\n" else position


def _plausible(marker: Marker, after_sentence: bool, words: str) -> bool:
    """Whether case, colon and surroundings are those of a template and not of a sentence."""
    own_line = marker.line_start and marker.line_end
    capital, bracketed = not marker.lower, bool(marker.closing)
    if words.lower() == "video":
        return marker.colon and marker.line_start and not own_line
    plausible: dict[Family, bool] = {
        "here": after_sentence or capital,
        "read": (after_sentence and (capital or bracketed or marker.colon)) or (capital and marker.colon),
        "verb": after_sentence and (capital or bracketed or own_line),
        "list": capital and (own_line or (after_sentence and marker.colon)),
        "video": capital and (after_sentence or marker.quoted),
    }
    return plausible[marker.family]
