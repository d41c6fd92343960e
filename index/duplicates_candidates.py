"""Which nodes are worth comparing: those that share a candidate hash (a MinHash band, a title, a page).

A hash that many nodes share (the text of a template) must not cost a comparison of all with all: in a *crowded* band
only the ``BAND_CAP`` smallest node numbers, its hubs, are compared with every member. Node numbers are hashes of the
content, so hubs are a fixed random sample; when a new one moves in, the one that moves out is compared anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, update

from index import tables
from index.duplicates_queries import CROWDS, CROWDS_OF, HUBS, LIVE_SKETCHES, MEMBERS
from index.ledger_bands import enter_bands
from index.ledger_keys import names_title_or_page
from index.ledger_sql import among
from transforms.fingerprint import equal_minima

Pair = tuple[int, int]
"""Two nodes, the smaller one first."""

BAND_CAP = 64
"""Nodes of one band that are compared with every other: wire stories come in tens of copies, templates in hundreds."""

ALL_CROWDS = 10_000
"""Hashes asked for from which all crowded bands are read: a corpus has some hundreds."""


@dataclass(slots=True)
class Candidates:
    """Pairs that may be copies, and the crowded bands that were met."""

    named: set[Pair] = field(default_factory=set)
    """Pairs that share a title or a page."""
    by_chance: set[Pair] = field(default_factory=set)
    """Pairs that share a band."""
    crowded: set[int] = field(default_factory=set)


def enter(connection: Connection, hashes: Mapping[int, Iterable[int]]) -> Candidates:
    """Make nodes findable by their candidate hashes; returns the pairs of each with those that have one of them."""
    first: dict[int, int] = {}
    shared: dict[int, list[int]] = {}
    for node, own in hashes.items():
        for hash_ in own:
            if (other := first.setdefault(hash_, node)) != node:
                shared.setdefault(hash_, [other]).append(node)
    in_order = sorted(first)  # so that the bands are read and written from one end to the other
    found = Candidates()
    for hash_, entering, members in _members(connection, in_order, first, shared):
        pairs = found.named if names_title_or_page(hash_) else found.by_chance
        hubs = members
        if len(members) > BAND_CAP:
            found.crowded.add(hash_)
            hubs = members[:BAND_CAP]
        for node in entering:
            others = members if hubs is members or node <= hubs[-1] else hubs
            pairs.update([(node, other) if node < other else (other, node) for other in others if other != node])
    enter_bands(connection, in_order, list(map(first.__getitem__, in_order)))
    later = sorted((hash_, node) for hash_, nodes in shared.items() for node in nodes[1:])
    enter_bands(connection, [hash_ for hash_, _ in later], [node for _, node in later])
    return found


def weigh(connection: Connection, pairs: set[Pair]) -> dict[Pair, int]:
    """Count the equal minima of pairs of nodes; texts that differ in their spaces share a node, so the best counts."""
    nodes = {node for pair in pairs for node in pair}
    sketches: dict[int, set[bytes]] = {}
    for node, sketch in LIVE_SKETCHES.rows(connection, nodes=nodes) if nodes else ():
        sketches.setdefault(node, set()).add(sketch)
    return {
        (a, b): max([equal_minima(one, other) for one in sketches[a] for other in sketches[b]])
        for a, b in pairs
        if a in sketches and b in sketches
    }


def _members(
    connection: Connection, hashes: Sequence[int], first: Mapping[int, int], shared: Mapping[int, list[int]]
) -> Iterator[tuple[int, Sequence[int], Sequence[int]]]:
    """Yield each hash that several nodes have, which of them are about to enter it, and all of them.

    ``first`` has one node that is about to enter each hash; where there are others, ``shared`` has all. The members
    of a crowded band are in order; of one that gets no new hub only the hubs are read.
    """
    crowds = _crowds(connection, first)
    settled = {hash_ for hash_, last in crowds.items() if min(shared.get(hash_, (first[hash_],))) > last}
    there: dict[int, list[int]] = {hash_: [] for hash_ in shared}
    asked = [hash_ for hash_ in hashes if hash_ not in settled] if settled else hashes
    for hash_, node in MEMBERS.rows(connection, hashes=asked):
        there.setdefault(hash_, []).append(node)
    for hash_ in settled:
        there[hash_] = HUBS.values(connection, hash=hash_, last_hub=crowds[hash_])
    for hash_, nodes in there.items():
        entering = shared.get(hash_) or [first[hash_]]
        members = nodes + entering
        if len(members) > BAND_CAP:
            members = sorted(set(members))
        if len(members) > BAND_CAP and hash_ not in settled:
            _crowd(connection, hash_, members, crowds.get(hash_))
        yield hash_, entering, members


def _crowds(connection: Connection, hashes: Collection[int]) -> dict[int, int]:
    """Return the last hub of bands that are crowded: of some, or of all when many are asked for."""
    some = CROWDS.rows(connection) if len(hashes) >= ALL_CROWDS else CROWDS_OF.rows(connection, hashes=hashes)
    return {hash_: last for hash_, last in some if hash_ in hashes}


def _crowd(connection: Connection, hash_: int, nodes: Sequence[int], last_hub: int | None) -> None:
    """Note the last hub of a crowded band, and let former hubs be compared again as ordinary members."""
    last = nodes[BAND_CAP - 1]
    if last == last_hub:
        return
    columns = tables.documents.c
    displaced = [node for node in nodes[BAND_CAP:] if last_hub is None or node <= last_hub]
    where = among(columns.node, displaced) & (columns.status == tables.LIVE)
    where &= columns.resolution != tables.TO_COMPARE
    connection.execute(update(tables.documents).where(where).values(resolution=tables.TO_COMPARE))
    connection.execute(delete(tables.crowds).where(tables.crowds.c.hash == hash_))
    connection.execute(insert(tables.crowds).values(hash=hash_, last_hub=last))
