"""How well the search finds what is known to be right: nDCG@10, MRR@10, recall@10 over judged queries.

``python benchmarks/retrieval.py FOLDER…`` where a folder holds ``queries.tsv`` (id, text), ``qrels.tsv`` (TREC columns)
and ``corpus.jsonl`` (id, text, optional title); ``--corpus FILE`` names another corpus (may be gzipped) for folders
without one. ``--set k1=1.5`` tries another ranking setting, ``--limit`` takes fewer queries, ``--baselines`` measures
SQLite's FTS5, Whoosh with its default analyzer, Whoosh on stems only and tantivy, over the same texts, as well; both of
Whoosh take minutes to index 30,000 articles, so some may be named (``--baselines fts5``). tantivy is no dependency of
saring: where it is missing (``pip install tantivy`` adds it) the line says so and the others are measured.
"""

from __future__ import annotations

import argparse
import atexit
import gzip
import importlib
import json
import math
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from whoosh import fields, qparser
from whoosh.index import create_in

from index.analysis_stems import stem
from index.generations import Generations
from index.ranking_settings import RankingSettings
from index.records import IndexRecord
from index.search import Searcher
from index.segments import SEGMENT_DOCUMENTS
from index.writer import IndexWriter


def read_records(corpus: Path) -> Iterator[IndexRecord]:
    """Passages or articles as index records."""
    opener = gzip.open if corpus.suffix == ".gz" else open
    with opener(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            title, outlet = row.get("title") or None, row.get("outlet")
            yield IndexRecord(row["id"], title, row["text"], outlet, None, (), "id", None, row.get("url"), str(corpus))


def build(corpus: Path, index_dir: Path) -> None:
    """Index the corpus, or use the index that is there."""
    generations = Generations(index_dir)
    if generations.current():
        return
    records = read_records(corpus)
    with IndexWriter(generations.create("benchmark")) as writer:
        while batch := list(islice(records, SEGMENT_DOCUMENTS)):
            writer.apply(batch)
    generations.promote("benchmark")


def read_judgements(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Query texts and grades by query id."""
    rows = [line.split("\t") for line in (folder / "queries.tsv").read_text(encoding="utf-8").splitlines()]
    grades: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, _, document, grade = line.split("\t")
        grades.setdefault(query, {})[document] = int(grade)
    return {row[0]: row[1] for row in rows if row[0] in grades}, grades


Find = Callable[[str], list[str]]
"""The ten best ids for a query."""


def fts5(records: list[IndexRecord]) -> Find:
    """BM25 of SQLite; any of the words."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create virtual table t using fts5(id unindexed, title, body)")
    connection.executemany("insert into t values (?, ?, ?)", ((r.id, r.title or "", r.text) for r in records))

    def find(text: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", text))
        rows = connection.execute("select id from t where t match ? order by bm25(t), id limit 10", (words,))
        return [row[0] for row in rows]

    return find


def whoosh(records: list[IndexRecord], *, stems: bool) -> Find:
    """Whoosh with its default analyzer, or with Snowball's Indonesian stems and nothing else; any of the words."""

    def words(text: str) -> str:
        return " ".join(stem(word, "id") for word in re.findall(r"\w+", text.lower())) if stems else text

    # In memory Whoosh would still keep its temporary files in one folder for all processes of the machine.
    folder = tempfile.mkdtemp(prefix="whoosh-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    index = create_in(folder, fields.Schema(id=fields.ID(stored=True), title=fields.TEXT(), body=fields.TEXT()))
    writer = index.writer(limitmb=512)
    for record in records:
        writer.add_document(id=record.id, title=words(record.title or ""), body=words(record.text))
    writer.commit()
    searcher = index.searcher()
    parser = qparser.MultifieldParser(["title", "body"], index.schema, group=qparser.OrGroup)

    def find(text: str) -> list[str]:
        return [hit["id"] for hit in searcher.search(parser.parse(re.sub(r"\W+", " ", words(text))), limit=10)]

    return find


def tantivy(records: list[IndexRecord]) -> Find:
    """BM25 of tantivy with its default tokenizer (lower case, no stems, no stop words); any of the words."""
    engine = importlib.import_module("tantivy")
    schema = engine.SchemaBuilder()
    schema.add_text_field("id", stored=True, tokenizer_name="raw")
    for name in ("title", "body"):
        schema.add_text_field(name)
    index = engine.Index(schema.build())
    # With several threads the order of documents that score the same would differ from run to run.
    writer = index.writer(num_threads=1)
    for record in records:
        writer.add_document(engine.Document(id=record.id, title=record.title or "", body=record.text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str) -> list[str]:
        # Lower case because AND, OR, NOT and IN in capitals are operators.
        query = index.parse_query(re.sub(r"\W+", " ", text).lower(), ["title", "body"])
        return [searcher.doc(address)["id"][0] for _, address in searcher.search(query, 10).hits]

    return find


BASELINES: dict[str, Callable[[list[IndexRecord]], Find]] = {
    "fts5": fts5,
    "whoosh": lambda records: whoosh(records, stems=False),
    "stems-only": lambda records: whoosh(records, stems=True),
    "tantivy": tantivy,
}


def measure(find: Find, queries: dict[str, str], grades: dict[str, dict[str, int]]) -> dict[str, float]:
    """Means over the queries, and milliseconds a query."""
    sums = dict.fromkeys(("ndcg@10", "mrr@10", "recall@10", "success@1", "success@10"), 0.0)
    times = []
    for key, text in queries.items():
        began = time.perf_counter()
        hits = find(text)
        times.append((time.perf_counter() - began) * 1000)
        wanted = {document: grade for document, grade in grades[key].items() if grade > 0}
        gains = [wanted.get(hit, 0) for hit in hits]
        ideal = sorted(wanted.values(), reverse=True)[:10]
        sums["ndcg@10"] += _dcg(gains) / _dcg(ideal)
        sums["mrr@10"] += next((1 / rank for rank, gain in enumerate(gains, start=1) if gain), 0.0)
        sums["recall@10"] += sum(1 for gain in gains if gain) / len(wanted)
        sums["success@1"] += bool(gains and gains[0])
        sums["success@10"] += any(gains)
    times.sort()
    figures = {name: value / len(queries) for name, value in sums.items()}
    return {**figures, "p50_ms": times[len(times) // 2], "p99_ms": times[int(len(times) * 0.99)]}


def _dcg(gains: list[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def ids(searcher: Searcher, text: str) -> list[str]:
    """The ten best ids of saring's search, snippets and facets included in the time."""
    return [hit.id for hit in searcher.search(text).hits]


def report(folder: str, name: str, figures: dict[str, float]) -> None:
    """Print one line."""
    print(f"{folder:16} {name:18} ", *(f"{key} {value:.4f}" for key, value in figures.items()), flush=True)


def main() -> None:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--corpus", type=Path, help="for folders without corpus.jsonl")
    parser.add_argument("--index", type=Path, help="keep the indexes below this folder and use them again")
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument(
        "--baselines", nargs="*", choices=list(BASELINES), help="others to measure; all when none named"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    changes = {name: float(value) for name, value in (text.split("=") for text in options.set)}
    settings = replace(RankingSettings(), **changes)
    with tempfile.TemporaryDirectory() as temporary:
        for folder in options.folders:
            own = folder / "corpus.jsonl"
            corpus = own if own.exists() else options.corpus
            index_dir = (options.index or Path(temporary)) / folder.name
            build(corpus, index_dir)
            queries, grades = read_judgements(folder)
            queries = dict(islice(queries.items(), options.limit))
            with Searcher(index_dir, settings) as searcher:
                report(folder.name, "saring", measure(lambda text: ids(searcher, text), queries, grades))
            if options.baselines is not None:
                records = list(read_records(corpus))
                for name in options.baselines or BASELINES:
                    try:
                        find = BASELINES[name](records)
                    except ModuleNotFoundError as missing:
                        print(f"{folder.name:16} {name:18}  left out: {missing.name} is not installed", flush=True)
                        continue
                    report(folder.name, name, measure(find, queries, grades))


if __name__ == "__main__":
    main()
