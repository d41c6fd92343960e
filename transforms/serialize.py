"""JSON: the lines of shards, which carry work between processes, and the object that ``saring clean --json`` prints.

Shards hold JSON, never pickles, so that reading one back cannot run code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from transforms.models import CleanDocument, RawDocument, Rejected, SourceFile


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document whose raw text, own fields and rules are those of the last run: nothing to do."""

    id: str


ShardItem = SourceFile | RawDocument | Rejected
"""What a shard asks for: a file to read and clean, a record to clean, or a failure to pass on."""

_PLAIN: dict[str, type[Any]] = {kind.__name__: kind for kind in (SourceFile, RawDocument, Rejected, Unchanged)}


def dump_line(item: ShardItem | Unchanged) -> bytes:
    """One JSON line with the item's type name and its fields."""
    return orjson.dumps([type(item).__name__, item]) + b"\n"


def restore(name: str, body: dict[str, Any]) -> ShardItem | Unchanged:
    """The item that :func:`dump_line` wrote, from its type name and its fields."""
    if name == "RawDocument":
        body["warnings"] = tuple(body["warnings"])
    item: ShardItem | Unchanged = _PLAIN[name](**body)
    return item


def load_lines(path: str) -> Iterator[ShardItem | Unchanged]:
    """Stream the items of a shard file."""
    with open(path, "rb") as lines:  # noqa: PTH123 (a plain path crosses processes)
        for line in lines:
            yield restore(*orjson.loads(line))


def clean_json(document: CleanDocument) -> dict[str, Any]:
    """The object ``saring clean --json`` prints for a document."""
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "published_at": document.published_at,
        "outlet": document.outlet,
        "place": document.place,
        "authors": list(document.authors),
        "text": document.text,
        "language": document.language.code,
        "language_confidence": round(document.language.confidence, 4),
        "languages": [{"code": s.code, "share": round(s.share, 4)} for s in document.language.languages],
        "removals": [
            {"start": r.start, "end": r.end, "text": r.text, "rule": r.rule, "kind": r.kind, "confidence": r.confidence}
            for r in document.removals
        ],
        "repairs": [{"at": r.at, "kind": r.kind} for r in document.repairs],
        "rules_version": document.rules_version,
        "warnings": list(document.warnings),
    }
