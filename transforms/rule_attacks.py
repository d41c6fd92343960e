"""Texts that are meant to make a rule slow, made from its own pattern, what wakes it and its examples.

Stretches that the pattern matches, and those short of their last character, again and again on one line and on many;
what begins like a match and then repeats, for ever, whatever the pattern lets repeat, up to the longest line that the
rule looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from re import _constants as ops  # type: ignore[attr-defined]  # the pattern's own parse tree is nowhere else
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any

from transforms.rules import Rule
from transforms.rules.waking import WHOLE_LINES

MOST_REPEATS = 3
"""Times that a repeated part stands in a sample at most."""
WITHOUT_LIMIT = 40
"""A part that may repeat more often is repeated for ever."""
SEEDS = 3
"""Samples of a pattern: of alternatives each takes another one."""
LONGEST_SAMPLE = 2_000
"""Characters of a sample, whatever number of repetitions the pattern asks for."""
NO_MATCH = "!"
"""What hardly any pattern goes on with: a match that got so far fails there."""
OF_CATEGORY = {"DIGIT": "7", "SPACE": " ", "WORD": "a", "NOT_DIGIT": "a", "NOT_SPACE": "a", "NOT_WORD": "!"}
REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


def attacks(rule: Rule, characters: int) -> Iterator[str]:
    """Texts of a length that are meant to hurt the rule; shorter ones where it looks at short lines only."""
    units = {example.translate({ord("⟦"): "", ord("⟧"): ""}) for example in rule.examples[:2]}
    units |= {" ".join(rule.needs[:6]) + " "}
    if rule.pattern is not None:
        tree = parser.parse(rule.pattern.pattern, rule.pattern.flags)
        wake = " ".join(rule.needs[:1])
        for choice in range(SEEDS):
            text = _sample(tree, choice, MOST_REPEATS)
            units |= {text, text[:-1], f"{text}\n", f"{text[:-1]}\n", f"{text} "}
            for before, again in _pumps(tree, choice):
                yield f"{wake} {before}{_stretched(again or 'x', characters)}"
                yield from _line(rule, before, again or "x")
                units.add(f"{before}{again}")
    for unit in units - {"", " "}:
        yield _stretched(unit, characters)


def _line(rule: Rule, before: str, again: str) -> Iterator[str]:
    """A line as long as the rule looks at, that almost matches."""
    room = rule.longest - len(before) - len(NO_MATCH)
    if rule.region in WHOLE_LINES and room > 0:
        yield f"{before}{_stretched(again, room)}{NO_MATCH}"


def _sample(tree: Any, choice: int, repeats: int) -> str:
    """A text that the pattern probably matches."""
    return "".join(_piece(op, value, choice, repeats) for op, value in tree)


def _piece(op: Any, value: Any, choice: int, repeats: int) -> str:
    text = ""  # anchors, assertions and references take nothing
    if op in (ops.LITERAL, ops.NOT_LITERAL):
        text = chr(value) if op is ops.LITERAL else "x" if value != ord("x") else "y"
    elif op is ops.ANY:
        text = "x"
    elif op is ops.IN:
        text = _member(value, choice)
    elif op is ops.BRANCH:
        text = _sample(value[1][choice % len(value[1])], choice, repeats)
    elif op in (ops.SUBPATTERN, ops.ATOMIC_GROUP):
        text = _sample(value[3] if op is ops.SUBPATTERN else value, choice, repeats)
    elif op in REPEATS:
        low, high, inner = value
        times = min(max(low, min(int(high), repeats)), LONGEST_SAMPLE)
        text = (_sample(inner, choice, repeats)[:LONGEST_SAMPLE] * times)[:LONGEST_SAMPLE]
    return text


def _member(members: Any, choice: int) -> str:
    """A character of a class."""
    negated = members[0][0] is ops.NEGATE
    plain = [member for member in members if member[0] is not ops.NEGATE]
    if negated:
        taken = {value for op, value in plain if op is ops.LITERAL}
        return next((char for char in "x !9\n\u2014" if ord(char) not in taken), "q")
    op, value = plain[choice % len(plain)]
    if op is ops.CATEGORY:
        return OF_CATEGORY[str(value).removeprefix("CATEGORY_")]
    return chr(value[0] if op is ops.RANGE else value)


def _pumps(tree: Any, choice: int, before: str = "") -> Iterator[tuple[str, str]]:
    """For every part that may repeat for long: what leads to it, and itself."""
    for op, value in tree:
        if op in REPEATS and int(value[1]) > WITHOUT_LIMIT:
            yield before, _sample(value[2], choice, 1)
        for inner in _inside(op, value):
            yield from _pumps(inner, choice, before)
        before += _piece(op, value, choice, 1)


def _inside(op: Any, value: Any) -> list[Any]:
    """The patterns that a part of a pattern is made of."""
    if op in REPEATS:
        return [value[2]]
    if op is ops.SUBPATTERN:
        return [value[3]]
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return [value[1]]
    if op is ops.BRANCH:
        return list(value[1])
    return [value] if op is ops.ATOMIC_GROUP else []


def _stretched(unit: str, characters: int) -> str:
    """A text of this length made of one thing."""
    return (unit * (characters // len(unit) + 1))[:characters]
