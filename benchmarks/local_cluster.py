"""A Dask cluster on this machine as processes of its own, for benchmarks and tests: a scheduler and its workers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS = 60
"""How long the cluster may take to start, on a busy machine."""
DASK = Path(sys.executable).with_name("dask")


class LocalCluster:
    """Processes as `dask scheduler` and `dask worker` start them, each in a process group of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._environment = {**os.environ, **(environment or {})}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self._start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", str(port))
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, *, nanny: bool = False) -> subprocess.Popen[bytes]:
        """One more worker; with a nanny it is another process, which is started again when it dies."""
        options = ["--nthreads", "1", "--memory-limit", "0", "--local-directory", str(self.folder)]
        options += ["--nanny" if nanny else "--no-nanny"]
        worker = self._start(f"worker-{len(self.workers)}", "worker", self.address, *options)
        self.workers.append(worker)
        return worker

    def _start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [str(DASK), *command, "--no-dashboard"],
                env=self._environment,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, workers: int | None = None) -> None:
        """Wait until the scheduler answers and so many workers, or all that were added, are known to it."""
        from distributed import Client  # an optional extra

        wanted = len(self.workers) if workers is None else workers
        deadline = time.monotonic() + SECONDS
        with Client(self.address, timeout=SECONDS, set_as_default=False) as client:
            while len(client.scheduler_info()["workers"]) < wanted:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no {wanted} workers after {SECONDS} seconds: see {self.folder}")
                time.sleep(0.1)

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """End a process and those that it has started, as the kernel would."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def local_cluster(
    folder: Path, workers: int, *, nanny: bool = False, environment: Mapping[str, str] | None = None
) -> Iterator[LocalCluster]:
    """A cluster with so many workers, gone with everything of it in the end."""
    cluster = LocalCluster(folder, environment)
    try:
        for _ in range(workers):
            cluster.add_worker(nanny=nanny)
        cluster.wait()
        yield cluster
    finally:
        for process in [*cluster.workers, cluster.scheduler]:
            cluster.kill(process)
