"""The data folder: whose it is, who may enter it, and what layout it has.

saring empties the work folder in it at every start, so a folder with anything of somebody else in it is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from index.files import write_atomically
from transforms.errors import SaringError

DATA_MARKER: Final = "saring-data.json"
DATA_FORMAT: Final = 1
"""Version of the folder's layout."""
OWN_NAMES: Final = ("ledger.sqlite", "writer.lock", "index/generations")
"""What a folder of saring has that was made before folders were marked."""


class DataFolderError(SaringError):
    """A folder that is not saring's to write to, or of another layout."""


def claim(data_dir: Path) -> None:
    """Make the data folder for its owner alone, or make sure that it is one; raises DataFolderError when it is not."""
    marker = data_dir / DATA_MARKER
    if not data_dir.exists():
        data_dir.mkdir(parents=True, mode=0o700)
    if not marker.is_file():
        strange = [
            entry for entry in data_dir.iterdir() if not entry.name.startswith(".") and entry.name != "lost+found"
        ]
        if strange and not any((data_dir / name).exists() for name in OWN_NAMES):
            raise DataFolderError(
                f"{data_dir} holds files that are not saring's: set `data_dir` to a new or an empty folder"
            )
        write_atomically(marker, json.dumps({"format": DATA_FORMAT}))
        return
    try:
        known: Any = json.loads(marker.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataFolderError(f'{marker} is damaged ({error}): write {{"format": {DATA_FORMAT}}} to it') from None
    if not isinstance(known, dict) or known.get("format") != DATA_FORMAT:
        raise DataFolderError(
            f"{data_dir} was written by another version of saring: use that one, or ingest into another folder"
        )
