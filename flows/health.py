"""The state of a data folder: what the ledger holds, whether the index holds exactly that, what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from flows.missing import describe
from flows.settings import Settings
from flows.stages import rule_set
from flows.wording import many, utc
from index import ledger_languages
from index.compare import Difference, differences
from index.engine import open_engine
from index.generations import Generations
from index.ledger import Ledger, Run
from index.ledger_missing import held_removals
from index.ledger_quarantine import reasons
from index.writer import count_documents
from transforms.errors import IndexFormatError, IndexUnavailableError

SHOWN = 20
"""Differing documents that a person is shown; the JSON has more."""
MAX_DIFFERENCES = 10_000
"""Differing documents after which a comparison stops: the index is rebuilt whole anyway."""


@dataclass(frozen=True, slots=True)
class Health:
    """What ``saring status`` says; ``problems`` are sentences, each with what to do."""

    counts: Mapping[str, int]
    languages: Mapping[str, int]
    generation: str | None
    indexed: int | None
    last_run: Run | None
    problems: tuple[str, ...]
    hints: tuple[str, ...]
    quarantine: Mapping[str, int]
    """Rows that wait for a person, by reason."""
    report: Mapping[str, Any] | None
    """Of the last run that was finished."""
    differences: tuple[Difference, ...] | None = None
    """What a comparison document by document found; None when none was asked for."""

    @property
    def consistent(self) -> bool:
        """Whether the index holds exactly the ledger's live representatives."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The object ``saring status --json`` prints."""
        last = self.last_run
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
            "last_run": {"run_id": last.run_id, "started_at": last.started_at, "finished_at": last.finished_at}
            if last
            else None,
        }

    def as_text(self) -> str:
        """The same for a terminal."""
        lines = [f"{name.replace('_', ' '):<18} {value:>9,}" for name, value in self.counts.items()]
        lines += [f"language {code:<9} {value:>9,}" for code, value in self.languages.items()]
        lines += [f"quarantine {reason:<24} {value:>9,}" for reason, value in self.quarantine.items()]
        lines.append(f"index generation   {self.generation or 'none'} ({many(self.indexed or 0, 'document')})")
        if self.last_run:
            ended = self.last_run.finished_at
            lines.append(
                f"last run           {self.last_run.run_id}, " + (f"finished {utc(ended)}" if ended else "not finished")
            )
        if self.differences is not None:
            lines += [f"{item.what} {item.id} {' '.join(item.fields)}".rstrip() for item in self.differences[:SHOWN]]
            lines.append(f"compared document by document: {len(self.differences):,} differ")
        lines += [f"problem: {problem}" for problem in self.problems]
        lines += [f"hint: {hint}" for hint in self.hints]
        lines.append("ledger and index agree" if self.consistent else "ledger and index disagree")
        return "\n".join(lines)


def health(settings: Settings, *, check: bool = False) -> Health:
    """Look at ledger and index, with ``check`` document by document; raises LedgerError when there is no ledger yet."""
    rules = rule_set(tuple(str(folder) for folder in settings.rules))
    generations = Generations(settings.index_dir)
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        current = generations.current()
        indexed, problems = _compare(ledger, generations, current)
        differing = None
        if check and current is not None and indexed is not None:
            differing, told = _differences(ledger, generations.path(current))
            problems += told
        hints = []
        if stale := ledger.stale_count(rules.version):
            hints.append(
                f"{many(stale, 'document was', 'documents were')} cleaned with other rules; the next ingest of the "
                "sources cleans that again"
            )
        with ledger.reading() as connection:
            waiting = reasons(connection)
        if waiting:
            hints.append(f"{sum(waiting.values()):,} in quarantine; `saring quarantine list` shows them")
        counts = ledger.counts()
        if counts["held"]:
            hints.append(
                f"{many(counts['held'], 'document is', 'documents are')} held for review and not indexed; `saring held "
                "list` says why"
            )
        hints += _language_hints(ledger, settings)
        with ledger.reading() as connection:
            hints += [f"on hold: {describe(held)}" for held in held_removals(connection)]
        runs = ledger.runs()
        return Health(
            counts,
            ledger.languages(),
            current,
            indexed,
            runs[0] if runs else None,
            tuple(problems),
            tuple(hints),
            waiting,
            next((run.report for run in runs if run.report), None),
            differing,
        )


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


def _compare(ledger: Ledger, generations: Generations, current: str | None) -> tuple[int | None, list[str]]:
    expected = ledger.live_count()
    if current is None:
        problem = "there is no index generation; `saring reindex` builds one"
        return None, [problem] if expected else []
    problems = []
    try:
        indexed = count_documents(generations.path(current))
    except IndexFormatError as error:
        return None, [str(error)]
    except IndexUnavailableError as error:
        return None, [f"{error}; `saring reindex` builds a new one"]
    if ledger.indexed_generation() != current:
        problems.append(
            f"generation {current} is searched, but the ledger follows {ledger.indexed_generation() or 'none'}; "
            "the next ingest or `saring reindex` builds a new one"
        )
    elif indexed != expected:
        held = many(indexed, "document")
        problems.append(f"the index holds {held}, the ledger {expected:,}; `saring reindex` repairs it")
    elif pending := sum(1 for _ in ledger.pending_index()):
        several = many(pending, "document waits", "documents wait")
        problems.append(f"{several} to be indexed; `saring ingest` finishes that")
    return indexed, problems
