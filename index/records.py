"""What the search index is told about a document: the contract between the ledger and the index.

The ledger turns every cluster of duplicates into one :class:`IndexRecord` (its representative) that names the other
members as :class:`Copy` entries. The index stores exactly these fields and nothing else, so that a hash over them says
whether what it holds is still right.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Copy:
    """Another document that carries the same text as a representative.

    ``similarity`` lies in 0..1: 1.0 for an exact copy, otherwise the verified similarity of the two clean texts.
    """

    id: str
    outlet: str | None
    url: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class IndexRecord:
    """One searchable document: its clean text, ``published_at`` as ISO 8601 with offset, ``copies`` sorted by id."""

    id: str
    title: str | None
    text: str
    outlet: str | None
    place: str | None
    authors: tuple[str, ...]
    language: str
    published_at: str | None
    url: str | None
    source: str
    copies: tuple[Copy, ...] = ()
