"""The dataclasses that cross the stages: what one stage may rely on from the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal[
    "related_link",
    "caption",
    "credit",
    "byline_signoff",
    "republication",
    "promo",
    "comment_form",
    "navigation",
    "tags",
    "social_embed",
    "dateline",
    "date_line",
    "repeated_title",
    "repeated_body",
    "markup",
    "other",
]

UNDETERMINED = "und"
"""BCP 47 code for a text whose language is not known."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read, as discovery found it; ``size`` in bytes, ``mtime_ns`` in nanoseconds since the epoch."""

    path: str
    """Absolute path or fsspec URL: the file's identity in the ledger."""
    root: str
    """The folder it was found under (its own folder when it was named directly); ids are relative to it."""
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document as its source gives it: decoded, otherwise untouched."""

    id: str
    """The record's own id, or the file's path below its root without its suffix (``a/001`` for ``a/001.txt.gz``)."""
    source: str
    """Path or URL of the file it came from, with ``#LINE`` (from 1) for one record of many."""
    text: str
    """The decoded input before any other change: removal offsets count its code points."""
    media: Literal["text", "html"] = "text"
    title: str | None = None
    url: str | None = None
    date: str | None = None
    """As the source spells it."""
    outlet: str | None = None
    language: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Input that could not become a document: one quarantine row."""

    id: str
    source: str
    stage: str
    """Where it failed: ``read``, ``parse``, ``clean``, ``language``, ``fingerprint``, ``index``."""
    error: str
    """A short stable code, such as ``truncated_gzip``."""
    message: str
    """What is wrong, in a sentence."""
    place: str = ""
    """Where in the source: a line, a byte offset, a field name."""
    hint: str = ""
    """What to do about it."""


class Cut(NamedTuple):
    """A stretch ``[start, end)`` of a view's text that a step wants removed, and why.

    A tuple, because every round of cleaning makes dozens: a frozen dataclass takes three times as long.
    """

    start: int
    end: int
    rule: str
    """Id of the rule or matcher, such as ``related.own_line``."""
    kind: Kind
    confidence: float = 1.0
    """Between 0 and 1: how sure the rule is that no body text is inside."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A stretch of the decoded input that is not in the clean text: ``decoded[start:end] == text``."""

    start: int
    end: int
    text: str
    rule: str
    kind: Kind
    confidence: float


@dataclass(frozen=True, slots=True)
class Repair:
    """A change of the kept text at offset ``at`` of the decoded input.

    ``kind`` is ``space_at_join`` (a space set between glued sentences), ``mojibake`` or ``line_joined``.
    """

    at: int
    kind: str


@dataclass(frozen=True, slots=True)
class TextView:
    """Text as the cleaner reads it, and where each of its characters stands in the decoded input.

    ``starts[i]`` and ``ends[i]`` bound the input characters that view character ``i`` came from; both are None when the
    view *is* the decoded input.
    """

    text: str
    decoded: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    repairs: tuple[Repair, ...] = ()
    """What was mended while the view was made (mojibake)."""
    removals: tuple[Removal, ...] = ()
    """What of the decoded input the view leaves out (HTML markup)."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Map the view's ``[start, end)`` to offsets of the decoded input; ``start < end``."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a document besides its text: the record's own fields, or a page's metadata."""

    title: str | None = None
    url: str | None = None
    date: str | None = None
    outlet: str | None = None
    """As given, or the host of the URL."""
    language: str | None = None
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What cleaning made of a view."""

    text: str
    """Paragraphs separated by one blank line; no title, no boilerplate."""
    removals: tuple[Removal, ...]
    """In order of ``start``, not overlapping."""
    repairs: tuple[Repair, ...]
    title: str | None = None
    """The title line found at the head of the text, if any."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who published what, when and where; None or empty where the document does not say."""

    title: str | None = None
    published_at: str | None = None
    """ISO 8601 with offset."""
    outlet: str | None = None
    place: str | None = None
    authors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """The share of a document's letters, between 0 and 1, that is in language ``code`` (BCP 47)."""

    code: str
    share: float


@dataclass(frozen=True, slots=True)
class LanguageVerdict:
    """The main language with a confidence between 0 and 1, and every language with its share, largest first."""

    code: str
    confidence: float
    languages: tuple[LanguageShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What duplicates are found by."""

    content_hash: str
    """Hex digest of the text up to case, punctuation and white space."""
    bands: tuple[int, ...]
    """One signed 64-bit hash for each band of the MinHash signature; empty for a text too short to compare."""
    shingles: int
    """How many distinct word 3-grams the text has."""
    sketch: bytes = b""
    """One byte of each minimum of the MinHash signature; empty for a text too short to compare."""


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """What is known of a clean document, wherever it comes from."""

    id: str
    source: str
    url: str | None
    title: str | None
    published_at: str | None
    outlet: str | None
    place: str | None
    authors: tuple[str, ...]
    text: str
    language: LanguageVerdict
    removals: tuple[Removal, ...]
    repairs: tuple[Repair, ...]
    warnings: tuple[str, ...]
    rules_version: str
    raw_hash: str
    """Hex digest of the raw document (text and own fields): equal means nothing to do."""
    raw_text: str
    """The decoded input."""


@dataclass(frozen=True, slots=True)
class Document(CleanDocument):
    """A document as cleaning leaves it: what the ledger stores and the index serves."""

    fingerprint: Fingerprint
