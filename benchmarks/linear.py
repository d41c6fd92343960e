"""Whether any rule can be made slow: texts made from its own pattern to hurt it, of one length and of four times that.

    python benchmarks/linear.py [--characters 20000] [--factor 8] [--rules FOLDER] [--only RULE_ID]

The texts are those of `transforms.rule_attacks`. One of four times the length may take four times as long (times two,
for the clock): what grows with the square takes sixteen times as long. Matchers, which are Python, get their rules'
examples. `saring rules test` does the same for a user's own rules.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from flows.rule_speed import GROWTH, worst
from transforms.rule_attacks import attacks
from transforms.rules import load_rules


def main() -> None:
    """Try every rule and print those that take longest."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--characters", type=int, default=20_000)
    options.add_argument("--factor", type=float, default=GROWTH)
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
