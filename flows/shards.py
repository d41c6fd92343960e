"""Planning a run: which sources are unchanged, and the shards of work for the rest.

A shard is a file of JSON lines under the run's work folder, each a file to read or a record already read from a larger
file. Shards are written as the workers take them, so neither memory nor disk grows with the corpus, and they begin
small, so that the first documents of a run are done soon. Where it is known how many items there are, they end small
as well: no worker is left with a long one when the others have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from transforms.models import RawDocument, Rejected, SourceFile
from transforms.read import ReadSettings, read
from transforms.serialize import ShardItem, dump_line

if TYPE_CHECKING:
    from index.ledger import SourceState

FIRST_SHARD = 16
"""Items in a run's first shard; each further one is twice as large up to the configured size."""
SHARES = 2
"""Shards for each worker that what is left to do is cut into."""
LAST_SHARD = 50
"""Items of the shards at the end of a run whose length is known: a tenth of a second of work."""
SHARD_BYTES = 8_000_000
"""A shard is closed when its sources' bytes reach this, however few items it has: pages are slower than records."""
KEPT_BYTES = 256_000_000
"""Shards of the first pass that the second one takes instead of planning them again, as long as they are no more than
this on the disk: 100,000 articles. Records are in them; pages and texts are read by the worker that takes them."""
RECORD_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Shard:
    """One unit of work: its file, how many items it holds, and the sources whose last item is in it."""

    path: str
    items: int
    closes: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A shard's file, and the file its results go to."""

    shard: str
    results: str


@dataclass(slots=True)
class Plan:
    """The shards of one pass, for the next one to take."""

    shards: list[Shard] = field(default_factory=list)
    unchanged: dict[str, SourceState] = field(default_factory=dict)
    whole: bool = True
    """Whether all of them are kept; none is when they are too many."""
    _bytes: int = 0

    def keep(self, shard: Shard) -> None:
        """Keep a shard that has been worked on, or drop it, and those before it, when they are too many."""
        self.shards.append(shard)
        self._bytes += Path(shard.path).stat().st_size
        if not self.whole or self._bytes > KEPT_BYTES:
            self.drop()

    def drop(self) -> None:
        """Keep none of them."""
        self.whole = False
        for shard in self.shards:
            Path(shard.path).unlink(missing_ok=True)
        self.shards.clear()


def holds_records(path: str) -> bool:
    """Whether a file holds many documents, so that it is read here and handed out record by record."""
    name = path.lower()
    for packed in (".gz", ".zst"):
        name = name.removesuffix(packed)
    return name.endswith(RECORD_SUFFIXES)


class Planner:
    """Splits the sources that need work into shards and remembers those that need none."""

    def __init__(
        self,
        found: Iterable[SourceFile | Rejected],
        known: Mapping[str, SourceState],
        settings: ReadSettings,
        folder: Path,
        *,
        shard_items: int,
        full: bool = False,
    ) -> None:
        self._found, self._known, self._settings, self._folder = found, known, settings, folder
        self._shard_items, self._full = shard_items, full
        self._plan: Plan | None = None
        self.unchanged: dict[str, SourceState] = {}
        self._items: list[ShardItem | bytes] = []
        self._closes: list[SourceFile] = []
        self._bytes = 0
        self._count = 0
        self._growing = self._limit = min(FIRST_SHARD, shard_items)
        self._expected, self._shares = 0, 1
        self.planned = 0
        """Items of all shards so far."""

    def expect(self, items: int, workers: int) -> None:
        """Let the last shards be small: so many items are to come, for so many workers."""
        if workers > 1:
            self._expected, self._shares = items, workers * SHARES

    def follow(self, plan: Plan) -> None:
        """Take the lines of an earlier pass over the same sources instead of reading them, if all were kept."""
        if plan.whole:
            self._plan, self.unchanged = plan, plan.unchanged

    def shards(self) -> Iterator[Shard]:
        """Walk the sources once, in order, and yield each shard when it is full."""
        yield from self._planned_before(self._plan) if self._plan else self._walk()
        if self._items or self._closes:
            yield self._flush()

    def _walk(self) -> Iterator[Shard]:
        for found in self._found:
            if isinstance(found, Rejected):
                yield from self._add(found, 0)
            elif self._is_unchanged(found):
                self.unchanged[found.path] = self._known[found.path]
            else:
                yield from self._source(found)

    def _planned_before(self, plan: Plan) -> Iterator[Shard]:
        for shard in plan.shards:
            with Path(shard.path).open("rb") as lines:
                for line in lines:
                    yield from self._add(line, _size_of(line))
            Path(shard.path).unlink()
            self._closes += shard.closes

    def _is_unchanged(self, found: SourceFile) -> bool:
        state = self._known.get(found.path)
        return (
            not self._full
            and state is not None
            and not state.stale
            and (state.size, state.mtime_ns) == (found.size, found.mtime_ns)
        )

    def _source(self, found: SourceFile) -> Iterator[Shard]:
        if holds_records(found.path):
            for item in unique_ids(read(found, self._settings)):
                yield from self._add(item, len(item.text) if isinstance(item, RawDocument) else 0)
        else:
            yield from self._add(found, found.size)
        self._closes.append(found)

    def _add(self, item: ShardItem | bytes, size: int) -> Iterator[Shard]:
        if len(self._items) >= self._limit or self._bytes >= SHARD_BYTES:
            yield self._flush()
        self._items.append(item)
        self._bytes += size

    def _flush(self) -> Shard:
        path = self._folder / f"shard-{self._count:06d}.jsonl"
        with path.open("wb") as lines:
            lines.writelines(item if isinstance(item, bytes) else dump_line(item) for item in self._items)
        shard = Shard(str(path), len(self._items), tuple(self._closes))
        self._items, self._closes, self._bytes = [], [], 0
        self._count += 1
        self.planned += shard.items
        self._growing = self._limit = min(self._growing * 2, self._shard_items)
        if self._expected > self.planned:
            self._limit = min(self._growing, max((self._expected - self.planned) // self._shares, LAST_SHARD))
        return shard


_SOURCE_LINE = dump_line(SourceFile("", "", 0, 0)).partition(b",")[0]
"""How a line begins that names a file."""


def _size_of(line: bytes) -> int:
    """How much work a line of a shard is: its own length, or that of the file it names."""
    if not line.startswith(_SOURCE_LINE):
        return len(line)
    size: int = orjson.loads(line)[1]["size"]
    return size


def unique_ids(items: Iterator[RawDocument | Rejected]) -> Iterator[RawDocument | Rejected]:
    """Give the second, third… record that claims an id of the same file an id of its own (``id~2``), with a warning."""
    seen: dict[bytes, int] = {}
    for item in items:
        if isinstance(item, Rejected):
            yield item
            continue
        digest = blake2b(item.id.encode(), digest_size=8).digest()
        times = seen[digest] = seen.get(digest, 0) + 1
        if times == 1:
            yield item
        else:
            warning = f"id {item.id!r} is used {times} times in its file; this record is kept as {item.id}~{times}"
            yield replace(item, id=f"{item.id}~{times}", warnings=(*item.warnings, warning))
