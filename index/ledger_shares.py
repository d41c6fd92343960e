"""How much is usually cut from an outlet's documents, and the documents that are held back for a person.

For each outlet a histogram of the removed share of its documents: medians and deviations come from it, and it has the
same size however many documents there are. What a run adds stands apart under its id until the run is finished, so
that a run which takes up a killed one judges its documents by what that one judged them by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from index import tables
from index.ledger_sql import among, chunks, insert_rows

BINS = 50
"""Bins of the histogram: two per cent each."""
REMEMBERED = 2_000
"""Documents of an outlet after which the older half of its history counts half: an outlet that changes slowly is
followed."""

Histogram = tuple[int, ...]
"""Documents by removed share; `BINS` + 1 numbers."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the ledger holds of a document that is cleaned again."""

    raw_hash: str
    characters: int
    """Of its clean text."""
    live: bool
    """Whether it is served, or would be but for its language."""


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document that waits for a person."""

    id: str
    outlet: str | None
    title: str | None
    source: str
    reason: str


def bin_of(share: float) -> int:
    """The bin of a removed share between 0 and 1."""
    return round(share * BINS)


def history(connection: Connection) -> dict[str, Histogram]:
    """Return the histogram of each outlet as the last finished run left it."""
    return _histograms(connection, ongoing=False)


def ongoing(connection: Connection) -> dict[str, Histogram]:
    """Return what was recorded since the last finished run, by this run and by those that were killed."""
    return _histograms(connection, ongoing=True)


def _histograms(connection: Connection, *, ongoing: bool) -> dict[str, Histogram]:
    columns = tables.removal_shares.c
    where = columns.run_id.in_(_unfinished(connection))
    counts = select(columns.outlet, columns.bin, func.sum(columns.documents)).where(where if ongoing else ~where)
    found: dict[str, list[int]] = {}
    for outlet, number, documents in connection.execute(counts.group_by(columns.outlet, columns.bin)):
        found.setdefault(outlet, [0] * (BINS + 1))[number] = documents
    return {outlet: tuple(histogram) for outlet, histogram in found.items()}


def _unfinished(connection: Connection) -> list[str]:
    """The runs since the last one that was finished."""
    columns = tables.runs.c
    last = connection.execute(select(func.max(columns.run_id)).where(columns.finished_at.is_not(None))).scalar()
    query = select(columns.run_id).where(columns.finished_at.is_(None), columns.run_id > (last or ""))
    return list(connection.execute(query).scalars())


def note(connection: Connection, run_id: str, shares: Mapping[tuple[str, int], int]) -> None:
    """Add documents to the histograms: (outlet, bin) → how many."""
    rows = [(outlet, run_id, number, documents) for (outlet, number), documents in sorted(shares.items())]
    insert_rows(connection, tables.removal_shares, ("outlet", "run_id", "bin", "documents"), rows, add="documents")


def forget(connection: Connection, outlet: str, *, everything: bool = False) -> None:
    """Drop what was noted of an outlet since the last finished run, or its whole history."""
    columns = tables.removal_shares.c
    where = columns.outlet == outlet
    if not everything:
        where &= columns.run_id.in_(_unfinished(connection))
    connection.execute(delete(tables.removal_shares).where(where))


def fold(connection: Connection) -> None:
    """Make what was noted history, and let old history fade; at the end of a run."""
    columns = tables.removal_shares.c
    fresh = set(connection.execute(select(columns.outlet).where(columns.run_id != "").distinct()).scalars())
    rows = connection.execute(select(columns.outlet, columns.bin, columns.documents).order_by(columns.outlet)).all()
    totals: dict[str, list[int]] = {}
    for outlet, number, documents in rows:
        if outlet in fresh:
            totals.setdefault(outlet, [0] * (BINS + 1))[number] += documents
    for chunk in chunks(sorted(fresh)):
        connection.execute(delete(tables.removal_shares).where(columns.outlet.in_(chunk)))
    folded = [
        {"outlet": outlet, "run_id": "", "bin": number, "documents": documents}
        for outlet, histogram in totals.items()
        for number, documents in enumerate(_faded(histogram))
        if documents
    ]
    if folded:
        connection.execute(insert(tables.removal_shares), folded)


def _faded(histogram: Sequence[int]) -> Sequence[int]:
    while sum(histogram) > REMEMBERED:
        histogram = [documents // 2 for documents in histogram]
    return histogram


def earlier(connection: Connection, ids: Iterable[str]) -> dict[str, Earlier]:
    """Return what the ledger holds of documents, by id."""
    columns = tables.documents.c
    query = select(columns.id, columns.raw_hash, columns.characters, columns.status).where(among(columns.id, ids))
    return {
        row.id: Earlier(row.raw_hash, row.characters, row.status in {tables.LIVE, tables.FILTERED})
        for row in connection.execute(query)
    }


def shares_of(
    connection: Connection, lossless: Sequence[str], *, ids: Sequence[str] | None = None, outlet: str | None = None
) -> dict[str, float]:
    """Return the removed share of stored documents: of some ids, or of what was recorded of an outlet since the last
    finished run. Removals of the kinds ``lossless`` do not count.
    """
    columns, cuts, rules = tables.documents.c, tables.removals.c, tables.rules.c
    joined = tables.documents.join(tables.removals).join(tables.rules)
    removed = select(columns.id, columns.characters, func.sum(cuts.end - cuts.start)).select_from(joined)
    removed = removed.where(rules.kind.not_in(lossless)).group_by(columns.key)
    found: dict[str, float] = {}
    queries = [removed.where(columns.id.in_(chunk)) for chunk in chunks(ids or ())]
    if outlet is not None:
        recent = columns.last_changed_run.in_(_unfinished(connection)) & (columns.status == tables.LIVE)
        queries.append(removed.where(recent, columns.outlet == outlet))
    for query in queries:
        found.update({id_: gone / (gone + kept) for id_, kept, gone in connection.execute(query)})
    return found


def held(connection: Connection, *, outlet: str | None = None) -> list[HeldDocument]:
    """Return the documents that are held back, of one outlet or of all."""
    columns = tables.documents.c
    query = select(
        columns.id, columns.outlet, columns.title, columns.place, columns.status_reason, tables.sources.c.path
    ).join_from(tables.documents, tables.sources)
    query = query.where(columns.status == tables.HELD)
    if outlet is not None:
        query = query.where(columns.outlet == outlet)
    return [
        HeldDocument(
            row.id, row.outlet, row.title, f"{row.path}#{row.place}" if row.place else row.path, row.status_reason or ""
        )
        for row in connection.execute(query.order_by(columns.outlet, columns.key))
    ]
