"""Forgetting on request: a document leaves every table, and what it was known by is kept only as hashes.

:func:`find` says what would go, :func:`forget` takes it out in the caller's transaction, :func:`returning` tells a run
which documents it must leave out; ``index.forgotten_traces`` searches for what is left. The ledger's record of what the
index holds is made void as well: the next run builds a new generation, removes all others and compacts the database,
whether it is part of the same command or comes after a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update

from index import ledger_lines, tables
from index.ledger_bands import withdraw
from index.ledger_codec import SUFFIX_DIGITS, split_source, storable, suffixed
from index.ledger_keys import page_key
from index.ledger_open import meta
from index.ledger_sql import among, any_row, chunks, next_number
from transforms.models import Rejected
from transforms.outlet_lines import document_number, outlet_key


class Arriving(Protocol):
    """What is asked of a document that is about to enter the ledger."""

    @property
    def id(self) -> str:
        """Its own id."""
        ...

    @property
    def source(self) -> str:
        """Its file, with ``#LINE`` for one record of many."""
        ...

    @property
    def url(self) -> str | None:
        """Its address."""
        ...

    @property
    def raw_hash(self) -> str:
        """Of its raw text."""
        ...


UNFINISHED = "forget_unfinished"
"""Name of the ledger's own fact that generations and freed pages may still hold what was forgotten."""
TRACE_BYTES = 48
"""Bytes of a compressed text that are searched for in files: two texts do not share as many by chance."""


@dataclass(frozen=True, slots=True)
class Target:
    """One document to forget, and everything it is known by."""

    key: int
    id: str
    url: str | None
    path: str
    node: int
    raw_hash: str
    shared_raw: bool
    """Whether another document, which stays, has the same raw text."""
    shared_node: bool
    """Whether another document, which stays, has the same words."""
    shared_path: bool
    """Whether other documents of its file stay."""
    trace: bytes
    """From the middle of its compressed raw text."""

    @property
    def line_numbers(self) -> tuple[int, ...]:
        """What its lines are counted under: by its own id, which may have been stored with a suffix."""
        own, _, suffix = self.id.rpartition("~")
        names = (self.id, own) if own and len(suffix) == SUFFIX_DIGITS else (self.id,)
        return tuple(document_number(name, self.path) for name in names)


def find(connection: Connection, names: Sequence[str], outlet: str | None) -> list[Target]:
    """Return the documents of these ids or URLs (any address of the same page), or all of an outlet."""
    keys = set[int]()
    columns = tables.documents.c
    for chunk in chunks([str(storable(name)) for name in names]):
        keys.update(
            connection.execute(select(columns.key).where(columns.id.in_(chunk) | columns.url.in_(chunk))).scalars()
        )
    pages = {page for name in names if "://" in name and (page := page_key(name))}
    if pages:
        urls = connection.execute(select(columns.key, columns.url).where(columns.url.is_not(None)))
        keys.update(row.key for row in urls if page_key(row.url) in pages)
    if outlet:
        spelt = connection.execute(select(columns.outlet).where(columns.outlet.is_not(None)).distinct()).scalars()
        same = [name for name in spelt if name == outlet or outlet_key(name) == outlet_key(outlet)]
        for chunk in chunks(same):
            keys.update(connection.execute(select(columns.key).where(columns.outlet.in_(chunk))).scalars())
    return _targets(connection, keys)


def _targets(connection: Connection, keys: set[int]) -> list[Target]:
    columns = tables.documents.c
    wanted = (columns.key, columns.id, columns.url, columns.node, columns.raw_hash, columns.raw, tables.sources.c.path)
    rows: list[Row[Any]] = []
    for chunk in chunks(sorted(keys)):
        query = select(*wanted).join_from(tables.documents, tables.sources).where(columns.key.in_(chunk))
        rows += connection.execute(query.order_by(columns.key)).all()
    raws = _staying(connection, columns.raw_hash, {row.raw_hash for row in rows}, keys)
    nodes = _staying(connection, columns.node, {row.node for row in rows}, keys)
    paths = _staying(connection, tables.sources.c.path, {row.path for row in rows}, keys)
    return [
        Target(
            row.key,
            row.id,
            row.url,
            row.path,
            row.node,
            row.raw_hash,
            row.raw_hash in raws,
            row.node in nodes,
            row.path in paths,
            _middle(row.raw),
        )
        for row in rows
    ]


