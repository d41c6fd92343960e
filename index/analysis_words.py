"""The word tables of the search: abbreviations with what they stand for, and words too common to search by."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from importlib import resources


def _lines(name: str) -> list[str]:
    text = resources.files("index").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def _table() -> list[tuple[str, str, bool]]:
    """Rows of ``data/abbreviations_id.tsv``: short form, long form, and whether the short form needs its capitals."""
    rows = []
    for line in _lines("abbreviations_id.tsv"):
        short, long, *flags = line.split("\t")
        rows.append((short, long, "case" in flags))
    return rows


@lru_cache(maxsize=1)
def case_sensitive_abbreviations() -> frozenset[str]:
    """Short forms that are another word in lower case: ``AS`` (*Amerika Serikat*) is not ``as``."""
    return frozenset(short for short, _, case in _table() if case)


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, tuple[str, ...]]:
    """Equivalents in both directions; keys and values in lower case except case-sensitive short forms."""
    both: dict[str, list[str]] = defaultdict(list)
    for short, long, case in _table():
        key = short if case else short.lower()
        both[key].append(long.lower())
        both[long.lower()].append(key)
    return {key: tuple(values) for key, values in both.items()}


@lru_cache(maxsize=1)
def longest_expansion() -> int:
    """How many words the longest long form has."""
    return max(len(long.split()) for _, long, _ in _table())


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Function and question words that are not searched for when a query has other words."""
    return frozenset(_lines("stopwords.txt"))
