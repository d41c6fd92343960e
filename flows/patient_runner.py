"""Prefect's runner, as ``saring serve`` needs it: it waits for a server that is away.

Prefect's own gives up after three questions without an answer, a few minutes, and kills the runs that it has started.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Self

import httpx
from prefect.runner import Runner

MEANWHILE = "runs under way go on, and those that come due wait until it does"


class PatientRunner(Runner):
    """A runner whose questions for new runs may go unanswered; ``say`` tells a person once, and when it is over."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._away = False

    def handle_sigterm(self, *_: Any, **__: Any) -> None:
        """Leave the signal to the event loop: Prefect's handler would end it in the middle of whatever it does."""

    async def __aenter__(self) -> Self:
        """Start, and be patient from then on."""
        await super().__aenter__()
        poller: Any = self._scheduled_run_poller
        poller._get_and_submit_flow_runs = self._patient(poller._get_and_submit_flow_runs)
        observer: Any = self._cancelling_observer  # it asks which runs a person has cancelled
        observer._check_for_cancelled_flow_runs = self._patient(observer._check_for_cancelled_flow_runs)
        return self

    def _patient(self, ask: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def ask_if_it_answers() -> None:
            try:
                await ask()
            except httpx.HTTPError as error:
                if isinstance(error, httpx.HTTPStatusError) and error.response.is_client_error:
                    raise  # it answers, and something is wrong
                if not self._away:
                    self._say(f"saring: Prefect's server does not answer ({error}); {MEANWHILE}")
                self._away = True
                return
            if self._away:
                self._say("saring: Prefect's server answers again")
            self._away = False

        return ask_if_it_answers
