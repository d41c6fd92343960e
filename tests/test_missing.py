"""Files and records that are gone: kept by default, removed on request, held when they are suspiciously many."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ledger_samples import article

from flows.executors import InlineExecutor
from flows.health import health
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from index.search import search
from transforms.errors import ConfigError


def settings(folder: Path, on_missing: str = "remove", **changes) -> Settings:
    return Settings(
        data_dir=folder / "data", on_missing=on_missing, outlet_lines="off", sources=[str(folder / "raw")], **changes
    )


def ingest(own: Settings, *sources: Path, confirm: bool = False):
    names = [str(source) for source in sources] or own.sources
    report = run_ingest(own, names, InlineExecutor(), full=False, progress=Silent(), confirm_removals=confirm)
    assert report.balanced
    assert health(own).consistent
    return report


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Ten files, one of them with ten records."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for number in range(9):
        (folder / f"b{number}.txt").write_text(article(number, 4), encoding="utf-8")
    write_records(folder, 10)
    return folder


def write_records(folder: Path, count: int) -> None:
    rows = [json.dumps({"id": f"r{n}", "text": article(100 + n, 4)}) + "\n" for n in range(count)]
    (folder / "dump.jsonl").write_text("".join(rows), encoding="utf-8")


def total(own: Settings) -> int:
    return health(own).indexed or 0


def test_what_is_gone_stays_by_default(tmp_path: Path, raw: Path):
    own = settings(tmp_path, "keep")
    ingest(own)
    (raw / "b3.txt").unlink()
    report = ingest(own)
    assert (report.counts["removed"], total(own)) == (0, 19)
    assert any("b3.txt" in note and "on_missing: keep" in note for note in report.notes)
    with pytest.raises(ConfigError, match="on_missing: keep"):
        ingest(own, confirm=True)


@pytest.mark.parametrize("on_missing", ["keep", "remove"])
def test_an_emptied_source_is_seen_in_the_status_until_it_is_back(tmp_path: Path, raw: Path, on_missing: str):
    own = settings(tmp_path, on_missing)
    ingest(own)
    away = raw.rename(tmp_path / "away")
    raw.mkdir()
    ingest(own)
    (hint,) = health(own).hints
    assert f"documents of {raw}" in hint
    assert "see that it is complete and mounted" in hint
    raw.rmdir()
    ingest(own)
    assert health(own).quarantine == {"read/not_found": 1}
    away.rename(raw)
    assert ingest(own).counts["unchanged"] == 19
    assert (health(own).hints, health(own).quarantine) == ((), {})


def test_a_folder_without_files_is_told(tmp_path: Path, raw: Path):
    (tmp_path / "kosong" / "di dalam").mkdir(parents=True)
    report = ingest(settings(tmp_path), tmp_path / "kosong", raw, raw / "dump.jsonl")
    assert report.notes == [f"nothing was read from {tmp_path}/kosong: there is no file in it"]
    assert report.counts["new"] == 19


def test_single_files_and_records_are_removed(tmp_path: Path, raw: Path):
    own = settings(tmp_path)
    ingest(own)
    (raw / "b3.txt").unlink()
    write_records(raw, 8)
    assert ingest(own).counts["removed"] == 3
    assert total(own) == 16
    assert search(own.index_dir, f'"{article(3, 4)[:40]}"').total == 0
    assert ingest(own).counts["removed"] == 0
    (raw / "b3.txt").write_text(article(3, 4), encoding="utf-8")
    assert ingest(own).counts["new"] == 1
    assert total(own) == 17


@pytest.mark.parametrize("loss", ["emptied", "unmounted", "truncated"])
def test_much_at_once_is_held_until_confirmed(tmp_path: Path, raw: Path, loss: str):
    own = settings(tmp_path)
    ingest(own)
    if loss == "truncated":
        write_records(raw, 4)
    else:
        shutil.rmtree(raw)
    if loss == "emptied":
        raw.mkdir()
    missing = 6 if loss == "truncated" else 19
    report = ingest(own)
    assert (report.counts["removed"], total(own)) == (0, 19)
    assert any("on hold" in note and f"{missing} of 19" in note for note in report.notes)
    assert any("--confirm-removals" in hint for hint in health(own).hints)
    assert ingest(own, confirm=True).counts["removed"] == missing
    assert total(own) == 19 - missing
    assert not any("--confirm-removals" in hint for hint in health(own).hints)


def test_a_damaged_file_removes_nothing(tmp_path: Path, raw: Path):
    own = settings(tmp_path, missing_limit=1.0)
    ingest(own)
    lines = (raw / "dump.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (raw / "dump.jsonl").write_text("".join(lines[:4]) + '{"id": "r4", "te', encoding="utf-8")
    assert ingest(own).counts["removed"] == 0
    (raw / "dump.jsonl").write_text("".join(lines[:9]), encoding="utf-8")
    assert ingest(own).counts["removed"] == 1


def test_the_limit_can_be_set(tmp_path: Path, raw: Path):
    own = settings(tmp_path, missing_limit=0.5)
    ingest(own)
    write_records(raw, 4)
    assert ingest(own).counts["removed"] == 6


def test_other_sources_are_not_looked_at(tmp_path: Path, raw: Path):
    own = settings(tmp_path)
    other = tmp_path / "lain"
    other.mkdir()
    (other / "x.txt").write_text(article(50), encoding="utf-8")
    ingest(own, raw, other)
    (raw / "b3.txt").unlink()
    assert ingest(own, other).counts["removed"] == 0
    assert ingest(own, raw).counts["removed"] == 1


def test_what_cannot_be_listed_is_not_taken_for_gone(tmp_path: Path, raw: Path):
    own = settings(tmp_path, missing_limit=1.0)
    ingest(own)
    shutil.rmtree(raw)
    raw.write_text("a file where the folder was", encoding="utf-8")
    report = ingest(own)
    assert (report.counts["removed"], total(own)) == (0, 19)
