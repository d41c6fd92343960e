"""The rule catalogue: data files that say what publishers put around their articles, and the engine that applies them.

A rule is one entry of a YAML file: an id, the kind of thing it takes, a sentence on why it exists, a ``pattern``
(regular expression, matched without regard to case) or the name of a ``matcher`` (a Python function, for what an
expression cannot say), a scope, literals one of which a document needs before the rule is tried, and examples of its
own. In an example ``⟦`` and ``⟧`` enclose what must go; an example without them must be left alone. A user's folder
of further rule files is given to `load_rules`.

Scopes: ``line`` (the pattern is a whole line), ``head`` and ``tail`` (a whole line before the first or after the last
paragraph of running text), ``line_start``, ``line_end`` (a part of any line), ``start``, ``end`` (a part of the first
or last line), ``inline`` (anywhere). A named group ``cut`` narrows what is taken; without one all that matched goes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from transforms.errors import RuleError
from transforms.models import Kind
from transforms.rules.checks import filled, wrong_values
from transforms.rules.engine import LINE_CHARACTERS, Finder, Rule, RuleSet
from transforms.rules.families import FAMILIES_FILE, Families, expanded, read_families
from transforms.rules.matchers import MATCHERS
from transforms.yaml_text import parse_yaml

__all__ = ["CLEANER_VERSION", "EXAMPLE_TEXT", "Finder", "Rule", "RuleSet", "load_rules"]

CLEANER_VERSION = "4"
"""Counts changes of the cleaner's code that change its output; part of every rule set's version."""
SCOPES = frozenset({"line", "head", "tail", "line_start", "line_end", "start", "end", "inline", "document"})
CLEANING_DATA = ("dateline_places.txt", "furniture.yaml", "furniture_languages.yaml", "related_tables.json.gz")
"""Packaged files that decide what is cut: they are part of every rule set's version."""
EXAMPLE_TEXT = {
    "body": "Pemerintah kabupaten mulai memperbaiki tanggul sungai yang jebol akibat hujan lebat, dan ratusan "
    "warga kembali ke rumah masing-masing setelah sepekan mengungsi.",
    "body2": "Bupati meminta camat dan kepala desa mencatat kerusakan sawah agar bantuan benih bisa segera "
    "dibagikan sebelum musim tanam tiba.",
    "body3": "Para petani berharap saluran air yang baru selesai tahun ini, karena mereka telah gagal panen dua kali "
    "sejak tanggul lama retak.",
}
"""Paragraphs of running text for the examples of rules, which write them as ``{body}``, ``{body2}``, ``{body3}``."""
_KEYS = frozenset(
    {
        "id",
        "kind",
        "why",
        "scope",
        "pattern",
        "matcher",
        "needs",
        "longest",
        "confidence",
        "outlets",
        "examples",
        "case",
    }
)


def load_rules(extra_dirs: Sequence[Path] = ()) -> RuleSet:
    """Read the packaged rules and those of ``extra_dirs`` (``*.yaml``, by name); a later id replaces an earlier one.

    Raises `RuleError` naming file, rule and reason.
    """
    return _load(tuple(Path(folder) for folder in extra_dirs))


@lru_cache(maxsize=8)
def _load(extra_dirs: tuple[Path, ...]) -> RuleSet:
    entries: dict[str, tuple[Path, dict[str, Any]]] = {}
    family_files: list[tuple[Path, object]] = []
    for folder in (Path(__file__).parent, *extra_dirs):
        if not folder.is_dir():
            raise RuleError(f"{folder}: no such folder of rules")
        for path in sorted(folder.glob("*.yaml")):
            if path.name == FAMILIES_FILE:
                family_files.append((path, _parsed(path)))
                continue
            for entry in _read(path):
                entries[str(entry["id"])] = (path, entry)
    families = read_families(family_files)
    rules = tuple(_rule(path, entry, families) for path, entry in entries.values())
    told = {name: sorted(outlets) for name, outlets in families.items()}
    data = [CLEANER_VERSION, _data_hash(), [entry for _, entry in entries.values()], told]
    return RuleSet(rules, _hash(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()))


@lru_cache(maxsize=1)
def _data_hash() -> str:
    """A hash of the packaged data that the cleaner reads beside the rules."""
    folder = resources.files("transforms").joinpath("data")
    return _hash(b"".join(folder.joinpath(name).read_bytes() for name in CLEANING_DATA))


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _parsed(path: Path) -> object:
    """The content of one YAML file."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"))
    except Exception as error:  # PyYAML raises kinds of its own, and whatever a bad date or number does
        raise RuleError(f"{path}: {error}") from error


def _read(path: Path) -> list[dict[str, Any]]:
    """The entries of one rule file."""
    loaded = _parsed(path)
    if not isinstance(loaded, list):
        raise RuleError(f"{path}: expected a list of rules")
    for number, entry in enumerate(loaded, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise RuleError(f"{path}: entry {number} has no id")
    return loaded


def _rule(path: Path, entry: dict[str, Any], families: Families) -> Rule:
    """Check one entry and compile it."""

    def fail(reason: str) -> RuleError:
        return RuleError(f"{path}: rule {entry['id']}: {reason}")

    for problem in wrong_values(entry, _KEYS):
        raise fail(problem)
    if entry.get("kind") not in get_args(Kind):
        raise fail(f"kind {entry.get('kind')!r} is none of {', '.join(get_args(Kind))}")
    if entry.get("scope") not in SCOPES:
        raise fail(f"scope {entry.get('scope')!r} is none of {', '.join(sorted(SCOPES))}")
    if not entry.get("why") or not entry.get("examples"):
        raise fail("needs a 'why' and at least one example")
    if ("pattern" in entry) == ("matcher" in entry):
        raise fail("needs either a pattern or a matcher")
    if "matcher" in entry and entry["matcher"] not in MATCHERS:
        raise fail(f"no matcher is called {entry['matcher']!r}")
    try:
        outlets = expanded(entry.get("outlets", ()), families)
    except KeyError as unknown_family:
        raise fail(f"no family is called {unknown_family.args[0]!r}") from None
    return Rule(
        id=entry["id"],
        kind=entry["kind"],
        why=entry["why"],
        scope=entry["scope"],
        examples=tuple(filled(example, EXAMPLE_TEXT) for example in entry["examples"]),
        needs=tuple(need.lower() for need in entry.get("needs", ())),
        pattern=_compile(entry, fail) if "pattern" in entry else None,
        matcher=MATCHERS.get(entry.get("matcher", "")),
        confidence=float(entry.get("confidence", 1.0)),
        outlets=outlets,
        longest=entry.get("longest", LINE_CHARACTERS),
    )


def _compile(entry: dict[str, Any], fail: Any) -> re.Pattern[str]:
    """Compile a rule's expression, given whole or as a list of its parts; ``case: true`` makes it see case."""
    parts = entry["pattern"] if isinstance(entry["pattern"], list) else [entry["pattern"]]
    try:
        return re.compile("".join(parts), re.NOFLAG if entry.get("case") else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise fail(f"bad pattern: {error}") from error
