"""The ledger from outside: what is recorded is there again, and repeating anything changes nothing."""

from __future__ import annotations

import sqlite3
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_samples import LATER, NOW, article, document, with_boilerplate
from sqlalchemy import select

from index import ledger_forget, tables
from index.duplicates import resolve
from index.ledger import Ledger
from index.ledger_codec import pack_pair, unpack_pair
from index.ledger_views import live_in_key_order, representatives
from transforms.errors import LedgerError
from transforms.models import Rejected


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "data" / "ledger.sqlite") as opened:
        yield opened


def test_a_document_comes_back_as_it_was_recorded(ledger: Ledger):
    made = with_boilerplate("a", article(1))
    made = replace(made, published_at="2026-01-01T07:00:00+07:00", url="https://suaralembah.id/a", warnings=("pendek",))
    ledger.record("run1", NOW, [made])
    stored = ledger.document("a")
    assert stored is not None
    for name in ("id", "source", "url", "title", "published_at", "outlet", "place", "authors", "text", "raw_text"):
        assert getattr(stored, name) == getattr(made, name), name
    for name in ("language", "removals", "repairs", "warnings", "rules_version", "raw_hash"):
        assert getattr(stored, name) == getattr(made, name), name
    assert stored.first_seen_run == "run1"
    assert ledger.document("b") is None


def test_repeating_a_shard_changes_nothing(ledger: Ledger):
    shard = [document("a", article(1)), document("b", article(2))]
    assert ledger.record("run1", NOW, shard).new == ("a", "b")
    again = ledger.record("run1", NOW, shard)
    assert (again.new, again.changed, again.unchanged) == ((), (), ("a", "b"))
    assert ledger.record("run2", NOW, shard, rewrite=True).changed == ("a", "b")


def test_a_changed_text_replaces_the_old_one_and_keeps_it_as_a_version(ledger: Ledger):
    ledger.record("run1", NOW, [with_boilerplate("a", article(1))])
    counts = ledger.record("run2", LATER, [document("a", article(2))])
    assert counts.changed == ("a",)
    stored = ledger.document("a")
    assert stored is not None
    assert stored.text == article(2)
    assert stored.removals == ()
    assert (stored.first_seen_run, stored.last_changed_run) == ("run1", "run2")
    (version,) = ledger.versions("a")
    assert (version.text, version.replaced_run, version.replaced_at) == (article(1), "run2", LATER)


def test_new_rules_replace_without_making_a_version(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1))])
    assert ledger.stale("r2") == ["a"]
    assert ledger.record("run2", NOW, [document("a", article(1), rules_version="r2")]).changed == ("a",)
    assert ledger.stale("r2") == []
    assert ledger.versions("a") == []


def test_an_id_that_another_file_holds_is_not_overwritten(ledger: Ledger):
    ledger.record("run1", NOW, [document("001", article(1), "/utara/001.txt")])
    other = document("001", article(2), "/selatan/001.txt")
    (renamed,) = ledger.record("run1", NOW, [other]).renamed
    assert renamed.id == "001"
    assert renamed.stored_id.startswith("001~")
    first, second = ledger.document("001"), ledger.document(renamed.stored_id)
    assert first is not None and first.text == article(1)
    assert second is not None and second.text == article(2)
    assert ledger.record("run2", NOW, [other]).unchanged == (renamed.stored_id,)
    asked = [("001", "/utara/001.txt", first.raw_hash), ("001", "/selatan/001.txt", second.raw_hash)]
    assert ledger.unchanged(asked, "r1") == {0: "001", 1: renamed.stored_id}
    assert ledger.unchanged(asked, "r2") == {}


def test_an_id_twice_in_one_file_gives_two_documents_run_after_run(ledger: Ledger):
    shard = [document("x", article(1), "/b.jsonl#1"), document("x", article(2), "/b.jsonl#2")]
    first = ledger.record("run1", NOW, shard)
    assert len(set(first.new)) == 2
    assert ledger.record("run2", NOW, shard).unchanged == first.new


def test_a_record_that_moved_to_another_line_stays_the_same_document(ledger: Ledger):
    ledger.record("run1", NOW, [document("x", article(1), "/b.jsonl#1")])
    counts = ledger.record("run2", NOW, [document("x", article(1), "/b.jsonl#2")])
    assert (counts.new, counts.changed, counts.renamed) == ((), ("x",), ())


def test_a_source_counts_as_read_only_when_it_is_finished(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1), "/b.txt")])
    assert ledger.source_states() == {}
    ledger.finish_source("/b.txt", 10, 20, "run1", 1)
    state = ledger.source_states("r1")["/b.txt"]
    assert (state.size, state.mtime_ns, state.documents, state.stale) == (10, 20, 1, False)
    assert ledger.source_states("r2")["/b.txt"].stale


