"""How a rule's time grows with the text, on texts that are made to hurt it: what grows too fast, or never ends."""

from __future__ import annotations

from functools import partial
from math import inf
from time import thread_time

from flows.time_limit import TimeLimit, TooSlowError
from transforms.lines import make_page
from transforms.rule_attacks import attacks
from transforms.rules import Rule

GROWTH = 8.0
"""How many times as long a text of four times the length may take. A rule that is linear in the text needs four times
as long, one with its square sixteen times."""
FLOOR_SECONDS = 0.005
"""What takes less is not slow, whatever the clock says of its growth."""
ENOUGH_SECONDS = 1.0
"""Processor seconds after which a text is not tried any longer: the slowest of saring's own rules takes less than a
tenth of one."""


def worst(rule: Rule, characters: int) -> tuple[float, float, str]:
    """How many times as long the rule takes for four times as much, seconds, and the text, where that is most.

    A text that is not done in time has grown without end.
    """
    found = (0.0, 0.0, "")
    for short, long in zip(attacks(rule, characters // 4), attacks(rule, characters), strict=True):
        spent = _seconds(rule, long)
        if spent == inf:
            return inf, ENOUGH_SECONDS, long[:80]
        if spent >= FLOOR_SECONDS:
            found = max(found, (spent / max(_seconds(rule, short), 1e-4), spent, long[:80]))
    return found


def _seconds(rule: Rule, text: str) -> float:
    """CPU time of finding what the rule takes; the better of two when it is not little.

    That of the thread, as the process's comes in ticks while a timer runs on it.
    """
    limit = TimeLimit(ENOUGH_SECONDS)
    spent = []
    for _ in range(2):
        page = make_page(text)
        began = thread_time()
        try:
            limit.run(partial(rule.find, page))
        except TooSlowError:
            return inf
        spent.append(thread_time() - began)
        if spent[0] < FLOOR_SECONDS:
            break
    return min(spent)
