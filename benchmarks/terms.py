"""One document of a million distinct words through the whole pipeline, and searches over it.

    python benchmarks/terms.py [--terms 1000000] [--documents 1] [--seconds 120] [--memory 1500]

The documents are longer than `reading.max_characters` allows unless it is raised, as is done here: by default one of a
million words is refused, and what is read at all holds some 250,000 of them. Fails when the run or a search takes more
CPU seconds or megabytes than allowed, or does not find what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import islice, product
from pathlib import Path
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SENTENCE = 12
"""Words of a sentence."""
SEARCH_SECONDS = 2.0
"""Most CPU seconds of one search, of which a start takes half of one."""
SARING = Path(sys.executable).with_name("saring")


def words(first: int, count: int) -> list[str]:
    """Distinct words of six letters."""
    return ["k" + "".join(letters) for letters in islice(product(LETTERS, repeat=5), first, first + count)]


def article(own: list[str]) -> str:
    """A text of these words, each once."""
    return "\n".join(" ".join(own[at : at + SENTENCE]).capitalize() + "." for at in range(0, len(own), SENTENCE))


def timed(command: list[str], environment: Mapping[str, str]) -> tuple[float, Any]:
    """CPU seconds of a command of saring and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(SARING), *command], env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"saring {command[0]} failed: {done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(done.stdout)


def searches(own: list[str]) -> dict[str, tuple[str, int]]:
    """Queries by what they are, each with the documents that it must find."""
    return {
        "a word": (own[len(own) // 2], 1),
        "a phrase": (f'"{" ".join(own[len(own) // 3 // SENTENCE * SENTENCE :][:4])}"', 1),
        "a prefix of many": (f"{own[0][:2]}*", 1),
        "a word and one like it": (f"{own[0]} {own[1]}~", 1),
        "a word that is none": ("zzzqqq", 0),
    }


def main() -> None:
    """Ingest, search, and print what it took."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--terms", type=int, default=1_000_000, help="distinct words of each document")
    options.add_argument("--documents", type=int, default=1)
    options.add_argument("--seconds", type=float, default=120, help="most CPU seconds of the run")
    options.add_argument("--memory", type=float, default=1500, help="most megabytes of the run")
    args = options.parse_args()
    over = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "SARING_DATA_DIR": str(folder / "data"), "SARING_RUNNER__KIND": "inline"}
        (folder / "raw").mkdir()
        for number in range(args.documents):
            own = words(number * args.terms, args.terms)
            text = article(own)
            (folder / "raw" / f"kata-{number}.txt").write_text(text, encoding="ascii")
        environment["SARING_READING__MAX_CHARACTERS"] = str(len(text) + 1)
        seconds, report = timed(["ingest", "--direct", "--json", str(folder / "raw")], environment)
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # the run is all in one process
        assert report["counts"]["indexed"] == args.documents, report["counts"]
        over += seconds > args.seconds or memory > args.memory
        print("| what | CPU seconds | memory (MB) |\n|---|---:|---:|")
        size = f"{args.documents} × {args.terms:,} words, {len(text):,} characters"
        print(f"| ingest of {size} | {seconds:.1f} | {memory:.0f} |")
        for what, (query, hits) in searches(own).items():
            seconds, answer = timed(["search", "--json", query], environment)
            assert answer["total"] >= hits, f"{query}: {answer['total']} found"
            over += seconds > SEARCH_SECONDS
            print(f"| search for {what} | {seconds:.1f} | |")
    print(f"{over} over the bounds")
    sys.exit(over != 0)


if __name__ == "__main__":
    main()
