"""A running ``saring web`` over a folder of articles, as tests use it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.executors import InlineExecutor
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings

ROOT = Path(__file__).parent.parent
SARING = Path(sys.executable).with_name("saring")


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline"}


def saring(data: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(SARING), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment(data), capture_output=True, text=True, check=False)


def settings(data: Path) -> Settings:
    return Settings(data_dir=data)


def ingest(data: Path, *sources: object) -> None:
    # Without a process of its own: a run for every change would take most of the tests' time.
    run_ingest(settings(data), [str(source) for source in sources], InlineExecutor(), full=False, progress=Silent())


@contextmanager
def serving(data: Path, *options: str, **variables: str) -> Iterator[str]:
    """A server in a process of its own on a free port; gives its address."""
    command = [str(SARING), "web", "--port", "0", *options]
    environs = environment(data) | variables
    with subprocess.Popen(command, cwd=ROOT, env=environs, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            said = server.stderr.readline()
            assert "http://127.0.0.1:" in said, said + server.stderr.read()
            yield said.split()[1].rstrip("/")
        finally:
            server.terminate()
            server.wait(timeout=20)
