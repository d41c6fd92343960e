"""What a worker does with a shard: read, skip what is unchanged, clean the rest, and leave the results in a file.

Plain functions of picklable arguments, the same for the inline runner, the process pool and Prefect.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from heapq import heappush, heappushpop
from pathlib import Path
from secrets import token_hex
from time import perf_counter

from flows.knowledge import load
from flows.results import ShardResult, dump_result
from flows.shards import ShardTask
from flows.time_limit import TimeLimit
from transforms.models import Document, RawDocument, Rejected, SourceFile
from transforms.process import StageClock
from transforms.read import ReadSettings, hash_of, read
from transforms.rules import RuleSet, load_rules
from transforms.serialize import Unchanged, load_lines


@dataclass(frozen=True, slots=True)
class CleanTask(ShardTask):
    """A shard to clean and where its results go; ``full`` cleans unchanged documents as well."""

    ledger_url: str = field(repr=False)  # it may hold a password
    rules: tuple[str, ...]
    reading: ReadSettings
    full: bool
    document_seconds: float
    knowledge: str = ""
    """File of what the corpus says (`flows.knowledge`), or empty."""


@dataclass(frozen=True, slots=True)
class ShardDone:
    """Where a shard's results are, how long each stage took, and what each of its sources held."""

    results: str
    seconds: dict[str, float]
    documents: dict[str, int]
    """Documents of each source file, by its path."""
    rejected: dict[str, int]
    peak_memory_mb: float
    slowest: tuple[tuple[float, str, str], ...]
    """The documents that took longest: seconds, id, source."""
    slow_rules: dict[str, int]
    """Documents that were stopped for their time, by the rule that was running."""


SLOWEST = 10
"""Documents that a shard, and a run, names as the slowest."""


class _Timed:
    """Cleaning that remembers which documents took longest."""

    def __init__(self, cleaned: Callable[[RawDocument], Document | Rejected]) -> None:
        self._cleaned = cleaned
        self._slowest: list[tuple[float, str, str]] = []

    def __call__(self, raw: RawDocument) -> Document | Rejected:
        began = perf_counter()
        try:
            return self._cleaned(raw)
        finally:
            took = (perf_counter() - began, raw.id, raw.source)
            if len(self._slowest) < SLOWEST:
                heappush(self._slowest, took)
            else:
                heappushpop(self._slowest, took)

    @property
    def slowest(self) -> tuple[tuple[float, str, str], ...]:
        return tuple(sorted(self._slowest, reverse=True))


@lru_cache(maxsize=4)
def rule_set(folders: tuple[str, ...]) -> RuleSet:
    """The rules of this process, loaded once."""
    return load_rules([Path(folder) for folder in folders])


def source_path(source: str) -> str:
    """The file of a document's source: ``/a/b.jsonl#17`` → ``/a/b.jsonl``."""
    path, mark, line = source.rpartition("#")
    return path if mark and line.isdigit() else source


def clean_shard(task: CleanTask) -> ShardDone:
    """Clean one shard; the results file appears whole or not at all."""
    clock = StageClock()
    rules = rule_set(task.rules)
    began = perf_counter()
    inputs = list(_inputs(task))
    read_seconds = perf_counter() - began
    known = _unchanged(task, inputs, rules.version)
    documents: dict[str, int] = {}
    rejected: dict[str, int] = {}
    unfinished = f"{task.results}.{token_hex(4)}.tmp"
    limit = TimeLimit(task.document_seconds, worker=True)
    cleaned = _Timed(partial(limit.process, rules=rules, clock=clock, known=load(task.knowledge)))
    with Path(unfinished).open("wb") as out, limit.watching():
        for result, path in _results(inputs, known, cleaned):
            counts = rejected if isinstance(result, Rejected) else documents
            counts[path] = counts.get(path, 0) + 1
            out.write(dump_result(result))
    Path(unfinished).replace(task.results)
    seconds = {"read": read_seconds, **clock.seconds}
    return ShardDone(
        task.results, seconds, documents, rejected, peak_memory_mb(), cleaned.slowest, limit.slow_rules.documents
    )


def peak_memory_mb() -> float:
    """The most resident memory this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _inputs(task: CleanTask) -> Iterator[RawDocument | Rejected]:
    for item in load_lines(task.shard):
        if isinstance(item, SourceFile):
            yield from read(item, task.reading)
        elif isinstance(item, RawDocument | Rejected):
            yield item


def _unchanged(task: CleanTask, inputs: Sequence[RawDocument | Rejected], rules_version: str) -> dict[int, str]:
    """Which inputs the ledger holds just so, by position: their stored ids."""
    if task.full:
        return {}
    positions = [at for at, item in enumerate(inputs) if isinstance(item, RawDocument)]
    asked = [(item.id, item.source, hash_of(item)) for item in inputs if isinstance(item, RawDocument)]
    from index.ledger import Ledger  # SQLAlchemy takes half a second; cleaning a file needs none of it

    with Ledger.open(task.ledger_url, read_only=True) as ledger:
        return {positions[at]: stored for at, stored in ledger.unchanged(asked, rules_version).items()}


def _results(
    inputs: Iterable[RawDocument | Rejected],
    known: dict[int, str],
    cleaned: Callable[[RawDocument], Document | Rejected],
) -> Iterator[tuple[ShardResult, str]]:
    for at, item in enumerate(inputs):
        path = source_path(item.source)
        if isinstance(item, Rejected):
            yield item, path
        elif at in known:
            yield Unchanged(known[at]), path
        else:
            yield _something_left(cleaned(item)), path


def _something_left(result: Document | Rejected) -> Document | Rejected:
    """A document that cleaning left empty is not indexed and not lost: it waits in the quarantine for a person."""
    if isinstance(result, Rejected) or result.text.strip():
        return result
    message = f"every one of its {len(result.raw_text)} characters was taken for boilerplate"
    hint = "`saring explain` on the source shows what was removed and by which rule; if it is an article, mend the rule"
    return Rejected(result.id, result.source, "clean", "nothing_left", message, hint=hint)
