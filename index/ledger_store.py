"""How one shard of documents enters the ledger: in a single transaction, and to the same end however often repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from index import tables
from index.ledger_bands import withdraw
from index.ledger_codec import pack_text, storable, unpack_clean
from index.ledger_keys import lone_node
from index.ledger_quarantine import file_rejected, settle
from index.ledger_rows import VALUES, Cut, PackedDocument
from index.ledger_sql import among, chunks, insert_rows, next_number, update_rows
from transforms.models import Rejected


@dataclass(frozen=True, slots=True)
class Renamed:
    """A document whose id another source holds already, and the id under which it was stored instead."""

    id: str
    stored_id: str
    source: str


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """What became of a shard: stored ids by outcome, and how many inputs went to the quarantine."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    quarantined: int


@dataclass(slots=True)
class Shard:
    """What one call of :func:`store` works on and notes down."""

    run_id: str
    now: str
    held: Mapping[str, str]
    rewrite: bool
    tried_with: str | None = None
    outcome: dict[str, list[str]] = field(default_factory=lambda: {"new": [], "changed": [], "unchanged": []})
    renamed: list[Renamed] = field(default_factory=list)


def store(
    connection: Connection, shard: Shard, documents: Sequence[PackedDocument], rejected: Sequence[Rejected]
) -> None:
    """Insert or replace a shard's documents with all that hangs on them, and file what was rejected."""
    numbers = source_numbers(connection, {item.path for item in documents})
    plan = _plan(connection, shard, documents, numbers)
    _write(connection, shard, plan, numbers)
    settle(connection, documents)
    file_rejected(connection, shard.run_id, shard.now, rejected, shard.tried_with)


def source_numbers(connection: Connection, paths: Iterable[str]) -> dict[str, int]:
    """Return the number of each source file, giving one to those that have none."""
    wanted = {path: str(storable(path)) for path in paths}
    columns = tables.sources.c
    query = select(columns.path, columns.number).where(among(columns.path, wanted.values()))
    known = {row.path: row.number for row in connection.execute(query)}
    missing = sorted({stored for stored in wanted.values() if stored not in known})
    if missing:
        first = next_number(connection, columns.number)
        known.update({path: first + offset for offset, path in enumerate(missing)})
        insert_rows(connection, tables.sources, ("path", "number"), [(path, known[path]) for path in missing])
    return {path: known[stored] for path, stored in wanted.items()}


@dataclass(slots=True)
class _Planned:
    document: PackedDocument
    stored_id: str
    row: Row[Any] | None


def _plan(
    connection: Connection, shard: Shard, documents: Sequence[PackedDocument], numbers: Mapping[str, int]
) -> list[_Planned]:
    """Decide under which id each document is stored, and leave out those that are stored already."""
    rows = _rows(connection, {document.names[0] for document in documents})
    clashing = [document for document in documents if _clashes(document, rows, numbers)]
    rows.update(_rows(connection, {name for document in clashing for name in document.names[1:]}))
    holders = {row.id: (row.source, row.place, row.last_seen_run) for row in rows.values() if row.status != tables.GONE}
    plan: dict[str, _Planned] = {}
    for document in documents:
        origin = (numbers[document.path], document.place)
        stored_id = _choose(document.names, origin, holders, shard.run_id)
        holders[stored_id] = (*origin, shard.run_id)
        if stored_id != document.names[0]:
            shard.renamed.append(Renamed(document.id, stored_id, document.source))
        plan[stored_id] = _Planned(document, stored_id, rows.get(stored_id))
    return [planned for planned in plan.values() if not _is_current(shard, planned, numbers)]


def _clashes(document: PackedDocument, rows: Mapping[str, Row[Any]], numbers: Mapping[str, int]) -> bool:
    row = rows.get(document.names[0])
    return row is None or (row.source, row.place) != (numbers[document.path], document.place)


def _choose(
    names: Sequence[str], origin: tuple[int, str], holders: Mapping[str, tuple[int, str, str]], run_id: str
) -> str:
    """Return the name this very record holds, else the first that is free or that its file held in an earlier run."""
    for name in names:
        if name in holders and holders[name][:2] == origin:
            return name
    for name in names:
        if name not in holders:
            return name
        source, _, seen = holders[name]
        if source == origin[0] and seen != run_id:
            return name
    return names[-1]


def _is_current(shard: Shard, planned: _Planned, numbers: Mapping[str, int]) -> bool:
    """Say whether the ledger holds this very document, and note the outcome."""
    row, document = planned.row, planned.document
    if row is None or row.status == tables.GONE:
        shard.outcome["new"].append(planned.stored_id)
        return False
    stored = (row.raw_hash, row.rules_version, row.source, row.place)
    same = stored == (document.raw_hash, document.rules_version, numbers[document.path], document.place)
    to_hold = document.id in shard.held and row.status == tables.LIVE  # what was held otherwise stays held
    current = same and not to_hold and not shard.rewrite
    shard.outcome["unchanged" if current else "changed"].append(planned.stored_id)
    return current


