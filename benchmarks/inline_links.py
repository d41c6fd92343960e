"""How often a related headline inside a paragraph is cut where it ends, in texts whose names no table knows.

``python benchmarks/inline_links.py CASES.txt`` prints every case that is cut elsewhere, and the counts. A case is a
line of text in which the link stands between ⟦ and ⟧.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from transforms.clean import clean
from transforms.models import Hints, TextView
from transforms.rules import load_rules

SHOWN = 30
"""Characters shown before and behind an end."""


def main() -> int:
    """Clean every case and compare the ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    cases = parser.parse_args().cases.read_text(encoding="utf-8").splitlines()
    rules = load_rules()
    exact = lost = left = too_far = 0
    for case in cases:
        wanted = case.index("⟧") - 1
        text = case.replace("⟦", "").replace("⟧", "")
        removals = clean(TextView(text=text, decoded=text), Hints(), rules).removals
        end = max((gone.end for gone in removals if gone.kind == "related_link"), default=case.index("⟦"))
        exact += end == wanted
        too_far += end > wanted
        lost += max(0, end - wanted)
        left += max(0, wanted - end)
        if end != wanted:
            print(f"{end - wanted:+4}: {text[max(0, wanted - SHOWN) : wanted]!r} {text[wanted : wanted + SHOWN]!r}")
    print(f"{len(cases)} links: {exact} exact, {too_far} too far; characters lost {lost}, left over {left}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
