"""What the ledger knows of files that are no longer there: how much hangs on them, and removals that are on hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import Connection, delete, insert, select

from index import tables
from index.ledger_open import meta

HELD_REMOVALS = "held_removals"
"""Name of the ledger's own fact that holds them."""


@dataclass(frozen=True, slots=True)
class HeldRemoval:
    """Documents of one source that would be removed, if there were not so many of them."""

    source: str
    """As named to the run: a folder, a file, a glob, a URL."""
    missing: int
    known: int
    """Documents that the ledger has of this source, the missing ones included."""


def left_records(connection: Connection) -> dict[str, list[str]]:
    """Return the ids of documents whose record the last complete reading of their file did not meet, by file.

    A file that has something in quarantine is left out: what it did not give may stand where it could not be read.
    """
    columns, files, rejected = tables.documents.c, tables.sources.c, tables.quarantine.c
    damaged = select(rejected.source_path).where(rejected.resolved == 0)
    query = (
        select(files.path, columns.id)
        .join_from(tables.documents, tables.sources)
        .where(columns.status != tables.GONE, columns.last_seen_run != files.finished_run, files.path.not_in(damaged))
    )
    found: dict[str, list[str]] = {}
    for path, id_ in connection.execute(query.order_by(columns.key)):
        found.setdefault(path, []).append(id_)
    return found


def held_removals(connection: Connection) -> list[HeldRemoval]:
    """Return the removals that wait for a person."""
    stored = orjson.loads(meta(connection, HELD_REMOVALS) or "[]")
    return [HeldRemoval(**item) for item in stored]


def note_held_removals(connection: Connection, looked_at: Iterable[str], held: Mapping[str, HeldRemoval]) -> None:
    """Keep what is on hold, in place of what was on hold for the sources that were looked at."""
    sources = set(looked_at)
    others = [item for item in held_removals(connection) if item.source not in sources]
    now = [*others, *(held[source] for source in sorted(held))]
    connection.execute(delete(tables.meta).where(tables.meta.c.name == HELD_REMOVALS))
    if now:
        value = orjson.dumps([asdict(item) for item in now]).decode()
        connection.execute(insert(tables.meta).values(name=HELD_REMOVALS, value=value))
