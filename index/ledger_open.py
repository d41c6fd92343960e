"""How a ledger is found, made and recognised."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from index import ledger_engine, tables
from transforms.errors import LedgerError, NoLedgerError

_AGAIN = "run the same command again"
RESTORE = (
    "put back a copy of it; without one move it, its -wal and its -shm away and ingest the sources anew (decisions of "
    "people and earlier texts are lost)"
)
"""What to do about a SQLite file that is none any more."""
_ADVICE = {
    "disk is full": f"free some space and {_AGAIN}: what was committed stays and can be searched",
    "No space left on device": f"free some space on the server and {_AGAIN}: what was committed stays",
    "disk I/O error": f"look after the disk, its space and the limit of file sizes, and {_AGAIN}",
    "disk image is malformed": f"the file is damaged: {RESTORE}",
    "file is not a database": f"it was overwritten or is another program's: {RESTORE}",
    "is locked": f"another process is writing it (`fuser` on the file tells which): wait for it, and {_AGAIN}",
    "readonly": "give yourself the right to write it and its folder, or set `data_dir` to a folder of your own",
    "unable to open": "its folder must exist and be yours to read and write",
    "read-only transaction": "it was opened for reading, or the server is a standby: name the primary one",
    "onnection refused": "no server answers there: start it, or correct host and port of `ledger`",
    "could not translate host name": "correct the host in `ledger`",
    "password authentication failed": "correct user and password: in `ledger`, ~/.pgpass or PGPASSWORD",
    "no password supplied": "give the password in ~/.pgpass, PGPASSWORD or `ledger`",
    "permission denied": "let the database's owner GRANT this user USAGE and CREATE on its schema",
    "too many clients": "raise max_connections of the server, or lower `runner.workers`",
    "connection slots": "raise max_connections of the server, or lower `runner.workers`",
    "terminating connection": f"{_AGAIN} when the server is back: what was committed stays, the rest is done again",
    "connection unexpectedly": f"{_AGAIN} when the server is back: what was committed stays, the rest is done again",
    "connection is lost": f"{_AGAIN} when the server is back: what was committed stays, the rest is done again",
    "the database system is": "wait until the server has started",
    "lock timeout": "another process reads it: stop that one and run the next ingest, which finishes this",
    "statement timeout": "raise statement_timeout for this user",
    "does not exist": "make it first, e.g. with createdb --encoding UTF8",
}
"""What to do about the errors of databases that come from outside, by words of their messages."""

_PASSWORD = re.compile(r"(?<=://)([^:/?#]*):.*@|(?<=password=)[^&]*", re.DOTALL)


def url(name: str) -> URL:
    """Return the database URL of a path or URL."""
    if "://" not in name:
        return URL.create("sqlite", database=name)
    try:
        parsed = make_url(name)
        if "@" in (parsed.host or ""):
            raise ValueError
    except (ArgumentError, ValueError):  # their messages may hold what was meant as a password
        raise LedgerError(
            f"{shown(name)} is not a database URL: write postgresql+psycopg://user@host:5432/database, with %40 for @, "
            "%2F for / and %3A for : in a password"
        ) from None
    if parsed.get_backend_name() in {"postgresql", "postgres"} and parsed.drivername != "postgresql+psycopg":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise LedgerError(f"{shown(name)}: a ledger is a SQLite file or on PostgreSQL (postgresql+psycopg://…)")
    return parsed


def shown(name: str) -> str:
    """Return what a ledger is called in messages: its path or URL, without the password."""
    return _PASSWORD.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", name)


def file_of(name: str) -> Path | None:
    """Return the file that a ledger is, None for one on a server."""
    where = url(name)
    return Path(where.database) if where.get_backend_name() == "sqlite" and where.database else None


def explained(name: str, password: str | None, error: DBAPIError) -> LedgerError:
    """Return a database's error as a sentence that says which ledger, what, and what to do about it."""
    message = " ".join(str(error.orig).split())
    if password:
        message = message.replace(password, "***")
    told = next((f"; {what}" for words, what in _ADVICE.items() if words in message), "")
    return LedgerError(f"the ledger {name} cannot be used: {message}{told}")


def no_driver(name: str, error: ImportError) -> LedgerError:
    """Return the error for a server whose driver is not installed."""
    return LedgerError(f"the ledger {shown(name)} needs a driver, pip install 'saring[postgres]': {error}")


def prepare_file(path: Path, *, read_only: bool) -> None:
    """Make the folder of a SQLite ledger, readable by its owner only; a ledger that is only read must exist."""
    if read_only and not path.is_file():
        raise NoLedgerError(f"no ledger in {path} yet: run `saring ingest`")
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


def damage(connection: Connection) -> str | None:
    """Return what is wrong with the pages of a SQLite ledger, all of which are read; servers look after their own."""
    if connection.dialect.name != "sqlite":
        return None
    found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    return None if found == "ok" else " ".join(found.split())


def compact(name: str) -> None:
    """Rewrite a ledger so that no page holds what was deleted; raises LedgerError while others use it."""
    where = url(name)
    engine = ledger_engine.connect(where, read_only=False)
    try:
        if where.get_backend_name() == "sqlite":
            _compact_file(name, engine)
        else:
            _compact_on_server(engine)
    except DBAPIError as error:
        raise explained(shown(name), where.password, error) from error
    finally:
        engine.dispose()


def _compact_on_server(engine: Engine) -> None:
    """Rewrite every table; who reads one is waited for, and waits."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{ledger_engine.BUSY_SECONDS}s'"))
        for table in tables.metadata.sorted_tables:
            connection.execute(text(f"VACUUM (FULL) {table.name}"))


def _compact_file(name: str, engine: Engine) -> None:
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
    if busy:
        raise LedgerError(
            f"the ledger {name} is being read by another process, so its log still holds deleted text: stop the reader "
            "and run the next ingest, which finishes this"
        )
