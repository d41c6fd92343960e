"""What is read back from the ledger: whole documents to explain, and records for the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, literal_column, select, update

from index import tables
from index.ledger_codec import from_json, index_fingerprint, storable, unpack_clean, unpack_pair, unpack_text
from index.ledger_sql import CHUNK, Prepared, among, among_those, chunks, update_rows
from index.records import Copy, IndexRecord
from transforms.models import CleanDocument, LanguageShare, LanguageVerdict, Removal, Repair

LAST_KEY = (1 << 63) - 1
"""The greatest key that a database can give a document."""
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
    while rows := _chunk(_REPRESENTATIVES, connection, after=last):
        last = rows[-1].key
        yield from (item.record for item in rows if item.record)


def waiting(connection: Connection, after: int, limit: int) -> list[tuple[int, int]]:
    """Return key and characters of the next documents that the index may hold wrongly."""
    query = select(_columns.key, _columns.characters).where(_waits(), _columns.key > after)
    rows = connection.execute(query.order_by(_columns.key).limit(limit))
    return [(key, characters) for key, characters in rows]


def pending(connection: Connection, after: int, until: int = LAST_KEY) -> tuple[list[IndexChange], list[str], int]:
    """Look at the next chunk of documents that the index may hold wrongly, up to the key ``until``.

    Returns the changes, the ids that turned out right, and the key to go on after (0 when there are no more).
    """
    rows = _chunk(_PENDING, connection, after=after, until=until)
    changes, right = [], []
    for _, id_, indexed_as, record in rows:
        fingerprint = index_fingerprint(record) if record else None
        if fingerprint == indexed_as:
            right.append(id_)
        else:
            changes.append(IndexChange(id_, "add" if record else "delete", record, fingerprint))
    return changes, right, rows[-1].key if rows else 0


def settle_index(connection: Connection, ids: Iterable[str]) -> None:
    """Note that the index is right about these documents."""
    connection.execute(update(tables.documents).where(among(tables.documents.c.id, ids)).values(check_index=0))


def mark_indexed(connection: Connection, fingerprints: Mapping[str, str | None], generation: str) -> None:
    """Note what a durable commit put into the index of a generation."""
    marks = [(fingerprint, 0, id_) for id_, fingerprint in fingerprints.items()]
    update_rows(connection, tables.documents, ("indexed_as", "check_index"), "id", marks)
    connection.execute(tables.insert_or_ignore(connection, tables.meta), [{"name": "generation", "value": generation}])
    connection.execute(update(tables.meta).where(tables.meta.c.name == "generation").values(value=generation))


_columns = tables.documents.c


def _waits() -> ColumnElement[bool]:
    """Say that the index may hold a document wrongly; the number is written out, as the partial index has it."""
    return and_(_columns.check_index == literal_column("1"), _columns.resolution == tables.SETTLED)


_wanted = (
    select(
        _columns.key,
        _columns.id,
        _columns.indexed_as,
        _columns.status,
        _columns.cluster,
        _columns.raw,
        _columns.text,
        _columns.title,
        _columns.outlet,
        _columns.byline_place,
        _columns.authors,
        _columns.language,
        _columns.published_at,
        _columns.url,
        _columns.place,
        tables.sources.c.path,
    )
    .select_from(tables.documents.join(tables.sources))
    .where(_columns.key > bindparam("after"))
    .order_by(_columns.key)
    .limit(CHUNK)
)
_REPRESENTATIVES = Prepared(_wanted.where(live_in_key_order(), _columns.cluster == _columns.id))
_PENDING = Prepared(_wanted.where(_waits(), _columns.key <= bindparam("until")))
_COPIES = Prepared(
    select(_columns.cluster, _columns.id, _columns.outlet, _columns.url, _columns.similarity)
    .where(among_those(_columns.cluster, "ids"), _columns.duplicate_kind.is_not(None), live_in_key_order())
    .order_by(_columns.id)
)


class _Found(NamedTuple):
    """A document and what the index is to hold of it, if it is a live representative."""

    key: int
    id: str
    indexed_as: str | None
    record: IndexRecord | None


def _chunk(query: Prepared, connection: Connection, **keys: int) -> list[_Found]:
    """The next documents of a query for records."""
    found: list[_Found] = []
    characters = 0
    with closing(query.each(connection, **keys)) as rows:
        for key, id_, indexed_as, status, cluster, *values in rows:
            record = _record(id_, values) if status == tables.LIVE and cluster == id_ else None
            found.append(_Found(key, id_, indexed_as, record))
            characters += len(record.text) if record else 0
            if characters >= CHUNK_CHARACTERS:
                break
    copies = _copies(connection, [id_ for _, id_, _, record in found if record])
    return [_with_copies(item, copies[item.id]) if item.id in copies else item for item in found]


def _record(id_: str, values: Sequence[Any]) -> IndexRecord:
    """The record of a document from the other columns of its row, in their order."""
    raw, packed, title, outlet, byline_place, authors, language, published_at, url, place, path = values
    text, source = unpack_clean(raw, packed), f"{path}#{place}" if place else path
    names = tuple(from_json(authors))
    return IndexRecord(id_, title, text, outlet, byline_place, names, language, published_at, url, source)


def _with_copies(item: _Found, copies: Sequence[Copy]) -> _Found:
    return item._replace(record=replace(item.record, copies=tuple(copies))) if item.record else item


def _copies(connection: Connection, representatives: Sequence[str]) -> dict[str, list[Copy]]:
    found: dict[str, list[Copy]] = {}
    for cluster, id_, outlet, url, similarity in _COPIES.rows(connection, ids=representatives):
        found.setdefault(cluster, []).append(Copy(id_, outlet, url, similarity or 0.0))
    return found
