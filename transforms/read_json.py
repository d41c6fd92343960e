"""JSON Lines and JSON files as records, one at a time.

A ``.json`` file may be one record, an array of records, an object that wraps such an array, or several of these one
after the other. It is decoded piece by piece, so an array of any length takes the memory of its longest record.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from transforms.decode import decode
from transforms.errors import InputError
from transforms.read_bytes import CHUNK_BYTES, EMPTY_HINT, Record, as_utf8, lines, too_long

WRAPPERS = frozenset(
    (
        "articles",
        "data",
        "items",
        "results",
        "documents",
        "docs",
        "records",
        "rows",
        "entries",
        "news",
        "berita",
        "artikel",
    )
)
"""Keys whose array of objects is a list of records."""

_SPACE = re.compile(r"[ \t\r\n,]*")


def json_lines(stream: io.BufferedReader, limit: int) -> Iterator[Record]:
    """Records of a JSON Lines stream; a bad line is an InputError and the next line is read."""
    from orjson import JSONDecodeError, loads  # a C extension of its own, not needed for other formats

    number = 0
    for number, line in enumerate(lines(stream, limit), 1):
        if line is None:
            yield number, too_long(limit, "bytes", f"line {number}")
            continue
        try:
            value = loads(line)
        except JSONDecodeError:
            if line.isspace():
                continue
            yield number, _tolerant(line, number)
            continue
        yield number, value if isinstance(value, dict) else _not_an_object(value, f"line {number}")
    if number == 0:
        yield None, InputError("empty", "The file is empty.", hint=EMPTY_HINT)


def _tolerant(line: bytes, number: int) -> Mapping[str, Any] | InputError:
    """What strict parsing refuses: other encodings, lone surrogates, NaN."""
    place = f"line {number}"
    try:
        value = json.loads(decode(line)[0], strict=False)
    except InputError as error:
        return InputError(error.reason, str(error), place=place, hint=error.hint)
    except json.JSONDecodeError as error:
        return _invalid(error.msg, f"{place}, column {error.colno}")
    except RecursionError:
        return _invalid("it is nested too deeply", place)
    except ValueError as error:
        return _invalid(str(error), place)
    return value if isinstance(value, dict) else _not_an_object(value, place)


def json_file(stream: io.BufferedReader, limit: int) -> Iterator[Record]:
    """Records of a JSON file; after a syntax error the rest cannot be read, and that is the last thing yielded."""
    reader = _JsonReader(as_utf8(stream), limit)
    count = 0
    try:
        for number, value in enumerate(reader.records(), 1):
            count = number
            alone = number == 1 and not reader.in_array
            error = None if isinstance(value, dict) else _not_an_object(value, f"element {number}")
            yield None if alone else number, error or value
    except InputError as error:
        yield count + 1, error
        return
    if not count:
        yield None, InputError("empty", "The file holds no record.", hint=EMPTY_HINT)


class _JsonReader:
    """Pulls JSON values out of a stream through a buffer that never holds much more than one of them."""

    def __init__(self, stream: io.BufferedReader, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._decoder = json.JSONDecoder(strict=False)
        self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self._buffer = ""
        self._at = 0
        self._passed = 0
        self._ended = False
        self.in_array = False

    def records(self) -> Iterator[Any]:
        """Every record, whatever it is wrapped in."""
        while self._next():
            self.in_array = False
            char = self._buffer[self._at]
            if char == "[":
                yield from self._array()
            elif char == "{":
                yield from self._object()
            else:
                yield self._value()

    def _array(self) -> Iterator[Any]:
        self._at += 1
        self.in_array = True
        while self._expect() != "]":
            yield self._value()
        self._at += 1

    def _object(self) -> Iterator[Any]:
        """Yield the object, or the elements of the arrays it wraps."""
        self._at += 1
        fields: dict[str, Any] = {}
        wrapper = False
        while self._expect() != "}":
            key = self._value()
            if not isinstance(key, str) or self._expect() != ":":
                raise self._error("a key and a colon are expected")
            self._at += 1
            if self._expect() == "[" and key.casefold() in WRAPPERS and self._holds_objects():
                wrapper = True
                yield from self._array()
            else:
                fields[key] = self._value()
        self._at += 1
        if not wrapper:
            yield fields

    def _holds_objects(self) -> bool:
        """Whether the array that begins here has an object as its first element."""
        start = self._at
        while True:
            after = _SPACE.match(self._buffer, start + 1)
            if after and after.end() < len(self._buffer):
                return self._buffer[after.end()] == "{"
            if not self._fill():
                return False

    def _value(self) -> Any:
        """Decode the value at the current place, reading on (by doubling) until it is whole."""
        self._expect()
        want = CHUNK_BYTES
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except RecursionError:
                raise self._error("it is nested too deeply") from None
            except ValueError as error:
                if not self._fill(want):
                    raise self._error(getattr(error, "msg", str(error)), getattr(error, "pos", self._at)) from None
                want = min(want * 2, self._limit)
                continue
            if end < len(self._buffer) or not self._fill():  # a number may go on in what is not read yet
                self._at = end
                return value

    def _expect(self) -> str:
        if not self._next():
            raise self._error("the file ends too early")
        return self._buffer[self._at]

    def _next(self) -> bool:
        """Go to the next character that is not white space or a comma; False at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return True
            if not self._fill():
                return False

    def _fill(self, want: int = CHUNK_BYTES) -> bool:
        """Read on; False at the end of the stream."""
        if self._ended:
            return False
        if len(self._buffer) - self._at > self._limit:
            raise too_long(self._limit, "characters", self._place(self._at))
        data = self._stream.read(want)
        self._ended = not data
        try:
            more = self._utf8.decode(data, final=self._ended)
        except UnicodeDecodeError:
            more = decode(self._utf8.getstate()[0] + data)[0]
            self._utf8.reset()
        if self._at > CHUNK_BYTES:
            self._passed += self._at
            self._buffer, self._at = self._buffer[self._at :], 0
        self._buffer += more
        return bool(data)

    def _place(self, at: int) -> str:
        return f"character {self._passed + at}"

    def _error(self, message: str, at: int | None = None) -> InputError:
        place = self._place(self._at if at is None else at)
        return _invalid(f"{message}; what follows is not read", place)


def _invalid(message: str, place: str) -> InputError:
    return InputError(
        "invalid_json", f"This is not valid JSON: {message}.", place=place, hint="Write the record again."
    )


def _not_an_object(value: object, place: str) -> InputError:
    name = {list: "an array", str: "a string", type(None): "null"}.get(type(value), "a number or truth value")
    return InputError("invalid_json", f"A record must be an object with named fields, not {name}.", place=place)
