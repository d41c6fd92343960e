"""Sources and clocks that do what they should not, between runs and in the middle of one."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.executors import InlineExecutor
from flows.health import health
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.report import RunReport
from flows.settings import Settings
from index.generations import Generations
from index.ledger import Ledger
from index.search import search

SARING = Path(sys.executable).with_name("saring")


def write(folder: Path, word: str, count: int = 4) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"berita-{number}.txt").write_text(
            f"Warga kampung {number} menanam {word} di kebun.\n", encoding="utf-8"
        )


def ingest(own: Settings, *sources: Path) -> RunReport:
    report = run_ingest(own, [str(s) for s in sources], InlineExecutor(), full=False, progress=Silent())
    assert report.balanced
    assert health(own).consistent
    return report


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", outlet_lines="off")


@pytest.mark.parametrize("gone", [False, True], ids=["empty", "gone"])
def test_a_source_folder_that_is_suddenly_empty_loses_nothing(tmp_path: Path, own: Settings, gone: bool):
    raw = tmp_path / "raw"
    write(raw, "mangga")
    ingest(own, raw)
    raw.rename(tmp_path / "aside")
    if not gone:
        raw.mkdir()
    ingest(own, raw)
    assert search(own.index_dir, "mangga").total == 4
    shutil.rmtree(raw, ignore_errors=True)
    (tmp_path / "aside").rename(raw)
    assert ingest(own, raw).counts["unchanged"] == 4


def test_files_of_another_age_are_read_again_even_when_they_are_older(tmp_path: Path, own: Settings):
    raw = tmp_path / "raw"
    write(raw, "mangga")
    ingest(own, raw)
    write(raw, "pepaya")
    for path in raw.iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert ingest(own, raw).counts["changed"] == 4
    assert search(own.index_dir, "pepaya").total == 4


def test_a_clock_that_went_back(tmp_path: Path, own: Settings):
    raw = tmp_path / "raw"
    write(raw, "mangga")
    first = ingest(own, raw)
    with Ledger.open(own.ledger_url) as ledger:
        ledger.start_run("20990101T000000.000000Z", "2099-01-01T00:00:00+00:00")
        ledger.finish_run("20990101T000000.000000Z", "2099-01-01T00:01:00+00:00", {})
    generations = Generations(own.index_dir)
    os.utime(generations.current_path() / "saring-index.json", (4_000_000_000, 4_000_000_000))
    write(raw, "pepaya")
    second = ingest(own, raw)
    assert second.run_id > "20990101T000000.000000Z" > first.run_id
    assert health(own).runs.last.run_id == second.run_id
    assert generations.prune(1) == ()
    assert search(own.index_dir, "pepaya").total == 4


def test_files_that_change_and_vanish_while_they_are_read(tmp_path: Path):
    """A run goes on over files that another process rewrites, cuts off and deletes; the run after it has the truth."""
    raw = tmp_path / "raw"
    write(raw, "mangga", 30)
    records = [json.dumps({"id": f"r{n}", "text": f"Nelayan ke-{n} memperbaiki perahu kayu."}) for n in range(100)]
    packed = raw / "arsip.jsonl.gz"
    packed.write_bytes(gzip.compress("\n".join(records).encode()))
    environment = {**os.environ, "SARING_DATA_DIR": str(tmp_path / "data"), "SARING_RUNNER__KIND": "inline"}
    run = [str(SARING), "ingest", "--direct", "--json", str(raw)]
    with subprocess.Popen(run, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        number = 0
        while process.poll() is None:
            path = raw / f"berita-{number % 30}.txt"
            if number % 3 == 0:
                path.unlink(missing_ok=True)
            else:
                path.write_text(f"Warga kampung {number} memanen pepaya.\n" * (1 + number % 3), encoding="utf-8")
            packed.write_bytes(gzip.compress("\n".join(records).encode())[: 200 + 37 * (number % 40)])
            number += 1
            time.sleep(0.002)
        out, errors = process.communicate()
    assert (process.returncode, b"Traceback" in errors) == (0, False), errors.decode()
    assert json.loads(out)["counts"]["seen"] >= 1
    packed.write_bytes(gzip.compress("\n".join(records).encode()))
    write(raw, "salak", 30)
    done = subprocess.run(run, env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout)["counts"]["quarantined"] == 0
    own = Settings(data_dir=tmp_path / "data")
    assert health(own).consistent
    assert (
        search(own.index_dir, "salak").total
        + sum(len(hit.copies) for hit in search(own.index_dir, "salak", per_page=100).hits)
        >= 30
    )
    assert search(own.index_dir, "perahu").total >= 1


@pytest.mark.sqlite("the user without rights has none on the server's socket either")
def test_files_that_may_not_be_read_are_told(tmp_path: Path):
    raw = tmp_path / "raw"
    write(raw, "mangga")
    (raw / "berita-0.txt").chmod(0)
    (raw / "tertutup").mkdir(mode=0)
    plain = [] if os.getuid() else ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    if plain and not shutil.which(plain[0]):
        pytest.skip("root may read everything, and there is no setpriv to give that up")
    done = subprocess.run(
        [*plain, str(SARING), "ingest", "--direct", "--json", str(raw)],
        env={**os.environ, "SARING_DATA_DIR": str(tmp_path / "data"), "SARING_RUNNER__KIND": "inline"},
        capture_output=True,
        text=True,
        check=False,
    )
    (raw / "tertutup").chmod(0o700)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["counts"]["new"], report["counts"]["quarantined"]) == (3, 2)
    assert {failure["error"] for failure in report["failures"]} == {"unreadable"}
