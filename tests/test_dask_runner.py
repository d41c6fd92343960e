"""The runner for Dask against a real scheduler and real workers, which are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs the extra `dask`: pip install 'saring[dask]'")
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from local_cluster import LocalCluster, local_cluster

from flows.dask_executor import connect
from flows.dask_worker import BegunBeforeError, Call, UnseenSourceError, surroundings, unfit, work
from flows.executors import Executor, InlineExecutor, executor_for
from flows.health import health
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from flows.shards import ShardTask
from index.ledger import Ledger
from transforms.errors import ClusterError, ConfigError
from transforms.models import SourceFile
from transforms.serialize import dump_line

SARING = Path(sys.executable).with_name("saring")
PROJECT = Path(__file__).parent.parent
NOBODY = "tcp://127.0.0.1:9"

KILLER = """
import os, signal, sys
def end(event, arguments):
    if event == "open" and "beracun" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(end)
"""


def settings(data: Path, address: str = NOBODY, **runner) -> Settings:
    runner = {"kind": "dask", "address": address, "shard_documents": 10, "wait_seconds": 2, **runner}
    return Settings(data_dir=data, runner=runner)


def corpus(folder: Path) -> Path:
    folder.mkdir()
    for number in range(80):
        text = f"Panen di Muara {number}\n\nWarga kampung {number} menanam {number * 7} pohon di tepi sungai.\n"
        (folder / f"berita-{number:03d}.txt").write_text(text + "Baca juga: Harga Garam Naik\n", encoding="utf-8")
    records = [{"id": f"r{n}", "text": f"Nelayan ke-{n} pulang membawa {n} keranjang ikan kembung."} for n in range(40)]
    (folder / "arsip.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return folder


def after_a_crash(data: Path) -> Path:
    """A data folder whose last run died: the next one leaves every document to its workers."""
    (data / "work" / "died").mkdir(parents=True)
    (data / "writer.lock").touch()
    return data


class Interrupting(Silent):
    """Does something in the middle of cleaning."""

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self._interrupt, self._cleaning, self._done = interrupt, False, 0

    def phase(self, name: str, total: int | None = None) -> None:
        self._cleaning = name == "cleaning"

    def advance(self, documents: int) -> None:
        before, self._done = self._done, self._done + documents * self._cleaning
        if before < 30 <= self._done:
            self._interrupt()


def ingest(own: Settings, raw: Path, executor: Executor, interrupt: Callable[[], object] = lambda: None):
    report = run_ingest(own, [str(raw)], executor, full=False, progress=Interrupting(interrupt))
    assert report.balanced
    return report


def everything(own: Settings) -> list[str]:
    """What an index must hold, which it is held to, and what became of each document."""
    assert health(own, check=True).consistent
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        records = list(ledger.live_representatives())
        documents = list(ledger.documents([copy.id for r in records for copy in r.copies] + [r.id for r in records]))
    outcomes = [(d.id, d.source, d.text, d.removals, d.repairs, d.language, d.cluster, d.warnings) for d in documents]
    return sorted(map(repr, [*records, *outcomes]))


def by_hand(cluster: LocalCluster, data: Path, raw: Path, *, seconds: str = "2") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "SARING_DATA_DIR": str(data),
        "SARING_RUNNER__KIND": "dask",
        "SARING_RUNNER__ADDRESS": cluster.address,
        "SARING_RUNNER__WAIT_SECONDS": seconds,
        "SARING_RUNNER__SHARD_DOCUMENTS": "10",
        "SARING_OUTLET_LINES": "off",
        "PYTHONPATH": f"{cluster.folder}:{PROJECT}",
    }
    command = [str(SARING), "ingest", "--direct", "--json", "--log-format", "text", str(raw)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def cluster(tmp_path: Path):
    """A scheduler and a worker whose death is final; both die of poison."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(KILLER, encoding="utf-8")
    with local_cluster(folder, 1, environment={"PYTHONPATH": f"{folder}:{PROJECT}"}) as cluster:
        yield cluster


