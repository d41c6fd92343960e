"""How a ledger is found, made and recognised."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from index import tables
from transforms.errors import LedgerError

_ADVICE = {
    "disk is full": "free some space and run the same command again: what was committed stays and can be searched",
    "disk I/O error": "look after the disk, its space and the limit of file sizes, and run the same command again",
    "is locked": "another process is writing it: wait until that is done, and run the same command again",
    "readonly": "give yourself the right to write it and its folder, or set `data_dir` to a folder of your own",
    "unable to open": "its folder must exist and be yours to read and write",
}
"""What to do about the errors of SQLite that come from outside, by words of their messages."""


def advice(message: str) -> str:
    """What to do about a database's error, as the end of a sentence; empty when nothing is known."""
    return next((f"; {what}" for words, what in _ADVICE.items() if words in message), "")


def url(name: str) -> URL:
    """Return the database URL of a path or URL."""
    if "://" not in name:
        return URL.create("sqlite", database=name)
    try:
        return make_url(name)
    except ArgumentError as error:
        raise LedgerError(f"{name} is not a database URL: {error}") from error


def prepare_file(path: Path, *, read_only: bool) -> None:
    """Make the folder of a SQLite ledger, readable by its owner only; a ledger that is only read must exist."""
    if read_only and not path.is_file():
        raise LedgerError(f"there is no ledger at {path} yet: ingest something first")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"the folder of the ledger {path} cannot be made: {error}") from error


def create(connection: Connection) -> None:
    """Make the tables of a new ledger."""
    there = inspect(connection).get_table_names()
    if "meta" in there:  # another process was quicker
        return
    if there:
        raise LedgerError("the database holds tables that are not a ledger's: choose another file or database")
    tables.metadata.create_all(connection)
    connection.execute(insert(tables.meta).values(name="schema_version", value=tables.SCHEMA_VERSION))


def meta(connection: Connection, name: str) -> str | None:
    """Return one of the ledger's own facts: ``schema_version``, ``generation``."""
    value = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == name)).scalar()
    return None if value is None else str(value)


def compact(name: str) -> None:
    """Rewrite a SQLite ledger so that no page holds what was deleted; raises LedgerError while others use it.

    A database server reuses such pages in its own time: see its manual for how to rewrite a table.
    """
    if url(name).get_backend_name() != "sqlite":
        return
    engine = tables.connect(url(name), read_only=False)
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA temp_store=FILE")  # the copy may be larger than memory
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise LedgerError(f"the ledger {name} cannot be rewritten without what was deleted: {error}") from error
    finally:
        connection.close()
        engine.dispose()
    if busy:
        raise LedgerError(
            f"the ledger {name} is being read by another process, so its log still holds deleted text: stop the reader "
            "and run the next ingest, which finishes this"
        )
