"""How one shard of documents enters the ledger: in a single transaction, and to the same end however often repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from index import tables
from index.ledger_bands import enter_bands, withdraw
from index.ledger_codec import (
    pack_numbers,
    pack_pair,
    pack_text,
    split_source,
    storable,
    suffixed,
    to_json,
    unpack_numbers,
    unpack_pair,
)
from index.ledger_keys import candidate_hashes, node_of
from index.ledger_quarantine import file_rejected, settle
from index.ledger_sql import chunks, next_number
from transforms.models import Document, Rejected, Removal


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


def store(connection: Connection, shard: Shard, documents: Sequence[Document], rejected: Sequence[Rejected]) -> None:
    """Insert or replace a shard's documents with all that hangs on them, and file what was rejected."""
    numbers = source_numbers(connection, {split_source(item.source)[0] for item in documents})
    plan = _plan(connection, shard, documents, numbers)
    _write(connection, shard, plan, numbers)
    settle(connection, documents)
    file_rejected(connection, shard.run_id, shard.now, rejected, shard.tried_with)


def source_numbers(connection: Connection, paths: Iterable[str]) -> dict[str, int]:
    """Return the number of each source file, giving one to those that have none."""
    wanted = {path: str(storable(path)) for path in paths}
    tables.lock_for_writing(connection)
    known: dict[str, int] = {}
    for chunk in chunks(wanted.values()):
        found = connection.execute(
            select(tables.sources.c.path, tables.sources.c.number).where(tables.sources.c.path.in_(chunk))
        )
        known.update({row.path: row.number for row in found})
    missing = sorted({stored for stored in wanted.values() if stored not in known})
    if missing:
        first = next_number(connection, tables.sources.c.number)
        known.update({path: first + offset for offset, path in enumerate(missing)})
        connection.execute(insert(tables.sources), [{"path": path, "number": known[path]} for path in missing])
    return {path: known[stored] for path, stored in wanted.items()}


@dataclass(slots=True)
class _Planned:
    document: Document
    stored_id: str
    row: Row[Any] | None


def _plan(
    connection: Connection, shard: Shard, documents: Sequence[Document], numbers: Mapping[str, int]
) -> list[_Planned]:
    """Decide under which id each document is stored, and leave out those that are stored already."""
    rows = _rows(connection, {str(storable(document.id)) for document in documents})
    clashing = [document for document in documents if _clashes(document, rows, numbers)]
    rows.update(_rows(connection, {name for document in clashing for name in _names(document)[1:]}))
    holders = {row.id: (row.source, row.place, row.last_seen_run) for row in rows.values() if row.status != tables.GONE}
    plan: dict[str, _Planned] = {}
    for document in documents:
        path, place = split_source(document.source)
        origin = (numbers[path], place)
        stored_id = _choose(_names(document), origin, holders, shard.run_id)
        holders[stored_id] = (*origin, shard.run_id)
        if stored_id != storable(document.id):
            shard.renamed.append(Renamed(document.id, stored_id, document.source))
        plan[stored_id] = _Planned(document, stored_id, rows.get(stored_id))
    return [planned for planned in plan.values() if not _is_current(shard, planned, numbers)]


def _names(document: Document) -> tuple[str, str, str]:
    """Return the ids a document may be stored under, best first."""
    own = str(storable(document.id))
    return own, suffixed(own, split_source(document.source)[0]), suffixed(own, document.source)


def _clashes(document: Document, rows: Mapping[str, Row[Any]], numbers: Mapping[str, int]) -> bool:
    row = rows.get(str(storable(document.id)))
    path, place = split_source(document.source)
    return row is None or (row.source, row.place) != (numbers[path], place)


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
    path, place = split_source(document.source)
    stored = (row.raw_hash, row.rules_version, row.source, row.place)
    same = stored == (document.raw_hash, document.rules_version, numbers[path], place)
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
    rows: dict[str, Row[Any]] = {}
    for chunk in chunks(sorted(ids)):
        rows.update({row.id: row for row in connection.execute(select(*wanted).where(columns.id.in_(chunk)))})
    return rows