def _rows(connection: Connection, ids: Iterable[str]) -> dict[str, Row[Any]]:
    columns = tables.documents.c
    wanted = (
        columns.key,
        columns.id,
        columns.source,
        columns.place,
        columns.raw_hash,
        columns.rules_version,
        columns.node,
        columns.bands,
        columns.status,
        columns.cluster,
        columns.last_seen_run,
    )
    return {row.id: row for row in connection.execute(select(*wanted).where(among(columns.id, sorted(ids))))}


def _write(connection: Connection, shard: Shard, plan: Sequence[_Planned], numbers: Mapping[str, int]) -> None:
    if shard.outcome["unchanged"]:
        touch(connection, shard.run_id, shard.outcome["unchanged"])
    if not plan:
        return
    replaced = [planned.row for planned in plan if planned.row is not None]
    _keep_versions(connection, shard, plan)
    key = next_number(connection, tables.documents.c.key)
    added, updated, removals = [], [], {}
    for planned in plan:
        values = _values(shard, planned, numbers)
        if planned.row is None:
            added.append((*values, shard.run_id, key))
            removals[key] = planned.document.removals
            key += 1
        else:
            updated.append((*values, planned.row.key))
            removals[planned.row.key] = planned.document.removals
    insert_rows(connection, tables.documents, (*_COLUMNS, "first_seen_run", "key"), added)
    update_rows(connection, tables.documents, _COLUMNS, "key", updated)
    if replaced:
        gone = among(tables.removals.c.document, [row.key for row in replaced])
        connection.execute(delete(tables.removals).where(gone))
    _store_removals(connection, removals)
    withdraw(connection, replaced)


_COLUMNS = (
    "id",
    "source",
    "place",
    "node",
    "status",
    "status_reason",
    "resolution",
    "check_index",
    "last_changed_run",
    "last_seen_run",
    *VALUES,
)
"""What :func:`_values` gives of a document's row."""


def _values(shard: Shard, planned: _Planned, numbers: Mapping[str, int]) -> tuple[Any, ...]:
    document, stored_id = planned.document, planned.stored_id
    held = document.id in shard.held
    return (
        stored_id,
        numbers[document.path],
        document.place,
        lone_node(stored_id) if document.node is None else document.node,
        tables.HELD if held else tables.LIVE,
        shard.held.get(document.id),
        tables.TO_CLUSTER if held else tables.TO_COMPARE,
        1,
        shard.run_id,
        shard.run_id,
        *document.values,
    )


def touch(connection: Connection, run_id: str, ids: Iterable[str]) -> None:
    """Note that these documents are still in their source."""
    met = among(tables.documents.c.id, ids)
    connection.execute(update(tables.documents).where(met).values(last_seen_run=run_id))


def _keep_versions(connection: Connection, shard: Shard, plan: Sequence[_Planned]) -> None:
    """Keep the text of documents whose source says something else now."""
    changed = [
        item.row.key
        for item in plan
        if item.row is not None and item.row.status != tables.GONE and item.row.raw_hash != item.document.raw_hash
    ]
    columns = tables.documents.c
    for chunk in chunks(changed):
        query = select(columns.key, columns.title, columns.raw, columns.text)
        old = connection.execute(query.where(among(columns.key, chunk))).all()
        first = next_number(connection, tables.versions.c.number)
        kept = [
            (first + offset, row.key, shard.run_id, shard.now, row.title, pack_text(unpack_clean(row.raw, row.text)))
            for offset, row in enumerate(old)
        ]
        names = ("number", "document", "replaced_run", "replaced_at", "title", "text")
        insert_rows(connection, tables.versions, names, kept)


def _store_removals(connection: Connection, removals: Mapping[int, Sequence[Cut]]) -> None:
    numbers = {(row.rule, row.kind): row.number for row in connection.execute(select(tables.rules))}
    used = {(cut.rule, cut.kind) for cuts in removals.values() for cut in cuts}
    missing = sorted(used - numbers.keys())
    if missing:
        numbers.update({pair: len(numbers) + 1 + offset for offset, pair in enumerate(missing)})
        names = [(numbers[rule, kind], rule, kind) for rule, kind in missing]
        insert_rows(connection, tables.rules, ("number", "rule", "kind"), names)
    rows = {
        (key, start, end): (key, start, end, numbers[rule, kind], confidence)
        for key, cuts in removals.items()
        for start, end, rule, kind, confidence in cuts
    }
    insert_rows(connection, tables.removals, ("document", "start", "end", "rule", "confidence"), list(rows.values()))
