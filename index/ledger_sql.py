"""Two habits of every ledger statement: values in chunks, and key columns numbered by the one writer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

CHUNK = 500
"""Values in one IN (...): well below SQLite's limit of 32,766 variables and PostgreSQL's of 65,535."""


def chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Yield the values in lists short enough for one IN (...)."""
    values = list(values)
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def next_number(connection: Connection, column: Any) -> int:
    """Return the first free number of a key column; the caller holds the write lock."""
    return int(connection.execute(select(func.max(column))).scalar() or 0) + 1
