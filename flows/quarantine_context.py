"""The place in a source that a quarantine row speaks of, as a few lines to show: bounded whatever the file is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from transforms.read_bytes import open_bytes
from transforms.read_discover import split_name

AROUND_LINES = 2
"""Lines shown before and after the one in question."""
SHOWN_CHARACTERS = 100
"""Characters of a line that are shown, around the column where one is known."""
AROUND_BYTES = 48
"""Bytes shown before and after a byte in question."""
LINE_LIMIT = 1 << 20
"""Bytes of a line that are looked at: a longer one is cut into several reads, of which the first is kept."""

_LINE = re.compile(r"(?P<after>after )?line (?P<line>\d+)(?:, column (?P<column>\d+))?")
_BYTE = re.compile(r"byte (?P<byte>\d+)")
_RECORD = re.compile(r"#(?P<line>\d+)$")


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines of context; the marked ones stand where it went wrong."""

    lines: tuple[str, ...]
    why_not: str = ""
    """Why there are none."""


def context(path: str, source: str, place: str) -> Shown:
    """Return what stands at a place, read from the source as it is now."""
    form, compression = split_name(path)[1:]
    try:
        with open_bytes(path, compression) as stream:
            if found := _BYTE.search(place):
                return Shown(_bytes(stream, int(found["byte"])))
            found = _LINE.search(place) or (_RECORD.search(source) if form != "json" else None)
            if found is None:
                return Shown((), "the row names no line or byte: open the source itself")
            parts = {"after": None, "column": None, **found.groupdict()}
            line = int(parts["line"] or 0) + (parts["after"] is not None)
            return Shown(_lines(stream, line, int(parts["column"] or 0)))
    except Exception as error:  # noqa: BLE001 (a damaged file fails in as many ways as when it was read)
        return Shown((), f"the source cannot be shown: {error}")


def _lines(stream: io.BufferedReader, wanted: int, column: int) -> tuple[str, ...]:
    shown = []
    for number, line in enumerate(islice(_bounded(stream), wanted + AROUND_LINES), start=1):
        if number < wanted - AROUND_LINES:
            continue
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        here = number == wanted
        start = max(0, column - SHOWN_CHARACTERS // 2) if here else 0
        cut = text[start : start + SHOWN_CHARACTERS]
        shown.append(f"{'>' if here else ' '} {number:>6} {'…' if start else ''}{cut}")
        if here and column:
            shown.append(" " * (9 + bool(start) + column - 1 - start) + "^")
    return tuple(shown) if shown else (f"the source ends before line {wanted}",)


def _bounded(stream: io.BufferedReader) -> Iterator[bytes]:
    """Lines, of each of them the beginning."""
    while line := stream.readline(LINE_LIMIT):
        yield line
        while len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            line = stream.readline(LINE_LIMIT)


def _bytes(stream: io.BufferedReader, at: int) -> tuple[str, ...]:
    start = max(0, at - AROUND_BYTES)
    left = start
    while left and (skipped := len(stream.read(min(left, LINE_LIMIT)))):
        left -= skipped
    data = stream.read(at - start + AROUND_BYTES)
    before, here, after = data[: at - start], data[at - start : at - start + 1], data[at - start + 1 :]
    if not here:
        return (f"the source ends before byte {at}",)
    shown = [part.decode("ascii", "backslashreplace") for part in (before, here, after)]
    escaped = [part.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") for part in shown]
    return ("> " + "".join(escaped), " " * (2 + len(escaped[0])) + "^" * len(escaped[1]))
