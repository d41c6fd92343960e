"""Input as an attacker would write it: it costs little, harms no neighbour, and is shown without being obeyed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from hostile import ARTICLE, INPUTS, taken

from transforms.models import RawDocument, Rejected, SourceFile
from transforms.read import ReadSettings, discover, read

SARING = Path(sys.executable).with_name("saring")
SLOW = frozenset(
    "entities.html terms.txt accents.txt emoji.txt one-word.txt stops.txt bomb.csv.gz unclosed.html".split()
)
"""Seconds each in all the stages together: `benchmarks/hostile.py` has them."""
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which all of it went."""
    folder = tmp_path_factory.mktemp("hostile")
    raw = folder / "raw"
    raw.mkdir()
    for name, write in INPUTS.items():
        if name not in SLOW:
            write(raw / name, 14)
    done = saring(folder, "ingest", "--direct", "--json", str(raw))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["seen"] >= len(INPUTS) - len(SLOW)
    assert report["peak_memory_mb"] < 600
    return folder


def saring(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SARING_DATA_DIR": str(folder / "data"), "SARING_RUNNER__KIND": "inline"}
    return subprocess.run([str(SARING), *command], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["quarantine", "list"],
        ["search", "drainase"],
        ["explain", "a\nb\x1b[31m\ufffd"],
        ["explain", "\x1b[31mtidak ada"],
        ["search", "\x1b[2J \udcff"],
        ["search", "--json", "\udcff"],
    ],
    ids=lambda command: command[0],
)
def test_no_command_lets_a_document_steer_the_terminal(ingested: Path, command: list[str]):
    done = saring(ingested, *command)
    assert "Traceback" not in done.stderr
    assert not CONTROLS.search(done.stdout + done.stderr)


def test_a_title_cannot_bring_script_to_the_page(ingested: Path):
    out = ingested / "page.html"
    assert saring(ingested, "explain", str(ingested / "raw" / "script.html"), "--html", str(out)).returncode == 0
    assert "<script" not in out.read_text(encoding="utf-8")


def found(path: Path) -> list[SourceFile | RawDocument | Rejected]:
    items: list[SourceFile | RawDocument | Rejected] = []
    for item in discover([str(path)]):
        items += read(item, ReadSettings()) if isinstance(item, SourceFile) else [item]
    return items


def test_a_name_that_is_not_utf8_is_told(tmp_path: Path):
    (tmp_path / os.fsdecode(b"nama\xff.txt")).write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "biasa.txt").write_text(ARTICLE, encoding="utf-8")
    good, bad = sorted(found(tmp_path), key=lambda item: isinstance(item, Rejected))
    assert isinstance(good, RawDocument)
    assert (bad.error, "Rename" in bad.hint) == ("unreadable_name", True)
    bad.source.encode()


def test_a_link_to_itself_is_told_and_its_neighbours_are_read(tmp_path: Path):
    (tmp_path / "a.txt").symlink_to("a.txt")
    (tmp_path / "b.txt").write_text(ARTICLE, encoding="utf-8")
    bad, good = found(tmp_path)
    assert isinstance(bad, Rejected)
    assert isinstance(good, RawDocument)


@pytest.mark.parametrize("name", ["bomb.zip", "paths.tar.gz"])
def test_archives_are_not_unpacked(tmp_path: Path, name: str):
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    INPUTS[name](folder / name, 2)
    (only,) = found(folder)
    assert isinstance(only, Rejected)
    assert (only.error, "Convert it" in only.hint) == ("unsupported_format", True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [name]


def test_the_benchmark_takes_input_through_all_stages(tmp_path: Path):
    INPUTS["digits.jsonl"](tmp_path / "digits.jsonl", 2)
    _, _, outcomes = taken(tmp_path)
    assert outcomes == {"invalid_json": 1, "documents": 2}


def test_what_stands_beside_a_bomb_is_read(tmp_path: Path):
    INPUTS["bomb.jsonl.gz"](tmp_path / "bomb.jsonl.gz", 14)
    before, bomb, after = found(tmp_path)
    assert (before.id, bomb.error, after.id) == ("before", "too_long", "after")
