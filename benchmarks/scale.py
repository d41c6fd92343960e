"""Time, memory and disk against size: 1,000, 10,000 and 100,000 documents made of the sentences of your corpus.

    python benchmarks/scale.py CORPUS.jsonl[.gz] [--sizes 1000,10000,100000] [--from-raw] [--keep FOLDER]

Documents come from ``benchmarks/scale_documents.py`` and are written before anything is measured, as files of 1,000
records. Each size goes through a life of its own, every step a process of its own: a first ingest into an empty folder,
the same again, a night with one document in a hundred new, one with one in a hundred corrected (so that every file is
read again), a reindex, a comparison of ledger and index, an export, and 100 searches.

Memory is that of a whole process tree at its most, pages shared by several processes counted once, looked at four
times a second from outside. Exit status 1 when the most that any writing step takes at the last size is more than
``--most-memory`` (1.3) times that of the size before, or the first ingest more than ``--most-time`` (1.3) times its
processor time a document. (One in a hundred of more documents are more new ones: such steps grow towards that peak.)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import quantiles

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from scale_documents import Material, documents, learn

SARING = str(Path(sys.executable).with_name("saring"))
FILE_DOCUMENTS = 1_000
LOOK_SECONDS = 0.25
"""Between two looks at a step's memory: each takes some milliseconds of the processor it shares with the step."""
QUERIES = 100
WRITING = ("first ingest", "nothing new", "1 % new", "1 % corrected", "reindex", "reindex from raw")
SEARCHES = """
import json, sys, time
from index.search import Searcher
took = []
with Searcher(sys.argv[1]) as searcher:
    for query in sys.stdin.read().splitlines():
        began = time.perf_counter()
        searcher.search(query)
        took.append(time.perf_counter() - began)
print(json.dumps(took))
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step took: seconds on the clock and of processors, and its most memory in megabytes."""

    wall: float
    processor: float
    memory: float
    output: str


def measure(command: Sequence[str], environment: Mapping[str, str], given: str = "") -> Measured:
    """Run a command and look at its process tree until it ends; stops everything when it fails."""
    began, most = time.perf_counter(), 0.0
    spent: dict[int, float] = {}
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as words,
        tempfile.TemporaryFile("w+") as fed,
    ):
        fed.write(given)
        fed.seek(0)
        running = subprocess.Popen(command, env=environment, stdin=fed, stdout=out, stderr=words, text=True)
        while running.poll() is None:
            most = max(most, _look(running.pid, spent))
            time.sleep(LOOK_SECONDS)
        wall = time.perf_counter() - began
        out.seek(0)
        words.seek(0)
        if running.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{words.read()[-3000:]}")
        return Measured(wall, sum(spent.values()), most / 1e6, out.read())


def _look(root: int, spent: dict[int, float]) -> float:
    """Bytes that a process and all below it hold now; notes the processor seconds of each."""
    total = 0.0
    try:
        top = psutil.Process(root)
        tree = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for process in tree:
        try:
            total += process.memory_full_info().pss
            times = process.cpu_times()
            spent[process.pid] = times.user + times.system
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


