"""Runs with their reports, and the figures of a status report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update

from index import tables


@dataclass(frozen=True, slots=True)
class Run:
    """One run; ``report`` is what it handed to :meth:`Ledger.finish_run`, None while it is under way or was killed."""

    run_id: str
    started_at: str
    finished_at: str | None
    report: Mapping[str, Any] | None
    failed_at: str | None = None
    reason: str | None = None
    """Why it failed, if it could still say so."""


def finish_run(connection: Connection, run_id: str, finished_at: str, report: Mapping[str, Any]) -> None:
    """Keep a run's report."""
    values = {"finished_at": finished_at, "report": orjson.dumps(report).decode()}
    connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**values))


def fail_run(connection: Connection, run_id: str, failed_at: str, reason: str) -> None:
    """Keep why a run failed where its report would be; it stays unfinished."""
    values = {"report": orjson.dumps({"failed_at": failed_at, "reason": reason}).decode()}
    connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**values))


def runs(connection: Connection, limit: int) -> list[Run]:
    """Return the latest runs, newest first."""
    columns = tables.runs.c
    query = select(tables.runs).order_by(columns.run_id.desc()).limit(limit)
    return [_run(row.run_id, row.started_at, row.finished_at, row.report) for row in connection.execute(query)]


def _run(run_id: str, started_at: str, finished_at: str | None, kept: str | None) -> Run:
    report = orjson.loads(kept) if kept else None
    if finished_at or not report:
        return Run(run_id, started_at, finished_at, report)
    return Run(run_id, started_at, None, None, report["failed_at"], report["reason"])


def counts(connection: Connection) -> dict[str, int]:
    """Return the figures of a status report."""
    columns = tables.documents.c
    names = ("live", "held", "filtered", "gone", "representatives", "exact_duplicates", "near_duplicates")
    figures = dict.fromkeys(names, 0)
    kinds = select(columns.status, columns.duplicate_kind, func.count()).group_by(
        columns.status, columns.duplicate_kind
    )
    for status, kind, number in connection.execute(kinds):
        figures[status] += number
        if status == tables.LIVE:
            figures[f"{kind}_duplicates" if kind else "representatives"] += number
    waiting = {
        "unresolved": columns.resolution < tables.SETTLED,
        "indexed": columns.indexed_as.is_not(None),
        "to_check_in_index": columns.check_index == 1,
    }
    for name, where in waiting.items():
        figures[name] = connection.execute(select(func.count()).select_from(tables.documents).where(where)).scalar_one()
    open_rows = select(func.count()).select_from(tables.quarantine).where(tables.quarantine.c.resolved == 0)
    finished = select(func.count()).select_from(tables.sources).where(tables.sources.c.finished_run.is_not(None))
    figures["quarantined"] = connection.execute(open_rows).scalar_one()
    figures["sources"] = connection.execute(finished).scalar_one()
    figures["runs"] = connection.execute(select(func.count()).select_from(tables.runs)).scalar_one()
    return figures


def languages(connection: Connection) -> dict[str, int]:
    """Return how many live documents each language has, most first."""
    columns, number = tables.documents.c, func.count().label("number")
    query = select(columns.language, number).where(columns.status == tables.LIVE).group_by(columns.language)
    rows = connection.execute(query.order_by(number.desc(), columns.language))
    return {row.language: row.number for row in rows}


def rule_hits(connection: Connection) -> dict[str, int]:
    """Return how many removals each rule has, most first."""
    number = func.count().label("number")
    query = select(tables.rules.c.rule, number).join_from(tables.removals, tables.rules)
    rows = connection.execute(query.group_by(tables.rules.c.rule).order_by(number.desc(), tables.rules.c.rule))
    return {row.rule: row.number for row in rows}
