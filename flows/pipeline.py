"""A run from end to end: plan, clean, record, settle duplicates, index, report.

Everything here is plain Python over an :class:`~flows.executors.Executor`; Prefect calls the same functions. A run that
is killed anywhere is finished by the next one: shards that were recorded are in the ledger, sources count as read only
when all of their shards are, and what duplicates and index still owe is marked in the ledger's own rows.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from time import perf_counter

from flows.executors import SMALL_SHARDS, Executor, ordered
from flows.forgetting import finish_forgetting, leave_out_forgotten
from flows.guard import Guard
from flows.indexing import bring_index_up_to_date
from flows.learning import learn
from flows.locks import writer_lock
from flows.logs import fact, log_report, log_shard
from flows.memory import MemoryWatch
from flows.missing import settle_missing
from flows.outcomes import Outcomes
from flows.progress import Progress
from flows.report import RunReport
from flows.rescue import clean_survivors
from flows.results import load_results
from flows.run_failures import failure_noted
from flows.settings import Settings
from flows.settling import enough, settle, settle_all
from flows.shards import Planner, Shard
from flows.stages import CleanTask, ShardDone, clean_shard, rule_set, source_path
from flows.time_limit import SlowRules
from index.ledger import Ledger
from index.ledger import Run as LedgerRun
from index.ledger_rows import PackedDocument
from index.ledger_sources import any_documents
from transforms.errors import ConfigError
from transforms.models import Rejected, SourceFile
from transforms.read import READER_VERSION, discover
from transforms.read_discover import path_of

RUN_ID = "%Y%m%dT%H%M%S.%fZ"
STAGE_ORDER = (
    "count",
    "read",
    "parse",
    "clean",
    "metadata",
    "language",
    "fingerprint",
    "record",
    "duplicates",
    "index",
)


@dataclass(slots=True)
class Run:
    """What the steps of one run share."""

    settings: Settings
    ledger: Ledger
    executor: Executor
    progress: Progress
    report: RunReport
    work: Path
    after_crash: bool = False
    """Whether the run before this one died: a document may have killed it, so none is cleaned in this process."""
    confirm_removals: bool = False
    """Whether a person has confirmed that what is gone may be removed, however much it is."""
    memory: MemoryWatch = field(default_factory=MemoryWatch)
    taken_back: int = 0
    """Documents that are served again because their language is kept now."""
    records_left: bool = False
    """Whether a file that is still there no longer holds all documents that were read from it."""
    slow_rules: SlowRules = field(default_factory=SlowRules)
    outcomes: Outcomes = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = Outcomes(self.work / "outcomes.jsonl")

    @property
    def tried_with(self) -> str:
        """The reader and the rules of this run: what other ones rejected is tried again."""
        return f"{self.report.rules_version} r{READER_VERSION}"

    def measure_memory(self) -> None:
        """Note the memory that all processes of the run hold now, when it is the most so far."""
        self.report.peak_memory_mb = max(self.report.peak_memory_mb, self.memory.look())


def run_ingest(
    settings: Settings,
    sources: Sequence[str],
    executor: Executor,
    *,
    full: bool,
    progress: Progress,
    confirm_removals: bool = False,
) -> RunReport:
    """Bring ledger and index up to date with ``sources``; ``full`` cleans unchanged documents again as well.

    ``confirm_removals`` removes documents of files that are gone even if they are many (``on_missing: remove``).
    """
    if confirm_removals and settings.on_missing == "keep":
        raise ConfigError("there is nothing to confirm: config.yaml has `on_missing: keep`, so nothing is removed")
    with (
        writer_lock(settings),
        Ledger.open(settings.ledger_url) as ledger,
        _begun(settings, ledger, executor, progress) as run,
    ):
        run.confirm_removals = confirm_removals
        _clean(run, sources, full=full)
        settle_all(run)
        bring_index_up_to_date(run, rebuild=False)
        return _finish(run)


def run_reindex(settings: Settings, executor: Executor, *, from_raw: bool, progress: Progress) -> RunReport:
    """Build, verify and promote a new index generation, after cleaning the configured sources anew if ``from_raw``.

    What was ingested from elsewhere is indexed as the ledger holds it, and the report says so.
    """
    if not from_raw:
        Ledger.open(settings.ledger_url, read_only=True).close()  # there is nothing to index where there is none
    elif not settings.sources:
        raise ConfigError("nothing to clean again: set `sources` in config.yaml, which is all that is read from raw")
    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger:
        return rebuild_index(settings, ledger, executor, progress, from_raw=from_raw)


def rebuild_index(
    settings: Settings, ledger: Ledger, executor: Executor, progress: Progress, *, from_raw: bool = False
) -> RunReport:
    """Do the work of a reindex; the caller holds the data folder's lock."""
    with _begun(settings, ledger, executor, progress) as run:
        if from_raw:
            _clean(run, settings.sources, full=True)
            run.report.notes.append(
                f"cleaned again: the configured sources ({', '.join(settings.sources)}); what came from elsewhere is "
                "indexed as the ledger holds it"
            )
        settle_all(run)
        bring_index_up_to_date(run, rebuild=True)
        if not ledger.live_count():
            run.report.notes.append("the ledger holds no documents to index: the new generation is empty")
        return _finish(run)


