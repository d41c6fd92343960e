"""An index of another format is replaced by a new one before it is searched; a newer ledger is refused in words."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from ledger_samples import article

SARING = Path(sys.executable).with_name("saring")


def run(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline"}
    return subprocess.run(command, env=environment, cwd=data.parent, capture_output=True, text=True, check=False)


def saring(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(data, str(SARING), *arguments)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "raw").mkdir()
    for number in range(3):
        (folder / "raw" / f"{number}.txt").write_text(f"Zulbenderan. {article(number)}", encoding="utf-8")
    done = saring(folder / "data", "ingest", "--direct", "--quiet", str(folder / "raw"))
    assert done.returncode == 0, done.stderr
    return folder / "data"


def copied(made: Path, folder: Path) -> tuple[Path, Path]:
    """A copy of a data folder whose index claims another format, and that index's folder."""
    data = folder / "data"
    shutil.copytree(made, data)
    (generation,) = (data / "index" / "generations").iterdir()
    marker = generation / "saring-index.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "format": 1}))
    return data, generation


def test_a_search_builds_a_new_index_beside_the_old_one(made: Path, tmp_path: Path):
    data, old = copied(made, tmp_path)
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    done = saring(data, "search", "--json", "zulbenderan")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["total"] == 3
    assert answer["generation"] != old.name
    assert "another format" in done.stderr
    assert {path.name: path.read_bytes() for path in old.iterdir()} == before
    again = saring(data, "search", "zulbenderan")
    assert (again.returncode, again.stderr) == (0, "")
    assert saring(data, "status", "--check").returncode == 0


def test_similar_builds_it_as_well(made: Path, tmp_path: Path):
    data, _ = copied(made, tmp_path)
    done = saring(data, "similar", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["query"] == "0"


def test_the_page_builds_it_before_it_listens(made: Path, tmp_path: Path):
    data, old = copied(made, tmp_path)
    environment = {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline"}
    server = subprocess.Popen([SARING, "web", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        said = next(line for line in server.stderr if "http://" in line)
        with urlopen(said.split()[1] + "?q=zulbenderan") as page:
            assert page.status == 200
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert (data / "index" / "CURRENT").read_text().strip() != old.name


def test_what_cannot_be_built_now_is_said(made: Path, tmp_path: Path):
    data, old = copied(made, tmp_path)
    with (data / "writer.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = saring(data, "search", "zulbenderan")
    assert done.returncode == 1
    assert "another index format" in done.stderr
    assert "cannot be done now" in done.stderr
    assert (data / "index" / "CURRENT").read_text().strip() == old.name
    script = run(data, sys.executable, "-m", "index.search", "--index", str(data / "index"), "zulbenderan")
    assert script.returncode == 1
    assert "`saring reindex` builds a new one" in script.stderr


@pytest.mark.sqlite("it makes a file the ledger of a newer program")
@pytest.mark.parametrize(
    "command", [("ingest", "--direct", "raw"), ("reindex", "--direct"), ("status",), ("export", "-"), ("explain", "0")]
)
def test_a_newer_ledger_is_refused_in_words(made: Path, tmp_path: Path, command: tuple[str, ...]):
    data = tmp_path / "data"
    shutil.copytree(made, data)
    shutil.copytree(made.parent / "raw", tmp_path / "raw")
    connection = sqlite3.connect(data / "ledger.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'")
    connection.close()
    done = saring(data, *command)
    assert done.returncode == 1
    assert "a newer saring wrote it" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
