"""How much a document counts for being new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from index.ranking_settings import RankingSettings


def recency_factors(published: Sequence[int], settings: RankingSettings) -> list[float]:
    """What each document's score is multiplied by; its age is counted back from the newest one, not from today."""
    days = {day: _day_number(day) for day in {moment // 10**6 for moment in published}}
    newest = max(days.values(), default=0)
    factors = {
        day: 1 + settings.recency * 0.5 ** ((newest - number) / settings.recency_half_life_days) if number else 1.0
        for day, number in days.items()
    }
    return [factors[moment // 10**6] for moment in published]


def _day_number(day: int) -> int:
    """Days since the year 1 of a number like 20240620; 0 for what is no day."""
    try:
        return date(day // 10_000, day // 100 % 100, day % 100).toordinal()
    except ValueError:
        return 0
