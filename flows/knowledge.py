"""What a run has frozen of the whole corpus, as the files that every worker reads."""

from __future__ import annotations

from array import array
from functools import lru_cache
from pathlib import Path

import orjson

from transforms.outlet_lines import NOTHING_KNOWN, Knowledge


def store(known: Knowledge, path: Path) -> None:
    """Learned lines as JSON, and beside them the titles as 64-bit numbers: a million are eight megabytes."""
    path.with_suffix(".titles").write_bytes(array("q", known.titles).tobytes())
    lines = {outlet: list(lines.items()) for outlet, lines in known.lines.items()}
    path.write_bytes(orjson.dumps((lines, known.signs)))


@lru_cache(maxsize=1)
def load(path: str) -> Knowledge:
    """What :func:`store` wrote, read once a process; an empty path is no knowledge."""
    if not path:
        return NOTHING_KNOWN
    titles = array("q")
    titles.frombytes(Path(path).with_suffix(".titles").read_bytes())
    lines, signs = orjson.loads(Path(path).read_bytes())
    return Knowledge({outlet: dict(pairs) for outlet, pairs in lines.items()}, signs, titles)
