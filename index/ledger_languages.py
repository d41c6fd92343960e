"""Which languages are served: documents in others stay in the ledger, out of the index and of the clusters.

What a document's text is in does not change with the setting, so changing the setting cleans nothing again: documents
move between *live* and *filtered*, and duplicates and index follow as they do for any other change of status. What is
held for review stays held, whatever its language.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, false, func, select

from index import tables
from index.ledger_sources import set_status


@dataclass(frozen=True, slots=True)
class LanguageChanges:
    """Documents that leave or enter what is served."""

    left_out: int
    taken_back: int


def apply(connection: Connection, keep: Collection[str] | None, run_id: str) -> LanguageChanges:
    """Serve exactly the documents in the languages ``keep``, or in all when it is None; what is held stays held."""
    columns, left_out = tables.documents.c, 0
    for code in connection.execute(select(columns.language).where(_unwanted(keep)).distinct()).scalars().all():
        ids = connection.execute(select(columns.id).where(_unwanted(keep), columns.language == code)).scalars().all()
        reason = f"its language, {code}, is not among languages.keep of the configuration"
        left_out += set_status(connection, ids, tables.FILTERED, reason, run_id)
    wanted = connection.execute(select(columns.id).where(_wanted_again(keep))).scalars().all()
    return LanguageChanges(left_out, set_status(connection, wanted, tables.LIVE, None, run_id))


def waiting(connection: Connection, keep: Collection[str] | None) -> int:
    """Count the documents that the next run will leave out or take back."""
    either = _unwanted(keep) | _wanted_again(keep)
    return int(connection.execute(select(func.count()).select_from(tables.documents).where(either)).scalar_one())


def filtered(connection: Connection) -> dict[str, int]:
    """Return how many documents of each language are left out, most first."""
    columns, number = tables.documents.c, func.count().label("number")
    query = select(columns.language, number).where(columns.status == tables.FILTERED).group_by(columns.language)
    return {row.language: row.number for row in connection.execute(query.order_by(number.desc(), columns.language))}


def _unwanted(keep: Collection[str] | None) -> ColumnElement[bool]:
    columns = tables.documents.c
    return false() if keep is None else and_(columns.status == tables.LIVE, columns.language.not_in(sorted(keep)))


def _wanted_again(keep: Collection[str] | None) -> ColumnElement[bool]:
    columns = tables.documents.c
    filtered_out = columns.status == tables.FILTERED
    return filtered_out if keep is None else and_(filtered_out, columns.language.in_(sorted(keep)))
