"""Page furniture told by what a line is made of: comment forms, share bars, navigation, tag and link lists.

Sites word the same furniture in a hundred ways (``Tinggalkan Balasan``, ``Tulis komentar Anda``, ``Leave a Reply``),
but always from the same few words. A line is furniture when nearly all its words belong to that vocabulary, it stands
before the first or after the last paragraph of the article or among other furniture, and it is no sentence. Lists are
told by their header: after ``Berita Terkait`` or ``Tags`` the short lines that follow belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

from transforms.yaml_text import parse_yaml

if TYPE_CHECKING:
    from transforms.lines import Line, Page

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SMALL_LETTERS = bytes(
    ord(chr(code).lower()) if chr(code).isascii() and chr(code).isalpha() else 32 for code in range(256)
)
"""Letters of ASCII in lower case, a space for everything else."""
KINDS = ("comment_form", "navigation", "promo", "tags", "related_link")

MAX_FURNITURE_CHARACTERS = 200
"""The longest stock sentence of a comment form in the common content systems has 150 characters."""
MAX_FURNITURE_WORDS = 32
COVERED = 0.8
"""Share of a line's words that must be furniture words when not all are: leaves room for a site's name."""
STRONG = 0.3
"""Share of its words that must say what furniture it is, in lines of five words and more."""
MAX_OUTLET_WORDS = 2
"""Words of an outlet's name, which says neither for nor against a line that has this many furniture words."""
MIN_STRONG_BESIDE_NAME = 3
MAX_LINK_WORDS = 24
"""Words of a linked headline: 99.5 % of 29,985 titles have no more than 20."""
MAX_TAG_WORDS = 5
MAX_STOCK_WORDS = 10
"""Words of the longest stock line."""
_COUNTER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?[kKmM]?(?: \d{1,5}){0,3}")
"""How often something was shared or seen."""
MAX_FILLER_WORDS = 2
"""Words of a line of its own that two lines of furniture make furniture: ``X``, ``Pin``, a number."""


@dataclass(frozen=True)
class _Vocabulary:
    kinds: dict[str, frozenset[str]]
    strong: frozenset[str]
    plain: frozenset[str]
    headers: frozenset[str]
    sure: frozenset[str]
    lines: dict[str, str]
    """Kind of each stock line."""


def _words(text: str) -> list[str]:
    """The words of a line in lower case; a table splits plain ones in a third of the time of the expression."""
    if text.isascii() and "-" not in text:
        return text.encode().translate(_SMALL_LETTERS).decode().split()
    return [word.lower() for word in _WORD.findall(text)]


def _letters(line: str) -> str:
    """What a stock line is compared by: its words, letters only, in lower case."""
    return " ".join(_WORD.findall(line.lower()))


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    folder = resources.files("transforms").joinpath("data")
    data, languages = (
        parse_yaml(folder.joinpath(name).read_text("utf-8")) for name in ("furniture.yaml", "furniture_languages.yaml")
    )
    words = {key: frozenset(str(value).split()) for key, value in data.items() if key != "lines"}
    lines = {
        _letters(line): kind
        for stock in (*languages.values(), data["lines"])
        for kind, listed in stock.items()
        for line in listed
    }
    kinds = {kind: words[kind] for kind in KINDS}
    return _Vocabulary(
        kinds, frozenset().union(*kinds.values()), words["plain"], words["headers"], words["sure"], lines
    )


_SAID = re.compile(r"[,.!?] (?:kata|ujar|tutur|ucap|pinta|pesan|tulis|said|says)(?:nya)?\b")
"""Who said it: what goes before is a quotation, with its marks or without."""
_STEP = re.compile(r"(?:\d{1,2}|[A-Za-z])[.)] ?[^\W\d_]")


def _is_step(text: str) -> bool:
    """Whether a line is a step of an instruction, which may well be to fill in a form."""
    number = text[:3]  # with the mark behind it
    return ("." in number or ")" in number) and _STEP.match(text) is not None


