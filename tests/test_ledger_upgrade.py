"""Ledgers of earlier versions are upgraded with all that is in them; newer ones are refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ledger_dump import fill
from sqlalchemy import inspect

from index import ledger_migrations, tables
from index.ledger import Ledger
from transforms.errors import LedgerError

pytestmark = pytest.mark.sqlite("the dumps of earlier versions are SQLite's")

DUMPS = sorted((Path(__file__).parent / "ledgers").glob("version-*.sql"))


def restore(dump: Path, path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return path


def content(ledger: Ledger) -> list:
    ids = ["panen", "panen-lagi", "pasar"]
    documents = list(ledger.documents(ids))
    return [
        documents,
        [ledger.versions(id_) for id_ in ids],
        [(row.id, row.message, row.tries, row.resolved) for row in ledger.quarantine(resolved=True)],
        ledger.runs(),
        ledger.counts(),
        list(ledger.live_representatives()),
    ]


def columns(ledger: Ledger) -> dict[str, set[str]]:
    with ledger.reading() as connection:
        found = inspect(connection)
        return {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()}


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.stem)
def test_an_older_ledger_is_upgraded_with_everything_in_it(tmp_path: Path, dump: Path):
    with Ledger.open(tmp_path / "new.sqlite") as fresh:
        fill(fresh)
        expected, shape = content(fresh), columns(fresh)
    with Ledger.open(restore(dump, tmp_path / "old.sqlite")) as upgraded:
        assert columns(upgraded) == shape
        assert content(upgraded) == expected
    with Ledger.open(tmp_path / "old.sqlite", read_only=True) as again:
        assert content(again) == expected


def test_every_version_before_this_one_has_a_step_and_a_dump():
    before = [str(version) for version in range(2, int(tables.SCHEMA_VERSION))]
    assert sorted(ledger_migrations.STEPS) == before
    assert [dump.stem.removeprefix("version-") for dump in DUMPS] == before


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = restore(DUMPS[-1], tmp_path / "old.sqlite")
    version = DUMPS[-1].stem.removeprefix("version-")
    real = ledger_migrations.STEPS[version]

    def breaks(connection):
        real(connection)
        raise LedgerError("the power went out")

    monkeypatch.setattr(ledger_migrations, "STEPS", {version: breaks})
    with pytest.raises(LedgerError, match="power"):
        Ledger.open(path)
    monkeypatch.undo()
    with Ledger.open(path) as ledger:
        assert ledger.document("panen") is not None


def test_a_ledger_that_is_only_read_is_not_upgraded(tmp_path: Path):
    path = restore(DUMPS[-1], tmp_path / "old.sqlite")
    with pytest.raises(LedgerError, match="the next `saring ingest` upgrades it"):
        Ledger.open(path, read_only=True)


@pytest.mark.parametrize(("version", "said"), [("99", "a newer saring wrote it"), ("1", "ingest into a new ledger")])
def test_other_ledgers_are_refused(tmp_path: Path, version: str, said: str):
    path = tmp_path / "ledger.sqlite"
    Ledger.open(path).close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE name = 'schema_version'", [version])
    connection.close()
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=said):
            Ledger.open(path, read_only=read_only)
