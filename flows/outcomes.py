"""What became of a run's documents, kept on the disk until the end: memory must not grow with the run.

Whether a document is a copy is known only when all are there, so what was new and what had changed is noted shard by
shard and counted at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from index.ledger import Ledger

NEW, CHANGED = "new", "changed"


class Outcomes:
    """Stored ids of the documents of one run, by whether they are new or changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.documents = 0

    def note(self, new: Sequence[str], changed: Sequence[str]) -> None:
        """Add those of a shard."""
        if new or changed:
            with self._path.open("ab") as lines:
                lines.write(orjson.dumps({NEW: new, CHANGED: changed}) + b"\n")
            self.documents += len(new) + len(changed)

    def counts(self, ledger: Ledger) -> Counter[str]:
        """How many are new, changed, and copies by their kind; each document is counted once."""
        counted = Counter[str]()
        for shard in self._shards():
            kinds = ledger.duplicate_kinds([*shard[NEW], *shard[CHANGED]])
            for outcome, ids in shard.items():
                counted.update(f"{kinds[id_]}_duplicates" if kinds.get(id_) else outcome for id_ in ids)
        return counted

    def of(self, document: str) -> str | None:
        """``new`` or ``changed``, or None for a document that this run did not record."""
        return next((outcome for shard in self._shards() for outcome, ids in shard.items() if document in ids), None)

    def _shards(self) -> Iterator[dict[str, list[str]]]:
        if not self.documents:
            return
        with self._path.open("rb") as lines:
            yield from map(orjson.loads, lines)
