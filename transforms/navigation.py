"""Paths and blog headers above an article: told by their separators and by the title and date under them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from transforms.headlines import date_bylines, date_lines
from transforms.lines import Line, Page

Span = tuple[int, int]

_SEPARATOR = re.compile(r"\s?(?:»|›|>|→|/|\||\\|•|—)\s?")
_ROOT = re.compile(
    r"(?:you are here:?\s|anda (?:di|berada di)(?: ?sini)?:?\s)?(?:beranda|home|depan|halaman (?:utama|depan"
    r"|muka)|laman utama|utama|front|main|index)\b",
    re.IGNORECASE,
)
MAX_PATH_CHARACTERS = 200
MAX_STEP_WORDS = 4
MAX_HEADER_WORDS = 4
MIN_TITLE_WORDS = 3
MIN_TEASER_WORDS = 2
MAX_ADDRESS = 60
"""Characters of a site's address without any page."""


def breadcrumbs(page: Page) -> Iterator[Span]:
    """Lines such as ``Beranda / Daerah`` or ``News > Sport > Title`` outside the article."""
    for line in (*page.lines[: page.head_end], *page.lines[max(page.head_end, page.tail_start) :]):
        if len(line.text) > MAX_PATH_CHARACTERS:
            continue
        steps = [step for step in _SEPARATOR.split(line.text) if step]
        if len(steps) < 2 and not _ROOT.match(line.text):
            continue
        short = [len(step.split()) <= MAX_STEP_WORDS for step in steps]
        if _ROOT.match(line.text) and _ends_with_title(page, line):
            yield line.start, line.end
            continue
        strict = ("»" in line.text or "›" in line.text or " > " in line.text) and len(steps) >= 3
        if (len(steps) > 1 and _ROOT.match(line.text) and short[0] and all(short[1:-1])) or (
            strict and all(short[:-1])
        ):
            yield line.start, line.end


def _ends_with_title(page: Page, line: Line) -> bool:
    """Whether a path that lost its separators ends with one of the lines right under it, the title."""
    below = page.lines[line.index + 1 : line.index + 4]
    return any(len(other.words) >= MIN_TITLE_WORDS and line.text.endswith(" " + other.text) for other in below)


_ADDRESS = re.compile(r"(?:https?://|www\.)[\w-]{2,30}(?:\.[\w-]{2,12}){1,3}/?")
_ANY_ADDRESS = re.compile(r"https?://|www\.")


def site_addresses(page: Page) -> Iterator[Span]:
    """The address of a site alone on a line behind the article, when the page names no other."""
    for line in page.lines[page.tail_start :]:
        if len(line.text) <= MAX_ADDRESS and _ADDRESS.fullmatch(line.text):
            if len(_ANY_ADDRESS.findall(page.lower)) <= 1:
                yield line.start, line.end
            return


def blog_header(page: Page) -> Iterator[Span]:
    """Short lines above a title that a date line follows: site name and categories."""
    dated = min((start for find in (date_lines, date_bylines) for start, _ in find(page)), default=None)
    if dated is None:
        return
    title = page.line_at(dated) - 1
    if 1 <= title < page.head_end and all(len(line.words) <= MAX_HEADER_WORDS for line in page.lines[:title]):
        yield page.lines[0].start, page.lines[title - 1].end


def page_teasers(page: Page) -> Iterator[Span]:
    """Lines that end in an ellipsis and say nothing but how the next line begins."""
    for line, below in pairwise(page.lines):
        if line.text.endswith(("...", "…")) and len(line.text) < len(below.text):
            told = line.text.rstrip(".… ")
            if len(told.split()) >= MIN_TEASER_WORDS and below.text.startswith(told):
                yield line.start, line.end


_NUMBERED = re.compile(r"\d{1,2}[.)] ?[A-Z]")
_QUESTION = re.compile(
    r"(?:apa|apakah|bagaimana|mengapa|kenapa|siapa|kapan|di mana|dimana|berapa|what|how|why|who|when|where)\b.*\?",
    re.IGNORECASE,
)
_VERB = re.compile(r"\b(?:me(?:ng|ny|m|n|l|r)|di|ber)[a-z]{5,}\b")
MIN_HEADINGS = 2
"""Headings of one form that make it the article's form."""
MIN_HEADLINE_WORDS = 8
MAX_HEADLINE_WORDS = 20
"""Words of a headline that is taken for a link by its form alone: of 29,985 titles nine in ten have no more."""


def odd_headings(page: Page) -> Iterator[Span]:
    """Headlines between two paragraphs that do not share the form of the article's headings, or run into another."""
    lines = page.lines
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.text[-1] in "?!" and before.is_body and after.is_body and _is_run_together(line.text):
            yield line.start, line.end
    if len(lines) < MIN_HEADINGS * 2:
        return
    headings = [
        line for line in lines if len(line.text) <= MAX_PATH_CHARACTERS and (not line.is_body or line.text[-1] == "?")
    ]
    for form in (_NUMBERED, _QUESTION):
        if sum(bool(form.match(line.text)) for line in headings) >= MIN_HEADINGS:
            break
    else:
        return
    for line in headings:
        if not 0 < line.index < len(lines) - 1 or form.match(line.text) or not _is_headline(line.text):
            continue
        if lines[line.index - 1].is_body and lines[line.index + 1].is_body:
            yield line.start, line.end


_SECOND_HEADLINE = re.compile(
    r"[^\W\d_] (?:Mengapa|Kenapa|Bagaimana|Apakah|Apa|Siapakah|Siapa|Berapa|Kapan|Benarkah|Haruskah|Bisakah) [a-z]"
)
"""A question with a capital inside a line that writes its other words small: a second headline begins there."""


def _is_run_together(text: str) -> bool:
    """Whether a line that asks or calls is two headlines whose border was lost: links of a list, printed as one."""
    if len(text) > MAX_PATH_CHARACTERS or (second := _SECOND_HEADLINE.search(text)) is None:
        return False
    first = text[: second.start() + 1]
    words = first.split()
    return len(words) >= MIN_HEADLINE_WORDS and not re.search(r"[.!?:;,\"”“]", first) and bool(_VERB.search(first))


def _is_headline(text: str) -> bool:
    """Whether a line reads as the headline of another article: a clause with a verb and no stop."""
    words = text.split()
    if not MIN_HEADLINE_WORDS <= len(words) <= MAX_HEADLINE_WORDS or not text[0].isupper() or text[-1] in '.!?:;,"”)':
        return False
    return bool(_VERB.search(text)) and sum(word[0].islower() for word in words) >= 3
