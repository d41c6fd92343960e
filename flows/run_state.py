"""What became of the last run, for ``saring status``: it is under way, finished, failed with a reason, or died."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from flows.locks import writer_of
from flows.settings import Settings
from flows.wording import utc
from index.ledger import Ledger, Run
from index.ledger_engine import writer_on_server
from index.ledger_open import file_of
from transforms.errors import NoLedgerError

State = Literal["running", "finished", "failed", "died"]

KNOWN_RUNS = 20
"""Runs among which the last that was finished is looked for."""
CLOCK_SECONDS = 2.0
"""How far the time of a file may differ from that of the process that wrote it: some file systems keep every second."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The run that began last; ``ended_at`` and ``reason`` are known if it could still say so."""

    run_id: str
    started_at: str
    finished_at: str | None
    state: State
    ended_at: str | None
    reason: str | None

    def to_json(self) -> dict[str, Any]:
        """As an object."""
        return asdict(self)

    @property
    def unfinished(self) -> bool:
        """Whether it ended before its end."""
        return self.state in {"failed", "died"}


@dataclass(frozen=True, slots=True)
class Runs:
    """What is known of runs: the last one, the last that was finished, and who is writing now."""

    last: LastRun | None
    finished: Run | None
    writer: str | None

    def lines(self) -> list[str]:
        """What a person is told."""
        if self.last is None:
            return []
        lines = [f"last run           {self.last.run_id}, {self._end(self.last)}"]
        if self.last.state != "finished":
            success = f"{self.finished.run_id}, finished {utc(str(self.finished.finished_at))}" if self.finished else ""
            lines.append(f"last success       {success or f'none in the last {KNOWN_RUNS} runs'}")
        return lines

    def _end(self, last: LastRun) -> str:
        if last.state == "running":
            return f"under way in {self.writer} since {utc(last.started_at)}"
        if last.state == "finished":
            return f"finished {utc(str(last.finished_at))}"
        if last.state == "failed":
            return f"failed {utc(str(last.ended_at))}: {last.reason}"
        return f"begun {utc(last.started_at)}, ended without a word: it was killed, or its disk or machine went away"


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that holds the lock of whoever writes, and since when (seconds of the epoch) if that is known."""

    name: str
    since: float | None = None


def who_writes(settings: Settings) -> str | None:
    """The process that holds the lock of whoever writes; None when nobody does."""
    if holder := writer_of(settings):
        return f"process {holder.process}"
    if file_of(settings.ledger_url):
        return None
    with suppress(NoLedgerError), Ledger.open(settings.ledger_url, read_only=True) as ledger:
        writer = writing_now(settings, ledger)
        return writer.name if writer else None
    return None


def writing_now(settings: Settings, ledger: Ledger) -> Writer | None:
    """The same for whoever has the ledger open."""
    if holder := writer_of(settings):
        return Writer(f"process {holder.process}", holder.since)
    with ledger.reading() as connection:
        name = writer_on_server(connection)
    return Writer(name) if name else None


def judge_runs(known: Sequence[Run], writer: Writer | None) -> Runs:
    """Judge the last of some runs (newest first) by its row, and by who is writing."""
    name = writer.name if writer else None
    finished = next((run for run in known if run.report), None)
    if not known:
        return Runs(None, None, name)
    run = known[0]
    state: State
    if run.finished_at:
        state = "finished"
    elif run.failed_at:
        state = "failed"
    else:
        state = "running" if writer and not _began_after(writer, run) else "died"
    last = LastRun(run.run_id, run.started_at, run.finished_at, state, run.finished_at or run.failed_at, run.reason)
    return Runs(last, finished, name)


def _began_after(writer: Writer, run: Run) -> bool:
    """Whether what is writing is not that run: it began after one that was killed, and is about to begin its own."""
    began = datetime.fromisoformat(run.started_at).timestamp()
    return writer.since is not None and began < writer.since - CLOCK_SECONDS
