"""Whether any rule can be made slow: texts made from its own pattern to hurt it, of one length and of four times that.

    python benchmarks/linear.py [--characters 20000] [--factor 8] [--rules FOLDER] [--only RULE_ID]

For each rule the texts are: stretches that its pattern matches, and those short of their last character, again and
again on one line and on many; what begins like a match and then repeats, for ever, whatever its pattern lets repeat;
its examples; and its literals. A text of four times the length may take four times as long (times two, for the clock):
what grows with the square takes sixteen times as long. Matchers, which are Python, get their rules' examples.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined] (the pattern's own parse tree is nowhere else)
from re import _parser as parser  # type: ignore[attr-defined] (as above)
from time import process_time
from typing import Any

from transforms.lines import make_page
from transforms.rules import Rule, load_rules

MOST_REPEATS = 3
"""Times that a repeated part stands in a sample at most."""
WITHOUT_LIMIT = 40
"""A part that may repeat more often is repeated for ever."""
SEEDS = 3
"""Samples of a pattern: of alternatives each takes another one."""
FLOOR_SECONDS = 0.005
"""What takes less is not slow, whatever the clock says of its growth."""
OF_CATEGORY = {"DIGIT": "7", "SPACE": " ", "WORD": "a", "NOT_DIGIT": "a", "NOT_SPACE": "a", "NOT_WORD": "!"}


def sample(tree: Any, choice: int, repeats: int) -> str:
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
        text = sample(value[1][choice % len(value[1])], choice, repeats)
    elif op in (ops.SUBPATTERN, ops.ATOMIC_GROUP):
        text = sample(value[3] if op is ops.SUBPATTERN else value, choice, repeats)
    elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        low, high, inner = value
        text = sample(inner, choice, repeats) * max(low, min(int(high), repeats))
    return text


def _member(members: Any, choice: int) -> str:
    """A character of a class."""
    negated = members[0][0] is ops.NEGATE
    plain = [member for member in members if member[0] is not ops.NEGATE]
    if negated:
        taken = {value for op, value in plain if op is ops.LITERAL}
        return next(char for char in "x !9\n\u2014" if ord(char) not in taken)
    op, value = plain[choice % len(plain)]
    if op is ops.CATEGORY:
        return OF_CATEGORY[str(value).removeprefix("CATEGORY_")]
    return chr(value[0] if op is ops.RANGE else value)


def pumps(tree: Any, choice: int, before: str = "") -> Iterator[tuple[str, str]]:
    """For every part that may repeat for long: what leads to it, and itself."""
    for op, value in tree:
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
            if int(value[1]) > WITHOUT_LIMIT:
                yield before, sample(value[2], choice, 1)
            yield from pumps(value[2], choice, before)
        elif op is ops.SUBPATTERN:
            yield from pumps(value[3], choice, before)
        elif op is ops.BRANCH:
            for branch in value[1]:
                yield from pumps(branch, choice, before)
        before += _piece(op, value, choice, 1)


def stretched(unit: str, characters: int) -> str:
    """A text of this length made of one thing."""
    return (unit * (characters // len(unit) + 1))[:characters]


def attacks(rule: Rule, characters: int) -> Iterator[str]:
    """Texts of a length that are meant to hurt the rule."""
    units = {example.translate({ord("⟦"): "", ord("⟧"): ""}) for example in rule.examples[:2]}
    units |= {" ".join(rule.needs[:6]) + " "}
    if rule.pattern is not None:
        tree = parser.parse(rule.pattern.pattern, rule.pattern.flags)
        wake = " ".join(rule.needs[:1])
        for choice in range(SEEDS):
            text = sample(tree, choice, MOST_REPEATS)
            units |= {text, text[:-1], f"{text}\n", f"{text[:-1]}\n", f"{text} "}
            for before, again in pumps(tree, choice):
                yield f"{wake} {before}{stretched(again or 'x', characters)}"
                units.add(f"{before}{again}")
    for unit in units - {"", " "}:
        yield stretched(unit, characters)


def seconds(rule: Rule, text: str) -> float:
    """CPU time of finding what the rule takes; the better of two when it is not little."""
    spent = []
    for _ in range(2):
        page = make_page(text)
        began = process_time()
        rule.find(page)
        spent.append(process_time() - began)
        if spent[0] < FLOOR_SECONDS:
            break
    return min(spent)


def worst(rule: Rule, characters: int) -> tuple[float, float, str]:
    """How many times as long the rule takes for four times as much, seconds, and the text, where that is most."""
    found = (0.0, 0.0, "")
    for short, long in zip(attacks(rule, characters // 4), attacks(rule, characters), strict=True):
        spent = seconds(rule, long)
        if spent >= FLOOR_SECONDS:
            found = max(found, (spent / max(seconds(rule, short), 1e-4), spent, long[:80]))
    return found


def main() -> None:
    """Try every rule and print those that take longest."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--characters", type=int, default=20_000)
    options.add_argument("--factor", type=float, default=8.0)
    options.add_argument("--rules", type=Path, action="append", default=[], help="a folder of rules of your own")
    options.add_argument("--only", default="")
    args = options.parse_args()
    rules = [rule for rule in load_rules(args.rules).rules if args.only in ("", rule.id)]
    figures = sorted(((*worst(rule, args.characters), rule.id) for rule in rules), reverse=True)
    over = [figure for figure in figures if figure[0] > args.factor]
    texts = sum(1 for rule in rules for _ in attacks(rule, 100))
    print(f"{len(rules)} rules, {texts:,} texts of {args.characters:,} characters; {len(over)} rules grow too fast")
    for growth, spent, text, name in figures[: max(5, len(over))]:
        print(f"{name}: {growth:.1f} times as long for four times as much, {spent:.3f} s: {text!r}")
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
