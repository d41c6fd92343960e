"""Full disks, read-only folders, locked ledgers: whole processes on real file systems that refuse them something."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.locks import data_lock

SARING = Path(sys.executable).with_name("saring")
WORDS = "sungai gunung pasar sekolah jembatan panen nelayan petani guru dokter warga kota desa pantai hutan".split()


def saring(data: Path, *command: str, limits: Callable[[], None] | None = None, **more: str):
    environment = {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline", **more}
    return subprocess.run(
        [str(SARING), *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limits,
    )


def explained(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence that a failed command ends with; never a traceback."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("saring: ")
    return sentence


def corpus(folder: Path, name: str, count: int) -> Path:
    draw = random.Random(name)
    path = folder / f"{name}.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            text = "\n".join(" ".join(draw.choices(WORDS, k=14)).capitalize() + "." for _ in range(20))
            out.write(
                json.dumps({"id": f"{name}{number:04d}", "title": f"Berita {name} {number}", "text": text}) + "\n"
            )
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of five megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", folder], check=False).returncode:
        pytest.skip("mounting a small file system needs rights that this process has not")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.slow
@pytest.mark.sqlite("the ledger is on the full disk")
def test_a_full_disk_fails_clearly_and_the_next_run_completes(tmp_path: Path, small_disk: Path):
    data = small_disk / "data"
    first, more = corpus(tmp_path, "a", 60), corpus(tmp_path, "b", 300)
    assert saring(data, "ingest", "--direct", str(first)).returncode == 0
    ballast = small_disk / "ballast"
    for left in (900_000, 300_000, 60_000):
        ballast.write_bytes(b"")
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - left))
        sentence = explained(saring(data, "ingest", "--direct", str(more)))
        assert "full" in sentence or "No space left" in sentence
        assert "ree some space" in sentence
        assert json.loads(saring(data, "search", "--json", "sungai").stdout)["total"] >= 50
        assert not list((data / "work").iterdir()), "a failed run leaves nothing that keeps the disk full"
        status = json.loads(saring(data, "status", "--json").stdout)
        assert status["last_run"]["state"] in {"failed", "died"}  # the reason itself may be too much for the disk
        assert any("MB are free for" in hint for hint in status["hints"])
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
    done = saring(data, "ingest", "--direct", "--json", str(more), str(first))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["seen"] == 360
    assert json.loads(saring(data, "status", "--json").stdout)["counts"]["live"] == 360


@pytest.mark.sqlite("the ledger is a file that may not grow")
def test_a_limit_of_file_sizes_fails_clearly(tmp_path: Path):
    many = corpus(tmp_path, "a", 200)
    limits = (400_000, 400_000)
    sentence = explained(
        saring(
            tmp_path / "data",
            *("ingest", "--direct", str(many)),
            limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits),
        )
    )
    assert "again" in sentence
    assert saring(tmp_path / "data", "ingest", "--direct", str(many)).returncode == 0
    assert saring(tmp_path / "data", "status").returncode == 0


@pytest.mark.slow
@pytest.mark.sqlite("the ledger is in the folder")
def test_a_read_only_folder_can_be_searched_and_says_why_it_is_not_written(tmp_path: Path, small_disk: Path):
    data, some = small_disk / "data", corpus(tmp_path, "a", 30)
    assert saring(data, "ingest", "--direct", str(some)).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    for command in (["ingest", "--direct", str(some)], ["generations", "rollback"]):
        sentence = explained(saring(data, *command))
        assert str(data) in sentence
        assert "Read-only" in sentence
    assert saring(data, "search", "sungai").returncode == 0
    for command in (["status"], ["explain", "a0001"]):
        done = saring(data, *command)
        assert done.returncode == 0, done.stderr
    assert "Read-only" in explained(saring(small_disk / "other", "ingest", "--direct", str(some)))


@pytest.mark.slow
@pytest.mark.sqlite("its lock is a file's")
def test_a_ledger_that_another_program_holds_is_waited_for(tmp_path: Path):
    data, some = tmp_path / "data", corpus(tmp_path, "a", 20)
    assert saring(data, "ingest", "--direct", str(some)).returncode == 0
    other = sqlite3.connect(data / "ledger.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    assert saring(data, "status").returncode == 0
    later = threading.Timer(2, other.close)
    later.start()
    assert saring(data, "ingest", "--direct", "--full", str(some)).returncode == 0
    later.join()


@pytest.mark.parametrize("name", ["a#b ?c=50%41", pytest.param("a?b#", marks=pytest.mark.slow)])
def test_any_name_of_a_data_folder(tmp_path: Path, name: str):
    some = corpus(tmp_path, "a", 3)
    assert saring(tmp_path / name, "ingest", "--direct", str(some)).returncode == 0
    assert saring(tmp_path / name, "status").returncode == 0


@pytest.mark.slow
def test_two_writers_at_once(tmp_path: Path):
    data, some = tmp_path / "data", corpus(tmp_path, "a", 20)
    assert saring(data, "ingest", "--direct", str(some)).returncode == 0
    with data_lock(data):
        for command in (["ingest", "--direct", str(some)], ["reindex", "--direct"]):
            assert str(os.getpid()) in explained(saring(data, *command))
    assert saring(data, "ingest", "--direct", str(some)).returncode == 0


def test_output_that_cannot_be_written(tmp_path: Path):
    data, some = tmp_path / "data", corpus(tmp_path, "a", 3)
    assert saring(data, "ingest", "--direct", str(some)).returncode == 0
    for command in (
        [str(SARING), "search", "sungai"],
        [sys.executable, "-m", "index.search", "--index", "{}", "sungai"],
    ):
        with Path("/dev/full").open("wb") as full:
            filled = [part.format(data / "index") for part in command]
            environment = {**os.environ, "SARING_DATA_DIR": str(data)}
            done = subprocess.run(filled, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
        assert "No space left" in done.stderr
