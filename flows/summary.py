"""A run's report as the Markdown of Prefect's page, beside the runs before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.report import SHOWN_FAILURES

COMPARED_RUNS = 10
"""Earlier runs that throughput is compared with."""
BAR_CHARACTERS = 30
"""Length of the longest bar of the chart."""
EIGHTHS = " ▏▎▍▌▋▊▉"


def as_markdown(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> str:
    """A report (its JSON object) for Prefect's page; ``earlier`` are reports of the runs before it, newest first."""
    lines = [f"# Run {report['run_id']}", ""]
    lines += _table("documents", report["counts"])
    lines += _table("language", report["languages"])
    lines += _table("characters removed as", report["removed_characters"])
    lines += _table("seconds in stage", {stage["stage"]: stage["seconds"] for stage in report["stages"]})
    lines.append(
        f"{report['documents_per_second']:,} documents a second, peak memory {report['peak_memory_mb']:,} MB, "
        f"index generation `{report['generation']}`, rules `{report['rules_version']}`."
    )
    lines += ["", *_notes(report), *_throughput(report, earlier), *_slowest(report), *_failures(report)]
    return "\n".join(lines)


def skipped_markdown(reason: str) -> str:
    """What a run leaves that did nothing because another was writing."""
    return f"# Skipped\n\n{_cell(reason)}"


def chart(bars: Sequence[tuple[str, float]]) -> Iterator[str]:
    """One line a bar: name, figure, and a bar as long as the figure is large."""
    width = max((len(name) for name, _ in bars), default=0)
    most = max((figure for _, figure in bars), default=0.0) or 1.0
    for name, figure in bars:
        whole, part = divmod(round(figure / most * BAR_CHARACTERS * len(EIGHTHS)), len(EIGHTHS))
        yield f"{name:<{width}} {figure:>9,.1f} {'█' * whole}{EIGHTHS[part]}".rstrip()


def _throughput(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """Runs that read nothing, as a reindex, have no throughput."""
    others = [run for run in earlier if run["run_id"] != report["run_id"] and run["counts"]["seen"]][:COMPARED_RUNS]
    if not others or not report["counts"]["seen"]:
        return []
    usual = sorted(run["documents_per_second"] for run in others)[len(others) // 2]
    now = report["documents_per_second"]
    bars = [(run["run_id"][:13], run["documents_per_second"]) for run in reversed(others)] + [("this run", now)]
    change = f", {now / usual - 1:+.0%} against their median" if usual else ""
    head = f"Documents a second in the last {len(others)} runs and in this one{change}:"
    return [head, "", "```", *chart(bars), "```", ""]


def _notes(report: Mapping[str, Any]) -> list[str]:
    return [*(f"* {_cell(note)}" for note in report["notes"]), ""] if report["notes"] else []


def _slowest(report: Mapping[str, Any]) -> list[str]:
    rows = [f"| {_cell(item['id'])} | {_cell(item['source'])} | {item['seconds']:.3f} |" for item in report["slowest"]]
    return ["| slowest documents | | seconds |", "|---|---|---:|", *rows, ""] if rows else []


def _failures(report: Mapping[str, Any]) -> list[str]:
    if not report["quarantine"]:
        return []
    lines = [*_table("in quarantine because of", report["quarantine"]), "| in quarantine | why |", "|---|---|"]
    return lines + [f"| {_cell(f['source'])} | {_cell(f['message'])} |" for f in report["failures"][:SHOWN_FAILURES]]


def _table(head: str, rows: Mapping[str, Any]) -> list[str]:
    return [f"| {head} | |", "|---|---:|", *(f"| {_cell(name)} | {value:,} |" for name, value in rows.items()), ""]


def _cell(text: str) -> str:
    """Text that cannot break out of a Markdown table or bring HTML with it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("\n", " ").replace("`", "'")
