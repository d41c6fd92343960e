"""How documents enter and leave what near duplicates are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, or_, select, update

from index import tables
from index.ledger_codec import unpack_numbers
from index.ledger_sql import chunks


def enter_bands(connection: Connection, entries: Iterable[tuple[int, int]]) -> None:
    """Make nodes findable by their candidate hashes; sorted, so that neighbouring pages are written together."""
    rows = [{"hash": hash_, "node": node} for hash_, node in sorted(entries)]
    if rows:
        connection.execute(tables.insert_or_ignore(connection, tables.bands), rows)


def withdraw(connection: Connection, rows: Iterable[Row[Any]]) -> None:
    """Undo what earlier contents of documents left behind in bands, pairs and clusters.

    ``rows`` are the documents as they were; their new contents, if any, are stored already. Pairs of their old nodes
    go; documents that share those nodes are compared again, and the rest of their clusters is drawn again.
    """
    old = [row for row in rows if row.status == tables.LIVE]
    _release_nodes(connection, old)
    columns = tables.documents.c
    for chunk in chunks(sorted({row.cluster for row in old if row.cluster})):
        members = or_(columns.id.in_(chunk), columns.cluster.in_(chunk) & columns.duplicate_kind.is_not(None))
        connection.execute(
            update(tables.documents)
            .where(members, columns.resolution == tables.SETTLED)
            .values(resolution=tables.TO_CLUSTER)
        )


def cut_pairs(connection: Connection, nodes: Iterable[int]) -> set[int]:
    """Delete every pair of some nodes; returns the nodes that were paired with them."""
    pairs, partners = tables.pairs, set[int]()
    for chunk in chunks(nodes):
        for side, other in ((pairs.c.a, pairs.c.b), (pairs.c.b, pairs.c.a)):
            paired = connection.execute(select(other).where(side.in_(chunk))).scalars().all()
            if paired:  # a new document has none, and every statement counts when one arrives at a time
                connection.execute(delete(pairs).where(side.in_(chunk)))
                partners.update(paired)
    return partners


def _release_nodes(connection: Connection, old: Sequence[Row[Any]]) -> None:
    columns = tables.documents.c
    entered = {(hash_, row.node) for row in old for hash_ in unpack_numbers(row.bands)}
    for chunk in chunks(sorted({row.node for row in old})):
        staying = columns.node.in_(chunk) & (columns.status == tables.LIVE)
        for row in connection.execute(select(columns.node, columns.bands).where(staying)):
            entered.difference_update((hash_, row.node) for hash_ in unpack_numbers(row.bands))
        connection.execute(update(tables.documents).where(staying).values(resolution=tables.TO_COMPARE))
        for nodes in chunks(sorted(cut_pairs(connection, chunk))):
            connection.execute(
                update(tables.documents)
                .where(columns.node.in_(nodes), columns.resolution == tables.SETTLED)
                .values(resolution=tables.TO_CLUSTER)
            )
    gone = [{"that_hash": hash_, "that_node": node} for hash_, node in sorted(entered)]
    if gone:
        matches = (tables.bands.c.hash == bindparam("that_hash")) & (tables.bands.c.node == bindparam("that_node"))
        connection.execute(delete(tables.bands).where(matches), gone)
        _fill_crowds(connection, entered)


def _fill_crowds(connection: Connection, gone: Iterable[tuple[int, int]]) -> None:
    """Let the next node of a crowded band take the place of a hub that has left, and compare it as one."""
    bands, columns = tables.bands.c, tables.documents.c
    left = dict(gone)
    for chunk in chunks(left):
        crowds = connection.execute(select(tables.crowds).where(tables.crowds.c.hash.in_(chunk))).all()
        for crowd in crowds:
            following = (bands.hash == crowd.hash) & (bands.node > crowd.last_hub)
            node = connection.execute(select(bands.node).where(following).order_by(bands.node).limit(1)).scalar()
            if node is not None:
                members = (columns.node == node) & (columns.status == tables.LIVE)
                connection.execute(update(tables.documents).where(members).values(resolution=tables.TO_COMPARE))
            connection.execute(delete(tables.crowds).where(tables.crowds.c.hash == crowd.hash))
