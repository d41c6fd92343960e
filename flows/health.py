"""The state of a data folder: what the ledger holds, whether the index holds exactly that, what waits for a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from flows.missing import describe
from flows.run_state import KNOWN_RUNS, Runs, look_at_runs
from flows.settings import Settings
from flows.stages import rule_set
from flows.wording import many
from index import ledger_figures, ledger_languages
from index.compare import Difference, differences
from index.engine import open_engine
from index.files import folder_bytes
from index.generations import Generations
from index.ledger import Ledger
from index.ledger_missing import held_removals
from index.ledger_open import RESTORE, damage
from index.ledger_quarantine import reasons
from index.writer import count_documents
from transforms.errors import IndexFormatError, IndexUnavailableError

SHOWN = 20
"""Differing documents that a person is shown; the JSON has more."""
MAX_DIFFERENCES = 10_000
"""Differing documents after which a comparison stops: the index is rebuilt whole anyway."""

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
    problems: tuple[str, ...]
    hints: tuple[str, ...]
    quarantine: Mapping[str, int]
    """Rows that wait for a person, by reason."""
    differences: tuple[Difference, ...] | None = None
    """What a comparison document by document found; None when none was asked for."""

    @property
    def consistent(self) -> bool:
        """Whether the index holds exactly the ledger's live representatives."""
        return not self.problems

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
        lines += [f"hint: {hint}" for hint in self.hints]
        lines.append("ledger and index agree" if self.consistent else "ledger and index disagree")
        return "\n".join(lines)


def health(settings: Settings, *, check: bool = False) -> Health:
    """Look at ledger and index, with ``check`` document by document; raises LedgerError when there is no ledger yet."""
    generations = Generations(settings.index_dir)
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        current = generations.current()
        with ledger.reading() as connection:  # one state of the ledger, also while a run changes it
            counts, languages = ledger_figures.counts(connection), ledger_figures.languages(connection)
            waiting = reasons(connection)
            known = ledger_figures.runs(connection, KNOWN_RUNS)
        runs = look_at_runs(settings, ledger, known)
        indexed, problems = _compare(ledger, generations, current, counts, runs)
        differing = None
        if check:
            problems += _damage(ledger)
        if check and current is not None and indexed is not None:
            differing, told = _differences(ledger, generations.path(current))
            problems += told
        hints = list(_hints(settings, ledger, counts, waiting, runs))
        return Health(counts, languages, current, indexed, runs, tuple(problems), tuple(hints), waiting, differing)


def _hints(
    settings: Settings, ledger: Ledger, counts: Mapping[str, int], waiting: Mapping[str, int], runs: Runs
) -> Iterator[str]:
    """What waits for a person, or explains what is seen; nothing of it is wrong between ledger and index."""
    if runs.last and runs.last.unfinished:
        yield "the last run did not come to its end: what it recorded stays, and the next run does the rest"
    elif runs.writer:
        yield f"{runs.writer} is writing: figures change until it is done"
    yield from _space_hints(settings)
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


def _space_hints(settings: Settings) -> Iterator[str]:
    """Say when the disk may be too small for the next run, before it is."""
    generations = Generations(settings.index_dir)
    current = generations.current()
    needed = LEDGER_LOG_BYTES + (_size(generations.path(current)) if current else 0)
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


def _damage(ledger: Ledger) -> Iterator[str]:
    with ledger.reading() as connection:
        if found := damage(connection):
            yield f"the ledger is damaged ({found}): {RESTORE}"


def _differences(ledger: Ledger, path: Path) -> tuple[tuple[Difference, ...] | None, list[str]]:
    """Compare every document: what differs, None when the index is damaged, and the problems that makes."""
    try:
        engine = open_engine(path)
        try:
            engine.check()
            found = tuple(islice(differences(ledger.live_representatives(), engine), MAX_DIFFERENCES))
        finally:
            engine.close()
    except IndexUnavailableError as error:
        return None, [f"{error}; `saring reindex` builds a new one"]
    if not found:
        return found, []
    some = f"{MAX_DIFFERENCES:,} or more" if len(found) == MAX_DIFFERENCES else f"{len(found):,}"
    differ = "document differs" if len(found) == 1 else "documents differ"
    return found, [f"{some} {differ} between ledger and index; `saring reindex` repairs it"]


def _compare(
    ledger: Ledger, generations: Generations, current: str | None, counts: Mapping[str, int], runs: Runs
) -> tuple[int | None, list[str]]:
    """How many documents the index holds, and what is wrong with that; what is only unfinished is not called damage."""
    expected = counts["representatives"]
    under_way = runs.last is not None and runs.last.state == "running"
    if current is None:
        remedy = "the run under way builds one" if under_way else "`saring ingest` or `saring reindex` builds one"
        return None, [f"there is no index generation; {remedy}"] if expected else []
    try:
        indexed = count_documents(generations.path(current))
    except IndexFormatError as error:
        return None, [str(error)]
    except IndexUnavailableError as error:
        return None, [f"{error}; `saring reindex` builds a new one"]
    return indexed, list(_disagreement(ledger, current, indexed, counts, under_way=under_way))


def _disagreement(
    ledger: Ledger, current: str, indexed: int, counts: Mapping[str, int], *, under_way: bool
) -> Iterator[str]:
    if ledger.indexed_generation() != current:
        yield (
            f"generation {current} is searched, but the ledger follows {ledger.indexed_generation() or 'none'}; "
            "the next ingest or `saring reindex` builds a new one"
        )
    elif pending := counts["unresolved"] + sum(1 for _ in ledger.pending_index()):
        several = many(pending, "document waits", "documents wait")
        remedy = "the run under way does that" if under_way else "`saring ingest` finishes that"
        yield f"{several} to be indexed; {remedy}"
    elif indexed != counts["representatives"]:
        held = many(indexed, "document")
        yield f"the index holds {held}, the ledger {counts['representatives']:,}; `saring reindex` repairs it"
