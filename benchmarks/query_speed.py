"""How fast queries are answered, with snippets and facets, against stock Whoosh over the same texts, in one run.

``python benchmarks/query_speed.py CORPUS [--index FOLDER] [--queries 500] [--hostile 10000]`` where CORPUS is JSON
lines (may be gzipped) with id, title, text, outlet and url. The queries are made from the corpus' own titles: single
words, some words, neighbouring words, phrases, exclusions, beginnings, the same for both. ``--hostile`` sends so many
random strings, and a list of bad ones, to saring alone and prints the slowest; ``--index`` keeps the indexes for the
next run.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from retrieval import build, read_records
from whoosh import fields, highlight, qparser
from whoosh import index as whoosh_index

from index.search import Searcher

SEED = 20240620
HOSTILE = (
    "*", "*a*", "a*", "[a TO z]", "fuzzy~9", "yang~2", '"' + "dan yang " * 200 + '"', "kabar " * 170_000, "(" * 3_000,
    "((((" * 500 + "a" + "))))" * 500, "a OR " * 3_000 + "b", "-yang", "-a -b -c", "date:9999-99..0000-00",
    "di* ke* me* pe* be* te* se* ma*", "yang dan di ke dari untuk pada dengan ini itu adalah akan tidak", "\x00\ud800",
    '"' * 999, "title:" * 200, "NOT NOT NOT", "language:" + "x" * 10_000, "a~2 b~2 c~2 " * 20,
    "ke~2 di~2 pada~2 untuk~2",
)  # fmt: skip


def stock_whoosh(corpus: Path, folder: Path) -> Callable[[str], int]:
    """Whoosh as its manual shows it: default analyzer, stored texts, highlights, groups."""
    schema = fields.Schema(
        id=fields.ID(unique=True, stored=True),
        title=fields.TEXT(stored=True),
        body=fields.TEXT(stored=True),
        outlet=fields.ID(stored=True, sortable=True),
    )
    if not whoosh_index.exists_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
        writer = whoosh_index.create_in(folder, schema).writer(limitmb=512)
        for record in read_records(corpus):
            writer.add_document(id=record.id, title=record.title or "", body=record.text, outlet=record.outlet or "")
        writer.commit()
    searcher = whoosh_index.open_dir(folder).searcher()
    parser = qparser.MultifieldParser(["title", "body"], schema, group=qparser.OrGroup)

    def find(text: str) -> int:
        results = searcher.search(parser.parse(text), limit=10, groupedby="outlet")
        results.fragmenter = highlight.ContextFragmenter(maxchars=280)
        for hit in results:
            hit.highlights("body", top=1)
        results.groups("outlet")
        return len(results)

    return find


def make_queries(corpus: Path, count: int) -> list[str]:
    """Mixed queries from titles; the same for every run."""
    chance = random.Random(SEED)
    titles = [re.findall(r"[^\W\d_]{3,}", record.title or "") for record in read_records(corpus)]
    titles = [words for words in titles if len(words) >= 5]
    return [_query(chance, chance.choice(titles)) for _ in range(count)]


def _query(chance: random.Random, words: list[str]) -> str:
    kind = chance.choices(("word", "words", "start", "phrase", "without", "beginning"), (15, 40, 20, 15, 5, 5))[0]
    at = chance.randrange(len(words) - 3)
    match kind:
        case "word":
            return chance.choice(words)
        case "words":
            return " ".join(chance.sample(words, chance.randint(2, 4)))
        case "start":
            return " ".join(words[: chance.randint(4, 6)])
        case "phrase":
            return f'"{words[at]} {words[at + 1]}"'
        case "without":
            return f"{words[at]} {words[at + 1]} -{words[at + 2]}"
        case _:
            return f"{words[at][:4]}* {words[at + 1]}"


def timings(finds: dict[str, Callable[[str], int]], queries: list[str]) -> dict[str, tuple[float, float]]:
    """Median and 99th percentile of milliseconds of processor time; the engines take turns, query by query.

    Processor time, because it stays the same when other programs want the machine. The first tenth is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in finds}
    for text in queries[: len(queries) // 10] + queries:
        for name, find in finds.items():
            began = time.process_time()
            find(text)
            times[name].append((time.process_time() - began) * 1000)
    figures = {}
    for name, values in times.items():
        counted = sorted(values[len(queries) // 10 :])
        figures[name] = counted[len(counted) // 2], counted[int(len(counted) * 0.99)]
        print(f"{name:14} {len(counted)} queries  p50 {figures[name][0]:7.2f} ms  p99 {figures[name][1]:7.2f} ms")
    return figures


def hostile(find: Callable[[str], int], count: int) -> None:
    """Random strings and known bad queries: none may raise; print the slowest."""
    chance = random.Random(SEED)
    alphabet = 'abcdeiknprtuy  ""()*~:-+.,/&' + "AS\u00e9\u4e2d\u0000\ud800\U0001f600'[]{}^\\?|<>0123456789"
    words = ["OR", "AND", "NOT", "title:", "date:", "yang", "di*", "presiden~2", "AS", "outlet:", "-", '"']
    slowest = (0.0, "")
    strings = [
        "".join(chance.choice((*alphabet, chance.choice(words))) for _ in range(chance.randint(1, 60)))
        for _ in range(count)
    ]
    for text in (*HOSTILE, *strings):
        began = time.perf_counter()
        find(text)
        slowest = max(slowest, (time.perf_counter() - began, text[:40]))
    asked = f"{len(HOSTILE)} listed and {count} random strings"
    print(f"hostile: {asked}, none raised; slowest {slowest[0]:.2f} s: {slowest[1]!r}")


def main() -> None:
    """Build what is missing, then measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--index", type=Path, help="keep the indexes below this folder and use them again")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--hostile", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.index or Path(temporary)
        build(options.corpus, folder / "saring")
        with Searcher(folder / "saring") as searcher:
            if options.hostile:
                hostile(lambda text: searcher.search(text).total, options.hostile)
            if options.queries:
                queries = make_queries(options.corpus, options.queries)
                other = stock_whoosh(options.corpus, folder / "whoosh")
                finds = {"saring": lambda text: searcher.search(text).total, "Whoosh, stock": other}
                mine, stock = timings(finds, queries).values()
                print(f"p50 {stock[0] / mine[0]:.1f} times, p99 {stock[1] / mine[1]:.1f} times as fast")


if __name__ == "__main__":
    main()
