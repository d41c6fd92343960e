"""Text from documents on a terminal: control characters are shown, not obeyed."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, and the bidirectional overrides that reorder what is shown.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """``text`` with every control or direction-changing character replaced by its visible escape."""
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)
