"""The Prefect limit that orders runs, and what is done with a place in it that nobody gives back.

A run takes the one place of the limit before it writes, and the others wait. A server that restarts forgets the leases
that runs hold and keeps the places as taken, and so does the temporary server of a command that is killed: from then on
every run would wait for nothing. Whoever writes holds the lock on the data folder or on the ledger's server as well,
so a place that stays taken while nobody writes is one that was left behind.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from prefect import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError
from prefect.concurrency.sync import concurrency
from prefect.settings import get_current_settings

from flows.logs import fact
from flows.run_state import who_writes
from flows.settings import Settings

WRITER_LIMIT = "saring-index-writer"
LEASE_SECONDS = 60
"""The shortest lease Prefect grants: how long the limit outlives a run that was killed."""
WAIT_SECONDS = 3600
"""How long a run waits for the one before it to finish."""
LOOK_SECONDS = 15
"""Between two looks at who is writing; a server at work was seen to take two seconds for an answer."""


@contextmanager
def writer_limit(settings: Settings, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the place of the one that writes; ``waiting`` is called once when another run has it."""
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(WRITER_LIMIT, 1)
    with ExitStack() as held:
        _wait_for_place(held, settings, waiting)
        yield


def _wait_for_place(held: ExitStack, settings: Settings, waiting: Callable[[], None]) -> None:
    """Take the place when it is given back, or when nobody has been writing for as long as a lease lasts."""
    began = idle_since = time.monotonic()
    # A temporary server ends no leases; beside it the lock on the data folder is all that is needed.
    patience = LEASE_SECONDS if get_current_settings().api.url else 0
    for look in itertools.count():
        try:
            held.enter_context(_place())
            return
        except AcquireConcurrencySlotTimeoutError:
            now = time.monotonic()
            if now - began > WAIT_SECONDS:
                raise
        if look == 0:
            waiting()
        if who_writes(settings):
            idle_since = now
        elif now - idle_since > patience:
            fact("limit_freed", limit=WRITER_LIMIT, reason="it is taken, but nobody is writing")
            with get_client(sync_client=True) as client:
                client.update_global_concurrency_limit(WRITER_LIMIT, GlobalConcurrencyLimitUpdate(active_slots=0))
            idle_since = now


def _place() -> AbstractContextManager[None]:
    return concurrency(
        WRITER_LIMIT,
        strict=True,
        timeout_seconds=LOOK_SECONDS,
        lease_duration=LEASE_SECONDS,
        # A server that goes away does not end the run: the lock on the data folder keeps others from writing.
        raise_on_lease_renewal_failure=False,
    )
