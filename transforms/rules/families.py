"""Outlet families: names for groups of outlets, so that one rule serves all papers of a house.

A folder of rule files may hold one ``families.yaml``, a mapping of names to outlets:

    tepian:                      # a plain list of outlets …
      - tepianraya.com
      - tepianbarat.com
    tepian-sport:                # … or with the families whose rules its outlets get as well
      inherits: [tepian]
      outlets: [tepianbola.com]

A rule with ``outlets: [family:tepian]`` then runs for all three: an outlet gets the rules of its family and those of
every family that it inherits from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from transforms.errors import RuleError

FAMILIES_FILE = "families.yaml"
PREFIX = "family:"
"""What stands before the name of a family where an outlet could stand."""

Families = Mapping[str, frozenset[str]]
"""For each family the outlets that get its rules, its heirs' included."""


def read_families(entries: Iterable[tuple[Path, object]]) -> Families:
    """Families from the parsed content of their files; a later one of the same name replaces an earlier one.

    Raises `RuleError` naming file, family and reason.
    """
    own: dict[str, frozenset[str]] = {}
    parents: dict[str, tuple[str, ...]] = {}
    where: dict[str, Path] = {}
    for path, content in entries:
        if not isinstance(content, dict):
            raise RuleError(f"{path}: expected a mapping of family names to outlets")
        for name, value in content.items():
            own[str(name)], parents[str(name)] = _family(path, str(name), value)
            where[str(name)] = path
    for name, inherited in parents.items():
        if unknown := sorted(set(inherited) - set(own)):
            raise RuleError(f"{where[name]}: family {name}: inherits {unknown[0]!r}, which is no family")
    outlets = {name: set(members) for name, members in own.items()}
    for name, members in own.items():
        for ancestor in _ancestors(name, parents, where[name]):
            outlets[ancestor] |= members
    return {name: frozenset(members) for name, members in outlets.items()}


def _family(path: Path, name: str, value: Any) -> tuple[frozenset[str], tuple[str, ...]]:
    """The outlets and the parents of one family."""
    parts = {"outlets": value} if isinstance(value, list) else value
    well_formed = isinstance(parts, dict) and set(parts) <= {"outlets", "inherits"}
    outlets, inherits = (parts.get("outlets", []), parts.get("inherits", [])) if well_formed else (None, None)
    if not _is_names(outlets) or not _is_names(inherits):
        raise RuleError(f"{path}: family {name}: expected a list of outlets, or 'outlets' and 'inherits'")
    return frozenset(outlets), tuple(inherits)


def _is_names(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _ancestors(name: str, parents: Mapping[str, tuple[str, ...]], path: Path) -> set[str]:
    """Every family that one inherits from, near or far."""
    found: set[str] = set()
    waiting = [*parents[name]]
    while waiting:
        parent = waiting.pop()
        if parent == name:
            raise RuleError(f"{path}: family {name}: inherits itself")
        if parent not in found:
            found.add(parent)
            waiting += parents[parent]
    return found


def expanded(outlets: Iterable[object], families: Families) -> frozenset[str]:
    """Outlets as a rule lists them, with families replaced by their outlets; raises `KeyError` for an unknown one."""
    named = [str(outlet) for outlet in outlets]
    members = (families[name.removeprefix(PREFIX)] for name in named if name.startswith(PREFIX))
    return frozenset(name for name in named if not name.startswith(PREFIX)).union(*members)
