"""Pack the profiles of the installed langdetect into the table that ``transforms.language_grams`` reads.

    python -m flows.pack_profiles

Needed only after langdetect has changed its profiles, which a test notices. The same profiles give the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from langdetect.detector_factory import PROFILES_DIRECTORY

from transforms.language_grams import TABLE, build


def installed_profiles() -> list[Mapping[str, Any]]:
    """Read the profiles of the installed langdetect, in the order of their names."""
    files = sorted(path for path in Path(PROFILES_DIRECTORY).iterdir() if not path.name.startswith("."))
    return [orjson.loads(path.read_bytes()) for path in files]


def main() -> None:
    """Run the command."""
    TABLE.write_bytes(build(installed_profiles()))
    sys.stderr.write(f"{TABLE}: {TABLE.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
