"""The source of a page cut into tags and text runs, so that parsed text can be traced back to where it stood.

The parser gets a *marked* source in which each run of text is replaced by its number between two private-use
characters. What it builds holds those numbers and nothing else, so that each element says which runs of the source it
contains, however crooked the markup is. Comments, scripts and styles are left out; JSON-LD scripts are set aside for
the metadata.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_TAG_CHARACTERS = 20_000
"""A longer tag goes to the parser without its attributes: it is an inlined image, or an attack by a million names."""
MAX_BAD_TAGS = 50
"""After so many tags whose quotation marks never close, quotation marks are no longer trusted: each costs a scan."""

_QUOTED_TAG = re.compile(r"</?[a-zA-Z](?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+>")
_PLAIN_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_RAW_ELEMENTS = frozenset({"script", "style", "textarea", "iframe", "noembed", "noframes", "xmp", "svg"})
_RAW_END = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in _RAW_ELEMENTS}
_JSON_LD = re.compile(r"type\s*=\s*[\"']?application/ld\+json", re.IGNORECASE)
_MARK = re.compile("\ue000([0-9]+)\ue001")
_PIECES = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});?|[\s\xa0]+|.", re.DOTALL)


@dataclass(slots=True)
class Tokens:
    """A tokenised page: ``runs[i]`` is the ``[start, end)`` of the i-th text run that is not white space."""

    source: str
    runs: list[tuple[int, int]] = field(default_factory=list)
    spaces: list[tuple[int, int] | None] = field(default_factory=list)
    """For each run the white space that stands alone between two tags before it, if any: ``<b>satu</b> <i>dua</i>``."""
    marked: str = ""
    """What the parser gets."""
    json_ld: list[str] = field(default_factory=list)
    tags: int = 0
    last_close: int = -1
    """Where the last ``>`` stands: no markup begins after it."""
    last_comment_close: int = -1
    unclosed: set[str] = field(default_factory=set)
    """Elements without text, such as iframes, that were seen not to be closed: looking again costs a scan each."""
    space: tuple[int, int] | None = None
    """White space seen since the last run."""

    def text_of(self, run: int) -> str:
        """The text of a run with the white space before it, entities decoded."""
        start, end = self.runs[run]
        text = self.source[start:end]
        if "&" in text:
            text = html.unescape(text)
        return f" {text}" if self.spaces[run] else text

    def pieces_of(self, run: int) -> Iterator[tuple[str, int, int]]:
        """Characters of a run with their places: entities decoded, each stretch of white space as one space."""
        space = self.spaces[run]
        if space:
            yield " ", *space
        yield from _pieces(self.source, *self.runs[run])


def tokenise(source: str) -> Tokens:
    """Cut ``source`` in one pass, in time linear in its length."""
    tokens = Tokens(source, last_close=source.rfind(">"), last_comment_close=source.rfind("-->"))
    out: list[str] = []
    at = seen = bad = 0
    while True:
        opening = source.find("<", seen)
        if opening < 0 or opening > tokens.last_close:
            break
        end, piece, failed = _markup_at(tokens, opening, trust_quotes=bad < MAX_BAD_TAGS)
        bad += failed
        if end == opening:  # a lone "<" is text
            seen = opening + 1
            continue
        _add_text(tokens, out, at, opening)
        out.append(piece)
        at = seen = end
    _add_text(tokens, out, at, len(source))
    tokens.marked = "".join(out)
    return tokens


def runs_in(text: str) -> list[int]:
    """Numbers of the runs that a string of the parsed tree stands for."""
    return [int(number) for number in _MARK.findall(text)]


def _pieces(source: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    for found in _PIECES.finditer(source, start, end):
        piece, first, last = found.group(), found.start(), found.end()
        if piece[0] == "&" and len(piece) > 1:
            decoded = html.unescape(piece)
            if decoded == piece:
                yield from ((char, first + offset, first + offset + 1) for offset, char in enumerate(piece))
                continue
            piece = decoded.replace("\0", "\ufffd")
        if piece.isspace():
            piece = " "
        for char in piece:
            yield char, first, last


def _add_text(tokens: Tokens, out: list[str], start: int, end: int) -> None:
    text = tokens.source[start:end]
    if not text or text.isspace():
        if text and tokens.space is None:
            tokens.space = start, end
        out.append(text)
        return
    lead = len(text) - len(text.lstrip())
    out.append(f"{text[:lead]}\ue000{len(tokens.runs)}\ue001")
    tokens.runs.append((start, end))
    tokens.spaces.append(tokens.space)
    tokens.space = None


def _markup_at(tokens: Tokens, at: int, *, trust_quotes: bool) -> tuple[int, str, bool]:
    """Where the markup that begins at ``at`` ends, what the parser gets of it, and whether its quotes never close."""
    source = tokens.source
    if source.startswith("<!--", at):
        mark = "-->" if at + 2 <= tokens.last_comment_close else ">"
        return _after(source, mark, at + 2), "", False
    if source.startswith("<![CDATA[", at):
        return at + 9, "", False
    if source.startswith(("<!", "<?"), at):
        return _after(source, ">", at), "", False
    found = _QUOTED_TAG.match(source, at) if trust_quotes else None
    failed = found is None and trust_quotes
    found = found or _PLAIN_TAG.match(source, at)
    if found is None:
        return at, "", False
    tokens.tags += 1
    tag = found.group()
    named = _NAME.match(tag)
    name = named.group(1).lower() if named else ""
    if name in _RAW_ELEMENTS and tag[1] != "/":
        return _raw_element(tokens, tag, name, found.end()), "", failed
    return found.end(), tag if len(tag) <= MAX_TAG_CHARACTERS else f"{tag[: 2 if tag[1] == '/' else 1]}{name}>", failed


def _raw_element(tokens: Tokens, tag: str, name: str, at: int) -> int:
    """The end of an element whose content is no text; one that never closes ends with its own tag."""
    if tag.endswith("/>") and name == "svg":
        return at
    closing = None if name in tokens.unclosed else _RAW_END[name].search(tokens.source, at)
    if closing is None:
        tokens.unclosed.add(name)
        return len(tokens.source) if name in ("script", "style") else at
    if name == "script" and _JSON_LD.search(tag):
        tokens.json_ld.append(tokens.source[at : closing.start()])
    return closing.end()


def _after(source: str, mark: str, at: int) -> int:
    end = source.find(mark, at)
    return len(source) if end < 0 else end + len(mark)
