"""Forgetting: gone from ledger, index, old generations and files; it does not come back; another copy takes over."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ledger_samples import article
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor
from flows.forgetting import Request, look, run_forget
from flows.health import health
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index import ledger_forget
from index.generations import Generations
from index.ledger import Ledger
from index.search import search
from transforms.errors import ConfigError, LedgerError, SaringError

SECRET = "kazumbrelva"
URL = "https://kabarlembah.test/berita/rahasia?utm_source=x"


def records(folder: Path) -> Path:
    """Six records: one to forget, a shorter copy of it, and others; one of them names its outlet."""
    secret = f"{article(1)} Nama {SECRET} disebut dua kali."
    rows = [
        {
            "id": "rahasia",
            "title": "Warga Lembah",
            "text": secret + " " + article(7, 3),
            "url": URL,
            "outlet": "A.test",
        },
        {"id": "salinan", "text": secret.replace(SECRET, "seseorang") + " " + article(7, 2), "outlet": "B.test"},
        *({"id": f"lain-{n}", "text": article(10 + n), "outlet": "A.test"} for n in range(3)),
        {"id": "kosong", "text": ""},
    ]
    path = folder / "raw" / "berita.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an earlier text, two generations and a quarantine row."""
    folder = tmp_path_factory.mktemp("forget")
    settings = Settings(data_dir=folder / "data", sources=[str(folder / "raw")])
    path = records(folder)
    ingest(settings)
    path.write_text(path.read_text(encoding="utf-8").replace("dua kali", "tiga kali"), encoding="utf-8")
    ingest(settings)
    run_reindex(settings, InlineExecutor(), from_raw=False, progress=Silent())
    return folder


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Settings]:
    """The same for one test; what it adds to the sources goes afterwards."""
    shutil.copytree(made / "data", tmp_path / "data", copy_function=shutil.copy2)
    yield Settings(data_dir=tmp_path / "data", sources=[str(made / "raw")])
    for path in (made / "raw").iterdir():
        if path.name != "berita.jsonl":
            path.unlink()


def ingest(settings: Settings, *, full: bool = False):
    report = run_ingest(settings, settings.sources, InlineExecutor(), full=full, progress=Silent())
    assert report.balanced, report.counts
    assert health(settings).consistent, health(settings).problems
    return report


def forget(settings: Settings, *names: str, **changes):
    return run_forget(settings, Request(names, **changes), InlineExecutor(), Silent())


def stored(settings: Settings) -> set[str]:
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        live = {record.id for record in ledger.live_representatives()}
        return live | {copy.id for record in ledger.live_representatives() for copy in record.copies}


@pytest.mark.sqlite("the bytes of its file are searched")
@pytest.mark.parametrize("name", ["rahasia", "http://www.kabarlembah.test/berita/rahasia"])
def test_a_forgotten_document_is_nowhere(own: Settings, name: str):
    assert search(own.index_dir, SECRET).total == 1
    done = forget(own, name)
    assert (done.documents, done.complete) == (1, True), done.checks
    assert {"table documents", "table versions", "table bands", "file ledger.sqlite"} <= {c.place for c in done.checks}
    assert search(own.index_dir, SECRET).total == 0
    assert [info.current for info in Generations(own.index_dir).list()] == [True]
    assert health(own).consistent
    left = b"".join(path.read_bytes() for path in own.data_dir.rglob("*") if path.is_file())
    assert SECRET.encode() not in left
    assert b"rahasia" not in left


def test_another_copy_takes_over(own: Settings):
    (hit,) = search(own.index_dir, SECRET).hits
    assert (hit.id, [copy.id for copy in hit.copies]) == ("rahasia", ["salinan"])
    forget(own, "rahasia")
    assert [hit.id for hit in search(own.index_dir, "seseorang").hits] == ["salinan"]


def test_it_does_not_come_back(own: Settings, made: Path):
    forget(own, "rahasia")
    report = ingest(own)
    assert (report.counts["forgotten"], report.counts["new"]) == (1, 0)
    assert report.counts["seen"] == 5
    assert ingest(own).counts["seen"] == 5
    assert ingest(own, full=True).counts["forgotten"] == 1
    path = made / "raw" / "berita.jsonl"
    moved = json.loads(path.read_text(encoding="utf-8").splitlines()[0]) | {"id": "baru", "text": article(55)}
    path.with_name("arsip.jsonl").write_text(json.dumps(moved) + "\n", encoding="utf-8")
    assert ingest(own).counts["forgotten"] == 1
    assert "rahasia" not in stored(own)
    assert search(own.index_dir, SECRET).total == 0


