"""Near spellings: the distance between two words, and the likely meant one of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable


def edit_distance(first: str, second: str, limit: int) -> int:
    """Letters inserted, left out, replaced or swapped (optimal string alignment); ``limit`` + 1 when more."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        before_that, before, row = before, row, [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, before_that[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def may_be_near(letters: frozenset[str], term: str, limit: int) -> bool:
    """False when the letters alone tell that a word is further away: an edit adds at most one and takes at most one."""
    return len(letters.symmetric_difference(term)) <= 2 * limit


def closest(word: str, vocabulary: Iterable[tuple[str, int]]) -> str | None:
    """The most likely meant word: fewest edits (one for short words, two for longer ones), then most documents."""
    limit = 1 if len(word) <= 5 else 2
    letters = frozenset(word)
    counts: dict[str, int] = {}
    for term, count in vocabulary:
        if abs(len(term) - len(word)) <= limit and may_be_near(letters, term, limit) and term.isalpha():
            counts[term] = counts.get(term, 0) + count
    best: tuple[int, int, str] | None = None
    for term, count in counts.items():
        if count < 2:
            continue
        distance = edit_distance(word, term, limit)
        if distance <= limit and term != word:
            candidate = (distance, -count, term)
            best = candidate if best is None or candidate < best else best
    return best[2] if best else None