def _staying(connection: Connection, column: Any, values: set[Any], keys: set[int]) -> set[Any]:
    """Return those of some values that a document which is not to be forgotten has as well."""
    found = set[Any]()
    joined = tables.documents.join(tables.sources)
    for chunk in chunks(sorted(values)):
        rows = connection.execute(
            select(column.label("value"), tables.documents.c.key).select_from(joined).where(column.in_(chunk))
        )
        found.update(row.value for row in rows if row.key not in keys)
    return found


def _middle(blob: bytes) -> bytes:
    start = max(0, (len(blob) - TRACE_BYTES) // 2)
    return blob[start : start + TRACE_BYTES]


def quarantined(connection: Connection, names: Sequence[str]) -> int:
    """Return how many quarantine rows these ids or sources have."""
    rows = select(func.count()).select_from(tables.quarantine)
    return sum(connection.execute(rows.where(_of_names(chunk))).scalar_one() for chunk in chunks(names))


def _of_names(names: Sequence[str]) -> ColumnElement[bool]:
    columns = tables.quarantine.c
    return among(columns.id, names) | among(columns.source, names)


def forget(
    connection: Connection, targets: Sequence[Target], names: Sequence[str], outlet: str | None, now: str | None
) -> None:
    """Take documents, and quarantine rows of these names, out of every table.

    ``now`` dates the tombstones that keep them from coming back; None leaves none, so that they may.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")
    if now:
        _bury(connection, targets, names, now)
    _delete_documents(connection, targets)
    _delete_quarantine(connection, targets, names)
    _clear_reports(connection, targets, names)
    outlets = [outlet] if outlet else []
    ledger_lines.forget(connection, [number for target in targets for number in target.line_numbers], outlets)
    for name in outlets:
        connection.execute(delete(tables.removal_shares).where(tables.removal_shares.c.outlet == name))
    if targets:
        connection.execute(delete(tables.meta).where(tables.meta.c.name == "generation"))
        connection.execute(tables.insert_or_ignore(connection, tables.meta), [{"name": UNFINISHED, "value": "1"}])


def _delete_documents(connection: Connection, targets: Sequence[Target]) -> None:
    columns = tables.documents.c
    for chunk in chunks(targets):
        keys, ids = [target.key for target in chunk], [target.id for target in chunk]
        query = select(columns.key, columns.node, columns.bands, columns.status, columns.cluster)
        rows = connection.execute(query.where(columns.key.in_(keys))).all()
        for table in (tables.removals, tables.versions):
            connection.execute(delete(table).where(table.c.document.in_(keys)))
        connection.execute(delete(tables.documents).where(columns.key.in_(keys)))
        withdraw(connection, rows)
        unserved = columns.cluster.in_(ids) & columns.status.in_((tables.HELD, tables.FILTERED, tables.GONE))
        connection.execute(
            update(tables.documents).where(unserved).values(cluster=None, duplicate_kind=None, similarity=None)
        )
    alone = {target.path for target in targets if not target.shared_path}
    for chunk in chunks(sorted(alone)):
        connection.execute(delete(tables.sources).where(tables.sources.c.path.in_(chunk)))
    for chunk in chunks(sorted({target.path for target in targets} - alone)):
        # The number of documents that it gave is wrong now: it is read again, and its other documents are skipped.
        connection.execute(update(tables.sources).where(tables.sources.c.path.in_(chunk)).values(finished_run=None))


def _delete_quarantine(connection: Connection, targets: Sequence[Target], names: Sequence[str]) -> None:
    columns = tables.quarantine.c
    for chunk in chunks(names):
        connection.execute(delete(tables.quarantine).where(_of_names(chunk)))
    for target in targets:
        same = (columns.id == target.id) & (columns.source_path == target.path)
        connection.execute(delete(tables.quarantine).where(same))


def _clear_reports(connection: Connection, targets: Sequence[Target], names: Sequence[str]) -> None:
    """Take failures and notes that name what is forgotten out of the reports of earlier runs."""
    words = _words(targets, names)
    columns = tables.runs.c
    for row in connection.execute(select(columns.run_id, columns.report).where(columns.report.is_not(None))).all():
        report = orjson.loads(row.report)
        cleared = cleared_report(report, words)
        if cleared != report:
            changed = update(tables.runs).where(columns.run_id == row.run_id)
            connection.execute(changed.values(report=orjson.dumps(cleared).decode()))


def cleared_report(report: Mapping[str, Any], words: set[str]) -> dict[str, Any]:
    """Return a run report without failures of, and notes about, the documents that some words name."""
    failures = [
        failure
        for failure in report.get("failures", ())
        if not words & {failure["id"], failure["source"], split_source(failure["source"])[0]}
    ]
    notes = [note for note in report.get("notes", ()) if not any(word in note for word in words)]
    slowest = [item for item in report.get("slowest", ()) if not words & {item["id"], item["source"]}]
    cleared = {"failures": failures, "notes": notes, "slowest": slowest}
    return {**report, **{name: value for name, value in cleared.items() if name in report}}


def _words(targets: Sequence[Target], names: Sequence[str]) -> set[str]:
    """Ids, addresses and files that name the documents and nothing else."""
    words = {*names, *(target.id for target in targets), *(target.url for target in targets if target.url)}
    return words | {target.path for target in targets if not target.shared_path}


# Tombstones


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _bury(connection: Connection, targets: Sequence[Target], names: Sequence[str], now: str) -> None:
    groups = [_tombstone(target) for target in targets]
    columns = tables.quarantine.c
    for chunk in chunks(names):
        rejected = connection.execute(select(columns.id, columns.source_path).where(_of_names(chunk)))
        groups += [{_digest("id", row.id), _digest("record", row.id, row.source_path)} for row in rejected]
    first = next_number(connection, tables.tombstones.c.document)
    rows = [
        {"digest": digest, "document": number, "forgotten_at": now}
        for number, digests in enumerate(groups, start=first)
        for digest in sorted(digests)
    ]
    if rows:
        connection.execute(tables.insert_or_ignore(connection, tables.tombstones), rows)


def _tombstone(target: Target) -> set[str]:
    digests = {_digest("id", target.id), _digest("record", target.id, target.path)}
    if page := page_key(target.url):
        digests.add(_digest("page", page))
    if not target.shared_raw:
        digests.add(_digest("raw", target.raw_hash))
    return digests


def buried(connection: Connection, names: Sequence[str]) -> set[str]:
    """Return those of some ids and URLs that were forgotten and must not come back."""
    digests = _name_digests(names)
    known = _known(connection, digests)
    return {name for digest, name in digests.items() if digest in known}


def unbury(connection: Connection, names: Sequence[str]) -> int:
    """Let forgotten documents come back: every file is read again by the next run. Returns how many."""
    columns = tables.tombstones.c
    found = set[int]()
    for chunk in chunks(_name_digests(names)):
        found.update(connection.execute(select(columns.document).where(columns.digest.in_(chunk))).scalars())
    for chunk in chunks(sorted(found)):
        connection.execute(delete(tables.tombstones).where(columns.document.in_(chunk)))
    if found:
        connection.execute(update(tables.sources).values(finished_run=None))
    return len(found)


def _name_digests(names: Sequence[str]) -> dict[str, str]:
    digests = {_digest("id", str(storable(name))): name for name in names}
    return digests | {_digest("page", page): name for name in names if "://" in name and (page := page_key(name))}


def _known(connection: Connection, digests: Iterable[str]) -> set[str]:
    known = set[str]()
    for chunk in chunks(digests):
        column = tables.tombstones.c.digest
        known.update(connection.execute(select(column).where(column.in_(chunk))).scalars())
    return known


def returning(
    connection: Connection, documents: Sequence[Arriving], rejected: Sequence[Rejected]
) -> tuple[set[int], set[int], set[int]]:
    """Say by position which documents were forgotten, which only have the id of one, and which failures were."""
    if not any_row(connection, tables.tombstones):
        return set(), set(), set()
    strong = [_strong(document) for document in documents]
    weak = [_digest("id", str(storable(document.id))) for document in documents]
    failed = [_records(item.id, item.source) for item in rejected]
    known = _known(connection, {digest for group in (*strong, *failed) for digest in group} | set(weak))
    same = {at for at, digests in enumerate(strong) if known & digests}
    named = {at for at, digest in enumerate(weak) if digest in known and at not in same}
    return same, named, {at for at, digests in enumerate(failed) if known & digests}


def _strong(document: Arriving) -> set[str]:
    digests = _records(document.id, document.source) | {_digest("raw", document.raw_hash)}
    if page := page_key(document.url):
        digests.add(_digest("page", page))
    return digests


def _records(id_: str, source: str) -> set[str]:
    own, path = str(storable(id_)), split_source(source)[0]
    names = (own, suffixed(own, path), suffixed(own, source))
    return {_digest("record", name, str(storable(path))) for name in names}


def unfinished(connection: Connection) -> bool:
    """Say whether old generations and freed pages may still hold what was forgotten."""
    return meta(connection, UNFINISHED) == "1"


def finished(connection: Connection) -> None:
    """Note that they do not."""
    connection.execute(delete(tables.meta).where(tables.meta.c.name == UNFINISHED))