def test_another_document_of_the_same_id_waits_for_a_person(own: Settings, made: Path):
    forget(own, "rahasia")
    other = {"id": "rahasia", "text": article(77)}
    (made / "raw" / "lain.jsonl").write_text(json.dumps(other) + "\n", encoding="utf-8")
    report = ingest(own)
    assert [failure.error for failure in report.failures if failure.id == "rahasia"] == ["forgotten_id"]
    forget(own, "rahasia", return_allowed=True)
    ingest(own)
    assert "rahasia" in stored(own)


def test_return_can_be_allowed(own: Settings):
    forget(own, "rahasia", return_allowed=True)
    assert "rahasia" not in stored(own)
    assert ingest(own).counts["new"] == 1
    assert "rahasia" in stored(own)


def test_an_outlet_is_forgotten(own: Settings):
    done = run_forget(own, Request((), "a.test"), InlineExecutor(), Silent())
    assert (done.documents, done.complete) == (4, True)
    assert stored(own) == {"salinan"}
    assert ingest(own).counts["forgotten"] == 4


def test_a_quarantine_row_is_forgotten(own: Settings):
    done = forget(own, "berita#6")
    assert (done.documents, done.quarantined, done.complete) == (0, 1, True)
    assert ingest(own, full=True).counts["quarantined"] == 0


@pytest.mark.sqlite("the bytes of its file are searched")
def test_a_forget_that_was_killed_is_finished_by_the_next_run(own: Settings):
    with Ledger.open(own.ledger_url) as ledger, ledger.writing() as connection:
        targets = ledger_forget.find(connection, ["rahasia"], None)
        ledger_forget.forget(connection, targets, ["rahasia"], None, "2026-01-02T03:04:05+00:00")
    assert not health(own).consistent
    ingest(own)
    assert len(Generations(own.index_dir).list()) == 1
    assert forget(own, "rahasia").complete
    assert SECRET.encode() not in (own.data_dir / "ledger.sqlite").read_bytes()


@pytest.mark.sqlite("a trigger in its own language stands for the power that goes")
def test_a_forget_that_ended_just_before_its_end_is_finished_when_repeated(own: Settings):
    file = own.data_dir / "ledger.sqlite"
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute(
            "CREATE TRIGGER dead BEFORE UPDATE OF finished_at ON runs BEGIN SELECT RAISE(ABORT, 'the power went'); END"
        )
    with pytest.raises(LedgerError, match="the power went"):
        forget(own, "rahasia")
    assert health(own).runs.last.unfinished
    with closing(sqlite3.connect(file)) as ledger:
        ledger.execute("DROP TRIGGER dead")
    assert forget(own, "rahasia").complete
    assert health(own).problems == ()


def test_what_is_unknown_is_said(own: Settings):
    with pytest.raises(SaringError, match="nothing to forget"):
        look(own, Request(("tidak-ada",)))


def test_the_command_asks_and_proves(own: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SARING_DATA_DIR", str(own.data_dir))
    monkeypatch.setenv("SARING_RUNNER__KIND", "inline")
    no = CliRunner().invoke(app, ["forget", "rahasia"], input="n\n")
    assert (no.exit_code, "rahasia" in stored(own)) == (1, True)
    yes = CliRunner().invoke(app, ["forget", "rahasia", "--yes", "--json"])
    assert yes.exit_code == 0, yes.stderr
    answer = json.loads(yes.stdout)
    assert answer["complete"] is True
    assert all(set(check) == {"place", "searched", "left"} for check in answer["checks"])
    assert isinstance(CliRunner().invoke(app, ["forget"]).exception, ConfigError)


def test_an_id_that_looks_like_the_number_of_a_record_is_no_trace(tmp_path: Path):
    texts = [
        f"Warga kampung nomor {number} menanam pohon mangga di tepi sungai sejak {number} tahun lalu."
        for number in (3, 5)
    ]
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"id": f"a{n}", "text": t}) + "\n" for n, t in enumerate(texts))
    )
    (tmp_path / "b.jsonl").write_text(
        json.dumps({"id": "2", "text": "Nelayan lereng membawa pulang tiga keranjang ikan."})
    )
    settings = Settings(data_dir=tmp_path / "data", sources=[str(tmp_path / "*.jsonl")])
    ingest(settings)
    done = forget(settings, "2")
    assert (done.documents, done.complete) == (1, True), done.checks
