"""Readers in processes of their own while a writer commits and promotes: errors, and answers that mix two states.

    python benchmarks/readers.py [--readers 10] [--commits 50] [--promotions 5] [--documents 40]

Each commit replaces all documents, and each document says which commit of which generation wrote it; so an answer whose
hits name two commits, or another generation than the answer, or that misses one, is a mixed one. Every other reader
stays open, the others open the index anew for every query. After each promotion all but the last two are removed. In
the end the writer rolls back; from then on, an answer of the generation that was taken back is a late one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from index.generations import Generations
from index.records import IndexRecord
from index.search import SearchAnswer, Searcher, search
from index.writer import IndexWriter

WORD = "jembatan"
AFTERWARDS = 20
"""Answers that every reader waits for after the rollback."""


def records(generation: str, commit: int, documents: int) -> list[IndexRecord]:
    """All documents as one commit of a generation writes them."""
    return [
        IndexRecord(
            id=f"d{number}",
            title=f"{generation} {commit}",
            text=f"Warga desa {number} membangun {WORD} kayu di hulu sungai pada hari ke {commit}.",
            language="id",
            outlet="contoh.id",
            place=None,
            authors=(),
            published_at=None,
            url=None,
            source="contoh.jsonl",
            copies=(),
        )
        for number in range(documents)
    ]


def mixed(answer: SearchAnswer, documents: int) -> bool:
    """Whether an answer is not exactly what one commit of its generation wrote."""
    titles = {hit.title for hit in answer.hits}
    return answer.total != documents or len(titles) != 1 or titles.pop().split()[0] != answer.generation


def read(
    folder: str, stays_open: bool, documents: int, signals: tuple[Barrier, Event, Event], results: Queue[Counter[str]]
) -> None:
    """Ask until told to stop; hands back what was seen."""
    seen: Counter[str] = Counter()
    searcher = Searcher(folder)
    begin, stop, rolled_back = signals
    search(folder, WORD)
    begin.wait()
    generations = set()
    current = ""
    while not stop.is_set() or seen["after the rollback"] < AFTERWARDS:
        after = rolled_back.is_set()
        if after and not current:
            current = Generations(Path(folder)).current() or ""
        try:
            ask = searcher.search if stays_open else lambda query, **options: search(folder, query, **options)
            answer = ask(WORD, per_page=200)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what this counts)
            seen[f"error: {type(error).__name__}: {error}"] += 1
            continue
        seen["answers"] += 1
        seen["mixed"] += mixed(answer, documents)
        seen["after the rollback"] += after
        seen["late"] += after and answer.generation != current
        generations.add(answer.generation)
    seen["generations"] = len(generations)
    results.put(seen)


def write(folder: Path, commits: int, promotions: int, documents: int) -> None:
    """Commit and promote as told, evenly."""
    generations = Generations(folder)
    each = commits // (promotions + 1)
    for number in range(promotions + 1):
        name = f"g{number}"
        path = generations.path(name) if number == 0 else generations.create(name)
        for commit in range(1, each + 1):
            with IndexWriter(path) as writer:
                writer.apply(records(name, commit, documents))
            if commit == 1 and number:
                generations.verify(name, documents)
                generations.promote(name)
                generations.prune(1)


def watch(folder: Path, readers: int, commits: int, promotions: int, documents: int) -> Counter[str]:
    """Run readers and the writer; gives what all readers saw."""
    path = Generations(folder).create("g0")
    Generations(folder).promote("g0")
    with IndexWriter(path) as writer:
        writer.apply(records("g0", 0, documents))
    context = multiprocessing.get_context("spawn")
    begin, stop, rolled_back = context.Barrier(readers + 1), context.Event(), context.Event()
    results = context.Queue()
    processes = [
        context.Process(
            target=read, args=(str(folder), number % 2 == 0, documents, (begin, stop, rolled_back), results)
        )
        for number in range(readers)
    ]
    for process in processes:
        process.start()
    begin.wait()
    write(folder, commits, promotions, documents)
    Generations(folder).rollback()
    rolled_back.set()
    stop.set()
    total: Counter[str] = Counter()
    for _ in processes:
        seen = results.get(timeout=60)
        total["fewest generations seen"] = min(total["fewest generations seen"] or promotions + 1, seen["generations"])
        del seen["generations"]
        total += seen
    for process in processes:
        process.join()
    return total


def main() -> None:
    """Print what the readers saw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--commits", type=int, default=54)
    parser.add_argument("--promotions", type=int, default=5)
    parser.add_argument("--documents", type=int, default=40)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        total = watch(Path(name) / "index", args.readers, args.commits, args.promotions, args.documents)
    errors = {what: count for what, count in total.items() if what.startswith("error")}
    print(f"{args.readers} readers, {args.commits} commits, {args.promotions} promotions: {total['answers']:,} answers")
    print(f"every reader saw at least {total['fewest generations seen']} generations")
    print(f"{sum(errors.values())} errors, {total['mixed']} mixed answers")
    print(f"{total['after the rollback']:,} answers after the rollback, {total['late']} of what was taken back")
    for what, count in errors.items():
        print(f"{count} times {what}")
    sys.exit(bool(errors or total["mixed"] or total["late"]))


if __name__ == "__main__":
    main()
