"""Reads the dates that news pages print: Indonesian, Malay and English months, WIB/WITA/WIT, ISO, RFC 2822, epochs.

:func:`parse_date` takes what stands in a date field or a date line, with whatever is around it (``Tayang: Senin, 9 Juni
2025 08:47 WIT``), and gives ISO 8601 with an offset. A small parser of its own reads the regular shapes; ``dateparser``
is asked only about short strings that it cannot read. There is no clock here: a date that depends on today
(``3 jam lalu``, ``20 Juni``) is None.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

MAX_LENGTH = 200
"""Characters of a date field that are read; the longest of 30,000 real ones has 93."""

MAX_FALLBACK_LENGTH = 60
"""Characters of a string that dateparser is asked about: it takes milliseconds and guesses in long text."""

EARLIEST_YEAR, LATEST_YEAR = 1900, 2100
"""Other years are misread numbers."""

DEFAULT_OFFSET = timedelta(hours=7)
"""Western Indonesian Time (WIB), for dates without a zone: that of Jakarta, where most outlets sit."""

_MONTHS = {
    1: "januari january jan",
    2: "februari february pebruari feb peb",
    3: "maret march mac mar",
    4: "april apr",
    5: "mei may",
    6: "juni june jun",
    7: "juli july julai jul",
    8: "agustus august ogos agu agt agst ags aug",
    9: "september sept sep",
    10: "oktober october okt oct",
    11: "november nopember nov nop",
    12: "desember december disember des dec dis",
}
_MONTH_NUMBERS = {name: number for number, names in _MONTHS.items() for name in names.split()}
_ZONES = {
    "wib": 7,
    "wita": 8,
    "wit": 9,
    "myt": 8,
    "sgt": 8,
    "gmt": 0,
    "utc": 0,
    "z": 0,
    "est": -5,
    "edt": -4,
    "pst": -8,
    "pdt": -7,
}

_MONTH = r"(?P<month>" + "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True)) + r")(?![a-z])\.?"
_DAY = r"(?<!\d)(?P<day>\d{1,2})"
_YEAR = r"(?P<year>\d{4}|'?\d{2})(?!\d)"
_GAP = r"[\s+,./-]{0,4}"
_NUMBERS = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s?(?P<mark>[-/.])\s?(?P<month>\d{1,2})\s?(?P=mark)\s?(?P<year>\d{4}|\d{2})(?!\d)"
)
"""The one shape in which day and month may change places."""
_SHAPES = (
    re.compile(r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(rf"{_DAY}(?:st|nd|rd|th)?{_GAP}{_MONTH}{_GAP}{_YEAR}"),
    re.compile(rf"(?<![a-z]){_MONTH}{_GAP}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d){_GAP}(?P<year>\d{{4}})(?!\d)"),
    _NUMBERS,
)
_TIME = re.compile(
    r"(?<![\d:.,/])(?P<hour>\d{1,2})(?P<mark>[:.])(?P<minute>\d{2})(?:(?P=mark)(?P<second>\d{2})(?:[.,]\d+)?)?(?![\d/])"
    r"\s?(?P<half>[ap]\.?m\b)?\s?\(?(?P<zone>wib|wita|wit|myt|sgt|gmt|utc|z|est|edt|pst|pdt|(?=[+-]\d{2}:?\d{2}))?"
    r"(?![a-z])\s?(?P<offset>[+-]\d{1,2}(?::?\d{2})?(?!\d))?"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_FALLBACK = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


def parse_date(text: str, *, month_first: bool = False) -> str | None:
    """Read the first full date in ``text``: ISO 8601 with offset, or None.

    Numbers alone are read day first; the other way round where the first cannot be a day's month (``9/23/2019``), or
    where ``month_first`` asks for it. A date without a time is midnight, one without a zone is in ``DEFAULT_OFFSET``.
    """
    return _parsed(text[:MAX_LENGTH], month_first)


@lru_cache(maxsize=1024)
def _parsed(text: str, month_first: bool) -> str | None:
    """The same: a document's date is asked for several times, and many documents have the same."""
    short = text.replace("\0", " ").strip().lower()
    if not short:
        return None
    if _EPOCH.fullmatch(short):
        return _from_epoch(short)
    for shape in _SHAPES:
        for match in shape.finditer(short):
            day = _day_of(match, month_first)
            if day is not None:
                return _with_time(day, short[: match.start()], short[match.end() :]).isoformat()
    return _fallback(short)


