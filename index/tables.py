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

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
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
)
from sqlalchemy.dialects import postgresql, sqlite

SCHEMA_VERSION = "4"
"""Grows by one whenever a table changes; `index.ledger_migrations` brings older ledgers here."""

LIVE, HELD, FILTERED, GONE = "live", "held", "filtered", "gone"
"""A document's status: served, kept back for review, left out for its language, or no longer in its source."""

TO_COMPARE, TO_CLUSTER, SETTLED = 0, 1, 2
"""A document's resolution: its near copies are not searched yet, its cluster must be drawn again, or neither."""

_NUMBER = BigInteger().with_variant(Integer, "sqlite")

_PLAIN = postgresql.TEXT(collation="C")
"""Text on PostgreSQL: ordered by bytes as SQLite orders it, whatever the database's language, and of any length."""
_TEXT = Text().with_variant(_PLAIN, "postgresql")


def _name(length: int) -> String:
    """A short text; the length is what is usual, and no limit."""
    return String(length).with_variant(_PLAIN, "postgresql")


metadata = MetaData()

meta = Table("meta", metadata, Column("name", _name(40), primary_key=True), Column("value", _TEXT, nullable=False))

sources = Table(
    "sources",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("path", _TEXT, nullable=False, unique=True),
    Column("size", BigInteger),
    Column("mtime_ns", BigInteger),
    Column("documents", Integer),
    Column("finished_run", _name(64)),  # null until every document of the file is durable
)

documents = Table(
    "documents",
    metadata,
    Column("key", _NUMBER, primary_key=True),
    Column("id", _TEXT, nullable=False, unique=True),
    Column("source", _NUMBER, ForeignKey("sources.number"), nullable=False),
    Column("place", _TEXT, nullable=False),  # what follows ``#`` in the document's source, or empty
    Column("url", _TEXT),
    Column("title", _TEXT),
    Column("published_at", _TEXT),
    Column("outlet", _TEXT),
    Column("byline_place", _TEXT),
    Column("authors", _TEXT),
    Column("raw", LargeBinary, nullable=False),  # compressed raw text, with the clean text behind it
    Column("text", LargeBinary, nullable=False),  # where that begins; see index.ledger_codec
    Column("language", _name(35), nullable=False),
    Column("language_confidence", Float, nullable=False),
    Column("languages", _TEXT),
    Column("repairs", _TEXT),
    Column("warnings", _TEXT),
    Column("rules_version", _name(64), nullable=False),
    Column("raw_hash", _name(64), nullable=False),
    Column("content_hash", _name(64), nullable=False),
    Column("node", BigInteger, nullable=False),
    Column("bands", LargeBinary, nullable=False),
    Column("sketch", LargeBinary, nullable=False),
    Column("shingles", Integer, nullable=False),
    Column("characters", Integer, nullable=False),
    Column("status", _name(8), nullable=False),
    Column("status_reason", _TEXT),
    Column("cluster", _TEXT),  # id of the representative, its own for a document that stands alone
    Column("duplicate_kind", _name(8)),  # null, exact or near
    Column("similarity", Float),
    Column("resolution", SmallInteger, nullable=False),
    Column("indexed_as", _name(32)),  # hash of what the index holds of it; null when it holds nothing
    Column("check_index", SmallInteger, nullable=False),
    Column("first_seen_run", _name(64), nullable=False),
    Column("last_changed_run", _name(64), nullable=False),
    Column("last_seen_run", _name(64), nullable=False),
)
Index("ix_documents_node", documents.c.node, documents.c.status, documents.c.sketch)  # weighs candidates by itself
Index("ix_documents_source", documents.c.source, documents.c.rules_version, documents.c.status)  # what is stale
Index("ix_documents_outlet", documents.c.outlet)
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
    Column("rule", _TEXT, nullable=False),
    Column("kind", _name(24), nullable=False),
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
    Column("replaced_run", _name(64), nullable=False),
    Column("replaced_at", _TEXT, nullable=False),
    Column("title", _TEXT),
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
    Column("relation", _name(8), nullable=False),  # copy (one cluster) or version (told apart, kept apart)
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("source_path", _TEXT, nullable=False),
    Column("id", _TEXT, nullable=False),
    Column("source", _TEXT, nullable=False),
    Column("stage", _name(24), nullable=False),
    Column("error", _name(64), nullable=False),
    Column("message", _TEXT, nullable=False),
    Column("place", _TEXT, nullable=False),
    Column("hint", _TEXT, nullable=False),
    Column("run_id", _name(64), nullable=False),
    Column("first_seen", _TEXT, nullable=False),
    Column("last_seen", _TEXT, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("resolved", SmallInteger, nullable=False),  # 0 open, 1 settled, 2 accepted: a person leaves it as it is
    UniqueConstraint("source_path", "id", "source"),
    Column("rules_version", _name(64)),  # the rules it failed under; with others it is tried again
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", _name(64), primary_key=True),
    Column("started_at", _TEXT, nullable=False),
    Column("finished_at", _TEXT),
    Column("report", _TEXT),
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

Index(
    "ix_line_documents_title",
    line_documents.c.title,
    sqlite_where=line_documents.c.title.is_not(None),
    postgresql_where=line_documents.c.title.is_not(None),
)

line_changes = Table(  # lines whose counts have changed since the last freeze, some hundred documents' a row
    "line_changes",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("lines", LargeBinary, nullable=False),
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
    Column("outlet", _TEXT, nullable=False, index=True),
    Column("text", _TEXT, nullable=False),
    Column("number", Integer),  # what a person calls it by; null until it is frequent
    Column("documents", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("edges", Integer, nullable=False),
    Column("state", _name(10)),
    Column("kind", _name(24)),
    Column("decision", _name(8)),  # approve, veto or null; never lost
    Column("decided_at", _TEXT),
    sqlite_with_rowid=False,
)

removal_shares = Table(
    "removal_shares",
    metadata,
    Column("outlet", _TEXT, primary_key=True),
    Column("run_id", _name(64), primary_key=True),  # empty for all that earlier runs found
    Column("bin", SmallInteger, primary_key=True),
    Column("documents", Integer, nullable=False),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("digest", _name(32), primary_key=True),  # of an id, a page or a raw text, never these themselves
    Column("document", Integer, nullable=False),  # digests of one document share a number
    Column("forgotten_at", _TEXT, nullable=False),
)


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that leaves a row that is already there as it is."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
