"""The ledger's tables, and the little that differs between SQLite and PostgreSQL.

``sources`` are files, ``documents`` what was read from them (raw and clean text, metadata, place in a cluster of
duplicates), ``removals`` the stretches cut from each, ``bands`` and ``pairs`` what near duplicates are found by,
``versions`` earlier texts, ``quarantine`` what could not become a document, ``runs`` one row a run, ``line_*`` and
``outlet_lines`` what outlets print on many pages, ``removal_shares`` how much is usually cut from an outlet's pages,
``tombstones`` hashes of what was forgotten on request and must not come back.

Documents with the same words share a *node*, a 63-bit number derived from their content hash; bands and pairs speak of
nodes, so that a thousand identical copies cost as much as one.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    ForeignKey,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL

SCHEMA_VERSION = "3"
"""Grows by one whenever a table changes; `index.ledger_migrations` brings older ledgers here."""

BUSY_SECONDS = 30
"""How long a connection waits for another writer: a shard of 2,000 documents is written in about one second."""

PAGE_BYTES = 8192
"""SQLite page size: a document's row (1–2 KB) rarely needs an overflow page."""

CACHE_KIB = 32_768
"""SQLite page cache of a connection: the upper levels of the bands of a million documents fit."""

CHECKPOINT = "wal_autocheckpoint=16000"
"""Pages that SQLite lets gather before it writes them to their places, 128 MB: every document touches some 80 pages,
most of them for its bands, so that every two-hundredth arriving one takes 10 ms longer, not every twelfth (1,000)."""

LIVE, HELD, FILTERED, GONE = "live", "held", "filtered", "gone"
"""A document's status: served, kept back for review, left out for its language, or no longer in its source."""

TO_COMPARE, TO_CLUSTER, SETTLED = 0, 1, 2
"""A document's resolution: its near copies are not searched yet, its cluster must be drawn again, or neither."""

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

sources = Table(
    "sources",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("size", BigInteger),
    Column("mtime_ns", BigInteger),
    Column("documents", Integer),
    Column("finished_run", String(64)),  # null until every document of the file is durable
)

