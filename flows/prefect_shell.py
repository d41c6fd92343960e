"""What both flows need of Prefect: one writer at a time, task runs around the stages, and the summary artifact."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect import get_client
from prefect.artifacts import create_markdown_artifact
from prefect.concurrency.sync import concurrency
from prefect.logging import get_run_logger

from flows.executors import executor_for
from flows.prefect_executor import PrefectExecutor
from flows.progress import Progress, Silent, progress_for_terminal
from flows.report import as_markdown
from flows.settings import Settings

WRITER_LIMIT = "saring-index-writer"
LEASE_SECONDS = 60
"""The shortest lease Prefect grants: how long the limit outlives a run that was killed."""
WAIT_SECONDS = 3600
"""How long a run waits for the one before it to finish."""


class _Logged(Silent):
    """Progress as lines of the flow run's log."""

    def __init__(self) -> None:
        self._log: logging.Logger | logging.LoggerAdapter[Any] = get_run_logger()

    def phase(self, name: str, total: int | None = None) -> None:
        self._log.info("%s%s", name, f" ({total:,} documents)" if total else "")


@contextmanager
def flow_shell(settings: Settings) -> Iterator[tuple[PrefectExecutor, Progress]]:
    """Hold the writer limit and offer the configured runner as Prefect task runs."""
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(WRITER_LIMIT, 1)
    shown = progress_for_terminal() if sys.stderr.isatty() else _Logged()
    with (
        concurrency(WRITER_LIMIT, strict=True, timeout_seconds=WAIT_SECONDS, lease_duration=LEASE_SECONDS),
        executor_for(settings) as inner,
        shown as progress,
    ):
        yield PrefectExecutor(inner), progress


def publish(name: str, report: dict[str, Any]) -> None:
    """Put the report on the flow run's page as a Markdown artifact."""
    create_markdown_artifact(key=f"saring-{name}", markdown=as_markdown(report), description=f"saring {name}")
