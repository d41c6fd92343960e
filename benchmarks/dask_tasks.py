"""What a task run on Dask costs: Prefect's DaskTaskRunner against a thread that waits for Dask, as saring has it.

    python benchmarks/dask_tasks.py [--tasks 60] [--rounds 3]

Tasks that do nothing, five ahead of the one waited for as in a run, on a scheduler and two workers on this machine with
a temporary Prefect server. Milliseconds a task run: time, and the processor time of the process that runs the flow.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from local_cluster import local_cluster

AHEAD = 5


def timed(tasks: int, submit: Callable[[int], Any]) -> tuple[float, float]:
    """Milliseconds and processor milliseconds of a task, after a few that warm up."""
    for number in range(AHEAD):
        submit(number).result()
    began, began_cpu = time.perf_counter(), time.process_time()
    waiting: deque[Any] = deque()
    for number in range(tasks):
        waiting.append(submit(number))
        if len(waiting) > AHEAD:
            waiting.popleft().result()
    for pending in waiting:
        pending.result()
    return (time.perf_counter() - began) / tasks * 1000, (time.process_time() - began_cpu) / tasks * 1000


def ways(address: str, tasks: int) -> dict[str, Callable[[], tuple[float, float]]]:
    """The three ways to hand a call to the cluster."""
    from distributed import Client  # Prefect's settings are read when it is imported, so these come late
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect_dask import DaskTaskRunner

    @task(cache_policy=NO_CACHE, persist_result=False)
    def remote(number: int) -> int:
        return number

    @task(cache_policy=NO_CACHE, persist_result=False)
    def waiting(number: int, client: Client) -> Any:
        return client.submit(int, number, pure=False).result()

    @flow(task_runner=DaskTaskRunner(address=address))
    def runner() -> tuple[float, float]:
        return timed(tasks, remote.submit)

    @flow
    def thread() -> tuple[float, float]:
        with Client(address, set_as_default=False) as client:
            return timed(tasks, lambda number: waiting.submit(number, client))

    def plain() -> tuple[float, float]:
        with Client(address, set_as_default=False) as client:
            return timed(tasks, lambda number: client.submit(int, number, pure=False))

    return {"Prefect's DaskTaskRunner": runner, "a task run that waits for Dask": thread, "Dask without Prefect": plain}


def main() -> None:
    """Print the median of each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {
            "PREFECT_HOME": name,
            "PREFECT_LOGGING_LEVEL": "CRITICAL",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
        os.environ.pop("PREFECT_API_URL", None)
        (Path(name) / "cluster").mkdir()
        with local_cluster(Path(name) / "cluster", 2) as cluster:
            measured: dict[str, list[tuple[float, float]]] = {}
            for _ in range(args.rounds):
                for way, run in ways(cluster.address, args.tasks).items():
                    measured.setdefault(way, []).append(run())
        for way, times in measured.items():
            wall, cpu = sorted(times)[len(times) // 2]
            print(f"{way:32} {wall:6.1f} ms, {cpu:5.1f} ms of the processor")


if __name__ == "__main__":
    main()
