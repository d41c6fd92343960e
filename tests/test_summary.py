"""The summary of a run for Prefect's page: throughput beside earlier runs, slowest and failed documents."""

from __future__ import annotations

from pathlib import Path

from ledger_samples import article

from flows.executors import InlineExecutor, ProcessExecutor
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from flows.summary import BAR_CHARACTERS, as_markdown, chart


def ingest(folder: Path, executor=None) -> dict:
    settings = Settings(data_dir=folder / "data", outlet_lines="off", runner={"shard_documents": 5})
    run = run_ingest(settings, [str(folder / "raw")], executor or InlineExecutor(), full=True, progress=Silent())
    return run.to_json()


def test_slowest_and_failed_documents_are_named(tmp_path: Path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(20):
        (raw / f"b{number:02}.txt").write_text(article(number, 3), encoding="utf-8")
    (raw / "besar.txt").write_text(article(99, 400), encoding="utf-8")
    (raw / "kosong|<b>.txt").write_bytes(b"")
    with ProcessExecutor(2) as executor:
        report = ingest(tmp_path, executor)
    assert len(report["slowest"]) == 10
    # The first document of a process waits for tables to be loaded.
    assert "besar" in [item["id"] for item in report["slowest"]]
    assert [item["seconds"] for item in report["slowest"]] == sorted(
        (item["seconds"] for item in report["slowest"]), reverse=True
    )
    page = as_markdown(report)
    assert "| besar | " in page
    assert "| read/empty | 1 |" in page
    assert "<b>" not in page
    assert "kosong&#124;&lt;b>" in page
    assert "last" not in page, "there is nothing to compare with"


def test_throughput_is_compared_with_earlier_runs(tmp_path: Path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.txt").write_text(article(1), encoding="utf-8")
    report = {**ingest(tmp_path), "run_id": "20260112T010000", "documents_per_second": 50.0}
    earlier = [
        {
            "run_id": f"202601{day:02}T010000",
            "documents_per_second": 1_100.0,
            "counts": {"seen": 11, "unchanged": 10 if day == 3 else 9, "quarantined": 1},
        }
        for day in range(11, 0, -1)
    ]
    page = as_markdown(report, [report, *earlier])
    assert "last 10 runs that cleaned any and in this one, -50% against their median" in page
    assert "2026-01-11 01:00 1     100.0 ███" in page, "nine of ten were skipped, which takes no time"
    bars = [line for line in page.splitlines() if "█" in line]
    assert [bar.count("█") for bar in bars] == [BAR_CHARACTERS] * 10 + [BAR_CHARACTERS // 2]
    assert "2026-01-03" not in page, "it cleaned nothing"
    assert bars[-1].startswith("this run")


def test_a_chart_of_nothing():
    assert list(chart([])) == []
    assert list(chart([("a", 0.0), ("bb", 0.0)])) == ["a        0.0", "bb       0.0"]