def test_documents_that_a_file_no_longer_has_are_named_and_can_go(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1), "/b.jsonl#1"), document("b", article(2), "/b.jsonl#2")])
    ledger.record("run2", NOW, [], unchanged=["a"])
    assert ledger.vanished("/b.jsonl", "run2") == ["b"]
    assert ledger.mark_gone(["b"], "run2") == 1
    resolve(ledger)
    assert [record.id for record in ledger.live_representatives()] == ["a"]
    assert ledger.forget_source("/b.jsonl", "run3") == ["a"]
    assert ledger.record("run4", NOW, [document("b", article(2), "/c.jsonl#1")]).new == ("b",)


def test_quarantine_counts_tries_and_closes_when_the_input_succeeds(ledger: Ledger):
    failure = Rejected("a", "/b.jsonl#3", "read", "invalid_json", "the line is not JSON", "line 3", "repair it")
    ledger.record("run1", NOW, [], [failure])
    ledger.record("run1", NOW, [], [failure])
    ledger.record("run2", LATER, [], [failure])
    (row,) = ledger.quarantine()
    assert (row.tries, row.first_seen, row.last_seen, row.source_path) == (2, NOW, LATER, "/b.jsonl")
    assert (row.error, row.message, row.place, row.hint) == ("invalid_json", failure.message, "line 3", "repair it")
    ledger.record("run3", LATER, [document("a", article(1), "/b.jsonl#3")])
    assert ledger.quarantine() == []
    assert ledger.quarantine(resolved=True)[0].resolved


def test_quarantine_of_a_file_closes_when_the_file_is_read_without_failure(ledger: Ledger):
    ledger.record("run1", NOW, [], [Rejected("b", "/b.gz", "read", "truncated_gzip", "it ends too early")])
    ledger.finish_source("/b.gz", 1, 1, "run1", 0)
    (row,) = ledger.quarantine(run_id="run1")
    assert ledger.retry_quarantine([row.number]) == ["/b.gz"]
    assert ledger.source_states() == {}
    ledger.finish_source("/b.gz", 1, 2, "run2", 3)
    assert ledger.quarantine() == []


def test_quarantine_can_be_closed_by_hand(ledger: Ledger):
    ledger.record("run1", NOW, [], [Rejected("b", "/b.gz", "read", "binary", "not a text")])
    assert ledger.resolve_quarantine([row.number for row in ledger.quarantine()]) == 1
    assert ledger.quarantine() == []


def test_held_documents_are_kept_but_not_served_until_released(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1)), document("b", article(2))], held={"b": "language en"})
    resolve(ledger)
    assert [change.id for change in ledger.pending_index()] == ["a"]
    stored = ledger.document("b")
    assert stored is not None and (stored.status, stored.status_reason) == ("held", "language en")
    assert ledger.record("run2", NOW, [document("b", article(2))]).unchanged == ("b",)
    assert ledger.release(["b"], "run2") == 1
    resolve(ledger)
    assert sorted(change.id for change in ledger.pending_index()) == ["a", "b"]


def test_pending_index_is_what_the_index_lacks_and_nothing_else(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1)), document("b", article(2))])
    assert list(ledger.pending_index()) == []  # duplicates are not settled yet
    resolve(ledger)
    changes = list(ledger.pending_index())
    assert [(change.id, change.action) for change in changes] == [("a", "add"), ("b", "add")]
    ledger.mark_indexed({change.id: change.fingerprint for change in changes}, "g1")
    assert list(ledger.pending_index()) == []
    assert ledger.indexed_generation() == "g1"
    ledger.record("run2", NOW, [document("a", article(1), outlet="kabarlembah.id")])
    ledger.record("run2", NOW, [document("b", article(2), rules_version="r2")])
    ledger.record("run2", NOW, [document("a", article(1), outlet="kabarlembah.id", rules_version="r2")])
    resolve(ledger)
    (change,) = ledger.pending_index()
    assert change.record is not None and change.record.outlet == "kabarlembah.id"
    ledger.mark_gone(["b"], "run3")
    resolve(ledger)
    assert {(item.id, item.action) for item in ledger.pending_index()} == {("a", "add"), ("b", "delete")}
    assert len(list(ledger.pending_index(limit=1))) == 1


