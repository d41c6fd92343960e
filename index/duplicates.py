"""Duplicates: which documents carry the same article, and which of them represents it.

Documents with the same words share a node (see ``index.tables``). Nodes that share a candidate hash (a MinHash band, a
title, a page) are compared exactly by :mod:`index.duplicates_verify`. Of the nodes that copies join, the best document
represents its own copies, the best of the rest its, and so on; best is the longest clean text, then the earliest
published, then the smallest id. Nothing here depends on the order in which documents arrived, nor on their split into
runs.

A hash that many nodes share (the text of a template) must not cost a comparison of all with all: in a *crowded* band
only the ``BAND_CAP`` smallest node numbers, its hubs, are compared with every member. Node numbers are hashes of the
content, so hubs are a fixed random sample; when a new one moves in, the one that moves out is compared anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, or_, select, update

from index import tables
from index.duplicates_texts import LEAST_EQUAL, NodeTexts
from index.duplicates_verify import Verdict
from index.ledger import Ledger
from index.ledger_bands import cut_pairs
from index.ledger_codec import unpack_numbers
from index.ledger_keys import names_title_or_page
from index.ledger_sql import chunks
from transforms.fingerprint import equal_minima

Pair = tuple[int, int]
"""Two nodes, the smaller one first."""

BAND_CAP = 64
"""Nodes of one band that are compared with every other: wire stories come in tens of copies, templates in hundreds."""

BATCH = 500
"""Documents resolved in one transaction: a second of work at worst, so that a killed run loses no more."""

PAIRS = 500
"""Pairs whose texts are loaded together."""


@dataclass(frozen=True, slots=True)
class ClusterChanges:
    """What one resolution did."""

    compared: int
    """Nodes whose near copies were searched."""
    candidates: int
    """Pairs of nodes whose texts were compared."""
    copies: int
    versions: int
    """Pairs that were found to be copies, and briefs of longer articles, which stay apart."""
    crowded: int
    """Bands met that hold more nodes than are compared with each other."""
    changed: tuple[str, ...]
    """Documents whose cluster, kind or similarity is another than before."""


@dataclass(slots=True)
class _Tally:
    compared: int = 0
    candidates: int = 0
    copies: int = 0
    versions: int = 0
    crowded: set[int] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


def resolve(ledger: Ledger) -> ClusterChanges:
    """Settle every document that is not: those recorded since the last call, and those whose clusters they touch.

    The cost is that of the candidates of the documents in question, not of the ledger's size.
    """
    tally, texts = _Tally(), NodeTexts()
    unsettled = True
    while unsettled:
        with ledger.writing() as connection:
            batch = _unresolved(connection, BATCH)
            if batch:
                partners = _compare(connection, batch, texts, tally)
                _cluster(connection, batch, partners, texts, tally)
            unsettled = bool(batch) and bool(_unresolved(connection, 1))
    counts = (tally.compared, tally.candidates, tally.copies, tally.versions, len(tally.crowded))
    return ClusterChanges(*counts, tuple(sorted(tally.changed)))


def _unresolved(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    columns = tables.documents.c
    query = select(columns.key, columns.id, columns.node, columns.status, columns.cluster, columns.resolution)
    return connection.execute(query.where(columns.resolution < tables.SETTLED).limit(limit)).all()


def _compare(connection: Connection, batch: Sequence[Row[Any]], texts: NodeTexts, tally: _Tally) -> set[int]:
    """Bring the pairs of the batch's new nodes up to date; returns the nodes that were paired with them before."""
    nodes = {row.node for row in batch if row.status == tables.LIVE and row.resolution == tables.TO_COMPARE}
    hashes = _hashes(connection, nodes)
    named, by_chance = _candidates(connection, hashes, tally)
    equal = _equal_minima(connection, by_chance - named)
    waiting, found = sorted(named | equal.keys()), []
    for start in range(0, len(waiting), PAIRS):
        pairs = waiting[start : start + PAIRS]
        texts.note(connection, {node for pair in pairs for node in pair})
        pairs = [(a, b) for a, b in pairs if (a, b) not in equal or texts.promising(a, b, equal[a, b])]
        texts.read(connection, {node for pair in pairs for node in pair})
        tally.candidates += len(pairs)
        verdicts = ((a, b, texts.compare(a, b)) for a, b in pairs)
        found += [_pair_row(a, b, verdict) for a, b, verdict in verdicts if verdict.relation]
    tally.copies += sum(row["relation"] == "copy" for row in found)
    tally.versions += sum(row["relation"] == "version" for row in found)
    partners = cut_pairs(connection, hashes)
    if found:
        connection.execute(insert(tables.pairs), found)
    tally.compared += len(hashes)
    return partners


def _hashes(connection: Connection, nodes: Iterable[int]) -> dict[int, set[int]]:
    """Return the candidate hashes of every live document of some nodes: the pages and titles of all of them count."""
    columns, hashes = tables.documents.c, dict[int, set[int]]()
    for chunk in chunks(sorted(nodes)):
        live = columns.node.in_(chunk) & (columns.status == tables.LIVE)
        for row in connection.execute(select(columns.node, columns.bands).where(live)):
            hashes.setdefault(row.node, set()).update(unpack_numbers(row.bands))
    return hashes


