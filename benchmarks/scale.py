"""Time and memory against size: corpora of 1,000, 10,000 and more documents, made of the sentences of yours.

    python benchmarks/scale.py CORPUS.jsonl[.gz] [--sizes 1000,10000] [--runner process] [--seed 7]

Documents are drawn sentence by sentence from the first 20,000 of the corpus, with outlet, date and length of real ones.
Each size is ingested into an empty folder by a process of its own; then once more unchanged, then with one document in
a hundred changed (the nightly increment).
Prints the milliseconds a document and the peak memory of each, and the ratio of the last size to the one before.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

SARING = Path(sys.executable).with_name("saring")
SAMPLED_DOCUMENTS = 20_000
_SENTENCE = re.compile(r"[^.!?\n]{20,300}[.!?]")
Template = tuple[dict[str, str], int]
"""A record's own fields and how many sentences its text has."""


def learn(corpus: Path) -> tuple[list[str], list[Template]]:
    """The sentences of a corpus, and its documents without them."""
    sentences: list[str] = []
    templates: list[Template] = []
    with gzip.open(corpus, "rb") if corpus.suffix == ".gz" else corpus.open("rb") as lines:
        for line in islice(lines, SAMPLED_DOCUMENTS):
            record = json.loads(line)
            found = [sentence.strip() for sentence in _SENTENCE.findall(record["text"])]
            if found:
                sentences += found
                templates.append(({key: record.get(key) or "" for key in ("outlet", "date")}, len(found)))
    return sentences, templates


def documents(sentences: list[str], templates: list[Template], count: int, seed: int) -> Iterator[str]:
    """Records of new documents as JSON lines; the first ones of two sizes are the same."""
    draw = random.Random(seed)
    for number in range(count):
        fields, length = draw.choice(templates)
        body = [" ".join(draw.choices(sentences, k=3)) for _ in range(-(-length // 3))]
        title = " ".join(draw.choice(sentences).split()[:9])
        yield json.dumps({"id": f"s{number:07d}", "title": title, "text": "\n".join(body), **fields}) + "\n"


def ingest(path: Path, data: Path, runner: str) -> tuple[float, float, dict[str, int]]:
    """Milliseconds a document and peak memory in megabytes of one run, and its counts."""
    environment = {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": runner}
    done = subprocess.run(
        [str(SARING), "ingest", "--direct", "--json", str(path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    report = json.loads(done.stdout)
    return 1000 / report["documents_per_second"], report["peak_memory_mb"], report["counts"]


def main() -> None:
    """Run all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--runner", choices=["process", "inline"], default="process")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    sentences, templates = learn(args.corpus)
    print("| documents | run | ms a document | memory (MB) | new or changed | copies |\n|--:|---|--:|--:|--:|--:|")
    first: dict[int, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, args.sizes.split(",")):
            folder = Path(name) / str(size)
            folder.mkdir()
            path = folder / "documents.jsonl"
            lines = list(documents(sentences, templates, size, args.seed))
            changed = [_corrected(line) if at % 100 == 0 else line for at, line in enumerate(lines)]
            for what, content in (("first", lines), ("nothing new", lines), ("1 % changed", changed)):
                path.write_text("".join(content), encoding="utf-8")
                milliseconds, memory, counts = ingest(path, folder / "data", args.runner)
                if what == "first":
                    first[size] = milliseconds, memory
                copies = counts["exact_duplicates"] + counts["near_duplicates"]
                fresh = counts["new"] + counts["changed"]
                print(f"| {size:,} | {what} | {milliseconds:.2f} | {memory:.0f} | {fresh:,} | {copies:,} |", flush=True)
    for (small, one), (large, other) in zip(first.items(), islice(first.items(), 1, None), strict=False):
        time, space = other[0] / one[0], other[1] / one[1]
        print(f"{large:,} against {small:,}: {time:.2f} times the time a document, {space:.2f} times the memory")


def _corrected(line: str) -> str:
    return line.replace('"text": "', '"text": "Ralat. ')


if __name__ == "__main__":
    main()
