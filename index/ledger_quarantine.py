"""What could not become a document: filed with its reason until it succeeds, or a person settles it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from index import tables
from index.ledger_codec import split_source, storable
from index.ledger_rows import PackedDocument
from index.ledger_sql import any_row, chunks, next_number
from transforms.models import Rejected

OPEN, SETTLED, ACCEPTED = 0, 1, 2
"""A row's ``resolved``: it waits for a person, it is done with, or a person leaves it as it is."""
MAX_TRIES = 5
"""Tries after which other rules no longer make a source be read again: only its change or a person does."""


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
    accepted: bool
    """Whether a person leaves it as it is: kept in view, no longer waiting."""


def settle(connection: Connection, documents: Sequence[PackedDocument]) -> None:
    """Close the quarantine rows of what has become a document after all."""
    columns = tables.quarantine.c
    if not any_row(connection, tables.quarantine, columns.resolved != SETTLED):
        return
    succeeded = [{"that_source": storable(item.source), "that_id": storable(item.id)} for item in documents]
    if succeeded:
        same = (columns.source == bindparam("that_source")) & (columns.id == bindparam("that_id"))
        connection.execute(update(tables.quarantine).where(same).values(resolved=SETTLED), succeeded)


def file_rejected(
    connection: Connection, run_id: str, now: str, rejected: Sequence[Rejected], rules_version: str | None = None
) -> None:
    """Note what could not become a document; the same input failing again is another try of the same row.

    What a person has accepted stays accepted while it fails for the same reason.
    """
    items = {_key(item): item for item in rejected}
    known = _known(connection, items)
    number = next_number(connection, tables.quarantine.c.number) if items.keys() - known.keys() else 0
    fresh: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for key, item in items.items():
        values = _values(item, run_id, now) | {"rules_version": rules_version}
        if key in known:
            row = known[key]
            accepted = row.resolved == ACCEPTED and row.error == item.error
            tries = {"that": row.number, "tries": row.tries + (row.run_id != run_id)}
            again.append({**values, **tries, "resolved": ACCEPTED if accepted else OPEN})
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
    wanted = (columns.number, columns.tries, columns.run_id, columns.resolved, columns.error)
    query = select(columns.source_path, columns.id, columns.source, *wanted)
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
        "resolved": OPEN,
    }


def listed(connection: Connection, *, resolved: bool = False, run_id: str | None = None) -> list[Quarantined]:
    """Return open rows, or with ``resolved`` all of them; with ``run_id`` only those that failed in that run."""
    columns = tables.quarantine.c
    names = [name for name in Quarantined.__dataclass_fields__ if name != "accepted"]
    query = select(*(columns[name] for name in names)).order_by(columns.number)
    if not resolved:
        query = query.where(columns.resolved == OPEN)
    if run_id is not None:
        query = query.where(columns.run_id == run_id)
    return [
        Quarantined(**{**row._mapping, "resolved": row.resolved == SETTLED}, accepted=row.resolved == ACCEPTED)
        for row in connection.execute(query)
    ]


def reasons(connection: Connection) -> dict[str, int]:
    """Return how many open rows each reason (``stage/error``) has, most first."""
    columns, number = tables.quarantine.c, func.count().label("number")
    query = select(columns.stage, columns.error, number).where(columns.resolved == OPEN)
    rows = connection.execute(
        query.group_by(columns.stage, columns.error).order_by(number.desc(), columns.stage, columns.error)
    )
    return {f"{row.stage}/{row.error}": row.number for row in rows}


def outdated_sources(connection: Connection, rules_version: str) -> set[str]:
    """Return the files with open rows that failed under other rules, and not too often to try again."""
    columns = tables.quarantine.c
    others = columns.rules_version.is_(None) | (columns.rules_version != rules_version)
    query = select(columns.source_path).where(columns.resolved == OPEN, others, columns.tries < MAX_TRIES)
    return set(connection.execute(query).scalars())


def resolve(connection: Connection, numbers: Iterable[int], state: int = SETTLED) -> int:
    """Close rows by number, or with ``ACCEPTED`` leave them as they are; returns how many were open."""
    columns = tables.quarantine.c
    closed = 0
    for chunk in chunks(numbers):
        where = columns.number.in_(chunk) & (columns.resolved == OPEN)
        closed += connection.execute(update(tables.quarantine).where(where).values(resolved=state)).rowcount
    return closed


def reopen_sources(connection: Connection, numbers: Iterable[int]) -> list[str]:
    """Make the sources of these rows be read again by the next run, as if for the first time; returns their paths."""
    paths: set[str] = set()
    for chunk in chunks(numbers):
        columns = tables.quarantine.c
        asked = columns.number.in_(chunk) & (columns.resolved != SETTLED)
        connection.execute(update(tables.quarantine).where(asked).values(resolved=OPEN, tries=0))
        found = select(tables.quarantine.c.source_path).where(tables.quarantine.c.number.in_(chunk))
        paths.update(connection.execute(found).scalars())
    for chunk in chunks(sorted(paths)):
        connection.execute(update(tables.sources).where(tables.sources.c.path.in_(chunk)).values(finished_run=None))
    return sorted(paths)
