"""Outlet lines in the ledger: counts by document, the frozen set of learned lines, and what a person decided.

Each document's contribution is kept as hashes, so that counting it again replaces it and adds nothing
(:func:`count`). :func:`freeze` turns the counts into the review list, and the lines that are to be cut into the
*learned set* of each outlet. Where a learned set differs from the last one, the outlet's documents are marked as
cleaned with other rules, in the same transaction: exactly these are cleaned again, and once only.

Texts are kept of lines that stand on two documents or more, and are dropped again at the next freeze unless they are
frequent by then: memory and disk hold 16 bytes a counted line, and no text of the many that stand on one page only.

What a freeze costs follows the lines whose counts have changed since the last one, which are noted as they change.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from index import tables
from index.ledger_codec import pack_numbers, storable, unpack_numbers
from index.ledger_migrations import LEARNED_MODE
from index.ledger_open import meta
from index.ledger_sql import among, any_row, chunks, insert_rows, next_number
from transforms.errors import LedgerError
from transforms.models import Kind
from transforms.outlet_lines import (
    COUNT_VERSION,
    CUT_STATES,
    MIN_REVIEWED,
    Decision,
    LineCount,
    LineFigures,
    State,
    document_number,
    form_of,
    number_of,
    outlet_key,
    sign_of,
    state_of,
)

OUTDATED = "~"
"""Ends the ``rules_version`` of a document whose outlet has learned other lines since it was cleaned."""
_UNFROZEN = "lines_unfrozen"
_FROZEN = "lines_frozen"
_MODE = LEARNED_MODE
MANY_LINES = 500_000
"""Changed lines from which all are counted in one pass, which is quicker then: those of 30,000 documents or so."""


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A frequent line of an outlet, as the last freeze found it."""

    number: int
    outlet: str
    text: str
    """In normal form: lower case, digits as ``0``."""
    figures: LineFigures
    state: State
    kind: Kind
    reason: str
    """What its form says."""
    decision: Decision | None
    decided_at: str | None
    examples: tuple[str, ...] = ()
    """Ids of documents it stands on."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a run cleans with."""

    lines: Mapping[str, Mapping[int, Kind]]
    """For each outlet its learned lines, and as what they are cut."""
    signs: Mapping[str, Sequence[str]]
    """For each outlet what tells pages that may have one of them (`transforms.outlet_lines.sign_of`)."""
    titles: Sequence[int]
    """Sorted hashes of all titles."""
    changed: tuple[str, ...]
    """Outlets whose learned set differs from that of the last freeze."""


def any_counted(connection: Connection) -> bool:
    """Say whether any document has been counted."""
    return any_row(connection, tables.line_documents)


def counted(connection: Connection, documents: Iterable[int]) -> dict[int, int]:
    """Return the digest of each document that has been counted."""
    columns = tables.line_documents.c
    rows = connection.execute(select(columns.document, columns.digest).where(among(columns.document, documents)))
    return {row.document: row.digest for row in rows}


def count(connection: Connection, counts: Sequence[LineCount]) -> int:
    """Count the lines of some documents, in place of what they added before; returns how many were not counted yet."""
    known = counted(connection, [item.document for item in counts])
    # The last of several records that are the same document by id and file is the one that is stored.
    fresh = {item.document: item for item in counts if known.get(item.document) != item.digest}
    if not fresh:
        return 0
    _withdraw(connection, [document for document in fresh if document in known])
    _keep_texts(connection, list(fresh.values()))
    rows = [
        (item.document, item.digest, item.title, pack_numbers(tuple(line.key for line in item.lines)))
        for item in fresh.values()
    ]
    insert_rows(connection, tables.line_documents, ("document", "digest", "title", "lines"), rows)
    marks = sorted(
        (line.key, item.document, item.day, int(line.edge)) for item in fresh.values() for line in item.lines
    )
    insert_rows(connection, tables.line_marks, ("line", "document", "day", "edge"), marks)
    _note_changes(connection, (mark[0] for mark in marks))
    return len(fresh)


