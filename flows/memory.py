"""How much memory a run takes, all of its processes together."""

from __future__ import annotations

from time import perf_counter

import psutil

MEASURE_SECONDS, MEASURE_SHARE, MEASURE_AT_LEAST = 1.0, 0.005, 5.0
"""Between two looks at all processes at least, the most of a run's time that looking should take (once takes up to 20
ms, which every second was more than one in a hundred), and how long a look may be put off for that."""


class MemoryWatch:
    """Looks at this process and its workers now and then."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def look(self) -> float:
        """Megabytes that they hold now, or 0 when the last look was a moment ago.

        Pages that several of them share count once (proportional set size).
        """
        began = perf_counter()
        if began < self._next:
            return 0.0
        own = psutil.Process()
        total = 0
        for process in [own, *own.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        ended = perf_counter()
        self._next = ended + min(max(MEASURE_SECONDS, (ended - began) / MEASURE_SHARE), MEASURE_AT_LEAST)
        return total / 1_000_000
