"""What a worker leaves of a cleaned shard: a file of JSON lines, behind that of a document the bytes of its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import orjson

from index.ledger_rows import PackedDocument, dump, load, pack
from transforms.models import Document, Rejected
from transforms.serialize import Unchanged, dump_line, restore

ShardResult = Document | Rejected | Unchanged


@dataclass(slots=True)
class ShardResults:
    """The results of a shard, in the order of its documents."""

    documents: list[PackedDocument] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """Ids under which documents are stored that are as they were."""


def dump_result(result: ShardResult) -> bytes:
    """Return one result as a line, a document packed for the ledger."""
    return dump(pack(result)) if isinstance(result, Document) else dump_line(result)


def load_results(path: str) -> ShardResults:
    """Read a file of results."""
    results = ShardResults()
    with Path(path).open("rb") as lines:
        while line := lines.readline():
            name, body = orjson.loads(line)
            if name == PackedDocument.__name__:
                results.documents.append(load(body, lines.read))
                continue
            item = restore(name, body)
            if isinstance(item, Rejected):
                results.rejected.append(item)
            elif isinstance(item, Unchanged):
                results.unchanged.append(item.id)
    return results
