"""Where words stand in documents: phrases and distances, from the positions in posting lists."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from index.codec_postings import Postings
from index.engine import Engine


def positions_in(postings: Postings, docs: Iterable[int]) -> dict[int, Sequence[int]]:
    """Positions of a term by document, for those of ``docs`` (ascending) that have it."""
    ids, freqs, positions = postings.ids, postings.freqs, postings.positions
    found: dict[int, Sequence[int]] = {}
    index = start = 0
    for doc in docs:
        at = bisect_left(ids, doc, index)
        if at == len(ids):
            break
        start += sum(freqs[index:at])
        index = at
        if ids[at] == doc:
            found[doc] = positions[start : start + freqs[at]]
    return found


def positions_of(engine: Engine, field: str, words: Iterable[str], docs: Sequence[int]) -> dict[int, Sequence[int]]:
    """Positions of any of ``words`` by document, ascending."""
    merged: dict[int, Sequence[int]] = {}
    for word in words:
        for doc, positions in positions_in(engine.postings(field, word), docs).items():
            merged[doc] = sorted((*merged[doc], *positions)) if doc in merged else positions
    return merged


def phrase_frequencies(engine: Engine, field: str, terms: Sequence[str], offsets: Sequence[int]) -> dict[int, int]:
    """How often the terms stand at these offsets from each other, by document that has them so."""
    lists = [engine.postings(field, term) for term in terms]
    if not all(postings.ids for postings in lists):
        return {}
    lists_by_size = sorted(lists, key=lambda postings: len(postings.ids))
    common = set(lists_by_size[0].ids)
    for postings in lists_by_size[1:]:
        common.intersection_update(postings.ids)
    docs = sorted(common)
    by_term = [positions_in(postings, docs) for postings in lists]
    found = {}
    for doc in docs:
        starts = {position - offsets[0] for position in by_term[0][doc]}
        for positions, offset in zip(by_term[1:], offsets[1:], strict=True):
            starts &= {position - offset for position in positions[doc]}
            if not starts:
                break
        if starts:
            found[doc] = len(starts)
    return found
