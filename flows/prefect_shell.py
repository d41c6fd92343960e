"""What both flows need of Prefect: one writer at a time, task runs around the stages, and the summary artifact."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, cast

from httpx import HTTPError
from prefect.artifacts import create_markdown_artifact
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.states import Completed
from pydantic import Field

from flows.executors import Executor, executor_for
from flows.locks import DataLockedError
from flows.logs import flush, follow
from flows.prefect_events import drop_events_while_the_server_is_away
from flows.prefect_executor import PrefectExecutor
from flows.progress import Progress, Silent, progress_for_terminal
from flows.report import RunReport
from flows.run_failures import reason_of
from flows.settings import Settings
from flows.summary import as_markdown, failed_markdown, skipped_markdown
from flows.wording import many
from flows.writer_limit import WAIT_SECONDS, WRITER_LIMIT, writer_limit
from index.ledger import Ledger
from transforms.errors import LedgerLockedError, SaringError

ConfigPath = Annotated[str | None, Field(min_length=1, max_length=2_000)]
"""A flow's parameter that names the configuration file."""
EACH_TASK = "Finished in state Completed()"
"""What Prefect logs for every task run, hundreds of lines between which nobody would find saring's facts."""


class _Logged(Silent):
    """Progress as lines of the flow run's log."""

    def __init__(self) -> None:
        self._log: logging.Logger | logging.LoggerAdapter[Any] = get_run_logger()

    def phase(self, name: str, total: int | None = None) -> None:
        self._log.info("%s%s", name, f" ({many(total, 'document')})" if total else "")


@contextmanager
def flow_shell(settings: Settings) -> Iterator[tuple[PrefectExecutor, Progress]]:
    """Hold the writer limit and offer the configured runner as Prefect task runs."""
    follow(APILogHandler)
    drop_events_while_the_server_is_away()
    logging.getLogger("prefect.task_runs").addFilter(_is_news)
    shown = progress_for_terminal() if sys.stderr.isatty() else _Logged()
    with (
        shown as progress,
        writer_limit(settings, lambda: progress.phase("waiting for the run that is writing")),
        executor_for(settings) as inner,
    ):
        try:
            yield PrefectExecutor(inner), progress
        finally:
            flush()  # Prefect sends lines every two seconds: by then a temporary server may be gone


def _is_news(record: logging.LogRecord) -> bool:
    return record.getMessage() != EACH_TASK


def run_or_skip(name: str, settings: Settings, work: Callable[[Executor, Progress], RunReport]) -> dict[str, Any]:
    """Do a flow's work and publish its report; while another run writes, end as ``Skipped`` and say why.

    That is no failure: what this run would have done is done by the one that holds the lock, or by the next.
    """
    try:
        with flow_shell(settings) as (executor, progress):
            report = work(executor, progress).to_json()
    except (DataLockedError, LedgerLockedError, AcquireConcurrencySlotTimeoutError) as error:
        waited = f"another run has held the limit {WRITER_LIMIT} for {WAIT_SECONDS} seconds"
        reason = waited if isinstance(error, AcquireConcurrencySlotTimeoutError) else str(error)
        get_run_logger().warning("skipped: %s", reason)
        _publish(name, skipped_markdown(reason))
        # Prefect gives the caller of a flow that returns a state the data in it.
        return cast("dict[str, Any]", Completed(name="Skipped", message=reason, data={"skipped": reason}))
    except (SaringError, OSError) as error:
        reason = reason_of(error)
        _publish(name, failed_markdown(reason))
        raise SaringError(reason) from error
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        earlier = [run.report for run in ledger.runs() if run.report]
    _publish(name, as_markdown(report, earlier))
    return report


def _publish(name: str, markdown: str) -> None:
    """Put Markdown on the flow run's page as an artifact; a server that is away does not make the run another one."""
    try:
        create_markdown_artifact(key=f"saring-{name}", markdown=markdown, description=f"saring {name}")
    except (HTTPError, RuntimeError) as error:  # what Prefect raises after a minute of trying
        get_run_logger().warning("this run has no summary: %s", error)
