"""How ledgers are connected to: durably, one writer at a time, readers that see one state throughout.

On SQLite a transaction of the writer begins with ``BEGIN IMMEDIATE``, and who may be the writer is settled by a lock on
the data folder. A PostgreSQL server may be shared by machines that do not see each other's folders: there the writer
holds an advisory lock of the server, on the very connection that it writes with. What can no longer write has lost the
lock, and what has lost the lock can no longer write.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from platform import node
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from transforms.errors import LedgerError, LedgerLockedError

BUSY_SECONDS = 30
"""How long a connection waits for another writer: a shard of 2,000 documents is written in about one second."""

PAGE_BYTES = 8192
"""SQLite page size: a document's row (1–2 KB) rarely needs an overflow page."""

CACHE_KIB = 32_768
"""SQLite page cache of a connection that writes: the upper levels of the bands of a million documents fit. What only
reads, once or in order, keeps SQLite's 2 MB: a worker that reads documents for the index takes 14 MB less."""

CHECKPOINT = "wal_autocheckpoint=16000"
"""Pages that SQLite lets gather before it writes them to their places, 128 MB: every document touches some 80 pages,
most of them for its bands, so that every two-hundredth arriving one takes 10 ms longer, not every twelfth (1,000)."""

LOCK_SECONDS = 5
"""How long a new writer waits for the server to notice that the one before it was killed: two seconds at most."""
LOCK_NUMBER = 7329141
"""First half of the advisory lock's number, which tells it from other programs' locks; the second is the schema's."""

SERVER_DEFAULTS = {
    "connect_timeout": 15,
    "client_encoding": "utf8",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""What a connection is made with unless the URL says otherwise; a dead server is noticed within a minute."""

_SESSION = text(
    "SELECT set_config(name, CASE WHEN name LIKE 'tcp%' THEN '30' WHEN name LIKE 'client%' THEN '2s' "
    "WHEN name LIKE 'synchronous%' THEN 'on' ELSE '0' END, false) FROM pg_settings "
    "WHERE name IN ('tcp_keepalives_idle', 'client_connection_check_interval', 'idle_session_timeout') "
    "OR name = 'synchronous_commit' AND setting = 'off'"
)
"""Of the writer's session: the server notices soon that it was killed, never ends it for being idle between shards, and
says that a transaction is durable only when it is."""

_HOLDER = text(
    "SELECT a.application_name, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :class AND l.objid = CAST(:object AS bigint)"
)


def connect(url: URL, *, read_only: bool) -> Engine:
    """Return an engine whose transactions are durable, or for readers see one state of the database throughout."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, read_only=read_only)
    defaults: dict[str, Any] = {**SERVER_DEFAULTS, "application_name": f"saring on {node()}, process {os.getpid()}"}
    given = {name: value for name, value in defaults.items() if name not in url.query}
    return create_engine(url, connect_args=given, hide_parameters=True)  # an error must not print documents


def reader(engine: Engine) -> Engine:
    """Return an engine whose transactions see one state of the database throughout, as SQLite's always do."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


class Writer:
    """Who may write: on a server whoever holds its lock, on SQLite everybody in turn."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine.execution_options(saring_writes=True)
        self._name = name
        self._held: Connection | None = None

    def take(self) -> None:
        """Take the server's lock, waiting shortly; raises LedgerLockedError when another process keeps it."""
        if self._engine.dialect.name != "postgresql" or self._held is not None:
            return
        connection = self._engine.connect()
        try:
            with connection.begin():
                number = _schema_number(connection, self._name)
                connection.execute(_SESSION)
            _lock(connection, number, self._name)
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        self._held = connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give a connection whose transaction is durable once the block ends, and undone if it raises."""
        self.take()
        if self._held is None:
            with self._engine.begin() as connection:
                yield connection
            return
        if self._held.invalidated:
            raise LedgerError(f"the ledger {self._name} cannot be used: the connection to its server was lost")
        with self._held.begin():
            yield self._held

    def release(self) -> None:
        """Give the lock back, by ending the session that holds it."""
        if self._held is not None:
            if not self._held.invalidated:
                self._held.invalidate()
            self._held.close()
            self._held = None


def writer_on_server(connection: Connection) -> str | None:
    """Return machine and process of whoever is writing a ledger on a server; None when nobody is, or on SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    schema = str(connection.execute(text("SELECT current_schema()")).scalar())
    holder = connection.execute(_HOLDER, {"class": LOCK_NUMBER, "object": _number(schema) % 2**32}).first()
    return str(holder.application_name) if holder else None


def _lock(connection: Connection, number: int, name: str) -> None:
    lock = text("SELECT pg_try_advisory_lock(:class, :object)")
    numbers = {"class": LOCK_NUMBER, "object": number}
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with connection.begin():
            if connection.execute(lock, numbers).scalar():
                return
            holder = connection.execute(_HOLDER, {**numbers, "object": number % 2**32}).first()
        if time.monotonic() > deadline:
            who = f"{holder.application_name}, since {holder.backend_start:%Y-%m-%d %H:%M}" if holder else "another"
            raise LedgerLockedError(
                f"the ledger {name} is being written by {who}. Wait until it is done, or stop it; reading goes on."
            )
        time.sleep(0.1)


def _schema_number(connection: Connection, name: str) -> int:
    """Return the lock's number for the schema that the tables are in: two ledgers of one database are two."""
    schema, encoding = connection.execute(text("SELECT current_schema(), getdatabaseencoding()")).one()
    if schema is None:
        raise LedgerError(f"the ledger {name} names a schema that is not there: make it with CREATE SCHEMA")
    if encoding != "UTF8":
        raise LedgerError(
            f"the ledger {name} is in a database with the encoding {encoding}, which cannot hold every text: make one "
            "with `createdb --encoding UTF8 --template template0`"
        )
    return _number(str(schema))


def _number(schema: str) -> int:
    return int.from_bytes(hashlib.blake2b(schema.encode(), digest_size=4).digest(), "little", signed=True)


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    options: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if read_only:
        url = url.set(database=f"file:{quote(str(url.database))}", query={**_reading(str(url.database)), "uri": "true"})
    engine = create_engine(url, connect_args=options, hide_parameters=True)  # an error must not print documents

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin only at the first write, too late for a snapshot
        pragmas = ["foreign_keys=ON", "temp_store=MEMORY", CHECKPOINT]
        if not read_only:
            pragmas += [f"page_size={PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL", f"cache_size=-{CACHE_KIB}"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("saring_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _reading(path: str) -> dict[str, str]:
    """How SQLite opens a ledger that is only read.

    Where the folder cannot be written, SQLite could not make the files that readers and writers share. Without a log
    of a writer beside it there is none to share them with.
    """
    alone = not os.access(Path(path).absolute().parent, os.W_OK) and not Path(f"{path}-wal").exists()
    return {"immutable": "1"} if alone else {"mode": "ro"}
