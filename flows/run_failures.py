"""A run that ends before its end: why, in the log and in the ledger, so that ``saring status`` can say it afterwards.

A run that is killed, or whose ledger cannot be written any more, leaves no reason: it is known by its missing end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from flows.logs import failure
from index import ledger_figures
from index.ledger import Ledger
from transforms.errors import SaringError, explain_os_error

MAX_REASON = 2_000
"""Characters of a reason that are kept; a sentence of saring's has 300 at most."""


@contextmanager
def failure_noted(ledger: Ledger, run_id: str, work: Path) -> Iterator[None]:
    """Note why a run fails, and let it fail. Its work folder goes first: it could keep a full disk full."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        reason = reason_of(error)
        failure("run_failed", run=run_id, reason=reason)
        with suppress(SaringError, OSError), ledger.writing() as connection:
            ledger_figures.fail_run(connection, run_id, datetime.now(UTC).isoformat(), reason)
        raise


def reason_of(error: BaseException) -> str:
    """Why a run ended, without text of articles, which an error that nobody foresaw may quote."""
    if isinstance(error, OSError):
        return explain_os_error(error)
    if isinstance(error, SaringError):
        return str(error)[:MAX_REASON]
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "TerminationSignal":  # Prefect's, for SIGTERM
        return str(error).partition(";")[0] or "stopped"
    return f"{type(error).__name__}, which nobody foresaw: its traceback is in the log of the run"
