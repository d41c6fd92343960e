"""What a night costs in the ledger when it is a hundred times as large.

    python benchmarks/ledger_scale.py CORPUS.jsonl[.gz] [--sizes 10000,100000,1000000] [--base 5000] [--plans]

The first documents of the corpus are cleaned, counted, recorded and resolved as an ingest does it; then every row is
cloned with other ids, addresses, files and hashes until the ledger has the wanted size (each document in a file of its
own, so that a million files are planned). Lines that several documents of the base share stay shared, as furniture is.
Then a night is timed: opening, planning when nothing has changed, 1,000 new documents counted, recorded, settled and
marked as indexed, ``saring status``, what ``status --check`` and a reindex read, the first documents of an export, a
decision on an outlet's line, and forgetting one document. Seconds are processor time of this process, so that a busy
machine does not count for much. The index and the reading of files have no part in it.

``--plans`` prints what SQLite would read whole for each statement: tables or indices that grow with the corpus.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, event

from index import ledger_forget, ledger_languages, ledger_lines
from index.duplicates import resolve
from index.ledger import Ledger
from index.ledger_export import Selection, selected_documents
from index.ledger_missing import held_removals
from index.ledger_quarantine import reasons
from index.ledger_rows import PackedDocument, pack
from transforms.models import Document, RawDocument, SourceFile
from transforms.outlet_lines import LineCount, count_document
from transforms.process import StageClock, process
from transforms.read import hash_of
from transforms.rules import load_rules

NOW = "2026-01-01T00:00:00+00:00"
SHARD = 500
ARRIVING = 1_000
RECORDS = 20_000
"""Records of which the time of a whole comparison is measured; it reads them all, so the rest takes as long each."""
SMALL_TABLES = {"meta", "rules", "runs", "quarantine", "crowds", "removal_shares", "tombstones", "sqlite_master"}


def main() -> None:
    """Build each size, and time a night on it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--base", type=int, default=5_000)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    prepared = list(islice(prepare(options.corpus), options.base + ARRIVING))
    base, arriving = prepared[: options.base], prepared[options.base :]
    columns: dict[int, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in map(int, options.sizes.split(",")):
            path = Path(folder) / f"{size}.sqlite"
            began = time.perf_counter()
            build(path, base, size)
            print(f"{size:,} documents built in {time.perf_counter() - began:.0f} s", flush=True)
            columns[size] = night(path, arriving, plans=options.plans)
            path.unlink()
    print()
    print(f"| |{'|'.join(f' {size:,} ' for size in columns)}|")
    print(f"|---|{'--:|' * len(columns)}")
    for name in next(iter(columns.values())):
        print(f"| {name} |{'|'.join(f' {column[name]} ' for column in columns.values())}|")


def prepare(corpus: Path) -> Iterator[tuple[PackedDocument, LineCount]]:
    """Clean and count documents, each as if it had a file of its own."""
    rules = load_rules()
    with gzip.open(corpus, "rb") if corpus.suffix == ".gz" else corpus.open("rb") as lines:
        for number, line in enumerate(lines):
            record = json.loads(line)
            raw = RawDocument(
                id=f"d{number}",
                source=f"/scrapes/{number}.txt",
                text=record["text"],
                title=record.get("title") or None,
                url=record.get("url") or None,
                date=record.get("date") or None,
                outlet=record.get("outlet") or None,
            )
            made = process(raw, rules, StageClock())
            if isinstance(made, Document):
                yield pack(made), count_document(raw, raw.source, hash_of(raw))


# Building


def build(path: Path, base: list[tuple[PackedDocument, LineCount]], size: int) -> None:
    """Make a ledger of about that many documents."""
    with Ledger.open(path) as ledger:
        ledger.start_run("r0", NOW)
        arrive(ledger, "r0", base, Clock())
        ledger.finish_run("r0", NOW, {"run_id": "r0"})
    if size > len(base):
        clone(path, size // len(base))
    with Ledger.open(path) as ledger, ledger.writing() as connection:  # all lines, in two other ways
        for learn in (False, True):
            ledger_lines.freeze(connection, learn=learn)


def clone(path: Path, times: int) -> None:
    """Multiply every row; the tables' indices are made again at the end, which is quicker."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous=OFF", "journal_mode=OFF", "cache_size=-400000", "temp_store=FILE"):
        connection.execute(f"PRAGMA {pragma}")
    made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    connection.execute("BEGIN")
    for name, _ in made:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("CREATE TEMP TABLE clones (k INTEGER PRIMARY KEY, n INTEGER)")
    spread = [(k, k * 0x9E3779B97F4A7C15 % 2**62) for k in range(1, times)]
    connection.executemany("INSERT INTO clones VALUES (?, ?)", spread)
    connection.execute("CREATE TEMP TABLE shared AS SELECT line FROM line_marks GROUP BY line HAVING count(*) > 1")
    connection.execute("CREATE INDEX temp.i ON shared (line)")
    for table, changes in CLONED.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(changes.get(column, f't."{column}"') for column in columns)
        connection.execute(f"CREATE TEMP TABLE old AS SELECT * FROM {table}")
        connection.execute(f"INSERT INTO {table} SELECT {values} FROM clones k CROSS JOIN old t ON true")
        connection.execute("DROP TABLE old")
    for _, sql in made:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


_XOR = "((t.{0} | k.n) - (t.{0} & k.n))"  # SQLite has no other way to say it
_KEY, _SOURCE = "(k.k * 10000000 + t.{})", "t.path || '.' || k.k"
# Clones take one stretch after the other of the hashes' range: inserted in order, which is quicker than sorting them.
_HASH = "(((t.hash + (1 << 47)) >> 10) & ~1) + (k.k << 38) - (1 << 47) + (t.hash & 1)"
_LINE = "CASE WHEN t.line IN (SELECT line FROM shared) THEN t.line ELSE (t.line >> 11) + (k.k << 52) END"
CLONED: dict[str, dict[str, str]] = {
    "sources": {"number": _KEY.format("number"), "path": _SOURCE},
    "documents": {
        "key": _KEY.format("key"),
        "id": "t.id || '.' || k.k",
        "source": _KEY.format("source"),
        "url": "t.url || '/' || k.k",
        "cluster": "t.cluster || '.' || k.k",
        "raw_hash": "printf('%08x', k.k) || substr(t.raw_hash, 9)",
        "node": _XOR.format("node"),
    },
    "removals": {"document": _KEY.format("document")},
    "bands": {"hash": _HASH, "node": _XOR.format("node")},
    "pairs": {
        "a": f"min({_XOR.format('a')}, {_XOR.format('b')})",
        "b": f"max({_XOR.format('a')}, {_XOR.format('b')})",
    },
    "line_documents": {"document": _XOR.format("document"), "title": _XOR.format("title")},
    "line_marks": {"line": _LINE, "document": _XOR.format("document")},
}
"""Tables, and the columns that differ from clone to clone (at most 1,000 of them)."""


# A night


@dataclass
class Clock:
    """Processor seconds by name, in the order of asking."""

    shown: dict[str, str] = field(default_factory=dict)

    def time(self, name: str, work: Callable[[], object], *, per: int = 0, unit: str = "document") -> None:
        """Time some work; ``per`` gives milliseconds for each of so many things."""
        began = time.process_time()
        work()
        seconds = time.process_time() - began
        self.shown[f"{name}, ms a {unit}" if per else f"{name}, ms"] = (
            f"{seconds * 1000 / max(per, 1):,.{2 if per else 0}f}"
        )


def arrive(ledger: Ledger, run: str, documents: list[tuple[PackedDocument, LineCount]], clock: Clock) -> None:
    """What an ingest does with new documents, apart from cleaning and indexing."""
    number = len(documents)
    packed = [document for document, _ in documents]

    def counted() -> None:
        for start in range(0, number, SHARD):
            with ledger.writing() as connection:
                ledger_lines.count(connection, [counts for _, counts in documents[start : start + SHARD]])

    def frozen() -> None:
        with ledger.writing() as connection:
            ledger_lines.freeze(connection)

    def recorded() -> None:
        for start in range(0, number, SHARD):
            shard = packed[start : start + SHARD]
            ledger.record(run, NOW, shard)
            ledger.finish_sources([(SourceFile(item.path, "/scrapes", 1, 1), 1) for item in shard], run)

    def languages() -> None:
        with ledger.writing() as connection:
            ledger_languages.apply(connection, None, run)

    def indexed() -> None:
        ledger.mark_indexed({change.id: change.fingerprint for change in ledger.pending_index()}, "g1")

    clock.time("counting lines", counted, per=number)
    clock.time("freezing what the corpus says of lines and titles", frozen)
    clock.time("recording, closing their files", recorded, per=number)
    clock.time("languages that are not kept", languages)
    clock.time("settling duplicates", lambda: resolve(ledger), per=number)
    clock.time("marking as indexed", indexed, per=number)


def night(path: Path, arriving: list[tuple[PackedDocument, LineCount]], *, plans: bool) -> dict[str, str]:
    """Time a night on a ledger."""
    clock = Clock()
    clock.time("opening", lambda: Ledger.open(path).close())
    with Ledger.open(path) as ledger:
        statements = Statements(ledger) if plans else None
        address = next(document.url for document, _ in arriving if document.url)
        rules = arriving[0][0].rules_version
        clock.time(
            "planning, most documents outdated by lines learned since", lambda: ledger.source_states(rules, rules)
        )
        ledger.start_run("r1", NOW)
        arrive(ledger, "r1", arriving, clock)
        clock.time("status", lambda: status(ledger, rules))
        if statements:
            statements.report()
        records = min(RECORDS, ledger.live_count())
        clock.time("status --check, export, reindex", lambda: read(ledger), per=records, unit="record")
        clock.time("first 50 documents of an export", lambda: exported(ledger))
        clock.time("deciding on an outlet's line", lambda: decided(ledger))
        clock.time("forgetting one document by id, without the new index", lambda: forgotten(ledger, "d7"))
        clock.time("the same by address", lambda: forgotten(ledger, str(address)))
        if statements:
            statements.report()
        documents = ledger.counts()["live"]
    size = sum(item.stat().st_size for item in path.parent.glob(f"{path.name}*"))
    clock.shown["on the disk, KB a document"] = f"{size / 1000 / documents:.2f}"
    return clock.shown


def status(ledger: Ledger, rules: str) -> None:
    """What ``saring status`` asks."""
    ledger.live_count()
    sum(1 for _ in ledger.pending_index())
    ledger.stale_count(rules)
    ledger.counts()
    ledger.languages()
    ledger.runs()
    with ledger.reading() as connection:
        reasons(connection)
        ledger_languages.filtered(connection)
        ledger_languages.waiting(connection, None)
        held_removals(connection)


def read(ledger: Ledger) -> None:
    """Read records as the index must hold them."""
    for _ in islice(ledger.live_representatives(), RECORDS):
        pass


def exported(ledger: Ledger) -> None:
    """Read the first documents."""
    with ledger.reading() as connection:
        list(islice(selected_documents(connection, Selection()), 50))


def decided(ledger: Ledger) -> None:
    """Approve the first line that waits for a person, as ``saring lines`` does."""
    with ledger.writing() as connection:
        outlet = next(iter(ledger_lines.outlets(connection)))
        line = ledger_lines.review(connection, outlet, examples=0)[-1]
        ledger_lines.decide(connection, outlet, line.number, "veto", NOW)


def forgotten(ledger: Ledger, name: str) -> None:
    """Take one document out of every table."""
    with ledger.writing() as connection:
        targets = ledger_forget.find(connection, [name], None)
        assert targets, name
        ledger_forget.forget(connection, targets, [name], None, NOW)


class Statements:
    """The statements that a ledger executes, and what of them reads a large table or index as a whole."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._seen = ledger, dict[str, object]()
        event.listen(ledger._engine, "before_cursor_execute", self._note)

    def _note(
        self, _connection: Connection, _cursor: object, statement: str, parameters: object, _context: object, many: bool
    ) -> None:
        self._seen.setdefault(statement, parameters[0] if many and isinstance(parameters, list) else parameters)

    def report(self) -> None:
        """Print them, and forget them."""
        seen, self._seen = self._seen, {}
        with self._ledger.reading() as connection:
            for statement, parameters in seen.items():
                if not statement.startswith(("SELECT", "UPDATE", "DELETE")):
                    continue
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                whole = [row[-1] for row in rows if re.match(r"SCAN (?!json_each|\()", row[-1])]
                if any(plan.split()[1] not in SMALL_TABLES for plan in whole):
                    print(f"  {'; '.join(whole)}: {' '.join(statement.split())[:300]}")


if __name__ == "__main__":
    main()
