"""Text from documents on a terminal: control characters are shown, not obeyed."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, the bidirectional overrides that reorder what is shown, and lone surrogates,
# which is what bytes that are not UTF-8 become in an argument or a file name.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` with every control or direction-changing character replaced by its visible escape."""
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)
