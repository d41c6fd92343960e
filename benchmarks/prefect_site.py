"""What ``nightly_cycle.py`` works with: a Prefect server of its own, a folder that saring serves, and a receiver."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parent.parent
SARING, PREFECT = (str(Path(sys.executable).with_name(name)) for name in ("saring", "prefect"))
BUSY_TRIES = 5
SECONDS = 300.0
"""The longest that a machine under load was seen to need for a step is a third of it."""
WORDS = "sungai gunung pasar sekolah jembatan panen nelayan petani guru dokter warga kota desa pantai hutan".split()
LONG = 1_000
"""Documents of a run that is sure to need its worker processes: they take longer to clean than those to start."""
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, found: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Ask until the answer is true, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if answer := found():
                return answer
        except httpx.TransportError:
            pass  # the server is starting, or has been killed
        time.sleep(0.25)
    raise TimeoutError(f"not within {seconds:.0f} s: {what}")


class Server:
    """A Prefect server with a home of its own; what it keeps survives a kill."""

    def __init__(self, folder: Path) -> None:
        self.port, self._log = free_port(), folder / "server.log"
        self.page = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SARING_"))},
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": f"{self.page}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",  # by default a new schedule waits up to a minute
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        until("Prefect's server answers", lambda: httpx.get(f"{self.page}/api/health").is_success)

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it and every process of it."""
        if self._process is not None:
            os.killpg(self._process.pid, number)
            self._process.wait()
            self._process = None

    def ask(self, path: str, body: Any = None) -> Any:
        """POST to the API, or GET without a body; asked again while the server is busy, as by Prefect itself."""
        url = f"{self.page}/api{path}"
        for attempt in range(BUSY_TRIES):
            answer = httpx.get(url, timeout=120) if body is None else httpx.post(url, json=body, timeout=120)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1 + attempt)
        answer.raise_for_status()
        return answer.json()

    def deployment(self, name: str) -> dict[str, Any]:
        """A deployment by ``flow/name``."""
        found: dict[str, Any] = self.ask(f"/deployments/name/{name}")
        return found

    def submit(self, name: str, **parameters: Any) -> str:
        """Ask for a run now, as the page's form does; gives its id."""
        path = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return str(self.ask(path, {"parameters": parameters, "state": {"type": "SCHEDULED"}})["id"])

    def run(self, id_: str) -> dict[str, Any]:
        """A flow run."""
        found: dict[str, Any] = self.ask(f"/flow_runs/{id_}")
        return found

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """All runs of a flow that are past their schedule."""
        wanted = {"flows": {"name": {"any_": [flow]}}, "flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}}}
        found: list[dict[str, Any]] = self.ask("/flow_runs/filter", wanted)
        return found

    def ended(self, id_: str) -> dict[str, Any]:
        """Wait for the end of a run."""
        until("the run ends", lambda: self.run(id_)["state_type"] in ENDED)
        return self.run(id_)

    def tasks(self, id_: str, state: str | None = None) -> list[dict[str, Any]]:
        """The task runs of a flow run."""
        found = self.ask("/task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [id_]}}})
        return [task for task in found if state in (None, task["state_name"])]

    def artifact(self, id_: str) -> str:
        """The Markdown that a run left."""
        found = self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [id_]}}})
        return "\n".join(str(one["data"]) for one in found)

    def log(self, id_: str) -> str:
        """What a run logged, as its page shows it; the last lines reach the server with a delay."""
        found = self.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [id_]}}, "sort": "TIMESTAMP_ASC"})
        return "\n".join(str(line["message"]) for line in found)


class Site:
    """A folder with documents and a configuration, and the process that serves it."""

    def __init__(self, folder: Path, server: Server, documents: int) -> None:
        self.folder, self._server = folder, server
        self.data = folder / "data"
        self.environment = {**server.environment, "PYTHONUNBUFFERED": "1"}
        self.serving: subprocess.Popen[str] | None = None
        (folder / "raw").mkdir(parents=True)
        (folder / "raw" / "kosong.txt").touch()  # something for the quarantine
        write_documents(folder / "raw" / "berita.jsonl", documents)
        (folder / "more").mkdir()
        write_documents(folder / "more" / "arsip.jsonl", LONG)

    def configure(self, ingest: str, data: Path | None = None, name: str = "config.yaml", sources: str = "raw") -> Path:
        """Write a configuration; ``ingest`` is its schedule."""
        path = self.folder / name
        path.write_text(
            f"sources: [{sources}]\ndata_dir: {data or self.data}\nrunner: {{workers: 2, shard_documents: 40}}\n"
            f'schedules: {{ingest: "{ingest}", reindex: "0 4 * * 0"}}\n',
            encoding="utf-8",
        )
        return path

    def serve(self) -> None:
        """Start ``saring serve`` and wait until it looks for runs."""
        self.serving = subprocess.Popen(
            [SARING, "serve"],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # Prefect prints tracebacks there while its server is away
        )
        assert self.serving.stderr is not None
        said = [self.serving.stderr.readline()]
        while "waiting for runs" not in said[-1]:
            said.append(self.serving.stderr.readline())
            if not said[-1]:
                raise RuntimeError(f"saring serve ended: {''.join(said)}")
        self.said: list[str] = []
        self._reader = threading.Thread(target=self.said.extend, args=(self.serving.stderr,), daemon=True)
        self._reader.start()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to stop; gives its exit status and what it said since it began."""
        assert self.serving is not None
        self.serving.send_signal(number)
        status = self.serving.wait(SECONDS)
        self._reader.join(SECONDS)
        self.serving = None
        return status, "".join(self.said)

    def saring(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder."""
        return subprocess.run(
            [SARING, *command], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def at_work(self) -> None:
        """Wait until a run cleans: its shards are there. The server hears of its tasks much later."""
        until("a run is at work", lambda: list(self.data.glob("work/*/*")))

    def process_of(self, run: str) -> psutil.Process:
        """The process of a flow run."""

        def found() -> psutil.Process | None:
            assert self.serving is not None
            for child in psutil.Process(self.serving.pid).children():
                if child.environ().get("PREFECT__FLOW_RUN_ID") == run:
                    return child
            return None

        process: psutil.Process = until("the run has a process", found)
        return process


def write_documents(path: Path, documents: int) -> None:
    """Articles of random words, the same in every run."""
    draw = random.Random(5)
    with path.open("w", encoding="utf-8") as out:
        for number in range(documents):
            title = f"Berita {number} {' '.join(draw.choices(WORDS, k=5))}"
            lines = [" ".join(draw.choices(WORDS, k=14)).capitalize() + "." for _ in range(20)]
            lines.insert(10, f"Baca juga: Berita {number + 1} {' '.join(draw.choices(WORDS, k=5))}")
            text = "\n".join(lines)
            out.write(json.dumps({"id": f"b{number:05d}", "title": title, "text": text}) + "\n")


def limit_files(process: psutil.Process, size: int) -> None:
    """Let the workers of a run write files up to ``size`` bytes only: a full quota, for them alone."""

    def workers() -> list[psutil.Process]:
        children = process.children(recursive=True)
        return [child for child in children if any("forkserver" in part for part in child.cmdline())]

    for worker in until("the run has workers", workers):
        _, hard = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def receiver() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that keeps what is posted to it; gives its address and what came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", came
    finally:
        server.shutdown()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path | None]:
    """A file system of a few megabytes; None where mounting is not allowed."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