def _pair_row(a: int, b: int, verdict: Verdict) -> dict[str, Any]:
    figures = {"jaccard": round(verdict.jaccard, 4), "containment": round(verdict.containment, 4)}
    return {"a": a, "b": b, **figures, "relation": verdict.relation}


def _candidates(
    connection: Connection, hashes: Mapping[int, Iterable[int]], tally: _Tally
) -> tuple[set[Pair], set[Pair]]:
    """Return the pairs of each node with those that share its title or page, and with those that share a band."""
    wanted: dict[int, set[int]] = {}
    for node, own in hashes.items():
        for hash_ in own:
            wanted.setdefault(hash_, set()).add(node)
    named: set[Pair] = set()
    by_chance: set[Pair] = set()
    for hash_, members in _members(connection, wanted).items():
        pairs = named if names_title_or_page(hash_) else by_chance
        hubs = members
        if len(members) > BAND_CAP:
            tally.crowded.add(hash_)
            hubs = members[:BAND_CAP]
        for node in wanted[hash_]:
            others = members if node <= hubs[-1] else hubs
            pairs.update((node, other) if node < other else (other, node) for other in others if other != node)
    return named, by_chance


def _equal_minima(connection: Connection, pairs: set[Pair]) -> dict[Pair, int]:
    """Count the equal minima of the pairs whose sketches have enough in common for a closer look."""
    sketches: dict[int, set[bytes]] = {}
    columns = tables.documents.c
    for chunk in chunks(sorted({node for pair in pairs for node in pair})):
        live = columns.node.in_(chunk) & (columns.status == tables.LIVE)
        for node, sketch in connection.execute(select(columns.node, columns.sketch).where(live)):
            sketches.setdefault(node, set()).add(sketch)
    counts = {
        (a, b): max(equal_minima(one, other) for one in sketches[a] for other in sketches[b])
        for a, b in pairs
        if a in sketches and b in sketches
    }
    return {pair: equal for pair, equal in counts.items() if equal >= LEAST_EQUAL}


def _members(connection: Connection, wanted: Mapping[int, set[int]]) -> dict[int, list[int]]:
    """Return the nodes of each band in order: all of them, or the hubs of a crowded band that gets no new hub."""
    crowds = {row.hash: row.last_hub for chunk in chunks(wanted) for row in _crowds(connection, chunk)}
    settled = {hash_ for hash_, last in crowds.items() if min(wanted[hash_]) > last}
    members: dict[int, list[int]] = {}
    bands, other = tables.bands.c, tables.bands.alias("other").c
    query = select(bands.hash, bands.node).order_by(bands.hash, bands.node)
    shared = query.where(exists().where(other.hash == bands.hash, other.node != bands.node))  # nine in ten are not
    for chunk in chunks(sorted(wanted.keys() - settled)):
        for hash_, node in connection.execute(shared.where(bands.hash.in_(chunk))):
            members.setdefault(hash_, []).append(node)
    for hash_ in settled:
        hubs = query.where(bands.hash == hash_, bands.node <= crowds[hash_])
        members[hash_] = [*(row.node for row in connection.execute(hubs)), max(wanted[hash_])]
    for hash_, nodes in members.items():
        if len(nodes) > BAND_CAP and hash_ not in settled:
            _crowd(connection, hash_, nodes, crowds.get(hash_))
    return members


def _crowds(connection: Connection, hashes: Iterable[int]) -> Sequence[Row[Any]]:
    return connection.execute(select(tables.crowds).where(tables.crowds.c.hash.in_(hashes))).all()


def _crowd(connection: Connection, hash_: int, nodes: Sequence[int], last_hub: int | None) -> None:
    """Note the last hub of a crowded band, and let former hubs be compared again as ordinary members."""
    last = nodes[BAND_CAP - 1]
    if last == last_hub:
        return
    columns = tables.documents.c
    displaced = [node for node in nodes[BAND_CAP:] if last_hub is None or node <= last_hub]
    for chunk in chunks(displaced):
        where = columns.node.in_(chunk) & (columns.status == tables.LIVE) & (columns.resolution != tables.TO_COMPARE)
        connection.execute(update(tables.documents).where(where).values(resolution=tables.TO_COMPARE))
    connection.execute(delete(tables.crowds).where(tables.crowds.c.hash == hash_))
    connection.execute(insert(tables.crowds).values(hash=hash_, last_hub=last))


