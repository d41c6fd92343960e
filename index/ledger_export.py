"""Documents of the ledger in the order of arrival, filtered as a search is; and who shares a cluster.

Everything is streamed: first the few columns that filters need, then whole documents, a small chunk at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from index import tables
from index.ledger_views import StoredDocument, live_in_key_order, stored_documents

SCANNED_ROWS = 2_000
"""Documents whose filter columns are read at a time (about 100 bytes each)."""
WHOLE_DOCUMENTS = 50
"""Whole documents in memory at a time: 2 MB of the largest kind that a default configuration reads, 8 KB usually."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which live documents are wanted; None lets everything through.

    ``outlet`` is a part of the name, in any case; ``since`` and ``until`` are moments as numbers, ``YYYYMMDDhhmmss``,
    as :mod:`index.dates` reads them, both included. A document without a date is in no span.
    """

    language: str | None = None
    outlet: str | None = None
    since: int | None = None
    until: int | None = None
    all_copies: bool = False
    """Copies as well, not only the documents that represent them."""

    def takes(self, language: str, outlet: str | None, published_at: str | None) -> bool:
        """Whether a document with these labels is wanted."""
        if self.language is not None and language.lower() != self.language.lower():
            return False
        if self.outlet is not None and self.outlet.lower() not in (outlet or "").lower():
            return False
        if self.since is None and self.until is None:
            return True
        digits = "".join(character for character in (published_at or "")[:19] if character.isdigit())
        moment = int(digits.ljust(14, "0")) if digits else None
        return moment is not None and (self.since or 0) <= moment <= (self.until or 10**14)


@dataclass(frozen=True, slots=True)
class ClusterMember:
    """A document of a cluster; ``duplicate_kind`` is None for the one that represents it."""

    id: str
    title: str | None
    outlet: str | None
    published_at: str | None
    duplicate_kind: str | None
    similarity: float | None


def selected_documents(connection: Connection, selection: Selection) -> Iterator[StoredDocument]:
    """Yield the wanted documents, oldest entry first; memory does not grow with their number."""
    waiting: list[str] = []
    for document_id in _selected_ids(connection, selection):
        waiting.append(document_id)
        if len(waiting) == WHOLE_DOCUMENTS:
            yield from _in_order(connection, waiting)
            waiting = []
    yield from _in_order(connection, waiting)


def _selected_ids(connection: Connection, selection: Selection) -> Iterator[str]:
    columns = tables.documents.c
    query = select(columns.key, columns.id, columns.language, columns.outlet, columns.published_at)
    query = query.where(live_in_key_order())
    if not selection.all_copies:
        query = query.where(columns.duplicate_kind.is_(None))
    last = 0
    while rows := connection.execute(query.where(columns.key > last).order_by(columns.key).limit(SCANNED_ROWS)).all():
        yield from (row.id for row in rows if selection.takes(row.language, row.outlet, row.published_at))
        last = rows[-1].key


def _in_order(connection: Connection, ids: list[str]) -> Iterator[StoredDocument]:
    found = {document.id: document for document in stored_documents(connection, ids)}
    yield from (found[document_id] for document_id in ids)


def cluster_members(connection: Connection, cluster: str) -> tuple[ClusterMember, ...]:
    """Return the live documents of a cluster, the representative first."""
    columns = tables.documents.c
    query = select(
        columns.id, columns.title, columns.outlet, columns.published_at, columns.duplicate_kind, columns.similarity
    )
    # Two indexed look-ups: copies by their cluster, the representative by its id.
    rows = [
        *connection.execute(query.where(columns.id == cluster, columns.status == tables.LIVE)),
        *connection.execute(
            query.where(
                columns.cluster == cluster, columns.duplicate_kind.is_not(None), columns.status == tables.LIVE
            ).order_by(columns.id)
        ),
    ]
    return tuple(ClusterMember(*row) for row in rows)
