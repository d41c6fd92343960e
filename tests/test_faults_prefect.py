"""Prefect's server is not there, or goes away in the middle of a run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

SARING, PREFECT = (Path(sys.executable).with_name(name) for name in ("saring", "prefect"))
DOCUMENTS = 1_000


def environment(folder: Path, url: str) -> dict[str, str]:
    return {
        **os.environ,
        "SARING_DATA_DIR": str(folder / "data"),
        "SARING_RUNNER__KIND": "inline",
        "SARING_RUNNER__SHARD_DOCUMENTS": "20",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_API_URL": url,
        "PREFECT_CLIENT_MAX_RETRIES": "0",  # a server that is gone here does not come back
    }


def test_a_server_that_is_down_is_told_at_once_with_what_to_do(tmp_path: Path):
    (tmp_path / "berita.txt").write_text("Panen padi tahun ini lebih baik.\n", encoding="utf-8")
    url = "http://127.0.0.1:9/api"
    for command in (["ingest", str(tmp_path / "berita.txt")], ["reindex"], ["serve"]):
        done = subprocess.run(
            [str(SARING), *command], env=environment(tmp_path, url), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert url in done.stderr
        assert ("--direct" in done.stderr) == (command != ["serve"])


def test_serving_without_a_server_is_refused(tmp_path: Path):
    """A temporary one runs no schedules: it would wait for ever, in silence."""
    (tmp_path / "config.yaml").write_text("sources: [.]\n", encoding="utf-8")
    own = environment(tmp_path, "")
    del own["PREFECT_API_URL"]
    done = subprocess.run([str(SARING), "serve"], cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "PREFECT_API_URL" in done.stderr
    assert "cron" in done.stderr
    assert "waiting for runs" not in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_that_has_only_begun_can_be_stopped(tmp_path: Path, server, number: signal.Signals):
    (tmp_path / "config.yaml").write_text("sources: [.]\n", encoding="utf-8")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, and by children too, behind a shell
    serving = subprocess.Popen(
        [str(SARING), "serve"],
        cwd=tmp_path,
        env=environment(tmp_path, server[0]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    with serving:
        try:
            assert serving.stderr is not None
            while "waiting for runs" not in (said := serving.stderr.readline()):
                assert said, "it ended before it was told to"
            os.killpg(serving.pid, number)
            _, rest = serving.communicate(timeout=60)
        finally:
            serving.kill()
    assert serving.returncode == 0, rest
    assert "Traceback" not in rest


def start_server(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """A real Prefect server that answers, the leader of a process group."""
    url = f"http://127.0.0.1:{port}/api"
    command = [str(PREFECT), "server", "start", "--no-ui", "--port", str(port)]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment(folder, url), stdout=log, stderr=log, start_new_session=True
        )
    until = time.monotonic() + 120
    while True:
        try:
            httpx.get(f"{url}/health").raise_for_status()
            return process
        except httpx.HTTPError:
            if time.monotonic() > until:
                end_server(process)
                pytest.fail((folder / "server.log").read_text()[-2000:])
            time.sleep(0.2)


def end_server(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Prefect server: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start_server(tmp_path, port)
    yield f"http://127.0.0.1:{port}/api", process
    end_server(process)


@pytest.mark.slow
@pytest.mark.timeout(400)  # a server, a flow and two commands: seconds on an idle machine, minutes on a busy one
def test_a_server_that_dies_in_the_middle(tmp_path: Path, server):
    url, process = server
    lines = [
        json.dumps({"id": f"b{number}", "title": f"Berita {number}", "text": f"Panen {number} lebih baik. " * 40})
        for number in range(DOCUMENTS)
    ]
    corpus = tmp_path / "berita.jsonl"
    corpus.write_text("\n".join(lines), encoding="utf-8")
    command = [str(SARING), "ingest", "--json", "--log-format", "text", str(corpus)]
    run = subprocess.Popen(
        command, env=environment(tmp_path, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stderr is not None
    said = ""
    while "event=recorded" not in said:
        said = run.stderr.readline()
        assert said, "it ended before the server did"
    until = time.monotonic() + 120
    while not httpx.post(f"{url}/task_runs/filter", json={}, timeout=30).json():
        assert time.monotonic() < until, "the server was told of no task"
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    out, rest = run.communicate(timeout=200)
    assert "Traceback" not in rest
    assert "Event(" not in rest, "what the server misses is not for the terminal"
    assert "saring: Prefect's server went away in the middle; the run finished its work" in rest
    assert run.returncode == 0
    assert json.loads(out)["counts"]["new"] == DOCUMENTS
    again = subprocess.run(
        [str(SARING), "ingest", "--direct", "--json", str(corpus)],
        env=environment(tmp_path, url),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(again.stdout)["counts"]["unchanged"] == DOCUMENTS
    status = subprocess.run([str(SARING), "status"], env=environment(tmp_path, url), capture_output=True, check=False)
    assert status.returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_killed_command_does_not_keep_the_next_from_its_turn(tmp_path: Path):
    """The temporary server's database outlives it, and in that the place that the command had."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(200):
        (raw / f"b{number}.txt").write_text(f"Panen {number} lebih baik. " * 40, encoding="utf-8")
    own = environment(tmp_path, "")
    del own["PREFECT_API_URL"]
    command = [str(SARING), "ingest", "--json", "--log-format", "text", str(raw)]
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        while "event=recorded" not in (said := run.stderr.readline()):
            assert said, "it ended before it was killed"
        left = psutil.Process(run.pid).children(recursive=True)
        run.kill()
    try:
        again = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=200)
    finally:
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["seen"] == 200


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_serving_outlives_the_server(tmp_path: Path, server):
    """Prefect's own runner gives up after three questions, and kills the runs that it has started."""
    url, process = server
    (tmp_path / "config.yaml").write_text("sources: [.]\n", encoding="utf-8")
    own = {**environment(tmp_path, url), "PREFECT_RUNNER_POLL_FREQUENCY": "1", "PREFECT_CLIENT_MAX_RETRIES": "2"}
    serving = subprocess.Popen(
        [str(SARING), "serve"], cwd=tmp_path, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []

    def heard(words: str) -> bool:
        assert serving.stderr is not None
        while words not in (line := serving.stderr.readline()):
            said.append(line)
            assert line, "".join(said)
        return True

    with serving:
        try:
            assert heard("waiting for runs")
            end_server(process)
            assert heard("does not answer")
            with pytest.raises(subprocess.TimeoutExpired):
                serving.wait(15)
            process = start_server(tmp_path, int(url.split(":")[2].split("/")[0]))
            assert heard("answers again")
            serving.terminate()
            status, rest = serving.wait(60), serving.stderr.read()
            assert status == 0, rest
            assert "does not answer" not in rest, "once is enough"
        finally:
            serving.kill()
            end_server(process)
