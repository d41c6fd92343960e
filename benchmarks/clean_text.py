"""Clean texts that hold no furniture, such as an encyclopedia's: whatever is removed from them is a mistake.

``python benchmarks/clean_text.py PASSAGES.jsonl.gz [--sample 20000]`` prints every removal, and exits with 1 where more
than one character in 10,000 goes.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from transforms.clean import clean
from transforms.models import Hints, TextView
from transforms.rules import load_rules

MAX_SHARE = 1 / 10_000
CONTEXT = 40


def texts(path: Path, sample: int) -> Iterator[str]:
    """About ``sample`` texts from all over a file."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        total = sum(1 for _ in stream)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in itertools.islice(stream, 0, None, max(1, total // sample)):
            yield json.loads(line)["text"]


def main() -> int:
    """Print what goes, and how much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages", type=Path, help="JSON lines with a field text, gzipped")
    parser.add_argument("--sample", type=int, default=20_000)
    options = parser.parse_args()
    rules = load_rules()
    count = characters = removed = 0
    for text in texts(options.passages, options.sample):
        count += 1
        characters += len(text)
        for gone in clean(TextView(text=text, decoded=text), Hints(), rules).removals:
            removed += gone.end - gone.start
            before, after = text[max(0, gone.start - CONTEXT) : gone.start], text[gone.end : gone.end + CONTEXT]
            print(f"{gone.rule}: {before!r} [{text[gone.start : gone.end]!r}] {after!r}")
    share = removed / max(1, characters)
    print(f"{count:,} texts, {characters:,} characters: {removed:,} removed, {share:.6%} (at most {MAX_SHARE:.3%})")
    return int(share > MAX_SHARE)


if __name__ == "__main__":
    sys.exit(main())