def _note_changes(connection: Connection, lines: Iterable[int]) -> None:
    """Leave it to the next freeze to settle what these lines have become."""
    number = next_number(connection, tables.line_changes.c.number)
    insert_rows(connection, tables.line_changes, ("number", "lines"), [(number, pack_numbers(tuple(set(lines))))])
    _set_meta(connection, _UNFROZEN, "1")


def _changed_lines(connection: Connection) -> set[int] | None:
    """The lines whose counts have changed since the last freeze; None for so many that all are looked at."""
    blobs = tables.line_changes.c.lines
    if int(connection.execute(select(func.sum(func.length(blobs)))).scalar() or 0) > 8 * MANY_LINES:
        return None
    return {line for blob in connection.execute(select(blobs)).scalars() for line in unpack_numbers(blob)}


def _withdraw(connection: Connection, documents: Sequence[int]) -> None:
    """Take back what documents have added to the counts."""
    columns, marks = tables.line_documents.c, tables.line_marks
    for chunk in chunks(documents):
        rows = connection.execute(select(columns.document, columns.lines).where(columns.document.in_(chunk))).all()
        gone = [{"that": row.document, "key": key} for row in rows for key in unpack_numbers(row.lines)]
        if gone:
            _note_changes(connection, (mark["key"] for mark in gone))
            where = (marks.c.line == bindparam("key")) & (marks.c.document == bindparam("that"))
            connection.execute(delete(marks).where(where), gone)
        connection.execute(delete(tables.line_documents).where(columns.document.in_(chunk)))


def _keep_texts(connection: Connection, counts: Sequence[LineCount]) -> None:
    """Keep the text of those lines that stand on more than one document."""
    texts: dict[int, tuple[str, str]] = {}
    again: set[int] = set()
    for item in counts:
        for line in item.lines:
            if line.key in texts:
                again.add(line.key)
            texts[line.key] = (item.outlet, line.text)
    marked = tables.line_marks.c.line
    single = among(marked, texts.keys() - again)
    again.update(connection.execute(select(marked).where(single).distinct()).scalars())
    rows = [(key, storable(texts[key][0]), storable(texts[key][1]), 0, 0, 0) for key in sorted(again)]
    columns = ("line", "outlet", "text", "documents", "days", "edges")
    insert_rows(connection, tables.outlet_lines, columns, rows, keep=True)


def freeze(connection: Connection, *, learn: bool = True) -> Frozen:
    """Settle what has been counted: review list, learned sets, and the documents that they make outdated.

    Without ``learn`` only lines that a person approved are cut. A pure function of the counted documents and the
    decisions, whatever the order and the runs in which they came.
    """
    changed: tuple[str, ...] = ()
    mode = f"{'learn' if learn else 'ask'} {COUNT_VERSION}"
    same_mode = meta(connection, _MODE) == mode
    if meta(connection, _UNFROZEN) == "1" or not same_mode:
        _refresh(connection, _changed_lines(connection) if same_mode else None, learn=learn)
        connection.execute(delete(tables.line_changes))
        changed = _mark_outdated(connection)
        _set_meta(connection, _UNFROZEN, "0")
        _set_meta(connection, _MODE, mode)
    title = tables.line_documents.c.title
    titles = connection.execute(select(title).where(title.is_not(None)).distinct().order_by(title)).scalars()
    return Frozen(*_learned(connection), array("q", titles), changed)


