"""Equal stretches of one text: found as runs of words, chained over short gaps, snapped to sentences.

Every window of ``WINDOW`` words is looked up among the earlier ones; a hit is extended to the longest equal run. Runs
that follow each other in both copies form a chain; runs that are parted by a join only (``JakartaTim`` and
``Jakarta Tim``) become one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from transforms.repeats_words import Remains

WINDOW = 8
"""Words that must be equal in a row before two places are compared; shorter stock phrases repeat in any article."""

_ALL_REPEATED = b"\1" * WINDOW
"""A window of words that a text has more than once, a byte for each."""

MAX_GAP = 40
"""Words that may stand between two runs of one chain, in either copy: a heading, a caption, a link nobody found."""

MAX_RUNS = 5_000
"""Runs examined in a round; real documents have fewer than 50."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words ``[a, a_end)`` equal words ``[b, b_end)``, up to joins; ``a_end <= b``."""

    a: int
    a_end: int
    b: int
    b_end: int

    @property
    def copies(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The first copy and the later one."""
        return (self.a, self.a_end), (self.b, self.b_end)


def size_of(chain: list[Run]) -> int:
    """Words of the later copy."""
    return sum(run.b_end - run.b for run in chain)


def gap_of(chain: list[Run]) -> int:
    """Words between the two copies."""
    return chain[0].b - chain[-1].a_end


def groups_of(words: list[str]) -> list[list[Run]]:
    """The runs of some words, those that follow each other in both copies together."""
    groups: list[list[Run]] = []
    for run in _runs(words):
        if not groups or not _continues(groups[-1], run):
            groups.append([run])
        elif _joined(words, groups[-1][-1], run):
            last = groups[-1][-1]
            groups[-1][-1] = Run(last.a, run.a_end, last.b, run.b_end)
        else:
            groups[-1].append(run)
    return groups


def chains_of(remains: Remains) -> list[list[Run]]:
    """What of each group begins and ends with sentences in both copies; none is empty, or larger than its group, and
    no two copies are nearer to each other than in it."""
    groups = groups_of(remains.words)
    chains = ([snapped for run in group if (snapped := _snapped(remains, run))] for group in groups)
    return [chain for chain in chains if chain]


def _windows(words: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The windows that may stand twice, with their places: those of nothing but words that do."""
    again = {word for word, count in Counter(words).items() if count > 1}
    repeated = bytes(map(again.__contains__, words))
    at = repeated.find(_ALL_REPEATED)
    while at >= 0:
        yield at, tuple(words[at : at + WINDOW])
        at = repeated.find(_ALL_REPEATED, at + 1)


def _runs(words: list[str]) -> list[Run]:
    """Longest equal runs, each against the earliest place where its first window stands, in order of ``b``."""
    total = len(words)
    first: dict[tuple[str, ...], int] = {}
    runs: list[Run] = []
    covered = 0
    for b, window in _windows(words):
        a = first.setdefault(window, b)
        if b < covered or a + WINDOW > b:
            continue
        size = WINDOW
        while b + size < total and a + size < b and words[a + size] == words[b + size]:
            size += 1
        covered = b + size
        runs.append(Run(a, a + size, b, b + size))
        if len(runs) == MAX_RUNS:
            break
    return runs


def _continues(group: list[Run], run: Run) -> bool:
    last = group[-1]
    near = 0 <= run.a - last.a_end <= MAX_GAP and 0 <= run.b - last.b_end <= MAX_GAP
    return near and run.a_end <= group[0].b


def _joined(words: list[str], last: Run, run: Run) -> bool:
    """Whether what stands between two runs is the same letters in both copies."""
    return "".join(words[last.a_end : run.a]) == "".join(words[last.b_end : run.b])


def _snapped(remains: Remains, run: Run) -> Run | None:
    """Shrink a run until both copies begin and end with a sentence; None when nothing of size is left."""
    places = list(_aligned(remains.words, run))
    begins = next((place for place in places if all(map(remains.begins_sentence, place))), None)
    if begins and run.a_end == run.b:
        # Copies that follow each other: a word too many at their beginning (a year, say) took one from their end.
        places = list(_aligned(remains.words, _longer(remains.words, Run(begins[0], run.a_end, begins[1], run.b_end))))
    ends = next((place for place in reversed(places) if all(map(remains.ends_sentence, place))), None)
    if begins is None or ends is None or ends[1] - begins[1] < WINDOW:
        return None
    return Run(begins[0], ends[0], begins[1], ends[1])


def _longer(words: list[str], run: Run) -> Run:
    """The run with the equal words behind it, up to where the later copy begins."""
    a_end, b_end = run.a_end, run.b_end
    while a_end < run.b and b_end < len(words) and words[a_end] == words[b_end]:
        a_end, b_end = a_end + 1, b_end + 1
    return Run(run.a, a_end, run.b, b_end)


def _aligned(words: list[str], run: Run) -> Iterator[tuple[int, int]]:
    """Places ``(i, j)`` at which the two copies have come equally far, counted in letters."""
    i, j = run.a, run.b
    ahead = 0
    while True:
        if ahead == 0:
            yield i, j
        if ahead <= 0 and i < run.a_end:
            ahead += len(words[i])
            i += 1
        elif j < run.b_end:
            ahead -= len(words[j])
            j += 1
        else:
            return
