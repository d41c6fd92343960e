"""Ingest the same documents with one worker, with several, on Dask and in another order, and compare what came out.

    python benchmarks/consistency.py CORPUS.jsonl[.gz] [--documents 2000] [--seed 7]

The cluster is a scheduler and two workers on this machine; it is left out where the extra `dask` is not installed.

Compared are, for every document in the ledger: text, removals, repairs, language and shares, metadata, and the copy
that represents it. The line number in a document's source is left out, because shuffling changes it.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from local_cluster import local_cluster
from throughput import first_documents

from index.ledger import Ledger

COMPARED = (
    *("text", "removals", "repairs", "language", "title", "published_at", "outlet", "place", "authors"),
    *("cluster", "duplicate_kind", "similarity"),
)
SARING = Path(sys.executable).with_name("saring")


def environment(data: Path, runner: str, address: str = "") -> dict[str, str]:
    """The environment of a run; ``address`` is that of a Dask cluster."""
    return {
        **os.environ,
        "SARING_DATA_DIR": str(data),
        "SARING_RUNNER__KIND": runner,
        "SARING_RUNNER__ADDRESS": address,
        "SARING_RUNNER__SHARD_DOCUMENTS": "500" if runner == "inline" else "100",
    }


def outcome(corpus: Path, data: Path, runner: str, address: str = "") -> dict[str, str]:
    """Ingest a corpus and give everything that is known of each document, by id."""
    command = [str(SARING), "ingest", "--direct", str(corpus)]
    subprocess.run(command, env=environment(data, runner, address), capture_output=True, check=True)
    return contents(data)


def contents(data: Path) -> dict[str, str]:
    """Everything that a ledger knows of each document, by id."""
    with Ledger.open(data / "ledger.sqlite", read_only=True) as ledger:
        representatives = [record.id for record in ledger.live_representatives()]
        copies = [copy.id for record in ledger.live_representatives() for copy in record.copies]
        return {
            document.id: repr([getattr(document, name) for name in COMPARED])
            for document in ledger.documents([*representatives, *copies])
        }


def main() -> None:
    """Run all and print how many documents differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus, shuffled = folder / "a" / "documents.jsonl", folder / "b" / "documents.jsonl"
        for path in (corpus, shuffled):
            path.parent.mkdir()
        first_documents(args.corpus, args.documents, corpus)
        lines = corpus.read_bytes().splitlines(keepends=True)
        random.Random(args.seed).shuffle(lines)
        shuffled.write_bytes(b"".join(lines))
        inline = outcome(corpus, folder / "inline", "inline")
        others = {
            "process": outcome(corpus, folder / "process", "process"),
            "process, shuffled": outcome(shuffled, folder / "shuffled", "process"),
        }
        if find_spec("distributed"):
            (folder / "cluster").mkdir()
            with local_cluster(folder / "cluster", 2) as cluster:
                others["dask"] = outcome(corpus, folder / "dask", "dask", cluster.address)
    differing = 0
    for what, other in others.items():
        unlike = [id_ for id_ in inline.keys() | other.keys() if inline.get(id_) != other.get(id_)]
        differing += len(unlike)
        print(f"{what}: {len(unlike)} of {len(inline)} documents differ from inline {sorted(unlike)[:5] or ''}")
    sys.exit(differing != 0)


if __name__ == "__main__":
    main()
