"""Which segments are merged, and how: term by term from the disk, so that memory does not grow with them.

The policy is *tiered*: new segments are left alone until there are more than :data:`MAX_SEGMENTS`; then the smallest
ones become one. A document is thus rewritten about once each time the index grows by a factor of
:data:`MERGE_AT_LEAST`, and a nightly batch never rewrites the large segments.
"""

from __future__ import annotations

import heapq
import mmap
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, compress, groupby
from operator import itemgetter, not_
from pathlib import Path
from typing import Any, Final

from index.codec import NO_FREQUENCY, NO_POSITION, BulkCodec, BulkFieldWriter, BulkTermsReader, describe_once, woven
from index.codec_postings import Postings, concatenate, pack_postings
from index.pool import PLACES_AT_ONCE, TERMS_AT_ONCE
from index.segments import COLUMNS, SCORED_FIELDS, SegmentWriter
from index.storage import DurableStorage

MAX_SEGMENTS: Final = 10
"""More make every search slower: each term is looked up in each segment."""
MERGE_AT_LEAST: Final = 5
"""Merged at once when there are too many: fewer would rewrite more often, more would leave less to be merged later."""
MAX_DELETED_SHARE: Final = 0.4
"""A segment with more dead documents than this is rewritten: they cost as much to search as live ones."""

RELEASE_TERMS: Final = 20_000
"""Terms between two times that the pages read are let go of: merging two segments of 4,850 articles then counts 12 MB
of them instead of 68, in the same processor time."""


def choose_merges(segments: Sequence[Any]) -> list[Any]:
    """Segments to merge into one; empty when there is nothing to do."""
    wasteful = [s for s in segments if s.deleted_count() > s.doc_count_all() * MAX_DELETED_SHARE]
    others = sorted((s for s in segments if s not in wasteful), key=lambda s: s.doc_count_all())
    surplus = len(others) + bool(wasteful) - MAX_SEGMENTS
    if surplus > 0:
        return wasteful + others[: max(surplus + 1, MERGE_AT_LEAST)]
    return wasteful


def merge_segments(storage: DurableStorage, segments: Sequence[Any], folder: Path) -> Any:
    """Write the live documents of ``segments`` as one new segment into ``folder``; None when none lives."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    writer = SegmentWriter(folder)
    sources = [_Source(storage, segment) for segment in segments]
    try:
        lengths = {field: array("I") for field in SCORED_FIELDS}
        for source in sources:
            source.copy_documents(writer, lengths)
        if not writer.documents:
            writer.abandon()
            return None
        writer.close_documents(lengths)
        _merge_terms(sources, writer)
        return writer.finish()
    finally:
        for source in sources:
            source.close()


class _Source:
    """One segment that is being merged."""

    def __init__(self, storage: DurableStorage, segment: Any) -> None:
        self._segment = segment
        self._files = segment.open_compound_file(storage)
        codec = BulkCodec()
        self.terms: BulkTermsReader = codec.terms_reader(self._files, segment)
        self._perdoc = codec.per_document_reader(self._files, segment)
        self._new_ids: list[int] = []
        """New number by old one; -1 for a dead document."""

    def copy_documents(self, writer: SegmentWriter, lengths: Mapping[str, array[int]]) -> None:
        """Write the live documents' values, note their lengths by field and remember their new numbers."""
        schema, perdoc = writer.schema, self._perdoc
        readers = {name: perdoc.column_reader(name, schema[name].column_type) for name in COLUMNS}
        for doc in range(self._segment.doc_count_all()):
            if self._segment.is_deleted(doc):
                self._new_ids.append(-1)
                continue
            hit = perdoc.stored_fields(doc)["hit"]
            columns = [(name, reader[doc]) for name, reader in readers.items()]
            for field, of_field in lengths.items():
                of_field.append(perdoc.doc_field_length(doc, field) or 0)
            self._new_ids.append(writer.add(hit, columns))
        self.release()

    def release(self) -> None:
        """Let go of the pages of the file that were read: they stay in the system's cache, but not in this process."""
        mapped = self._files._source
        if mapped is not None:
            mapped.madvise(mmap.MADV_DONTNEED)

    def items(self, field: str) -> Iterator[tuple[bytes, _Source]]:
        """Terms of a field in order."""
        for term, _ in self.terms.field_terms(field):
            yield term, self

    def live_postings(self, field: str, term: bytes) -> Postings:
        """A term's postings with new numbers, dead documents left out."""
        postings = self.terms.postings(field, term)
        assert postings is not None, "the term was just read from this segment"
        new = [self._new_ids[doc] for doc in postings.ids]
        if -1 not in new:
            return Postings(new, postings.freqs, postings.positions)
        live = [index for index, doc in enumerate(new) if doc >= 0]
        positions: list[int] = []
        if postings.positions:
            ends = list(accumulate(postings.freqs))
            for index in live:
                positions.extend(postings.positions[ends[index] - postings.freqs[index] : ends[index]])
        return Postings([new[index] for index in live], [postings.freqs[index] for index in live], positions)

    def close(self) -> None:
        self.terms.close()
        self._perdoc.close()
        self._files.close()


def _merge_terms(sources: Sequence[_Source], writer: SegmentWriter) -> None:
    fields = sorted({field for source in sources for field in source.terms.indexed_field_names()})
    for field in fields:
        writer.terms.start_field(field, writer.schema[field])
        merged = heapq.merge(*(source.items(field) for source in sources), key=itemgetter(0))
        terms: dict[bytes, Postings] = {}
        places = 0
        for number, (term, group) in enumerate(groupby(merged, key=itemgetter(0))):
            # heapq.merge keeps the order of equal terms, so document numbers ascend.
            postings = concatenate([(0, source.live_postings(field, term)) for _, source in group])
            if postings.ids:
                terms[term] = postings
                places += len(postings.ids) + len(postings.positions)
            if len(terms) >= TERMS_AT_ONCE or places >= PLACES_AT_ONCE:
                writer.terms.add_terms(list(terms), _described(list(terms.values()), writer.terms))
                terms.clear()
                places = 0
            if number % RELEASE_TERMS == 0:
                for source in sources:
                    source.release()
        writer.terms.add_terms(list(terms), _described(list(terms.values()), writer.terms))
        writer.terms.finish_field()


def _described(lists: Sequence[Postings], writer: BulkFieldWriter) -> list[bytes]:
    """The descriptions of terms; postings are written of those that occur more than once."""
    once = [len(postings.ids) == 1 and postings.freqs[0] <= 1 for postings in lists]
    infos = map(_described_once, compress(lists, once))
    return woven(once, infos, writer.describe(list(map(pack_postings, compress(lists, map(not_, once))))))


def _described_once(postings: Postings) -> bytes:
    ids, freqs, positions = postings
    (info,) = describe_once(ids, positions or (NO_POSITION if freqs[0] else NO_FREQUENCY,))
    return info