@contextmanager
def _begun(settings: Settings, ledger: Ledger, executor: Executor, progress: Progress) -> Iterator[Run]:
    """A run with its work folder, which goes in the end: after a failure it could keep a full disk full."""
    started = datetime.now(UTC)
    run_id = _run_id(started, ledger.runs(1))
    rules = rule_set(tuple(str(folder) for folder in settings.rules))
    digest = blake2b(settings.model_dump_json().encode(), digest_size=8).hexdigest()
    report = RunReport(run_id, started, digest, rules.version)
    for stage in STAGE_ORDER:
        report.stage(stage, 0, 0.0)
    # The lock is held: whatever else is in the work folder belongs to runs that died.
    after_crash = settings.work_dir.is_dir() and any(settings.work_dir.iterdir())
    shutil.rmtree(settings.work_dir, ignore_errors=True)
    work = settings.work_dir / run_id
    work.mkdir(parents=True, mode=0o700)
    try:
        ledger.start_run(run_id, _timestamp())
        fact("run_started", run=run_id, config=digest, rules=rules.version)
        with failure_noted(ledger, run_id, work):
            yield Run(settings, ledger, executor, progress, report, work, after_crash)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run_id(started: datetime, last: Sequence[LedgerRun]) -> str:
    """The time of the start, or just after the last run's when the clock went back: ids tell which run came later."""
    own = started.strftime(RUN_ID)
    if not last or last[0].run_id < own:
        return own
    return (datetime.strptime(last[0].run_id, RUN_ID) + timedelta(microseconds=1)).strftime(RUN_ID)


def _timestamp() -> str:
    return datetime.now(UTC).isoformat()


def _finish(run: Run) -> RunReport:
    finish_forgetting(run.settings, run.ledger)
    run.measure_memory()
    report = run.report
    report.leave_out({(row.id, row.source) for row in run.ledger.quarantine(resolved=True) if row.accepted})
    report.finished_at = datetime.now(UTC)
    run.ledger.finish_run(report.run_id, report.finished_at.isoformat(), report.to_json())
    log_report(report)
    return report


def _clean(run: Run, sources: Sequence[str], *, full: bool) -> None:
    """Plan the shards, clean them in the executor, and record their results in the order of the plan."""
    data_dir = os.path.abspath(run.settings.data_dir)  # noqa: PTH100 - links keep their names, as in discovery
    own = f"{data_dir}{os.sep}"  # `saring ingest .` is meant for what lies beside it
    found = [item for item in discover(sources) if not path_of(item).startswith(own)]  # both passes see the same files
    known = run.ledger.source_states(run.report.rules_version, run.tried_with)
    run.progress.phase("counting lines and titles")
    learned = learn(run, found, known, full=full)
    if learned.outdated:
        known = run.ledger.source_states(run.report.rules_version, run.tried_with)
    run.progress.phase("cleaning")
    planner = Planner(
        found,
        known,
        run.settings.read_settings(),
        run.work,
        shard_items=run.settings.runner.shard_documents,
        full=full,
    )
    planner.follow(learned.plan)
    left = 0 if learned.outdated else learned.items  # then there are more than were read
    if left:
        planner.expect(left, run.executor.workers)
    tally = _SourceTally()
    guard = Guard(run.ledger, run.report.run_id)
    shards: dict[str, Shard] = {}
    unsettled = 0
    tasks = _tasks(run, planner, shards, learned.knowledge, full=full)
    rescue = partial(clean_survivors, run.executor)
    here = 0 if run.after_crash else SMALL_SHARDS
    for task, done in ordered(run.executor, "clean", clean_shard, tasks, rescue=rescue, here=here):
        shard = shards.pop(task.shard)
        unsettled += run.executor.call("record", partial(_record, run, tally, guard, shard, done, full=full))
        run.slow_rules.add(done.slow_rules)
        left -= shard.items
        if unsettled >= enough(left):
            unsettled = 0
            settle(run)
        run.measure_memory()
    run.report.notes.extend(guard.settle())
    run.report.counts["held"] = guard.held
    _count_skipped(run, planner)
    settle_missing(run, sources, found)


