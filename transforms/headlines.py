"""The head of an article: its title line, its date line, its dateline.

They are taken out of the text because they belong to the metadata, and the dateline because it is glued to the first
sentence (``JAKARTA, SITE.com -Isi berita``). A first line is a title when it equals the known one or when what
follows says so (a date line, a dateline, the same line again); an ordinary first sentence is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from transforms.lines import Line, Page

Span = tuple[int, int]

_SITE = re.compile(
    r"\b(?:[A-Za-z0-9][\w-]{1,30}(?:\.[A-Za-z0-9-]{1,20}){0,2}\.(?:com|co\.id|co|id|net|org|news|tv|info|my"
    r"|asia|today|press)|"
    r"[A-Za-z]{3,20}dot(?:com|co|id|net)|(?-i:[A-Z][A-Z0-9]{2,19}\.[A-Z]{2,8}))\b",
    re.IGNORECASE,
)
_SITE_SIGN = re.compile(
    r"\.(?:(?i:com|co|id|net|org|news|tv|info|my|asia|today|press)\b|[A-Z]{2})|(?i:dot)(?i:com|co|id|net)"
)
"""What every site holds; heads of lines are quickly searched for it."""
_DASHES = re.compile(r"[-–—:]")
_WORDS = r"[A-Z][\w’'.-]*(?:[ /-](?:[A-Z][\w’'.-]*|dan|di|del|de|al|the|of)){0,5}"
_BEFORE_SITE = re.compile(rf"(?:{_WORDS}(?:,\s?{_WORDS}){{0,2}}\s?[-–—,|/]{{0,3}}\s?)?")
_TOWN_AFTER_SITE = re.compile(
    r"\s?(?:[-–—|,]{1,3}|I\b)\s?(?P<place>[A-Z][\w’'-]*(?:[ /][A-Z][\w’'-]*){0,3})\s?(?P<close>[-–—]{1,3}"
    r"|[.:|])\s?(?=[\"“‘(]?\w)(?![a-z]{2,4}\b)"
)
_DASH_AFTER_SITE = re.compile(r"\s?,?\s?(?:[-–—]{1,3}|[:|]|I\b)\s?,?\s?[-–—]?\s?(?=[\"“‘(]?[\w])")
_TOWN_SEAM = re.compile(r",\s?(?P<place>[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?=[A-Z])")
_AGENCY = re.compile(
    rf"(?:(?P<place>{_WORDS}),?\s?)?\(\s?(?P<agency>[A-Z][\w .,/-]{{1,28}})\s?\)\s?"
    r"(?P<dash>[-–—:]{1,3})?\s?(?=[\"“‘(]?\w)(?![a-z])"
)
_PLAIN = re.compile(rf"(?P<place>{_WORDS}(?:,\s?{_WORDS}){{0,2}})\s?(?P<dash>[-–—]{{1,3}}|:)\s?(?=[\"“‘(]?[A-Z0-9@#])")
_DEBRIS = re.compile(r"[\s,.]*[-–—,](?:[\s,.]*[-–—,])*\s?(?=\S)")
_LONE_DASH = re.compile(r"[-–—]{1,3}")

MAX_DATELINE = 70
"""Characters of a dateline: the longest hand-marked one has 31."""
MIN_BODY_AFTER = 40
"""Characters that must follow a dateline on its line, or a whole line: it opens a paragraph."""


def _site_in(head: str) -> re.Match[str] | None:
    """The site that the start of a line names."""
    if "." not in head and "dot" not in head.lower():
        return None
    return _SITE.search(head) if _SITE_SIGN.search(head) else None


@dataclass(frozen=True, slots=True)
class Dateline:
    """A dateline at the start of a paragraph: where it ends, and whether it is set off from the sentence."""

    end: int
    set_off: bool
    """False for the plain ``TOWN, SITE -`` that a reader takes as part of the sentence."""


def opening_dateline(text: str, outlet: str | None = None) -> Dateline | None:
    """The dateline at the start of a paragraph, or None."""
    return _dateline_of(text[: 2 * MAX_DATELINE + 1], outlet)


@lru_cache(maxsize=256)
def _dateline_of(text: str, outlet: str | None) -> Dateline | None:
    """The same for as much of a paragraph as matters: several rules, every round and the metadata ask for it."""
    head = text[:MAX_DATELINE]
    site = _site_in(head)
    if site and (before := _BEFORE_SITE.fullmatch(head[: site.start()])):
        return _site_dateline(text, site, before.group())
    agency = _AGENCY.match(head) if "(" in head else None
    if agency and (agency["dash"] or _stands_alone(agency["place"], text[agency.end() :])):
        return Dateline(agency.end(), True)
    if _DASHES.search(head) and (found := _PLAIN.match(head)) and _is_place(found["place"], found["dash"], outlet):
        return Dateline(found.end(), False)
    return None


def _site_dateline(text: str, site: re.Match[str], before: str) -> Dateline | None:
    """A dateline that names its site, alone or with a town on either side."""
    rest, offset = text[site.end() : site.end() + MAX_DATELINE], site.end()
    rubric = bool(before.strip(" ,-–—|/")) and not _known(before) and not before.strip(" ,-–—|/").isupper()
    if (town := _TOWN_AFTER_SITE.match(rest)) and (town["place"].isupper() or _known(town["place"])):
        return Dateline(offset + town.end(), rubric or town["close"] in ".:")
    if dash := _DASH_AFTER_SITE.match(rest):
        return Dateline(offset + dash.end(), rubric)
    if (seam := _TOWN_SEAM.match(rest)) and _known(seam["place"]):
        return Dateline(offset + seam.end(), True)
    if not before and site.group().isupper() and (gap := re.match(r",?\s(?=[\"“A-Z])", rest)):
        return Dateline(offset + gap.end(), False)
    return None


def datelines(page: Page) -> Iterator[Span]:
    """Every opening dateline, plain ones too: for outlets whose readers want the bare sentence."""
    for line, found in _opening_lines(page):
        yield line.start, line.start + found.end


def set_off_datelines(page: Page) -> Iterator[Span]:
    """Datelines that are no part of the sentence: under title or date line, behind a rubric, before a stop, glued."""
    for line, found in _opening_lines(page):
        if found.set_off or (line.index > 0 and _has_header(page)):
            yield line.start, line.start + found.end
    yield from _loose_datelines(page)


def _loose_datelines(page: Page) -> Iterator[Span]:
    """A dateline on lines of its own, or the dash that is left of one, above the first paragraph."""
    if len(page.lines) < 2:
        first = page.lines[0] if page.lines else None
    else:
        first, second = page.lines[0], page.lines[1]
        site = _site_in(first.text[:MAX_DATELINE])
        alone = (
            site is not None
            and site.end() == len(first.text)
            and bool(_BEFORE_SITE.fullmatch(first.text[: site.start()]))
        )
        if _LONE_DASH.fullmatch(second.text) and (alone or _known(first.text)):
            yield first.start, second.end
            return
        if alone or _LONE_DASH.fullmatch(first.text):
            yield first.start, first.end
            return
    if first and (end := _debris_end(first.text)):
        yield first.start, first.start + end


def _has_header(page: Page) -> bool:
    """Whether a title or a date line stands above the article."""
    return title_line(page, None) is not None or next(date_lines(page), None) is not None


def _opening_lines(page: Page) -> Iterator[tuple[Line, Dateline]]:
    """The first paragraph's dateline, and any later one that names its site (a second copy of the article)."""
    opening = max(1, min(page.head_end + 1, 6))
    for line in page.lines:
        head = line.text[:MAX_DATELINE]
        if line.index >= opening and ("." not in head or not _site_in(head)):
            continue
        found = opening_dateline(line.text, page.outlet)
        if found and len(line.text) - found.end >= MIN_BODY_AFTER:
            yield line, found


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    """Names of towns, regencies, provinces and countries that open datelines, in lower case."""
    return frozenset(
        resources.files("transforms").joinpath("data/dateline_places.txt").read_text("utf-8").split("\n")
    ) - {""}