@lru_cache(maxsize=4096)
def furniture_kind(text: str) -> str | None:
    """The kind of furniture that a line's words make it, wherever it stands; None for anything else."""
    if len(text) > MAX_FURNITURE_CHARACTERS or text[0] in '"“‘' or text[-1] in '"”’' or _is_step(text):
        return None
    words = _words(text)
    vocabulary = _vocabulary()
    if not words or len(words) > MAX_FURNITURE_WORDS:
        return None
    if len(words) <= MAX_STOCK_WORDS and (stock := vocabulary.lines.get(" ".join(words))):
        return stock
    if vocabulary.strong.isdisjoint(words) or _SAID.search(text):
        return None
    strong = [word for word in words if word in vocabulary.strong]
    covered = len(strong) + sum(word in vocabulary.plain and word not in vocabulary.strong for word in words)
    if len(strong) >= MIN_STRONG_BESIDE_NAME and text[-1] not in ".,:;":
        covered += min(_names_within(_WORD.findall(text), words, vocabulary), MAX_OUTLET_WORDS)
    if not _enough(len(words), len(strong), covered, text[-1] in ".!?"):
        return None
    counts = {kind: sum(word in vocabulary.kinds[kind] for word in strong) for kind in KINDS}
    return max(KINDS, key=lambda kind: counts[kind])


def _names_within(spelled: Sequence[str], words: Sequence[str], vocabulary: _Vocabulary) -> int:
    """How many words of a line, its first apart, have a capital and are none of furniture: the outlet's name."""
    return sum(
        spelling[0].isupper() and word not in vocabulary.strong and word not in vocabulary.plain
        for spelling, word in zip(spelled[1:], words[1:], strict=True)
    )


def _enough(words: int, strong: int, covered: int, sentence: bool) -> bool:
    """Whether so many furniture words make a line furniture."""
    if covered == words:
        return strong >= (max(2, words * STRONG) if sentence else max(1, words * STRONG if words > 4 else 1))
    if sentence and words < 8:
        return False
    return covered >= words * COVERED and strong >= max(2, words * (STRONG + 0.1))


@lru_cache(maxsize=1)
def classify(page: Page) -> list[str | None]:
    """The kind of furniture of each line of the page, None for the article's own lines; empty without any furniture.

    Kept for the last page: each kind has a rule of its own, and all of them ask.
    """
    scored = [furniture_kind(line.text) if len(line.text) <= MAX_FURNITURE_CHARACTERS else None for line in page.lines]
    if not any(scored):
        return []
    kinds: list[str | None] = [None] * len(page.lines)
    _spare_steps(page, scored)
    for line in page.lines:
        kind = scored[line.index]
        if kind and (_among_furniture(scored, line.index) or (_is_sure(line) and _stands_apart(page, line))):
            kinds[line.index] = kind
    _follow_headers(page, kinds)
    _fill(page, kinds)
    return kinds


_STEP_VERBS = frozenset(
    (
        "buka klik pilih isi isikan masukkan masukan ketik tekan ketuk login kirim kirimkan unduh download unggah "
        "upload simpan daftar kunjungi akses gulir layari centang konfirmasi verifikasi cari tunggu siapkan "
        "hantar muat open click tap press enter select choose type visit fill scroll submit sign log go"
    ).split()
)
"""Words that a step of an instruction on using a site or an app begins with."""


MAX_ITEM_WORDS = 3
"""Words of an item of a list that a line with a colon opens; the names of networks, forms and buttons have no more."""
_NO_ITEM = frozenset(
    "bagikan share kongsi sebarkan tag tags label topik topics kategori komentar comment comments komen".split()
)
"""Words of a line with which the furniture behind an article begins anew."""


def _spare_steps(page: Page, scored: list[str | None]) -> None:
    """Take no furniture from under a line with a colon: the steps of an instruction, and short items of a list."""
    below_colon = False
    for line in page.lines:
        if scored[line.index] is None and line.text[-1] == ":":
            below_colon = True
        elif below_colon and _is_item(line):
            scored[line.index] = None
        else:
            below_colon = False


def _is_item(line: Line) -> bool:
    """Whether a line below one with a colon is a step, or so short that it may be an item."""
    words = _words(line.text)
    if not words or words[0] in _STEP_VERBS:
        return bool(words)
    return len(words) <= MAX_ITEM_WORDS and line.text[-1] != ":" and _headers().isdisjoint(words)


@lru_cache(maxsize=1)
def _headers() -> frozenset[str]:
    return _vocabulary().headers | _NO_ITEM


def _stands_apart(page: Page, line: Line) -> bool:
    """Whether a line is outside the article, or amid it but beyond doubt: all its several words are furniture."""
    if line.index < page.head_end or line.index >= page.tail_start:
        return True
    words = _words(line.text)
    return 2 <= len(words) <= 8 and line.text[-1] not in ".!?" and all(word in _vocabulary().strong for word in words)


