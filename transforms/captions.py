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
from transforms.joins import OPENERS
from transforms.lines import Line, Page
from transforms.related_features import HONORIFICS

Span = tuple[int, int]

_NAME = r"[A-Z][\w’'.-]*(?:[ /](?:[A-Z][\w’'.-]*|bin|binti|van|de|al|dan|nz|aww|foc|rwa|hp|YU|wsj|tom|sgd))*"
_SITE = r"[A-Za-z0-9]{2,24}\.(?:com|co\.id|co|id|net|news|tv|COM|CO\.ID|CO|ID|NET|NEWS|TV)"
_AGENCY = (
    r"(?:ANTARA(?: FOTO| Foto)?|Antara(?: Foto)?|TEMPO|Tempo|REUTERS|Reuters|AFP|AP(?: Photo)?|EPA(?:-EFE)?"
    r"|Xinhua|XINHUA|"
    r"BERNAMA|Bernama|Getty Images|GETTY IMAGES|KOMPAS|Kompas|TRIBUN\w*|Tribun\w*|Republika|REPUBLIKA|MI|JIBI|Bisnis|"
    rf"Okezone|MPI|SINDOnews|KORAN SINDO|Sputnik|AKURAT|{_SITE})"
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
    rf"[(\[]\s?(?:{_MARK}\s?[:./]?\s?[^()\[\]\n]{{0,90}}|(?:ist|istimewa|dok|repro|net|internet|pixabay|freepik"
    rf"|shutterstock)\.?|"
    rf"(?-i:{_SLASH}|{_STOCK}|{_AGENCY}|(?:Instagram|Twitter|Facebook|YouTube|X)[/:@ ][^()\n]{{2,60}}))\s?[)\]]\s?\.?",
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
_BOUNDARY = re.compile(r"(?<=[a-z0-9)%][.!?]) ?[\"”’]? ?(?=[\"“‘]?[A-Z])|(?<=[.!?,][\"”’]) (?=[A-Z\"“])")
"""Where one sentence of a paragraph ends and the next begins."""

MAX_CAPTION = 420
"""Characters of a caption: the longest hand-marked one has 247."""
MAX_INLINE_CAPTION = 340
"""As above, for one inside a running paragraph, where a mistake costs body text."""
MAX_NAME_TOKENS = 6
"""Words of a photographer's name: the longest hand-marked one has 5."""
USUAL_NAME_TOKENS = 3
"""Words taken for a name when nothing says where it ends: nine names in ten have no more."""


def credit_lines(page: Page) -> Iterator[Span]:
    """Lines that are nothing but a credit, and credits behind running text that is no caption."""
    for line in page.lines:
        if span := _credit_at_end(line.text):
            caption, credit = line.text[: span[0]], line.text[span[0] :]
            if not caption.strip() or _is_last_sentence(page, line, caption) or not _is_caption(caption, credit):
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
            if not _is_last_sentence(page, line, caption) and _is_caption(caption, credit):
                yield line.start, line.end
        elif len(line.text) <= MAX_INLINE_CAPTION and _starts_with_credit(line.text):
            yield line.start, line.end


_OPENING_CREDIT = re.compile(r"(?:\||(?:Foto|FOTO|Photo)\s?[/:]|(?<=[.)] )[A-Z][\w.]{2,20}/)\s?[\w][^|\n]{1,40}\Z")


def _is_opening_caption(page: Page) -> bool:
    """Whether the first line is the caption of the opening picture: it ends in a name, and a dateline follows it."""
    if (
        len(page.lines) < 2
        or page.lines[0].text.lower().startswith("laporan")
        or not _OPENING_CREDIT.search(page.lines[0].text)
    ):
        return False
    return opening_dateline(page.lines[1].text, page.outlet) is not None


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
    rf"(?<![\w/.]){_SLASH}\Z|\|\s?(?:{_SLASH}|ISTIMEWA|Istimewa|{_SITE}|[A-Z][\w.]{{2,20}})\Z|(?<=[.!?\w)] )ISTIMEWA\Z|"
    rf"(?<=[.!?)] ){_STOCK}\Z|(?<=[.!?) ])(?:Foto|FOTO|foto)\s?:\s?[^.:|]{{2,50}}\Z"
    rf"|(?<=[.!?)] )Dok\.? ?[A-Z][^.|]{{2,40}}\Z"
)


