"""Ledger against index document by document; indexes of another format; rollback under a running reader."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from four_articles import four_articles, status
from ledger_samples import article

from flows.executors import InlineExecutor
from flows.health import health
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index.files import MARKER
from index.generations import Generations
from index.ledger import Ledger
from index.search import search
from index.writer import IndexWriter
from transforms.errors import IndexUnavailableError

READER = """
import sys, time
from index.search import Searcher
with Searcher(sys.argv[1]) as searcher:
    for _ in sys.stdin:
        answer = searcher.search("berita")
        print(answer.generation, answer.total, flush=True)
"""


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    settings = four_articles(tmp_path)
    ingest(settings)
    return settings


def ingest(settings: Settings):
    return run_ingest(settings, settings.sources, InlineExecutor(), full=False, progress=Silent())


def reindex(settings: Settings):
    return run_reindex(settings, InlineExecutor(), from_raw=False, progress=Silent())


def test_what_agrees_is_found_to_agree(own: Settings):
    found = health(own, check=True)
    assert (found.consistent, found.differences) == (True, ())
    assert health(own).differences is None
    assert status(own, "--check").exit_code == 0


def test_every_kind_of_difference_is_found_and_repaired(own: Settings):
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        records = {record.id: record for record in ledger.live_representatives()}
    changed = replace(records["b1"], text="lain sama sekali", copies=())
    stranger = replace(records["b2"], id="asing")
    with IndexWriter(Generations(own.index_dir).current_path()) as writer:
        writer.apply([changed, stranger, replace(records["b3"], title="Judul lain")], ["b0"])
    assert health(own).consistent, "the counts agree: only a comparison can tell"
    done = status(own, "--check", "--json")
    assert done.exit_code == 1
    found = {item["id"]: (item["what"], item["fields"]) for item in json.loads(done.stdout)["differences"]}
    assert found == {
        "b0": ("missing", []),
        "b1": ("differs", ["text"]),
        "b3": ("differs", ["title"]),
        "asing": ("extra", []),
    }
    assert "missing b0" in status(own, "--check").stdout
    reindex(own)
    assert health(own, check=True).consistent


def test_a_damaged_file_is_found_and_repaired(own: Settings):
    segment = next(Generations(own.index_dir).current_path().glob("*.seg"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    assert status(own).exit_code == 0
    done = status(own, "--check")
    assert (done.exit_code, "damaged" in done.stdout) == (1, True)
    reindex(own)
    assert health(own, check=True).consistent


@pytest.mark.sqlite("its file is damaged")
def test_a_damaged_ledger_is_found(own: Settings):
    path = own.data_dir / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'line_marks'").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 8192 : page * 8192] = b"x" * 8192
    path.write_bytes(content)
    assert status(own).exit_code == 0, "it asks nothing of that table"
    done = status(own, "--check")
    assert done.exit_code == 1
    assert "the ledger is damaged" in done.stdout
    assert "put back a copy" in done.stdout


def test_an_index_of_another_format_is_replaced_by_the_next_ingest(own: Settings):
    generations = Generations(own.index_dir)
    old = generations.current()
    marker = generations.current_path() / MARKER
    marker.write_text(json.dumps({"format": 1, "byteorder": sys.byteorder}), encoding="utf-8")
    with pytest.raises(IndexUnavailableError, match=r"another index format.*saring ingest"):
        search(own.index_dir, "berita")
    (problem,) = health(own).problems
    assert "another index format" in problem
    assert status(own, "--check").exit_code == 1
    report = ingest(own)
    assert report.generation not in {old, None}
    assert generations.path(str(old)).is_dir(), "built beside the old one"
    assert search(own.index_dir, "berita").total == 4
    assert health(own, check=True).consistent


def test_a_running_reader_follows_rollback_and_removal(own: Settings):
    first = Generations(own.index_dir).current()
    (Path(own.sources[0]) / "b4.txt").write_text(f"berita {article(9)}", encoding="utf-8")
    reindexed = reindex(own).generation
    ingest(own)
    command = [sys.executable, "-c", READER, str(own.index_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None

        def asked() -> list[str]:
            print("?", file=reader.stdin, flush=True)
            return reader.stdout.readline().split()

        assert asked() == [reindexed, "5"]
        Generations(own.index_dir).rollback()
        assert asked() == [first, "4"]
        ingest(own)
        assert asked()[1] == "5"
        Generations(own.index_dir).keep_only_current()
        assert asked()[1] == "5"
        reader.stdin.close()
    assert reader.returncode == 0
