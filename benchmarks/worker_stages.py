"""Processor time that a document costs in a worker, stage by stage, also against an earlier version, by turns.

    python benchmarks/worker_stages.py CORPUS.jsonl[.gz] [--documents 2500] [--baseline EARLIER]

Takes every n-th document of the corpus in shards, as a worker does: read, clean, label, fingerprint, pack, write. With
``--baseline``, the folder of an earlier version, a process of each cleans the same shard in turn. The first shards
only warm the tables up. Seconds of the stages are the clock's; ``all`` is processor time, reading and packing included.
The ratio is the median of the shards', which a busy machine hardly changes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from statistics import mean, median

SHARD = 128
"""Documents of a shard."""
WARM_UP = 12
"""Shards that are not counted."""

CHILD = """
import json, sys, time
from flows.stages import CleanTask, clean_shard
from transforms.models import RawDocument
from transforms.read import ReadSettings
from transforms.serialize import dump_line
for line in sys.stdin:
    shard = json.loads(line)
    with open(shard["path"], "wb") as out:
        out.writelines(dump_line(RawDocument(**record)) for record in shard["records"])
    task = CleanTask(shard["path"], shard["path"] + ".done", "", (), ReadSettings(), True, 60.0)
    began = time.thread_time()
    done = clean_shard(task)
    print(json.dumps({**done.seconds, "all": time.thread_time() - began}), flush=True)
"""


def records_of(corpus: Path, documents: int) -> list[dict[str, str | None]]:
    """Every n-th record of the corpus, as fields of a raw document."""
    read = gzip.open if corpus.suffix == ".gz" else open
    with read(corpus, "rt", encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    fields = ("title", "url", "date", "outlet")
    with read(corpus, "rt", encoding="utf-8") as lines:
        loaded = map(json.loads, islice(lines, 0, None, max(1, count // documents)))
        return [
            {"id": str(number), "source": f"{corpus}#{number}", "text": found["text"]}
            | {name: found.get(name) for name in fields}
            for number, found in enumerate(islice(loaded, documents), 1)
        ]


class Version:
    """A process that cleans shards with the code of one folder."""

    def __init__(self, folder: Path, work: Path, name: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._shard = str(work / f"{name}.jsonl")

    def clean(self, records: list[dict[str, str | None]]) -> dict[str, float]:
        """Microseconds a document of each stage."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        print(json.dumps({"path": self._shard, "records": records}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit("a version failed; its error stands above")
        return {stage: seconds / len(records) * 1e6 for stage, seconds in json.loads(answer).items()}

    def end(self) -> None:
        """Let the process end."""
        self._process.communicate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=2500)
    parser.add_argument("--baseline", type=Path, help="the folder of an earlier version")
    args = parser.parse_args()
    records = records_of(args.corpus, args.documents + WARM_UP * SHARD)
    shards = [records[at : at + SHARD] for at in range(0, len(records), SHARD)]
    folders = [Path(__file__).resolve().parent.parent, *([args.baseline.resolve()] if args.baseline else [])]
    with tempfile.TemporaryDirectory() as work:
        versions = [Version(folder, Path(work), str(number)) for number, folder in enumerate(folders)]
        taken: list[list[dict[str, float]]] = []
        for number, shard in enumerate(shards):
            order = versions if number % 2 else versions[::-1]
            spent = {id(version): version.clean(shard) for version in order}
            taken.append([spent[id(version)] for version in versions])
        for version in versions:
            version.end()
    show(taken[WARM_UP:])


def show(taken: list[list[dict[str, float]]]) -> None:
    """Print a line a stage: microseconds a document, and against the earlier version."""
    for stage in taken[0][0]:
        line = f"{stage:12} {mean(shard[0][stage] for shard in taken):8.0f} µs a document"
        if len(taken[0]) > 1:
            ratio = median(new[stage] / max(old[stage], 1e-9) for new, old in taken)
            line += f", {mean(shard[1][stage] for shard in taken):8.0f} before: {ratio:.2f}"
        print(line)


if __name__ == "__main__":
    main()
