"""What a search answers: a page of hits, and what is known of the whole result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CopyEntry:
    """Another document with the same text; ``similarity`` between 0 and 1."""

    id: str
    outlet: str | None
    url: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One found document; ``snippet`` is HTML: matches in ``<mark>``, everything else escaped."""

    id: str
    score: float
    title: str | None
    outlet: str | None
    published_at: str | None
    language: str
    url: str | None
    source: str
    snippet: str
    copies: tuple[CopyEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of hits and what is known of the whole result."""

    query: str
    total: int
    page: int
    per_page: int
    took_ms: float
    generation: str
    suggestion: str | None
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    warnings: tuple[str, ...] = ()
    """What of the query could not be read, in sentences."""

    def to_json(self) -> dict[str, Any]:
        """The answer as the command line prints it."""
        answer = asdict(self)
        answer["hits"] = [{**hit, "copies": list(hit["copies"])} for hit in answer["hits"]]
        answer["warnings"] = list(self.warnings)
        return answer
