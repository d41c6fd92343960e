"""The state of a data folder: what the ledger holds, whether the index holds exactly that, what waits for a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.agreement import compare, compare_documents
from flows.missing import describe
from flows.run_state import KNOWN_RUNS, Runs, Writer, judge_runs, writing_now
from flows.settings import Settings
from flows.stages import rule_set
from flows.wording import many
from index import ledger_figures, ledger_languages
from index.compare import Difference
from index.files import folder_bytes
from index.generations import Generations
from index.ledger import Ledger, Run
from index.ledger_missing import held_removals
from index.ledger_quarantine import reasons

SHOWN = 20
"""Differing documents that a person is shown; the JSON has more."""
LOOKS = 5
"""Times that everything is looked at anew because a run began, promoted or ended meanwhile."""
LONG = timedelta(days=1)
"""A run that takes longer keeps the next night's from its turn."""

LEDGER_LOG_BYTES = 131_072_000
"""The ledger's write-ahead log grows to that before it is folded into the ledger (16,000 pages of 8 KB)."""


@dataclass(frozen=True, slots=True)
class Health:
    """What ``saring status`` says; ``problems`` are sentences, each with what to do."""

    counts: Mapping[str, int]
    languages: Mapping[str, int]
    generation: str | None
    indexed: int | None
    runs: Runs
    disagreements: tuple[str, ...]
    """How the index differs from what the ledger says it holds."""
    hints: tuple[str, ...]
    quarantine: Mapping[str, int]
    """Rows that wait for a person, by reason."""
    differences: tuple[Difference, ...] | None = None
    """What a comparison document by document found; None when none was asked for."""
    damages: tuple[str, ...] = ()
    """What is wrong with either, whoever is writing."""
    run_problems: tuple[str, ...] = ()
    """What is wrong with the last run."""

    @property
    def consistent(self) -> bool:
        """Whether the index holds exactly the ledger's live representatives."""
        return not (self.disagreements or self.damages)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong: that ledger and index differ is not, while somebody is writing."""
        return (*self.damages, *(() if self.runs.writer else self.disagreements), *self.run_problems)

    @property
    def under_way(self) -> tuple[str, ...]:
        """What is being done by whoever is writing."""
        return self.disagreements if self.runs.writer else ()

    def to_json(self) -> dict[str, Any]:
        """The object ``saring status --json`` prints."""
        last, finished = self.runs.last, self.runs.finished
        return {
            "counts": dict(self.counts),
            "languages": dict(self.languages),
            "quarantine": dict(self.quarantine),
            "generation": self.generation,
            "indexed": self.indexed,
            "consistent": self.consistent,
            "problems": list(self.problems),
            "under_way": list(self.under_way),
            **({} if self.differences is None else {"differences": [asdict(item) for item in self.differences]}),
            "hints": list(self.hints),
            "last_run": last.to_json() if last else None,
            "last_finished_run": {"run_id": finished.run_id, "finished_at": finished.finished_at} if finished else None,
            "writer": self.runs.writer,
        }

    def as_text(self) -> str:
        """The same for a terminal."""
        lines = [f"{name.replace('_', ' '):<18} {value:>9,}" for name, value in self.counts.items()]
        lines += [f"language {code:<9} {value:>9,}" for code, value in self.languages.items()]
        lines += [f"quarantine {reason:<24} {value:>9,}" for reason, value in self.quarantine.items()]
        lines.append(f"index generation   {self.generation or 'none'} ({many(self.indexed or 0, 'document')})")
        lines += self.runs.lines()
        if self.differences is not None:
            lines += [f"{item.what} {item.id} {' '.join(item.fields)}".rstrip() for item in self.differences[:SHOWN]]
            lines.append(f"compared document by document: {len(self.differences):,} differ")
        lines += [f"problem: {problem}" for problem in self.problems]
        lines += [f"under way: {told}" for told in self.under_way]
        lines += [f"hint: {hint}" for hint in self.hints]
        lines.append(self._verdict())
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.consistent:
            return "ledger and index agree"
        return "ledger and index disagree" + (f" until {self.runs.writer} is done" if self.under_way else "")


@dataclass(frozen=True, slots=True)
class _Look:
    """What changes when a run begins, promotes a generation, or ends."""

    current: str | None
    writer: Writer | None
    last: Run | None


def health(settings: Settings, *, check: bool = False) -> Health:
    """Look at ledger and index, with ``check`` document by document; raises LedgerError when there is no ledger yet.

    What is told is of one moment: when a run began, promoted or ended meanwhile, everything is looked at anew.
    """
    generations = Generations(settings.index_dir)
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        look = _look(settings, ledger, generations)
        for _ in range(LOOKS):
            found = _found(settings, ledger, generations, look, check=check)
            before, look = look, _look(settings, ledger, generations)
            if look == before:
                break
        return found


def _look(settings: Settings, ledger: Ledger, generations: Generations) -> _Look:
    return _Look(generations.current(), writing_now(settings, ledger), next(iter(ledger.runs(1)), None))


def _found(settings: Settings, ledger: Ledger, generations: Generations, look: _Look, *, check: bool) -> Health:
    current = look.current
    with ledger.reading() as connection:  # one state of the ledger, also while a run changes it
        counts, languages = ledger_figures.counts(connection), ledger_figures.languages(connection)
        waiting = reasons(connection)
        known = ledger_figures.runs(connection, KNOWN_RUNS)
    runs = judge_runs(known, look.writer)
    path = generations.path(current) if current else None
    compared = compare(ledger, path, counts, under_way=runs.last is not None and runs.last.state == "running")
    if check:
        compare_documents(ledger, path, compared)
    return Health(
        counts=counts,
        languages=languages,
        generation=current,
        indexed=compared.indexed,
        runs=runs,
        disagreements=tuple(compared.disagreements),
        hints=tuple(_hints(settings, ledger, path, counts, waiting, runs)),
        quarantine=waiting,
        differences=compared.differences,
        damages=tuple(compared.damages),
        run_problems=tuple(_run_problems(runs)),
    )


def _run_problems(runs: Runs) -> Iterator[str]:
    """What is wrong with the last run, unless somebody is at it."""
    if runs.last and runs.last.unfinished and not runs.writer:
        yield "the last run did not come to its end: what it recorded stays, and the next run does the rest"
    elif runs.last and runs.last.state == "running":
        took = datetime.now(UTC) - datetime.fromisoformat(runs.last.started_at)
        if took > LONG:
            yield (
                f"the run under way began {took.total_seconds() / 3600:,.0f} hours ago, and no other can begin: see in "
                f"its log whether it gets on, or end {runs.writer}; the next run does the rest"
            )


def _hints(
    settings: Settings,
    ledger: Ledger,
    index: Path | None,
    counts: Mapping[str, int],
    waiting: Mapping[str, int],
    runs: Runs,
) -> Iterator[str]:
    """What waits for a person, or explains what is seen; nothing of it is wrong."""
    if runs.writer:
        yield f"{runs.writer} is writing: figures change until it is done"
    yield from _space_hints(settings, index)
    if stale := ledger.stale_count(rule_set(tuple(str(folder) for folder in settings.rules)).version):
        yield (
            f"{many(stale, 'document was', 'documents were')} cleaned with other rules; the next ingest of the "
            "sources cleans that again"
        )
    if waiting:
        yield f"{sum(waiting.values()):,} in quarantine; `saring quarantine list` shows them"
    if counts["held"]:
        yield (
            f"{many(counts['held'], 'document is', 'documents are')} held for review and not indexed; `saring held "
            "list` says why"
        )
    yield from _language_hints(ledger, settings)
    with ledger.reading() as connection:
        on_hold = [describe(held) for held in held_removals(connection)]
    yield from (f"on hold: {told}" for told in on_hold)
    if runs.finished and runs.finished.report:
        for note in runs.finished.report["notes"]:
            if not any(told in note for told in on_hold):
                yield f"last finished run: {note}"


def _space_hints(settings: Settings, index: Path | None) -> Iterator[str]:
    """Say when the disk may be too small for the next run, before it is."""
    needed = LEDGER_LOG_BYTES + (_size(index) if index else 0)
    free = shutil.disk_usage(settings.data_dir).free if settings.data_dir.is_dir() else needed
    if free < needed:
        yield (
            f"{free / 1e6:,.1f} MB are free for {settings.data_dir}, and a run may need {needed / 1e6:,.0f} MB: free "
            "some space, or the next one may fail"
        )


def _size(folder: Path) -> int:
    with suppress(OSError):  # it may be gone, or be changed meanwhile
        return folder_bytes(folder)
    return 0


def _language_hints(ledger: Ledger, settings: Settings) -> Iterator[str]:
    with ledger.reading() as connection:
        left_out = ledger_languages.filtered(connection)
        waiting = ledger_languages.waiting(connection, settings.languages.kept)
    if left_out:
        each = ", ".join(f"{code} {documents:,}" for code, documents in left_out.items())
        several = many(sum(left_out.values()), "document is", "documents are")
        yield f"{several} not indexed for the language (`languages.keep`): {each}"
    if waiting:
        yield f"`languages.keep` is another than at the last run: the next ingest changes {many(waiting, 'document')}"
