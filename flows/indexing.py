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
from itertools import accumulate
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from flows import stopping
from flows.executors import Pending
from index import ledger_views
from index.generations import Generations
from index.records import IndexRecord
from transforms.models import Rejected

if TYPE_CHECKING:
    from flows.pipeline import Run
    from index.ledger import Ledger
    from index.segments import SegmentResult
    from index.writer import CommitResult

COMMIT_CHANGES = 10_000
"""Most changes in one commit: one every 2,000 to 10,000 documents costs the same, one every 100 costs 2.5 times."""
COMMIT_CHARACTERS = 50_000_000
"""Most characters of one commit: 10,000 news articles have half as many. A worker gets its share of them at once…"""
SHARE_CHARACTERS = 1_000_000
"""…but no less than these: several hundred articles."""
SEGMENT_RECORDS = 5_000
"""Most records a worker makes a segment of: its memory stays under 250 MB, and 30,000 documents become six segments,
which need no merge."""
DIRECT_CHANGES = 200
"""Fewer changes than this are written here: handing them out would take longer."""


@dataclass(frozen=True, slots=True)
class SegmentTask:
    """Documents that the index may hold wrongly, by their keys in the ledger, and the folder for segments of them."""

    ledger_url: str = field(repr=False)  # it may hold a password
    after: int
    until: int
    """The last of the keys; the first follows ``after``."""
    folder: str


@dataclass(slots=True)
class Changes:
    """What the index must change to hold what the ledger says of some documents."""

    wanted: dict[str, str | None] = field(default_factory=dict)
    """What the ledger is told once they are durable: fingerprints by id, None for a deletion."""
    right: list[str] = field(default_factory=list)
    """Ids that need no change after all."""
    adds: list[IndexRecord] = field(default_factory=list)
    """What is to be added and in no segment yet."""
    segments: list[SegmentResult] = field(default_factory=list)

    def read(self, ledger: Ledger, after: int, until: int) -> Iterator[IndexRecord]:
        """Note the changes of these keys; yields what is to be added, some at a time in memory."""
        while after < until:
            with ledger.reading() as connection:
                changes, right, last = ledger_views.pending(connection, after, until)
            self.right += right
            for change in changes:
                self.wanted[change.id] = change.fingerprint
                if change.record:
                    yield change.record
            after = last or until

    def join(self, others: Changes) -> None:
        """Take over those of other documents."""
        self.wanted |= others.wanted
        self.right += others.right
        self.segments += others.segments


def build(task: SegmentTask) -> Changes:
    """Read changes from the ledger and build segments of what is to be added, in a worker."""
    from index.ledger import Ledger
    from index.segments import build_segments  # Whoosh takes 0.2 s to import: the first documents are done before

    changes = Changes()
    try:
        with Ledger.open(task.ledger_url, read_only=True) as ledger:
            changes.segments = build_segments(changes.read(ledger, task.after, task.until), task.folder)
        return changes
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
    """Commit batch after batch; the segments of the next one are begun before one is waited for."""
    waiting: _Batch | None = None
    for batch in _batches(run):
        if waiting:
            _apply(run, path, generation, waiting)
        waiting = batch
    if waiting:
        _apply(run, path, generation, waiting)


@dataclass(slots=True)
class _Batch:
    """The changes of one commit: those of few documents, or those that workers read and build segments of."""

    few: Changes = field(default_factory=Changes)
    building: list[Pending[Changes]] = field(default_factory=list)


def _batches(run: Run) -> Iterator[_Batch]:
    """Batches of the documents that the index may hold wrongly, their segments begun."""
    after = 0
    while sizes := _next_sizes(run, after):
        batch = _Batch()
        until, _ = sizes[-1]
        if len(sizes) < DIRECT_CHANGES:
            batch.few.adds += batch.few.read(run.ledger, after, until)
        else:
            for last in _shares(sizes, run.executor.workers):
                stopping.check()
                task = SegmentTask(run.settings.ledger_url, after, last, str(run.work / "segments"))
                batch.building.append(run.executor.submit("segment", build, task))
                after = last
        yield batch
        after = until


def _next_sizes(run: Run, after: int) -> list[tuple[int, int]]:
    """Keys and characters of the documents of the next commit."""
    with run.ledger.reading() as connection:
        sizes = ledger_views.waiting(connection, after, COMMIT_CHANGES)
    characters = accumulate(characters for _, characters in sizes)
    most = sum(total < COMMIT_CHARACTERS for total in characters) + 1
    return sizes[:most]


def _shares(sizes: Sequence[tuple[int, int]], workers: int) -> Iterator[int]:
    """The last key of each worker's share of a commit."""
    size = min(SEGMENT_RECORDS, max(-(-len(sizes) // workers), DIRECT_CHANGES))
    most = max(COMMIT_CHARACTERS // workers, SHARE_CHARACTERS)
    number = total = 0
    for key, characters in sizes:
        number, total = number + 1, total + characters
        if number >= size or total >= most:
            yield key
            number = total = 0
    if number:
        yield sizes[-1][0]


def _apply(run: Run, path: Path, generation: str, batch: _Batch) -> None:
    """Commit one batch, and tell the ledger."""
    changes = batch.few
    for pending in batch.building:
        changes.join(pending.result())
    if changes.right:
        with run.ledger.writing() as connection:
            ledger_views.settle_index(connection, changes.right)
    if changes.wanted:
        _commit_changes(run, path, generation, changes)
    run.progress.advance(len(changes.wanted))
    run.measure_memory()


def _commit_changes(run: Run, path: Path, generation: str, changes: Changes) -> None:
    result = run.executor.call("index", partial(_commit, path, changes))
    failed = {failure.id for failure in result.failures}
    done = {id_: fingerprint for id_, fingerprint in changes.wanted.items() if id_ not in failed}
    run.ledger.mark_indexed(done, generation)
    for failure in result.failures:
        _set_aside(run, failure.id, failure.error, failure.message)
    run.report.counts["indexed"] += result.added


def _commit(path: Path, changes: Changes) -> CommitResult:
    """One durable commit: of segments from the workers, or of the few changes that are written here."""
    from index.writer import IndexWriter  # as above

    deletes = [id_ for id_, fingerprint in changes.wanted.items() if fingerprint is None]
    with IndexWriter(path) as writer:
        if changes.segments:
            return writer.join(changes.segments, deletes)
        return writer.apply(changes.adds, deletes)


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
