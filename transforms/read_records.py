"""One record of a JSON, JSON Lines or CSV file to one raw document.

Scraped collections name their fields as they please; names are tried in the order of the settings, without case, and
the first with a value wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from transforms.errors import InputError
from transforms.models import RawDocument
from transforms.read_bytes import EMPTY_HINT, too_long
from transforms.read_settings import FIELD_NAMES, ReadSettings

MIN_TAGS = 4
"""Fewer tags than this in a text field are stray markup in plain text, not a page."""
MAX_FIELDS_SHOWN = 12
"""How many of a record's field names a message lists."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_PAGE = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|div|br|span|a|h[1-6]|ul|ol|li|img|figure|strong|em|b|i|table|td|tr|section|article)\b[^<>]*>", re.I
)
_BLOCK_TAG = re.compile(r"</(?:p|div|h[1-6]|ul|li|table|section|article)>|<br\s*/?>", re.IGNORECASE)


def media_of(text: str) -> Literal["text", "html"]:
    """Tell a page or a fragment of HTML from plain text by its tags."""
    if "<" not in text:
        return "text"
    if _PAGE.match(text):
        return "html"
    tags = _TAG.findall(text)
    return "html" if len(tags) >= MIN_TAGS and _BLOCK_TAG.search(text) else "text"


def check_text(text: str, settings: ReadSettings) -> None:
    """Raise InputError (``empty`` or ``too_long``) for a text that is no document."""
    if len(text) > settings.max_characters:
        raise too_long(settings.max_characters, "characters")
    if not text or text.isspace():
        raise InputError("empty", "The document has no text.", hint=EMPTY_HINT)


class RecordReader:
    """Makes raw documents of the records of one file; it remembers which names a file's records use."""

    def __init__(self, file_id: str, path: str, settings: ReadSettings) -> None:
        self._file_id = file_id
        self._path = path
        self._settings = settings
        self._known: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}

    def document(self, record: Mapping[str, Any], number: int | None) -> RawDocument:
        """Make the document of ``record``, the ``number``-th line or element (None: the only one of its file).

        Raises InputError (``missing_text``, ``empty`` or ``too_long``).
        """
        names = self._names(tuple(record))
        if not names["text"]:
            raise missing_text(tuple(record))
        warnings: list[str] = []
        values = {role: _first(record, names[role], warnings) for role in names}
        text = values["text"]
        check_text(text, self._settings)
        place = "" if number is None else f"#{number}"
        return RawDocument(
            id=values["id"].strip() or self._file_id + place,
            source=self._path + place,
            text=text,
            media=media_of(text),
            title=values["title"] or None,
            url=values["url"] or None,
            date=values["date"] or None,
            outlet=values["outlet"] or None,
            language=values["lang"] or None,
            warnings=tuple(dict.fromkeys(warnings)),
        )

    def has_text_field(self, names: tuple[str, ...]) -> bool:
        """Whether records with these field names have a text."""
        return bool(self._names(names)["text"])

    def _names(self, keys: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """For each role the record's own field names that fill it, in order of preference."""
        known = self._known.get(keys)
        if known is None:
            folded: dict[str, str] = {}
            for key in keys:
                folded.setdefault(key.casefold().strip(), key)
            known = {
                role: tuple(folded[name.casefold()] for name in self._settings.names(role) if name.casefold() in folded)
                for role in FIELD_NAMES
            }
            if len(self._known) < 1000:  # records whose keys are data would fill the memory
                self._known[keys] = known
        return known


def _first(record: Mapping[str, Any], names: tuple[str, ...], warnings: list[str]) -> str:
    """The first value that is not blank, as a string that can be encoded; empty when there is none."""
    for name in names:
        value = _as_text(record[name])
        if value and not value.isspace():
            return _encodable(value, name, warnings)
    return ""


def _as_text(value: object) -> str:
    """A field's value as text: paragraphs of a list are joined by newlines, of an object its name is taken."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, type(None))):
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "\n".join(part for part in value if isinstance(part, str))
    if isinstance(value, dict):
        return next((_as_text(value[key]) for key in ("name", "$oid", "text", "title", "id") if value.get(key)), "")
    return ""


def _encodable(value: str, name: str, warnings: list[str]) -> str:
    """Replace lone surrogates and NULs, which neither UTF-8 nor SQL can hold, one for one by U+FFFD."""
    if "\0" in value:
        warnings.append(f"NUL characters replaced in {name}")
        value = value.replace("\0", "\ufffd")
    try:
        value.encode()  # five times as fast as to look for surrogates
    except UnicodeEncodeError:
        value, count = _SURROGATES.subn("\ufffd", value)
        warnings.append(f"{count} lone surrogates replaced in {name}")
    return value


def missing_text(names: tuple[str, ...], place: str = "") -> InputError:
    """The error for a record, or a table, without a text field among its ``names``."""
    seen = ", ".join(names[:MAX_FIELDS_SHOWN]) + (", …" if len(names) > MAX_FIELDS_SHOWN else "")
    return InputError(
        "missing_text",
        f"The record has no text field; it has: {seen or 'no fields'}.",
        place=place,
        hint="Name the field that holds the text in the settings: fields.text.",
    )
