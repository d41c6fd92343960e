"""Documents like a given one: its most telling words, weighed, are the query."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from index.analysis import Analyzer
from index.analysis_words import stop_words
from index.concepts import Concept, Form
from index.engine import Engine
from index.schema import STEM_FIELDS, SURFACE_FIELDS

MAX_CONCEPTS: Final = 25
"""Words of a document that are searched for; over 30,000 news articles that takes 20 ms."""
MAX_READ_CHARACTERS: Final = 20_000
"""A longer document is known by its beginning."""
MAX_SHARE: Final = 0.1
"""A word that more of all documents have tells nothing about one of them."""
TITLE_OCCURRENCES: Final = 3
"""One occurrence in the title counts like so many in the body."""
SATURATION: Final = 2.0


def telling_concepts(engine: Engine, doc: int, analyzer: Analyzer) -> tuple[Concept, ...]:
    """What a document is about, as concepts in order of weight, the largest weight 1."""
    surfaces, counts = _count(engine.hit(doc)["title"] or "", engine.text(doc)[:MAX_READ_CHARACTERS], analyzer)
    weights: dict[tuple[str, str], float] = {}
    for key, count in counts.items():
        field, term = key
        documents = engine.count(field, term)
        # A word that only this document has finds nothing; one that all have finds everything.
        if documents > 1 and (documents <= engine.documents * MAX_SHARE or documents <= MAX_CONCEPTS):
            weights[key] = count / (count + SATURATION) * math.log(1 + engine.documents / documents)
    best = sorted(weights, key=lambda key: (-weights[key], key))[:MAX_CONCEPTS]
    return tuple(_concept(*key, surfaces[key], weights[key] / weights[best[0]]) for key in best)


def _count(title: str, text: str, analyzer: Analyzer) -> tuple[dict[tuple[str, str], str], Counter[tuple[str, str]]]:
    """By field and term of a body: how it was first written, and how often the document has it."""
    surfaces: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for part, occurrences in ((title, TITLE_OCCURRENCES), (text, 1)):
        for token in analyzer.tokens(part):
            term = token.terms[0]
            if term.surface in stop_words() or (not term.stem and len(term.surface) < 3):
                continue
            key = (STEM_FIELDS["body"], term.stem) if term.stem else ("body", term.surface)
            surfaces.setdefault(key, term.surface)
            counts[key] += occurrences
    return surfaces, counts


def _concept(field: str, term: str, surface: str, weight: float) -> Concept:
    fields = STEM_FIELDS.values() if field in STEM_FIELDS.values() else SURFACE_FIELDS
    return Concept(surface, tuple(Form(name, (term,)) for name in fields), (surface,), weight)
