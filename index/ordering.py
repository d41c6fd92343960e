"""The order of a result: total, and the same however the index is cut into segments."""

from __future__ import annotations

from collections.abc import Sequence
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

    # One more than asked for, to see whether the last one is tied with what follows.
    first = nsmallest(count + 1, scores, key=key)
    keys = [key(doc) for doc in first]
    if len(set(keys)) == len(keys):
        return first[:count]
    last = keys[-1]
    certain = [doc for doc, k in zip(first, keys, strict=True) if k != last]
    tied = [doc for doc in scores if key(doc) == last]
    ids = _id_keys(engine, (*certain, *tied))
    certain.sort(key=lambda doc: (*key(doc), ids[doc]))
    return (certain + sorted(tied, key=ids.__getitem__))[:count]


def _id_keys(engine: WhooshEngine, docs: Sequence[int]) -> dict[int, Any]:
    """What sorts the documents by id: the ids of a few, the places of many in the list of all."""
    if len(docs) <= MAX_IDS_READ:
        return {doc: engine.hit(doc)["id"] for doc in docs}
    return {doc: engine.id_rank(doc) for doc in docs}
