"""Title, time, outlet, place and authors of a document.

What the record or the page states comes first; what it leaves open is read from the lines that cleaning took out of the
text (date line, dateline, sign-off), and last from the address and the text itself. Nothing is guessed: a field that no
source states plainly is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from transforms.dates import is_ambiguous, parse_date
from transforms.headlines import opening_dateline
from transforms.metadata_authors import MAX_AUTHORS, authors_of
from transforms.metadata_dateline import outlet_of, read_dateline
from transforms.models import Cleaned, Hints, Metadata, RawDocument

OPENING = 600
"""Characters of the first paragraph in which a date in brackets is taken for the day of publication."""

_BRACKETED_DATE = re.compile(r"\((\d{1,2}[/-]\d{1,2}[/-]\d{4})\)")
_WORD_BEFORE = re.compile(r"\b([A-Za-z’']{4,7}),?\s?\Z")
WEEKDAY_REACH = 10
"""Characters before a bracket in which its weekday stands: the longest, a comma, a space, and what is before it."""
_URL_DATE = re.compile(
    r"/(?P<year>(?:19|20)\d{2})[/-]?(?P<month>0[1-9]|1[0-2])[/-]?(?P<day>0[1-9]|[12]\d|3[01])(?:/|\b)"
)
_WEEKDAYS = {"senin": 0, "selasa": 1, "rabu": 2, "kamis": 3, "jumat": 4, "sabtu": 5, "minggu": 6, "ahad": 6}


def extract_metadata(raw: RawDocument, hints: Hints, cleaned: Cleaned) -> Metadata:
    """Gather what is known of a document; a date field that cannot be read is a warning."""
    outlet = _stated_outlet(raw, hints)
    place, named = _from_dateline(cleaned, outlet)
    published_at, warnings = _published_at(raw, hints, cleaned)
    title = next((" ".join(given.split()) for given in (hints.title, cleaned.title) if given and given.strip()), None)
    signed = authors_of(removal.text for removal in cleaned.removals if removal.kind == "byline_signoff")
    authors = dict.fromkeys([*hints.authors, *signed])
    return Metadata(title, published_at, outlet or named, place, tuple(authors)[:MAX_AUTHORS], warnings)


def _stated_outlet(raw: RawDocument, hints: Hints) -> str | None:
    """The outlet of the record or of the page, else the site of its address."""
    for stated in (hints.outlet, raw.outlet, hints.url, raw.url):
        if stated and stated.strip():
            return outlet_of(stated)
    return None


def _from_dateline(cleaned: Cleaned, outlet: str | None) -> tuple[str | None, str | None]:
    place: str | None = None
    named: str | None = None
    for dateline in _datelines(cleaned, outlet):
        found_place, found_outlet = read_dateline(dateline, outlet)
        place, named = place or found_place, named or found_outlet
    return place, named


def _datelines(cleaned: Cleaned, outlet: str | None) -> Iterator[str]:
    """Those that were taken out, then the plain one that stays with the first sentence."""
    yield from (removal.text for removal in cleaned.removals if removal.kind == "dateline")
    if plain := opening_dateline(cleaned.text, outlet):
        yield cleaned.text[: plain.end]


def _published_at(raw: RawDocument, hints: Hints, cleaned: Cleaned) -> tuple[str | None, tuple[str, ...]]:
    url = hints.url or raw.url
    for stated in (raw.date, *_date_lines(cleaned), hints.date):
        if stated and (found := parse_date(stated)):
            if is_ambiguous(stated) and _evidence_for_month_first(stated, url, cleaned.text):
                found = parse_date(stated, month_first=True)
            return found, ()
    unread = raw.date and any(character.isdigit() for character in raw.date)
    warnings = (f"date not understood: {raw.date.strip()[:60]}",) if raw.date and unread else ()
    return _url_date(url) or _opening_date(cleaned.text), warnings


def _date_lines(cleaned: Cleaned) -> Iterator[str]:
    return (removal.text for removal in cleaned.removals if removal.kind == "date_line")


def _evidence_for_month_first(stated: str, url: str | None, text: str) -> bool:
    """Whether the address or the text names the day that ``stated`` gives month first, and not the other one."""
    month_first, day_first = parse_date(stated, month_first=True), parse_date(stated)
    named = {date[:10] for date in (_url_date(url), *_bracketed_dates(text)) if date}
    return bool(month_first and day_first and month_first[:10] in named and day_first[:10] not in named)


def _url_date(url: str | None) -> str | None:
    match = _URL_DATE.search(url) if url else None
    return parse_date(f"{match['year']}-{match['month']}-{match['day']}") if match else None


def _bracketed_dates(text: str) -> Iterator[str]:
    """Dates in brackets, day first; one whose weekday is another is left out."""
    for match in _BRACKETED_DATE.finditer(text):
        found = parse_date(match[1])
        before = _WORD_BEFORE.search(text, max(0, match.start() - WEEKDAY_REACH), match.start())
        weekday = _WEEKDAYS.get(before[1].lower().replace("’", "").replace("'", "")) if before else None
        if found and (weekday is None or weekday == _weekday_of(found)):
            yield found


def _weekday_of(date: str) -> int:
    return datetime.fromisoformat(date).weekday()


def _opening_date(text: str) -> str | None:
    """The date in brackets of the first paragraph, when there is exactly one."""
    dates = set(_bracketed_dates(text.lstrip().partition("\n")[0][:OPENING]))
    return dates.pop() if len(dates) == 1 else None
