"""Finished pieces of an index: built by any process, joined by the one writer, merged when they are many.

A worker that has cleaned some thousand documents builds a segment from them in a folder of its own; it needs no lock
and touches no index. The writer then moves the file in and names it in the table of contents, which costs the same
however large it is. What a worker hands back says how many documents the segment holds, so that nothing can be lost on
the way without being noticed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whoosh.util.numeric import length_to_byte

from index.codec import INDEX_NAME, BulkCodec, BulkSegment
from index.collecting import without_collection
from index.columns import STORED_COLUMN
from index.files import file_checksum, sync_file
from index.pool import PostingPool
from index.records import IndexRecord
from index.schema import LABEL_COLUMNS, STEM_FIELDS, SURFACE_FIELDS, make_schema, prepare
from index.storage import DurableStorage

SEGMENT_DOCUMENTS = 5_000
"""Most documents of a new segment: memory is about 12 KB a document until it is written; larger ones gain nothing."""
SEGMENT_FORMS = 300_000
"""Distinct spellings at which a segment is closed: 5,000 news articles have 100,000. Without it, documents that repeat
no word, of two million characters each, would take 220 MB each until the segment is written."""

COLUMNS = ("published", *LABEL_COLUMNS, "text")
SCORED_FIELDS = (*SURFACE_FIELDS, *STEM_FIELDS.values())


@dataclass(frozen=True, slots=True)
class IndexFailure:
    """A record that could not be indexed, and why; the others of its batch are not affected."""

    id: str
    error: str
    """Name of the exception."""
    message: str


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """A finished segment file, with everything that the writer must know to join it. Picklable."""

    folder: str
    segment: Any
    """Whoosh's description of the segment; None when no record could be indexed and there are only failures."""
    ids: tuple[str, ...]
    """Ids of its live documents."""
    documents: int
    """How many live documents it holds."""
    failures: tuple[IndexFailure, ...] = ()

    @property
    def path(self) -> Path:
        """The segment file."""
        return segment_path(Path(self.folder), self.segment)


def segment_path(folder: Path, segment: Any) -> Path:
    """Where in ``folder`` the file of a segment stands."""
    return folder / str(segment.make_filename(segment.COMPOUND_EXT))


class SegmentWriter:
    """Writes one segment into a folder: documents one by one, then all terms in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schema = make_schema()
        self.documents = 0
        self._storage = DurableStorage(str(folder))
        codec = BulkCodec()
        # Not Whoosh's own random name: it repeats in processes forked from one parent.
        self.segment = BulkSegment(codec, INDEX_NAME, segid=secrets.token_hex(8))
        self._files: list[Any] = []
        self._hits = STORED_COLUMN.writer(self._create("_stored"))
        self._columns = {name: self.schema[name].column_type.writer(self._create(name)) for name in COLUMNS}
        self.terms = codec.field_writer(self._storage, self.segment)

    def _create(self, column: str) -> Any:
        file = self._storage.create_file(BulkCodec.column_filename(self.segment, column))
        self._files.append(file)
        return file

    def add(self, hit: dict[str, Any], columns: Iterable[tuple[str, Any]]) -> int:
        """Write what is kept by document; gives its number."""
        doc = self.documents
        self._hits.add(doc, {"hit": hit})
        for name, value in columns:
            self._columns[name].add(doc, value)
        self.documents += 1
        return doc

    def close_documents(self, lengths: Mapping[str, Sequence[int]]) -> None:
        """All documents are in: write the columns, among them those of their lengths by scored field."""
        self.segment._fieldlengths = {field: sum(of_field) for field, of_field in lengths.items() if any(of_field)}
        for field in self.segment._fieldlengths:
            of_field = lengths[field]
            codes = {length: length_to_byte(length) for length in set(of_field)}
            # Whoosh's format of a column of bytes: zeros at its end are left out.
            self._create(f"_{field}_len").write(bytes(map(codes.__getitem__, of_field)).rstrip(b"\0"))
        for column in (self._hits, *self._columns.values()):
            column.finish(self.documents)
        self._close_columns()
        self.segment.set_doc_count(self.documents)

    def _close_columns(self) -> None:
        while self._files:
            self._files.pop().close()

    def finish(self) -> BulkSegment:
        """All terms are in: put everything into one file and onto the disk."""
        self.terms.close()
        self.segment.create_compound_file(self._storage)
        path = segment_path(self.folder, self.segment)
        self.segment.checksum = file_checksum(path)
        sync_file(path)
        return self.segment

    def abandon(self) -> None:
        """Close what is open; the folder is the caller's to remove."""
        self._close_columns()
        if not self.terms.is_closed:
            self.terms.close()


