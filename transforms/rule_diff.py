"""What two rule sets take from the same document differently: the stretches only one of them cuts.

White space does not count, nor does another rule's taking the same characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transforms.models import Removal

CONTEXT = 60
"""Characters shown on either side of a difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch of the raw text that one rule set takes and the other leaves."""

    document: str
    more: bool
    """Whether it is the new rule set that takes it."""
    rule: str
    """The rule that takes it."""
    text: str
    before: str
    after: str

    @property
    def characters(self) -> int:
        """Visible characters of it."""
        return sum(not char.isspace() for char in self.text)


def differences(document: str, text: str, old: Sequence[Removal], new: Sequence[Removal]) -> Iterator[Difference]:
    """The differences between two cleanings of ``text``, in its order."""
    left, right = _takers(text, old), _takers(text, new)
    start = 0
    while start < len(text):
        key = _key(left[start], right[start])
        end = start + 1
        while end < len(text) and (_key(left[end], right[end]) == key):
            end += 1
        if key and text[start:end].strip():
            yield Difference(
                document,
                more=key[0],
                rule=key[1],
                text=text[start:end].strip(),
                before=text[max(0, start - CONTEXT) : start],
                after=text[end : end + CONTEXT],
            )
        start = end


def _takers(text: str, removals: Sequence[Removal]) -> list[str]:
    """For each character the rule that takes it, or an empty string."""
    takers = [""] * len(text)
    for removal in removals:
        takers[removal.start : removal.end] = [removal.rule] * (removal.end - removal.start)
    return takers


def _key(old: str, new: str) -> tuple[bool, str] | None:
    """Who takes more of a character, and by which rule; None when both or neither take it."""
    if bool(old) == bool(new):
        return None
    return (True, new) if new else (False, old)
