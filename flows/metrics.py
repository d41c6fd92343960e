"""``saring status --metrics FILE``: the state and the last finished run in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.files import write_atomically
from transforms.errors import ConfigError

if TYPE_CHECKING:
    from flows.health import Health

Sample = tuple[str, float]
"""Value of a label, empty for a metric without one, and the figure."""


def write_metrics(found: Health | None, path: Path) -> None:
    """Write the file so that a collector reads the old one or the new one, never a part; None: nothing could be found.

    An old file must not go on saying that all is well.
    """
    try:
        write_atomically(path.absolute(), as_prometheus(found))
    except OSError as error:
        raise ConfigError(f"--metrics {path}: cannot be written: {error.strerror}") from None


def as_prometheus(found: Health | None) -> str:
    """Every metric with its help, type and samples."""
    lines = []
    for name, told, label, samples in _metrics(found):
        lines += [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
        lines += [
            f"{name}{{{label}={_quoted(value)}}} {number:.10g}" if label else f"{name} {number:.10g}"
            for value, number in samples
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _metrics(found: Health | None) -> Iterator[tuple[str, str, str, list[Sample]]]:
    consistent = found is not None and found.consistent
    yield "saring_consistent", "1 when the index holds what the ledger says.", "", [("", consistent)]
    if found is not None:
        yield from _of_state(found)


def _of_state(found: Health) -> Iterator[tuple[str, str, str, list[Sample]]]:
    yield "saring_ledger", "Figures of the ledger.", "figure", _samples(found.counts)
    yield "saring_language_documents", "Live documents by language.", "language", _samples(found.languages)
    yield "saring_quarantine", "Rows that wait for a person, by reason.", "reason", _samples(found.quarantine)
    yield "saring_index_documents", "Documents of the current index generation.", "", [("", found.indexed or 0)]
    runs = found.runs
    running, failed = (runs.writer is not None, runs.last is not None and runs.last.unfinished)
    yield "saring_run_under_way", "1 while a process writes; ledger and index may differ then.", "", [("", running)]
    yield "saring_run_failed", "1 when the last run did not come to its end.", "", [("", failed)]
    if runs.finished and runs.finished.report:
        yield from _of_run(runs.finished.report)


def _of_run(report: Mapping[str, Any]) -> Iterator[tuple[str, str, str, list[Sample]]]:
    started, finished = (datetime.fromisoformat(report[name]).timestamp() for name in ("started_at", "finished_at"))
    run = "saring_last_run"
    yield f"{run}_finished_timestamp_seconds", "When the last finished run ended.", "", [("", finished)]
    yield f"{run}_duration_seconds", "How long it took.", "", [("", finished - started)]
    yield f"{run}_documents", "Documents by what became of them.", "outcome", _samples(report["counts"])
    yield (
        f"{run}_stage_seconds",
        "Seconds in each stage, over all workers.",
        "stage",
        [(stage["stage"], stage["seconds"]) for stage in report["stages"]],
    )
    yield f"{run}_documents_per_second", "Throughput.", "", [("", report["documents_per_second"])]
    yield f"{run}_peak_memory_bytes", "Peak memory with all workers.", "", [("", report["peak_memory_mb"] * 1e6)]


def _samples(figures: Mapping[str, float]) -> list[Sample]:
    return list(figures.items())
