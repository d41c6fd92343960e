"""Counts over a whole result, by language, outlet, year and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from index.engine import Engine
from index.schema import NO_DATE

MAX_VALUES = 100
"""Values shown of one facet; the most frequent ones."""


def count_facets(engine: Engine, docs: Collection[int]) -> dict[str, dict[str, int]]:
    """Documents by value of each facet, largest count first; unknown outlets and dates are not counted."""
    facets = {}
    for field in ("language", "outlet"):
        column, values = engine.labels(field)
        counts = Counter(map(column.__getitem__, docs))
        facets[field] = _largest({values[number]: count for number, count in counts.items() if values[number]})
    published = engine.published()
    months = Counter(published[doc] // 10**8 for doc in docs)
    months.pop(NO_DATE, None)
    years: Counter[int] = Counter()
    for month, count in months.items():
        years[month // 100] += count
    facets["year"] = _largest({f"{year:04d}": count for year, count in years.items()})
    facets["month"] = _largest({f"{month // 100:04d}-{month % 100:02d}": count for month, count in months.items()})
    return facets


def _largest(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_VALUES])
