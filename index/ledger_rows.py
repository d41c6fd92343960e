"""Documents packed for the ledger: what decides where one is stored, and the values of its row, ready to be inserted.

Compressing texts and hashing keys costs more than inserting the row. Workers do it (:func:`pack`) and hand packed
documents on as JSON, so that the one process that writes has little left to do.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from index.ledger_codec import pack_numbers, pack_pair, split_source, storable, suffixed, to_json
from index.ledger_keys import candidate_hashes, content_node
from transforms.models import Document

VALUES = (
    "url",
    "title",
    "published_at",
    "outlet",
    "byline_place",
    "authors",
    "language",
    "language_confidence",
    "languages",
    "repairs",
    "warnings",
    "rules_version",
    "raw_hash",
    "content_hash",
    "shingles",
    "characters",
    "raw",
    "text",
    "bands",
    "sketch",
)
"""Columns of a row that depend on nothing but the document, in the order of :attr:`PackedDocument.values`."""

_BINARY = 4
"""How many of them are bytes, at the end."""


class Cut(NamedTuple):
    """A removal without its text."""

    start: int
    end: int
    rule: str
    kind: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PackedDocument:
    """A document as the ledger stores it."""

    id: str
    source: str
    outlet: str | None
    language: str
    rules_version: str
    raw_hash: str
    characters: int
    """Of the clean text."""
    removals: tuple[Cut, ...]
    path: str
    place: str
    """The source's file, and what follows ``#`` in it."""
    names: tuple[str, str, str]
    """The ids it may be stored under, best first."""
    node: int | None
    """None for a text without any words, which is like no other."""
    values: tuple[Any, ...]
    """What its row holds in the columns ``VALUES``."""

    @property
    def url(self) -> str | None:
        """Its address."""
        address: str | None = self.values[0]
        return address

    @property
    def bands(self) -> bytes:
        """Its packed candidate hashes."""
        packed: bytes = self.values[-2]
        return packed


def pack(document: Document) -> PackedDocument:
    """Pack a document."""
    path, place = split_source(document.source)
    own = str(storable(document.id))
    return PackedDocument(
        id=document.id,
        source=document.source,
        outlet=storable(document.outlet),
        language=document.language.code,
        rules_version=document.rules_version,
        raw_hash=document.raw_hash,
        characters=len(document.text),
        removals=tuple(Cut(cut.start, cut.end, cut.rule, cut.kind, cut.confidence) for cut in document.removals),
        path=path,
        place=place,
        names=(own, suffixed(own, path), suffixed(own, document.source)),
        node=content_node(document),
        values=_values(document),
    )


def _values(document: Document) -> tuple[Any, ...]:
    raw, text = pack_pair(document.raw_text, document.text)
    language, print_ = document.language, document.fingerprint
    return (
        storable(document.url),
        storable(document.title),
        storable(document.published_at),
        storable(document.outlet),
        storable(document.place),
        to_json([storable(author) for author in document.authors]),
        language.code,
        language.confidence,
        to_json([[share.code, round(share.share, 4)] for share in language.languages]),
        to_json([[repair.at, repair.kind] for repair in document.repairs]),
        to_json([storable(warning) for warning in document.warnings]),
        document.rules_version,
        document.raw_hash,
        print_.content_hash,
        print_.shingles,
        len(document.text),
        raw,
        text,
        pack_numbers(candidate_hashes(document)),
        print_.sketch,
    )


def as_json(document: PackedDocument) -> list[Any]:
    """Return a packed document as what JSON can carry."""
    return [
        document.id,
        document.source,
        [tuple(cut) for cut in document.removals],
        document.path,
        document.place,
        document.names,
        document.node,
        document.values[:-_BINARY],
        [b64encode(value).decode() for value in document.values[-_BINARY:]],
    ]


def from_json(body: list[Any]) -> PackedDocument:
    """Undo :func:`as_json`."""
    id_, source, removals, path, place, names, node, plain, binary = body
    known = dict(zip(VALUES, plain, strict=False))
    return PackedDocument(
        id=id_,
        source=source,
        outlet=known["outlet"],
        language=known["language"],
        rules_version=known["rules_version"],
        raw_hash=known["raw_hash"],
        characters=known["characters"],
        removals=tuple(Cut(*cut) for cut in removals),
        path=path,
        place=place,
        names=tuple(names),
        node=node,
        values=(*plain, *map(b64decode, binary)),
    )
