"""How fast an index is built from clean documents, against Whoosh as its manual shows it, in one run.

``python benchmarks/index_speed.py CORPUS [--limit 5000] [--processes 2] [--skip-naive]`` where CORPUS is JSON lines
(may be gzipped) with id, title, text, outlet and url. Prints wall-clock and CPU milliseconds a document (workers
included), peak memory of the largest process, and bytes a document: for segments from worker processes that start from
nothing and read the corpus themselves, for building segments alone, for joining them, for verifying the generation, and
for Whoosh.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from retrieval import read_records
from whoosh import fields
from whoosh import index as whoosh_index

from index.generations import Generations
from index.records import IndexRecord
from index.segments import SEGMENT_DOCUMENTS, SegmentResult, build_segments
from index.writer import IndexWriter


def naive(records: list[IndexRecord], folder: Path) -> int:
    """Whoosh's default analyzer and writer, the text stored."""
    schema = fields.Schema(
        id=fields.ID(unique=True, stored=True),
        title=fields.TEXT(stored=True),
        body=fields.TEXT(stored=True),
        outlet=fields.ID(stored=True),
        url=fields.ID(stored=True),
    )
    folder.mkdir()
    writer = whoosh_index.create_in(folder, schema).writer()
    for record in records:
        writer.add_document(
            id=record.id, title=record.title or "", body=record.text, outlet=record.outlet or "", url=record.url or ""
        )
    writer.commit()
    return len(records)


def join(segments: list[SegmentResult], folder: Path) -> int:
    """All segments in one commit."""
    with IndexWriter(Generations(folder).create("speed")) as writer:
        return writer.join(segments).total


def verify(folder: Path, count: int) -> int:
    """Read the whole index."""
    Generations(folder).verify("speed", count)
    return count


def build(task: tuple[str, int, int, str]) -> list[SegmentResult]:
    """A worker's share: lines ``[start, end)`` of the corpus."""
    corpus, start, end, folder = task
    return build_segments(islice(read_records(Path(corpus)), start, end), folder)


def many_processes(corpus: Path, count: int, processes: int, folder: Path) -> int:
    """Segments from worker processes that read the corpus themselves, joined in one commit."""
    path = Generations(folder).create("speed")
    size = min(SEGMENT_DOCUMENTS, -(-count // processes))
    work = str(path.parent.parent / "work")
    tasks = [(str(corpus), start, min(start + size, count), work) for start in range(0, count, size)]
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=1) as pool:
        results = [result for part in pool.imap(build, tasks, chunksize=1) for result in part]
    with IndexWriter(path) as writer:
        return writer.join(results).total


def _built(collected: list[SegmentResult], segments: list[SegmentResult]) -> int:
    collected += segments
    return sum(segment.documents for segment in segments)


def timed(name: str, count: int, folder: Path, action: Callable[[], int]) -> None:
    """Run and print one line."""
    began, cpu = time.perf_counter(), _cpu()
    total = action()
    wall, used = time.perf_counter() - began, _cpu() - cpu
    assert total == count, f"{name}: {total} documents instead of {count}"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(
        f"{name:22} {count} documents  wall {wall:6.2f} s  {wall / count * 1000:5.2f} ms  "
        f"cpu {used / count * 1000:6.3f} ms a document  {size / count / 1024:4.1f} KB  peak {peak:.0f} MB",
        flush=True,
    )


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Run the three in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--limit", type=int, default=5_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--skip-naive", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        count = sum(1 for _ in islice(read_records(options.corpus), options.limit))
        many = root / "many"
        name = f"saring, {options.processes} processes"
        timed(name, count, many, lambda: many_processes(options.corpus, count, options.processes, many))
        records = list(islice(read_records(options.corpus), options.limit))
        one, segments = root / "one", list[SegmentResult]()
        timed("saring, segments alone", count, one, lambda: _built(segments, build_segments(records, one / "work")))
        timed("saring, joining them", count, one, lambda: join(segments, one))
        timed("saring, verifying", count, one, lambda: verify(one, count))
        if not options.skip_naive:
            timed("Whoosh, naive", count, root / "naive", lambda: naive(records, root / "naive"))


if __name__ == "__main__":
    main()
