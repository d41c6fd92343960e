"""What loses far more than usual is held for a person, said so, and served again when it is released."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor
from flows.guard import MIN_HISTORY, MIN_IN_RUN, Guard, Usual
from flows.health import health
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.report import as_text
from flows.settings import Settings
from index.ledger import Ledger
from index.ledger_shares import BINS
from index.search import search

OUTLET = "kabarmuara.example"
THINGS = "perahu jembatan sekolah tanggul kebun pasar saluran balai dermaga gudang sumur lumbung".split()
HUNGRY = """
- id: local.hungry
  kind: promo
  why: A rule gone wrong takes every line that names the village.
  scope: line
  pattern: "Warga .*"
  longest: 400
  examples:
    - "{body}\\n⟦Warga desa⟧"
"""


def paragraph(draw: random.Random) -> str:
    words = " ".join(draw.choices(THINGS, k=14))
    return f"Warga memperbaiki {words} bersama petugas dari balai."


def article(number: int, links: int = 0) -> dict[str, str]:
    """An article; ``links`` lines under it belong to other articles."""
    draw = random.Random(number)
    lines = [paragraph(draw) for _ in range(4)]
    lines += [f"Baca juga: {' '.join(draw.choices(THINGS, k=9)).title()} Dibuka" for _ in range(links)]
    return {"id": f"g{number:04d}", "outlet": OUTLET, "title": f"Kabar nomor {number}", "text": "\n".join(lines)}


def write(path: Path, records: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def ingest(settings: Settings, source: Path):
    report = run_ingest(settings, [str(source)], InlineExecutor(), full=False, progress=Silent())
    assert report.balanced
    assert health(settings).consistent, health(settings).problems
    return report


def held(folder: Path) -> list[dict[str, str]]:
    answer = CliRunner().invoke(app, ["held", "list", "--json", "--config", str(folder / "config.yaml")])
    assert answer.exit_code == 0, answer.output
    return [json.loads(line) for line in answer.stdout.splitlines()]


def release(folder: Path, *what: str) -> None:
    answer = CliRunner().invoke(app, ["held", "release", *what, "--config", str(folder / "config.yaml")])
    assert answer.exit_code == 0, (answer.output, answer.exception)


@pytest.fixture
def usual(tmp_path: Path) -> Settings:
    """A data folder whose outlet has a history of articles that lose nothing."""
    (tmp_path / "config.yaml").write_text("data_dir: data\n", encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    report = ingest(settings, write(tmp_path / "before.jsonl", [article(n) for n in range(MIN_HISTORY)]))
    assert report.counts["held"] == 0
    return settings


def test_what_is_usual_of_an_outlet():
    histogram = [0] * (BINS + 1)
    histogram[5], histogram[6], histogram[40] = 30, 60, 5
    found = Usual.of(tuple(histogram))
    assert (found.documents, found.median) == (95, 6 / BINS)
    assert found.limit(0.5) == pytest.approx(0.5 + 6 / BINS)


def test_a_document_that_loses_most_of_its_text_is_held_until_released(tmp_path, usual):
    report = ingest(usual, write(tmp_path / "a.jsonl", [article(900, links=20), article(901)]))
    assert (report.counts["new"], report.counts["held"], report.counts["indexed"]) == (2, 1, 1)
    assert "saring held list" in as_text(report.to_json())
    assert any("saring held list" in hint for hint in health(usual).hints)
    [document] = held(tmp_path)
    assert document["id"] == "g0900"
    assert "is usual for" in document["reason"]
    release(tmp_path, "g0900")
    assert held(tmp_path) == []
    assert health(usual).consistent
    assert "g0900" in {hit.id for hit in search(usual.index_dir, "outlet:kabarmuara.example warga", per_page=100).hits}
    run_ingest(usual, [str(tmp_path / "a.jsonl")], InlineExecutor(), full=True, progress=Silent())
    assert held(tmp_path) == []


def test_an_outlet_without_history_is_not_judged(tmp_path):
    own = Settings(data_dir=tmp_path / "data")
    assert ingest(own, write(tmp_path / "a.jsonl", [article(n, links=20) for n in range(5)])).counts["held"] == 0


def test_an_outlet_that_changes_as_a_whole_is_held(tmp_path, usual):
    redesigned = write(tmp_path / "b.jsonl", [article(n, links=3) for n in range(100, 100 + MIN_IN_RUN)])
    report = ingest(usual, redesigned)
    assert report.counts["held"] == MIN_IN_RUN
    assert report.counts["indexed"] == 0
    assert any(OUTLET in note for note in report.notes)
    release(tmp_path, "--outlet", OUTLET)
    assert held(tmp_path) == []
    later = write(tmp_path / "c.jsonl", [article(n, links=3) for n in range(200, 200 + MIN_IN_RUN)])
    assert ingest(usual, later).counts["held"] == 0


def test_a_rule_gone_wrong_does_not_empty_the_index(tmp_path, usual):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "local.yaml").write_text(HUNGRY, encoding="utf-8")
    source = tmp_path / "before.jsonl"
    records = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    for record in records:
        record["text"] += "\nPetugas itu pulang ke balai desa menjelang malam setelah pekerjaan selesai sepenuhnya."
    write(source, records)
    ingest(usual, source)
    wrong = usual.model_copy(update={"rules": [tmp_path / "rules"]})
    report = ingest(wrong, source)
    assert (report.counts["changed"], report.counts["held"]) == (MIN_HISTORY, MIN_HISTORY)
    mended = ingest(usual, source)
    assert (mended.counts["held"], mended.counts["indexed"]) == (0, MIN_HISTORY)
    assert held(tmp_path) == []


def test_histories_of_killed_runs_are_not_compared_with(tmp_path, usual):
    with Ledger.open(usual.ledger_url) as ledger:
        ledger.start_run("99990101T000000", "9999-01-01T00:00:00Z")
        before = Guard(ledger, "99990101T000000").usual
        with ledger.writing() as connection:
            from index import ledger_shares

            ledger_shares.note(connection, "99990101T000000", {(OUTLET, BINS): 500})
        assert Guard(ledger, "99990102T000000").usual == before