def _fill(page: Page, kinds: list[str | None]) -> None:
    """Make tiny lines between two lines of furniture furniture too, and outside the article the counters beside it."""
    for line, beside in (*pairwise(page.lines), *pairwise(reversed(page.lines))):
        outside = beside.index < page.head_end or beside.index >= page.tail_start
        kind = kinds[line.index]
        spreads = kind not in (None, "related_link") and kinds[beside.index] is None and outside
        if spreads and _COUNTER.fullmatch(beside.text):
            kinds[beside.index] = kind
    for line in page.lines[1:-1]:
        before, after = kinds[line.index - 1], kinds[line.index + 1]
        if kinds[line.index] is None and before and after and len(line.words) <= MAX_FILLER_WORDS:
            kinds[line.index] = before


def _is_stock(line: Line) -> bool:
    return _letters(line.text) in _vocabulary().lines


def _is_sure(line: Line) -> bool:
    """Whether a line is a stock line, or has a word that short lines of articles hardly have."""
    return _is_stock(line) or not _vocabulary().sure.isdisjoint(_words(line.text))


def _among_furniture(scored: list[str | None], index: int) -> bool:
    before = index > 0 and scored[index - 1] is not None
    return before or (index + 1 < len(scored) and scored[index + 1] is not None)


def _follow_headers(page: Page, kinds: list[str | None]) -> None:
    """Give the lines under a list's header its kind, when the list goes on to other furniture or to the end."""
    header: str | None = None
    listed: list[int] = []
    for line in page.lines[page.tail_start :]:
        kind = kinds[line.index]
        if kind is not None:
            _assign(kinds, listed, header)
            header, listed = (kind if _is_header(line, kind) else None), []
        elif header is not None and _is_listed(line, header, len(listed)):
            listed.append(line.index)
        else:
            header = None
    _assign(kinds, listed, header)


def _assign(kinds: list[str | None], listed: list[int], header: str | None) -> None:
    if header is not None:
        for index in listed:
            kinds[index] = header


def _is_header(line: Line, kind: str) -> bool:
    """Whether a furniture line opens a list: related links, tags, or the title of the neighbouring post."""
    words = set(_words(line.text))
    if kind == "related_link" and len(words) <= MAX_STOCK_WORDS and _is_stock(line):
        return True
    if kind == "tags":
        return len(words) <= 3
    if kind == "navigation":
        return len(words) <= 4 and bool(words & _NEIGHBOUR)
    return len(words) <= 8 and bool(words & _vocabulary().headers)


_DATE = re.compile(
    r"(?:[A-Za-z'’]+,? )?\d{1,2} [A-Za-z]{3,9} \d{4}.{0,20}|[A-Za-z]{3,9} \d{1,2}, \d{4}"
    r"|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}.{0,16}"
)
"""A date in a list of links."""
_FILED = re.compile(
    r"(?:dalam|in|pada) [\"“][^\"“”]{2,40}[\"”]|(?:dengan|with) \d+ (?:komentar|comments?)", re.IGNORECASE
)
"""What one common widget prints under a link."""
_NEIGHBOUR = frozenset(
    "sebelumnya berikutnya selanjutnya previous next older newer prev sebelum seterusnya navigasi navigation".split()
)
_UNSPACED = "\u0e00"
"""Thai: from here on stand the scripts that set no spaces between words."""
MAX_NEIGHBOURS = 2
"""Posts beside this one, whose titles stand under one word for them."""


def _is_listed(line: Line, header: str, links: int) -> bool:
    """Whether a line can be an entry of the list that a header opened."""
    words = line.text.split()
    if not _WORD.search(line.text) or _DATE.fullmatch(line.text) or _FILED.fullmatch(line.text):
        return True
    if header == "tags":
        return line.text[0] == "#" or (len(words) <= MAX_TAG_WORDS and line.text[-1] not in '.!?:"”')
    if header == "navigation":
        return links < MAX_NEIGHBOURS and 2 <= len(words) <= MAX_LINK_WORDS and line.text[-1] not in '."”:'
    fewest = 1 if links or max(line.text) >= _UNSPACED else 2
    return fewest <= len(words) <= MAX_LINK_WORDS and line.text[-1] not in '."”:'


def of_kind(kind: str) -> Callable[[Page], Iterator[tuple[int, int]]]:
    """A matcher for the furniture of one kind: neighbouring lines of it are one stretch."""

    def find(page: Page) -> Iterator[tuple[int, int]]:
        kinds = classify(page)
        if kind not in kinds:
            return
        start = end = -1
        for line, found in zip(page.lines, kinds, strict=True):
            if found == kind:
                start, end = (line.start if start < 0 else start), line.end
            elif start >= 0:
                yield start, end
                start = -1
        if start >= 0:
            yield start, end

    return find
