"""The texts of nodes, loaded from the ledger as duplicates are compared."""

from __future__ import annotations

from sqlalchemy import Connection, select

from index import tables
from index.duplicates_verify import Profile, Verdict, compare
from index.ledger_codec import unpack_pair
from index.ledger_keys import page_key
from index.ledger_sql import chunks

PROFILES = 2_000
"""Texts kept ready for comparison: about 40 KB each."""


class NodeTexts:
    """The texts of nodes, ready to be compared."""

    def __init__(self) -> None:
        self._profiles: dict[int, Profile] = {}
        self._pages: dict[int, frozenset[str]] = {}

    def load(self, connection: Connection, nodes: set[int]) -> None:
        """Make sure of these nodes; what is kept of others is limited to ``PROFILES``."""
        if len(self._profiles) + len(nodes) > PROFILES:
            self._profiles.clear()
        columns = tables.documents.c
        urls: dict[int, set[str]] = {node: set() for node in nodes}
        readers: dict[int, str] = {}
        for chunk in chunks(sorted(nodes)):
            live = columns.node.in_(chunk) & (columns.status == tables.LIVE)
            for row in connection.execute(select(columns.node, columns.id, columns.url).where(live)):
                readers[row.node] = min(row.id, readers.get(row.node, row.id))
                urls[row.node].add(page_key(row.url) or "")
        self._pages = {node: frozenset(pages - {""}) for node, pages in urls.items()}
        missing = [id_ for node, id_ in readers.items() if node not in self._profiles]
        for chunk in chunks(sorted(missing)):
            query = select(columns.node, columns.raw, columns.text).where(columns.id.in_(chunk))
            for row in connection.execute(query):
                self._profiles[row.node] = Profile(unpack_pair(row.raw, row.text)[1])

    def compare(self, a: int, b: int) -> Verdict:
        """Compare two loaded nodes."""
        return compare(self._profiles[a], self._profiles[b], same_page=bool(self._pages[a] & self._pages[b]))
