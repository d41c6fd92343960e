"""Sources to raw documents: the entrance of the pipeline.

``discover`` turns what the user names into files, ``read`` turns one file into documents, one at a time. Neither
raises for bad input: what cannot become a document comes out as ``Rejected``, with the place and the reason, and the
run goes on. A text or HTML file is one document; JSON Lines, JSON, CSV and TSV files hold one document a record. Each
may be compressed with gzip or Zstandard.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from transforms.decode import declared_encoding, decode
from transforms.errors import InputError
from transforms.models import RawDocument, Rejected, SourceFile
from transforms.read_bytes import Record, failure, open_bytes, read_whole
from transforms.read_csv import csv_records
from transforms.read_discover import discover, file_id, split_name
from transforms.read_json import json_file, json_lines
from transforms.read_records import RecordReader, check_text, media_of
from transforms.read_settings import ReadSettings

__all__ = ["READER_VERSION", "ReadSettings", "discover", "hash_of", "read"]

READER_VERSION = "1"
"""Counts changes after which input that could not be read before may be readable: it is then tried again."""
HASH_BYTES = 16
"""128 bits: no collision to be expected among billions of documents."""


def read(source: SourceFile, settings: ReadSettings) -> Iterator[RawDocument | Rejected]:
    """Read one file, a document at a time; memory is bounded by ``settings.max_bytes``."""
    form, compression = split_name(source.path)[1:]
    identity = file_id(source)
    if not form:
        yield _rejection(InputError("unsupported_format", "Files of this type are not read."), identity, source.path)
        return
    done = 0
    try:
        with open_bytes(source.path, compression) as stream:
            if form in ("txt", "html"):
                yield _whole(stream, source, form, settings)
                return
            records = RecordReader(identity, source.path, settings)
            for entry in _records(stream, form, settings, records):
                done = entry[0] or done
                yield _document(entry, source, identity, records)
    except Exception as error:  # noqa: BLE001 (decompressors and remote backends raise kinds of their own)
        place = f"after {'line' if form != 'json' else 'element'} {done}" if done else ""
        yield _rejection(failure(error, compression, place), identity, source.path)


def hash_of(raw: RawDocument) -> str:
    """Hex digest of the text and the own fields, not of where it came from: equal means nothing to do."""
    parts: list[bytes] = []
    for value in (raw.text, raw.media, raw.title, raw.url, raw.date, raw.outlet, raw.language):
        data = b"" if value is None else value.encode("utf-8", "surrogatepass")
        parts += (b"%d:" % (-1 if value is None else len(data)), data)
    return hashlib.blake2b(b"".join(parts), digest_size=HASH_BYTES).hexdigest()


def _whole(stream: io.BufferedReader, source: SourceFile, form: str, settings: ReadSettings) -> RawDocument:
    """A file that is one document."""
    data = read_whole(stream, settings.max_bytes)
    text, warnings = decode(data, declared_encoding(data) if form == "html" else None)
    check_text(text, settings)
    media = "html" if form == "html" else media_of(text)
    return RawDocument(id=file_id(source), source=source.path, text=text, media=media, warnings=warnings)


def _records(stream: io.BufferedReader, form: str, settings: ReadSettings, reader: RecordReader) -> Iterator[Record]:
    if form == "jsonl":
        return json_lines(stream, settings.max_bytes)
    if form == "json":
        return json_file(stream, settings.max_bytes)
    return csv_records(stream, settings.max_bytes, form, reader.has_text_field)


def _document(entry: Record, source: SourceFile, identity: str, reader: RecordReader) -> RawDocument | Rejected:
    """The record's document, or why there is none."""
    number, record = entry
    mark = "" if number is None else f"#{number}"
    try:
        if isinstance(record, InputError):
            raise record
        return reader.document(record, number)
    except InputError as error:
        if not error.place and number is not None:
            error.place = f"{'element' if split_name(source.path)[1] == 'json' else 'line'} {number}"
        return _rejection(error, identity + mark, source.path + mark)


def _rejection(error: InputError, identity: str, place: str) -> Rejected:
    return Rejected(
        id=identity,
        source=place,
        stage="read",
        error=error.reason,
        message=str(error),
        place=error.place,
        hint=error.hint,
    )
