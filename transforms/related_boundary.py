"""Where an inline related headline ends and the body resumes, when no line break says so.

Every place where a new sentence could begin (not before a lower-case word) is a candidate. A linear model scores each
one: how long real headlines are, how likely the word before it ends a headline and the words after it open a paragraph,
whether the two words around it belong together (in the corpus or in this document), lost spaces, quotation marks,
brackets, list numbers, and how the case of the words changes. The scores become probabilities (softmax), so that the
caller knows how sure the choice is. ``flows/train_related.py`` builds the tables and learns the weights.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from transforms.related_features import Scene, Tables, features, tables_from_json
from transforms.related_tokens import Token, tokenize

MAX_TOKENS = 45
"""Longest headline looked at, in words; the longest of 27,437 titles had 25."""
WINDOW = 320
"""Characters looked at after a marker; bounds the work per marker. The longest of 27,437 titles had 182."""
CAUTION = 0.35
"""Probability that the headline has ended, from which the cut ends: a lost character counts nearly twice a left one.
With 0.35 as many of 617 headlines that are other documents' titles end right as with 0.5, and fewer are cut too far."""
LEAST_SHARE = 0.1
"""Probability that a place must have of its own to be chosen."""
CONTEXT = 1500
"""Characters before the marker, and as many after the window, in which the document's own names are looked for."""


Glue = Literal["no", "headline", "always"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A headline's end: an offset into the text given, and the probability that it is right."""

    end: int
    confidence: float
    complete: bool
    """Whether the headline takes all of the text."""


@lru_cache(maxsize=1)
def packaged_tables() -> Tables:
    """The tables that come with saring."""
    packed = resources.files("transforms").joinpath("data/related_tables.json.gz").read_bytes()
    return tables_from_json(json.loads(gzip.decompress(packed)))


def headline_end(text: str, context: str, truncated: bool, glue: Glue, tables: Tables) -> Boundary:
    """Find where the headline that ``text`` begins with ends.

    ``context`` is the document around it (``surroundings``); ``truncated`` says that the line goes on after ``text``,
    so that the end of ``text`` is no candidate; ``glue`` whether the headline is glued to its marker, and whether
    everything is glued (then only seams can be its end).
    """
    tokens = tokenize(text, MAX_TOKENS)
    if len(tokens) < 2:
        return Boundary(len(text.rstrip()), 1.0, True)
    places = candidates(tokens, truncated or tokens[-1].end < len(text.rstrip()))
    if glue == "always":
        places = [p for p in places if p == len(tokens) or tokens[p].gap == "none"] or places
    if not places:
        return Boundary(len(text.rstrip()), 0.0, True)
    scene = Scene(text, tokens, context, glue != "no", tables)
    scores = [score(features(scene, place), tables) for place in places]
    best, confidence = _cautious(scores)
    place = places[best]
    return Boundary(tokens[place - 1].end, confidence, place == len(tokens))


def _cautious(scores: Sequence[float]) -> tuple[int, float]:
    """The first place by which the headline has probably ended, and the probability that it ends just there.

    The quantile of the ends at `CAUTION` loses least on average when a lost character costs 1 / CAUTION - 1 as much as
    a left one.
    """
    top = max(scores)
    shares = [math.exp(value - top) for value in scores]
    total, ended = sum(shares), 0.0
    for place, share in enumerate(shares):
        ended += share
        if ended >= CAUTION * total and share >= LEAST_SHARE * total:
            return place, share / total
    return shares.index(1.0), 1 / total


def surroundings(text: str, start: int, end: int) -> str:
    """The document before a marker at ``[start, end)`` and after the window that follows it."""
    after = end + WINDOW
    return text[max(0, start - CONTEXT) : start] + "\n" + text[after : after + CONTEXT]


def candidates(tokens: Sequence[Token], open_ended: bool) -> list[int]:
    """Indexes of the tokens that the body could begin with; ``len(tokens)`` means that the headline takes the line."""
    places = [i for i in range(2, len(tokens)) if tokens[i].case != "lower"]
    return places if open_ended else [*places, len(tokens)]


def score(values: dict[str, float], tables: Tables) -> float:
    """The weighted sum of the features."""
    weights = tables.weights
    total = 0.0
    for name, value in values.items():
        if value:
            total += weights.get(name, 0.0) * value
    return total
