"""The weights of the ranking: what ``search:`` in config.yaml can set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from transforms.errors import ConfigError


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """Weights of the ranking, without unit, chosen with ``benchmarks/retrieval.py`` on question-to-passage queries.

    The optimum is flat: halving or doubling any one of them moved MRR@10 over 900 queries by less than 0.012. What
    counts is that both forms of a word are scored as one and that titles count more than bodies.
    """

    title_weight: float = 2.0
    """One occurrence in the title counts like so many in the body."""
    stem_weight: float = 0.5
    """An occurrence of the stem, beside the surface form that counts 1."""
    expansion_weight: float = 0.7
    """An occurrence of what an abbreviation stands for, or the reverse."""
    k1: float = 1.2
    """Saturation: how fast further occurrences stop to count."""
    body_b: float = 0.6
    """Length normalisation of the body, 0 none, 1 full."""
    title_b: float = 0.3
    coverage: float = 0.5
    """Exponent of the share of the query (by weight) that a document has."""
    min_coverage: float = 0.15
    """Share of the query that a document needs to be found at all: those that have only its most common word are not
    what anyone meant, and they are most of all documents."""
    proximity: float = 1.0
    """Weight of the bonus for neighbouring query words that stand close together."""
    recency: float = 0.0
    """How much more the newest document counts than one without a date: 0 nothing, 1 twice as much."""
    recency_half_life_days: float = 180.0
    """After so many days, counted back from the newest document of the index, the bonus is half as large."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            highest = MOST_SHARE if name in _SHARES else MOST_WEIGHT
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= highest:
                raise ConfigError(f"search.{name}: expected a number from 0 to {highest:g}, found {value!r}")
        if not self.recency_half_life_days:
            raise ConfigError("search.recency_half_life_days: expected more than 0 days")


MOST_SHARE = 1.0
MOST_WEIGHT = 10_000.0
"""Far beyond any use; keeps infinity and typing errors out."""
_SHARES = ("body_b", "title_b", "min_coverage")


def ranking_settings(values: Any) -> RankingSettings:
    """The settings of a ``search:`` section as YAML gives it; raises ConfigError for what is not one."""
    if values is None:
        return RankingSettings()
    known = [setting.name for setting in fields(RankingSettings)]
    if not isinstance(values, dict):
        raise ConfigError(f"search: expected `key: value` lines, found {type(values).__name__}")
    unknown = [str(name) for name in values if name not in known]
    if unknown:
        raise ConfigError(f"search.{unknown[0]}: unknown key; known are {', '.join(known)}")
    return RankingSettings(**values)
