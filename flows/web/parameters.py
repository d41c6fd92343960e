"""What the address of a search page asks for: read, checked, and turned back into addresses of other pages.

Nothing here raises: what cannot be used is named in :attr:`SearchForm.problems`, beside the field it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from index.dates import parse_day
from index.search import Sort

PER_PAGE: Final = 20
"""Hits a page."""
LAST_PAGE: Final = 500
"""The search engine orders no more than 10,000 hits of a result."""
MAX_FIELD_CHARACTERS: Final = 200
"""A longer filter is no language, outlet or date."""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """One search as the form shows it; empty strings are fields left empty."""

    q: str = ""
    language: str = ""
    outlet: str = ""
    since: str = ""
    until: str = ""
    sort: Sort = "relevance"
    page: int = 1
    problems: tuple[tuple[str, str], ...] = ()
    """Field and sentence for everything that cannot be used."""

    @property
    def blank(self) -> bool:
        """Whether nothing was asked for: the start page."""
        return not (self.q or self.language or self.outlet or self.since or self.until)

    @property
    def here(self) -> str:
        """The address of just this page."""
        return self.address(page=self.page)

    def problem(self, field: str) -> str:
        """What is wrong with a field; empty when nothing is."""
        return dict(self.problems).get(field, "")

    def address(self, **changes: str | int) -> str:
        """The address of this search with other values; without ``page`` it is the first page."""
        changed = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # values come from templates
        defaults = SearchForm()
        given = {name: getattr(changed, name) for name in ("q", "language", "outlet", "since", "until", "sort", "page")}
        parameters = {name: value for name, value in given.items() if value != getattr(defaults, name)}
        # Documents may hold characters that UTF-8 has no place for; a link with them must still be a link.
        return f"/?{urlencode(parameters, errors='backslashreplace')}" if parameters else "/"


def read_form(parameters: Mapping[str, str]) -> SearchForm:
    """The search that an address asks for."""
    given = {name: parameters.get(name, "").strip() for name in ("q", "language", "outlet", "since", "until", "sort")}
    problems = [*_too_long(given), *_dates(given)]
    page = parameters.get("page", "").strip() or "1"
    if not (page.isascii() and page.isdigit() and 1 <= int(page[:9]) <= LAST_PAGE):
        problems.append(("page", f"Page must be a number from 1 to {LAST_PAGE}, not “{page[:40]}”."))
        page = "1"
    if given["sort"] not in ("", "relevance", "date"):
        problems.append(("sort", f"Sort must be “relevance” or “date”, not “{given['sort'][:40]}”."))
    return SearchForm(
        q=given["q"],
        language=given["language"],
        outlet=given["outlet"],
        since=given["since"],
        until=given["until"],
        sort="date" if given["sort"] == "date" else "relevance",
        page=int(page[:9]),
        problems=tuple(problems),
    )


def search_of(address: str) -> SearchForm | None:
    """The search that an article was opened from; None when the address is none of a search here."""
    if address != "/" and not address.startswith("/?"):
        return None
    form = read_form(dict(parse_qsl(address.partition("?")[2])))
    return None if form.problems else form


def article_address(document_id: str, view: str = "", origin: SearchForm | None = None) -> str:
    """The address of a document, opened from a search; an id may hold anything, slashes included."""
    # Browsers resolve empty and dotted segments away, so an id with such ones is one segment with escaped slashes.
    plain = all(part.strip(".") for part in document_id.split("/"))
    path = quote(document_id, safe="/" if plain else "", errors="backslashreplace")
    parameters = {name: value for name, value in (("view", view), ("from", origin.here if origin else "")) if value}
    return f"/article/{path}" + (f"?{urlencode(parameters, errors='backslashreplace')}" if parameters else "")


def _too_long(given: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (name, f"This is longer than {MAX_FIELD_CHARACTERS} characters.")
        for name in ("language", "outlet", "since", "until", "sort")
        if len(given[name]) > MAX_FIELD_CHARACTERS
    ]


def _dates(given: Mapping[str, str]) -> list[tuple[str, str]]:
    problems = []
    spans = {}
    for name, label in (("since", "From"), ("until", "To")):
        spans[name] = parse_day(given[name]) if given[name] else None
        if given[name] and spans[name] is None:
            problems.append((name, f"{label} must be a year, month or day such as 2024, 2024-06 or 2024-06-20."))
    first, last = spans["since"], spans["until"]
    if first and last and first[0] > last[1]:
        problems.append(("until", "To lies before From: no day is in between."))
    return problems
