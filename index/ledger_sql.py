"""The habits of every ledger statement: values in one parameter, rows as plain tuples, keys numbered by the writer.

SQLAlchemy turns each value of an ``IN (…)`` and each column of an inserted row into Python objects, which cost far more
than SQLite does. So a list of values goes as one JSON parameter (:func:`among`): the statement is the same whatever the
number of values, and is compiled once. Rows go to the driver as they are (:func:`insert_rows`, :func:`update_rows`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple, TypeVar

import orjson
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ClauseElement,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from index.ledger_codec import storable

Values = TypeVar("Values", bound=tuple[Any, ...])

TOGETHER, TOGETHER_COLUMNS = 25, 6
"""Rows that SQLite inserts with one statement, and the most columns of such rows: one by one, short rows take half as
long again or more. An arriving document has 50 bands."""

CHUNK = 500
"""Values in one IN (...), and documents read back at once: well below SQLite's limit of 32,766 variables."""


class Prepared:
    """A statement that is put together and compiled once; named collections go to :func:`among_those`.

    SQLAlchemy takes 0.2 ms to put one together and to recognise it, and 0.05 ms to hand on its rows: one arriving
    document is made of a dozen of them. So SQLite's driver is asked itself.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any], Sequence[str] | None]] = {}

    def rows(self, connection: Connection, **parameters: int | Iterable[Any]) -> list[Any]:
        """Execute it with numbers and collections; returns its rows as tuples."""
        return _rows(connection, *self._bound(connection, parameters))

    def each(self, connection: Connection, **parameters: int | Iterable[Any]) -> Generator[Any]:
        """Execute it and yield its rows as tuples; on SQLite one at a time is in memory."""
        return _each(connection, *self._bound(connection, parameters))

    def _bound(self, connection: Connection, parameters: Mapping[str, int | Iterable[Any]]) -> tuple[str, Any]:
        """The statement, and the parameters as the driver takes them."""
        dialect = connection.dialect
        driver = f"{dialect.name}+{dialect.driver}"
        if driver not in self._compiled:
            compiled = self._statement.compile(dialect=dialect)
            order = getattr(compiled, "positiontup", None)  # where the driver takes its parameters by position
            self._compiled[driver] = str(compiled), dict(compiled.params), order
        statement, fixed, order = self._compiled[driver]
        named = fixed | {
            name: value if isinstance(value, int) else _packed(value) for name, value in parameters.items()
        }
        return statement, named if order is None else tuple(map(named.__getitem__, order))

    def values(self, connection: Connection, **parameters: int | Iterable[Any]) -> list[Any]:
        """Execute it; returns the first column."""
        return [row[0] for row in self.rows(connection, **parameters)]


def _rows(connection: Connection, statement: str, values: Any) -> list[Any]:
    if connection.dialect.name != "sqlite":
        result = connection.exec_driver_sql(statement, values)
        return list(result.tuples()) if result.returns_rows else []
    try:
        return _driver(connection).execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise _told(connection, statement, values, error) from error


def _each(connection: Connection, statement: str, values: Any) -> Generator[Any]:
    if connection.dialect.name != "sqlite":
        yield from _rows(connection, statement, values)
        return
    with closing(_driver(connection).cursor()) as cursor:
        try:
            yield from cursor.execute(statement, values)
        except sqlite3.Error as error:
            raise _told(connection, statement, values, error) from error


def _execute_many(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(statement, list(rows))
        return
    try:
        _driver(connection).executemany(statement, rows)
    except sqlite3.Error as error:
        raise _told(connection, statement, rows, error) from error


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _told(connection: Connection, statement: str, values: Any, error: sqlite3.Error) -> DBAPIError:
    """Return what SQLAlchemy would have raised; what the values are is not for a log."""
    return DBAPIError(statement, values, error, hide_parameters=connection.engine.hide_parameters)


class _Numbers(FunctionElement[Any]):
    """The numbers of a JSON list, as rows."""

    inherit_cache = True
    name = "numbers"


class _Texts(FunctionElement[Any]):
    """The strings of a JSON list, as rows."""

    inherit_cache = True
    name = "texts"


@compiles(_Numbers, "sqlite")
@compiles(_Texts, "sqlite")
def _sqlite_list(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"


@compiles(_Numbers)
def _number_list(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    listed = compiler.process(element.clauses, **options)
    return f"(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST({listed} AS json)))"


@compiles(_Texts)
def _text_list(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    listed = compiler.process(element.clauses, **options)
    return f"(SELECT value FROM json_array_elements_text(CAST({listed} AS json)))"


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Say that a column has one of some values, however many: strings (as they would be stored) or 64-bit numbers."""
    return _among(column, bindparam(None, _packed(values), type_=Text))


