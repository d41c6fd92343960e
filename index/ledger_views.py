"""What is read back from the ledger: whole documents to explain, and records for the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, literal_column, select, update

from index import tables
from index.ledger_codec import from_json, index_fingerprint, storable, unpack_pair, unpack_text
from index.ledger_sql import CHUNK, Prepared, among, among_those, chunks, update_rows
from index.records import Copy, IndexRecord
from transforms.models import CleanDocument, LanguageShare, LanguageVerdict, Removal, Repair

CHUNK_CHARACTERS = 20_000_000
"""Characters of clean text at which a chunk of records ends before it has its number: 500 articles have a million."""


@dataclass(frozen=True, slots=True)
class StoredDocument(CleanDocument):
    """Everything the ledger knows of one document."""

    content_hash: str
    status: str
    """``live``, ``held``, ``filtered`` or ``gone``."""
    status_reason: str | None
    cluster: str | None
    """Id of the document that represents it (its own when it stands alone)."""
    duplicate_kind: str | None
    """None for a representative, ``exact`` or ``near`` for a copy."""
    similarity: float | None
    first_seen_run: str
    last_changed_run: str


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier text of a document; ``replaced_at`` is ISO 8601 in UTC."""

    replaced_run: str
    replaced_at: str
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class IndexChange:
    """One thing the index must do to hold what the ledger says."""

    id: str
    action: Literal["add", "delete"]
    record: IndexRecord | None
    """What to add, replacing what the index holds under this id; None for a deletion."""
    fingerprint: str | None
    """What to hand to ``mark_indexed`` when it is done; None for a deletion."""


def stored_documents(connection: Connection, ids: Iterable[str]) -> Iterator[StoredDocument]:
    """Yield whole documents in the order of their ids within each chunk; unknown ids are left out."""
    joined = tables.documents.join(tables.sources)
    for chunk in chunks(ids):
        query = select(tables.documents, tables.sources.c.path).select_from(joined)
        rows = connection.execute(
            query.where(among(tables.documents.c.id, chunk)).order_by(tables.documents.c.id)
        ).all()
        removals = _removals(connection, [row.key for row in rows])
        for row in rows:
            yield _stored(row, removals.get(row.key, ()))


def _stored(row: Row[Any], removals: Sequence[Row[Any]]) -> StoredDocument:
    raw, text = unpack_pair(row.raw, row.text)
    shares = tuple(LanguageShare(code, share) for code, share in from_json(row.languages))
    return StoredDocument(
        id=row.id,
        source=f"{row.path}#{row.place}" if row.place else row.path,
        url=row.url,
        title=row.title,
        published_at=row.published_at,
        outlet=row.outlet,
        place=row.byline_place,
        authors=tuple(from_json(row.authors)),
        text=text,
        raw_text=raw,
        language=LanguageVerdict(row.language, row.language_confidence, shares),
        removals=tuple(
            Removal(cut.start, cut.end, raw[cut.start : cut.end], cut.rule, cut.kind, cut.confidence)
            for cut in removals
        ),
        repairs=tuple(Repair(at, kind) for at, kind in from_json(row.repairs)),
        warnings=tuple(from_json(row.warnings)),
        rules_version=row.rules_version,
        raw_hash=row.raw_hash,
        content_hash=row.content_hash,
        status=row.status,
        status_reason=row.status_reason,
        cluster=row.cluster,
        duplicate_kind=row.duplicate_kind,
        similarity=row.similarity,
        first_seen_run=row.first_seen_run,
        last_changed_run=row.last_changed_run,
    )


def _removals(connection: Connection, keys: Sequence[int]) -> dict[int, list[Row[Any]]]:
    cuts, rules = tables.removals.c, tables.rules.c
    query = (
        select(cuts.document, cuts.start, cuts.end, rules.rule, rules.kind, cuts.confidence)
        .join_from(tables.removals, tables.rules)
        .where(among(cuts.document, keys))
        .order_by(cuts.document, cuts.start)
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.document, []).append(row)
    return found


_KINDS = Prepared(
    select(tables.documents.c.id, tables.documents.c.duplicate_kind).where(among_those(tables.documents.c.id, "ids"))
)


def duplicate_kinds(connection: Connection, ids: Iterable[str]) -> dict[str, str | None]:
    """Return the duplicate kind of each stored document."""
    return dict(_KINDS.rows(connection, ids=ids))


def versions(connection: Connection, document_id: str) -> list[Version]:
    """Return a document's earlier texts, oldest first."""
    kept = tables.versions.c
    query = (
        select(kept.replaced_run, kept.replaced_at, kept.title, kept.text)
        .join_from(tables.versions, tables.documents)
        .where(tables.documents.c.id == storable(document_id))
        .order_by(kept.number)
    )
    return [
        Version(row.replaced_run, row.replaced_at, row.title, unpack_text(row.text))
        for row in connection.execute(query)
    ]


