"""The texts of nodes, loaded from the ledger as duplicates are compared."""

from __future__ import annotations

from sqlalchemy import Connection

from index.duplicates_align import Words
from index.duplicates_queries import NOTED, STORED
from index.duplicates_verify import Titles, Verdict, compare, headline, headline_swaps, headlines
from index.ledger_codec import unpack_clean
from index.ledger_keys import page_key

KEPT_CHARACTERS = 600_000
"""Characters of texts kept ready for comparison, some 300 articles: each takes about 30 bytes. Five times as many made
a run grow by 40 MB and saved no time."""

LEAST_EQUAL, RETITLED_EQUAL, ENTITLED_EQUAL = 16, 36, 8
"""Equal minima of 100 below which a pair that shares a band is not read, the same under another headline, and of a
pair that shares its title but not its page. Of 540 copies of a news corpus none has fewer, and of the copies that are
changed in all ways at once less than one in a thousand; seven in eight pairs that share a band have, and nine in ten
that share a title: the parts of a series."""


class NodeTexts:
    """The texts of nodes, ready to be compared."""

    def __init__(self) -> None:
        self._texts: dict[int, Words] = {}
        self._characters = 0
        self._readers: dict[int, str] = {}
        self._urls: dict[int, set[str]] = {}
        self._titles: dict[int, Titles] = {}

    def load(self, connection: Connection, nodes: set[int]) -> None:
        """Make some nodes ready for comparison."""
        self.note(connection, nodes)
        self.read(connection, nodes)

    def note(self, connection: Connection, nodes: set[int]) -> None:
        """Learn the pages and headlines of some nodes, and forget those of others."""
        self._urls = {node: set() for node in nodes}
        titles: dict[int, set[frozenset[str]]] = {node: set() for node in nodes}
        self._readers = {}
        for node, id_, url, title in NOTED.rows(connection, nodes=nodes):
            self._readers[node] = min(id_, self._readers.get(node, id_))
            self._urls[node].add(url or "")
            titles[node].add(headline(title))
        self._titles = {node: frozenset(words) for node, words in titles.items()}

    def read(self, connection: Connection, nodes: set[int]) -> None:
        """Read the texts of noted nodes; what is kept of others is limited to ``KEPT_CHARACTERS``."""
        if self._characters > KEPT_CHARACTERS:
            self._texts.clear()
            self._characters = 0
        missing = sorted(self._readers[node] for node in nodes if node not in self._texts)
        for node, raw, packed in STORED.rows(connection, ids=missing) if missing else ():
            text = unpack_clean(raw, packed)
            self._texts[node] = Words(text)
            self._characters += len(text)

    def promising(self, a: int, b: int, equal: int, *, named: bool) -> bool:
        """Say whether two noted nodes with that many equal minima may be copies: only then are their texts read.

        ``named`` when they share a title or a page.
        """
        if named and self._one_page(a, b):
            return True
        titles = headlines(self._titles[a], self._titles[b])
        if titles == "differ":
            return equal >= RETITLED_EQUAL
        return titles == "agree" and equal >= (ENTITLED_EQUAL if named else LEAST_EQUAL)

    def compare(self, a: int, b: int) -> Verdict:
        """Compare two loaded nodes."""
        titles = headlines(self._titles[a], self._titles[b])
        heads = headline_swaps(self._titles[a], self._titles[b])
        return compare(self._texts[a], self._texts[b], same_page=self._one_page(a, b), titles=titles, heads=heads)

    def _one_page(self, a: int, b: int) -> bool:
        """Say whether two noted nodes come from one page; asked of few pairs, since reading a URL takes long."""
        pages = {page_key(url) for url in self._urls[a]}
        return any(page_key(url) in pages for url in self._urls[b] if page_key(url))
