"""Bringing the index up to date: segments built by the workers, joined by one writer, a batch a durable commit.

Normally the current generation is changed in place. A new generation is built aside when a reindex asks for one, when
there is none yet, when the current one is of another format, or when the ledger's record of what the index holds speaks
of another generation (after a rollback, or a run that died while it built one): then what the index holds is not known,
and a rebuild makes it right again.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import orjson

from flows import stopping
from flows.executors import Pending
from index import ledger_views
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
"""Most characters of one commit: 10,000 news articles have half as many. A worker gets its share of them at once."""
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
    merges.
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
    """Commit batch after batch; the next one is read, and its segments are begun, before one is waited for."""
    waiting: _Batch | None = None
    for batch in _batches(run):
        if waiting:
            _apply(run, path, generation, waiting)
        waiting = batch
    if waiting:
        _apply(run, path, generation, waiting)


@dataclass(slots=True)
class _Batch:
    """The changes of one commit: what is to be added goes to the workers as it is read."""

    wanted: dict[str, str | None] = field(default_factory=dict)
    """What the ledger is told once they are durable: fingerprints by id, None for a deletion."""
    deletes: list[str] = field(default_factory=list)
    adds: list[IndexRecord] = field(default_factory=list)
    """What is not worth a worker's segment."""
    building: list[tuple[SegmentTask, Pending[list[SegmentResult]]]] = field(default_factory=list)


@dataclass(slots=True)
class _Records:
    """What a worker is to make a segment of: few records are held, more are written down."""

    path: Path
    held: list[IndexRecord] = field(default_factory=list)
    number: int = 0
    characters: int = 0

    def add(self, record: IndexRecord) -> None:
        self.held.append(record)
        self.number += 1
        self.characters += len(record.text)
        if len(self.held) >= DIRECT_CHANGES:
            self.write()

    def write(self) -> None:
        with self.path.open("ab") as lines:
            lines.writelines(orjson.dumps(record) + b"\n" for record in self.held)
        self.held.clear()


def _batches(run: Run) -> Iterator[_Batch]:
    with run.ledger.reading() as connection:
        left = ledger_views.pending_count(connection)
    changes = run.ledger.pending_index()
    files = (run.work / f"records-{number}.jsonl" for number in count())
    while (batch := _batch(run, changes, files, min(left, COMMIT_CHANGES))).wanted:
        left -= len(batch.wanted)
        yield batch


def _batch(run: Run, changes: Iterator[IndexChange], files: Iterator[Path], expected: int) -> _Batch:
    """Read the changes of the next commit, of which that many are to be expected."""
    workers = run.executor.workers
    size = min(SEGMENT_RECORDS, max(-(-expected // workers), DIRECT_CHANGES))
    batch, records = _Batch(), _Records(next(files))
    characters = 0
    for change in changes:
        batch.wanted[change.id] = change.fingerprint
        if change.record is None:
            batch.deletes.append(change.id)
        else:
            records.add(change.record)
            characters += len(change.record.text)
        if records.number >= size or (records.characters >= COMMIT_CHARACTERS // workers and not records.held):
            _hand_out(run, batch, records)
            records = _Records(next(files))
        if len(batch.wanted) >= COMMIT_CHANGES or characters >= COMMIT_CHARACTERS:
            break
    if records.number >= DIRECT_CHANGES or (records.number and batch.building):
        _hand_out(run, batch, records)
    else:
        batch.adds = records.held
    return batch


def _hand_out(run: Run, batch: _Batch, records: _Records) -> None:
    """Let a worker build a segment of what was read so far."""
    stopping.check()
    records.write()
    task = SegmentTask(str(records.path), str(run.work / "segments"))
    batch.building.append((task, run.executor.submit("segment", build, task)))


def _apply(run: Run, path: Path, generation: str, batch: _Batch) -> None:
    """Commit one batch, and tell the ledger."""
    segments: list[SegmentResult] = []
    for task, pending in batch.building:
        segments += pending.result()
        Path(task.records).unlink()
    result = run.executor.call("index", partial(_commit, path, batch, segments))
    failed = {failure.id for failure in result.failures}
    done = {id_: fingerprint for id_, fingerprint in batch.wanted.items() if id_ not in failed}
    run.ledger.mark_indexed(done, generation)
    for failure in result.failures:
        _set_aside(run, failure.id, failure.error, failure.message)
    run.report.counts["indexed"] += result.added
    run.progress.advance(len(batch.wanted))
    run.measure_memory()


def _commit(path: Path, batch: _Batch, segments: Sequence[SegmentResult]) -> CommitResult:
    """One durable commit: of segments from the workers, or of the few changes that are written here."""
    from index.writer import IndexWriter  # as above

    with IndexWriter(path) as writer:
        return writer.join(segments, batch.deletes) if segments else writer.apply(batch.adds, batch.deletes)


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
