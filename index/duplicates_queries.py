"""What duplicates are found by, as statements that are put together once: a document that arrives needs them all."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, literal_column, select, union_all

from index import tables
from index.ledger_sql import Prepared, among_those, rows_of

_documents, _bands, _crowds, _pairs = tables.documents.c, tables.bands.c, tables.crowds.c, tables.pairs.c
_live = among_those(_documents.node, "nodes") & (_documents.status == tables.LIVE)


class Unresolved(NamedTuple):
    """A document whose duplicates are not settled, as it is stored."""

    key: int
    id: str
    node: int
    status: str
    cluster: str | None
    resolution: int


class Candidate(NamedTuple):
    """What decides where a live document belongs, and where it belonged so far."""

    key: int
    id: str
    node: int
    characters: int
    published_at: str | None
    cluster: str | None
    duplicate_kind: str | None
    similarity: float | None
    resolution: int


UNRESOLVED = Prepared(
    select(*map(_documents.__getitem__, Unresolved._fields))
    .where(_documents.resolution < literal_column(str(tables.SETTLED)))  # as the partial index has it
    .limit(bindparam("limit"))
)
LIVE_BANDS = Prepared(select(_documents.node, _documents.bands).where(_live))
LIVE_SKETCHES = Prepared(select(_documents.node, _documents.sketch).where(_live))
LIVE_DOCUMENTS = Prepared(select(*map(_documents.__getitem__, Candidate._fields)).where(_live))
NOTED = Prepared(select(_documents.node, _documents.id, _documents.url, _documents.title).where(_live))
STORED = Prepared(select(_documents.node, _documents.raw, _documents.text).where(among_those(_documents.id, "ids")))
REPRESENTATIVES = Prepared(select(_documents.node).where(among_those(_documents.id, "ids")))
THEIR_COPIES = Prepared(
    select(_documents.node).where(among_those(_documents.cluster, "ids"), _documents.duplicate_kind.is_not(None))
)
_hashes = rows_of("hashes")
MEMBERS = Prepared(
    select(_bands.hash, _bands.node).select_from(_hashes.join(tables.bands, _hashes.c.value == _bands.hash))
)
HUBS = Prepared(select(_bands.node).where(_bands.hash == bindparam("hash"), _bands.node <= bindparam("last_hub")))
CROWDS = Prepared(select(_crowds.hash, _crowds.last_hub))
CROWDS_OF = Prepared(select(_crowds.hash, _crowds.last_hub).where(among_those(_crowds.hash, "hashes")))
COPIES = Prepared(
    union_all(
        *(
            select(_pairs.a, _pairs.b, _pairs.jaccard).where(among_those(side, "nodes"), _pairs.relation == "copy")
            for side in (_pairs.a, _pairs.b)
        )
    )
)
