"""The query language: what people type, turned into a tree with bounds, and never an error.

::

    pakta rusia               words, the more of them the better
    "kemitraan strategis"     a phrase; title:"..." in the title only
    -opini   NOT opini        not
    Korut OR Korsel           either; ( ... ) groups
    +pakta   a AND b          must
    title: body: author: place: outlet: language:     fields
    date:2024-06..2024-07     published in this time; also date:2024 and date:2024-06-20
    sanksi*                   words that begin so
    presidn~                  words spelled nearly so

What cannot be read is left out and named in ``warnings``: a search box must answer whatever is typed into it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from index.dates import parse_span

MAX_CHARACTERS: Final = 1_000
"""Longer queries are cut: a pasted paragraph still works, a pasted book does not."""
MAX_WORDS: Final = 32
"""Words, phrases and groups of one query; each costs up to a hundred thousand postings."""
MAX_PHRASE_WORDS: Final = 20
MAX_DEPTH: Final = 4
"""Deeper parentheses are ignored, the words in them are kept."""
MIN_PREFIX_CHARACTERS: Final = 2
MAX_EDITS: Final = 2

_PART: Final = re.compile(
    r"""(?P<open>\() | (?P<close>\))
    | (?P<sign>[-+])?(?:(?P<field>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)(?:"(?:~\d+)?|$)|(?P<word>[^\s()"]+))""",
    re.VERBOSE,
)
_FUZZY: Final = re.compile(r"(.+?)~(\d*)")

TEXT_FIELDS: Final = ("title", "body")
FILTER_FIELDS: Final = ("outlet", "language", "date")
TERM_FIELDS: Final = ("author", "place")

Occur = Literal["should", "must", "not"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word, a beginning of one (``prefix``) or a near spelling (``edits`` > 0); ``field`` empty for all text."""

    text: str
    field: str = ""
    prefix: bool = False
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Alternatives that count as one."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A node and whether a document should, must or must not have it."""

    occur: Occur
    node: Node


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses in parentheses, or the whole query."""

    clauses: tuple[Clause, ...]


Node = Word | Phrase | AnyOf | Group


@dataclass(frozen=True, slots=True)
class Filters:
    """What documents must be besides matching: values folded to lower case, dates as numbers, both ends included."""

    languages: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    not_outlets: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; ``warnings`` name what could not be read."""

    group: Group
    filters: Filters = Filters()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Frame:
    """An open group: its clauses, and what the next one is joined by."""

    clauses: list[Clause] = field(default_factory=list)
    joiner: str = ""
    occur: Occur = "should"


