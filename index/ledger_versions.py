"""The texts that a page has had: earlier versions of a document, and documents of other ids with its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from index import tables
from index.ledger_codec import unpack_clean, unpack_text


@dataclass(frozen=True, slots=True)
class PageText:
    """One clean text of a page, in the ledger from ``since`` (ISO 8601 in UTC) on."""

    document: str
    since: str
    title: str | None
    text: str


def page_texts(connection: Connection, document_id: str) -> list[PageText]:
    """Return every text of a document and of its address, oldest first; one that was only met again counts once."""
    columns = tables.documents.c
    url = connection.execute(select(columns.url).where(columns.id == document_id)).scalar()
    same = columns.id == document_id if url is None else or_(columns.id == document_id, columns.url == url)
    query = select(
        columns.key,
        columns.id,
        columns.title,
        columns.raw,
        columns.text,
        columns.first_seen_run,
        tables.runs.c.started_at,
    ).join_from(tables.documents, tables.runs, columns.first_seen_run == tables.runs.c.run_id, isouter=True)
    found: list[PageText] = []
    for row in connection.execute(query.where(same).order_by(columns.key)).all():
        since = row.started_at or row.first_seen_run
        for version in _earlier(connection, row.key):
            found.append(PageText(row.id, since, version.title, unpack_text(version.text)))
            since = version.replaced_at
        found.append(PageText(row.id, since, row.title, unpack_clean(row.raw, row.text)))
    found.sort(key=lambda item: item.since)
    return [item for number, item in enumerate(found) if number == 0 or not _met_again(found[number - 1], item)]


def _earlier(connection: Connection, key: int) -> Sequence[Row[Any]]:
    kept = tables.versions.c
    query = select(kept.replaced_at, kept.title, kept.text).where(kept.document == key).order_by(kept.number)
    return connection.execute(query).all()


def _met_again(before: PageText, item: PageText) -> bool:
    return before.document != item.document and before.text == item.text