def _refresh(connection: Connection, changed: set[int] | None, *, learn: bool) -> None:
    """Bring figures and states of changed lines (None: of all) up to date, and forget those that are not frequent."""
    marks, columns = tables.line_marks.c, tables.outlet_lines.c
    figures = select(
        marks.line, func.count().label("documents"), func.count(marks.day.distinct()), func.sum(marks.edge)
    )
    frequent = figures.group_by(marks.line).having(func.count() >= MIN_REVIEWED)
    known = select(tables.outlet_lines).order_by(columns.outlet, columns.text)
    if changed is not None:
        known = known.where(among(columns.line, changed))
    rows = connection.execute(known).all()
    if changed is not None:
        frequent = frequent.where(among(marks.line, [row.line for row in rows]))
    found = {line: LineFigures(*numbers) for line, *numbers in connection.execute(frequent)}
    number = next_number(connection, columns.number)
    kept, gone = [], []
    for row in rows:
        if row.line not in found and row.decision is None:
            gone.append(row.line)
            continue
        seen = found.get(row.line, LineFigures(0, 0, 0))
        form = form_of(row.text)
        kept.append(
            {
                "that": row.line,
                "number": row.number or number,
                "documents": seen.documents,
                "days": seen.days,
                "edges": seen.edges,
                "state": state_of(form, seen, row.decision, learn=learn),
                "kind": form.kind,
            }
        )
        number += row.number is None
    for chunk in chunks(gone):
        connection.execute(delete(tables.outlet_lines).where(columns.line.in_(chunk)))
    if kept:
        connection.execute(update(tables.outlet_lines).where(columns.line == bindparam("that")), kept)


def _learned(connection: Connection) -> tuple[dict[str, dict[int, Kind]], dict[str, list[str]]]:
    """The learned lines of each outlet, and their signs."""
    columns = tables.outlet_lines.c
    query = select(columns.outlet, columns.line, columns.kind, columns.text).where(columns.state.in_(CUT_STATES))
    lines: dict[str, dict[int, Kind]] = {}
    signs: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(columns.outlet, columns.line)):
        lines.setdefault(row.outlet, {})[row.line] = row.kind
        signs.setdefault(row.outlet, []).append(sign_of(row.text))
    return lines, signs


def _mark_outdated(connection: Connection) -> tuple[str, ...]:
    """Mark the documents of outlets whose learned set has changed; returns the outlets."""
    before: dict[str, str] = json.loads(meta(connection, _FROZEN) or "{}")
    now = {
        outlet: f"{number_of('set', json.dumps(sorted(lines.items()))):016x}"
        for outlet, lines in _learned(connection)[0].items()
    }
    changed = tuple(sorted(o for o in before.keys() | now.keys() if before.get(o) != now.get(o)))
    if changed:
        columns = tables.documents.c
        spelt = connection.execute(select(columns.outlet).where(columns.outlet.is_not(None)).distinct()).scalars()
        names = [name for name in spelt if storable(outlet_key(name)) in changed]
        current = (columns.status != tables.GONE) & columns.rules_version.not_like(f"%{OUTDATED}")
        for chunk in chunks(names):
            marked = update(tables.documents).where(columns.outlet.in_(chunk), current)
            connection.execute(marked.values(rules_version=columns.rules_version + OUTDATED))
        _set_meta(connection, _FROZEN, json.dumps(now, sort_keys=True))
    return changed


def review(connection: Connection, outlet: str, *, examples: int = 3) -> list[ReviewedLine]:
    """Return the frequent lines of an outlet: those that are cut first, then by number of documents."""
    columns = tables.outlet_lines.c
    query = select(tables.outlet_lines).where(
        columns.outlet == storable(outlet_key(outlet)), columns.state.is_not(None)
    )
    rows = connection.execute(query.order_by(columns.documents.desc(), columns.text)).all()
    ids = _ids(connection, outlet) if rows and examples else {}
    listed = [_reviewed(row, _examples(connection, row.line, ids, examples)) for row in rows]
    return sorted(listed, key=lambda line: line.state not in CUT_STATES)


def outlets(connection: Connection) -> dict[str, dict[str, int]]:
    """Return for each outlet with frequent lines how many there are of each state."""
    columns = tables.outlet_lines.c
    query = select(columns.outlet, columns.state, func.count()).where(columns.state.is_not(None))
    found: dict[str, dict[str, int]] = {}
    for outlet, state, lines in connection.execute(
        query.group_by(columns.outlet, columns.state).order_by(columns.outlet, columns.state)
    ):
        found.setdefault(outlet, {})[state] = lines
    return found