@pytest.mark.slow
def test_workers_that_are_killed_change_nothing_but_the_time(tmp_path: Path, cluster: LocalCluster):
    raw = corpus(tmp_path / "raw")
    inline = settings(tmp_path / "inline")
    assert ingest(inline, raw, InlineExecutor()).counts["new"] == 120

    cluster.add_worker(nanny=True)  # which starts it again
    own = settings(after_a_crash(tmp_path / "data"), cluster.address, workers=2, wait_seconds=60)
    with executor_for(own) as executor:
        assert executor.workers == 2
        assert ingest(own, raw, executor, lambda: cluster.kill(cluster.workers[0])).counts["new"] == 120
    assert everything(own) == everything(inline)
    assert not any(own.work_dir.iterdir())

    poison = raw / "berita-050-beracun.txt"
    poison.write_text("Berita ini mematikan siapa pun yang membacanya.\n", encoding="utf-8")
    poisoned = after_a_crash(tmp_path / "poisoned")
    done = by_hand(cluster, poisoned, raw, seconds="60")
    assert done.returncode == 0, done.stderr
    assert "event=worker_lost" in done.stderr
    assert all(line.startswith("time=") for line in done.stderr.split("\nrun ")[0].splitlines()), done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert (counts["seen"], counts["quarantined"], counts["new"]) == (121, 1, 120)
    assert everything(settings(poisoned)) == everything(inline)


@pytest.mark.slow
def test_a_cluster_that_goes_away_is_told_and_the_next_run_finishes(tmp_path: Path, cluster: LocalCluster):
    raw = corpus(tmp_path / "raw")
    own = settings(after_a_crash(tmp_path / "data"), cluster.address)
    with executor_for(own) as executor, pytest.raises(ClusterError, match="lost all of its workers"):
        ingest(own, raw, executor, lambda: cluster.kill(cluster.workers[0]))
    done = by_hand(cluster, own.data_dir, raw)
    assert (done.returncode, "has no workers after 2 seconds" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr

    cluster.add_worker()
    own = settings(own.data_dir, cluster.address, wait_seconds=60, shard_documents=5)
    with executor_for(own) as executor, pytest.raises(ClusterError, match="connection to the Dask scheduler"):
        ingest(own, raw, executor, lambda: cluster.kill(cluster.scheduler))
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127.0.0.1:\d+ within 1 seconds"):
        connect(cluster.address, 1)

    assert ingest(own, raw, InlineExecutor()).counts["seen"] == 120
    inline = settings(tmp_path / "inline")
    ingest(inline, raw, InlineExecutor())
    assert everything(own) == everything(inline)


def test_a_worker_says_why_it_cannot_work_for_a_run(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    ours = surroundings((str(rules),), any_machine=False)
    assert unfit(ours) == ""
    assert "Python 3." in unfit(replace(ours, versions=(("Python", "2.7"), *ours.versions[1:])))
    old = tuple((name, "0.1") for name, _ in ours.versions)
    assert "saring's code" in unfit(replace(ours, versions=old))
    assert "and 10 more" in unfit(replace(ours, versions=old))
    assert "PostgreSQL" in unfit(replace(ours, machine="another"))
    assert unfit(surroundings((), any_machine=True)) == ""
    assert "other rules" in unfit(replace(ours, rules_version="another"))
    assert "no such folder" in unfit(replace(ours, rules=(str(tmp_path / "gone"),)))


def test_a_worker_begins_a_call_only_once_and_only_in_the_folder_of_the_run(tmp_path: Path):
    call = Call(str, 7, str(tmp_path / "call-1"), surroundings((), any_machine=True))
    assert work(call) == "7"
    with pytest.raises(BegunBeforeError):
        work(call)
    with pytest.raises(ClusterError, match="the same folder at the same path on all workers"):
        work(replace(call, begun=str(tmp_path / "elsewhere" / "call-1")))
    with pytest.raises(ClusterError, match="install the same saring"):
        work(
            replace(call, begun=str(tmp_path / "2"), surroundings=replace(call.surroundings, versions=(("lxml", "1"),)))
        )


def test_a_worker_that_cannot_see_a_source_does_not_report_it_as_missing(tmp_path: Path):
    shard = tmp_path / "shard.jsonl"
    shard.write_bytes(dump_line(SourceFile(str(tmp_path / "gone.txt"), "gone.txt", 1, 1)))
    task = ShardTask(str(shard), str(tmp_path / "results"))
    call = Call(str, task, str(tmp_path / "call"), surroundings((), any_machine=True))
    with pytest.raises(UnseenSourceError, match=r"gone\.txt"):
        work(call)


def test_what_is_missing_for_dask_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ClusterError, match="dask scheduler"):
        connect(NOBODY, 0.2)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"saring\[dask\]"):
        connect(NOBODY, 0.2)
