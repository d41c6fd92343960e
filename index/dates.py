"""Days, months and years as people write them in a query, turned into spans of sortable numbers."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Final

_DAY: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")

Span = tuple[int | None, int | None]
"""First and last moment, both included, as ``YYYYMMDDhhmmss``; None for an open end."""


def parse_day(text: str) -> tuple[int, int] | None:
    """First and last moment of ``2024``, ``2024-06`` or ``2024-06-20``; None for anything else."""
    match = _DAY.fullmatch(text.strip())
    if match is None or not match[1].isascii():
        return None
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if not 1 <= year <= 9999 or month > 12 or (match[2] and not month) or (match[3] and not day):
        return None
    if day > (monthrange(year, month)[1] if month else 31):
        return None
    first = (year * 10_000 + (month or 1) * 100 + (day or 1)) * 1_000_000
    last = (year * 10_000 + (month or 12) * 100 + (day or (monthrange(year, month)[1] if month else 31))) * 1_000_000
    return first, last + 235_959


def option_day(option: str, text: str | None) -> tuple[int, int] | None:
    """As :func:`parse_day` for the value of an option, None when it is not given; raises ValueError for a wrong one."""
    if not text:
        return None
    span = parse_day(text)
    if span is None:
        raise ValueError(f"{option}: {text!r} is not a year, month or day such as 2024, 2024-06 or 2024-06-20")
    return span


def parse_span(text: str) -> Span | None:
    """``2024-06``, ``2024-06..2024-07``, ``2024..`` or ``..2024``; None when it is none of these."""
    text = text.strip().strip("[]")
    if ".." not in text:
        return parse_day(text)
    start, _, end = text.partition("..")
    first = parse_day(start) if start else (None, None)
    last = parse_day(end) if end else (None, None)
    if first is None or last is None or not (start or end):
        return None
    return first[0], last[1]
