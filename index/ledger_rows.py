"""Documents packed for the ledger: what decides where one is stored, and the values of its row, ready to be inserted.

Compressing texts and hashing keys costs more than inserting the row. Workers do it (:func:`pack`) and hand packed
documents on as JSON with the bytes of their row behind it, so that the one process that writes has little left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from typing import Any, NamedTuple

import orjson

from index.ledger_codec import pack_pair, split_source, storable, suffixed, to_json
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


class PackedDocument(NamedTuple):
    """A document as the ledger stores it."""

    id: str
    source: str
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
        address: str | None = self.values[_URL]
        return address

    @property
    def outlet(self) -> str | None:
        """Its outlet."""
        name: str | None = self.values[_OUTLET]
        return name

    @property
    def language(self) -> str:
        """The code of its language."""
        code: str = self.values[_LANGUAGE]
        return code

    @property
    def rules_version(self) -> str:
        """The rules it was cleaned with."""
        version: str = self.values[_RULES_VERSION]
        return version

    @property
    def raw_hash(self) -> str:
        """The hash of its raw text and own fields."""
        digest: str = self.values[_RAW_HASH]
        return digest

    @property
    def characters(self) -> int:
        """How many its clean text has."""
        number: int = self.values[_CHARACTERS]
        return number

    @property
    def bands(self) -> bytes:
        """Its packed candidate hashes."""
        packed: bytes = self.values[_BANDS]
        return packed


_URL, _OUTLET, _LANGUAGE, _RULES_VERSION, _RAW_HASH, _CHARACTERS, _BANDS = map(
    VALUES.index, ("url", "outlet", "language", "rules_version", "raw_hash", "characters", "bands")
)


def pack(document: Document) -> PackedDocument:
    """Pack a document."""
    path, place = split_source(document.source)
    own = str(storable(document.id))
    return PackedDocument(
        id=document.id,
        source=document.source,
        removals=tuple([Cut(cut.start, cut.end, cut.rule, cut.kind, cut.confidence) for cut in document.removals]),
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
        candidate_hashes(document),
        print_.sketch,
    )


def dump(document: PackedDocument) -> bytes:
    """Return a packed document as a line of JSON with the bytes of its row behind it."""
    id_, source, removals, path, place, names, node, values = document
    behind = values[-_BINARY:]
    own = (id_, source, list(map(tuple, removals)), path, place, names, node)
    body = (*own, values[:-_BINARY], list(map(len, behind)))
    return b"".join((orjson.dumps((PackedDocument.__name__, body)), b"\n", *behind))


def load(body: list[Any], read: Callable[[int], bytes]) -> PackedDocument:
    """Undo :func:`dump`: ``body`` is what its JSON holds, ``read`` reads on behind it."""
    id_, source, removals, path, place, names, node, plain, lengths = body
    binary = tuple(map(read, lengths))
    if list(map(len, binary)) != lengths:
        raise ValueError(f"the results of a shard end in the middle of the document {id_}")
    return PackedDocument(
        id_, source, tuple(starmap(Cut, removals)), path, place, tuple(names), node, (*plain, *binary)
    )
