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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, get_args

from transforms.errors import RuleError
from transforms.lines import END_CHARACTERS, SHORT_CHARACTERS, Line, Page
from transforms.models import Cut, Kind
from transforms.rules.matchers import MATCHERS, Matcher

CLEANER_VERSION = "1"
"""Counts changes of the cleaner's code that change its output; part of every rule set's version."""
SCOPES = frozenset({"line", "head", "tail", "line_start", "line_end", "start", "end", "inline", "document"})
LINE_CHARACTERS = 240
"""The longest line that a whole-line rule looks at unless it sets ``longest``: of hand-marked furniture lines, 98 % are
shorter."""
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


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to run."""

    id: str
    kind: Kind
    why: str
    scope: str
    examples: tuple[str, ...]
    """Each with what must go between ``⟦`` and ``⟧``, or without, when nothing may."""
    needs: tuple[str, ...] = ()
    """Lower-case literals: a document with none of them is not looked at."""
    pattern: re.Pattern[str] | None = None
    matcher: Matcher | None = None
    confidence: float = 1.0
    outlets: frozenset[str] = frozenset()
    """Outlets the rule is for; empty means all."""
    longest: int = LINE_CHARACTERS

    @property
    def region(self) -> str:
        """The part of a page that can hold what the rule needs: `Page.region`."""
        if self.scope in ("line", "head", "tail"):
            return "short" if self.longest <= SHORT_CHARACTERS else "lines"
        return {"end": "end", "start": "start"}.get(self.scope, "all")

    def find(self, page: Page) -> Iterator[Cut]:
        """Every stretch of the page that the rule takes."""
        if self.matcher is not None:
            for start, end in self.matcher(page):
                yield from self._cut(page, start, end)
            return
        for match in self._matches(page):
            span = match.span("cut") if "cut" in match.re.groupindex else match.span()
            yield from self._cut(page, *span)

    def _cut(self, page: Page, start: int, end: int) -> Iterator[Cut]:
        start, end = page.trimmed(start, end)
        if start < end:
            yield Cut(start, end, self.id, self.kind, self.confidence)

    def _matches(self, page: Page) -> Iterator[re.Match[str]]:
        pattern, text = self.pattern, page.text
        if pattern is None:
            return
        if self.scope == "inline":
            yield from pattern.finditer(text)
            return
        for line in self._lines(page):
            if self.scope in ("line_start", "start"):
                found = pattern.match(text, line.start, line.end)
            elif self.scope in ("line_end", "end"):
                found = pattern.search(text, max(line.start, line.end - END_CHARACTERS), line.end)
            elif line.end - line.start <= self.longest:
                found = pattern.fullmatch(text, line.start, line.end)
            else:
                continue
            if found:
                yield found

    def _lines(self, page: Page) -> Sequence[Line]:
        """The lines of the page that the scope is about."""
        if self.scope == "head":
            return page.lines[: page.head_end]
        if self.scope == "tail":
            return page.lines[page.tail_start :]
        if self.scope == "start":
            return page.lines[:1]
        return page.lines[-1:] if self.scope == "end" else page.lines


@dataclass(frozen=True)
class RuleSet:
    """All rules in the order of their files, and a version that changes when any of them does."""

    rules: tuple[Rule, ...]
    version: str

    @cached_property
    def _by_region(self) -> Mapping[str, Mapping[str, tuple[int, ...]]]:
        """For each part of a page, which rules each literal wakes there; under the empty literal those always awake."""
        by_region: dict[str, dict[str, list[int]]] = {}
        for number, rule in enumerate(self.rules):
            for need in rule.needs or ("",):
                by_region.setdefault(rule.region, {}).setdefault(need, []).append(number)
        return {
            region: {need: tuple(numbers) for need, numbers in by_need.items()} for region, by_need in by_region.items()
        }

    def find(self, page: Page) -> list[Cut]:
        """What all rules together take from the page, unmerged; earlier rules first."""
        awake: set[int] = set()
        for region, by_need in self._by_region.items():
            text = page.region(region)
            for need, numbers in by_need.items():
                if need in text:
                    awake.update(numbers)
        found: list[Cut] = []
        for number in sorted(awake):
            rule = self.rules[number]
            if not rule.outlets or page.outlet in rule.outlets:
                found.extend(rule.find(page))
        return found


def load_rules(extra_dirs: Sequence[Path] = ()) -> RuleSet:
    """Read the packaged rules and those of ``extra_dirs`` (``*.yaml``, by name); a later id replaces an earlier one.

    Raises `RuleError` naming file, rule and reason.
    """
    return _load(tuple(Path(folder) for folder in extra_dirs))


@lru_cache(maxsize=8)
def _load(extra_dirs: tuple[Path, ...]) -> RuleSet:
    entries: dict[str, tuple[Path, dict[str, Any]]] = {}
    for folder in (Path(__file__).parent, *extra_dirs):
        if not folder.is_dir():
            raise RuleError(f"{folder}: no such folder of rules")
        for path in sorted(folder.glob("*.yaml")):
            for entry in _read(path):
                entries[str(entry["id"])] = (path, entry)
    rules = tuple(_rule(path, entry) for path, entry in entries.values())
    data = json.dumps([CLEANER_VERSION, [entry for _, entry in entries.values()]], sort_keys=True, ensure_ascii=False)
    return RuleSet(rules, hashlib.blake2b(data.encode(), digest_size=6).hexdigest())


def _read(path: Path) -> list[dict[str, Any]]:
    """The entries of one rule file."""
    import yaml  # reading rules is rare, importing this module is not

    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RuleError(f"{path}: {error}") from error
    if not isinstance(loaded, list):
        raise RuleError(f"{path}: expected a list of rules")
    for number, entry in enumerate(loaded, 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            raise RuleError(f"{path}: entry {number} has no id")
    return loaded


def _rule(path: Path, entry: dict[str, Any]) -> Rule:
    """Check one entry and compile it."""

    def fail(reason: str) -> RuleError:
        return RuleError(f"{path}: rule {entry['id']}: {reason}")

    if unknown := sorted(set(entry) - _KEYS):
        raise fail(f"unknown key {unknown[0]!r}")
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
    return Rule(
        id=entry["id"],
        kind=entry["kind"],
        why=str(entry["why"]),
        scope=entry["scope"],
        examples=tuple(str(example).format_map(EXAMPLE_TEXT) for example in entry["examples"]),
        needs=tuple(str(need).lower() for need in entry.get("needs", ())),
        pattern=_compile(entry, fail) if "pattern" in entry else None,
        matcher=MATCHERS.get(entry.get("matcher", "")),
        confidence=float(entry.get("confidence", 1.0)),
        outlets=frozenset(str(outlet) for outlet in entry.get("outlets", ())),
        longest=int(entry.get("longest", LINE_CHARACTERS)),
    )


def _compile(entry: dict[str, Any], fail: Any) -> re.Pattern[str]:
    """Compile a rule's expression, given whole or as a list of its parts; ``case: true`` makes it see case."""
    parts = entry["pattern"] if isinstance(entry["pattern"], list) else [entry["pattern"]]
    try:
        return re.compile("".join(map(str, parts)), re.NOFLAG if entry.get("case") else re.IGNORECASE)
    except re.error as error:
        raise fail(f"bad pattern: {error}") from error
