"""The texts of nodes, loaded from the ledger as duplicates are compared."""

from __future__ import annotations

from sqlalchemy import Connection, select

from index import tables
from index.duplicates_align import Words
from index.duplicates_verify import Titles, Verdict, compare, headline, headline_swaps, headlines
from index.ledger_codec import unpack_pair
from index.ledger_keys import page_key
from index.ledger_sql import among

TEXTS = 1_500
"""Texts kept ready for comparison: about 60 KB each."""

LEAST_EQUAL, RETITLED_EQUAL = 16, 28
"""Equal minima of 100 below which a pair that shares a band is not read, and the same under another headline. Of 540
copies of a news corpus none has fewer, and of the copies that are changed in all ways at once less than one in a
thousand; seven in eight pairs that share a band have."""


class NodeTexts:
    """The texts of nodes, ready to be compared."""

    def __init__(self) -> None:
        self._texts: dict[int, Words] = {}
        self._readers: dict[int, str] = {}
        self._pages: dict[int, frozenset[str]] = {}
        self._titles: dict[int, Titles] = {}

    def load(self, connection: Connection, nodes: set[int]) -> None:
        """Make some nodes ready for comparison."""
        self.note(connection, nodes)
        self.read(connection, nodes)

    def note(self, connection: Connection, nodes: set[int]) -> None:
        """Learn the pages and headlines of some nodes, and forget those of others."""
        columns = tables.documents.c
        pages: dict[int, set[str]] = {node: set() for node in nodes}
        titles: dict[int, set[frozenset[str]]] = {node: set() for node in nodes}
        self._readers = {}
        live = among(columns.node, nodes) & (columns.status == tables.LIVE)
        for row in connection.execute(select(columns.node, columns.id, columns.url, columns.title).where(live)):
            self._readers[row.node] = min(row.id, self._readers.get(row.node, row.id))
            pages[row.node].add(page_key(row.url) or "")
            titles[row.node].add(headline(row.title))
        self._pages = {node: frozenset(keys - {""}) for node, keys in pages.items()}
        self._titles = {node: frozenset(words) for node, words in titles.items()}

    def read(self, connection: Connection, nodes: set[int]) -> None:
        """Read the texts of noted nodes; what is kept of others is limited to ``TEXTS``."""
        if len(self._texts) + len(nodes) > TEXTS:
            self._texts.clear()
        columns = tables.documents.c
        missing = sorted(self._readers[node] for node in nodes if node not in self._texts)
        query = select(columns.node, columns.raw, columns.text).where(among(columns.id, missing))
        for row in connection.execute(query):
            self._texts[row.node] = Words(unpack_pair(row.raw, row.text)[1])

    def promising(self, a: int, b: int, equal: int) -> bool:
        """Say whether two noted nodes with that many equal minima may be copies: only then are their texts read."""
        titles = headlines(self._titles[a], self._titles[b])
        return titles != "conflict" and equal >= (LEAST_EQUAL if titles == "agree" else RETITLED_EQUAL)

    def compare(self, a: int, b: int) -> Verdict:
        """Compare two loaded nodes."""
        same_page = bool(self._pages[a] & self._pages[b])
        titles = headlines(self._titles[a], self._titles[b])
        heads = headline_swaps(self._titles[a], self._titles[b])
        return compare(self._texts[a], self._texts[b], same_page=same_page, titles=titles, heads=heads)