def _is_last_sentence(page: Page, line: Line, text: str) -> bool:
    """Whether a credit stands behind the article's last full stop: there it signs the article, as initials would."""
    return line.index == page.tail_start - 1 and line.index > page.head_end and text.rstrip()[-1:] in (".", "!", "?")


def _is_caption(text: str, credit: str) -> bool:
    """Whether the text before a credit is one caption: a single sentence, or short."""
    text = text.strip()
    if len(text) > MAX_CAPTION:
        return False
    if _SAID.search(text):
        return False
    sentences = len(_BOUNDARY.findall(text)) + 1
    if _WEAK.fullmatch(credit.strip()):
        return sentences == 1 and not _QUOTE.search(text)
    return sentences == 1 or (sentences == 2 and len(text) <= MAX_CAPTION // 2 and not _QUOTE.search(text))


_QUOTE = re.compile(
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
    return not _BOUNDARY.search(text, found.end()) and not _QUOTE.search(text)


_CREDITED = r"(?<![\w/.@])(?:(?P<agency>ANTARA(?: FOTO)?|Antara(?: Foto)?|TEMPO|Tempo|REUTERS|AFP|AKURAT\.CO)"
_INLINE_AGENCY = re.compile(rf"{_CREDITED})/")
_INLINE_ANY = re.compile(rf"{_CREDITED}|(?!(?i:twitter|facebook|instagram|youtube|tiktok|bit|t|x)\.){_SITE})/")
_SLASH_BEFORE_NAME = re.compile(r"/(?=[A-Z](?P<full>[\w’'.-]* [A-Z])?)")
MAX_CREDITED = 40
"""Characters of an agency or a site before the slash: the patterns take 31."""
_TOKEN = re.compile(r"\s?([A-Z][\w’'.-]*)")
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
        if not _QUOTE.search(before) and not _BOUNDARY.search(before):
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
        end = _name_end(page.text, found.end(), line.end)
        start = found.start()
        if page.text[start - 1 : start] == "(" and page.text[end : end + 1] == ")":
            yield start - 1, end + 1
            continue
        caption = _caption_start(page.text, line.start, start) if found["agency"] else None
        yield (start if caption is None else caption), end


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
    boundaries = [found.end() for found in _BOUNDARY.finditer(text, window, credit)]
    tail = text[window:credit].rstrip(" ,")
    closed = bool(tail) and tail[-1] in '.!?"”'
    if closed and boundaries and boundaries[-1] >= window + len(tail):
        boundaries.pop()
    start = boundaries[-1] if boundaries else line_start if window == line_start else None
    if start is None or (closed and not _DATED.search(text, start, credit)):
        return None
    inside = text[start:credit]
    return None if _QUOTE.search(inside) or _STOP_INSIDE.search(inside) else start


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


_PLAIN = re.compile(
    r"(?:ilustrasi|foto ilustrasi|gambar (?:hiasan|ilustrasi|sekadar hiasan)|ket(?:erangan)?\.? ?(?:foto"
    r"|gambar)|caption|"
    r"teks foto|photo caption|foto utama|image caption|featured image|sekadar gambar hiasan|illustration)\b",
    re.IGNORECASE,
)
_ROW = re.compile(r"\((?:ki|kiri|dari kiri|ki-ka|kiri-kanan|kiri ke kanan|ka-ki|l-r|left)[^()]{0,20}\)", re.IGNORECASE)
MAX_PLAIN_WORDS = 14
"""Words of a caption that only its first word (``Ilustrasi``) tells."""


def plain_captions(page: Page) -> Iterator[Span]:
    """Captions without a credit: ``Ilustrasi …``, ``Gambar hiasan.``, ``(ki-ka) …`` above the article."""
    for line in page.lines:
        if len(line.text) > MAX_CAPTION:
            continue
        if (_PLAIN.match(line.text) and len(line.words) <= MAX_PLAIN_WORDS and _no_sentence(line.text)) or (
            line.index < 3 and len(page.lines) > line.index + 1 and _ROW.match(line.text)
        ):
            yield line.start, line.end
    yield from _doubled_video(page)


def _no_sentence(text: str) -> bool:
    return text[-1] not in ".!?" or len(text.split()) <= 3


def _doubled_video(page: Page) -> Iterator[Span]:
    """One title on two lines running, as players print it, near the end."""
    for left, right in zip(page.lines, page.lines[1:], strict=False):
        near_end = right.index >= page.tail_start and left.index > 0
        if near_end and left.text == right.text and 3 <= len(left.words) <= 20 and left.text[-1] not in '."”':
            yield left.start, right.end
