"""Work that kills its worker: a shard is halved until the document is found, which is set aside while the rest goes on.

A worker is killed by the kernel when memory runs out, or dies of a defect in compiled code; nothing can be caught then.
The executor has made the call a second time, alone, before anything here is asked (`flows.executors`).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeVar

import orjson

from flows.executors import Executor
from flows.shards import ShardTask
from flows.stages import CleanTask, ShardDone, clean_shard, source_path
from transforms.errors import WorkerDiedError
from transforms.models import RawDocument, Rejected, SourceFile
from transforms.read_discover import file_id
from transforms.serialize import dump_line, restore

Task = TypeVar("Task", bound=ShardTask)
Done = TypeVar("Done", str, ShardDone)
"""What the function of a stage gives for a shard."""


def halved(
    executor: Executor, name: str, function: Callable[[Task], Done], task: Task
) -> Iterator[Done | RawDocument | Rejected | SourceFile]:
    """Results of ever smaller parts of a shard, in its order; an item that kills its worker comes out as it is."""
    items = Path(task.shard).read_bytes().splitlines(keepends=True)
    if len(items) == 1:
        yield _item(items[0])
        return
    middle = len(items) // 2
    for half, lines in enumerate((items[:middle], items[middle:])):
        part = replace(task, shard=f"{task.shard}.{half}", results=f"{task.results}.{half}")
        Path(part.shard).write_bytes(b"".join(lines))
        try:
            yield executor.alone(name, function, part)
        except WorkerDiedError:
            yield from halved(executor, name, function, part)
        Path(part.shard).unlink()


def count_survivors(executor: Executor, function: Callable[[Task], str], task: Task) -> str:
    """Count the lines of a shard that killed its worker, but for the documents that kill."""
    with Path(task.results).open("wb") as out:
        for found in halved(executor, "count", function, task):
            if isinstance(found, str):
                _move(found, out)
    return task.results


def clean_survivors(executor: Executor, task: CleanTask) -> ShardDone:
    """Clean a shard that killed its worker; the documents that kill come out as rejected."""
    seconds: dict[str, float] = {}
    documents, rejected, peak = Counter[str](), Counter[str](), 0.0
    slowest: list[tuple[float, str, str]] = []
    slow_rules = Counter[str]()
    with Path(task.results).open("wb") as out:
        for found in halved(executor, "clean", clean_shard, task):
            if not isinstance(found, ShardDone):
                killer = _rejection(found)
                rejected[source_path(killer.source)] += 1
                out.write(dump_line(killer))
                continue
            _move(found.results, out)
            for stage, spent in found.seconds.items():
                seconds[stage] = seconds.get(stage, 0.0) + spent
            documents.update(found.documents)
            rejected.update(found.rejected)
            peak = max(peak, found.peak_memory_mb)
            slowest += found.slowest
            slow_rules.update(found.slow_rules)
    return ShardDone(task.results, seconds, dict(documents), dict(rejected), peak, tuple(slowest), dict(slow_rules))


def _item(line: bytes) -> RawDocument | Rejected | SourceFile:
    item = restore(*orjson.loads(line))
    assert isinstance(item, RawDocument | Rejected | SourceFile), "a shard holds input only"
    return item


def _move(results: str, out: BinaryIO) -> None:
    with Path(results).open("rb") as part:
        shutil.copyfileobj(part, out)
    Path(results).unlink()


def _rejection(item: RawDocument | Rejected | SourceFile) -> Rejected:
    if isinstance(item, Rejected):
        return item
    identity, source = (file_id(item), item.path) if isinstance(item, SourceFile) else (item.id, item.source)
    return Rejected(
        identity,
        source,
        "clean",
        "worker_died",
        "Every worker process that took this document was killed, most likely for want of memory.",
        hint="`dmesg` tells why; if it tells nothing, the document took far more than `runner.document_seconds`. Split "
        "the document, or give the machine more memory; `saring quarantine retry` tries again.",
    )
