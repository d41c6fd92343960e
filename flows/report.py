"""The run report: what a run saw, did and could not do, as JSON, as text for a terminal and as Prefect's summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from transforms.models import Rejected

COUNTS = (
    "seen",
    "unchanged",
    "new",
    "changed",
    "removed",
    "exact_duplicates",
    "near_duplicates",
    "quarantined",
    "held",
    "filtered",
    "forgotten",
    "indexed",
)
"""What a report counts. Those held for review or left out for their language are among the others as well; what was
forgotten on request and is still in a source is left out, and not among those seen."""
MAX_FAILURES = 1_000
"""Failures listed in a report; all of them are in the quarantine."""
SHOWN_FAILURES = 20
"""Failures shown to a person; the report as JSON and the quarantine have the others."""

SHOWN_SLOWEST = 10
"""Documents named as the slowest of a run."""


@dataclass(slots=True)
class RunReport:
    """Figures of one run, gathered while it goes; the contract's fields, in its order."""

    run_id: str
    started_at: datetime
    config_hash: str
    rules_version: str
    finished_at: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    removed_characters: Counter[str] = field(default_factory=Counter)
    stage_seconds: dict[str, float] = field(default_factory=dict)
    stage_documents: Counter[str] = field(default_factory=Counter)
    peak_memory_mb: float = 0.0
    failures: list[Rejected] = field(default_factory=list)
    slowest: list[tuple[float, str, str]] = field(default_factory=list)
    """The documents whose cleaning took longest: seconds, id, source."""
    reasons: Counter[str] = field(default_factory=Counter)
    """How many failures each reason (``stage/error``) has."""
    generation: str | None = None
    notes: list[str] = field(default_factory=list)

    def stage(self, name: str, documents: int, seconds: float) -> None:
        """Add to a stage's documents and seconds."""
        self.stage_seconds[name] = self.stage_seconds.get(name, 0.0) + seconds
        self.stage_documents[name] += documents

    def fail(self, rejected: Rejected) -> None:
        """Note a failure; beyond the listed number it is only counted."""
        self.reasons[f"{rejected.stage}/{rejected.error}"] += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(rejected)

    def note_slowest(self, documents: Iterable[tuple[float, str, str]]) -> None:
        """Add a shard's slowest documents to the run's."""
        self.slowest = sorted([*self.slowest, *documents], reverse=True)[:SHOWN_SLOWEST]

    def leave_out(self, accepted: Set[tuple[str, str]]) -> None:
        """Take failures off the list that a person has accepted, by id and source; they stay counted."""
        for failure in [item for item in self.failures if (item.id, item.source) in accepted]:
            self.failures.remove(failure)
            self.reasons[f"{failure.stage}/{failure.error}"] -= 1
        self.reasons = +self.reasons

    @property
    def seconds(self) -> float:
        """Wall-clock seconds from start to finish; 0 when the clock went back between."""
        return max(0.0, (self.finished_at - self.started_at).total_seconds()) if self.finished_at else 0.0

    @property
    def balanced(self) -> bool:
        """Whether every document seen is accounted for."""
        parts = ("unchanged", "new", "changed", "exact_duplicates", "near_duplicates", "quarantined")
        return self.counts["seen"] == sum(self.counts[part] for part in parts)

    def to_json(self) -> dict[str, Any]:
        """The object ``saring ingest --json`` prints."""
        return {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "config_hash": self.config_hash,
            "rules_version": self.rules_version,
            "counts": {name: self.counts[name] for name in COUNTS},
            "languages": dict(self.languages.most_common()),
            "removed_characters": dict(self.removed_characters.most_common()),
            "stages": [
                {"stage": name, "documents": self.stage_documents[name], "seconds": round(seconds, 3)}
                for name, seconds in self.stage_seconds.items()
            ],
            "documents_per_second": round(self.counts["seen"] / self.seconds, 1) if self.seconds else 0.0,
            "peak_memory_mb": round(self.peak_memory_mb, 1),
            "quarantine": dict(self.reasons.most_common()),
            "failures": [
                {"id": f.id, "source": f.source, "stage": f.stage, "error": f.error, "message": f.message}
                for f in self.failures
            ],
            "slowest": [
                {"id": id_, "source": source, "seconds": round(seconds, 3)} for seconds, id_, source in self.slowest
            ],
            "generation": self.generation,
            "notes": self.notes,
        }


def _table(rows: Mapping[str, Any]) -> list[str]:
    width = max((len(name) for name in rows), default=0)
    return [f"  {name:<{width}}  {value:>9,}" for name, value in rows.items()]


def as_text(report: Mapping[str, Any]) -> str:
    """A report (its JSON object) for a terminal."""
    counts = {name.replace("_", " "): value for name, value in report["counts"].items() if value or name == "seen"}
    seconds = sum(stage["seconds"] for stage in report["stages"])
    lines = [f"run {report['run_id']} (rules {report['rules_version']})", *_table(counts)]
    if report["languages"]:
        lines += ["languages", *_table(report["languages"])]
    if report["removed_characters"]:
        lines += ["characters removed", *_table(report["removed_characters"])]
    shares = ", ".join(
        f"{stage['stage']} {stage['seconds']:.1f} s" for stage in report["stages"] if stage["seconds"] >= 0.05 * seconds
    )
    lines.append(
        f"{report['documents_per_second']:,.0f} documents a second, {report['peak_memory_mb']:,.0f} MB"
        + (f" ({shares})" if shares else "")
    )
    if report["quarantine"]:
        lines += ["in quarantine because of", *_table(report["quarantine"])]
    lines += _failure_lines(report["failures"])
    lines += [f"note: {note}" for note in report["notes"]]
    if report["generation"]:
        lines.append(f"index generation {report['generation']}")
    return "\n".join(lines)


def _failure_lines(failures: list[Mapping[str, str]]) -> list[str]:
    if not failures:
        return []
    lines = ["in quarantine (`saring quarantine list` has all of them)"]
    lines += [f"  {f['source']}: {f['message']} [{f['stage']}/{f['error']}]" for f in failures[:SHOWN_FAILURES]]
    if len(failures) > SHOWN_FAILURES:
        lines.append(f"  … and {len(failures) - SHOWN_FAILURES} more")
    return lines