class Life:
    """One corpus of a size in a folder of its own, from the first ingest to its searches."""

    def __init__(self, folder: Path, material: Material, size: int, seed: int) -> None:
        self.size = size
        self._material, self._seed = material, seed
        self._raw, self._data, self._export = folder / "raw", folder / "data", folder / "export.jsonl"
        config = folder / "config.yaml"
        self._raw.mkdir(parents=True)
        config.write_text(json.dumps({"sources": [str(self._raw)], "data_dir": str(self._data)}), encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SARING_")}
        self._environment = {**kept, "SARING_CONFIG": str(config)}

    def steps(self, *, from_raw: bool) -> Iterator[tuple[str, int, Measured]]:
        """Name of each step, the documents it was about, and what it took."""
        night = max(1, self.size // 100)
        self._write(range(self.size))
        yield "first ingest", self.size, self._saring("ingest", "--direct", "--json")
        yield "nothing new", self.size, self._saring("ingest", "--direct", "--json")
        self._write(range(self.size, self.size + night))
        yield "1 % new", night, self._saring("ingest", "--direct", "--json")
        self._correct()
        yield "1 % corrected", night, self._saring("ingest", "--direct", "--json")
        yield "reindex", self.size, self._saring("reindex", "--direct", "--json")
        if from_raw:
            yield "reindex from raw", self.size, self._saring("reindex", "--from", "raw", "--direct", "--json")
        yield "status --check", self.size, self._saring("status", "--check", "--json")
        yield "export", self.size, self._saring("export", str(self._export))
        yield f"{QUERIES} searches", QUERIES, self._searches()

    def sizes(self) -> tuple[float, float]:
        """Megabytes of the ledger and of the generation that is searched."""
        index = self._data / "index"
        current = index / "generations" / (index / "CURRENT").read_text(encoding="utf-8").strip()
        ledger = sum(path.stat().st_size for path in self._data.glob("ledger.sqlite*"))
        return ledger / 1e6, sum(path.stat().st_size for path in current.iterdir() if path.is_file()) / 1e6

    def _saring(self, *arguments: str) -> Measured:
        return measure([SARING, *arguments], self._environment)

    def _write(self, numbers: range) -> None:
        for start in range(numbers.start, numbers.stop, FILE_DOCUMENTS):
            part = range(start, min(start + FILE_DOCUMENTS, numbers.stop))
            with (self._raw / f"part-{start:07d}.jsonl").open("w", encoding="utf-8") as lines:
                for record in documents(self._material, self._seed, part):
                    lines.write(json.dumps(record, ensure_ascii=False) + "\n")

    def _correct(self) -> None:
        """Change the text of one document in a hundred; every file has some of them."""
        for path in sorted(self._raw.iterdir()):
            lines = path.read_text(encoding="utf-8").splitlines()
            lines[::100] = [line.replace('"text": "', '"text": "Ralat. ') for line in lines[::100]]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _searches(self) -> Measured:
        draw = Random(self._seed)
        titles = [draw.choice(self._material.titles).split() for _ in range(QUERIES)]
        queries = [" ".join(words[at : at + draw.randint(1, 3)]) for words in titles for at in [len(words) // 3]]
        command = [sys.executable, "-c", SEARCHES, str(self._data / "index")]
        return measure(command, self._environment, "\n".join(queries))


def row(size: int, step: str, about: int, taken: Measured) -> str:
    """A line of the table."""
    each = f"{taken.wall / about * 1000:.2f}"
    if step.endswith("searches"):
        cuts = quantiles(json.loads(taken.output), n=100)
        each = f"p50 {cuts[49] * 1000:.0f}, p99 {cuts[98] * 1000:.0f}"
    return f"| {size:,} | {step} | {taken.wall:.1f} | {taken.processor:.1f} | {each} | {taken.memory:.0f} |"


def judge(found: Mapping[int, Mapping[str, tuple[int, Measured]]], most_memory: float, most_time: float) -> int:
    """Print the ratios of each size to the one before; the number of those of the last size that are over."""
    over = 0
    for small, large in pairwise(found):
        for step, (about, taken) in found[large].items():
            fewer, before = found[small][step]
            memory = taken.memory / before.memory
            seconds = (taken.processor / about) / (before.processor / fewer)
            print(f"{large:,} against {small:,}: {step:18} memory x {memory:.2f}, processor time each x {seconds:.2f}")
            if large == max(found):
                over += step == "first ingest" and seconds > most_time
        peaks = [max(found[size][step][1].memory for step in WRITING if step in found[size]) for size in (small, large)]
        print(f"{large:,} against {small:,}: peak of all that writes, memory x {peaks[1] / peaks[0]:.2f}")
        over += large == max(found) and peaks[1] > most_memory * peaks[0]
    return over


def main() -> int:
    """Run all sizes, print table and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000", help="ascending")
    parser.add_argument("--from-raw", action="store_true", help="also reindex from raw, which cleans all again")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--most-memory", type=float, default=1.3)
    parser.add_argument("--most-time", type=float, default=1.3)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work in this folder, which stays")
    args = parser.parse_args()
    material = learn(args.corpus)
    found: dict[int, dict[str, tuple[int, Measured]]] = {}
    print("| documents | step | seconds | processor seconds | ms each | memory (MB) |\n|--:|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, args.sizes.split(",")):
            life = Life((args.keep or Path(name)) / str(size), material, size, args.seed)
            found[size] = {}
            for step, about, taken in life.steps(from_raw=args.from_raw):
                found[size][step] = about, taken
                print(row(size, step, about, taken), flush=True)
            print("| {:,} | ledger {:.0f} MB, index {:.0f} MB | | | | |".format(size, *life.sizes()), flush=True)
    over = judge(found, args.most_memory, args.most_time)
    print(f"{over} over the bounds" if over else "all within the bounds")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
