"""Documents of the ledger as a file for other programs: JSON lines or Parquet, streamed, whole or not there at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import orjson

from index.files import sync_folder
from index.ledger_views import StoredDocument
from transforms.errors import ConfigError, SaringError
from transforms.serialize import clean_json

GROUP_ROWS: Final = 1_000
GROUP_CHARACTERS: Final = 4_000_000
"""Text of a Parquet row group at most: what is in memory at a time."""

_HALF_SURROGATE: Final = re.compile("[\ud800-\udfff]")

Writer = Callable[[Iterable[StoredDocument], IO[bytes]], int]
"""Writes documents to an open file and says how many."""


def export_json(document: StoredDocument) -> dict[str, Any]:
    """The object that ``saring clean --json`` prints, then address and place among the duplicates."""
    return {
        **clean_json(document),
        "url": document.url,
        "duplicate_of": document.cluster if document.duplicate_kind else None,
        "duplicate_kind": document.duplicate_kind,
        "similarity": document.similarity,
    }


def write_jsonl(documents: Iterable[StoredDocument], out: IO[bytes]) -> int:
    """One object a line."""
    written = 0
    for document in documents:
        out.write(_json_line(export_json(document)))
        written += 1
    return written


def _json_line(row: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(row) + b"\n"
    except TypeError:
        # Half a surrogate pair, out of damaged input, has no UTF-8; JSON's own escapes keep it and every offset.
        return json.dumps(row).encode("ascii") + b"\n"


def parquet_writer() -> Writer:
    """A writer of Parquet files; raises ConfigError when the library for it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ConfigError(
            "--format parquet needs pyarrow, which is not installed: "
            "run pip install 'saring[parquet]', or use --format jsonl"
        ) from None
    schema = _schema(pyarrow)

    def write(documents: Iterable[StoredDocument], out: IO[bytes]) -> int:
        written = 0
        with pyarrow.parquet.ParquetWriter(out, schema, compression="zstd") as writer:
            for group in _groups(documents):
                writer.write_table(pyarrow.Table.from_pylist(group, schema))
                written += len(group)
        return written

    return write


def _schema(arrow: Any) -> Any:
    """The fields of a line but the removals: analyses want texts and labels, and columns of their own."""
    text, number = arrow.string(), arrow.float64()
    structs = {
        "languages": {"code": text, "share": number},
        "repairs": {"at": arrow.int64(), "kind": text},
    }
    lists = {"authors": text, "warnings": text} | {name: arrow.struct(fields) for name, fields in structs.items()}
    names = (
        *("id", "source", "title", "published_at", "outlet", "place", "authors", "text"),
        *("language", "language_confidence", "languages", "repairs", "rules_version", "warnings"),
        *("url", "duplicate_of", "duplicate_kind", "similarity"),
    )
    kinds = {name: arrow.list_(kind) for name, kind in lists.items()}
    kinds |= {"language_confidence": number, "similarity": number}
    return arrow.schema([(name, kinds.get(name, text)) for name in names])


def _groups(documents: Iterable[StoredDocument]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    characters = 0
    for document in documents:
        group.append({name: _encodable(value) for name, value in export_json(document).items() if name != "removals"})
        characters += len(document.text)
        if len(group) == GROUP_ROWS or characters >= GROUP_CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _encodable(value: Any) -> Any:
    """Half surrogates, which Parquet cannot hold, become the replacement character; lengths stay."""
    return _HALF_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


@contextmanager
def whole_file(out: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name, replacing another, once all is written; nothing is left of a failure.

    A pipe or device is written to as it comes.
    """
    out = out.resolve()
    special = out.exists() and not out.is_file()
    part = out if special else out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        stream = part.open("wb")
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written: {error.strerror}") from None
    try:
        with stream:
            yield stream
            if not special:
                stream.flush()
                os.fsync(stream.fileno())
        if not special:
            part.replace(out)
            sync_folder(out.parent)
    except OSError as error:
        raise SaringError(f"{out}: not written: {error.strerror or error}") from error
    finally:
        if not special:
            part.unlink(missing_ok=True)
