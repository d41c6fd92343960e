"""The one writer of an index folder: a batch is one durable commit, locked, counted, all or nothing.

A commit is Whoosh's: a new table of contents takes the place of the old one in one rename. Before that, the segments it
names are complete and on the disk; after it, what the old one named is removed. A crash at any moment therefore leaves
the old batch or the new one, and at worst files that nobody names, which the next writer sweeps away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter as WhooshWriter

from index.codec import INDEX_NAME, BulkCodec, BulkTermsReader
from index.files import MARKER, check_marker, sync_file
from index.merging import choose_merges, merge_segments
from index.records import IndexRecord
from index.schema import encode, make_schema
from index.segments import IndexFailure, SegmentResult, build_segments, segment_path
from index.storage import DurableStorage
from index.toc import read_toc
from transforms.errors import IndexLockedError, IndexMismatchError

LOCK_FILE: Final = "WRITER.lock"
BUILD_FOLDER: Final = "build"
SCAN_ADVANTAGE: Final = 4
"""Looking one id up in a segment takes as long as reading this many of its ids in order (measured 12 µs and 2.5 µs)."""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What one commit did: documents written, ids removed on request, documents the index now holds."""

    added: int
    deleted: int
    total: int
    replaced: int = 0
    """How many of ``added`` took the place of an earlier version."""
    failures: tuple[IndexFailure, ...] = ()


class IndexWriter:
    """Holds an index folder for writing; used as a context manager. Raises IndexLockedError when another holds it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._storage = DurableStorage(str(self.path))
        self._lock: int | None = None

    def __enter__(self) -> IndexWriter:
        check_marker(self.path)
        lock = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise IndexLockedError(f"another process is writing {self.path}; wait for it or stop it") from None
        self._lock = lock
        self._sweep()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._lock is not None:
            shutil.rmtree(self.path / BUILD_FOLDER, ignore_errors=True)
            os.close(self._lock)
            self._lock = None

    def apply(self, adds: Iterable[IndexRecord], deletes: Iterable[str] = ()) -> CommitResult:
        """Write a batch as one commit: ``adds`` replace what has their id, and of two in a batch the last stays.

        An id in both stays added. A record that cannot be indexed is reported; what the index held of it stays.
        """
        self._check_held()
        return self._commit(build_segments(adds, self.path / BUILD_FOLDER), deletes)

    def join(self, segments: Sequence[SegmentResult], deletes: Iterable[str] = ()) -> CommitResult:
        """Add segments that were built elsewhere as one commit; later ones replace earlier ones."""
        self._check_held()
        return self._commit(segments, deletes)

    def _commit(self, results: Sequence[SegmentResult], deletes: Iterable[str]) -> CommitResult:
        failures = tuple(failure for result in results for failure in result.failures)
        filled = [result for result in results if result.segment is not None]
        plan = _Plan(self._storage, filled, tuple(dict.fromkeys(deletes)))
        index = open_index(self._storage)
        writer = WhooshWriter(index, codec=BulkCodec(), limitmb=1)
        try:
            writer.commit(mergetype=plan.run)
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise
        total = count_documents(self.path)
        if total != plan.expected:
            raise IndexMismatchError(f"{self.path} holds {total} documents after a commit, expected {plan.expected}")
        return CommitResult(plan.added, plan.deleted, total, plan.replaced, failures)

    def _check_held(self) -> None:
        if self._lock is None:
            raise IndexLockedError("an IndexWriter writes inside its `with` block only")

    def _sweep(self) -> None:
        """Remove what crashed writers left: nobody names it, and on a full disk it would keep the disk full."""
        toc = read_toc(self._storage)
        named = {segment.segment_id() for segment in toc.segments}
        keep = {MARKER, LOCK_FILE, f"{INDEX_NAME}_WRITELOCK", str(TOC._filename(INDEX_NAME, toc.generation))}
        for entry in self.path.iterdir():
            if entry.name in keep or entry.name.split(".", 1)[0] in named:
                continue
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()


class _Plan:
    """One commit in the making: called back by Whoosh's writer with the segments of the index."""

    def __init__(self, storage: DurableStorage, results: Sequence[SegmentResult], deletes: tuple[str, ...]) -> None:
        self._storage = storage
        self._results = results
        self._deletes = deletes
        self.added = self.deleted = self.replaced = self.expected = 0

    def run(self, _writer: Any, segments: Sequence[Any]) -> list[Any]:
        """The segments that the new table of contents names."""
        before = sum(segment.doc_count() for segment in segments)
        final = list(segments)
        adding: set[str] = set()
        again: set[str] = set()  # ids in more than one of the new segments
        for result in self._results:
            again.update(adding.intersection(result.ids))
            adding.update(result.ids)
        self.deleted = self._kill(final, [id_ for id_ in self._deletes if id_ not in adding])
        self.replaced = self._kill(final, adding)
        for result in self._results:
            self._kill(final[len(segments) :], again.intersection(result.ids))
            final.append(self._move_in(result))
        self.added = sum(segment.doc_count() for segment in final[len(segments) :])
        self.expected = before - self.deleted - self.replaced + len(adding)
        return self._merge(final)

    def _kill(self, segments: Sequence[Any], ids: Iterable[str]) -> int:
        """Mark the live documents of these ids as dead; gives how many there were."""
        wanted = {encode(id_) for id_ in ids}
        killed = 0
        for segment in segments if wanted else ():
            files = segment.open_compound_file(self._storage)
            terms = segment.codec().terms_reader(files, segment)
            for doc in _find(terms, wanted, segment.doc_count_all()):
                if not segment.is_deleted(doc):
                    segment.delete_document(doc)
                    killed += 1
            terms.close()
            files.close()
        return killed

    def _move_in(self, result: SegmentResult) -> Any:
        target = segment_path(Path(self._storage.folder), result.segment)
        try:
            result.path.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # The worker's folder is on another file system.
            shutil.copyfile(result.path, target)
            sync_file(target)
            result.path.unlink()
        return result.segment

    def _merge(self, segments: list[Any]) -> list[Any]:
        final = [segment for segment in segments if segment.doc_count()]
        chosen = choose_merges(final)
        if not chosen:
            return final
        folder = Path(self._storage.folder)
        merged = merge_segments(self._storage, chosen, folder / BUILD_FOLDER / "merge")
        segment_path(folder / BUILD_FOLDER / "merge", merged).rename(segment_path(folder, merged))
        return [segment for segment in final if segment not in chosen] + [merged]


def _find(terms: BulkTermsReader, ids: Set[bytes], size: int) -> Iterable[int]:
    """Document numbers of those of ``ids`` that a segment of ``size`` documents has."""
    if len(ids) * SCAN_ADVANTAGE > size:
        ids = {id_ for id_, _ in terms.field_terms("id") if id_ in ids}
    for id_ in ids:
        postings = terms.postings("id", id_)
        if postings is not None:
            yield from postings.ids


def create_index(path: Path) -> None:
    """Put an empty index into a folder."""
    FileIndex.create(DurableStorage(str(path)), make_schema(), INDEX_NAME)


def open_index(storage: DurableStorage) -> Any:
    """Whoosh's own index object."""
    read_toc(storage)
    return FileIndex(storage, indexname=INDEX_NAME)


def count_documents(path: Path) -> int:
    """Live documents of the index in ``path``."""
    check_marker(path)
    return sum(segment.doc_count() for segment in read_toc(DurableStorage(str(path))).segments)
