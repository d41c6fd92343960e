"""Prefect's temporary server, tied to the process that starts it.

Prefect's own outlives a command that is killed, for ever. It is also in the command's process group: Ctrl+C, or SIGTERM
from a service manager, ends it first, and the command then waits a minute for a server that is gone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import prefect
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import get_current_settings

from flows import server_process

_ENVIRONMENT = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect gives its temporary server."""


class _TiedServer(SubprocessASGIServer):
    """The same server, in a session of its own, that ends with its parent."""

    def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
        application = ["--app-dir", str(Path(prefect.__file__).parents[1]), "--factory"]
        application.append("prefect.server.api.server:create_app")
        listening = ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "error", "--lifespan", "on"]
        # -P: the script's folder must not come before the libraries.
        command = [sys.executable, "-P", server_process.__file__, str(os.getpid()), *application, *listening]
        given = get_current_settings().to_environment_variables(exclude_unset=True)
        return subprocess.Popen(command, env={**os.environ, **_ENVIRONMENT, **given}, start_new_session=True)


def tie_to_this_process() -> None:
    """Let the one temporary server that Prefect will start in this process be a tied one."""
    _TiedServer()  # Prefect makes one object for a port, and the first is what everybody gets
