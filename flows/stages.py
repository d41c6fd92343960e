"""What a worker does with a shard: read, skip what is unchanged, clean the rest, and leave the results in a file.

Plain functions of picklable arguments, the same for the inline runner, the process pool and Prefect.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from heapq import nlargest
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
TOGETHER = 128
"""Documents that go through the stages side by side; with 64 of them 4 % more time is taken, with 256 as much."""
TOGETHER_CHARACTERS = 500_000
"""No further document joins those that have so many: each is held in several forms."""


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
    stored = _unchanged(task, inputs, rules.version)
    documents: dict[str, int] = {}
    rejected: dict[str, int] = {}
    took: list[tuple[float, str, str]] = []
    unfinished = f"{task.results}.{token_hex(4)}.tmp"
    limit = TimeLimit(task.document_seconds, worker=True)
    cleaned = partial(limit.process_all, rules=rules, clock=clock, known=load(task.knowledge))
    with Path(unfinished).open("wb") as out, limit.watching():
        for group in _groups(inputs):
            for item, result, seconds in _results(group, stored, cleaned):
                if seconds:
                    took.append((seconds, item.id, item.source))
                counts = rejected if isinstance(result, Rejected) else documents
                path = source_path(item.source)
                counts[path] = counts.get(path, 0) + 1
                out.write(dump_result(result))
    Path(unfinished).replace(task.results)
    return ShardDone(
        task.results,
        {"read": read_seconds, **clock.seconds},
        documents,
        rejected,
        peak_memory_mb(),
        tuple(nlargest(SLOWEST, took)),
        limit.slow_rules.documents,
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


def _groups(inputs: Iterable[RawDocument | Rejected]) -> Iterator[list[tuple[int, RawDocument | Rejected]]]:
    """The inputs with their positions, as many as are cleaned side by side at a time."""
    group: list[tuple[int, RawDocument | Rejected]] = []
    characters = 0
    for at, item in enumerate(inputs):
        group.append((at, item))
        characters += len(item.text) if isinstance(item, RawDocument) else 0
        if len(group) == TOGETHER or characters >= TOGETHER_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _results(
    group: Sequence[tuple[int, RawDocument | Rejected]],
    stored: Mapping[int, str],
    cleaned: Callable[[Sequence[RawDocument]], list[tuple[Document | Rejected, float]]],
) -> Iterator[tuple[RawDocument | Rejected, ShardResult, float]]:
    """Each input of a group with its result and the processor seconds it took."""
    new = iter(cleaned([item for at, item in group if isinstance(item, RawDocument) and at not in stored]))
    for at, item in group:
        if isinstance(item, Rejected):
            yield item, item, 0.0
        elif at in stored:
            yield item, Unchanged(stored[at]), 0.0
        else:
            result, seconds = next(new)
            yield item, _something_left(result), seconds


def _something_left(result: Document | Rejected) -> Document | Rejected:
    """A document that cleaning left empty is not indexed and not lost: it waits in the quarantine for a person."""
    if isinstance(result, Rejected) or result.text.strip():
        return result
    message = f"every one of its {len(result.raw_text)} characters was taken for boilerplate"
    hint = "`saring explain` on the source shows what was removed and by which rule; if it is an article, mend the rule"
    return Rejected(result.id, result.source, "clean", "nothing_left", message, hint=hint)
