"""How documents enter and leave what near duplicates are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, select, union_all, update

from index import tables
from index.ledger_codec import unpack_numbers
from index.ledger_sql import Prepared, among, among_those, insert_numbers


def enter_bands(connection: Connection, hashes: Sequence[int], nodes: Sequence[int]) -> None:
    """Make nodes findable by a candidate hash each; in order of the hash, neighbouring pages are written together."""
    insert_numbers(connection, tables.bands, {"hash": hashes, "node": nodes})


def withdraw(connection: Connection, rows: Iterable[Row[Any]]) -> None:
    """Undo what earlier contents of documents left behind in bands, pairs and clusters.

    ``rows`` are the documents as they were; their new contents, if any, are stored already. Pairs of their old nodes
    go; documents that share those nodes are compared again, and the rest of their clusters is drawn again.
    """
    old = [row for row in rows if row.status == tables.LIVE]
    _release_nodes(connection, old)
    columns = tables.documents.c
    clusters = {row.cluster for row in old if row.cluster}
    if clusters:
        again = update(tables.documents).where(columns.resolution == tables.SETTLED)
        for members in members_of(clusters):
            connection.execute(again.where(members).values(resolution=tables.TO_CLUSTER))


def members_of(clusters: Iterable[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return what is true of the representatives of some clusters, and of their copies."""
    columns, ids = tables.documents.c, sorted(clusters)
    return among(columns.id, ids), among(columns.cluster, ids) & columns.duplicate_kind.is_not(None)


def cut_pairs(connection: Connection, nodes: Iterable[int]) -> set[int]:
    """Delete every pair of some nodes; returns the nodes that were paired with them."""
    cut = list(nodes)
    partners = set(_PARTNERS.values(connection, nodes=cut))
    for side in _CUT if partners else ():
        side.rows(connection, nodes=cut)
    return partners


_a, _b = tables.pairs.c.a, tables.pairs.c.b
_PARTNERS = Prepared(union_all(select(_b).where(among_those(_a, "nodes")), select(_a).where(among_those(_b, "nodes"))))
_CUT = [Prepared(delete(tables.pairs).where(among_those(side, "nodes"))) for side in (_a, _b)]


def _release_nodes(connection: Connection, old: Sequence[Row[Any]]) -> None:
    columns = tables.documents.c
    entered = {(hash_, row.node) for row in old for hash_ in unpack_numbers(row.bands)}
    nodes = sorted({row.node for row in old})
    if not nodes:
        return
    staying = among(columns.node, nodes) & (columns.status == tables.LIVE)
    for row in connection.execute(select(columns.node, columns.bands).where(staying)):
        entered.difference_update((hash_, row.node) for hash_ in unpack_numbers(row.bands))
    connection.execute(update(tables.documents).where(staying).values(resolution=tables.TO_COMPARE))
    partners = among(columns.node, sorted(cut_pairs(connection, nodes))) & (columns.resolution == tables.SETTLED)
    connection.execute(update(tables.documents).where(partners).values(resolution=tables.TO_CLUSTER))
    gone = [{"that_hash": hash_, "that_node": node} for hash_, node in sorted(entered)]
    if gone:
        matches = (tables.bands.c.hash == bindparam("that_hash")) & (tables.bands.c.node == bindparam("that_node"))
        connection.execute(delete(tables.bands).where(matches), gone)
        _fill_crowds(connection, entered)


def _fill_crowds(connection: Connection, gone: Iterable[tuple[int, int]]) -> None:
    """Let the next node of a crowded band take the place of a hub that has left, and compare it as one."""
    bands, columns = tables.bands.c, tables.documents.c
    hashes = {hash_ for hash_, _ in gone}
    for crowd in connection.execute(select(tables.crowds).where(among(tables.crowds.c.hash, hashes))).all():
        following = (bands.hash == crowd.hash) & (bands.node > crowd.last_hub)
        node = connection.execute(select(bands.node).where(following).order_by(bands.node).limit(1)).scalar()
        if node is not None:
            members = (columns.node == node) & (columns.status == tables.LIVE)
            connection.execute(update(tables.documents).where(members).values(resolution=tables.TO_COMPARE))
        connection.execute(delete(tables.crowds).where(tables.crowds.c.hash == crowd.hash))