class SegmentBuilder:
    """Builds a segment from records; the last record of an id wins."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer = SegmentWriter(folder)
        self._pool = PostingPool()
        self._docs: dict[str, int] = {}
        self._failures: list[IndexFailure] = []

    @property
    def documents(self) -> int:
        """Documents written so far, replaced ones included."""
        return self._writer.documents

    @property
    def full(self) -> bool:
        """Whether the next record should go to another segment, so that memory stays bounded."""
        return self.documents >= SEGMENT_DOCUMENTS or self._pool.forms >= SEGMENT_FORMS

    def add(self, record: IndexRecord) -> None:
        """Add a record; one that cannot be analysed is reported in the result, and an earlier one of its id stays."""
        try:
            entry = prepare(record)
            texts = self._pool.read(entry)
        except Exception as error:  # noqa: BLE001, RUF100 - whatever a record's content does, the others go on
            self._failures.append(IndexFailure(str(getattr(record, "id", "")), type(error).__name__, str(error)))
            return
        doc = self._writer.add(entry.hit, entry.columns)
        self._pool.add(doc, entry, texts)
        earlier = self._docs.get(entry.id)
        if earlier is not None:
            self._writer.segment.delete_document(earlier)
        self._docs[entry.id] = doc

    def abandon(self) -> None:
        """Close what is open; the folder is the caller's to remove."""
        self._writer.abandon()

    def finish(self) -> SegmentResult | None:
        """Write the segment; None when there was nothing to write and nothing to report."""
        writer = self._writer
        if not writer.documents:
            writer.abandon()
            return SegmentResult(str(writer.folder), None, (), 0, tuple(self._failures)) if self._failures else None
        writer.close_documents(self._pool.lengths())
        self._pool.write(writer.terms, writer.schema)
        segment = writer.finish()
        return SegmentResult(str(writer.folder), segment, tuple(self._docs), len(self._docs), tuple(self._failures))


@without_collection()
def build_segments(records: Iterable[IndexRecord], work_dir: str | Path) -> list[SegmentResult]:
    """Build as many segments from ``records`` as their number and words ask for, each in a folder below ``work_dir``.

    Meant for a worker process; the results are picklable. A result may hold failures only.
    """
    folder = Path(work_dir)
    results: list[SegmentResult | None] = []
    builder: SegmentBuilder | None = None
    try:
        for record in records:
            if builder is None:
                builder = SegmentBuilder(folder / secrets.token_hex(4))
            builder.add(record)
            if builder.full:
                results.append(builder.finish())
                builder = None
    except BaseException:
        if builder is not None:
            builder.abandon()
        raise
    if builder is not None:
        results.append(builder.finish())
    return [result for result in results if result is not None]


@without_collection()
def build_segment(records: Iterable[IndexRecord], work_dir: str | Path) -> SegmentResult:
    """Build one segment from ``records``, however many they are; raises ValueError when there are none."""
    builder = SegmentBuilder(Path(work_dir) / secrets.token_hex(4))
    for record in records:
        builder.add(record)
    result = builder.finish()
    if result is None:
        raise ValueError("there is no record to build a segment from")
    return result
