"""The ledger: everything saring knows of every document, in one SQL database.

A run records its documents shard by shard (:meth:`Ledger.record`), settles duplicates (``index.duplicates.resolve``),
asks what the index must change (:meth:`Ledger.pending_index`), and says so once that is durable
(:meth:`Ledger.mark_indexed`). Each call is one transaction that is on disk when it returns; whatever a killed run left
half done is marked in the rows themselves and is finished by the next run.

No call reads a clock: times are ISO 8601 strings in UTC that the caller passes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, inspect, select, update
from sqlalchemy.exc import DBAPIError

from index import (
    ledger_figures,
    ledger_forget,
    ledger_migrations,
    ledger_open,
    ledger_quarantine,
    ledger_shares,
    ledger_sources,
    ledger_store,
    ledger_views,
    tables,
)
from index.ledger_engine import Writer, connect, reader
from index.ledger_figures import Run
from index.ledger_quarantine import Quarantined
from index.ledger_rows import PackedDocument, pack
from index.ledger_sources import DocumentState, SourceState
from index.ledger_sql import chunks
from index.ledger_store import RecordCounts, Renamed
from index.ledger_views import IndexChange, StoredDocument, Version
from index.records import IndexRecord
from transforms.errors import LedgerError, NoLedgerError
from transforms.models import Document, Rejected, SourceFile

__all__ = ["DocumentState", "IndexChange", "Ledger", "Quarantined", "RecordCounts", "Renamed", "Run", "SourceState"]


class Ledger:
    """An open ledger; get one from :meth:`open`, use it as a context manager."""

    def __init__(self, engine: Engine, name: str, *, read_only: bool) -> None:
        self._engine = engine
        self._name = ledger_open.shown(name)
        self._read_only = read_only
        self._writer = Writer(engine, self._name)

    @classmethod
    def open(cls, url_or_path: str | Path, *, read_only: bool = False) -> Ledger:
        """Open a ledger by SQLite path or SQLAlchemy URL, creating it unless ``read_only``.

        An older ledger is upgraded unless ``read_only``. Raises LedgerError for what is no ledger, cannot be opened or
        used, LedgerLockedError for a ledger on a server that is being written.
        """
        name = str(url_or_path)
        url = ledger_open.url(name)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            ledger_open.prepare_file(Path(str(url.database)), read_only=read_only)
        try:
            ledger = cls(connect(url, read_only=read_only), name, read_only=read_only)
        except ImportError as error:
            raise ledger_open.no_driver(name, error) from error
        try:
            ledger._check_schema(create=not read_only)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Close every connection."""
        self._writer.release()
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one consistent state."""
        with self._explained(), reader(self._engine).begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose transaction is durable once the block ends, and undone if it raises."""
        if self._read_only:
            raise LedgerError(f"the ledger {self._name} was opened for reading only")
        with self._explained(), self._writer.transaction() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise ledger_open.explained(self._name, self._engine.url.password, error) from error

    def _check_schema(self, *, create: bool) -> None:
        if create:
            with self._explained():
                self._writer.take()
        with self.reading() as connection:
            exists = inspect(connection).has_table("meta")
        if not exists and not create:
            raise NoLedgerError(f"no ledger in {self._name} yet: run `saring ingest`")
        if not exists:
            with self.writing() as connection:
                ledger_open.create(connection)
        with self.reading() as connection:
            version = ledger_open.meta(connection, "schema_version")
        while create and ledger_migrations.can_upgrade(version):
            with self.writing() as connection:
                ledger_migrations.upgrade(connection)
                version = ledger_open.meta(connection, "schema_version")
        if version != tables.SCHEMA_VERSION:
            raise ledger_migrations.refusal(self._name, version)

    # Sources

    def source_states(self, rules_version: str | None = None, tried_with: str | None = None) -> dict[str, SourceState]:
        """Return every completely read file by path; ``stale`` when a document of it was made, or failed, otherwise."""
        with self.reading() as connection:
            return ledger_sources.states(connection, rules_version, tried_with)

    def finish_source(self, path: str, size: int, mtime_ns: int, run_id: str, documents: int) -> None:
        """Note that every document of a file is recorded, so that it is skipped while it does not change."""
        self.finish_sources([(SourceFile(path, "", size, mtime_ns), documents)], run_id)

    def finish_sources(self, sources: Iterable[tuple[SourceFile, int]], run_id: str) -> None:
        """Note the same of many files, each with its number of documents, in one transaction."""
        with self.writing() as connection:
            ledger_sources.finish(connection, sources, run_id)

    def forget_source(self, path: str, run_id: str) -> list[str]:
        """Take a file that no longer exists out of the ledger's view; returns the ids of its documents, now gone."""
        with self.writing() as connection:
            return ledger_sources.forget(connection, path, run_id)

    def vanished(self, path: str, run_id: str) -> list[str]:
        """Return the documents of a file that a complete reading of it in ``run_id`` did not meet again."""
        return self.vanished_from([path], run_id).get(path, [])

    def vanished_from(self, paths: Iterable[str], run_id: str) -> dict[str, list[str]]:
        """Return the same of many files, for those that have any."""
        with self.reading() as connection:
            return ledger_sources.vanished(connection, paths, run_id)

    # Documents

    def document_states(self, ids: Sequence[str]) -> dict[str, DocumentState]:
        """Return what decides whether a record must be cleaned again, for those ids that are stored."""
        with self.reading() as connection:
            return ledger_sources.document_states(connection, ids)

    def unchanged(self, records: Sequence[tuple[str, str, str]], rules_version: str) -> dict[int, str]:
        """Say which of some (id, source, raw_hash) records are stored just so: position in ``records`` → stored id."""
        with self.reading() as connection:
            return ledger_sources.unchanged(connection, records, rules_version)

    def record(  # noqa: PLR0913 - one shard with all that is known of it, by keyword
        self,
        run_id: str,
        now: str,
        documents: Sequence[Document | PackedDocument],
        rejected: Sequence[Rejected] = (),
        *,
        unchanged: Sequence[str] = (),
        held: Mapping[str, str] | None = None,
        shares: Mapping[tuple[str, int], int] | None = None,
        rewrite: bool = False,
        tried_with: str | None = None,
    ) -> RecordCounts:
        """Record one shard in one transaction; repeating it changes nothing.

        ``unchanged`` are stored ids met again, ``held`` maps the ids of documents that must not be served to the
        reason, ``shares`` is what the documents add to their outlets' histories (``index.ledger_shares.note``),
        ``rewrite`` replaces documents even if raw text and rules are those of the stored ones. A document that another
        source holds under the same id is stored under a suffixed one and listed in ``renamed``. ``tried_with`` names
        the reader and the rules: what they rejected is tried again by others.
        """
        shard = ledger_store.Shard(run_id, now, held or {}, rewrite, tried_with)
        packed = [pack(item) if isinstance(item, Document) else item for item in documents]
        with self.writing() as connection:
            ledger_store.touch(connection, run_id, unchanged)
            ledger_shares.note(connection, run_id, shares or {})
            ledger_store.store(connection, shard, packed, rejected)
        outcome = {name: tuple(ids) for name, ids in shard.outcome.items()}
        kept = (*unchanged, *outcome["unchanged"])
        return RecordCounts(outcome["new"], outcome["changed"], kept, tuple(shard.renamed), len(rejected))

    def mark_gone(self, ids: Iterable[str], run_id: str, reason: str = "no longer in its source") -> int:
        """Take documents out of search and out of their clusters, keeping what is known of them; returns how many."""
        with self.writing() as connection:
            return ledger_sources.set_status(connection, ids, tables.GONE, reason, run_id)

    def hold(self, ids: Iterable[str], run_id: str, reason: str) -> int:
        """Keep documents out of search until they are released; returns how many."""
        with self.writing() as connection:
            return ledger_sources.set_status(connection, ids, tables.HELD, reason, run_id)

    def release(self, ids: Iterable[str], run_id: str) -> int:
        """Serve held documents after all; returns how many."""
        with self.writing() as connection:
            return ledger_sources.set_status(connection, ids, tables.LIVE, None, run_id)

    def document(self, document_id: str) -> StoredDocument | None:
        """Return all that is known of one document."""
        return next(iter(self.documents([document_id])), None)

    def documents(self, ids: Iterable[str]) -> Iterator[StoredDocument]:
        """Yield whole documents, a chunk in memory at a time."""
        for chunk in chunks(ids):
            with self.reading() as connection:
                found = list(ledger_views.stored_documents(connection, chunk))
            yield from found

    def duplicate_kinds(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Return for each stored document None, ``exact`` or ``near``: what it is to the one that represents it."""
        with self.reading() as connection:
            return ledger_views.duplicate_kinds(connection, ids)

    def versions(self, document_id: str) -> list[Version]:
        """Return a document's earlier texts, oldest first."""
        with self.reading() as connection:
            return ledger_views.versions(connection, document_id)

    def stale(self, rules_version: str) -> list[str]:
        """Return the ids of documents that were cleaned with other rules."""
        with self.reading() as connection:
            return ledger_sources.stale(connection, rules_version)

    def stale_count(self, rules_version: str) -> int:
        """Return how many there are."""
        with self.reading() as connection:
            return ledger_sources.stale_count(connection, rules_version)

    # Index

    def pending_index(self, limit: int | None = None) -> Iterator[IndexChange]:
        """Yield what the index must change to hold exactly the live representatives.

        Only documents that may have changed are looked at; those that are right after all are noted as such on the
        way. Duplicates must be settled first: unsettled documents are left for later.
        """
        after, left = 0, limit
        while left is None or left > 0:
            with self.reading() as connection:
                changes, right, after = ledger_views.pending(connection, after)
            if right and not self._read_only:
                with self.writing() as connection:
                    ledger_views.settle_index(connection, right)
            yield from changes if left is None else changes[:left]
            left = None if left is None else left - len(changes)
            if not after:
                return

    def mark_indexed(self, fingerprints: Mapping[str, str | None], generation: str) -> None:
        """Note what a durable commit put into the index: id → fingerprint of the change, None for a deletion."""
        with self.writing() as connection:
            ledger_views.mark_indexed(connection, fingerprints, generation)

    def reset_indexed(self, generation: str, fingerprints: Mapping[str, str] | None = None) -> None:
        """Start over with a new generation that holds exactly ``fingerprints`` (id → fingerprint), or nothing."""
        with self.writing() as connection:
            columns = tables.documents.c  # nearly all rows are so already when a ledger's first generation is built
            others = columns.indexed_as.is_not(None) | (columns.check_index != 1)
            connection.execute(update(tables.documents).where(others).values(indexed_as=None, check_index=1))
            ledger_views.mark_indexed(connection, fingerprints or {}, generation)

    def indexed_generation(self) -> str | None:
        """Return the generation that ``indexed_as`` speaks of."""
        with self.reading() as connection:
            return ledger_open.meta(connection, "generation")

    def live_representatives(self) -> Iterator[IndexRecord]:
        """Stream everything the index must hold; sees one state of the ledger throughout."""
        with self.reading() as connection:
            yield from ledger_views.representatives(connection)

    def live_count(self) -> int:
        """Return how many records the index must hold."""
        columns = tables.documents.c
        where = and_(columns.status == tables.LIVE, columns.duplicate_kind.is_(None))
        with self.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(tables.documents).where(where)).scalar_one())

    # Quarantine

    def quarantine(self, *, resolved: bool = False, run_id: str | None = None) -> list[Quarantined]:
        """Return what could not become a document: open rows, or all of them with ``resolved``."""
        with self.reading() as connection:
            return ledger_quarantine.listed(connection, resolved=resolved, run_id=run_id)

    def resolve_quarantine(self, numbers: Iterable[int]) -> int:
        """Close rows by hand; returns how many were open."""
        with self.writing() as connection:
            return ledger_quarantine.resolve(connection, numbers)

    def retry_quarantine(self, numbers: Iterable[int]) -> list[str]:
        """Make the next run read the sources of these rows again; returns their paths."""
        with self.writing() as connection:
            return ledger_quarantine.reopen_sources(connection, numbers)

    # Runs and figures

    def start_run(self, run_id: str, started_at: str) -> None:
        """Note that a run has begun; a run that is taken up again keeps its row."""
        with self.writing() as connection:
            row = {"run_id": run_id, "started_at": started_at}
            connection.execute(tables.insert_or_ignore(connection, tables.runs), [row])

    def finish_run(self, run_id: str, finished_at: str, report: Mapping[str, Any]) -> None:
        """Keep a run's report; whatever was forgotten has been removed everywhere by then."""
        with self.writing() as connection:
            ledger_forget.finished(connection)  # with the report: a forget that is repeated has a run to finish or none
            ledger_figures.finish_run(connection, run_id, finished_at, report)

    def runs(self, limit: int = 20) -> list[Run]:
        """Return the latest runs, newest first."""
        with self.reading() as connection:
            return ledger_figures.runs(connection, limit)

    def counts(self) -> dict[str, int]:
        """Return the figures of a status report, by name."""
        with self.reading() as connection:
            return ledger_figures.counts(connection)

    def languages(self) -> dict[str, int]:
        """Return how many live documents each language has, most first."""
        with self.reading() as connection:
            return ledger_figures.languages(connection)

    def rule_hits(self) -> dict[str, int]:
        """Return how many removals each rule has in the ledger, most first."""
        with self.reading() as connection:
            return ledger_figures.rule_hits(connection)
