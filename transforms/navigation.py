"""Paths and blog headers above an article: told by their separators and by the title and date under them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.headlines import date_lines
from transforms.lines import Page

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


def breadcrumbs(page: Page) -> Iterator[Span]:
    """Lines such as ``Beranda / Daerah`` or ``News > Sport > Title`` outside the article."""
    for line in (*page.lines[: page.head_end], *page.lines[max(page.head_end, page.tail_start) :]):
        if len(line.text) > MAX_PATH_CHARACTERS:
            continue
        steps = [step for step in _SEPARATOR.split(line.text) if step]
        if len(steps) < 2:
            continue
        short = [len(step.split()) <= MAX_STEP_WORDS for step in steps]
        strict = ("»" in line.text or "›" in line.text or " > " in line.text) and len(steps) >= 3
        if (_ROOT.match(line.text) and short[0] and all(short[1:-1])) or (strict and all(short[:-1])):
            yield line.start, line.end


def blog_header(page: Page) -> Iterator[Span]:
    """Short lines above a title that a date line follows: site name and categories."""
    dated = next((start for start, _ in date_lines(page)), None)
    if dated is None:
        return
    title = page.line_at(dated) - 1
    if 1 <= title < page.head_end and all(len(line.words) <= MAX_HEADER_WORDS for line in page.lines[:title]):
        yield page.lines[0].start, page.lines[title - 1].end


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
    """Headlines between two paragraphs that do not share the form of the article's headings."""
    lines = page.lines
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


def _is_headline(text: str) -> bool:
    """Whether a line reads as the headline of another article: a clause with a verb and no stop."""
    words = text.split()
    if not MIN_HEADLINE_WORDS <= len(words) <= MAX_HEADLINE_WORDS or not text[0].isupper() or text[-1] in '.!:;,"”)':
        return False
    return bool(_VERB.search(text)) and sum(word[0].islower() for word in words) >= 3
