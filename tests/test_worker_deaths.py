"""Documents that kill the process that reads them: real processes, killed by an audit hook as the kernel would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.executors import ProcessExecutor
from flows.settings import Settings
from index.ledger import Ledger
from transforms.errors import WorkerDiedError

SARING = Path(sys.executable).with_name("saring")
PROJECT = Path(__file__).parent.parent

KILLER = """
import os, signal, sys
def end(event, arguments):
    if event == "open" and "beracun" in str(arguments[0]):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(end)
"""


def corpus(folder: Path, poisonous: str, count: int = 24) -> Path:
    raw = folder / "raw"
    raw.mkdir()
    for number in range(count):
        (raw / f"berita-{number:02d}.txt").write_text(
            f"Warga kampung nomor {number} menanam {number * 7} pohon mangga di tepi sungai.\n", encoding="utf-8"
        )
    (raw / poisonous).write_text("Berita ini mematikan siapa pun yang membacanya.\n", encoding="utf-8")
    return raw


def ingest(folder: Path, raw: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    (folder / "hook").mkdir(exist_ok=True)
    (folder / "hook" / "sitecustomize.py").write_text(KILLER, encoding="utf-8")
    environment = {
        **os.environ,
        "SARING_DATA_DIR": str(folder / "data"),
        "SARING_RUNNER__KIND": "process",
        "SARING_RUNNER__WORKERS": "2",
        "PYTHONPATH": f"{folder / 'hook'}:{PROJECT}",
        **settings,
    }
    return subprocess.run(
        [str(SARING), "ingest", "--direct", "--json", str(raw)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def check(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert (counts["seen"], counts["quarantined"], counts["new"] + counts["unchanged"]) == (25, 1, 24)
    with Ledger.open(Settings(data_dir=folder / "data").ledger_url, read_only=True) as ledger:
        (row,) = ledger.quarantine()
        assert row.error == "worker_died"
        assert "beracun" in row.source
        assert ledger.live_count() == 24


@pytest.mark.parametrize(
    "poisonous", ["awal-beracun.txt", pytest.param("berita-19-beracun.txt", marks=pytest.mark.slow)]
)
def test_a_document_that_kills_is_found_in_this_run_or_the_next(tmp_path: Path, poisonous: str):
    raw = corpus(tmp_path, poisonous)
    first = ingest(tmp_path, raw, SARING_OUTLET_LINES="off")
    # Until the workers have begun, the run's own process cleans: what kills it is looked for by the next run.
    check(tmp_path, ingest(tmp_path, raw, SARING_OUTLET_LINES="off") if first.returncode < 0 else first)


def die(_: int) -> None:
    os.kill(os.getpid(), 9)


def double(number: int) -> int:
    return 2 * number


def test_the_innocent_in_the_same_pool_finish():
    with ProcessExecutor(2) as pool:
        pending = [pool.submit("work", double, 1), pool.submit("work", die, 0), pool.submit("work", double, 2)]
        assert (pending[0].result(), pending[2].result()) == (2, 4)
        with pytest.raises(WorkerDiedError, match="memory"):
            pending[1].result()