def _tasks(run: Run, planner: Planner, shards: dict[str, Shard], knowledge: str, *, full: bool) -> Iterator[CleanTask]:
    settings = run.settings
    rules, seconds = tuple(str(folder) for folder in settings.rules), settings.runner.document_seconds
    with run.ledger.reading() as connection:
        full = full or not any_documents(connection)  # then none can be unchanged, and no worker need ask for it
    same = (settings.ledger_url, rules, settings.read_settings(), full, seconds, knowledge)
    for shard in planner.shards():
        shards[shard.path] = shard
        yield CleanTask(shard.path, f"{shard.path}.done", *same)


@dataclass(slots=True)
class _SourceTally:
    """Documents of each source so far, over the shards that they are spread over."""

    documents: Counter[str] = field(default_factory=Counter)


def _record(run: Run, tally: _SourceTally, guard: Guard, shard: Shard, done: ShardDone, *, full: bool) -> int:
    """Put one cleaned shard into the ledger, and then close the sources that end in it; gives its documents' number."""
    began = perf_counter()
    results = load_results(done.results)
    admitted = leave_out_forgotten(run.ledger, results.documents, results.rejected)
    documents, rejected, unchanged = admitted.documents, admitted.rejected, results.unchanged
    run.report.counts["forgotten"] += admitted.forgotten
    judged = guard.judge(documents)
    counts = run.ledger.record(
        run.report.run_id,
        _timestamp(),
        documents,
        rejected,
        unchanged=unchanged,
        held=judged.held,
        shares=judged.shares,
        rewrite=full,
        tried_with=run.tried_with,
    )
    run.outcomes.note(counts.new, counts.changed)
    log_shard(counts, judged.held)
    run.report.counts["seen"] += len(documents) + len(rejected) + len(unchanged)
    run.report.counts["unchanged"] += len(counts.unchanged)
    run.report.counts["quarantined"] += len(rejected)
    _note(run.report, documents, rejected, done)
    run.report.note_slowest(done.slowest)
    tally.documents.update(done.documents)
    tally.documents.subtract(admitted.taken)
    _close(run, [(source, tally.documents.pop(source.path, 0)) for source in shard.closes])
    for path in (shard.path, done.results):
        Path(path).unlink(missing_ok=True)
    run.report.stage("record", len(documents), perf_counter() - began)
    run.progress.advance(len(documents) + len(rejected) + len(unchanged))
    return len(documents)


def _note(
    report: RunReport, documents: Sequence[PackedDocument], rejected: Sequence[Rejected], done: ShardDone
) -> None:
    for document in documents:
        report.languages[document.language] += 1
        for removal in document.removals:
            report.removed_characters[removal.kind] += removal.end - removal.start
    for failure in rejected:
        report.fail(failure)
        fact("rejected", document=failure.id, source=failure.source, stage=failure.stage, error=failure.error)
    for stage, seconds in done.seconds.items():
        report.stage(stage, len(documents), seconds)


def _close(run: Run, sources: Sequence[tuple[SourceFile, int]]) -> None:
    """Every document of these files is durable: they are skipped from now on while they do not change."""
    if not sources:
        return
    run.ledger.finish_sources(sources, run.report.run_id)
    vanished = run.ledger.vanished_from([source.path for source, _ in sources], run.report.run_id)
    run.records_left = run.records_left or any(vanished.values())


def _count_skipped(run: Run, planner: Planner) -> None:
    """Sources that were not read count with what the ledger knows of them: documents, and rows in quarantine."""
    paths = set(planner.unchanged)
    documents = sum(state.documents for state in planner.unchanged.values())
    rows = run.ledger.quarantine(resolved=True) if paths else []
    waiting = [row for row in rows if not row.resolved and source_path(row.source) in paths]
    run.report.counts["seen"] += documents + len(waiting)
    run.report.counts["unchanged"] += documents
    run.report.counts["quarantined"] += len(waiting)
    for row in waiting:
        run.report.fail(Rejected(row.id, row.source, row.stage, row.error, row.message, row.place, row.hint))
