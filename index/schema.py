"""The fields of the index, and how a record becomes values for them.

``title`` and ``body`` hold surface forms with positions, ``title_stem`` and ``body_stem`` stems with frequencies only:
phrases are exact, single words are found in any inflection. What a hit shows is stored with it; the text, needed for a
snippet only, stands in a compressed column of its own, so that ten titles are shown without unpacking ten articles.
Columns hold what results are filtered, counted and sorted by.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from whoosh import columns, fields, formats
from whoosh.analysis import IDTokenizer

from index.analysis import Analyzer, fold
from index.columns import ZstandardColumn
from index.records import IndexRecord

SURFACE_FIELDS: Final = ("title", "body")
STEM_FIELDS: Final = {"title": "title_stem", "body": "body_stem"}
LABEL_COLUMNS: Final = ("language", "outlet")
NO_DATE: Final = 0
"""The ``published`` column of a document without a date."""


class SurfaceField(fields.TEXT):  # type: ignore[misc]  # Whoosh has no types
    """Surface forms with positions, analysed by saring's own analyzer; pickled by reference."""

    def __init__(self) -> None:
        super().__init__(analyzer=IDTokenizer(), phrase=True)

    def index(self, value: tuple[str, str], **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Postings of a ``(text, language)`` pair, for Whoosh's own writer."""
        text, language = value
        for term, positions in Analyzer(language).invert(text).surfaces.items():
            yield term.encode(), len(positions), float(len(positions)), self.format.encode(positions)


class StemField(fields.FieldType):  # type: ignore[misc]  # Whoosh has no types
    """Stems with frequencies; pickled by reference."""

    def __init__(self) -> None:
        super().__init__(formats.Frequency(), IDTokenizer(), scorable=True)

    def index(self, value: tuple[str, str], **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Postings of a ``(text, language)`` pair, for Whoosh's own writer."""
        text, language = value
        stems = Analyzer(language).invert(text).stems
        for term in dict.fromkeys(stems):
            count = stems.count(term)
            yield term.encode(), count, float(count), count.to_bytes(4, "big")


class HitField(fields.STORED):  # type: ignore[misc]  # Whoosh has no types
    """What a hit shows, as one JSON-like dictionary; pickled by reference."""


def make_schema() -> fields.Schema:
    """The schema of a generation."""
    return fields.Schema(
        id=fields.ID(unique=True),
        title=SurfaceField(),
        title_stem=StemField(),
        body=SurfaceField(),
        body_stem=StemField(),
        outlet=fields.ID(sortable=columns.RefBytesColumn()),
        place=fields.ID(),
        author=fields.ID(),
        language=fields.ID(sortable=columns.RefBytesColumn()),
        published=fields.COLUMN(columns.NumericColumn("q", default=NO_DATE)),
        text=fields.COLUMN(ZstandardColumn()),
        hit=HitField(),
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """The values of a record, checked and encoded; its texts are not analysed yet."""

    id: str
    language: str
    texts: tuple[tuple[str, str], ...]
    """``(field, text)`` of the surface fields."""
    keys: tuple[tuple[str, str], ...]
    """``(field, term)`` of the identifier fields."""
    columns: tuple[tuple[str, Any], ...]
    hit: dict[str, Any]


def prepare(record: IndexRecord) -> Prepared:
    """The values of a record; raises whatever is wrong with it (a missing text, a value of another type)."""
    if not record.id or not isinstance(record.id, str) or not isinstance(record.text, str):
        raise TypeError("an index record needs an id and a text")
    language = record.language or "und"
    return Prepared(
        id=record.id,
        language=language,
        texts=(("title", record.title or ""), ("body", record.text)),
        keys=tuple(_keys(record, language)),
        columns=(
            ("published", published_number(record.published_at)),
            ("language", encode(language)),
            ("outlet", encode(record.outlet or "")),
            ("text", encode(record.text)),
        ),
        hit=_hit(record, language),
    )


def _keys(record: IndexRecord, language: str) -> Iterator[tuple[str, str]]:
    yield "id", record.id
    yield "language", language.lower()
    if record.outlet:
        yield "outlet", fold(record.outlet)
    if record.place:
        yield "place", fold(record.place)
    names = {fold(name) for name in record.authors}
    words = names | {word for name in names for word in name.split()}
    for word in sorted(words):
        yield "author", word


def _hit(record: IndexRecord, language: str) -> dict[str, Any]:
    return {
        "id": record.id,
        "title": record.title,
        "outlet": record.outlet,
        "place": record.place,
        "authors": list(record.authors),
        "published_at": record.published_at,
        "language": language,
        "url": record.url,
        "source": record.source,
        "copies": [[copy.id, copy.outlet, copy.url, copy.similarity] for copy in record.copies],
    }


def published_number(published_at: str | None) -> int:
    """An ISO time in UTC as a number that sorts like it: ``2024-06-20T10:15:00Z`` is 20240620101500."""
    if not published_at:
        return NO_DATE
    digits = "".join(filter(str.isdigit, published_at[:19]))
    return int(digits.ljust(14, "0"))


def encode(text: str) -> bytes:
    """UTF-8; lone surrogates, which JSON can carry, are kept."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """The opposite of :func:`encode`."""
    return data.decode("utf-8", "surrogatepass")