def live_in_key_order() -> ColumnElement[bool]:
    """Say that a document is live, in a query that reads chunk after chunk by the key or by clusters.

    A planner that may use the index of the status reads and sorts all that is left, or all copies, for every chunk; the
    detour by a function leaves it the better one.
    """
    return func.coalesce(tables.documents.c.status, "") == tables.LIVE


def representatives(connection: Connection) -> Iterator[IndexRecord]:
    """Yield what the index must hold, in the order of arrival, a chunk in memory at a time."""
    last = 0
    while rows := _chunk(_REPRESENTATIVES, connection, last):
        last = rows[-1][0].key
        yield from _records(connection, rows)


def pending(connection: Connection, after: int) -> tuple[list[IndexChange], list[str], int]:
    """Look at the next chunk of documents that the index may hold wrongly.

    Returns the changes, the ids that turned out right, and the key to go on after (0 when there are no more).
    """
    rows = _chunk(_PENDING, connection, after)
    records = {record.id: record for record in _records(connection, rows)}
    changes, right = [], []
    for row, _ in rows:
        record = records.get(row.id)
        fingerprint = index_fingerprint(record) if record else None
        if fingerprint == row.indexed_as:
            right.append(row.id)
        else:
            changes.append(IndexChange(row.id, "add" if record else "delete", record, fingerprint))
    return changes, right, rows[-1][0].key if rows else 0


def pending_count(connection: Connection) -> int:
    """Return how many documents there are at most that the index may hold wrongly."""
    query = select(func.count()).select_from(tables.documents).where(tables.documents.c.check_index == 1)
    return int(connection.execute(query).scalar_one())


def settle_index(connection: Connection, ids: Iterable[str]) -> None:
    """Note that the index is right about these documents."""
    connection.execute(update(tables.documents).where(among(tables.documents.c.id, ids)).values(check_index=0))


def mark_indexed(connection: Connection, fingerprints: Mapping[str, str | None], generation: str) -> None:
    """Note what a durable commit put into the index of a generation."""
    marks = [(fingerprint, 0, id_) for id_, fingerprint in fingerprints.items()]
    update_rows(connection, tables.documents, ("indexed_as", "check_index"), "id", marks)
    connection.execute(tables.insert_or_ignore(connection, tables.meta), [{"name": "generation", "value": generation}])
    connection.execute(update(tables.meta).where(tables.meta.c.name == "generation").values(value=generation))


class _Stored(NamedTuple):
    """What is read of a document for the index."""

    key: int
    id: str
    title: str | None
    raw: bytes
    text: bytes
    outlet: str | None
    byline_place: str | None
    authors: str | None
    language: str
    published_at: str | None
    url: str | None
    place: str
    status: str
    cluster: str | None
    indexed_as: str | None
    path: str


_columns = tables.documents.c
_wanted = (
    select(*map(_columns.__getitem__, _Stored._fields[:-1]), tables.sources.c.path)
    .select_from(tables.documents.join(tables.sources))
    .where(_columns.key > bindparam("after"))
    .order_by(_columns.key)
    .limit(CHUNK)
)
_REPRESENTATIVES = Prepared(_wanted.where(live_in_key_order(), _columns.cluster == _columns.id))
_PENDING = Prepared(
    _wanted.where(
        _columns.check_index == literal_column("1"),  # as the partial index has it
        _columns.resolution == tables.SETTLED,
    )
)
_COPIES = Prepared(
    select(_columns.cluster, _columns.id, _columns.outlet, _columns.url, _columns.similarity)
    .where(among_those(_columns.cluster, "ids"), _columns.duplicate_kind.is_not(None), live_in_key_order())
    .order_by(_columns.id)
)


def _chunk(query: Prepared, connection: Connection, after: int) -> list[tuple[_Stored, str | None]]:
    """The next rows of a query for records; with the clean text of those that are live representatives."""
    found: list[tuple[_Stored, str | None]] = []
    characters = 0
    with closing(query.each(connection, after=after)) as rows:
        for row in map(_Stored._make, rows):
            shown = row.status == tables.LIVE and row.cluster == row.id
            text = unpack_pair(row.raw, row.text)[1] if shown else None
            found.append((row, text))
            characters += len(text or "")
            if characters >= CHUNK_CHARACTERS:
                break
    return found


def _records(connection: Connection, rows: Sequence[tuple[_Stored, str | None]]) -> Iterator[IndexRecord]:
    copies = _copies(connection, [row.id for row, text in rows if text is not None])
    for row, text in rows:
        if text is None:
            continue
        yield IndexRecord(
            id=row.id,
            title=row.title,
            text=text,
            outlet=row.outlet,
            place=row.byline_place,
            authors=tuple(from_json(row.authors)),
            language=row.language,
            published_at=row.published_at,
            url=row.url,
            source=f"{row.path}#{row.place}" if row.place else row.path,
            copies=tuple(copies.get(row.id, ())),
        )


def _copies(connection: Connection, representatives: Sequence[str]) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = {}
    for cluster, id_, outlet, url, similarity in _COPIES.rows(connection, ids=representatives):
        found.setdefault(cluster, []).append(Copy(id_, outlet, url, similarity or 0.0))
    return found
