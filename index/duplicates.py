"""Duplicates: which documents carry the same article, and which of them represents it.

Documents with the same words share a node (see ``index.tables``). Nodes that share a candidate hash (a MinHash band, a
title, a page) are compared exactly by :mod:`index.duplicates_verify`. Of the nodes that copies join, the best document
represents its own copies, the best of the rest its, and so on; best is the longest clean text, then the earliest
published, then the smallest id. Nothing here depends on the order in which documents arrived, nor on their split into
runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import starmap
from typing import Any

from sqlalchemy import Connection

from index import tables
from index.collecting import without_collection
from index.duplicates_candidates import enter, weigh
from index.duplicates_queries import (
    COPIES,
    LIVE_BANDS,
    LIVE_DOCUMENTS,
    REPRESENTATIVES,
    THEIR_COPIES,
    UNRESOLVED,
    Candidate,
    Unresolved,
)
from index.duplicates_texts import LEAST_EQUAL, NodeTexts
from index.duplicates_verify import Verdict
from index.ledger import Ledger
from index.ledger_bands import cut_pairs
from index.ledger_codec import unpack_numbers
from index.ledger_sql import chunks, insert_rows, update_rows

Place = tuple[str, str | None, float | None, int]
"""Where a document belongs: its representative's id, kind and similarity of the duplicate, and the document's key."""

BATCH = 2_000
"""Documents resolved in one transaction: less than a second of work, so that a killed run loses no more. Their bands
are written together, since each of them falls on another page of the table: 500 at a time cost twice as much."""

PAIRS = 100
"""Pairs whose texts are loaded together: they are in memory at once."""


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
        with without_collection(), ledger.writing() as connection:
            batch = _unresolved(connection, BATCH)
            if batch:
                partners = _compare(connection, batch, texts, tally)
                _cluster(connection, batch, partners, texts, tally)
            unsettled = bool(batch) and bool(_unresolved(connection, 1))
    counts = (tally.compared, tally.candidates, tally.copies, tally.versions, len(tally.crowded))
    return ClusterChanges(*counts, tuple(sorted(tally.changed)))


def _unresolved(connection: Connection, limit: int) -> list[Unresolved]:
    return list(starmap(Unresolved, UNRESOLVED.rows(connection, limit=limit)))


def _compare(connection: Connection, batch: Sequence[Unresolved], texts: NodeTexts, tally: _Tally) -> set[int]:
    """Bring the pairs of the batch's new nodes up to date; returns the nodes that were paired with them before."""
    nodes = {row.node for row in batch if row.status == tables.LIVE and row.resolution == tables.TO_COMPARE}
    hashes = _hashes(connection, nodes)
    candidates = enter(connection, hashes)
    named, equal = candidates.named, weigh(connection, candidates.named | candidates.by_chance)
    tally.crowded |= candidates.crowded
    waiting, found = sorted(named | {pair for pair, count in equal.items() if count >= LEAST_EQUAL}), []
    for start in range(0, len(waiting), PAIRS):
        pairs = waiting[start : start + PAIRS]
        texts.note(connection, {node for pair in pairs for node in pair})
        pairs = [pair for pair in pairs if texts.promising(*pair, equal.get(pair, 0), named=pair in named)]
        texts.read(connection, {node for pair in pairs for node in pair})
        tally.candidates += len(pairs)
        verdicts = ((a, b, texts.compare(a, b)) for a, b in pairs)
        found += [_pair_row(a, b, verdict) for a, b, verdict in verdicts if verdict.relation]
    tally.copies += sum(row[-1] == "copy" for row in found)
    tally.versions += sum(row[-1] == "version" for row in found)
    partners = cut_pairs(connection, hashes)
    insert_rows(connection, tables.pairs, ("a", "b", "jaccard", "containment", "relation"), found)
    tally.compared += len(hashes)
    return partners


def _hashes(connection: Connection, nodes: Iterable[int]) -> dict[int, Collection[int]]:
    """Return the candidate hashes of every live document of some nodes: the pages and titles of all of them count.

    Nearly all nodes are one document: theirs are left as tuples, which take a tenth of the memory of sets.
    """
    hashes: dict[int, Collection[int]] = {}
    for node, bands in LIVE_BANDS.rows(connection, nodes=nodes):
        own = unpack_numbers(bands)
        hashes[node] = {*hashes[node], *own} if node in hashes else own
    return hashes


