"""A ledger on PostgreSQL against one in a SQLite file: the same documents, the same calls, in one run.

    python benchmarks/ledger_server.py CORPUS.jsonl[.gz] [--documents 3000] [--rounds 3] [--ledger URL]

Documents are cleaned once. Then each ledger takes them in turn, as an ingest does it: lines counted and frozen, shards
recorded, duplicates settled, marked as indexed; then 100 documents arrive one by one, and everything is read back.
Without ``--ledger`` (which must name an empty schema) a private server is started on this machine, durable as a usual
one is; its processor time is added to this process's, so that a busy machine does not count for much. The least of the
rounds counts, and both ledgers must hold the same in the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psutil
from ledger_scale import NOW, Clock, arrive, prepare
from sqlalchemy import create_engine, text

from index.duplicates import resolve
from index.ledger import Ledger
from index.ledger_rows import PackedDocument
from transforms.outlet_lines import LineCount

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from postgres_server import missing, private_server

ARRIVALS = 100
Prepared = list[tuple[PackedDocument, LineCount]]


def main() -> None:
    """Compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ledger")
    options = parser.parse_args()
    prepared = list(islice(prepare(options.corpus), options.documents + ARRIVALS))
    best: dict[str, dict[str, tuple[float, float]]] = {"SQLite": {}, "PostgreSQL": {}}
    with tempfile.TemporaryDirectory() as folder, server(options.ledger) as address:
        for number in range(options.rounds):
            files = f"{folder}/{number}.sqlite"
            held = {}
            for name, place in (("SQLite", files), ("PostgreSQL", schema(address, number))):
                held[name] = measured(place, prepared, options.documents, best[name])
            assert held["SQLite"] == held["PostgreSQL"], "they hold different things"
    print(f"| {options.documents:,} documents | SQLite, CPU s | PostgreSQL, CPU s | ratio | ratio of wall clock |")
    print("|---|--:|--:|--:|--:|")
    for step, (cpu, wall) in best["SQLite"].items():
        there, there_wall = best["PostgreSQL"][step]
        print(f"| {step} | {cpu:.2f} | {there:.2f} | {there / cpu:.1f} | {there_wall / wall:.1f} |")


@contextmanager
def server(given: str | None) -> Iterator[str]:
    """The address of a database server."""
    if given:
        yield given
        return
    if reason := missing():
        sys.exit(f"no server can be started: {reason}; name one with --ledger")
    with private_server(durable=True) as running:
        yield running.url.render_as_string(hide_password=False)


def schema(address: str, number: int) -> str:
    """A new schema of the server."""
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA round_{number}"))
    engine.dispose()
    return f"{address}{'&' if '?' in address else '?'}options=-csearch_path%3Dround_{number}"


def measured(place: str, prepared: Prepared, documents: int, best: dict[str, tuple[float, float]]) -> list[object]:
    """Time one ledger's steps, keep the best of each, and return what it holds."""

    def step(name: str, work: Callable[[], object]) -> None:
        began, wall = cpu(), time.perf_counter()
        work()
        spent = (cpu() - began, time.perf_counter() - wall)
        before = best.get(name, spent)
        best[name] = (min(spent[0], before[0]), min(spent[1], before[1]))

    with Ledger.open(place) as ledger:
        ledger.start_run("r0", NOW)
        step("recording and settling", lambda: arrive(ledger, "r0", prepared[:documents], Clock()))
        step(f"{ARRIVALS} documents one by one", lambda: one_by_one(ledger, prepared[documents:]))
        step("planning, nothing changed", lambda: ledger.source_states(prepared[0][0].rules_version, "x"))
        records: list[object] = []
        step("reading everything", lambda: records.extend(ledger.live_representatives()))
        return [*records, ledger.counts()]


def one_by_one(ledger: Ledger, arriving: Prepared) -> None:
    """Record and settle each document by itself."""
    for document, _ in arriving:
        ledger.record("r0", NOW, [document])
        resolve(ledger)
    ledger.mark_indexed({change.id: change.fingerprint for change in ledger.pending_index()}, "g1")


def cpu() -> float:
    """Processor seconds of this process, and of a server that it started."""
    used = time.process_time()
    for child in psutil.Process().children(recursive=True):
        times = child.cpu_times()
        used += times.user + times.system
    return used


if __name__ == "__main__":
    main()
