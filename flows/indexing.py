"""Bringing the index up to date: segments built by the workers, joined by one writer, a batch a durable commit.

Normally the current generation is changed in place. A new generation is built aside when a reindex asks for one, when
there is none yet, when the current one is of another format, or when the ledger's record of what the index holds speaks
of another generation (after a rollback, or a run that died while it built one): then what the index holds is not known,
and a rebuild makes it right again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import orjson

from flows.executors import Executor, ordered
from index.generations import Generations
from index.records import Copy, IndexRecord
from transforms.models import Rejected

if TYPE_CHECKING:
    from flows.pipeline import Run
    from index.ledger import IndexChange
    from index.segments import SegmentResult
    from index.writer import CommitResult

COMMIT_CHANGES = 10_000
"""Most changes in one commit: one every 2,000 to 10,000 documents costs the same, one every 100 costs 2.5 times."""
COMMIT_CHARACTERS = 50_000_000
"""Most characters of one commit, whose records are held in memory: 10,000 news articles have half as many."""
SEGMENT_RECORDS = 5_000
"""Most records a worker makes a segment of: its memory stays under 250 MB, and 30,000 documents become six segments,
which need no merge."""
DIRECT_CHANGES = 200
"""Fewer changes than this are written here: handing them out would take longer."""


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """A file of index records and the folder for the segments built from them."""

    records: str
    folder: str


def build(task: SegmentTask) -> list[SegmentResult]:
    """Build segments from a file of records, in a worker."""
    from index.segments import build_segments  # Whoosh takes 0.2 s to import: the first documents are done before

    try:
        return build_segments(_load(task.records), task.folder)
    finally:
        _give_memory_back()


def _give_memory_back() -> None:
    """Return what was freed to the system, where the C library can; it takes 4 ms.

    After building a segment of 5,000 documents that is 35 MB, which would lie idle in every worker while this run
    merges; in this process the records of a batch, some 50 MB, once they are written down for the workers.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def bring_index_up_to_date(run: Run, *, rebuild: bool) -> None:
    """Make the index hold exactly the ledger's live representatives."""
    began = perf_counter()
    generations = Generations(run.settings.index_dir)
    current = generations.current()
    known = current is not None and generations.is_usable(current) and run.ledger.indexed_generation() == current
    if rebuild or current is None or not known:
        run.progress.phase("building a new index generation", run.ledger.live_count())
        name = _build_generation(run, generations)
    else:
        run.progress.phase("updating the index")
        name = current
        _apply_pending(run, generations.path(current), current)
    run.report.generation = name
    run.report.stage("index", run.report.counts["indexed"], perf_counter() - began)


def _build_generation(run: Run, generations: Generations) -> str:
    name = run.report.run_id.replace(".", "-")
    if left := run.ledger.indexed_generation():
        generations.discard(left)  # what a run was building that was killed
    try:
        path = generations.create(name)
        run.ledger.reset_indexed(name)
        _apply_pending(run, path, name)
        run.executor.call("verify", lambda: generations.verify(name, run.ledger.live_count()))
        generations.promote(name)
    except BaseException:
        generations.discard(name)  # it could keep a full disk full
        raise
    generations.prune(run.settings.generations.keep)
    return name


def _apply_pending(run: Run, path: Path, generation: str) -> None:
    changes = run.ledger.pending_index()
    # Each batch is used up: its records beside the workers that index them would be 50 MB more.
    while _apply(run, path, generation, _batch(changes)):
        pass


def _batch(changes: Iterator[IndexChange]) -> list[IndexChange]:
    """The changes of the next commit."""
    batch: list[IndexChange] = []
    characters = 0
    for change in changes:
        batch.append(change)
        characters += len(change.record.text) if change.record else 0
        if len(batch) >= COMMIT_CHANGES or characters >= COMMIT_CHARACTERS:
            break
    return batch


def _apply(run: Run, path: Path, generation: str, batch: list[IndexChange]) -> bool:
    """Commit one batch, which is used up, and tell the ledger; False when there is nothing in it."""
    if not batch:
        return False
    wanted = {change.id: change.fingerprint for change in batch}
    result = run.executor.call("index", partial(_commit, run, path, batch))
    failed = {failure.id for failure in result.failures}
    run.ledger.mark_indexed({id_: fingerprint for id_, fingerprint in wanted.items() if id_ not in failed}, generation)
    for failure in result.failures:
        _set_aside(run, failure.id, failure.error, failure.message)
    run.report.counts["indexed"] += result.added
    run.progress.advance(len(wanted))
    run.measure_memory()
    return True


def _commit(run: Run, path: Path, batch: list[IndexChange]) -> CommitResult:
    """One durable commit: small batches here, large ones as segments from the workers, and no longer held here."""
    from index.writer import IndexWriter  # as above

    adds = [change.record for change in batch if change.record is not None]
    deletes = [change.id for change in batch if change.record is None]
    if len(adds) < DIRECT_CHANGES:
        with IndexWriter(path) as writer:
            return writer.apply(adds, deletes)
    tasks = list(_segment_tasks(adds, run.work, run.executor))
    adds.clear()
    batch.clear()
    _give_memory_back()
    segments = [segment for _, built in ordered(run.executor, "segment", build, tasks) for segment in built]
    with IndexWriter(path) as writer:
        return writer.join(segments, deletes)


def _segment_tasks(records: Sequence[IndexRecord], work: Path, executor: Executor) -> Iterator[SegmentTask]:
    size = min(SEGMENT_RECORDS, -(-len(records) // executor.workers))
    for number, start in enumerate(range(0, len(records), size)):
        path = work / f"records-{number}.jsonl"
        with path.open("wb") as lines:
            lines.writelines(orjson.dumps(record) + b"\n" for record in records[start : start + size])
        yield SegmentTask(str(path), str(work / "segments"))


def _load(path: str) -> Iterator[IndexRecord]:
    with Path(path).open("rb") as lines:
        for line in lines:
            body = orjson.loads(line)
            body["authors"] = tuple(body["authors"])
            body["copies"] = tuple(Copy(**copy) for copy in body["copies"])
            yield IndexRecord(**body)


def _set_aside(run: Run, document: str, error: str, message: str) -> None:
    """A document that the index cannot take is held, put into quarantine, and no longer counted as done."""
    stored = run.ledger.document(document)
    rejected = Rejected(
        document,
        stored.source if stored else document,
        "index",
        error,
        f"the index could not take it: {message}",
        hint="The clean text is in the ledger; `saring quarantine retry` tries again.",
    )
    run.ledger.record(run.report.run_id, run.report.started_at.isoformat(), [], [rejected])
    run.ledger.hold([document], run.report.run_id, "the index could not take it")
    run.report.fail(rejected)
    if outcome := run.outcomes.of(document):
        run.report.counts[outcome] -= 1
        run.report.counts["quarantined"] += 1
