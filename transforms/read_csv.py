"""CSV and TSV files as records, one at a time.

Files are read record by record with a fresh reader, so that one stray quotation mark costs one record and not the rest
of the file: a record that runs over several lines and does not fit the header is given up at its first line, and the
lines after it are read again.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Iterator

from transforms.decode import SAMPLE_BYTES, decode, guess_encoding
from transforms.errors import InputError
from transforms.read_bytes import EMPTY_HINT, Record, as_utf8, lines, too_long
from transforms.read_records import missing_text

DELIMITERS = (",", ";", "\t", "|")


class _Lines:
    """Decoded lines that can be given back, with the number of the next one; ends where a record grows too long."""

    def __init__(self, stream: io.BufferedReader, limit: int) -> None:
        self._source = lines(stream, limit)
        self._limit = limit
        self._back: deque[str] = deque()
        self._fallback: str | None = None
        self.number = 1
        self.taken: list[str] = []
        self.size = 0
        self.overlong = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.size > self._limit:
            self.overlong = True
            raise StopIteration
        line = self._back.popleft() if self._back else self._fresh()
        self.taken.append(line)
        self.size += len(line)
        return line

    def _fresh(self) -> str:
        data = next(self._source, b"")
        if data is None:
            self.overlong = True
            self.taken.append("")
            raise StopIteration
        if not data:
            raise StopIteration
        return self._decoded(data)

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            if self._fallback is None:
                self._fallback = guess_encoding(data[:SAMPLE_BYTES]) or "cp1252"
            return decode(data, self._fallback)[0]

    def begin(self, *, keep: int = -1) -> None:
        """Start a new record; of the one before, give the lines after the first ``keep`` back (-1: none)."""
        used = len(self.taken) if keep < 0 else keep
        self._back.extendleft(reversed(self.taken[used:]))
        self.number += used
        self.taken, self.size, self.overlong = [], 0, False


def csv_records(
    stream: io.BufferedReader, limit: int, suffix: str, has_text: Callable[[tuple[str, ...]], bool]
) -> Iterator[Record]:
    """Records of a CSV or TSV stream whose first line names the fields; ``has_text`` knows a header with a text."""
    if csv.field_size_limit() < limit:  # a setting of the csv module as a whole; every caller here wants the same
        csv.field_size_limit(limit)
    feed = _Lines(as_utf8(stream), limit)
    first = next((line for line in feed if line.strip()), None)
    if first is None:
        yield None, InputError("empty", "The file is empty.", hint=EMPTY_HINT)
        return
    if "\0" in first:
        yield None, InputError("binary", "This is not text but binary data.")
        return
    header, delimiter = _header(first, suffix, has_text)
    if not has_text(header):
        yield None, missing_text(header, "line 1")
        return
    feed.begin()
    while True:
        number = feed.number
        row = _row(feed, delimiter, len(header))
        if row is None:
            return
        if isinstance(row, InputError):
            yield number, row
        elif row:
            yield number, dict(zip(header, row, strict=False))


def _header(line: str, suffix: str, has_text: Callable[[tuple[str, ...]], bool]) -> tuple[tuple[str, ...], str]:
    """The field names and the delimiter: the one that gives a text field, else the one that gives most fields."""
    order = ("\t", *DELIMITERS) if suffix == "tsv" else DELIMITERS
    tried = [(tuple(name.strip() for name in next(csv.reader([line], delimiter=mark))), mark) for mark in order]
    return max(tried, key=lambda found: (has_text(found[0]), len(found[0])))


def _row(feed: _Lines, delimiter: str, width: int) -> list[str] | InputError | None:
    """The next record's fields (empty for a blank line), what is wrong with it, or None at the end."""
    try:
        row = next(csv.reader(feed, delimiter=delimiter), None)
        problem = "" if row is None else _misfit(row, feed, delimiter, width)
    except csv.Error as error:
        row, problem = [], str(error)
    place = f"line {feed.number}"
    if feed.overlong:
        feed.begin(keep=1)
        return too_long(feed._limit, "bytes", place)
    if problem and delimiter == "\t":  # TSV is often written without any quoting
        row, problem = _unquoted(feed.taken[0], width)
        feed.begin(keep=1)
    elif problem:
        feed.begin(keep=1)
    else:
        feed.begin()
    if problem:
        return InputError("invalid_csv", f"The record does not fit the file: {problem}.", place=place, hint="Quote it.")
    return row


def _misfit(row: list[str], feed: _Lines, delimiter: str, width: int) -> str:
    """Why this is not one record of the file; empty when it is."""
    if delimiter == "\t" or len(feed.taken) > 1:
        try:
            list(csv.reader(feed.taken, delimiter=delimiter, strict=True))
        except csv.Error as error:
            return str(error)
    if any(row[width:]):
        return f"{len(row)} fields, but the header names {width}"
    if len(row) < width and len(feed.taken) > 1:
        return f"{len(row)} fields over {len(feed.taken)} lines, but the header names {width}"
    return ""


def _unquoted(line: str, width: int) -> tuple[list[str], str]:
    """A TSV line whose quotation marks are text."""
    row = line.rstrip("\r\n").split("\t")
    return row, f"{len(row)} fields, but the header names {width}" if any(row[width:]) else ""