def _is_place(place: str, dash: str, outlet: str | None) -> bool:
    """Whether words before a dash name a place or the outlet, or are all capitals."""
    if place.isupper() and len(place) > 3:
        return dash != ":" or _known(place)
    if outlet and len(_squeezed(place)) > 3 and _squeezed(place) in _squeezed(outlet):
        return True
    return _known(place)


def _known(place: str) -> bool:
    """Whether any part of a dateline is a known place."""
    return any(part.strip(" -–—:.").lower() in _places() for part in re.split(r"[,/()|-]", place))


def _stands_alone(place: str | None, following: str) -> bool:
    """Whether a place and an agency in brackets are a dateline without its dash: a sentence begins behind them."""
    return place is not None and place.strip().lower() in _places() and not following[:1].islower()


def _debris_end(text: str) -> int:
    """Dashes and commas that a scraper left of a dateline whose words were links."""
    found = _DEBRIS.match(text)
    return found.end() if found and len(text) >= 2 * MIN_BODY_AFTER else 0


@lru_cache(maxsize=16)
def _wanted(title: str) -> str:
    """A title as lines are compared with it; each round of cleaning asks again."""
    return _squeezed(title)


_NO_WORD = re.compile(r"[\W_]+")


def _squeezed(text: str) -> str:
    return _NO_WORD.sub("", text).lower()


