"""Looking for what was forgotten: every table, every document of every generation, every byte of the ledger's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, String, Table, func, select

from index import tables
from index.ledger_sql import among, chunks
from transforms.errors import IndexUnavailableError

if TYPE_CHECKING:
    from index.ledger_forget import Target

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Check:
    """One place that was searched, and how many traces were found there."""

    place: str
    searched: int
    """Rows, documents or bytes."""
    left: int


def in_tables(connection: Connection, targets: Sequence[Target], names: Sequence[str]) -> Iterator[Check]:
    """Search every column that could name a document, and every number that stands for one."""
    words = _words(targets, names)
    numbers = _numbers(targets)
    for table in tables.metadata.sorted_tables:
        if table is tables.tombstones:  # hashes, kept on purpose
            continue
        rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
        found = _in_texts(connection, table, words)
        for column in table.columns:
            found += _count(connection, column, numbers.get(f"{table.name}.{column.name}", set()))
        yield Check(f"table {table.name}", rows, found)


def _words(targets: Sequence[Target], names: Sequence[str]) -> set[str]:
    """What names these documents and nothing that stays."""
    words = {*names, *(target.id for target in targets)}
    words |= {target.url for target in targets if target.url}
    return words | {target.path for target in targets if not target.shared_path}


def _numbers(targets: Sequence[Target]) -> dict[str, set[int]]:
    keys = {target.key for target in targets}
    lines = {number for target in targets for number in target.line_numbers}
    nodes = {target.node for target in targets if not target.shared_node}
    return {
        "documents.key": keys,
        "removals.document": keys,
        "versions.document": keys,
        "line_documents.document": lines,
        "line_marks.document": lines,
        "documents.node": nodes,
        "bands.node": nodes,
        "pairs.a": nodes,
        "pairs.b": nodes,
    }


def _in_texts(connection: Connection, table: Table, words: set[str]) -> int:
    # A place is the number of a record in its file, which an id may look like.
    named = [column for column in table.columns if isinstance(column.type, String) and column.name != "place"]
    found = sum(_count(connection, column, words) for column in named)
    if table is tables.runs:
        reports = connection.execute(select(table.c.report).where(table.c.report.is_not(None))).scalars()
        found += sum(1 for report in reports for word in words if f'"{word}"' in report)
    return found


def _count(connection: Connection, column: Column[str] | Column[int], values: set[str] | set[int]) -> int:
    return sum(
        connection.execute(select(func.count()).select_from(column.table).where(among(column, chunk))).scalar_one()
        for chunk in chunks(values)
    )


def in_generation(path: Path, targets: Sequence[Target], names: Sequence[str]) -> Check:
    """Look at every document of a generation, deleted ones included, and at the copies it names."""
    from index.engine import open_engine  # the ledger does without Whoosh

    words = _words(targets, names)
    engine = open_engine(path)
    try:
        found = 0
        for doc in range(engine.size):
            hit = engine.hit(doc)
            copies = [part for copy in hit["copies"] for part in (copy[0], copy[2])]
            found += bool(words & {hit["id"], hit["url"], hit["source"], *copies})
        return Check(f"generation {path.name}", engine.size, found)
    finally:
        engine.close()


def in_generations(index_dir: Path, targets: Sequence[Target], names: Sequence[str]) -> Iterator[Check]:
    """The same of all generations; a folder that cannot be opened counts as a trace, for nobody knows what it holds."""
    root = index_dir / "generations"
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        try:
            yield in_generation(path, targets, names)
        except IndexUnavailableError:
            yield Check(f"generation {path.name} (cannot be opened)", 0, 1)


def in_files(ledger: Path, targets: Sequence[Target]) -> Iterator[Check]:
    """Search files of a SQLite ledger for stretches of the compressed texts."""
    traces = {target.trace for target in targets if not target.shared_raw}
    for path in sorted(ledger.parent.glob(f"{escape(ledger.name)}*")):
        yield Check(f"file {path.name}", path.stat().st_size, _in_file(path, traces))


def _in_file(path: Path, traces: set[bytes]) -> int:
    longest = max(map(len, traces), default=0)
    found, before = set[bytes](), b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            window = before + block
            found.update(trace for trace in traces if trace in window)
            before = window[-longest:] if longest else b""
    return len(found)
