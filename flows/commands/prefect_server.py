"""What the commands that use Prefect share: its settings, and words for a server that is not there."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flows.commands.common import say
from flows.stopping import LEFT_TO_DO, Stopped
from transforms.errors import SaringError

SETTINGS: Mapping[str, str] = {
    # Measured: the default of 20 seconds fails on a busy machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Our facts, and what the flow says, are the log of the flow run on its page.
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "saring",
    # What Prefect says of itself: without a server a page of text for each event that is dropped.
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    # By these the server sees a run whose machine has died (docs/operating.md); 30 is the shortest Prefect takes.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}
ON_A_TERMINAL: Mapping[str, str] = {
    # What failed is said in a sentence by the command itself, without Prefect's traceback of it.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # A person waits: by default each call to a server that has died is made again for 70 seconds, by this for 20.
    "PREFECT_CLIENT_MAX_RETRIES": "3",
}
SERVER_SECONDS = 10
"""How long a Prefect server may take to say that it is there; one at work was seen to take two."""


class ServerError(SaringError):
    """Prefect's server cannot be reached."""


def configure(*more: Mapping[str, str]) -> None:
    """Set what Prefect reads when it is imported; what the environment says already stays."""
    for settings in (SETTINGS, *more):
        for name, value in settings.items():
            os.environ.setdefault(name, value)


def announce(quiet: bool) -> None:
    """Say why nothing seems to happen while Prefect starts."""
    configure(ON_A_TERMINAL)
    if not quiet and not os.environ.get("PREFECT_API_URL"):
        say("saring: starting Prefect with a temporary server (10 to 20 seconds; --direct does without)")


def tie_temporary_server() -> None:
    """Let a server that Prefect starts for this command end with it, however it ends."""
    if not _named_server():
        from flows.temporary_server import tie_to_this_process  # importing Prefect takes seconds

        tie_to_this_process()


def need_server() -> None:
    """Refuse to wait for runs that nobody would schedule: a temporary server does not."""
    if not _named_server():
        raise ServerError(
            "schedules need a Prefect server that stays: start one with `prefect server start`, and name it in "
            "PREFECT_API_URL, such as http://127.0.0.1:4200/api. Without one, let cron run `saring ingest --direct`."
        )


def _named_server() -> str | None:
    """The server that the environment or a profile of Prefect's names."""
    from prefect.settings import get_current_settings  # importing Prefect takes seconds

    return get_current_settings().api.url


@contextmanager
def server(*, or_direct: bool = True) -> Iterator[None]:
    """Say in words when Prefect's server is not there or goes away; ``or_direct`` where a command can do without it."""
    url = os.environ.get("PREFECT_API_URL", "")
    advice = "Start it, or unset PREFECT_API_URL to use a temporary one"
    advice += ", or run with --direct, which needs none." if or_direct else "."
    from httpx import HTTPError, get  # Prefect's own; starting without it is faster

    try:
        if url:
            get(f"{url.rstrip('/')}/health", timeout=SERVER_SECONDS)
        yield
    except HTTPError as error:
        raise ServerError(
            f"Prefect's server {url or 'of this run'} does not answer ({error}). What was committed stays, the next "
            f"run finishes the rest. {advice}"
        ) from error
    except RuntimeError as error:
        if "reach API" not in str(error):
            raise
        raise ServerError(f"Prefect's server does not answer: {error}. {advice}") from error
    except BaseException as error:
        # While a flow runs, Prefect takes SIGTERM and raises this; it is not imported here for the time that takes.
        stop = Stopped(signal.SIGTERM) if type(error).__name__ == "TerminationSignal" else error
        if isinstance(stop, Stopped) and or_direct and LEFT_TO_DO not in getattr(stop, "__notes__", ()):
            stop.add_note(LEFT_TO_DO)  # Prefect raises it anew, without what the run has noted on it
        if stop is error:
            raise
        raise stop from None