_MONTH = (
    r"(?:jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:et|ch)?|mac|apr(?:il)?|me[iy]|may|jun[ie]?|jul[iy]?|julai"
    r"|agu(?:stus)?|agt|"
    r"aug(?:ust)?|ogos|sep(?:t|tember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|nop(?:ember)?|des(?:ember)?"
    r"|dec(?:ember)?|dis(?:ember)?)"
)
_DAY = (
    r"(?:senin|selasa|rabu|kamis|jum['’]?at|sabtu|minggu|ahad|isnin|khamis|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday|"
    r"mon|tue|wed|thu|fri|sat|sun|sen|sel|rab|kam|jum|sab|min)"
)
_DATE = (
    rf"(?:{_DAY}\.?\s?[,(|/]?\s?)?(?:\d{{1,2}}[ /.-]{_MONTH}[ /.,-]{{1,2}}\d{{2,4}}|{_MONTH}\.? \d{{1,2}},? \d{{4}}|"
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2})\)?"
)
_TIME = (
    r"(?:(?:[\s,|@•·/–-]|pukul|jam|at|-){0,8}\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[ap]\.?m\.?)?"
    r"(?:\s?(?:wib|wita|wit|gmt|utc)\b(?:[+-]\d{1,2})?)?)"
)
_LABEL = (
    r"(?:(?:tayang|terbit|diterbitkan|dipublikasikan|dipublikasi|published|publish|posted|ditayangkan|diunggah"
    r"|diperbarui|diperbaharui|"
    r"update|updated|last updated|kemas ?kini|tarikh|tanggal|date|dibuat|rilis|tarikh terbit"
    r"|disiarkan)(?:\s(?:on|pada|at))?\s?[:|-]?\s?)"
)
_DATE_LINE = re.compile(rf"(?:{_LABEL}{{0,2}}{_DATE}{_TIME}?|{_DAY}, {_DATE}{_TIME}?)(?:\s?[|•·-]\s?)?", re.IGNORECASE)
_BY = re.compile(r"\s?(?:by|oleh|penulis|author|editor)\s?:?\s[A-Za-z][\w.’' -]{1,40}\Z", re.IGNORECASE)
_BYLINE_FIRST = re.compile(
    r"(?:(?:di)?(?:posting|poskan|tulis|terbitkan|publikasikan|unggah|kirim|siarkan|posted|published|written)(?:kan)?\s)?"
    r"(?:by|oleh|penulis|author|editor|reporter)\s?:?\s[A-Za-z][\w.’' -]{1,40}?\s?(?:[-–—|•·,/]|on|pada|at)\s?"
    rf"{_DATE}"
    r"|[^\W\d_][\w.’' ]{1,40}, (?:jurnalis|wartawan|reporter|kontributor|koresponden|penulis|editor)\s?[-–—|•·,/]?\s?"
    rf"{_DATE}",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_HOUR = re.compile(r"(?:(?:pukul|jam|\d{1,2}[.)]) )?\d{1,2}[.:]\d{2}\b(?!\.\d)")
MAX_HEAD_LINES = 8
"""How far down a date line may stand: under site name, categories, title, byline. Further down it heads a schedule."""
MAX_DATE_LINE = 90
"""Characters of a date line with its labels: the longest hand-marked one has 34."""


def _lines_with_dates(page: Page) -> list[Line]:
    """The lines above the article that may hold a date."""
    head = page.lines[: min(page.head_end, MAX_HEAD_LINES)]
    return [line for line in head if len(line.text) <= MAX_DATE_LINE and _DIGIT.search(line.text)]


def date_lines(page: Page) -> Iterator[Span]:
    """Lines above the article that are only a date with its labels; a byline behind it is left to its own rule."""
    for line in _lines_with_dates(page):
        if found := _DATE_LINE.match(line.text):
            if _heads_schedule(page, line):
                return
            rest = line.text[found.end() :].strip()
            if not rest or _BY.fullmatch(" " + rest):
                yield line.start, line.start + found.end()


def _heads_schedule(page: Page, line: Line) -> bool:
    """Whether a date stands over what happens at which hour, or in answer to a line that ends in a colon."""
    below = page.lines[line.index + 1].text if line.index + 1 < len(page.lines) else ""
    return bool(_HOUR.match(below)) or (line.index > 0 and page.lines[line.index - 1].text.endswith(":"))


def date_bylines(page: Page) -> Iterator[Span]:
    """``by NAME`` behind the date of a date line, and lines that begin with the author and go on with the date."""
    for line in _lines_with_dates(page):
        if _BYLINE_FIRST.match(line.text):
            yield line.start, line.end
        elif found := _DATE_LINE.match(line.text):
            rest = _BY.search(line.text, found.end())
            if rest and not line.text[found.end() : rest.start()].strip():
                yield line.start + rest.start(), line.end


MAX_TITLE_CHARACTERS = 180
"""The longest title of 29,985 articles that is no scraping accident has 176 characters."""
OPENING_CHARACTERS = 30
"""Characters of a line that are compared with a known title before all of it is: paragraphs are long."""
MAX_TITLE_WORDS = 26
MIN_TITLE_WORDS = 3
SAME_TITLE_SHARE = 0.7
"""How much of the longer of two titles the shorter must be, when one only lacks the other's end (`` - Site.com``)."""
TITLE_CASE_SHARE = 0.7
"""Share of a line's longer words that begin with a capital, from which it reads as a headline in Title Case."""


def title_line(page: Page, known: str | None) -> Line | None:
    """The line at the head that is the article's title, or None."""
    if len(page.lines) < 2:
        return None
    if known and (wanted := _wanted(known)):
        head = page.lines[: max(2, min(page.head_end, 6))]
        return next((line for line in head if _same_title(line.text, wanted)), None)
    first = page.lines[0]
    return first if _may_be_title(first.text) and _stands_as_title(page, first) else None


def _stands_as_title(page: Page, first: Line) -> bool:
    """Whether what follows a first line makes it the title: itself again, a date line, or the article itself."""
    following = page.lines[1]
    wanted = _squeezed(first.text)
    if _squeezed(following.text) == wanted or (
        following.is_body
        and any(_squeezed(line.text) == wanted for line in page.lines[2:] if len(line.text) <= MAX_TITLE_CHARACTERS)
    ):
        return True
    if len(following.text) <= MAX_DATE_LINE and (
        _DATE_LINE.match(following.text) or _BYLINE_FIRST.match(following.text)
    ):
        return True
    if not _title_case(first.text):
        return False
    body = following.is_body or opening_dateline(following.text, page.outlet) is not None
    return body and not _title_case(following.text)


def _same_title(text: str, wanted: str) -> bool:
    """Whether a line is the known title, squeezed to ``wanted``, or either begins with all of the other."""
    opening = _squeezed(text[:OPENING_CHARACTERS])
    if not (wanted.startswith(opening) or opening.startswith(wanted)):
        return False
    line = _squeezed(text)
    if not line:
        return False
    shorter, longer = sorted((line, wanted), key=len)
    return line == wanted or (longer.startswith(shorter) and len(shorter) >= SAME_TITLE_SHARE * len(longer))


def _may_be_title(text: str) -> bool:
    words = text.split()
    if not MIN_TITLE_WORDS <= len(words) <= MAX_TITLE_WORDS or len(text) > MAX_TITLE_CHARACTERS:
        return False
    return (
        text[-1] not in ".,;:)"
        and "|" not in text
        and not re.match(r"(?:\d+[.)]|[-•*#(\[@]|ilustrasi\b|foto\b|laporan\b|https?:)", text, re.IGNORECASE)
    )


def _title_case(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{4,}", text)
    return len(words) >= MIN_TITLE_WORDS and sum(word[0].isupper() for word in words) >= TITLE_CASE_SHARE * len(words)
