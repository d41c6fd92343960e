"""A page to the text of its article, each character with its place in the source, and what the page says of itself.

The source is tokenised (``html_tokens``), parsed by BeautifulSoup with lxml, cut into blocks (``html_blocks``) of which
the article's are chosen (``html_select``), and the metadata is read (``html_hints``). Everything else of the source is
a removal, so that kept text and removals together are the page.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from dataclasses import replace

from bs4 import BeautifulSoup

from transforms.html_blocks import BLOCK_ELEMENTS, Block, Page, page_of
from transforms.html_hints import page_hints
from transforms.html_select import select
from transforms.html_tokens import Tokens, tokenise
from transforms.models import Hints, Kind, RawDocument, Removal, Repair, TextView
from transforms.parse import host_of, own_hints, text_view

MAX_TAGS = 60_000
"""Pages with more tags are only stripped of them: parsing costs 20 µs a tag; the largest of 78 pages had 3,100."""

_WHOLE_PAGE = re.compile(r"<(?:html|head|body)\b", re.IGNORECASE)
_BREAKS = re.compile(rf"</?(?:{'|'.join(sorted(BLOCK_ELEMENTS))})\b", re.IGNORECASE)
_KINDS: dict[str, Kind] = {"html.caption": "caption"}


def parse_html(raw: RawDocument) -> tuple[TextView, Hints]:
    """The article of a page and the page's metadata; never raises, however broken the page is."""
    tokens = tokenise(raw.text)
    if tokens.tags > MAX_TAGS:
        return _stripped(tokens), own_hints(raw)
    soup = BeautifulSoup(tokens.marked, "lxml")
    hints, evidence = page_hints(raw, soup, tokens)
    page = page_of(soup, tokens)
    reasons = select(page, hints.title or "", evidence, fragment=not _WHOLE_PAGE.search(raw.text))
    hints = replace(hints, outlet=hints.outlet or host_of(hints.url))
    return _view(tokens, page, reasons), hints


def _stripped(tokens: Tokens) -> TextView:
    """All text of a page that is too large to parse, lines broken where block elements begin or end."""
    page = Page(blocks=[])
    before = 0
    for run, (start, end) in enumerate(tokens.runs):
        if not page.blocks or _BREAKS.search(tokens.source, before, start):
            page.blocks.append(Block(0))
        page.blocks[-1].runs.append(run)
        before = end
    return _view(tokens, page, ["keep"] * len(page.blocks), markup="html.stripped")


def _view(tokens: Tokens, page: Page, reasons: list[str], markup: str = "html.markup") -> TextView:
    """The kept blocks as lines, mojibake mended, and all else as removals."""
    chars: list[str] = []
    starts, ends = array("I"), array("I")
    for block, reason in zip(page.blocks, reasons, strict=True):
        if reason != "keep":
            continue
        if chars:  # a line break stands for no character of the source
            chars.append("\n")
            starts.append(ends[-1])
            ends.append(ends[-1])
        _add_line(tokens, block, chars, starts, ends)
    removals = _removals(tokens, page, reasons, starts, ends, markup)
    mended = text_view("".join(chars))
    repairs = tuple(Repair(starts[repair.at], repair.kind) for repair in mended.repairs)
    if mended.starts is not None and mended.ends is not None:
        ends = array("I", (ends[end - 1] for end in mended.ends))
        starts = array("I", (starts[start] for start in mended.starts))
    return TextView(mended.text, tokens.source, starts, ends, repairs, removals)


def _add_line(tokens: Tokens, block: Block, chars: list[str], starts: array[int], ends: array[int]) -> None:
    """Append a block's text; white space at its edges and all but the first of several spaces is left to the gaps."""
    spaced = True
    for run in block.runs:
        for char, first, after in tokens.pieces_of(run):
            if char != " " or not spaced:
                chars.append(char)
                starts.append(first)
                ends.append(after)
            spaced = char == " "
    if spaced and chars and chars[-1] == " ":
        chars.pop()
        starts.pop()
        ends.pop()


def _removals(
    tokens: Tokens, page: Page, reasons: list[str], starts: array[int], ends: array[int], markup: str
) -> tuple[Removal, ...]:
    """What is between the kept characters, in maximal stretches, each named after most of the text in it."""
    gaps, after = [], 0
    for start, end in zip(starts, ends, strict=True):
        if start > after:
            gaps.append((after, start))
        after = end
    if after < len(tokens.source):
        gaps.append((after, len(tokens.source)))
    begins = [start for start, _ in gaps]
    tallies: list[Counter[str]] = [Counter() for _ in gaps]
    for block, reason in zip(page.blocks, reasons, strict=True):
        if reason != "keep":
            for run in block.runs:
                start, end = tokens.runs[run]
                tallies[bisect_right(begins, start) - 1][f"html.{reason}"] += end - start
    removals = []
    for (start, end), tally in zip(gaps, tallies, strict=True):
        text = tokens.source[start:end]
        if not text.isspace():
            rule = tally.most_common(1)[0][0] if tally else markup
            removals.append(Removal(start, end, text, rule, _KINDS.get(rule, "markup"), 1.0))
    return tuple(removals)
