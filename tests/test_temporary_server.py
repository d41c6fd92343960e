"""A command that starts Prefect's temporary server takes it along, however it ends; real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

SARING = Path(sys.executable).with_name("saring")
LEFT_TO_DO = "what was committed stays, and the next run finishes the rest"
SECONDS = 60
"""A command that waits for a server that is gone takes longer, and says so instead."""


def environment(folder: Path) -> dict[str, str]:
    own = {
        **os.environ,
        "SARING_DATA_DIR": str(folder / "data"),
        "SARING_RUNNER__SHARD_DOCUMENTS": "20",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    own.pop("PREFECT_API_URL", None)
    return own


@contextmanager
def begun(folder: Path, *arguments: str, until: str) -> Iterator[tuple[subprocess.Popen[str], set[psutil.Process]]]:
    """A command in a process group of its own that has said something, and all the processes that it has started."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, and by children too, behind a shell
    process = subprocess.Popen(
        [str(SARING), *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    assert process.stderr is not None
    family: set[psutil.Process] = set()
    try:
        while until not in (said := process.stderr.readline()):
            assert said, "it ended before it was told to"
        family = {psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)}
        yield process, family
    finally:
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        process.kill()
        process.communicate()


def are_gone(family: set[psutil.Process]) -> bool:
    return not psutil.wait_procs(family, timeout=15)[1]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for number in range(600):
        (folder / f"b{number}.txt").write_text(f"Panen {number} lebih baik. " * 40, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_ingest_leaves_no_process_behind(tmp_path: Path, raw: Path, number: signal.Signals):
    """Ctrl+C and a service manager reach every process of the group: the server must not be gone before the run."""
    with begun(tmp_path, "ingest", "--log-format", "text", str(raw), until="event=recorded") as (run, family):
        assert any("create_app" in " ".join(member.cmdline()) for member in family), "there is a server"
        if number == signal.SIGKILL:
            run.kill()
        else:
            os.killpg(run.pid, number)
        began = time.monotonic()
        _, rest = run.communicate(timeout=120)
        assert time.monotonic() - began < SECONDS
        if number == signal.SIGKILL:
            assert run.returncode == -number
        else:
            assert run.returncode == 128 + number
            name = "Ctrl+C" if number == signal.SIGINT else number.name
            assert [line for line in rest.splitlines() if not line.startswith("time=")] == [
                f"saring: stopped by {name}; {LEFT_TO_DO}"
            ]
        assert are_gone(family)
