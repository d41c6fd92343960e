"""What the ledger says and what an index holds, compared document by document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from index.engine import WhooshEngine
from index.records import IndexRecord
from index.schema import prepare


@dataclass(frozen=True, slots=True)
class Difference:
    """One document about which ledger and index disagree."""

    id: str
    what: Literal["missing", "extra", "differs"]
    """Not in the index, only there, or with other content."""
    fields: tuple[str, ...] = ()
    """Which of its fields differ."""


def differences(records: Iterable[IndexRecord], engine: WhooshEngine) -> Iterator[Difference]:
    """Yield what differs, in the order of the ledger, and then what only the index has; a byte a document in memory."""
    met = bytearray(engine.size)
    for record in records:
        doc = engine.doc_of(record.id)
        if doc is None:
            yield Difference(record.id, "missing")
            continue
        met[doc] = 1
        if fields := _differing(record, engine, doc):
            yield Difference(record.id, "differs", fields)
    dead = engine.dead()
    for doc in range(engine.size):
        if not met[doc] and doc not in dead:
            yield Difference(str(engine.hit(doc)["id"]), "extra")


def _differing(record: IndexRecord, engine: WhooshEngine, doc: int) -> tuple[str, ...]:
    wanted, found = prepare(record).hit, engine.hit(doc)
    fields = [name for name in wanted if wanted[name] != found.get(name)]
    return tuple(fields if record.text == engine.text(doc) else [*fields, "text"])
