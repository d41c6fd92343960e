"""Whose folders saring writes to and opens: its own, and nobody else's."""

from __future__ import annotations

import json
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flows.data_folder import DATA_MARKER, DataFolderError, claim
from flows.executors import InlineExecutor
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from index.generations import Generations
from index.search import search
from transforms.errors import IndexUnavailableError

ARTICLE = "Nelayan setempat memperbaiki perahu sebelum musim angin barat.\n"


def ingest(data: Path) -> None:
    raw = data.parent / "berita.txt"
    raw.write_text(ARTICLE, encoding="utf-8")
    run_ingest(Settings(data_dir=data), [str(raw)], InlineExecutor(), full=False, progress=Silent())


def test_a_new_folder_is_for_its_owner_alone_and_marked(tmp_path: Path):
    data = tmp_path / "data"
    old = os.umask(0)
    try:
        ingest(data)
    finally:
        os.umask(old)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert json.loads((data / DATA_MARKER).read_text(encoding="utf-8")) == {"format": 1}
    assert stat.S_IMODE(Generations(data / "index").current_path().stat().st_mode) == 0o700


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path):
    thesis = tmp_path / "work" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work", encoding="utf-8")
    with pytest.raises(DataFolderError, match="empty folder"):
        ingest(tmp_path)
    assert thesis.read_text(encoding="utf-8") == "years of work"


def test_a_folder_from_before_there_was_a_marker_is_taken(tmp_path: Path):
    data = tmp_path / "data"
    ingest(data)
    (data / DATA_MARKER).unlink()
    ingest(data)
    assert (data / DATA_MARKER).is_file()


@pytest.mark.parametrize("content", ['{"format": 2}', "[]", "{"])
def test_a_folder_of_another_layout_is_refused(tmp_path: Path, content: str):
    (tmp_path / DATA_MARKER).write_text(content, encoding="utf-8")
    with pytest.raises(DataFolderError, match=r"format|another version"):
        claim(tmp_path)


class Trap:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return os.mkdir, (str(self._path),)


def test_an_index_that_saring_did_not_make_is_not_unpickled(tmp_path: Path):
    index = tmp_path / "index"
    planted = index / "generations" / "planted"
    planted.mkdir(parents=True)
    (index / "CURRENT").write_text("planted", encoding="utf-8")
    for name in ("_MAIN_1.toc", "MAIN_1.toc", "_saring_1.toc"):
        (planted / name).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(IndexUnavailableError, match="not an index that saring made"):
        search(index, "perahu")
    done = subprocess.run(
        [sys.executable, "-m", "index.search", "--index", str(index), "perahu"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["../../elsewhere", "/etc", "", ".hidden", "a/b", "x" * 200])
def test_a_pointer_out_of_the_folder_is_not_followed(tmp_path: Path, name: str):
    (tmp_path / "CURRENT").write_text(name, encoding="utf-8")
    with pytest.raises(IndexUnavailableError, match="does not name a generation"):
        search(tmp_path, "perahu")