def _write(connection: Connection, shard: Shard, plan: Sequence[_Planned], numbers: Mapping[str, int]) -> None:
    if shard.outcome["unchanged"]:
        touch(connection, shard.run_id, shard.outcome["unchanged"])
    if not plan:
        return
    replaced = [planned.row for planned in plan if planned.row is not None]
    _keep_versions(connection, shard, plan)
    key = next_number(connection, tables.documents.c.key)
    added, updated, keys = [], [], {}
    for planned in plan:
        values = _values(shard, planned, numbers)
        if planned.row is None:
            keys[planned.stored_id] = key
            added.append({**values, "key": key, "first_seen_run": shard.run_id})
            key += 1
        else:
            keys[planned.stored_id] = planned.row.key
            updated.append({**values, "that_key": planned.row.key})
    if added:
        connection.execute(insert(tables.documents), added)
    if updated:
        connection.execute(update(tables.documents).where(tables.documents.c.key == bindparam("that_key")), updated)
        _delete_removals(connection, [row.key for row in replaced])
    _store_removals(connection, {keys[planned.stored_id]: planned.document.removals for planned in plan})
    withdraw(connection, replaced)
    live = [values for values in (*added, *updated) if values["status"] == tables.LIVE]
    enter_bands(connection, {(hash_, row["node"]) for row in live for hash_ in unpack_numbers(row["bands"])})


def _values(shard: Shard, planned: _Planned, numbers: Mapping[str, int]) -> dict[str, Any]:
    document = planned.document
    path, place = split_source(document.source)
    raw, text = pack_pair(document.raw_text, document.text)
    held = document.id in shard.held
    return {
        "id": planned.stored_id,
        "source": numbers[path],
        "place": place,
        "url": storable(document.url),
        "title": storable(document.title),
        "published_at": storable(document.published_at),
        "outlet": storable(document.outlet),
        "byline_place": storable(document.place),
        "authors": to_json([storable(author) for author in document.authors]),
        "raw": raw,
        "text": text,
        "language": document.language.code,
        "language_confidence": document.language.confidence,
        "languages": to_json([[share.code, round(share.share, 4)] for share in document.language.languages]),
        "repairs": to_json([[repair.at, repair.kind] for repair in document.repairs]),
        "warnings": to_json([storable(warning) for warning in document.warnings]),
        "rules_version": document.rules_version,
        "raw_hash": document.raw_hash,
        "content_hash": document.fingerprint.content_hash,
        "node": node_of(planned.stored_id, document),
        "bands": pack_numbers(candidate_hashes(document)),
        "sketch": document.fingerprint.sketch,
        "shingles": document.fingerprint.shingles,
        "characters": len(document.text),
        "status": tables.HELD if held else tables.LIVE,
        "status_reason": shard.held.get(document.id),
        "resolution": tables.TO_CLUSTER if held else tables.TO_COMPARE,
        "check_index": 1,
        "last_changed_run": shard.run_id,
        "last_seen_run": shard.run_id,
    }


def touch(connection: Connection, run_id: str, ids: Iterable[str]) -> None:
    """Note that these documents are still in their source."""
    for chunk in chunks(ids):
        connection.execute(
            update(tables.documents).where(tables.documents.c.id.in_(chunk)).values(last_seen_run=run_id)
        )


def _keep_versions(connection: Connection, shard: Shard, plan: Sequence[_Planned]) -> None:
    """Keep the text of documents whose source says something else now."""
    changed = [
        item.row.key
        for item in plan
        if item.row is not None and item.row.status != tables.GONE and item.row.raw_hash != item.document.raw_hash
    ]
    columns = tables.documents.c
    for chunk in chunks(changed):
        old = connection.execute(
            select(columns.key, columns.title, columns.raw, columns.text).where(columns.key.in_(chunk))
        ).all()
        first = next_number(connection, tables.versions.c.number)
        kept = [
            {
                "number": first + offset,
                "document": row.key,
                "replaced_run": shard.run_id,
                "replaced_at": shard.now,
                "title": row.title,
                "text": pack_text(unpack_pair(row.raw, row.text)[1]),
            }
            for offset, row in enumerate(old)
        ]
        connection.execute(insert(tables.versions), kept)


def _delete_removals(connection: Connection, keys: Sequence[int]) -> None:
    for chunk in chunks(keys):
        connection.execute(delete(tables.removals).where(tables.removals.c.document.in_(chunk)))


def _store_removals(connection: Connection, removals: Mapping[int, Sequence[Removal]]) -> None:
    numbers = {(row.rule, row.kind): row.number for row in connection.execute(select(tables.rules))}
    used = {(removal.rule, removal.kind) for items in removals.values() for removal in items}
    missing = sorted(used - numbers.keys())
    if missing:
        numbers.update({pair: len(numbers) + 1 + offset for offset, pair in enumerate(missing)})
        connection.execute(
            insert(tables.rules),
            [{"number": numbers[rule, kind], "rule": rule, "kind": kind} for rule, kind in missing],
        )
    rows = {
        (key, item.start, item.end): {
            "document": key,
            "start": item.start,
            "end": item.end,
            "rule": numbers[item.rule, item.kind],
            "confidence": item.confidence,
        }
        for key, items in removals.items()
        for item in items
    }
    if rows:
        connection.execute(insert(tables.removals), list(rows.values()))
