"""From an older ledger to this version's tables, a step a version, each in one transaction.

A ledger is upgraded by the first saring that opens it for writing. Version and tables change together or not at all. To
change a table: write a dump of the present version with ``tests/ledger_dump.py``, raise ``tables.SCHEMA_VERSION``, add
the step here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, update
from sqlalchemy.schema import CreateColumn

from index import tables
from index.ledger_open import meta
from transforms.errors import LedgerError

LEARNED_MODE = "lines_learn"
"""The ledger's own fact of how lines were frozen last: what differs is frozen anew."""
Step = Callable[[Connection], None]


def _from_2(connection: Connection) -> None:
    """Documents that were forgotten; the rules that an input failed under."""
    tables.tombstones.create(connection)
    add_column(connection, tables.quarantine.c.rules_version)


def _from_3(connection: Connection) -> None:
    """Indices for large ledgers; lines whose counts have changed: not noted so far, so all are frozen anew."""
    tables.line_changes.create(connection)
    indices = {str(index.name): index for table in (tables.documents, tables.line_documents) for index in table.indexes}
    connection.exec_driver_sql("DROP INDEX ix_documents_source")
    for name in ("ix_documents_source", "ix_documents_outlet", "ix_line_documents_title"):
        indices[name].create(connection)
    mode = update(tables.meta).where(tables.meta.c.name == LEARNED_MODE)
    connection.execute(mode.values(value=tables.meta.c.value + " of version 3"))


STEPS: Mapping[str, Step] = {"2": _from_2, "3": _from_3}
"""What turns a ledger of this version into one of the next."""


def add_column(connection: Connection, column: Column[Any]) -> None:
    """Add a column, which must be nullable, to its table."""
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {definition}")


def can_upgrade(version: str | None) -> bool:
    """Say whether a ledger of this version can be brought to the present one."""
    return version in STEPS


def upgrade(connection: Connection) -> None:
    """Bring a ledger one version further; the caller's transaction makes it all or nothing."""
    version = meta(connection, "schema_version") or ""
    if version not in STEPS:  # another process was quicker
        return
    STEPS[version](connection)
    values = {"value": str(int(version) + 1)}
    connection.execute(update(tables.meta).where(tables.meta.c.name == "schema_version").values(**values))


def refusal(name: str, version: str | None) -> LedgerError:
    """Return the error for a ledger that cannot be used as it is."""
    wanted = tables.SCHEMA_VERSION
    if can_upgrade(version):
        told = "the next `saring ingest` upgrades it"
    elif version and version.isdigit() and int(version) > int(wanted):
        told = "a newer saring wrote it: use that one, it cannot be taken back"
    else:
        told = "it cannot be upgraded: ingest into a new ledger"
    return LedgerError(f"the ledger {name} has version {version}, this saring works with version {wanted}: {told}")
