"""A search answer as lines for a terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING

from index.terminal import printable

if TYPE_CHECKING:
    from index.search import Hit, SearchAnswer


def format_lines(answer: SearchAnswer) -> Iterator[str]:
    """Head line, hits, facets and warnings; matches are bold on a terminal and in [brackets] elsewhere."""
    bold = sys.stdout.isatty()
    yield f"{answer.total} found for {_plain(answer.query)} ({answer.took_ms:.0f} ms, generation {answer.generation})"
    if answer.suggestion:
        yield f"Did you mean: {_plain(answer.suggestion)}"
    for warning in answer.warnings:
        yield f"Note: {_plain(warning)}"
    for number, hit in enumerate(answer.hits, start=(answer.page - 1) * answer.per_page + 1):
        yield ""
        yield from _hit_lines(number, hit, bold)
    if answer.total:
        yield ""
    for name, counts in answer.facets.items():
        if counts:
            yield f"{name}: " + ", ".join(f"{_plain(value)} {count}" for value, count in list(counts.items())[:8])


def _hit_lines(number: int, hit: Hit, bold: bool) -> Iterator[str]:
    yield f"{number}. {_plain(hit.title or hit.id)}"
    about = (hit.id, hit.outlet, (hit.published_at or "")[:10], hit.language, hit.url or hit.source)
    yield "   " + " · ".join(_plain(part) for part in about if part)
    opening, closing = ("\x1b[1m", "\x1b[0m") if bold else ("[", "]")
    pieces = re.split(r"(</?mark>)", hit.snippet)
    marks = {"<mark>": opening, "</mark>": closing}
    yield "   " + "".join(marks.get(piece) or _plain(unescape(piece)) for piece in pieces)
    for copy in hit.copies:
        known = (copy.id, copy.outlet, copy.url, f"{copy.similarity:.0%}")
        yield "   copy: " + " · ".join(_plain(part) for part in known if part)


def _plain(text: str) -> str:
    """Without control characters: what was scraped must not steer the terminal."""
    return printable(re.sub(r"\s", " ", text))
