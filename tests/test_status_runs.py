"""What ``saring status`` says of the last run: under way, finished, failed with its reason, or gone without a word."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from four_articles import four_articles, status
from ledger_samples import article

from flows.executors import InlineExecutor
from flows.health import health
from flows.locks import LOCK_NAME, data_lock, writer_of
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index import ledger_figures
from index.ledger import Ledger
from transforms.errors import LedgerError

SARING = Path(sys.executable).with_name("saring")


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return four_articles(tmp_path, runner={"shard_documents": 1})


def ingest(settings: Settings, executor=None):
    return run_ingest(settings, settings.sources, executor or InlineExecutor(), full=True, progress=Silent())


def told_as_json(settings: Settings) -> dict[str, Any]:
    return json.loads(status(settings, "--json").stdout)


class Breaking(InlineExecutor):
    """Records one shard, and then meets an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error, self._recorded = error, 0

    def call(self, name, function):
        if name == "record":
            self._recorded += 1
            if self._recorded > 1:
                raise self._error
        return super().call(name, function)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LedgerError("the server is gone; start it"), "the server is gone; start it"),
        (OSError(28, "No space left on device"), "No space left on device. Free some space"),
        (KeyError("Isi rahasia sebuah artikel"), "KeyError"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_a_run_that_fails_leaves_its_reason(own: Settings, error: BaseException, told: str):
    ingest(own)
    with pytest.raises(type(error)):
        ingest(own, Breaking(error))
    found = told_as_json(own)
    assert found["last_run"]["state"] == "failed"
    assert told in found["last_run"]["reason"]
    assert "rahasia" not in found["last_run"]["reason"], "an unforeseen error may quote an article"
    assert found["last_finished_run"]["run_id"] < found["last_run"]["run_id"]
    text = status(own).stdout
    assert f"failed {found['last_run']['ended_at'][:10]}" in text
    assert told in text
    assert "last success" in text
    assert "problem: the last run did not come to its end" in text
    assert status(own).exit_code == 1
    ingest(own)
    after = told_as_json(own)
    assert after["last_run"]["state"] == "finished"
    assert not after["problems"]
    assert not after["hints"]


def test_what_waits_after_a_failure_is_not_called_damage(own: Settings):
    ingest(own, InlineExecutor())
    for number in range(4, 8):
        Path(own.sources[0], f"b{number}.txt").write_text(f"berita {article(number)}", encoding="utf-8")
    with pytest.raises(LedgerError):
        ingest(own, Breaking(LedgerError("gone")))
    done = status(own)
    assert done.exit_code == 1
    waits, ended = [line for line in done.stdout.splitlines() if line.startswith("problem")]
    assert "`saring ingest` finishes that" in waits
    assert "reindex" not in waits
    assert "did not come to its end" in ended
    ingest(own)
    assert status(own).exit_code == 0


def test_a_killed_run_and_one_under_way_are_told_apart(own: Settings):
    ingest(own)
    Path(own.sources[0], "b9.txt").write_text(f"berita {article(9)}", encoding="utf-8")
    command = [str(SARING), "ingest", "--direct", "--full", "--log-format", "json", own.sources[0]]
    environment = {**os.environ, "SARING_DATA_DIR": str(own.data_dir), "SARING_RUNNER__KIND": "inline"}
    environment |= {"SARING_RUNNER__SHARD_DOCUMENTS": "5", "SARING_OUTLET_LINES": "off"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        while '"recorded"' not in run.stderr.readline():
            assert run.poll() is None
        run.send_signal(signal.SIGSTOP)
        found = told_as_json(own)
        assert found["last_run"]["state"] == "running"
        assert found["writer"] == f"process {run.pid}"
        assert (found["consistent"], found["problems"]) == (False, [])
        assert "to be indexed; the run under way does that" in found["under_way"][0]
        for arguments in ([], ["--check"]):
            told = status(own, *arguments)
            assert told.exit_code == 0, "what is being done is not wrong"
            assert f"under way in process {run.pid}" in told.stdout
            assert f"disagree until process {run.pid} is done" in told.stdout
        metrics = own.data_dir.parent / "saring.prom"
        status(own, "--metrics", str(metrics))
        assert "\nsaring_run_under_way 1\n" in metrics.read_text(encoding="utf-8")
        run.kill()
    found = told_as_json(own)
    assert (found["last_run"]["state"], found["writer"]) == ("died", None)
    dead = status(own, "--metrics", str(metrics))
    assert dead.exit_code == 1
    assert "ended without a word" in dead.stdout
    assert "to be indexed; `saring ingest` finishes that" in dead.stdout
    assert {"saring_run_under_way 0", "saring_run_failed 1"} <= set(metrics.read_text(encoding="utf-8").splitlines())


def test_what_is_told_is_of_one_moment_while_a_run_promotes_and_ends(own: Settings, monkeypatch: pytest.MonkeyPatch):
    ingest(own)
    counted, runs = ledger_figures.counts, []

    def counting(connection):
        if not runs:
            runs.append(run_reindex(own, InlineExecutor(), from_raw=False, progress=Silent()))
        return counted(connection)

    monkeypatch.setattr(ledger_figures, "counts", counting)
    found = health(own)
    assert found.generation == runs[0].generation
    assert found.runs.last.run_id == runs[0].run_id
    assert not found.problems


def test_a_run_that_takes_days_is_told(own: Settings):
    ingest(own)
    with Ledger.open(own.ledger_url) as ledger, data_lock(own.data_dir):
        ledger.start_run("20990101T000000.000000Z", "2020-01-01T00:00:00+00:00")
        os.utime(own.data_dir / LOCK_NAME, (1577836801, 1577836801))
        told = status(own)
    assert told.exit_code == 1
    assert (
        f"hours ago, and no other can begin: see in its log whether it gets on, or end process {os.getpid()}"
        in told.stdout
    )


def test_only_a_living_holder_of_the_lock_writes(tmp_path: Path):
    own, data = Settings(data_dir=tmp_path / "data"), tmp_path / "data"
    assert writer_of(own) is None
    with data_lock(data):
        assert writer_of(own) is not None
        assert writer_of(own).process == str(os.getpid())
    assert writer_of(own) is None
    for left in ("not a number", str(os.getpid()), "999999999"):  # as a killed process leaves it
        (data / LOCK_NAME).write_text(left, encoding="utf-8")
        assert writer_of(own) is None


def test_who_looks_does_not_keep_others_from_writing(tmp_path: Path):
    own, data = Settings(data_dir=tmp_path / "data"), tmp_path / "data"
    with data_lock(data):
        pass
    looked = threading.Event()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            writer_of(own)
            looked.set()

    watcher = threading.Thread(target=look)
    watcher.start()
    looked.wait()
    try:
        for _ in range(200):
            with data_lock(data):
                pass
    finally:
        stop.set()
        watcher.join()


@pytest.mark.sqlite("the ledger is a file that is overwritten")
def test_metrics_do_not_stay_good_when_there_is_no_answer(own: Settings):
    ingest(own)
    metrics = own.data_dir.parent / "saring.prom"
    assert status(own, "--metrics", str(metrics)).exit_code == 0
    (own.data_dir / "ledger.sqlite").write_bytes(b"no ledger at all " * 999)
    done = status(own, "--metrics", str(metrics))
    assert "put back a copy" in str(done.exception)
    assert "\nsaring_consistent 0\n" in metrics.read_text(encoding="utf-8")
