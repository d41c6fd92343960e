"""How numbers and times are put in sentences for people."""

from __future__ import annotations

SECONDS = 19
"""Characters of an ISO 8601 time up to its seconds."""


def many(number: int, one: str, more: str | None = None) -> str:
    """``1 document``, ``1,204 documents``: a number before what it counts, and what is said of it."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def utc(time: str) -> str:
    """An ISO 8601 time in UTC, to the second, with its zone."""
    return f"{time[:SECONDS].replace('T', ' ')} UTC"
