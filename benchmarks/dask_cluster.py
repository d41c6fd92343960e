"""Ingest on a Dask cluster of two workers, kill one in the middle, kill all, and compare with the process pool.

    python benchmarks/dask_cluster.py CORPUS.jsonl[.gz] [--documents 2000] [--rounds 3]

The scheduler and the workers are processes of this machine, so both runners have the same cores, and what is measured
is what handing work out costs: time as the run report has it, without start-up, and processor time of the run, its
workers and the scheduler; the best of the rounds, which alternate. Compared are, for every document in the ledger,
text, removals, language, metadata and representative, as in consistency.py; `saring status --check` compares the index
with the ledger.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from consistency import SARING, contents, environment
from local_cluster import LocalCluster, local_cluster
from throughput import first_documents

PR_SET_CHILD_SUBREAPER = 36
"""Linux: `man prctl`."""


def ingest(corpus: Path, data: Path, runner: str, address: str = "", *options: str) -> float:
    """One run; gives its seconds, from its own report."""
    done = subprocess.run(
        [str(SARING), "ingest", "--json", "--quiet", *options, str(corpus)],
        env=environment(data, runner, address),
        stdout=subprocess.PIPE,
        check=True,
    )
    report = json.loads(done.stdout)
    began, finished = (datetime.fromisoformat(report[name]) for name in ("started_at", "finished_at"))
    return (finished - began).total_seconds()


def adopt_orphans() -> None:
    """Become the parent of what runs leave behind: only of children that it waited for a process learns their times."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def processor_seconds(cluster: LocalCluster) -> float:
    """What the cluster and the runs that have ended have used so far; waits for the ends of their worker processes."""
    lasting = {process.pid: psutil.Process(process.pid) for process in (*cluster.workers, cluster.scheduler)}
    for child in psutil.Process().children():
        if child.pid not in lasting:
            os.waitpid(child.pid, 0)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    times = [process.cpu_times() for process in lasting.values()]
    return ended.ru_utime + ended.ru_stime + sum(each.user + each.system for each in times)


def interrupted(corpus: Path, data: Path, address: str, at: int, interrupt: Callable[[], None]) -> tuple[int, int, str]:
    """A run in which something happens after so many documents: its status, lost calls, and last words."""
    command = [str(SARING), "ingest", "--direct", "--log-format", "json", str(corpus)]
    settings = {**environment(data, "dask", address), "SARING_RUNNER__WAIT_SECONDS": "3"}
    recorded, lost, last = 0, 0, ""
    with subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            last = line.strip() or last
            told = json.loads(line) if line.startswith("{") else {}
            lost += told.get("event") == "worker_lost"
            before, recorded = recorded, recorded + told.get("new", 0) * (told.get("event") == "recorded")
            if before < at <= recorded:
                interrupt()
    return run.returncode, lost, last


def compare(data: Path, expected: dict[str, str]) -> str:
    """How many documents differ, and whether the index holds what the ledger says."""
    found = contents(data)
    differing = sum(found.get(id_) != expected.get(id_) for id_ in found.keys() | expected.keys())
    command = [str(SARING), "status", "--check"]
    check = subprocess.run(command, env=environment(data, "inline"), capture_output=True, check=False)
    index = "equals" if check.returncode == 0 else "DIFFERS FROM"
    return f"{differing} of {len(expected)} documents differ, the index {index} the ledger"


def against_processes(corpus: Path, folder: Path, cluster: LocalCluster, rounds: int) -> dict[str, str]:
    """Print the best times of both runners; gives what the process pool made of the corpus."""
    taken: dict[str, list[tuple[float, float]]] = {"process": [], "dask": []}
    for number in range(rounds):
        for runner, figures in taken.items():
            before = processor_seconds(cluster)
            seconds = ingest(corpus, folder / f"{runner}-{number}", runner, cluster.address, "--direct")
            figures.append((seconds, processor_seconds(cluster) - before))
    for runner, figures in taken.items():
        seconds, used = (min(column) for column in zip(*figures, strict=True))
        print(f"{runner:8} {seconds:6.1f} s, {used:6.1f} s of processors, best of {rounds}")
    expected = contents(folder / "process-0")
    print(f"dask: {compare(folder / 'dask-0', expected)}")
    return expected


def main() -> None:
    """Print times, what two kills lead to, and whether the end is the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    adopt_orphans()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "documents.jsonl"
        first_documents(args.corpus, args.documents, corpus)
        (folder / "cluster").mkdir()
        with local_cluster(folder / "cluster", 2) as cluster:
            expected = against_processes(corpus, folder, cluster, args.rounds)
            ingest(corpus, folder / "flow", "dask", cluster.address)
            print(f"dask, as a Prefect flow: {compare(folder / 'flow', expected)}")
            half = args.documents // 2
            status, lost, _ = interrupted(
                corpus, folder / "one", cluster.address, half, lambda: cluster.kill(cluster.workers[0])
            )
            print(f"one of two workers killed after {half}: status {status}, {lost} shards done again")
            print(f"  {compare(folder / 'one', expected)}")
            status, _, last = interrupted(
                corpus, folder / "all", cluster.address, half, lambda: cluster.kill(cluster.workers[1])
            )
            print(f"the last worker killed after {half}: status {status}\n  {last}")
        ingest(corpus, folder / "all", "process", "", "--direct")
        print(f"  the next run: {compare(folder / 'all', expected)}")


if __name__ == "__main__":
    main()
