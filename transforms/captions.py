"""Picture captions, found by their credit.

A caption reads like body text; what gives it away is who is credited behind or before it: ``ANTARA/Name``, ``(Foto:
…)``, ``| SITE.CO/Name``, ``ISTIMEWA``. On a line of its own the rest of the line is the caption. Inside a running
paragraph the caption reaches back to the sentence end before it and the photographer's name on to the next sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from transforms.headlines import opening_dateline
from transforms.lines import WIDE, Line, Page

Span = tuple[int, int]

_NAME = r"[A-Z][\w’'.-]*(?:[ /](?:[A-Z][\w’'.-]*|bin|binti|van|de|al|dan|nz|aww|foc|rwa|hp|YU|wsj|tom|sgd))*"
SITE = r"[A-Za-z0-9]{2,24}\.(?:com|co\.id|co|id|net|news|tv|COM|CO\.ID|CO|ID|NET|NEWS|TV)"
_AGENCY = (
    r"(?:ANTARA(?: FOTO| Foto)?|Antara(?: Foto)?|TEMPO|Tempo|REUTERS|Reuters|AFP|AP(?: Photo)?|EPA(?:-EFE)?"
    r"|Xinhua|XINHUA|"
    r"BERNAMA|Bernama|Getty Images|GETTY IMAGES|KOMPAS|Kompas|TRIBUN\w*|Tribun\w*|Republika|REPUBLIKA|MI|JIBI|Bisnis|"
    rf"Okezone|MPI|SINDOnews|KORAN SINDO|Sputnik|AKURAT|{SITE})"
)
_STOCK = (
    r"(?:Getty Images|Shutterstock|Thinkstock(?:photos)?|Freepik|Pixabay|Unsplash|Pexels|i[Ss]tock(?:photo)?"
    r"|Istockphoto|"
    r"Dreamstime|Alamy|Wikimedia(?: Commons)?|Canva|Dok\. ?Pribadi|Dokumentasi Pribadi|Antara Foto|ANTARA FOTO)"
)
_MARK = (
    r"(?:sumber\s)?(?:foto|photo|fhoto|credits?|kredit|gambar|image|dok|dokumentasi|doc|ilustrasi foto|courtesy"
    r"|screenshot|"
    r"tangkapan layar|repro|pict|pic|ft)\b"
)
_SLASH = rf"{_AGENCY}\s?/\s?(?:{_NAME}|{_STOCK})"
_BRACKETED = re.compile(
    rf"[(\[]\s?(?:{_MARK}(?:\s?[:./]|(?=\s?[)\]])|\s(?=(?-i:[A-Z0-9@])|{_MARK}|ist\b|istimewa|oleh|by\b|milik|net\b))\s?[^()\[\]\n]{{0,90}}|(?:ist|istimewa|dok|repro|net|internet|pixabay|freepik"
    rf"|shutterstock)\.?|"
    rf"(?-i:{_SLASH}|[A-Z][\w’'. -]{{2,30}}/ ?{SITE}|{_STOCK}|{_AGENCY}"
    rf"|(?:Instagram|Twitter|Facebook|YouTube|X)[/:@ ][^()\n]{{2,60}}))\s?[)\]]\s?\.?",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?:\|\s?)?(?:{_SLASH}|{_STOCK}(?:\s?/\s?{_NAME})?|[A-Z]\w+ / {_STOCK}|ISTIMEWA|Istimewa"
    rf"|Foto/[A-Z][\w ./-]{{1,40}}|"
    rf"(?:Foto|FOTO|foto|Photo|Kredit foto|Sumber foto|Dok|DOK|dok|Doc|Foto ?[Bb]y|Foto oleh)(?:\."
    rf"|\s?[:/])\s?(?:[Dd]o[ck]\.\s?)?[^.|\n]{{2,60}}|"
    rf"©\s?(?:\d{{4}}\s)?[^\n]{{2,60}}|(?:X|x|[Ii]nstagram|[Tt]witter|[Ff]acebook|[Yy]ou[Tt]ube"
    rf"|[Tt]ik[Tt]ok)(?:\.com)?/[\w.@]{{2,40}}|"
    rf"\|\s?[A-Z0-9][\w.]{{2,30}})"
)
_MARKED = re.compile(rf"[(\[]\s?(?:{_MARK}|ist\b|istimewa)", re.IGNORECASE)
_WEAK = re.compile(r"[(\[]\s?(?:ist|istimewa|net|internet)\.?\s?[)\]]|istimewa", re.IGNORECASE)
BOUNDARY = re.compile(r"(?<=[a-z0-9)%][.!?]) ?[\"”’]? ?(?=[\"“‘]?[A-Z])|(?<=[.!?,][\"”’]) (?=[A-Z\"“])")
"""Where one sentence of a paragraph ends and the next begins."""

MAX_CAPTION = 420
"""Characters of a caption: the longest hand-marked one has 247."""
MAX_INLINE_CAPTION = 340
"""As above, for one inside a running paragraph, where a mistake costs body text."""


def credit_lines(page: Page) -> Iterator[Span]:
    """Lines that are nothing but a credit, and credits behind running text that is no caption."""
    for line in page.lines:
        if span := _credit_at_end(line.text):
            caption, credit = line.text[: span[0]], line.text[span[0] :]
            if not caption.strip() or _may_be_article(page, line, caption) or not _is_caption(caption, credit):
                yield line.start + span[0], line.start + span[1]


def caption_lines(page: Page) -> Iterator[Span]:
    """Lines that are a caption with its credit behind or before it."""
    for line in page.lines:
        if len(line.text) > MAX_CAPTION:
            continue
        if line.index == 0 and _is_opening_caption(page):
            yield line.start, line.end
        elif (span := _credit_at_end(line.text)) and line.text[: span[0]].strip():
            caption, credit = line.text[: span[0]], line.text[span[0] :]
            if not _may_be_article(page, line, caption) and _is_caption(caption, credit):
                yield line.start, line.end
        elif len(line.text) <= MAX_INLINE_CAPTION and _starts_with_credit(line.text):
            end = _lost_break(page, line)
            if end < line.end or len(page.lines) > 1:  # a page's only line is its article
                yield line.start, end


def _lost_break(page: Page, line: Line) -> int:
    """The end of a line, or where in it a line break was lost before a paragraph of running text."""
    gap = page.spaced.find(WIDE, line.start, line.end)
    if gap < 0:
        return line.end
    rest = Line(line.index, gap + 1, line.end, page.text[gap + 1 : line.end])
    return gap if rest.is_body else line.end


_OPENING_CREDIT = re.compile(r"(?:\||(?:Foto|FOTO|Photo)\s?[/:]|(?<=[.)] )[A-Z][\w.]{2,20}/)\s?[\w][^|\n]{1,40}\Z")


MAX_OPENING_CREDIT = 64
"""Characters that such a credit has at most."""
_REPORT = "laporan"
"""How a line begins that names its reporter."""
_OPENING_BRACKET = re.compile(
    r"[(\[](?=[^()]*[a-z]{3}|[^()]{8})[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){0,3} ?/ ?[A-Z][\w.’' -]{1,30}[)\]]\Z"
)
"""Paper and photographer behind the caption above the article; institutions in brackets (*DPR/MPR*) are shorter."""
MAX_OPENING_CAPTION = 200
"""Characters of a caption that only its bracket shows."""


def _is_opening_caption(page: Page) -> bool:
    """Whether the first line is the caption of the opening picture: it ends in a name, and the article follows it."""
    if len(page.lines) < 2 or page.lines[0].text[: len(_REPORT)].lower() == _REPORT:
        return False
    first, second = page.lines[:2]
    if len(first.text) <= MAX_OPENING_CAPTION and second.is_body and _OPENING_BRACKET.search(first.text):
        return True
    credit = _OPENING_CREDIT.search(first.text, max(0, len(first.text) - MAX_OPENING_CREDIT))
    return credit is not None and opening_dateline(second.text, page.outlet) is not None


def _credit_at_end(text: str) -> Span | None:
    """Where the credit that ends a line stands in it."""
    last = text[-1]
    if last in ")]" or text[-2:] in (").", "]."):
        for found in _BRACKETED.finditer(text, max(0, len(text) - 110)):
            if found.end() == len(text) and not _closes_sentence(text, found):
                return found.span()
    if len(text) > (MAX_BARE_CREDIT if last in '.!?"”' else MAX_CAPTION):
        return None
    return _unbracketed_credit(text)


@lru_cache(maxsize=1024)
def _unbracketed_credit(text: str) -> Span | None:
    """The same without brackets, for lines of bounded length: two rules and every round ask for it."""
    if len(text) <= MAX_BARE_CREDIT and (whole := _BARE.fullmatch(text)):
        return whole.span()
    if text[-1] in '.!?"”':
        return None
    trailing = _TRAILING.search(text, max(0, len(text) - 90))
    return trailing.span() if trailing else None


def _closes_sentence(text: str, credit: re.Match[str]) -> bool:
    """Whether a bracket that only names a site stands before the full stop of a sentence, and so belongs to it."""
    before = text[: credit.start()].rstrip()
    return (
        credit.group()[-1] == "."
        and before[-1:] not in ("", ".", "!", "?", '"', "”")
        and not _MARKED.match(text, credit.start())
    )


MAX_BARE_CREDIT = 110
"""Characters of a credit on a line of its own: the longest hand-marked one has 41."""
_TRAILING = re.compile(
    rf"(?<![\w/.]){_SLASH}\Z|\|\s?(?:{_SLASH}|ISTIMEWA|Istimewa|{SITE}|[A-Z][\w.]{{2,20}})\Z|(?<=[.!?\w)] )ISTIMEWA\Z|"
    rf"(?<=[.!?)] ){_STOCK}\Z|(?<=[.!?) ])(?:Foto|FOTO|foto)\s?:\s?[^.:|]{{2,50}}\Z"
    rf"|(?<=[.!?)] )Dok\.? ?[A-Z][^.|]{{2,40}}\Z"
    r"|(?<=[.!?)] )(?:Photograph|Photo|Picture|Image|PHOTO|Pic) ?: ?[A-Z][^.:|]{2,50}\Z"
    rf"|(?<=[\w.!?)] )/ ?(?:{SITE}|[A-Z][\w.]{{2,20}})/[A-Z][\w .’'-]{{2,30}}\Z"
    r"|(?<=[\w.!?)] )[-–—] ?[A-Z]{4,15}/[A-Z][\w .]{2,24}\Z"
    r"|(?<=[a-z)]\. )[A-Z][A-Za-z]{2,14}/[A-Z][a-z’'-]{1,14}(?: [A-Z][a-z’'-]{0,14}){1,2}\Z"
    r"|(?<=[\w.!?)] )[-–—] ?(?:Gambar|Foto|GAMBAR|FOTO|Pix) (?:fail|hiasan|ihsan|oleh|[A-Z])[^.|:]{0,40}\Z"
    r"|(?<=[\w.!?)] )[-–—] ?(?:File |Handout )?(?:[Pp]hoto|[Pp]icture|[Pp]ix)s? (?:by|courtesy of|from) [A-Z]"
    r"[^.|:]{2,40}\Z"
)


def _may_be_article(page: Page, line: Line, text: str) -> bool:
    """Whether what stands before a credit may be the article, or its last sentence, which the credit signs.

    So it is behind the article's last full stop, as initials would stand there, and where the page has no other running
    text. Behind its only paragraph more lines may follow that are the article.
    """
    if text.rstrip()[-1:] not in (".", "!", "?"):
        return False
    if not any(other.is_body for other in page.lines if other is not line):
        return True
    return line.index == page.tail_start - 1 and (line.index > page.head_end or line is page.lines[-1])


def _is_caption(text: str, credit: str) -> bool:
    """Whether the text before a credit is one caption: a single sentence, or short."""
    text = text.strip()
    if len(text) > MAX_CAPTION:
        return False
    if _SAID.search(text):
        return False
    sentences = len(BOUNDARY.findall(text)) + 1
    if _WEAK.fullmatch(credit.strip()):
        return sentences == 1 and not QUOTE.search(text)
    return sentences == 1 or (sentences == 2 and len(text) <= MAX_CAPTION // 2 and not QUOTE.search(text))


QUOTE = re.compile(
    r"[\"“”].{20,}[\"“”]|\b(?:katanya|ujarnya|ungkapnya|jelasnya|tuturnya|tegasnya|ucapnya|imbuhnya|tandasnya)\b"
)
_SAID = re.compile(
    r"[,.?!][\"”’]{1,2},? ?(?:kata|ujar|ungkap|jelas|tutur|tegas|ucap|imbuh|tandas|pungkas|papar|sebut|tambah"
    r"|terang|said)"
)
"""A quotation with who said it: no caption has one."""
_LEADING = re.compile(
    rf"(?:{_SLASH}|[A-Z]\w+ / {_STOCK}|{_STOCK}|Dok\. ?[A-Z][\w ]{{2,30}}|©\s?(?:\d{{4}}\s)?[A-Z]\w+)(?=\s?[A-Z(\[])"
)


@lru_cache(maxsize=1024)
def _starts_with_credit(text: str) -> bool:
    """Whether a line of at most `MAX_INLINE_CAPTION` is a credit with its caption glued or set behind it."""
    found = _LEADING.match(text)
    if found is None:
        return False
    return not BOUNDARY.search(text, found.end()) and not QUOTE.search(text)


_PLAIN = re.compile(
    r"(?:ilustrasi|foto ilustrasi|(?:gambar|foto) (?:hiasan|fail|sekadar hiasan)|gambar ilustrasi|"
    r"ket(?:erangan)?\.? ?(?:foto|gambar)|caption|"
    r"teks (?:foto|gambar)|photo caption|foto utama|image caption|featured image|sekadar gambar hiasan|illustration)\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:ket(?:erangan)?\.? ?(?:foto|gambar)|teks (?:foto|gambar)|(?:photo|image) caption|caption(?: foto)?)"
    r"\s?[:：]\s?\S",
    re.IGNORECASE,
)
"""A label that makes even a whole sentence behind it a caption."""
_ROW = re.compile(r"\((?:ki|kiri|dari kiri|ki-ka|kiri-kanan|kiri ke kanan|ka-ki|l-r|left)[^()]{0,20}\)", re.IGNORECASE)
MAX_PLAIN_WORDS = 14
"""Words of a caption that only its first word (``Ilustrasi``) tells."""


def plain_captions(page: Page) -> Iterator[Span]:
    """Captions without a credit: ``Ilustrasi …``, ``Gambar hiasan.``, ``(ki-ka) …`` above the article."""
    for line in page.lines:
        if len(line.text) > MAX_CAPTION:
            continue
        if (_PLAIN.match(line.text) and _is_plain(line)) or (
            line.index < 3 and len(page.lines) > line.index + 1 and _ROW.match(line.text)
        ):
            yield line.start, line.end
    yield from _doubled_video(page)


def _is_plain(line: Line) -> bool:
    """Whether a line that begins like a caption is one: short and no sentence, or behind a label."""
    short = len(line.words) <= MAX_PLAIN_WORDS and _no_sentence(line.text)
    return short or _LABELLED.match(line.text) is not None


def _no_sentence(text: str) -> bool:
    return text[-1] not in ".!?" or len(text.split()) <= 3


def _doubled_video(page: Page) -> Iterator[Span]:
    """One title on two lines running, as players print it, near the end."""
    for left, right in zip(page.lines, page.lines[1:], strict=False):
        near_end = right.index >= page.tail_start and left.index > 0
        if near_end and left.text == right.text and 3 <= len(left.words) <= 20 and left.text[-1] not in '."”':
            yield left.start, right.end
