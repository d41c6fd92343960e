"""Documents that `clean()` alone handles in a CPU-second, and how evenly it takes its time.

    python benchmarks/cleaning.py CORPUS.jsonl[.gz] [--documents 2000] [--rounds 3]

Takes every n-th document of the corpus, cleans all of them ``rounds`` times in one process, and prints the best
round's rate, and the slowest document against the median one, by CPU time a character. A document's own time is its
best of the rounds, so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from statistics import mean, median
from time import process_time

from transforms.clean import clean
from transforms.models import Hints, TextView
from transforms.rules import load_rules

WANTED_RATE = 1_000
"""Documents a CPU-second, of 2,000 characters on average."""
WANTED_RATIO = 100
SHORTEST = 200
"""Characters; the fixed cost of a shorter document says nothing of its text."""


def sampled(corpus: Path, documents: int) -> list[dict[str, str | None]]:
    """Every n-th record of the corpus."""
    read = gzip.open if corpus.suffix == ".gz" else open
    with read(corpus, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return records[:: max(1, len(records) // documents)][:documents]


def main() -> int:
    """Measure and print; 1 when either bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rules = load_rules()
    records = sampled(options.corpus, options.documents)
    texts = [str(record["text"]) for record in records]
    jobs = [
        (TextView(text, text), Hints(outlet=record.get("outlet"), title=record.get("title")))
        for text, record in zip(texts, records, strict=True)
    ]
    best = [float("inf")] * len(jobs)
    totals = []
    for _ in range(options.rounds):
        began = process_time()
        for number, (view, hints) in enumerate(jobs):
            since = process_time()
            clean(view, hints, rules)
            best[number] = min(best[number], process_time() - since)
        totals.append(process_time() - began)
    rate = len(jobs) / min(totals)
    each = [seconds / len(text) for seconds, text in zip(best, texts, strict=True) if len(text) >= SHORTEST]
    ratio = max(each) / median(each)
    print(f"{len(jobs):,} documents, {mean(map(len, texts)):,.0f} characters on average")
    print(f"{rate:,.0f} documents a CPU-second (best of {options.rounds} rounds; at least {WANTED_RATE:,})")
    print(f"slowest document {ratio:.0f} times the median, a character (at most {WANTED_RATIO})")
    return 0 if rate >= WANTED_RATE and ratio <= WANTED_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