def is_ambiguous(text: str) -> bool:
    """Whether ``text`` holds a date of numbers that reads as another day when the month comes first (``9/3/2019``)."""
    numbers = _NUMBERS.search(text[:MAX_LENGTH].replace("\0", " "))
    return numbers is not None and parse_date(text) != parse_date(text, month_first=True)


def _day_of(match: re.Match[str], month_first: bool) -> datetime | None:
    day, year = int(match["day"]), int(match["year"].lstrip("'"))
    month = _MONTH_NUMBERS.get(match["month"]) or int(match["month"])
    if "mark" in match.re.groupindex and ((month_first and day <= 12) or month > 12):
        day, month = month, day
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return datetime(year, month, day) if EARLIEST_YEAR <= year <= LATEST_YEAR else None
    except ValueError:
        return None


def _with_time(day: datetime, before: str, after: str) -> datetime:
    """Set the time and zone that follow the date, or stand before it."""
    match = _time_in(after.removeprefix("t")) or _time_in(before)
    if match is None:
        return day.replace(tzinfo=timezone(DEFAULT_OFFSET))
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].startswith("p") else 0)
    return day.replace(hour=hour, minute=minute, second=second, tzinfo=timezone(_offset(match)))


def _time_in(text: str) -> re.Match[str] | None:
    """The first time of day; one written with a full stop (``11.53``) only with a zone or after ``pukul``."""
    for match in _TIME.finditer(text):
        if int(match["hour"]) > 23 or int(match["minute"]) > 59 or int(match["second"] or 0) > 59:
            continue
        if match["mark"] == ":" or match["zone"] or text[: match.start()].rstrip().endswith(("pukul", "jam", "|")):
            return match
    return None


def _offset(match: re.Match[str]) -> timedelta:
    base = timedelta(hours=_ZONES[match["zone"]]) if match["zone"] else None
    if match["offset"] and match["zone"] in (None, "", "gmt", "utc"):
        sign = -1 if match["offset"].startswith("-") else 1
        digits = match["offset"][1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        if hours <= 14 and minutes < 60:
            return sign * timedelta(hours=hours, minutes=minutes)
    return DEFAULT_OFFSET if base is None else base


def _from_epoch(digits: str) -> str | None:
    """Seconds or milliseconds since 1970, as times of UTC."""
    whole = digits.partition(".")[0]
    seconds = int(whole) if len(whole) == 10 else int(whole) // 1000
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()


def _fallback(text: str) -> str | None:
    """Ask dateparser for a full absolute date in one of the three languages, day first."""
    if len(text) > MAX_FALLBACK_LENGTH or not _FALLBACK.search(text):
        return None
    import dateparser  # takes 0.3 s to import, and nearly no document needs it

    # The base is never part of a full date; it keeps today out of whatever dateparser does.
    found = dateparser.parse(
        text,
        languages=["id", "ms", "en"],
        settings={
            "DATE_ORDER": "DMY",
            "PARSERS": ["absolute-time"],
            "REQUIRE_PARTS": ["day", "month", "year"],
            "RELATIVE_BASE": datetime(2000, 1, 1),
            "RETURN_AS_TIMEZONE_AWARE": False,
        },
    )
    if found is None or not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        return None
    aware = found if found.tzinfo else found.replace(tzinfo=timezone(DEFAULT_OFFSET))
    return aware.replace(microsecond=0).isoformat()
