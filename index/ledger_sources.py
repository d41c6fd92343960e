"""What the ledger knows of files and of the documents in them: what to skip, what has gone, what is held back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from index import tables
from index.ledger_bands import withdraw
from index.ledger_codec import split_source, storable, suffixed
from index.ledger_quarantine import outdated_sources
from index.ledger_sql import among, any_row, update_rows
from index.ledger_store import source_numbers
from transforms.models import SourceFile


@dataclass(frozen=True, slots=True)
class SourceState:
    """A completely read file: ``size`` in bytes, ``mtime_ns`` in nanoseconds, ``documents`` it gave."""

    size: int
    mtime_ns: int
    documents: int
    stale: bool
    """Whether one of its documents was cleaned, or failed, with other rules than those asked about."""


@dataclass(frozen=True, slots=True)
class DocumentState:
    """What decides whether a document must be cleaned again."""

    raw_hash: str
    rules_version: str
    source_path: str
    status: str


def states(connection: Connection, rules_version: str | None, tried_with: str | None = None) -> dict[str, SourceState]:
    """Return every completely read file by path; ``tried_with`` is what failures are compared with."""
    columns, documents = tables.sources.c, tables.documents.c
    stale: set[int] = set()
    if rules_version is not None:
        query = select(documents.source).where(_of_other_rules(rules_version))
        stale.update(connection.execute(query.distinct()).scalars())
    failed = outdated_sources(connection, tried_with) if tried_with is not None else set()
    query = select(columns.number, columns.path, columns.size, columns.mtime_ns, columns.documents)
    rows = connection.execute(query.where(columns.finished_run.is_not(None)))
    return {
        path: SourceState(size, mtime_ns, number_of_documents, number in stale or path in failed)
        for number, path, size, mtime_ns, number_of_documents in rows
    }


def any_documents(connection: Connection) -> bool:
    """Say whether the ledger has ever stored a document."""
    return any_row(connection, tables.documents)


def stale(connection: Connection, rules_version: str) -> list[str]:
    """Return the ids of documents that were cleaned with other rules."""
    columns = tables.documents.c
    query = select(columns.id).where(_of_other_rules(rules_version))
    return list(connection.execute(query.order_by(columns.key)).scalars())


def stale_count(connection: Connection, rules_version: str) -> int:
    """Return how many there are; an index answers it."""
    query = select(func.count()).select_from(tables.documents).where(_of_other_rules(rules_version))
    return int(connection.execute(query).scalar_one())


def _of_other_rules(rules_version: str) -> ColumnElement[bool]:
    columns = tables.documents.c
    return and_(columns.rules_version != rules_version, columns.status != tables.GONE)


def finish(connection: Connection, sources: Iterable[tuple[SourceFile, int]], run_id: str) -> None:
    """Note that files are completely read; what they had in quarantine and did not fail again is settled."""
    closed = {source.path: (source.size, _within(source.mtime_ns), documents, run_id) for source, documents in sources}
    numbers = source_numbers(connection, closed)
    columns = ("size", "mtime_ns", "documents", "finished_run")
    rows = [(*values, numbers[path]) for path, values in closed.items()]
    update_rows(connection, tables.sources, columns, "number", rows)
    quarantine = tables.quarantine.c
    settled = and_(among(quarantine.source_path, closed), quarantine.run_id != run_id, quarantine.resolved == 0)
    connection.execute(update(tables.quarantine).where(settled).values(resolved=1))


def _within(mtime_ns: int) -> int:
    """The nearest time that 64 bits hold: a file may be dated after 2262, and is then read again every time."""
    return min(max(mtime_ns, -(2**63)), 2**63 - 1)


def forget(connection: Connection, path: str, run_id: str) -> list[str]:
    """Make a file unknown and its documents gone; returns their ids."""
    number = source_numbers(connection, [path])[path]
    columns = tables.documents.c
    where = and_(columns.source == number, columns.status != tables.GONE)
    ids = list(connection.execute(select(columns.id).where(where).order_by(columns.key)).scalars())
    set_status(connection, ids, tables.GONE, "its file no longer exists", run_id)
    connection.execute(update(tables.sources).where(tables.sources.c.number == number).values(finished_run=None))
    settled = and_(tables.quarantine.c.source_path == storable(path), tables.quarantine.c.resolved == 0)
    connection.execute(update(tables.quarantine).where(settled).values(resolved=1))
    return ids


def vanished(connection: Connection, paths: Iterable[str], run_id: str) -> dict[str, list[str]]:
    """Return the ids of the files' documents that were not met in this run, for each file that has any."""
    asked = {str(storable(path)): path for path in paths}
    columns, files = tables.documents.c, tables.sources.c
    query = (
        select(files.path, columns.id)
        .join_from(tables.documents, tables.sources)
        .where(among(files.path, asked), columns.last_seen_run != run_id, columns.status != tables.GONE)
    )
    found: dict[str, list[str]] = {}
    for path, id_ in connection.execute(query.order_by(columns.key)):
        found.setdefault(asked[path], []).append(id_)
    return found


def document_states(connection: Connection, ids: Sequence[str]) -> dict[str, DocumentState]:
    """Return the state of each stored document, by id as asked."""
    asked = {str(storable(id_)): id_ for id_ in ids}
    return {
        asked[row.id]: DocumentState(row.raw_hash, row.rules_version, row.path, row.status)
        for row in _state_rows(connection, asked)
    }


def unchanged(connection: Connection, records: Sequence[tuple[str, str, str]], rules_version: str) -> dict[int, str]:
    """Match (id, source, raw_hash) against what is stored under the id or one of its suffixed forms.

    A record that only moved within its file is unchanged: a dump that grows at its head shifts every line number.
    """
    names = []
    for id_, source, _ in records:
        own = str(storable(id_))
        names.append((own, suffixed(own, split_source(source)[0]), suffixed(own, source)))
    stored = {
        row.id: (row.path, row.raw_hash, row.rules_version, row.status == tables.GONE)
        for row in _state_rows(connection, sorted({name for group in names for name in group}))
    }
    matched = {}
    for position, (_, source, raw_hash) in enumerate(records):
        wanted = (storable(split_source(source)[0]), raw_hash, rules_version, False)
        found = next((name for name in names[position] if stored.get(name) == wanted), None)
        if found is not None:
            matched[position] = found
    return matched


def _state_rows(connection: Connection, ids: Iterable[str]) -> Iterable[Row[tuple[str, ...]]]:
    columns = tables.documents.c
    query = select(
        columns.id, columns.raw_hash, columns.rules_version, columns.status, tables.sources.c.path
    ).join_from(tables.documents, tables.sources)
    return connection.execute(query.where(among(columns.id, ids)))


def set_status(connection: Connection, ids: Iterable[str], status: str, reason: str | None, run_id: str) -> int:
    """Serve, hold back or give up documents; their clusters are drawn again by the next resolution of duplicates."""
    columns = tables.documents.c
    query = select(columns.key, columns.id, columns.node, columns.bands, columns.status, columns.cluster)
    rows = connection.execute(query.where(among(columns.id, ids), columns.status != status)).all()
    connection.execute(
        update(tables.documents)
        .where(among(columns.key, [row.key for row in rows]))
        .values(
            status=status,
            status_reason=reason,
            resolution=tables.TO_COMPARE if status == tables.LIVE else tables.TO_CLUSTER,
            check_index=1,
            last_changed_run=run_id,
        )
    )
    withdraw(connection, rows)
    return len(rows)
