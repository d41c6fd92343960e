"""A ledger whose writer is killed at any moment opens, holds whole shards only, and is finished by writing again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ledger_samples import NOW, article, document
from postgres_server import Ledgers

from index.duplicates import resolve
from index.ledger import Ledger

SHARDS, SIZE, KILLS = 10, 30, 3

WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from test_ledger_crash import write
print("ready", flush=True)
write(sys.argv[1])
"""


def shard(number: int):
    """Every other shard repeats the texts of the one before, under other ids."""
    return [document(f"s{number}-{item}", article(number // 2 * SIZE + item, 4)) for item in range(SIZE)]


def write(path: str) -> None:
    with Ledger.open(path) as ledger:
        for number in range(SHARDS):
            ledger.record("run", NOW, shard(number))
            resolve(ledger)
            done = {change.id: change.fingerprint for change in ledger.pending_index()}
            ledger.mark_indexed(done, "g1")
            ledger.finish_source(f"/s{number}", 1, 1, "run", SIZE)


def test_killed_writers_leave_a_ledger_that_the_next_one_finishes(tmp_path: Path, ledgers: Ledgers | None):
    file = tmp_path / "data" / "ledger.sqlite"
    path = ledgers.url(file) if ledgers else str(file)
    chance = random.Random(7)
    for _ in range(KILLS):
        command = [sys.executable, "-c", WRITER, path, str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.02, 0.5))
            process.send_signal(signal.SIGKILL)
        if ledgers or file.is_file():
            with Ledger.open(path) as ledger:
                assert ledger.counts()["live"] % SIZE == 0
                for source in ledger.source_states():
                    assert len(ledger.document_states([f"{source[1:]}-{item}" for item in range(SIZE)])) == SIZE
    write(path)
    with Ledger.open(path) as ledger:
        figures = ledger.counts()
        assert (figures["live"], figures["exact_duplicates"]) == (SHARDS * SIZE, SHARDS * SIZE // 2)
        assert (figures["unresolved"], list(ledger.pending_index())) == (0, [])
        assert figures["indexed"] == ledger.live_count()
