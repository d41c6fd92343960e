"""What is wrong with an entry of a rule file, said before anything is made of it."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from transforms.rules.engine import LINE_CHARACTERS

_TEXT = ("id", "kind", "why", "scope", "matcher")
_TEXTS = ("needs", "outlets", "examples")
_PLACEHOLDER = re.compile(r"{{|}}|{(\w+)}")
OF_ONE_LINE = ("line", "line_start", "line_end", "head", "tail")
"""Scopes of rules that are tried on the lines that hold one of their literals."""
MAX_LONGEST = 1_000_000
"""Characters; a document has at most about as many."""
_BRIEF = reprlib.Repr()
"""Spells a wrong value out: a few lines of YAML aliases can stand for more text than memory holds."""
_BRIEF.maxlevel = 2


def wrong_values(entry: Mapping[Any, Any], known: Collection[str]) -> Iterator[str]:
    """A sentence for every key that no rule has, and every value of a type that its key does not take."""
    for key in sorted(map(str, set(entry) - set(known))):
        yield f"unknown key {key!r}"
    for key in _TEXT:
        if key in entry and not (isinstance(entry[key], str) and entry[key].strip()):
            yield f"{key} must be a text, found {_BRIEF.repr(entry[key])}"
    for key in _TEXTS:
        if key in entry and not is_texts(entry[key]):
            yield f"{key} must be a list of texts, found {_BRIEF.repr(entry[key])}"
    needs = entry.get("needs", [])
    if entry.get("scope") in OF_ONE_LINE and is_texts(needs) and any("\n" in need for need in needs):
        yield f"needs of scope {entry['scope']} cannot hold a line break: it is tried on lines that hold one of them"
    pattern = entry.get("pattern", "")
    if not (isinstance(pattern, str) or is_texts(pattern)):
        yield f"pattern must be a text, or a list of its parts, found {_BRIEF.repr(pattern)}"
    longest, confidence = entry.get("longest", LINE_CHARACTERS), entry.get("confidence", 1.0)
    if type(longest) is not int or not 0 < longest <= MAX_LONGEST:
        yield f"longest must be a number of characters from 1 to {MAX_LONGEST:,}, found {_BRIEF.repr(longest)}"
    if type(confidence) not in (int, float) or not 0 <= confidence <= 1:
        yield f"confidence must be a number from 0 to 1, found {_BRIEF.repr(confidence)}"
    if not isinstance(entry.get("case", False), bool):
        yield f"case must be true or false, found {_BRIEF.repr(entry['case'])}"


def is_texts(value: object) -> bool:
    """Whether this is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def filled(example: str, texts: Mapping[str, str]) -> str:
    """An example with its placeholders filled; ``{{`` and ``}}`` are braces, and so is whatever is no placeholder."""

    def fill(found: re.Match[str]) -> str:
        return found[0][0] if found[1] is None else texts.get(found[1], found[0])

    return _PLACEHOLDER.sub(fill, example)
