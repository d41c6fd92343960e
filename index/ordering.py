"""The order of a result: total, and the same however the index is cut into segments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest
from typing import Any

from index.engine import WhooshEngine

SCORE_DIGITS = 9
"""Scores that differ only further back are equal: what is left is noise of adding in another order."""
MAX_IDS_READ = 2_000
"""Reading the stored fields of so many documents takes as long as listing all ids of 30,000 (60 ms)."""


def first_documents(engine: WhooshEngine, scores: dict[int, float], *, by_date: bool, count: int) -> list[int]:
    """The first ``count`` documents by score or by date, newest first; then by date or score, then by id."""
    published = engine.published()

    def key(doc: int) -> tuple[Any, ...]:
        score = -round(scores[doc], SCORE_DIGITS)
        return (-published[doc], score) if by_date else (score, -published[doc])

    among = _best(scores, published if by_date else scores, count)
    # One more than asked for, to see whether the last one is tied with what follows.
    first = nsmallest(count + 1, among, key=key)
    keys = [key(doc) for doc in first]
    if len(set(keys)) == len(keys):
        return first[:count]
    last = keys[-1]
    certain = [doc for doc, k in zip(first, keys, strict=True) if k != last]
    tied = [doc for doc in among if key(doc) == last]
    ids = _id_keys(engine, (*certain, *tied))
    certain.sort(key=lambda doc: (*key(doc), ids[doc]))
    return (certain + sorted(tied, key=ids.__getitem__))[:count]


def _best(scores: Mapping[int, float], values: Mapping[int, float] | Sequence[float], count: int) -> Collection[int]:
    """The documents that may be among the first by a value; sorting numbers is quicker than comparing whole keys."""
    if len(scores) <= count:
        return scores
    value = values.__getitem__
    edge = sorted(map(value, scores), reverse=True)[count] - 10**-SCORE_DIGITS
    return [doc for doc in scores if value(doc) >= edge]


def _id_keys(engine: WhooshEngine, docs: Sequence[int]) -> dict[int, Any]:
    """What sorts the documents by id: the ids of a few, the places of many in the list of all."""
    if len(docs) <= MAX_IDS_READ:
        return {doc: engine.hit(doc)["id"] for doc in docs}
    return {doc: engine.id_rank(doc) for doc in docs}
