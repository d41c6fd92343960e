"""What the readers of all formats are told: how long a document may be, and what a record's fields are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

FIELD_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": (
            *(
                "text",
                "content",
                "body",
                "articlebody",
                "article_body",
                "fulltext",
                "full_text",
                "maintext",
                "main_text",
            ),
            *("isi", "isi_berita", "konten", "teks", "artikel", "article", "berita", "paragraphs", "raw_text", "html"),
        ),
        "title": ("title", "judul", "judul_berita", "headline"),
        "url": ("url", "link", "tautan", "permalink", "source_url", "uri"),
        "date": (
            *("date", "published_at", "publishedat", "published", "datepublished", "date_published", "date_publish"),
            *("publish_date", "pubdate", "pub_date", "published_date", "tanggal", "tanggal_terbit", "waktu"),
            *("timestamp", "datetime", "created_at"),
        ),
        "outlet": (
            *("outlet", "publisher", "site", "site_name", "media", "source", "sumber", "portal", "domain"),
            *("source_domain", "source_name", "newspaper"),
        ),
        "lang": ("lang", "language", "bahasa"),
        "id": ("id", "_id", "doc_id", "docid", "article_id", "uuid", "guid"),
    }
)
"""Names of the fields of scraped news records as published data sets spell them, compared without case."""

JSON_BYTES_PER_CHARACTER = 6
r"""A character is at most six bytes of JSON (``\uXXXX``); in UTF-8 it is at most four."""
RECORD_OVERHEAD_BYTES = 1 << 20
"""Room for a record's other fields beside its text."""


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Limits and names; ``fields`` maps text, title, url, date, outlet, lang and id to names that are tried first."""

    max_characters: int = 2_000_000
    """Longest text of one document, in code points."""
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def max_bytes(self) -> int:
        """Most bytes, decompressed, of one document in its file: whole file, JSON line or CSV record."""
        return self.max_characters * JSON_BYTES_PER_CHARACTER + RECORD_OVERHEAD_BYTES

    def names(self, role: str) -> tuple[str, ...]:
        """Field names to try for ``role``, in order."""
        own = self.fields.get(role, ())
        return (*((own,) if isinstance(own, str) else own), *FIELD_NAMES[role])
