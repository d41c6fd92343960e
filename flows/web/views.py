"""What templates are given: facets as links, active filters, pages to go to, dates and languages in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from flows.web.parameters import LAST_PAGE, PER_PAGE, SearchForm
from index.search import SearchAnswer

SHOWN_VALUES: Final = 8
"""Values of a facet that are shown at once; the others unfold."""
NEIGHBOURS: Final = 2
"""Pages linked on either side of the one that is shown."""
MONTHS: Final = "January February March April May June July August September October November December".split()
LANGUAGES: Final = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "id": "Indonesian",
    "ja": "Japanese",
    "jv": "Javanese",
    "ko": "Korean",
    "min": "Minangkabau",
    "ms": "Malay",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ru": "Russian",
    "su": "Sundanese",
    "th": "Thai",
    "tl": "Tagalog",
    "und": "not determined",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""English names of languages that are frequent in Indonesian news; others show their code."""


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value of a facet, and the address of the search that it narrows down to."""

    label: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with its links; those after :data:`SHOWN_VALUES` are in ``more``."""

    label: str
    links: tuple[FacetLink, ...]
    more: tuple[FacetLink, ...]


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A filter of the search, and the address of the search without it."""

    label: str
    address: str


def language_name(code: str) -> str:
    """English name of a language code, or the code itself."""
    return LANGUAGES.get(code, code)


def day_in_words(published_at: str | None) -> str:
    """``6 February 2025`` of an ISO time; the text itself when it is none."""
    try:
        moment = datetime.fromisoformat(published_at or "")
    except ValueError:
        return (published_at or "")[:10]
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def web_address(url: str | None) -> str:
    """A scraped address that may be linked: only http and https, never a script; else empty."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return str(url) if parts.scheme in ("http", "https") and parts.netloc else ""


def facets(answer: SearchAnswer, form: SearchForm) -> list[Facet]:
    """The facets that can narrow the result down."""
    found = []
    months = len(answer.facets.get("year", {})) == 1 and "month" in answer.facets
    chosen = {"language": bool(form.language), "outlet": bool(form.outlet)}
    names = ("language", "outlet", "month" if months else "year")
    for name in names:
        counts = answer.facets.get(name, {})
        if chosen.get(name) and len(counts) < 2:
            continue
        # Times run backwards from now; everything else comes largest first, as the index counts it.
        values = sorted(counts.items(), reverse=True) if name in ("year", "month") else list(counts.items())
        links = [FacetLink(_value_label(name, value), count, _narrowed(form, name, value)) for value, count in values]
        if links:
            found.append(Facet(name.capitalize(), tuple(links[:SHOWN_VALUES]), tuple(links[SHOWN_VALUES:])))
    return found


def active_filters(form: SearchForm) -> list[ActiveFilter]:
    """What narrows the search down besides its words."""
    found = []
    if form.language:
        found.append(ActiveFilter(f"Language: {language_name(form.language)}", form.address(language="")))
    if form.outlet:
        found.append(ActiveFilter(f"Outlet: {form.outlet}", form.address(outlet="")))
    if form.since and form.since == form.until:
        found.append(ActiveFilter(f"Date: {form.since}", form.address(since="", until="")))
    elif form.since or form.until:
        found.append(ActiveFilter(_span(form), form.address(since="", until="")))
    return found


def pages(answer: SearchAnswer, form: SearchForm) -> list[int]:
    """Numbers of the pages to link, 0 for a gap; empty when there is only one."""
    last = last_page(answer)
    if last < 2:
        return []
    near = range(max(1, form.page - NEIGHBOURS), min(last, form.page + NEIGHBOURS) + 1)
    wanted = sorted({1, last, *near})
    shown: list[int] = []
    for number in wanted:
        if shown and number > shown[-1] + 1:
            shown.append(0)
        shown.append(number)
    return shown


def last_page(answer: SearchAnswer) -> int:
    """Number of the last page that can be shown."""
    return min(LAST_PAGE, -(-answer.total // PER_PAGE))


def _narrowed(form: SearchForm, name: str, value: str) -> str:
    return form.address(since=value, until=value) if name in ("year", "month") else form.address(**{name: value})


def _value_label(name: str, value: str) -> str:
    if name == "language":
        return language_name(value)
    if name == "month":
        year, _, month = value.partition("-")
        return f"{MONTHS[int(month) - 1]} {year}" if month.isdigit() and 1 <= int(month) <= 12 else value
    return value


def _span(form: SearchForm) -> str:
    if form.since and form.until:
        return f"Date: {form.since} to {form.until}"
    return f"Date: from {form.since}" if form.since else f"Date: to {form.until}"
