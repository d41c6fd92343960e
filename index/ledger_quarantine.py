"""What could not become a document: filed with its reason until it succeeds, or a person settles it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from index import tables
from index.ledger_codec import split_source, storable
from index.ledger_rows import PackedDocument
from index.ledger_sql import chunks, next_number
from transforms.models import Rejected


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One input that could not become a document; times are ISO 8601 in UTC."""

    number: int
    id: str
    source: str
    """As given: a path, with ``#LINE`` for one record of many."""
    source_path: str
    stage: str
    error: str
    message: str
    place: str
    hint: str
    run_id: str
    first_seen: str
    last_seen: str
    tries: int
    resolved: bool


def settle(connection: Connection, documents: Sequence[PackedDocument]) -> None:
    """Close the quarantine rows of what has become a document after all."""
    columns = tables.quarantine.c
    if connection.execute(select(columns.number).where(columns.resolved == 0).limit(1)).first() is None:
        return
    succeeded = [{"that_source": storable(item.source), "that_id": storable(item.id)} for item in documents]
    if succeeded:
        same = (columns.source == bindparam("that_source")) & (columns.id == bindparam("that_id"))
        connection.execute(update(tables.quarantine).where(same, columns.resolved == 0).values(resolved=1), succeeded)


def file_rejected(connection: Connection, run_id: str, now: str, rejected: Sequence[Rejected]) -> None:
    """Note what could not become a document; the same input failing again is another try of the same row."""
    items = {_key(item): item for item in rejected}
    known = _known(connection, items)
    number = next_number(connection, tables.quarantine.c.number) if items.keys() - known.keys() else 0
    fresh: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for key, item in items.items():
        values = _values(item, run_id, now)
        if key in known:
            row = known[key]
            again.append({**values, "that": row.number, "tries": row.tries + (row.run_id != run_id)})
        else:
            path, id_, source = key
            first = {"number": number + len(fresh), "source_path": path, "id": id_, "source": source, "first_seen": now}
            fresh.append({**first, **values, "tries": 1})
    if fresh:
        connection.execute(insert(tables.quarantine), fresh)
    if again:
        connection.execute(update(tables.quarantine).where(tables.quarantine.c.number == bindparam("that")), again)


_Key = tuple[str, str, str]


def _key(item: Rejected) -> _Key:
    """Return what makes a row: file, id and source."""
    return str(storable(split_source(item.source)[0])), str(storable(item.id)), str(storable(item.source))


def _known(connection: Connection, keys: Iterable[_Key]) -> dict[_Key, Row[Any]]:
    """Return the rows there are already."""
    columns = tables.quarantine.c
    query = select(columns.source_path, columns.id, columns.source, columns.number, columns.tries, columns.run_id)
    found = {}
    for chunk in chunks(sorted({path for path, _, _ in keys})):
        for row in connection.execute(query.where(columns.source_path.in_(chunk))):
            found[row.source_path, row.id, row.source] = row
    return found


def _values(item: Rejected, run_id: str, now: str) -> dict[str, Any]:
    """Return what a try writes into a row, old or new."""
    return {
        "stage": item.stage,
        "error": item.error,
        "message": storable(item.message),
        "place": storable(item.place),
        "hint": storable(item.hint),
        "run_id": run_id,
        "last_seen": now,
        "resolved": 0,
    }


def listed(connection: Connection, *, resolved: bool = False, run_id: str | None = None) -> list[Quarantined]:
    """Return open rows, or with ``resolved`` all of them; with ``run_id`` only those that failed in that run."""
    columns = tables.quarantine.c
    query = select(*(columns[name] for name in Quarantined.__dataclass_fields__)).order_by(columns.number)
    if not resolved:
        query = query.where(columns.resolved == 0)
    if run_id is not None:
        query = query.where(columns.run_id == run_id)
    return [Quarantined(**{**row._mapping, "resolved": bool(row.resolved)}) for row in connection.execute(query)]


def resolve(connection: Connection, numbers: Iterable[int]) -> int:
    """Close rows by number; returns how many were open."""
    columns = tables.quarantine.c
    closed = 0
    for chunk in chunks(numbers):
        where = columns.number.in_(chunk) & (columns.resolved == 0)
        closed += connection.execute(update(tables.quarantine).where(where).values(resolved=1)).rowcount
    return closed


def reopen_sources(connection: Connection, numbers: Iterable[int]) -> list[str]:
    """Make the sources of these rows be read again by the next run; returns their paths."""
    paths: set[str] = set()
    for chunk in chunks(numbers):
        found = select(tables.quarantine.c.source_path).where(tables.quarantine.c.number.in_(chunk))
        paths.update(connection.execute(found).scalars())
    for chunk in chunks(sorted(paths)):
        connection.execute(update(tables.sources).where(tables.sources.c.path.in_(chunk)).values(finished_run=None))
    return sorted(paths)
