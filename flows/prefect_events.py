"""What happens in a flow run, as Prefect's server is told of it: dropped while the server is away.

Prefect keeps every event and asks the server ten times for each, seven seconds long: after a run of a hundred tasks
whose server had died, the process would stay for half an hour after its work was done, for nothing.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from prefect.events import Event
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker, emit_events_to_cloud, should_emit_events_to_running_server
from prefect.logging import get_logger

AWAY_SECONDS = 5.0
"""How long a server that did not answer is left alone."""
ATTEMPTS = 2
"""How often it is asked again before that: these follow each other at once."""


class PatientEvents(PrefectEventsClient):
    """Events for a server that may go away and come back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(reconnection_attempts=ATTEMPTS, **options)
        self._away_until = 0.0

    async def emit(self, event: Event) -> None:
        """Tell the server, or drop the event when it is not there."""
        if monotonic() < self._away_until:
            return
        try:
            await super().emit(event)
        except Exception as error:  # noqa: BLE001 (of the socket, of the protocol: what is lost is a line of a page)
            if not self._away_until:
                get_logger().warning("Prefect's server is away, its page will lack some of this run: %s", error)
            self._away_until = monotonic() + AWAY_SECONDS


def drop_events_while_the_server_is_away() -> None:
    """Use it for this process, where events go to a server of one's own."""
    if should_emit_events_to_running_server() and not emit_events_to_cloud():
        EventsWorker.set_client_override(PatientEvents)