documents = Table(
    "documents",
    metadata,
    Column("key", _NUMBER, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("source", _NUMBER, ForeignKey("sources.number"), nullable=False),
    Column("place", Text, nullable=False),  # what follows ``#`` in the document's source, or empty
    Column("url", Text),
    Column("title", Text),
    Column("published_at", Text),
    Column("outlet", Text),
    Column("byline_place", Text),
    Column("authors", Text),
    Column("raw", LargeBinary, nullable=False),
    Column("text", LargeBinary, nullable=False),  # compressed against ``raw``, which holds nearly all of it
    Column("language", String(35), nullable=False),
    Column("language_confidence", Float, nullable=False),
    Column("languages", Text),
    Column("repairs", Text),
    Column("warnings", Text),
    Column("rules_version", String(64), nullable=False),
    Column("raw_hash", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("node", BigInteger, nullable=False),
    Column("bands", LargeBinary, nullable=False),
    Column("sketch", LargeBinary, nullable=False),
    Column("shingles", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("status_reason", Text),
    Column("cluster", Text),  # id of the representative, its own for a document that stands alone
    Column("duplicate_kind", String(8)),  # null, exact or near
    Column("similarity", Float),
    Column("resolution", SmallInteger, nullable=False),
    Column("indexed_as", String(32)),  # hash of what the index holds of it; null when it holds nothing
    Column("check_index", SmallInteger, nullable=False),
    Column("first_seen_run", String(64), nullable=False),
    Column("last_changed_run", String(64), nullable=False),
    Column("last_seen_run", String(64), nullable=False),
)
Index("ix_documents_node", documents.c.node, documents.c.status, documents.c.sketch)  # weighs candidates by itself
Index("ix_documents_source", documents.c.source, documents.c.rules_version)
Index("ix_documents_state", documents.c.status, documents.c.duplicate_kind, documents.c.language)
Index(
    "ix_documents_indexed",
    documents.c.key,
    sqlite_where=documents.c.indexed_as.is_not(None),
    postgresql_where=documents.c.indexed_as.is_not(None),
)
# Only members of a cluster with others are looked up by it, and only a few documents wait for anything.
Index(
    "ix_documents_copies",
    documents.c.cluster,
    sqlite_where=documents.c.duplicate_kind.is_not(None),
    postgresql_where=documents.c.duplicate_kind.is_not(None),
)
Index(
    "ix_documents_unresolved",
    documents.c.resolution,
    sqlite_where=documents.c.resolution < SETTLED,
    postgresql_where=documents.c.resolution < SETTLED,
)
Index(
    "ix_documents_check_index",
    documents.c.key,
    sqlite_where=documents.c.check_index == 1,
    postgresql_where=documents.c.check_index == 1,
)

rules = Table(
    "rules",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("kind", String(24), nullable=False),
    UniqueConstraint("rule", "kind"),
)

removals = Table(
    "removals",
    metadata,
    Column("document", _NUMBER, ForeignKey("documents.key", ondelete="CASCADE"), primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("end", Integer, primary_key=True),
    Column("rule", Integer, ForeignKey("rules.number"), nullable=False),
    Column("confidence", Float, nullable=False),
    sqlite_with_rowid=False,
)

versions = Table(
    "versions",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("document", _NUMBER, ForeignKey("documents.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("replaced_run", String(64), nullable=False),
    Column("replaced_at", Text, nullable=False),
    Column("title", Text),
    Column("text", LargeBinary, nullable=False),
)

bands = Table(
    "bands",
    metadata,
    Column("hash", BigInteger, primary_key=True),
    Column("node", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

crowds = Table(  # hashes of bands with more members than are compared with each other, see index.duplicates
    "crowds",
    metadata,
    Column("hash", BigInteger, primary_key=True),
    Column("last_hub", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

pairs = Table(
    "pairs",
    metadata,
    Column("a", BigInteger, primary_key=True),  # a < b
    Column("b", BigInteger, primary_key=True, index=True),
    Column("jaccard", Float, nullable=False),
    Column("containment", Float, nullable=False),
    Column("relation", String(8), nullable=False),  # copy (one cluster) or version (told apart, kept apart)
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("source_path", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("stage", String(24), nullable=False),
    Column("error", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("resolved", SmallInteger, nullable=False),  # 0 open, 1 settled, 2 accepted: a person leaves it as it is
    UniqueConstraint("source_path", "id", "source"),
    Column("rules_version", String(64)),  # the rules it failed under; with others it is tried again
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("report", Text),
)

line_documents = Table(  # what each document has added to the counts of lines
    "line_documents",
    metadata,
    Column("document", BigInteger, primary_key=True),
    Column("digest", BigInteger, nullable=False),  # of what was counted: the same is not counted again
    Column("title", BigInteger),
    Column("lines", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

line_marks = Table(
    "line_marks",
    metadata,
    Column("line", BigInteger, primary_key=True),
    Column("document", BigInteger, primary_key=True),
    Column("day", Integer, nullable=False),  # YYYYMMDD, 0 when it is not known
    Column("edge", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

outlet_lines = Table(  # lines that stand on several pages, as the last freeze found them
    "outlet_lines",
    metadata,
    Column("line", BigInteger, primary_key=True),
    Column("outlet", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("number", Integer),  # what a person calls it by; null until it is frequent
    Column("documents", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("edges", Integer, nullable=False),
    Column("state", String(10)),
    Column("kind", String(24)),
    Column("decision", String(8)),  # approve, veto or null; never lost
    Column("decided_at", Text),
    sqlite_with_rowid=False,
)

removal_shares = Table(
    "removal_shares",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("run_id", String(64), primary_key=True),  # empty for all that earlier runs found
    Column("bin", SmallInteger, primary_key=True),
    Column("documents", Integer, nullable=False),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("digest", String(32), primary_key=True),  # of an id, a page or a raw text, never these themselves
    Column("document", Integer, nullable=False),  # digests of one document share a number
    Column("forgotten_at", Text, nullable=False),
)


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that leaves a row that is already there as it is."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def lock_for_writing(connection: Connection) -> None:
    """Let one writer in at a time; SQLite needs nothing more than the BEGIN IMMEDIATE of :func:`connect`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7329141)"))


def reader(engine: Engine) -> Engine:
    """Return an engine whose transactions see one state of the database throughout, as SQLite's always do."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def _reading(path: str) -> dict[str, str]:
    """How SQLite opens a ledger that is only read.

    Where the folder cannot be written, SQLite could not make the files that readers and writers share. Without a log
    of a writer beside it there is none to share them with.
    """
    alone = not os.access(Path(path).absolute().parent, os.W_OK) and not Path(f"{path}-wal").exists()
    return {"immutable": "1"} if alone else {"mode": "ro"}


def connect(url: URL, *, read_only: bool) -> Engine:
    """Return an engine whose SQLite connections are durable and begin their transactions as writers or readers."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True)
    options: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if read_only:
        url = url.set(database=f"file:{quote(str(url.database))}", query={**_reading(str(url.database)), "uri": "true"})
    engine = create_engine(url, connect_args=options, hide_parameters=True)  # an error must not print documents

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 would begin only at the first write, too late for a snapshot
        pragmas = ["foreign_keys=ON", f"cache_size=-{CACHE_KIB}", "temp_store=MEMORY", CHECKPOINT]
        if not read_only:
            pragmas = [f"page_size={PAGE_BYTES}", "journal_mode=WAL", "synchronous=FULL", *pragmas]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("saring_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