def test_a_new_generation_starts_over(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", article(1))])
    resolve(ledger)
    (change,) = ledger.pending_index()
    assert change.fingerprint is not None
    ledger.mark_indexed({"a": change.fingerprint}, "g1")
    ledger.reset_indexed("g2")
    assert [item.id for item in ledger.pending_index()] == ["a"]
    ledger.reset_indexed("g3", {"a": change.fingerprint})
    assert list(ledger.pending_index()) == []
    assert (ledger.live_count(), ledger.indexed_generation()) == (1, "g3")


def test_runs_keep_their_reports_newest_first(ledger: Ledger):
    ledger.start_run("run1", NOW)
    ledger.start_run("run2", LATER)
    ledger.start_run("run2", NOW)
    ledger.finish_run("run1", LATER, {"counts": {"seen": 3}})
    second, first = ledger.runs()
    assert (second.run_id, second.started_at, second.report) == ("run2", LATER, None)
    assert first.report == {"counts": {"seen": 3}}


def test_figures_count_what_is_there(ledger: Ledger):
    ledger.record("run1", NOW, [with_boilerplate("a", article(1)), document("b", article(1)), document("c", "Pendek.")])
    ledger.record("run1", NOW, [], [Rejected("d", "/d.txt", "read", "empty", "nothing in it")])
    resolve(ledger)
    counts = ledger.counts()
    assert {name: counts[name] for name in ("live", "representatives", "exact_duplicates", "quarantined")} == {
        "live": 3,
        "representatives": 2,
        "exact_duplicates": 1,
        "quarantined": 1,
    }
    assert ledger.rule_hits() == {"related.own_line": 1}
    assert ledger.languages() == {"id": 3}
    assert ledger.duplicate_kinds(["a", "b", "z"]) == {"a": None, "b": "exact"}


def test_damaged_input_can_be_stored(ledger: Ledger):
    odd = document("satu\udcff", "Teks \ud800 rusak. " + article(1), "/berita/satu\udcff.txt", title="a\x00b\ud800")
    (stored_id,) = ledger.record("run1", NOW, [odd]).new
    stored = ledger.document(stored_id)
    assert stored is not None and stored.text == odd.text
    assert ledger.record("run1", NOW, [odd]).unchanged == (stored_id,)
    assert ledger.document_states([odd.id])[odd.id].raw_hash == odd.raw_hash
    resolve(ledger)
    assert len(list(ledger.pending_index())) == 1


def test_a_file_dated_far_in_the_future_is_noted(ledger: Ledger):
    ledger.finish_source("/b.txt", 1, 2**70, "run1", 0)
    assert list(ledger.source_states()) == ["/b.txt"]


def test_a_name_that_cannot_be_stored_is_looked_for(ledger: Ledger):
    for name in ("a\udcff", "a\x00"):
        assert ledger.document(name) is None
        assert ledger.versions(name) == []
        with ledger.reading() as connection:
            assert ledger_forget.quarantined(connection, [name]) == 0


@pytest.mark.sqlite("the folder of a ledger is made")
def test_a_ledger_is_private_and_reopens(tmp_path: Path):
    path = tmp_path / "data" / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        ledger.record("run1", NOW, [document("a", article(1))])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.document("a") is not None
        with pytest.raises(LedgerError):
            ledger.record("run2", NOW, [document("b", article(2))])


@pytest.mark.sqlite("files that are not SQLite's, or are changed by it")
def test_what_is_not_a_ledger_of_this_version_is_refused(tmp_path: Path):
    with pytest.raises(LedgerError, match="no ledger"):
        Ledger.open(tmp_path / "none.sqlite", read_only=True)
    garbage = tmp_path / "garbage.sqlite"
    garbage.write_bytes(b"This is no database at all. " * 100)
    with pytest.raises(LedgerError):
        Ledger.open(garbage)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE resep (nama TEXT)")
    connection.close()
    with pytest.raises(LedgerError, match="not a ledger"):
        Ledger.open(other)
    with pytest.raises(LedgerError, match="URL"):
        Ledger.open("://")
    old = tmp_path / "old.sqlite"
    Ledger.open(old).close()
    with sqlite3.connect(old) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE name = 'schema_version'")
    connection.close()
    with pytest.raises(LedgerError, match="version 0"):
        Ledger.open(old)


def test_recording_and_looking_up_are_quick(ledger: Ledger):
    shard = [document(f"d{number}", article(number)) for number in range(500)]
    began = time.process_time()
    ledger.record("run1", NOW, shard)
    assert time.process_time() - began < 2.0  # 0.2 s on an idle machine
    began = time.process_time()
    ledger.source_states("r1")
    ledger.counts()
    assert time.process_time() - began < 0.5


@given(st.text(), st.text())
def test_packed_texts_come_back(raw: str, clean: str):
    assert unpack_pair(*pack_pair(raw, clean)) == (raw, clean)


@pytest.mark.sqlite("it reads the plan that SQLite makes")
def test_reading_all_chunk_by_chunk_goes_by_the_key_alone(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger, ledger.reading() as connection:
        columns = tables.documents.c
        query = select(columns.id).where(columns.key > 0, live_in_key_order()).order_by(columns.key).limit(500)
        statement = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = " ".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))
    assert "INTEGER PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite("it reads the plan that SQLite makes")
def test_copies_are_looked_up_by_their_clusters(tmp_path: Path):
    """Whatever else the ledger holds: a chunk of records must not read all copies that there are."""
    plans: list[str] = []
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.record("r1", NOW, [document("a", article(1)), document("b", article(1))])
        resolve(ledger)
        with ledger.reading() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            asked: list[str] = []
            driver.set_trace_callback(asked.append)
            assert [len(record.copies) for record in representatives(connection)] == [1]
            driver.set_trace_callback(None)
            for statement in asked:
                plans += [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert "SEARCH documents USING INDEX ix_documents_copies (cluster=?)" in plans
    assert not any("ix_documents_state" in plan for plan in plans)
