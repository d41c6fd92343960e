"""A run's report as the Markdown of Prefect's page, beside the runs before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.report import SHOWN_FAILURES
from flows.wording import many

COMPARED_RUNS = 10
"""Earlier runs that throughput is compared with."""
BAR_CHARACTERS = 30
"""Length of the longest bar of the chart."""
EIGHTHS = " ▏▎▍▌▋▊▉"


def as_markdown(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]] = ()) -> str:
    """A report (its JSON object) for Prefect's page; ``earlier`` are reports of the runs before it, newest first."""
    lines = [f"# Run {report['run_id']}", "", _headline(report), ""]
    lines += [*_notes(report), *_failures(report), *_throughput(report, earlier)]
    lines += _table("documents", _without_zeros(report["counts"]))
    lines += _table("language", report["languages"])
    lines += _table("characters removed as", report["removed_characters"])
    stages = {stage["stage"]: f"{stage['seconds']:,.2f}" for stage in report["stages"] if stage["seconds"]}
    lines += [*_table("seconds in stage, over all workers", stages), *_slowest(report)]
    return "\n".join(lines)


def skipped_markdown(reason: str) -> str:
    """What a run leaves that did nothing because another was writing."""
    return f"# Skipped\n\n{_cell(reason)}"


def failed_markdown(reason: str) -> str:
    """What a run leaves that failed."""
    return (
        f"# Failed\n\n{_cell(reason)}\n\nWhat it recorded stays, and the next run does the rest. "
        "`saring status` says what is stored, and whether ledger and index agree."
    )


def chart(bars: Sequence[tuple[str, float]]) -> Iterator[str]:
    """One line a bar: name, figure, and a bar as long as the figure is large."""
    width = max((len(name) for name, _ in bars), default=0)
    most = max((figure for _, figure in bars), default=0.0) or 1.0
    for name, figure in bars:
        whole, part = divmod(round(figure / most * BAR_CHARACTERS * len(EIGHTHS)), len(EIGHTHS))
        yield f"{name:<{width}} {figure:>9,.1f} {'█' * whole}{EIGHTHS[part]}".rstrip()


def _headline(report: Mapping[str, Any]) -> str:
    told = [f"{value:,} {name.replace('_', ' ')}" for name, value in _without_zeros(report["counts"]).items()]
    speed = f"{report['documents_per_second']:,} documents a second, " if report["counts"]["seen"] else ""
    return (
        f"**{', '.join(told) or 'nothing seen'}**; {speed}peak memory {report['peak_memory_mb']:,} MB, "
        f"index generation `{report['generation']}`, rules `{report['rules_version']}`."
    )


def _without_zeros(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: value for name, value in counts.items() if value}


def _throughput(report: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """Runs that cleaned nothing have no throughput: what is skipped takes no time, and is most of a usual night."""
    others = [run for run in earlier if run["run_id"] != report["run_id"] and _cleaned(run)][:COMPARED_RUNS]
    if not others or not _cleaned(report):
        return []
    usual = sorted(map(_speed, others))[len(others) // 2]
    named = [*((_begun(run), run) for run in reversed(others)), ("this run", report)]
    width = max(len(f"{_cleaned(run):,}") for _, run in named)
    bars = [(f"{name:<16} {_cleaned(run):>{width},}", _speed(run)) for name, run in named]
    change = f", {_speed(report) / usual - 1:+.0%} against their median" if usual else ""
    last = many(len(others), "run", "runs")
    head = f"Documents cleaned, and how many a second, in the last {last} that cleaned any and in this one{change}:"
    return [head, "", "```", *chart(bars), "```", ""]


def _cleaned(report: Mapping[str, Any]) -> int:
    """How many documents a run made; what waits in the quarantine is counted by every run, and not read again."""
    counts = report["counts"]
    return int(counts["seen"] - counts["unchanged"] - counts["quarantined"])


def _speed(report: Mapping[str, Any]) -> float:
    """How many of them it cleaned in a second, reading and indexing included."""
    return float(report["documents_per_second"] * _cleaned(report) / report["counts"]["seen"])


def _begun(report: Mapping[str, Any]) -> str:
    """When a run began, as its id says: ``2026-01-09 01:00``."""
    id_ = report["run_id"]
    return f"{id_[:4]}-{id_[4:6]}-{id_[6:8]} {id_[9:11]}:{id_[11:13]}"


def _notes(report: Mapping[str, Any]) -> list[str]:
    return [*(f"* {_cell(note)}" for note in report["notes"]), ""] if report["notes"] else []


def _slowest(report: Mapping[str, Any]) -> list[str]:
    rows = [f"| {_cell(item['id'])} | {_cell(item['source'])} | {item['seconds']:.3f} |" for item in report["slowest"]]
    return ["| slowest documents | | seconds |", "|---|---|---:|", *rows, ""] if rows else []


def _failures(report: Mapping[str, Any]) -> list[str]:
    if not report["quarantine"]:
        return []
    lines = [*_table("in quarantine because of", report["quarantine"]), "| in quarantine | why |", "|---|---|"]
    shown = report["failures"][:SHOWN_FAILURES]
    lines += [*(f"| {_cell(f['source'])} | {_cell(f['message'])} |" for f in shown), ""]
    more = len(report["failures"]) - len(shown)
    return [*lines, f"… and {more:,} more: `saring quarantine list`", ""] if more else lines


def _table(head: str, rows: Mapping[str, Any]) -> list[str]:
    if not rows:
        return []
    told = (f"| {_cell(name)} | {value if isinstance(value, str) else f'{value:,}'} |" for name, value in rows.items())
    return [f"| {head} | |", "|---|---:|", *told, ""]


def _cell(text: str) -> str:
    """Text that cannot break out of a Markdown table or bring HTML with it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("\n", " ").replace("`", "'")
