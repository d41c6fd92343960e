"""Mending what scraping broke: sentences glued without a space, and links that were put on lines of their own.

Both are repairs of kept text. A glued join makes two words unsearchable (``tahun ini.Washington``); a broken line makes
one sentence three (``Seperti diberitakan⏎Reuters⏎, Chairman``) and would let a short-line rule take body text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from transforms.lines import BODY_LINE_CHARACTERS, SENTENCE_END, Line, Page

# One pattern a mark: a search for a single character is five times as fast as one for any of several.
_STOP_JOINS = {mark: re.compile(rf"\{mark}(?=[“‘(]?[A-Z][A-Za-z])(?<=[a-zA-Z0-9)%].)") for mark in ".!?"}
"""A closing mark with a word glued to it."""
_QUOTE_JOINS = {mark: re.compile(rf"{mark}(?=[\w(])(?<=[.!?,:].)") for mark in '"”'}
"""A quotation mark with text glued to both sides of it."""
_WORD_BEFORE = re.compile(r"[^\W_]+\Z")
_WORD_AFTER = re.compile(r"[^\W_]+")

MAX_WORD = 24
"""Letters looked at on either side of a join: the longest common Indonesian words have about 20."""

TOP_LEVEL_DOMAINS = frozenset("com co id net org info tv news go ac sch gov edu web biz asia".split())
ABBREVIATIONS = frozenset(
    "pt cv ud tbk no nomor dr drs dra ir prof hj kh tgk jl jln gg kab kec kel ds prov sdr sdri bpk ibu st ust "
    "jend letjen mayjen brigjen kol letkol kapt lettu serma serka bripka briptu brigadir akbp akp kombes "
    "kompol iptu ipda aiptu aipda irjen komjen mr mrs ms vs sh mh se mm spd sp pd ph min max hal tel telp fax "
    "ext dll dkk alm rt rw".split()
)
"""Words that end in a full stop inside a sentence: what follows them is no new sentence."""
OPENERS = frozenset(
    "ada adapun agar akan akhirnya akibat akibatnya anda antara apa apakah apalagi atas bagi bahkan bahwa "
    "baik banyak begitu belum berbeda berdasarkan berikut beberapa bila bisa bukan dalam dan dari demikian "
    "dengan di dia diketahui dikatakan diri hal hanya harapannya hari harus hingga hal ia ini itu jadi jangan "
    "jika juga kalau kami karena kata kedua kemudian kepada ketika kini kita lalu lebih lanjut maka masih "
    "mereka meski meskipun menurut mungkin namun nah oleh pada padahal para pasalnya pihak pihaknya program "
    "proses saat saya sebab sebagai sebanyak sebelum sebelumnya sedangkan sehingga sejak sejauh sejumlah "
    "sekarang selain selama selanjutnya seluruh semua sementara semoga seorang seperti serta sesuai setelah "
    "setiap siapa tak tapi telah tentu terkait tetapi tidak untuk usai walau yaitu yang a after an and as at "
    "but for he however if in it its meanwhile on she since so that the they this we when while with beliau "
    "manakala justeru mengulas bagaimanapun katanya".split()
)
"""Words that open sentences: the hundred or so most frequent after a full stop in Indonesian, Malay and English
news."""


def find_space_joins(text: str) -> list[int]:
    """Offsets of ``text`` before which a space is missing, in order."""
    found = {mark + 1 for mark in _places(text, _STOP_JOINS) if _is_sentence_join(text, mark)}
    found.update([at for mark in _places(text, _QUOTE_JOINS) if (at := _quote_join(text, mark)) is not None])
    return sorted(found)


def _places(text: str, joins: Mapping[str, re.Pattern[str]]) -> list[int]:
    """Where one of some marks has text glued to it."""
    return [match.start() for mark, join in joins.items() if mark in text for match in join.finditer(text)]


def _is_sentence_join(text: str, mark: int) -> bool:
    """Whether the mark at ``mark`` ends a sentence whose follower is glued to it, and is no name or address."""
    before = _WORD_BEFORE.search(text, max(0, mark - MAX_WORD), mark)
    after = _WORD_AFTER.search(text, mark + 1, mark + 1 + MAX_WORD)
    if after is None or _in_address(text, mark):
        return False
    right = after.group()
    if right[1:2].isupper() and len(right) < 4 and text[mark] == ".":
        return False
    if before is None:
        return text[mark - 1] in ")%"
    if text[mark] != ".":
        return len(before.group()) > 1
    return _stop_ends_sentence(text, before, right)


def _stop_ends_sentence(text: str, before: re.Match[str], right: str) -> bool:
    """Whether a full stop between the word ``before`` and ``right`` ends a sentence."""
    left = before.group()
    if left.lower() in ABBREVIATIONS or right.lower() in TOP_LEVEL_DOMAINS:
        return False
    if left.isdigit():
        return not _is_list_number(text, before.start()) and (right.lower() in OPENERS or len(left) == 4)
    if left[0].islower() and len(left) > 1:
        return True
    return right.lower() in OPENERS and len(left) > 1 if len(left) <= 3 or left.isupper() else True


def _is_list_number(text: str, at: int) -> bool:
    """Whether the number at ``at`` begins its line, as the number of a list item does."""
    return at == 0 or text[at - 1] == "\n"


def _in_address(text: str, mark: int) -> bool:
    """Whether the mark is inside a URL, an e-mail address or a handle."""
    start = max(text.rfind(" ", 0, mark), text.rfind("\n", 0, mark)) + 1
    token = text[max(start, mark - 200) : mark]
    return "://" in token or "www." in token.lower() or "@" in token


def _quote_join(text: str, at: int) -> int | None:
    """Where the space belongs beside the quotation mark at ``at``, or None."""
    if text[at] == "”":
        return at + 1
    line_start = text.rfind("\n", max(0, at - 4_000), at) + 1
    closes = text.count('"', line_start, at) % 2 == 1
    if closes:
        return at + 1 if text[at - 1] != ":" else None
    return at if text[at - 1] != "," and text[at + 1].isupper() else None


MAX_BROKEN_LINES = 6
"""Lines into which links break one sentence: more than any of 6,000 articles has."""
MAX_LINK_WORDS = 8
"""Words of a line that can be the text of a link inside a sentence."""
_ENDS = SENTENCE_END | {":"}
"""What no line ends with that goes on in the next."""
_LIST_ITEM = re.compile(r"[-•*#@+>]|\d{1,3}[.)]|[a-z][.)]\s|https?:|www\.")
_LOOSE_MARK = re.compile(r"[,;:!?)”%]|\.(?!\.)")


def find_line_joins(page: Page, furniture: frozenset[int]) -> list[tuple[int, str]]:
    """Lines that continue the one before them, as (index, separator); ``furniture`` lines neither join nor are
    joined."""
    joins: dict[int, str] = {}
    lines = page.lines
    for left, right in pairwise(lines):
        if left.text[-1] in _ENDS or left.index in furniture or right.index in furniture:
            continue
        if _LOOSE_MARK.match(right.text):
            joins[right.index] = ""
        elif not _continues(lines, right.index):
            continue
        else:
            joins[right.index] = " "
        _join_link(lines, left, joins, furniture)
    return sorted(joins.items())


def _continues(lines: tuple[Line, ...], index: int) -> bool:
    """Whether a line goes on in lower case with a sentence that the one before breaks off.

    Key words in small letters do so too: one of the lines must be long, or the next one that goes on.
    """
    for number in range(index, min(index + MAX_BROKEN_LINES, len(lines))):
        left, right = lines[number - 1], lines[number]
        if not right.text[0].islower() or _LIST_ITEM.match(right.text) or _LIST_ITEM.match(left.text):
            return False
        if max(len(left.text), len(right.text)) >= BODY_LINE_CHARACTERS // 2:
            return True
        if right.text[-1] in _ENDS:
            return False
    return False


def _join_link(lines: tuple[Line, ...], link: Line, joins: dict[int, str], furniture: frozenset[int]) -> None:
    """Join ``link``, whose sentence goes on after it, to the line before it when that one breaks off too."""
    if link.index == 0 or link.index in joins or len(link.words) > MAX_LINK_WORDS:
        return
    before = lines[link.index - 1]
    if before.index not in furniture and before.text[-1] not in SENTENCE_END | {":", "-", "–", "—"}:
        joins[link.index] = " "
