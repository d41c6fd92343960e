"""Stage results as JSON: lines that shards carry between processes, and the object that ``saring clean --json`` prints.

Shards hold JSON, never pickles, so that reading one back cannot run code. A removal's text is a slice of the decoded
input and is cut out again on reading instead of being stored twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import orjson

from transforms.models import (
    Document,
    Fingerprint,
    LanguageShare,
    LanguageVerdict,
    RawDocument,
    Rejected,
    Removal,
    Repair,
    SourceFile,
)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document whose raw text, own fields and rules are those of the last run: nothing to do."""

    id: str


ShardItem = SourceFile | RawDocument | Rejected
"""What a shard asks for: a file to read and clean, a record to clean, or a failure to pass on."""
ShardResult = Document | Rejected | Unchanged

_PLAIN: dict[str, type[Any]] = {kind.__name__: kind for kind in (SourceFile, RawDocument, Rejected, Unchanged)}


def dump_line(item: ShardItem | ShardResult) -> bytes:
    """One JSON line with the item's type name and its fields."""
    if isinstance(item, Document):
        body: Any = {field.name: getattr(item, field.name) for field in fields(Document)}
        body["removals"] = [(r.start, r.end, r.rule, r.kind, r.confidence) for r in item.removals]
        print_ = item.fingerprint
        body["fingerprint"] = (print_.content_hash, print_.bands, print_.shingles, print_.sketch.hex())
    else:
        body = item
    return orjson.dumps([type(item).__name__, body]) + b"\n"


def load_line(line: bytes) -> ShardItem | ShardResult:
    """The item that :func:`dump_line` wrote."""
    name, body = orjson.loads(line)
    if name == "Document":
        return _document(body)
    if name == "RawDocument":
        body["warnings"] = tuple(body["warnings"])
    item: ShardItem | ShardResult = _PLAIN[name](**body)
    return item


def load_lines(path: str) -> Iterator[ShardItem | ShardResult]:
    """Stream the items of a shard file."""
    with open(path, "rb") as lines:  # noqa: PTH123 (a plain path crosses processes)
        for line in lines:
            yield load_line(line)


def _document(body: dict[str, Any]) -> Document:
    raw = body["raw_text"]
    verdict = body["language"]
    shares = tuple(LanguageShare(**share) for share in verdict["languages"])
    body["language"] = LanguageVerdict(verdict["code"], verdict["confidence"], shares)
    body["removals"] = tuple(
        Removal(start, end, raw[start:end], rule, kind, confidence)
        for start, end, rule, kind, confidence in body["removals"]
    )
    body["repairs"] = tuple(Repair(**repair) for repair in body["repairs"])
    content_hash, bands, shingles, sketch = body["fingerprint"]
    body["fingerprint"] = Fingerprint(content_hash, tuple(bands), shingles, bytes.fromhex(sketch))
    body["authors"] = tuple(body["authors"])
    body["warnings"] = tuple(body["warnings"])
    return Document(**body)


def clean_json(document: Document) -> dict[str, Any]:
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