def _pair_row(a: int, b: int, verdict: Verdict) -> tuple[Any, ...]:
    return a, b, round(verdict.jaccard, 4), round(verdict.containment, 4), verdict.relation


def _cluster(
    connection: Connection, batch: Sequence[Unresolved], partners: set[int], texts: NodeTexts, tally: _Tally
) -> None:
    """Draw the clusters of the batch again, with every document they held or now hold."""
    seeds = {row.node for row in batch} | partners
    clusters = {row.cluster for row in batch if row.cluster}
    if clusters:
        for members in (REPRESENTATIVES, THEIR_COPIES):
            seeds.update(members.values(connection, ids=clusters))
    leaders, edges = _components(connection, seeds)
    documents = _live_documents(connection, leaders)
    placed = [place for group in _grouped(leaders, documents) for place in _assign(connection, group, edges, texts)]
    before = {row.key: row for rows in documents.values() for row in rows}
    gone = [(None, None, None, row.key) for row in batch if row.key not in before]
    settled = {row.key for row in batch}
    updates = []
    for *values, key in (*placed, *gone):
        row = before.get(key)
        again = row is not None and key not in settled and row.resolution == tables.TO_COMPARE
        updates.append((*values, tables.TO_COMPARE if again else tables.SETTLED, 1, key))
        if row is not None and [row.cluster, row.duplicate_kind, row.similarity] != values:
            tally.changed.add(row.id)
    columns = ("cluster", "duplicate_kind", "similarity", "resolution", "check_index")
    update_rows(connection, tables.documents, columns, "key", updates)


def _components(connection: Connection, seeds: set[int]) -> tuple[dict[int, int], dict[tuple[int, int], float]]:
    """Follow copies from the seeds; returns node → smallest node of its component, and Jaccard by pair."""
    leader = {node: node for node in seeds}

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    edges: dict[tuple[int, int], float] = {}
    frontier = seeds
    while frontier:
        reached: set[int] = set()
        for a, b, jaccard in COPIES.rows(connection, nodes=frontier):
            edges[a, b] = jaccard
            reached.update(node for node in (a, b) if node not in leader)
            leader.setdefault(a, a)
            leader.setdefault(b, b)
            low, high = sorted((find(a), find(b)))
            leader[high] = low
        frontier = reached
    return {node: find(node) for node in leader}, edges


def _live_documents(connection: Connection, nodes: Iterable[int]) -> dict[int, list[Candidate]]:
    found: dict[int, list[Candidate]] = {}
    for row in starmap(Candidate, LIVE_DOCUMENTS.rows(connection, nodes=nodes)):
        found.setdefault(row.node, []).append(row)
    return found


def _grouped(leaders: Mapping[int, int], documents: Mapping[int, list[Candidate]]) -> list[list[Candidate]]:
    groups: dict[int, list[Candidate]] = {}
    for node, leader in leaders.items():
        groups.setdefault(leader, []).extend(documents.get(node, ()))
    return [group for group in groups.values() if group]


def _assign(
    connection: Connection, group: Sequence[Candidate], edges: Mapping[tuple[int, int], float], texts: NodeTexts
) -> list[Place]:
    """Part a component into clusters: the best document with its copies, the best of what is left with its, and so on.

    A chain of small changes can join texts that have little in common; each member is a copy of its representative.
    """
    if len(group) == 1:  # nine in ten
        return [(group[0].id, None, None, group[0].key)]
    places: list[Place] = []
    left = sorted(group, key=_rank)
    while left:
        best = left[0]
        alike = _copies_of(connection, best.node, {row.node for row in left}, edges, texts)
        for row in left:
            if row is best:
                places.append((best.id, None, None, row.key))
            elif row.node in alike:
                places.append((best.id, "exact" if row.node == best.node else "near", alike[row.node], row.key))
        left = [row for row in left if row.node not in alike]
    return places


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


def _rank(row: Candidate) -> tuple[int, float, str]:
    return -row.characters, _instant(row.published_at), row.id


def _instant(published_at: str | None) -> float:
    """Return a time as seconds since the epoch; one that is missing or cannot be read comes last."""
    try:
        moment = datetime.fromisoformat(published_at or "")
    except ValueError:
        return float("inf")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
