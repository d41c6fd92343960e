"""The pipeline from files to index, without Prefect: real files, a real ledger, a real index."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from flows.executors import InlineExecutor, ProcessExecutor
from flows.health import health
from flows.locks import data_lock
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index.generations import Generations
from index.ledger import Ledger
from index.search import search
from transforms.errors import SaringError

EXAMPLES = Path(__file__).parent.parent / "examples"


def settings(folder: Path, **changes) -> Settings:
    return Settings(data_dir=folder / "data", **changes)


def ingest(settings: Settings, *sources, full=False, executor=None):
    names = [str(source) for source in sources]
    report = run_ingest(settings, names, executor or InlineExecutor(), full=full, progress=Silent())
    assert report.balanced, report.counts
    assert health(settings).consistent, health(settings).problems
    return report


def everything(settings: Settings) -> list:
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        records = sorted(ledger.live_representatives(), key=lambda record: record.id)
        documents = list(ledger.documents([copy.id for r in records for copy in r.copies] + [r.id for r in records]))
    return records + sorted(
        ((d.id, d.text, d.removals, d.language, d.cluster, d.duplicate_kind) for d in documents), key=lambda row: row[0]
    )


def articles(folder: Path, count: int) -> Path:
    """A corpus of distinct short articles as JSON lines."""
    words = "sungai gunung pasar sekolah jembatan panen nelayan petani guru dokter warga kota desa pantai hutan".split()
    draw = random.Random(3)
    path = folder / "articles.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            sentences = [" ".join(draw.choices(words, k=12)).capitalize() + "." for _ in range(6)]
            record = {"id": f"r{number:04d}", "title": f"Judul berita nomor {number}", "text": "\n".join(sentences)}
            out.write(json.dumps(record) + "\n")
    return path


def test_long_documents_are_committed_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.indexing.COMMIT_CHARACTERS", 10_000)
    monkeypatch.setattr("index.ledger_views.CHUNK_CHARACTERS", 2_000)
    own = settings(tmp_path)
    assert ingest(own, articles(tmp_path, 60)).counts["indexed"] == len(everything(own)) // 2 == 60
    (contents,) = (own.index_dir / "generations").rglob("_*.toc")
    assert int(contents.stem.rpartition("_")[2]) > 2


def test_many_changes_are_read_and_built_ahead_of_their_commits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in {"COMMIT_CHANGES": 50, "SEGMENT_RECORDS": 20, "DIRECT_CHANGES": 15}.items():
        monkeypatch.setattr(f"flows.indexing.{name}", most)
    own = settings(tmp_path)
    assert ingest(own, articles(tmp_path, 112)).counts["indexed"] == len(everything(own)) // 2 == 112
    (contents,) = (own.index_dir / "generations").rglob("_*.toc")
    assert int(contents.stem.rpartition("_")[2]) == 3
    assert len(list(contents.parent.glob("*.seg"))) == 7  # 20, 20 and 10, twice, and the last twelve
    assert search(own.index_dir, "sungai").total > 50
    assert health(own, check=True).consistent


def test_what_the_index_holds_rightly_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.indexing.DIRECT_CHANGES", 15)
    own = settings(tmp_path)
    source = articles(tmp_path, 40)
    ingest(own, source)
    files = sorted((own.index_dir / "generations").rglob("*"))
    with Ledger.open(own.ledger_url) as ledger, ledger.writing() as connection:
        connection.execute(sql("UPDATE documents SET check_index = 1"))
        connection.execute(sql("UPDATE documents SET status = 'gone' WHERE id IN ('r0003', 'r0024')"))
    assert ingest(own, source).counts["indexed"] == 0
    with Ledger.open(own.ledger_url) as ledger:
        assert list(ledger.pending_index()) == []
    left = sorted((own.index_dir / "generations").rglob("*"))
    assert [path.suffix for path in left] == [path.suffix for path in files]
    assert len(set(left) - set(files)) == 1  # a table of contents without the two that are gone
    assert search(own.index_dir, "sungai", limit=100).total <= 38


def test_examples_become_searchable(tmp_path):
    report = ingest(settings(tmp_path), EXAMPLES / "raw")
    assert report.counts["quarantined"] == 0
    assert report.counts["near_duplicates"] >= 2
    assert {"id", "ms", "en"} <= set(report.languages)
    answer = search(tmp_path / "data" / "index", "kemitraan strategis")
    assert answer.total >= 1
    assert "<mark>" in answer.hits[0].snippet
    assert answer.facets["language"]["id"] >= 1
    assert any(hit.copies for hit in search(tmp_path / "data" / "index", "pelabuhan").hits)


def test_the_data_folder_is_no_source(tmp_path):
    some = articles(tmp_path, 5)
    own = settings(tmp_path)
    first = ingest(own, tmp_path)
    again = ingest(own, tmp_path)
    assert (first.counts["new"], first.counts["quarantined"], again.counts["quarantined"]) == (5, 0, 0), some


def test_nothing_is_done_twice(tmp_path):
    own = settings(tmp_path)
    first = ingest(own, EXAMPLES / "raw")
    before = everything(own)
    second = ingest(own, EXAMPLES / "raw")
    assert second.counts["unchanged"] == second.counts["seen"] == first.counts["seen"]
    assert second.counts["indexed"] == 0
    assert second.generation == first.generation
    assert everything(own) == before


def test_a_changed_file_replaces_its_entry(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("satu", "dua"):
        (raw / f"{name}.txt").write_text(f"Warga desa {name} menanam mangga di kebun bersama.\n" * 1, encoding="utf-8")
    own = settings(tmp_path)
    assert ingest(own, raw).counts["new"] == 2
    (raw / "satu.txt").write_text("Nelayan setempat memperbaiki perahu sebelum musim angin barat.\n", encoding="utf-8")
    report = ingest(own, raw)
    assert (report.counts["changed"], report.counts["unchanged"], report.counts["indexed"]) == (1, 1, 1)
    assert search(own.index_dir, "perahu").total == 1
    assert [hit.id for hit in search(own.index_dir, "mangga").hits] == ["dua"]


def test_full_cleans_everything_again(tmp_path):
    own = settings(tmp_path)
    ingest(own, EXAMPLES / "raw" / "beritatanjung")
    before = everything(own)
    report = ingest(own, EXAMPLES / "raw" / "beritatanjung", full=True)
    assert report.counts["unchanged"] == 0
    assert everything(own) == before


def test_bad_input_is_quarantined_and_the_run_goes_on(tmp_path):
    own = settings(tmp_path)
    report = ingest(own, EXAMPLES / "broken", EXAMPLES / "raw" / "beritatanjung")
    assert report.counts["quarantined"] >= 4
    assert report.counts["new"] >= 1
    assert all(failure.message and failure.source for failure in report.failures)
    again = ingest(own, EXAMPLES / "broken", EXAMPLES / "raw" / "beritatanjung")
    assert again.counts["quarantined"] == report.counts["quarantined"]


def test_a_repaired_file_leaves_the_quarantine(tmp_path):
    raw = tmp_path / "berita.txt"
    raw.write_bytes(b"")
    own = settings(tmp_path)
    assert ingest(own, raw).counts["quarantined"] == 1
    raw.write_text("Pasar ikan di kota pelabuhan itu dibuka kembali hari ini.\n", encoding="utf-8")
    assert ingest(own, raw).counts["quarantined"] == 0
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        assert ledger.quarantine() == []


def test_records_that_share_an_id_are_all_kept(tmp_path):
    path = tmp_path / "sama.jsonl"
    texts = ["Panen padi tahun ini lebih baik daripada tahun lalu.", "Jembatan baru di hulu sungai mulai dibangun."]
    path.write_text("".join(json.dumps({"id": "x", "text": text}) + "\n" for text in texts), encoding="utf-8")
    own = settings(tmp_path)
    assert ingest(own, path).counts["new"] == 2
    assert search(own.index_dir, "padi").total == search(own.index_dir, "jembatan").total == 1


def test_same_stem_in_different_folders(tmp_path):
    for name, text in (
        ("a", "Guru sekolah dasar itu pensiun setelah mengajar."),
        ("b", "Harga cabai naik di pasar induk."),
    ):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "001.txt").write_text(text, encoding="utf-8")
    own = settings(tmp_path)
    ingest(own, tmp_path / "raw")
    assert {r.id for r in everything(own)[:2]} == {"a/001", "b/001"}


@pytest.mark.parametrize("shuffled", [False, True])
def test_runners_and_order_make_no_difference(tmp_path, shuffled):
    corpus = articles(tmp_path, 60)
    lines = corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    lines += [line.replace('"r0', '"s0', 1) for line in lines[:10]]
    corpus.write_text("".join(lines), encoding="utf-8")
    one, other = settings(tmp_path / "one"), settings(tmp_path / "other", runner={"shard_documents": 7})
    ingest(one, corpus)
    expected = everything(one)
    if shuffled:
        random.Random(5).shuffle(lines)
        corpus.write_text("".join(lines), encoding="utf-8")
    with ProcessExecutor(2) as executor:
        ingest(other, corpus, executor=executor)

    def without_line(rows):
        return [repr(row).split("source=")[0] if hasattr(row, "source") else row for row in rows]

    assert without_line(everything(other)) == without_line(expected)


def test_split_into_runs_makes_no_difference(tmp_path):
    together, apart = settings(tmp_path / "together"), settings(tmp_path / "apart")
    ingest(together, EXAMPLES / "raw")
    for folder in sorted((EXAMPLES / "raw").iterdir(), reverse=True):
        run_ingest(apart, [str(folder)], InlineExecutor(), full=False, progress=Silent())
    texts = [{r.text for r in everything(s) if hasattr(r, "source")} for s in (together, apart)]
    assert texts[0] == texts[1]


def test_reindex_promotes_a_new_generation_and_rollback_is_repaired(tmp_path):
    own = settings(tmp_path)
    first = ingest(own, EXAMPLES / "raw" / "beritatanjung")
    report = run_reindex(own, InlineExecutor(), from_raw=False, progress=Silent())
    assert report.generation != first.generation
    assert health(own).consistent
    Generations(own.index_dir).rollback()
    assert not health(own).consistent
    third = ingest(own, EXAMPLES / "raw" / "beritatanjung")
    assert third.generation not in {first.generation, report.generation}


def test_reindex_from_raw_reads_the_configured_sources(tmp_path):
    own = settings(tmp_path, sources=[str(EXAMPLES / "raw")])
    seen = ingest(own, EXAMPLES / "raw").counts["seen"]
    report = run_reindex(own, InlineExecutor(), from_raw=True, progress=Silent())
    assert report.counts["seen"] == seen
    assert report.counts["unchanged"] == 0


def test_two_writers_are_told_apart(tmp_path):
    own = settings(tmp_path)
    ingest(own, EXAMPLES / "raw" / "beritatanjung")
    with data_lock(own.data_dir), pytest.raises(SaringError, match=str(os.getpid())):
        run_ingest(own, [str(EXAMPLES / "raw")], InlineExecutor(), full=False, progress=Silent())


def test_a_compressed_source_that_grows(tmp_path):
    path = tmp_path / "arsip.jsonl.gz"
    texts = ["Hujan deras membuat sungai meluap ke permukiman.", "Pemerintah kota memperbaiki drainase utama."]
    own = settings(tmp_path)
    for count in (1, 2):
        with gzip.open(path, "wt", encoding="utf-8") as out:
            for number, text in enumerate(texts[:count]):
                out.write(json.dumps({"id": f"n{number}", "text": text}) + "\n")
        report = ingest(own, path)
    assert (report.counts["unchanged"], report.counts["new"]) == (1, 1)
