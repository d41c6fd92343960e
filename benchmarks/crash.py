"""Kill a whole ingest at random instants, run it again, and compare ledger and index with an undisturbed run.

    python benchmarks/crash.py CORPUS.jsonl[.gz] [--documents 1500] [--kills 20] [--runner process] [--prefect]

For every kill: a fresh data folder, `saring ingest` in a process group of its own, SIGKILL to the whole group after a
random share of an undisturbed run's time, `saring search` on what is left, `saring ingest` again to the end, `saring
status`. The state compared is every live representative of the ledger with its copies, and every document the index
holds, id and text.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from time import perf_counter, sleep

from index.engine import open_engine
from index.generations import Generations
from index.ledger import Ledger

sys.path.insert(0, str(Path(__file__).parent))
from throughput import first_documents

SARING = Path(sys.executable).with_name("saring")


def state(data: Path) -> str:
    """A digest of everything a reader of ledger and index can see."""
    digest = sha256()
    with Ledger.open(f"sqlite:///{data / 'ledger.sqlite'}", read_only=True) as ledger:
        for record in sorted(ledger.live_representatives(), key=lambda record: record.id):
            digest.update(repr(record).encode())
    engine = open_engine(Generations(data / "index").current_path())
    try:
        live = [doc for doc in range(engine.size) if doc not in engine.dead()]
        for line in sorted(repr((engine.hit(doc), engine.text(doc))) for doc in live):
            digest.update(line.encode())
    finally:
        engine.close()
    return digest.hexdigest()


def start(corpus: Path, data: Path, runner: str, *, prefect: bool) -> subprocess.Popen[bytes]:
    """Begin an ingest in a process group of its own."""
    environment = {**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": runner}
    command = [str(SARING), "ingest", str(corpus), *([] if prefect else ["--direct"])]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def check(command: list[str], data: Path) -> bool:
    """Whether a saring command succeeds on a data folder."""
    environment = {**os.environ, "SARING_DATA_DIR": str(data)}
    return subprocess.run([str(SARING), *command], env=environment, capture_output=True, check=False).returncode == 0


def killed_after(corpus: Path, data: Path, args: argparse.Namespace, instant: float) -> float:
    """Ingest into an empty folder and kill the whole group after ``instant`` seconds, earlier if it is done by then."""
    while True:
        process = start(corpus, data, args.runner, prefect=args.prefect)
        sleep(instant)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return instant
        shutil.rmtree(data)
        instant *= 0.8


def main() -> None:
    """Run all kills and print what each left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--runner", choices=["process", "inline"], default="process")
    parser.add_argument("--prefect", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    same = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "documents.jsonl"
        first_documents(args.corpus, args.documents, corpus)
        began = perf_counter()
        if start(corpus, folder / "undisturbed", args.runner, prefect=args.prefect).wait():
            sys.exit("the undisturbed run failed")
        seconds = perf_counter() - began
        expected = state(folder / "undisturbed")
        print(f"undisturbed run: {seconds:.1f} s")
        for number in range(args.kills):
            data = folder / f"killed-{number}"
            instant = killed_after(corpus, data, args, draw.uniform(0.0, seconds))
            searchable = not (data / "index" / "CURRENT").exists() or check(["search", "indonesia"], data)
            again = start(corpus, data, args.runner, prefect=args.prefect).wait()
            equal = again == 0 and state(data) == expected and check(["status"], data) and searchable
            same += equal
            print(
                f"{number + 1:2d}: killed after {instant:.2f} s: {'same state' if equal else 'DIFFERENT'}", flush=True
            )
    print(f"{same} of {args.kills} ended in the state of the undisturbed run")
    sys.exit(same != args.kills)


if __name__ == "__main__":
    main()
