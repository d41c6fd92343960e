"""Picture captions inside running text: one-paragraph pages print caption and credit between two sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.captions import BOUNDARY, MAX_CAPTION, MAX_INLINE_CAPTION, QUOTE, SITE, Span
from transforms.joins import OPENERS
from transforms.lines import Line, Page
from transforms.related_words import HONORIFICS

MAX_NAME_TOKENS = 6
"""Words of a photographer's name: the longest hand-marked one has 5."""
USUAL_NAME_TOKENS = 3
"""Words taken for a name when nothing says where it ends: nine names in ten have no more."""

_CREDITED = r"(?<![\w/.@])(?:(?P<agency>ANTARA(?: FOTO)?|Antara(?: Foto)?|TEMPO|Tempo|REUTERS|AFP|AKURAT\.CO)"
_INLINE_AGENCY = re.compile(rf"{_CREDITED})/")
_INLINE_ANY = re.compile(rf"{_CREDITED}|(?!(?i:twitter|facebook|instagram|youtube|tiktok|bit|t|x)\.){SITE})/")
_SLASH_BEFORE_NAME = re.compile(r"/(?=[A-Z](?P<full>[\w’'.-]* [A-Z])?)")
MAX_CREDITED = 40
"""Characters of an agency or a site before the slash: the patterns take 31."""
_TOKEN = re.compile(r"[ \xa0]?([A-Z][\w’'.-]*)")
"""A word of a name; a lost line break ends the name."""
_BRACKETED_NAME = re.compile(rf"{_TOKEN.pattern}(?:{_TOKEN.pattern}){{0,{MAX_NAME_TOKENS - 1}}}\)")
"""A name that a bracket ends, whatever words it is made of."""
_DATED = re.compile(r"\(\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?\)")
_STOP_INSIDE = re.compile(r"[a-z]{3}[.!?][\"”]? +[^\s|]|https?:|www\.|={3}|\(\d\)")
_SEAM = re.compile(r"[a-z](?=[A-Z][a-z])")


_DATELINE_AGENCY = re.compile(r"(?<=\s)(?:[A-Z][\w’'-]* ?)?\((?P<agency>[A-Z][A-Za-z]{3,15})\)\s?[-–—]")


def agency_captions(page: Page) -> Iterator[Span]:
    """``Caption AGENCY/Name Town (Agency) - First sentence``, whatever the agency: its dateline says which it is."""
    for dateline in _DATELINE_AGENCY.finditer(page.text):
        line = page.lines[page.line_at(dateline.start())]
        credit = re.compile(rf"(?<![\w/.@]){dateline['agency']}/(?=[A-Z])", re.IGNORECASE)
        found = credit.search(page.text, max(line.start, dateline.start() - MAX_INLINE_CAPTION), dateline.start())
        if found and len(page.text[found.end() : dateline.start()].split()) <= MAX_NAME_TOKENS:
            yield _agency_caption_start(page, line, found.start()), dateline.start()


def _agency_caption_start(page: Page, line: Line, credit: int) -> int:
    """Where a caption before a credit and a dateline begins: above the article even one with a full stop."""
    if line.index <= page.head_end and credit - line.start <= MAX_INLINE_CAPTION:
        before = page.text[line.start : credit].rstrip()
        if not QUOTE.search(before) and not BOUNDARY.search(before):
            return line.start
    caption = _caption_start(page.text, line.start, credit)
    return credit if caption is None else caption


def _inline_credits(text: str) -> Iterator[re.Match[str]]:
    """Each agency or site before a slash and a name; a site needs a name of two words behind it."""
    for slash in _SLASH_BEFORE_NAME.finditer(text):
        start = max(text.rfind("/", 0, slash.start()) + 1, slash.start() - MAX_CREDITED)
        pattern = _INLINE_ANY if slash["full"] is not None else _INLINE_AGENCY
        if found := pattern.search(text, start, slash.end()):
            yield found