class _Parser:
    """One run over a query; iterative, so that depth cannot exhaust the stack."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.frames = [_Frame()]
        self.too_deep = 0
        self.words = 0
        self.lists: dict[str, list[str]] = {}
        self.since: int | None = None
        self.until: int | None = None

    def warn(self, message: str) -> None:
        if message not in self.warnings and len(self.warnings) < 10:
            self.warnings.append(message)

    def run(self, text: str) -> Query:
        for match in _PART.finditer(text):
            self._part(match)
        if len(self.frames) > 1:
            self.warn("a parenthesis is not closed")
        while len(self.frames) > 1:
            self._close()
        if self.too_deep:
            self.warn(f"parentheses deeper than {MAX_DEPTH} are ignored")
        if text.count('"') % 2:
            self.warn("a quotation mark is not closed")
        clauses = self.frames[0].clauses
        if clauses and all(clause.occur == "not" for clause in clauses) and not self.lists:
            self.warn("there are only words to leave out: name one to look for as well")
        filters = Filters(
            languages=tuple(self.lists.get("language", ())),
            outlets=tuple(self.lists.get("outlet", ())),
            not_languages=tuple(self.lists.get("-language", ())),
            not_outlets=tuple(self.lists.get("-outlet", ())),
            since=self.since,
            until=self.until,
        )
        return Query(Group(tuple(self.frames[0].clauses)), filters, tuple(self.warnings))

    def _part(self, match: re.Match[str]) -> None:
        if match["open"]:
            if len(self.frames) > MAX_DEPTH:
                self.too_deep += 1
            else:
                self.frames.append(_Frame())
        elif match["close"]:
            self._close()
        elif match["word"] in ("OR", "AND", "NOT") and not match["sign"] and not match["field"]:
            frame = self.frames[-1]
            if match["word"] == "NOT":
                frame.occur = "not"
            else:
                frame.joiner = match["word"]
        else:
            self._leaf(match)

    def _close(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.frames) > 1:
            frame = self.frames.pop()
            if frame.clauses:
                self._add("", Group(tuple(frame.clauses)))
        else:
            self.warn("a parenthesis is not opened")

    def _leaf(self, match: re.Match[str]) -> None:
        sign, name = match["sign"] or "", (match["field"] or "").lower()
        value = match["phrase"] if match["phrase"] is not None else match["word"]
        if name and name not in (*TEXT_FIELDS, *FILTER_FIELDS, *TERM_FIELDS, "source"):
            # Not a field of ours: "Jakarta:" or a URL is text.
            if not value.startswith("/"):
                self.warn(f"{name[:40]} is no field: {', '.join((*TEXT_FIELDS, *TERM_FIELDS, *FILTER_FIELDS))} are")
            value, name = f"{match['field']}:{value}", ""
        if name in FILTER_FIELDS:
            self._filter(sign, name, value)
            return
        node = Phrase(value, name) if match["phrase"] is not None else self._word(value, name)
        if node is None:
            return
        self.words += 1
        if self.words > MAX_WORDS:
            self.warn(f"only the first {MAX_WORDS} words and phrases are searched for")
            return
        self._add(sign, node)

    def _word(self, value: str, name: str) -> Node | None:
        if value.endswith("*") and "*" not in value[:-1].lstrip("*"):
            beginning = value.strip("*")
            if len(beginning) < MIN_PREFIX_CHARACTERS:
                self.warn(f"{value}: a beginning needs at least {MIN_PREFIX_CHARACTERS} letters")
                return None
            if value.startswith("*"):
                self.warn(f"{value}: a star is understood at the end of a word only")
            return Word(beginning, name, prefix=True)
        if "*" in value or "?" in value[:-1]:
            self.warn(f"{value[:40]}: a star is understood at the end of a word only")
        fuzzy = _FUZZY.fullmatch(value)
        if fuzzy:
            edits = int(fuzzy[2][:3] or 1)
            if edits > MAX_EDITS:
                self.warn(f"{value[:40]}: spellings at most {MAX_EDITS} letters away are searched for")
            return Word(fuzzy[1], name, edits=max(1, min(edits, MAX_EDITS)))
        return Word(value, name) if any(character.isalnum() for character in value) else None

    def _filter(self, sign: str, name: str, value: str) -> None:
        if name != "date":
            prefix = "-" if sign == "-" else ""
            self.lists.setdefault(prefix + name, []).append(value.lower())
            return
        span = parse_span(value)
        if span is None or sign == "-":
            self.warn(f"date:{value[:40]} was not understood; write date:2024, date:2024-06 or date:2024-06..2024-07")
            return
        self.since = span[0] if span[0] is not None else self.since
        self.until = span[1] if span[1] is not None else self.until

    def _add(self, sign: str, node: Node) -> None:
        frame = self.frames[-1]
        occur: Occur = "not" if sign == "-" else "must" if sign == "+" else frame.occur
        joiner, frame.joiner, frame.occur = frame.joiner, "", "should"
        last = frame.clauses[-1] if frame.clauses else None
        if joiner == "OR" and last is not None and last.occur != "not" and occur != "not":
            nodes = last.node.nodes if isinstance(last.node, AnyOf) else (last.node,)
            frame.clauses[-1] = Clause(last.occur, AnyOf((*nodes, node)))
            return
        if joiner == "AND" and occur == "should":
            occur = "must"
            if last is not None and last.occur == "should":
                frame.clauses[-1] = Clause("must", last.node)
        frame.clauses.append(Clause(occur, node))


def parse(text: str) -> Query:
    """Read a query; never raises."""
    parser = _Parser()
    if len(text) > MAX_CHARACTERS:
        parser.warn(f"only the first {MAX_CHARACTERS} characters of the query were read")
        text = text[:MAX_CHARACTERS]
    return parser.run(text.replace("“", '"').replace("”", '"').replace("„", '"'))
