"""What the pages show: answers of the index, and documents of the ledger.

The searcher stays open and follows the current generation and its commits by itself; the ledger is opened for each
article, so that a ledger that appears, moves or is restored while the server runs is the one that is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from flows.settings import Settings
from flows.web.parameters import PER_PAGE, SearchForm
from index.ledger import Ledger
from index.ledger_export import ClusterMember, cluster_members
from index.ledger_views import StoredDocument, Version
from index.search import Hit, SearchAnswer, Searcher
from index.terminal import printable
from transforms.errors import DocumentNotFoundError, IndexUnavailableError
from transforms.explain import Explanation, explain
from transforms.rules import load_rules
from transforms.step_rules import STEP_RULES

EVERYTHING: Final = "-language:zxx"
"""A query that finds all: nothing is labelled with the code for *no linguistic content*."""

SIMILAR: Final = 5
"""Similar articles named below an article."""


@dataclass(frozen=True, slots=True)
class Article:
    """A document with its earlier texts and the other members of its cluster."""

    document: StoredDocument
    versions: tuple[Version, ...]
    """Newest first."""
    others: tuple[ClusterMember, ...]
    """The representative first."""
    similar: tuple[Hit, ...]
    """Other articles on the same matter, the most similar first."""


class Corpus:
    """Reads index and ledger for a server with several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._searcher = Searcher(settings.index_dir, settings.search.ranking())
        self._lock = Lock()
        self._reasons: dict[str, str] = {}

    def close(self) -> None:
        """Let go of the index."""
        self._searcher.close()

    def search(self, form: SearchForm) -> SearchAnswer:
        """One page of hits; without words, all that the filters let through, newest first."""
        return self._searcher.search(
            form.q or EVERYTHING,
            language=form.language or None,
            outlet=form.outlet or None,
            since=form.since or None,
            until=form.until or None,
            sort=form.sort if form.q else "date",
            page=form.page,
            per_page=PER_PAGE,
        )

    def article(self, document_id: str) -> Article | None:
        """A document by its id; None when there is none."""
        with Ledger.open(self._settings.ledger_url, read_only=True) as ledger:
            document = ledger.document(document_id)
            if document is None:
                return None
            versions = tuple(reversed(ledger.versions(document_id)))
            with ledger.reading() as connection:
                members = cluster_members(connection, document.cluster) if document.cluster else ()
        others = tuple(member for member in members if member.id != document_id)
        return Article(document, versions, others, self._similar(document.cluster or document_id))

    def _similar(self, document_id: str) -> tuple[Hit, ...]:
        """Articles like an indexed one; none for a document that the index does not hold, or without an index."""
        try:
            return self._searcher.similar(document_id, per_page=SIMILAR).hits
        except (DocumentNotFoundError, IndexUnavailableError):
            return ()

    def explanation(self, document: StoredDocument) -> Explanation:
        """What was removed from a document, and why."""
        with self._lock:
            if not self._reasons:
                rules = load_rules(self._settings.rules)
                self._reasons = {name: step.why for name, step in STEP_RULES.items()}
                self._reasons |= {rule.id: rule.why for rule in rules.rules}
        return explain(document, self._reasons, printable)
