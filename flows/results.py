"""What a worker leaves of a cleaned shard: a file of JSON lines, documents packed for the ledger among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import orjson

from index.ledger_rows import PackedDocument, as_json, from_json, pack
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
    if isinstance(result, Document):
        return orjson.dumps([PackedDocument.__name__, as_json(pack(result))]) + b"\n"
    return dump_line(result)


def load_results(path: str) -> ShardResults:
    """Read a file of results."""
    results = ShardResults()
    with Path(path).open("rb") as lines:
        for line in lines:
            name, body = orjson.loads(line)
            item = from_json(body) if name == PackedDocument.__name__ else restore(name, body)
            if isinstance(item, PackedDocument):
                results.documents.append(item)
            elif isinstance(item, Rejected):
                results.rejected.append(item)
            elif isinstance(item, Unchanged):
                results.unchanged.append(item.id)
    return results
