"""What happens in a flow run, as Prefect's server is told of it: dropped while the server is away.

Prefect keeps every event and asks the server eleven times for each, seven seconds long: after a run of a hundred tasks
whose server had died, the process would stay for half an hour after its work was done, for nothing.
"""

from __future__ import annotations

from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker, emit_events_to_cloud, should_emit_events_to_running_server

ATTEMPTS = 2
"""How often the server is asked again for an event; from the fourth time on Prefect waits a second in between."""


def drop_events_while_the_server_is_away() -> None:
    """Ask less often for the rest of this process, where events go to a server of one's own."""
    if should_emit_events_to_running_server() and not emit_events_to_cloud():
        # Only Prefect's own clients are given events, so that a client of ours cannot take its place.
        EventsWorker.set_client_override(PrefectEventsClient, reconnection_attempts=ATTEMPTS)