def inline_captions(page: Page) -> Iterator[Span]:
    """``… sentence. Caption AGENCY/Name Next sentence``: the caption with its credit inside running text."""
    for found in _inline_credits(page.text):
        line = page.lines[page.line_at(found.start())]
        if len(line.text) <= MAX_CAPTION and line.end - found.end() < 60:
            continue
        start = found.start() - _copyright_before(page.text, found.start())
        if page.text[start - 1 : start] == "(" and (name := _BRACKETED_NAME.match(page.text, found.end(), line.end)):
            yield start - 1, name.end()
            continue
        end = _name_end(page.spaced, found.end(), line.end)
        caption = _caption_start(page.text, line.start, start) if found["agency"] else None
        yield (start if caption is None else caption), end


_COPYRIGHT = re.compile(r"© ?(?:\d{4} )?\Z")


def _copyright_before(text: str, at: int) -> int:
    """Length of the sign and the year that stand before a credit."""
    sign = _COPYRIGHT.search(text, max(0, at - 8), at)
    return len(sign.group()) if sign else 0


def _name_end(text: str, at: int, stop: int) -> int:
    """Where a photographer's name ends: before a sentence opener, at a seam, or where it ends elsewhere in the
    article."""
    ends: list[int] = []
    end = at
    while len(ends) <= MAX_NAME_TOKENS and (token := _TOKEN.match(text, end, stop)):
        word = token.group(1)
        if ends and (_opens_sentence(word) or (text[at:end].isupper() and end - at > 3 and not word.isupper())):
            return end
        if ends and text[token.end() : token.end() + 2].strip()[:1].islower():
            break
        if ends and (seam := _SEAM.search(word)):
            return token.start(1) + seam.end()
        if word.endswith(".") and len(word) > 3:
            return token.end() - 1
        end = token.end()
        ends.append(end)
    if len(ends) <= USUAL_NAME_TOKENS:
        return end
    plain = text.replace(".", "")
    counts = [plain.count(text[at:known].replace(".", "")) for known in ends]
    signed = [known for known, count, longer in zip(ends[1:], counts[1:], counts[2:], strict=False) if count > longer]
    return signed[-1] if signed else ends[USUAL_NAME_TOKENS - 1]


def _opens_sentence(word: str) -> bool:
    """Whether a capitalised word behind a name begins the next sentence: an opener, an office, or a site."""
    lower = word.lower()
    return lower in OPENERS or lower in HONORIFICS or "." in word[1:-1]


def _caption_start(text: str, line_start: int, credit: int) -> int | None:
    """Where the caption before a credit begins; None when a body sentence may end there.

    A caption either runs into its credit without a full stop or carries its date in brackets.
    """
    window = max(line_start, credit - MAX_INLINE_CAPTION)
    boundaries = [found.end() for found in BOUNDARY.finditer(text, window, credit)]
    tail = text[window:credit].rstrip(" ,")
    closed = bool(tail) and tail[-1] in '.!?"”'
    if closed and boundaries and boundaries[-1] >= window + len(tail):
        boundaries.pop()
    start = boundaries[-1] if boundaries else line_start if window == line_start else None
    if start is None or (closed and not _DATED.search(text, start, credit)):
        return None
    inside = text[start:credit]
    return None if QUOTE.search(inside) or _STOP_INSIDE.search(inside) else start


_INLINE_BRACKET = re.compile(
    r"[(\[]\s?(?:sumber )?(?:foto|photo|credits?|kredit foto|image|gambar)\s?[:/]\s?[^()\[\]\n]{2,70}[)\]]",
    re.IGNORECASE,
)


def inline_brackets(page: Page) -> Iterator[Span]:
    """``(Foto: …)`` inside running text, with the caption before it when that has no full stop of its own."""
    for found in _INLINE_BRACKET.finditer(page.text):
        line = page.lines[page.line_at(found.start())]
        if line.end - found.end() < 3 and len(line.text) <= MAX_CAPTION:
            continue
        caption = _caption_start(page.text, line.start, found.start())
        yield (found.start() if caption is None or caption == line.start else caption), found.end()
