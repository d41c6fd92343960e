"""Settling a run's documents: which of them are served for their language, and which are copies of others."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from flows.wording import many
from index import ledger_languages
from index.duplicates import resolve

if TYPE_CHECKING:
    from flows.pipeline import Run

SETTLE_DOCUMENTS = 1_000
"""Documents recorded after which they are settled while the workers go on: more at once keep this process from handing
out shards for longer, and save nothing that could be measured."""
LAST_SETTLED = 125
"""The same when no more than that are still to come."""


def enough(left: int) -> int:
    """Documents recorded after which they are settled, when ``left`` items are still to come.

    Towards the end it is done more often: what is not settled when the last document is cleaned keeps the workers
    waiting. 0 where it is not known how many are to come.
    """
    return min(SETTLE_DOCUMENTS, max(left, LAST_SETTLED)) if left > 0 else SETTLE_DOCUMENTS


def settle(run: Run) -> None:
    """Draw clusters for all that changed, in this run or in one that died.

    Neither the order of arrival nor the split into batches can be seen in clusters, so it is done while workers clean.
    """
    began = perf_counter()
    if run.settings.languages.kept is not None:
        _leave_out_languages(run)
    run.executor.call("duplicates", lambda: resolve(run.ledger))
    run.report.stage("duplicates", 0, perf_counter() - began)


def settle_all(run: Run) -> None:
    """Settle what is left, and sort this run's documents by outcome."""
    run.progress.phase("finding duplicates")
    if run.settings.languages.kept is None:
        _leave_out_languages(run)  # once a run, for what an earlier setting left out; otherwise settle does it
    settle(run)
    _note_languages(run)
    run.report.counts.update(run.outcomes.counts(run.ledger))
    run.report.stage("duplicates", run.outcomes.documents, 0.0)
    run.measure_memory()


def _leave_out_languages(run: Run) -> None:
    """Serve the languages that the configuration keeps, before duplicates: what is left out represents nothing."""
    with run.ledger.writing() as connection:
        changes = ledger_languages.apply(connection, run.settings.languages.kept, run.report.run_id)
    run.report.counts["filtered"] += changes.left_out
    run.taken_back += changes.taken_back


def _note_languages(run: Run) -> None:
    if left_out := run.report.counts["filtered"]:
        run.report.notes.append(
            f"{many(left_out, 'document is', 'documents are')} in languages that are not indexed (`languages.keep`) "
            "but stay in the ledger; `saring explain ID` shows them"
        )
    if run.taken_back:
        served = many(run.taken_back, "document is", "documents are")
        run.report.notes.append(f"{served} in languages that are indexed now")