def _cluster(
    connection: Connection, batch: Sequence[Row[Any]], partners: set[int], texts: NodeTexts, tally: _Tally
) -> None:
    """Draw the clusters of the batch again, with every document they held or now hold."""
    columns = tables.documents.c
    seeds = {row.node for row in batch} | partners
    for chunk in chunks(sorted({row.cluster for row in batch if row.cluster})):
        members = or_(columns.id.in_(chunk), columns.cluster.in_(chunk) & columns.duplicate_kind.is_not(None))
        seeds.update(connection.execute(select(columns.node).where(members)).scalars())
    groups, edges = _components(connection, seeds)
    documents = _live_documents(connection, groups)
    settled = {row.key for row in batch}
    updates = []
    for group in _grouped(groups, documents):
        updates += _assign(connection, group, edges, texts)
    placed = {values["that_key"] for values in updates}
    nowhere = {"cluster": None, "duplicate_kind": None, "similarity": None}
    updates += [{"that_key": row.key, **nowhere} for row in batch if row.key not in placed]
    before = {row.key: row for rows in documents.values() for row in rows}
    for values in updates:
        row = before.get(values["that_key"])
        again = row is not None and row.key not in settled and row.resolution == tables.TO_COMPARE
        values["resolution"] = tables.TO_COMPARE if again else tables.SETTLED
        if row is not None and _differs(row, values):
            tally.changed.add(row.id)
    if updates:
        connection.execute(
            update(tables.documents).where(columns.key == bindparam("that_key")).values(check_index=1), updates
        )


def _differs(row: Row[Any], values: Mapping[str, Any]) -> bool:
    return any(getattr(row, name) != values[name] for name in ("cluster", "duplicate_kind", "similarity"))


def _components(connection: Connection, seeds: set[int]) -> tuple[dict[int, int], dict[tuple[int, int], float]]:
    """Follow copies from the seeds; returns node → smallest node of its component, and Jaccard by pair."""
    leader = {node: node for node in seeds}

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    edges: dict[tuple[int, int], float] = {}
    frontier, pairs = seeds, tables.pairs.c
    while frontier:
        reached: set[int] = set()
        for chunk in chunks(sorted(frontier)):
            either = or_(pairs.a.in_(chunk), pairs.b.in_(chunk))
            query = select(pairs.a, pairs.b, pairs.jaccard).where(either, pairs.relation == "copy")
            for a, b, jaccard in connection.execute(query):
                edges[a, b] = jaccard
                reached.update(node for node in (a, b) if node not in leader)
                leader.setdefault(a, a)
                leader.setdefault(b, b)
                low, high = sorted((find(a), find(b)))
                leader[high] = low
        frontier = reached
    return {node: find(node) for node in leader}, edges


def _live_documents(connection: Connection, nodes: Iterable[int]) -> dict[int, list[Row[Any]]]:
    columns = tables.documents.c
    wanted = (
        columns.key,
        columns.id,
        columns.node,
        columns.characters,
        columns.published_at,
        columns.cluster,
        columns.duplicate_kind,
        columns.similarity,
        columns.resolution,
    )
    found: dict[int, list[Row[Any]]] = {}
    for chunk in chunks(sorted(nodes)):
        for row in connection.execute(select(*wanted).where(columns.node.in_(chunk), columns.status == tables.LIVE)):
            found.setdefault(row.node, []).append(row)
    return found


def _grouped(leaders: Mapping[int, int], documents: Mapping[int, list[Row[Any]]]) -> list[list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = {}
    for node, leader in leaders.items():
        groups.setdefault(leader, []).extend(documents.get(node, ()))
    return [group for group in groups.values() if group]


def _assign(
    connection: Connection, group: Sequence[Row[Any]], edges: Mapping[tuple[int, int], float], texts: NodeTexts
) -> list[dict[str, Any]]:
    """Part a component into clusters: the best document with its copies, the best of what is left with its, and so on.

    A chain of small changes can join texts that have little in common; each member is a copy of its representative.
    """
    updates, left = [], sorted(group, key=_rank)
    while left:
        best = left[0]
        alike = _copies_of(connection, best.node, {row.node for row in left}, edges, texts)
        updates += [
            {
                "that_key": row.key,
                "cluster": best.id,
                "duplicate_kind": None if row is best else "exact" if row.node == best.node else "near",
                "similarity": None if row is best else alike[row.node],
            }
            for row in left
            if row.node in alike
        ]
        left = [row for row in left if row.node not in alike]
    return updates


def _copies_of(
    connection: Connection, best: int, nodes: set[int], edges: Mapping[tuple[int, int], float], texts: NodeTexts
) -> dict[int, float]:
    """Return those of some nodes that are copies of the best one, with their similarity to it."""
    alike = {node: edges[pair] for node in nodes if (pair := (min(node, best), max(node, best))) in edges}
    alike[best] = 1.0
    for chunk in chunks(sorted(nodes - alike.keys())):
        texts.load(connection, {best, *chunk})
        verdicts = {node: texts.compare(node, best) for node in chunk}
        alike.update({node: round(item.jaccard, 4) for node, item in verdicts.items() if item.relation == "copy"})
    return alike


def _rank(row: Row[Any]) -> tuple[int, float, str]:
    return -row.characters, _instant(row.published_at), row.id


def _instant(published_at: str | None) -> float:
    """Return a time as seconds since the epoch; one that is missing or cannot be read comes last."""
    try:
        moment = datetime.fromisoformat(published_at or "")
    except ValueError:
        return float("inf")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
