"""A ledger on a real PostgreSQL server: whole runs, kills, lost connections, two machines, and whatever texts hold."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ledger_dump import fill
from ledger_samples import LATER, NOW, article, document
from postgres_server import PASSWORD, Ledgers, Server
from sqlalchemy import create_engine, text

from flows.executors import InlineExecutor
from flows.forgetting import Request, run_forget
from flows.health import health
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index import tables
from index.duplicates import resolve
from index.generations import Generations
from index.ledger import Ledger
from index.search import search
from transforms.errors import LedgerError, LedgerLockedError
from transforms.models import Rejected

SARING = Path(sys.executable).with_name("saring")
DOCUMENTS = 12


@pytest.fixture(scope="module")
def on_server(server: Server) -> Iterator[Ledgers]:
    made = Ledgers(server.url)
    yield made
    made.close()


@pytest.fixture
def address(on_server: Ledgers, tmp_path: Path) -> str:
    return on_server.url(tmp_path)


@pytest.fixture
def own(address: str, tmp_path: Path) -> Settings:
    """Articles of which the second is a copy of the first, and one that cannot be read."""
    raw = tmp_path / "raw"
    raw.mkdir()
    for number in range(DOCUMENTS):
        (raw / f"b{number:02d}.txt").write_text(f"berita {article(max(number, 1))}", encoding="utf-8")
    (raw / "kosong.txt").write_text("", encoding="utf-8")
    return Settings(data_dir=tmp_path / "data", ledger=address, sources=[str(raw)])


def ingest(settings: Settings):
    report = run_ingest(settings, settings.sources, InlineExecutor(), full=False, progress=Silent())
    assert report.balanced, report.counts
    assert health(settings, check=True).consistent, health(settings, check=True).problems
    return report


def content(settings: Settings) -> list:
    with Ledger.open(settings.ledger_url, read_only=True) as ledger:
        records = sorted(ledger.live_representatives(), key=lambda record: record.id)
        return [(record, ledger.document(record.id).removals) for record in records]


def saring(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = environment_of(settings)
    return subprocess.run([SARING, *arguments], env=environment, capture_output=True, text=True, check=False)


def environment_of(settings: Settings) -> dict[str, str]:
    folder, runner = str(settings.data_dir), "inline"
    return {
        **os.environ,
        "SARING_DATA_DIR": folder,
        "SARING_RUNNER__KIND": runner,
        "SARING_LEDGER": settings.ledger_url,
    }


def test_a_whole_life_on_a_server(own: Settings, tmp_path: Path):
    first = ingest(own)
    assert (first.counts["new"], first.counts["exact_duplicates"], first.counts["quarantined"]) == (11, 1, 1)
    assert ingest(own).counts["unchanged"] == DOCUMENTS
    on_files = own.model_copy(update={"ledger": None, "data_dir": tmp_path / "sqlite"})
    run_ingest(on_files, own.sources, InlineExecutor(), full=False, progress=Silent())
    assert content(own) == content(on_files)
    (tmp_path / "raw" / "b05.txt").write_text(f"berita {article(55)}", encoding="utf-8")
    assert ingest(own).counts["changed"] == 1
    run_reindex(own, InlineExecutor(), from_raw=False, progress=Silent())
    Generations(own.index_dir).rollback()
    assert not health(own).consistent
    ingest(own)
    done = run_forget(own, Request(("b07",)), InlineExecutor(), Silent())
    assert (done.documents, done.complete) == (1, True), done.checks
    assert ingest(own).counts["forgotten"] == 1
    assert search(own.index_dir, "berita").total == DOCUMENTS - 2


def test_a_killed_run_is_finished_by_the_next(own: Settings):
    chance = random.Random(3)
    for _ in range(2):
        command = [SARING, "ingest", "--direct", "--log-format", "json", *own.sources]
        with subprocess.Popen(command, env=environment_of(own), stderr=subprocess.PIPE, text=True) as run:
            assert run.stderr is not None
            assert "run_started" in run.stderr.readline()
            time.sleep(chance.uniform(0, 0.4))
            run.kill()
    ingest(own)
    assert len(content(own)) == DOCUMENTS - 1


def test_a_lost_server_is_told_and_the_next_run_completes(own: Settings, server: Server):
    command = [SARING, "ingest", "--direct", "--log-format", "json", *own.sources]
    with subprocess.Popen(command, env=environment_of(own), stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert "run_started" in run.stderr.readline()
        server.stop(crash=True)
        said = run.stderr.read()
    server.start()
    assert run.returncode == 1, said
    assert "Traceback" not in said
    assert "run the same command again when the server is back" in said
    assert PASSWORD not in said
    ingest(own)
    assert len(content(own)) == DOCUMENTS - 1


def test_a_session_that_the_server_ends_loses_the_right_to_write(address: str):
    with Ledger.open(address) as ledger:
        ledger.record("r1", NOW, [document("a", article(1))])
        end_sessions(address)
        with pytest.raises(LedgerError, match="again when the server is back"):
            ledger.record("r1", NOW, [document("b", article(2))])
        with Ledger.open(address) as other:
            with pytest.raises(LedgerError, match="was lost"):
                ledger.record("r1", NOW, [document("b", article(2))])
            other.record("r1", NOW, [document("c", article(3))])
    with Ledger.open(address, read_only=True) as ledger:
        assert sorted(ledger.document_states(["a", "b", "c"])) == ["a", "c"]


def end_sessions(address: str) -> None:
    others = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'saring on %'")
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(others)
    engine.dispose()


@pytest.mark.slow
def test_two_machines_cannot_write_one_ledger_at_once(own: Settings, tmp_path: Path, on_server: Ledgers):
    ingest(own)
    elsewhere = own.model_copy(update={"data_dir": tmp_path / "another machine"})
    with Ledger.open(own.ledger_url):
        done = saring(elsewhere, "ingest", "--direct", *own.sources)
        assert done.returncode == 1
        assert f"process {os.getpid()}, since" in done.stderr
        assert json.loads(saring(own, "status", "--json").stdout)["writer"].endswith(f"process {os.getpid()}")
        assert "Traceback" not in done.stderr
        with pytest.raises(LedgerLockedError):
            Ledger.open(own.ledger_url)
        assert health(own).consistent
        with Ledger.open(on_server.url(tmp_path / "other ledger")) as other:
            other.start_run("r1", NOW)
    assert ingest(elsewhere).counts["unchanged"] == DOCUMENTS
    assert search(elsewhere.index_dir, "berita").total == DOCUMENTS - 1
    assert "the ledger follows" in health(own).problems[0]
    ingest(own)


def test_no_output_tells_the_password(own: Settings):
    said = []
    for command in (
        ("ingest", "--direct", "--json", "--verbose", *own.sources),
        ("status", "--json"),
    ):
        done = saring(own, *command)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout + done.stderr)
    wrong = own.model_copy(update={"ledger": own.ledger_url.replace(PASSWORD, "sandi-keliru")})
    done = saring(wrong, "status")
    assert (done.returncode, "correct user and password" in done.stderr) == (1, True), done.stderr
    said.append(done.stderr)
    stored = b"".join(path.read_bytes() for path in own.data_dir.rglob("*") if path.is_file())
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        said += [json.dumps(dict(run.report or {})) for run in ledger.runs()]
    assert not [words for words in said if PASSWORD in words or "sandi-keliru" in words]
    assert PASSWORD.encode() not in stored


def test_texts_that_a_server_cannot_hold_are_stored_and_found_again(address: str):
    strange = "a\x00b\ud800\U0001f409'%s:x{"
    rejected = Rejected(strange, f"/{strange}.txt", "read", "empty", strange, strange, strange)
    made = document(strange, f"{strange} {article(1)}", f"/{strange}.txt", title=strange, outlet=strange, place=strange)
    made = replace(made, url=f"https://x.test/{strange}", authors=(strange,), warnings=(strange,))
    with Ledger.open(address) as ledger:
        ledger.start_run("r1", NOW)
        (stored_id,) = ledger.record("r1", NOW, [made], [rejected], held={made.id: "sebab"}).new
        ledger.finish_source(made.source, 2**40, -5, "r1", 1)
        ledger.release([stored_id], "r1")
        resolve(ledger)
        assert ledger.record("r1", NOW, [made]).unchanged == (stored_id,)
        stored = ledger.document(stored_id)
        assert stored is not None and stored.text == made.text
        assert ledger.document(strange) == stored
        assert [change.id for change in ledger.pending_index()] == [stored_id]
        assert ledger.vanished(made.source, "r2") == [stored_id]
        assert [state.size for state in ledger.source_states().values()] == [2**40]
        (row,) = ledger.quarantine(resolved=True)
        assert ledger.retry_quarantine([row.number]) == [row.source_path]
        assert ledger.forget_source(made.source, "r2") == [stored_id]


def test_the_longest_of_everything_fits(address: str):
    long = "panjang" * 100
    rejected = Rejected(long, f"/{long}.txt", "fingerprint", long, long, long, long)
    made = document(long, article(1), f"/{long}.txt#{10**12}", title=long, outlet=long)
    with Ledger.open(address) as ledger:
        ledger.record("r1", NOW, [made], [rejected])
        ledger.finish_source(f"/{long}.txt", 2**62, 2**62, "r1", 1)
        assert ledger.quarantine()[0].message == long


def test_a_reader_cannot_write(address: str):
    with pytest.raises(LedgerError, match="run `saring ingest`"):
        Ledger.open(address, read_only=True)
    Ledger.open(address).close()
    with Ledger.open(address, read_only=True) as ledger, pytest.raises(LedgerError, match="for reading only"):
        ledger.record("r1", NOW, [document("a", article(1))])


def test_what_cannot_be_a_ledger_is_refused_in_words(address: str, server: Server):
    engine = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    engine.dispose()
    latin = server.url.set(database="latin").render_as_string(hide_password=False)
    with pytest.raises(LedgerError, match="encoding LATIN1"):
        Ledger.open(latin)
    missing = server.url.set(database="tidak_ada").render_as_string(hide_password=False)
    with pytest.raises(LedgerError, match="createdb"):
        Ledger.open(missing)
    with pytest.raises(LedgerError, match="CREATE SCHEMA"):
        Ledger.open(address + "x")
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE resep (nama TEXT)"))
    engine.dispose()
    with pytest.raises(LedgerError, match="not a ledger's"):
        Ledger.open(address)


def test_an_older_ledger_is_upgraded(address: str):
    with Ledger.open(address) as ledger:
        fill(ledger)
        expected = ledger.counts()
        with ledger.writing() as connection:
            downgrade(connection)
    with pytest.raises(LedgerError, match="the next `saring ingest` upgrades it"):
        Ledger.open(address, read_only=True)
    with Ledger.open(address) as upgraded:
        assert upgraded.counts() == expected
        assert upgraded.record("r3", LATER, [], [Rejected("x", "/x", "read", "empty", "-")]).quarantined == 1


def downgrade(connection) -> None:
    """Take from a ledger what versions after the second have added."""
    for table in (tables.tombstones, tables.line_changes):
        table.drop(connection)
    for index in ("ix_documents_outlet", "ix_line_documents_title"):
        connection.execute(text(f"DROP INDEX {index}"))
    connection.execute(text("ALTER TABLE quarantine DROP COLUMN rules_version"))
    connection.execute(text("UPDATE meta SET value = '2' WHERE name = 'schema_version'"))