def decide(connection: Connection, outlet: str, number: int, decision: Decision | None, now: str) -> ReviewedLine:
    """Approve or veto a line (None takes that back) and settle what follows; raises LedgerError for no such line."""
    columns = tables.outlet_lines.c
    same = (columns.outlet == storable(outlet_key(outlet))) & (columns.number == number)
    decided = {"decision": decision, "decided_at": now if decision else None}
    if connection.execute(update(tables.outlet_lines).where(same).values(**decided)).rowcount != 1:
        raise LedgerError(f"{outlet} has no line {number}; `saring lines {outlet}` lists those it has")
    _note_changes(connection, connection.execute(select(columns.line).where(same)).scalars())
    freeze(connection, learn=not (meta(connection, _MODE) or "").startswith("ask"))
    return _reviewed(connection.execute(select(tables.outlet_lines).where(same)).one(), ())


def _reviewed(row: Row[tuple[object, ...]], examples: tuple[str, ...]) -> ReviewedLine:
    return ReviewedLine(
        number=row.number,
        outlet=row.outlet,
        text=row.text,
        figures=LineFigures(row.documents, row.days, row.edges),
        state=row.state,
        kind=row.kind,
        reason=form_of(row.text).reason,
        decision=row.decision,
        decided_at=row.decided_at,
        examples=examples,
    )


def _ids(connection: Connection, outlet: str) -> dict[int, str]:
    """The stored id of each document of an outlet, by the number its lines are counted under."""
    columns = tables.documents.c
    spelt = connection.execute(select(columns.outlet).where(columns.outlet.is_not(None)).distinct()).scalars()
    names = [name for name in spelt if outlet_key(name) == outlet_key(outlet)]
    query = select(columns.id, tables.sources.c.path).join_from(tables.documents, tables.sources)
    rows = connection.execute(query.where(columns.outlet.in_(names)))
    return {document_number(row.id, row.path): row.id for row in rows}


def _examples(connection: Connection, line: int, ids: Mapping[int, str], limit: int) -> tuple[str, ...]:
    marks = tables.line_marks.c
    documents = connection.execute(select(marks.document).where(marks.line == line).order_by(marks.document)).scalars()
    return tuple([ids[document] for document in documents if document in ids][:limit])


def _set_meta(connection: Connection, name: str, value: str) -> None:
    connection.execute(tables.insert_or_ignore(connection, tables.meta), [{"name": name, "value": value}])
    connection.execute(update(tables.meta).where(tables.meta.c.name == name).values(value=value))


def forget(connection: Connection, documents: Sequence[int], outlets: Iterable[str]) -> None:
    """Take back what documents have added, and drop lines that stand on no other page, or are of these outlets."""
    columns, marks = tables.outlet_lines.c, tables.line_marks.c
    lines = set[int]()
    for chunk in chunks(documents):
        rows = connection.execute(
            select(tables.line_documents.c.lines).where(tables.line_documents.c.document.in_(chunk))
        )
        lines.update(key for row in rows for key in unpack_numbers(row.lines))
    _withdraw(connection, documents)
    for chunk in chunks(sorted(lines)):
        left = set(connection.execute(select(marks.line).where(marks.line.in_(chunk)).distinct()).scalars())
        connection.execute(delete(tables.outlet_lines).where(columns.line.in_(set(chunk) - left)))
    keys = [str(storable(outlet_key(outlet))) for outlet in outlets]
    if keys:
        connection.execute(delete(tables.outlet_lines).where(columns.outlet.in_(keys)))
    if lines or keys:
        _set_meta(connection, _UNFROZEN, "1")
        freeze(connection, learn=not (meta(connection, _MODE) or "").startswith("ask"))
