"""Gold: texts whose boilerplate was marked by hand, the measure of cleaning.

A gold folder holds pairs of files: ``<id>.txt``, the raw text, and ``<id>.json``, its marks::

    {"spans": [{"start": 0, "end": 42, "label": "related_link", "ambiguous": false}]}

Offsets count the code points of the text file read without newline translation; a span excludes the white space around
it. Labels are the kinds of removals, and besides them ``title``, ``heading`` and ``body``; ``ambiguous`` is optional.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms.errors import ConfigError, InputError


@dataclass(frozen=True, slots=True)
class GoldSpan:
    """Characters ``[start, end)`` of a gold text and what they are."""

    start: int
    end: int
    label: str
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A raw text with its hand-marked spans."""

    id: str
    text: str
    spans: tuple[GoldSpan, ...]


def load_gold(folder: Path) -> Iterator[GoldDocument]:
    """Read the pairs of a gold folder in order of id.

    Raises ConfigError when there is no folder or no pair in it, InputError for a pair that cannot be used.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder. Name a folder with <id>.txt and <id>.json pairs.")
    marked = sorted(path for path in folder.glob("*.json") if path.with_suffix(".txt").is_file())
    if not marked:
        raise ConfigError(f"{folder}: no gold in it: expected pairs of <id>.txt (raw text) and <id>.json (spans).")
    for path in marked:
        yield _load_pair(path)


def _load_pair(path: Path) -> GoldDocument:
    try:
        with path.with_suffix(".txt").open(encoding="utf-8", newline="") as raw:
            text = raw.read()
        spans = tuple(_span(mark) for mark in json.loads(path.read_text(encoding="utf-8"))["spans"])
    except (ValueError, KeyError, TypeError) as error:
        detail = f"{type(error).__name__}: {error}"
        hint = 'Expected UTF-8 and {"spans": [{"start": 0, "end": 42, "label": "credit"}]}.'
        raise InputError("invalid_gold", f"{path}: not a gold pair ({detail}). {hint}", hint=hint) from None
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            marked = f"span {span.start} to {span.end} ({span.label})"
            raise InputError("invalid_gold", f"{path}: {marked} is not within the {len(text)} characters of the text")
    return GoldDocument(path.stem, text, spans)


def _span(mark: dict[str, object]) -> GoldSpan:
    start, end = mark["start"], mark["end"]
    if not isinstance(start, int) or not isinstance(end, int):
        raise TypeError(f"offsets {start!r} and {end!r} are not whole numbers")
    return GoldSpan(start, end, str(mark["label"]), bool(mark.get("ambiguous")))
