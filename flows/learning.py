"""The first of a run's two passes: count lines and titles of new documents, and freeze what the corpus says of them.

Workers count (:func:`count_shard`), one process adds up, and the result is a file that every worker reads before it
cleans: so neither the order of documents nor the split into shards changes what is cut. Documents that were counted
before are only recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import starmap
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import orjson

from flows.executors import SMALL_SHARDS, ordered
from flows.knowledge import store
from flows.logs import warning
from flows.rescue import count_survivors
from flows.shards import Plan, Planner, Shard, ShardTask
from flows.stages import source_path
from flows.time_limit import TimeLimit
from transforms.errors import InputError
from transforms.models import RawDocument, Rejected, SourceFile
from transforms.outlet_lines import (
    CountedLine,
    Knowledge,
    LineCount,
    content_number,
    count_document,
    document_number,
)
from transforms.read import ReadSettings, hash_of, read
from transforms.serialize import load_lines

if TYPE_CHECKING:
    from flows.pipeline import Run
    from index.ledger import SourceState


@dataclass(frozen=True, slots=True)
class CountTask(ShardTask):
    """A shard to count and where its counts go."""

    ledger_url: str = field(repr=False)  # it may hold a password; empty when no document has been counted so far
    reading: ReadSettings
    document_seconds: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What the first pass found."""

    knowledge: str = ""
    """The file of the frozen knowledge; empty when nothing is to be learned."""
    outdated: bool = False
    """Whether documents that the ledger holds have become outdated by it."""
    items: int = 0
    """How many items were read: files and records."""
    plan: Plan = field(default_factory=lambda: Plan(whole=False))
    """Their shards, for the second pass."""


class Uncounted(NamedTuple):
    """A document whose lines could not be counted, which cleaning may be able to take all the same."""

    document: str
    source: str
    error: str


def learn(
    run: Run, sources: Sequence[SourceFile | Rejected], known: Mapping[str, SourceState], *, full: bool
) -> Learned:
    """Count what is new in ``sources`` and freeze what is known."""
    if run.settings.outlet_lines == "off":
        return Learned()
    from index.ledger_lines import any_counted, count, freeze  # with the ledger, which a cleaning worker does without

    began = perf_counter()
    folder = run.work / "count"
    folder.mkdir()
    reading, size = run.settings.read_settings(), run.settings.runner.shard_documents
    planner = Planner(sources, known, reading, folder, shard_items=size, full=full)
    with run.ledger.reading() as connection:
        url = run.settings.ledger_url if any_counted(connection) else ""
    seconds = run.settings.runner.document_seconds
    shards: dict[str, Shard] = {}
    plan, new = Plan(unchanged=planner.unchanged), 0

    def tasks() -> Iterator[CountTask]:
        for shard in planner.shards():
            shards[shard.path] = shard
            yield CountTask(shard.path, f"{shard.path}.counts", url, reading, seconds)

    rescue = partial(count_survivors, run.executor, count_shard)
    here = 0 if run.after_crash else SMALL_SHARDS
    for task, results in ordered(run.executor, "count", count_shard, tasks(), rescue=rescue, here=here):
        counts, uncounted = _load(results)
        with run.ledger.writing() as connection:
            new += count(connection, counts)
        for one in uncounted:
            warning("not_counted", document=one.document, source=one.source, error=one.error)
        Path(results).unlink(missing_ok=True)
        plan.keep(shards.pop(task.shard))
    with run.ledger.writing() as connection:
        frozen = freeze(connection, learn=run.settings.outlet_lines == "learn")
    knowledge = run.work / "knowledge.json"
    store(Knowledge(frozen.lines, frozen.signs, frozen.titles), knowledge)
    run.report.stage("count", new, perf_counter() - began)
    outdated = bool(known and frozen.changed)  # of no source known before can there be more to do than was read
    if outdated:
        plan.drop()
    return Learned(str(knowledge), outdated, planner.planned, plan)


def count_shard(task: CountTask) -> str:
    """Count the lines of one shard's documents that are new or changed; the results file appears whole or not at
    all."""
    found = [(item, source_path(item.source), hash_of(item)) for item in _documents(task)]
    numbers = [document_number(item.id, path) for item, path, _ in found]
    known = _counted_before(task.ledger_url, numbers)
    unfinished = Path(f"{task.results}.{token_hex(4)}.tmp")
    limit = TimeLimit(task.document_seconds, worker=True)
    with unfinished.open("wb") as out, limit.watching():
        for (item, path, raw_hash), number in zip(found, numbers, strict=True):
            if known.get(number) != content_number(raw_hash):
                out.write(_dump(_counted(item, path, raw_hash, limit)))
    unfinished.replace(task.results)
    return task.results


def _counted_before(url: str, numbers: Sequence[int]) -> dict[int, int]:
    """The digest of each document that the ledger has counted."""
    if not url:
        return {}
    from index.ledger import Ledger  # SQLAlchemy takes half a second; cleaning a file needs none of it
    from index.ledger_lines import counted  # as above

    with Ledger.open(url, read_only=True) as ledger, ledger.reading() as connection:
        return counted(connection, numbers)


def _counted(raw: RawDocument, path: str, raw_hash: str, limit: TimeLimit) -> LineCount | Uncounted:
    try:
        return limit.run(partial(count_document, raw, path, raw_hash))
    except InputError as error:
        return Uncounted(raw.id, raw.source, error.reason)
    except Exception as error:  # noqa: BLE001 (a bad document must not stop its shard; it is named in the log)
        return Uncounted(raw.id, raw.source, type(error).__name__)


def _documents(task: CountTask) -> Iterator[RawDocument]:
    for item in load_lines(task.shard):
        found: Iterable[object] = read(item, task.reading) if isinstance(item, SourceFile) else (item,)
        yield from (document for document in found if isinstance(document, RawDocument))


def _dump(count: LineCount | Uncounted) -> bytes:
    """A line of JSON: lists, which take a third of the time of objects."""
    if isinstance(count, Uncounted):
        return orjson.dumps(tuple(count)) + b"\n"
    lines = [tuple(line) for line in count.lines]
    return orjson.dumps((count.document, count.digest, count.outlet, count.day, count.title, lines)) + b"\n"


def _load(path: str) -> tuple[list[LineCount], list[Uncounted]]:
    counts: list[LineCount] = []
    uncounted: list[Uncounted] = []
    with Path(path).open("rb") as lines:
        for values in map(orjson.loads, lines):
            if len(values) == len(Uncounted._fields):
                uncounted.append(Uncounted(*values))
                continue
            document, digest, outlet, day, title, counted = values
            counts.append(LineCount(document, digest, outlet, day, title, tuple(starmap(CountedLine, counted))))
    return counts, uncounted