def among_those(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Say the same in a :class:`Prepared` statement: the values are those of a parameter."""
    return _among(column, bindparam(parameter, type_=Text))


def rows_of(parameter: str) -> TableValuedAlias:
    """Return the numbers that a parameter of a :class:`Prepared` statement lists, as rows to join in their order.

    ``IN`` sorts them once more; from 100,000 values on that takes as long as finding them in a small table.
    """
    return _Numbers(bindparam(parameter, type_=Text)).table_valued(column("value", BigInteger), name="listed")


def _among(column: ColumnElement[Any], listed: BindParameter[Any]) -> ColumnElement[bool]:
    rows = _Numbers(listed) if isinstance(column.type, Integer) else _Texts(listed)
    return column.op("IN", is_comparison=True, return_type=Boolean())(rows)


def _packed(values: Iterable[Any]) -> str:
    items = list(values)
    return orjson.dumps(list(map(storable, items)) if items and isinstance(items[0], str) else items).decode()


def chunks(values: Iterable[Any]) -> Iterable[list[Any]]:
    """Yield the values in lists short enough for one IN (...)."""
    values = list(values)
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def any_row(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> bool:
    """Say whether a table has a row, for which the conditions hold if there are any."""
    (key, *_) = table.primary_key
    return connection.execute(select(key).where(*conditions).limit(1)).first() is not None


def next_number(connection: Connection, column: Any) -> int:
    """Return the first free number of a key column; the caller holds the write lock."""
    return int(connection.execute(select(func.max(column))).scalar() or 0) + 1


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: list[Values],
    *,
    keep: bool = False,
    add: str = "",
) -> None:
    """Insert rows whose values are in the order of ``columns``.

    Where a row with the same key is there already, ``keep`` leaves it as it is, and ``add`` names a column to which
    the new value is added instead.
    """
    if rows:
        _insert_all(connection, _Into(table, tuple(columns), keep, add), iter(rows), len(rows))


def insert_numbers(connection: Connection, table: Table, columns: Mapping[str, Sequence[int]]) -> None:
    """Insert rows of numbers, given column by column; a row whose key is there already stays as it is."""
    number = len(next(iter(columns.values())))
    if number:
        rows = zip(*columns.values(), strict=True)
        _insert_all(connection, _Into(table, tuple(columns), keep=True), rows, number)


class _Into(NamedTuple):
    """Where rows go, and what becomes of those whose key is there."""

    table: Table
    columns: tuple[str, ...]
    keep: bool = False
    add: str = ""


def _insert_all(connection: Connection, into: _Into, rows: Iterator[tuple[Any, ...]], number: int) -> None:
    dialect, width = connection.dialect, len(into.columns)
    if _goes_as_arrays(dialect, into):
        connection.exec_driver_sql(_insert(dialect, into), tuple(map(list, zip(*rows, strict=True))))
        return
    together = number // TOGETHER * TOGETHER
    if dialect.name == "sqlite" and together and width <= TOGETHER_COLUMNS:
        values = chain.from_iterable(islice(rows, together))
        _execute_many(connection, _insert(dialect, into, TOGETHER), zip(*[values] * (TOGETHER * width), strict=True))
    if left := list(rows):
        _execute_many(connection, _insert(dialect, into), left)


def update_rows(connection: Connection, table: Table, columns: Sequence[str], key: str, rows: list[Values]) -> None:
    """Update rows by ``key``: each row has the values of ``columns`` and, last, that of the key."""
    if rows:
        _execute_many(connection, _update(connection.dialect, table, tuple(columns), key), rows)


@lru_cache(maxsize=64)
def _insert(dialect: Dialect, into: _Into, rows: int = 1) -> str:
    table, columns, keep, add = into
    quote, mark = dialect.identifier_preparer.quote, _mark(dialect)
    names = ", ".join(quote(column) for column in columns)
    if _goes_as_arrays(dialect, into):
        lists = ", ".join(f"{mark}::{table.c[column].type.compile(dialect)}[]" for column in columns)
        statement = f"INSERT INTO {quote(table.name)} ({names}) SELECT * FROM unnest({lists})"
    else:
        row = f"({', '.join([mark] * len(columns))})"
        # With OR FAIL SQLite keeps no copy of each page for undoing this statement: what fails undoes its transaction.
        insert = "INSERT OR FAIL" if rows > 1 else "INSERT"
        statement = f"{insert} INTO {quote(table.name)} ({names}) VALUES {', '.join([row] * rows)}"
    if keep:
        statement += " ON CONFLICT DO NOTHING"
    if add:
        keys = ", ".join(quote(column.name) for column in table.primary_key)
        sum_ = f"{quote(table.name)}.{quote(add)} + excluded.{quote(add)}"
        statement += f" ON CONFLICT ({keys}) DO UPDATE SET {quote(add)} = {sum_}"
    return statement


@lru_cache(maxsize=64)
def _update(dialect: Dialect, table: Table, columns: tuple[str, ...], key: str) -> str:
    quote, mark = dialect.identifier_preparer.quote, _mark(dialect)
    values = ", ".join(f"{quote(column)} = {mark}" for column in columns)
    return f"UPDATE {quote(table.name)} SET {values} WHERE {quote(key)} = {mark}"


def _goes_as_arrays(dialect: Dialect, into: _Into) -> bool:
    """Rows of nothing but numbers, of which a document has fifty, go to a server as one list a column."""
    numbers = all(isinstance(into.table.c[column].type, Integer | Float) for column in into.columns)
    return dialect.name == "postgresql" and numbers


def _mark(dialect: Dialect) -> str:
    """How the driver writes a parameter by position."""
    return "?" if dialect.paramstyle == "qmark" else "%s"
