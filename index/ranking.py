"""Scores documents for a parsed query: BM25F, one word at a time over whole posting lists.

A *concept* is one thing the user asked for, in all the forms it may take: ``Korut`` is also its stem and the phrase
"korea utara", in the title and in the body. All forms are added up to one weighted frequency before it is saturated
(Robertson, Zaragoza & Taylor 2004, "Simple BM25 extension to multiple weighted fields"), so that a document is not
paid twice for one word. Documents that have more of the concepts come first (coverage), and among the best ones those
where neighbouring query words stand close together (proximity).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Final

from index.concepts import Concept, Form, Planner, is_restriction
from index.engine import Engine
from index.phrases import phrase_frequencies, positions_of
from index.query import AnyOf, Filters, Group, Node, Phrase, Query
from index.ranking_settings import RankingSettings
from index.recency import recency_factors

PROXIMITY_DOCUMENTS: Final = 200
"""Only so many of the best documents are looked at again for proximity: it moves hits within the first pages."""
PROXIMITY_WINDOW: Final = 8
"""Words further apart than this many positions say nothing about each other."""
MAX_COVERAGE_WEIGHT: Final = 4.0
"""No word weighs more than this in the coverage (4 is a word in one of 55 documents): otherwise a misspelt word that
happens to occur once would keep out all documents that have the rest."""
TIME_LIMIT_SECONDS: Final = 0.8
"""Words that have not been looked up by then are left out, with a warning. At 30,000 documents what is already under
way and the rest of the answer took 0.4 s at most, so a query stays under 2 s; an ordinary one takes 0.05 s."""

Scores = dict[int, float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores by document, and the concepts that were searched for."""

    scores: Scores
    concepts: tuple[Concept, ...]
    warnings: tuple[str, ...]


class Ranker:
    """Ranks over one engine; keeps its length norms, so one object serves many queries."""

    def __init__(self, engine: Engine, settings: RankingSettings | None = None) -> None:
        self.engine = engine
        self.settings = settings or RankingSettings()
        self._norms: dict[str, list[float]] = {}
        self._recency: list[float] | None = None

    def rank(self, query: Query) -> Ranked:
        """Score all documents that match and pass the filters."""
        return _Run(self, query.filters.languages).run(query)

    def rank_like(self, concepts: Sequence[Concept], doc: int, filters: Filters) -> Ranked:
        """Score all documents that have enough of these concepts and pass the filters, but not ``doc``."""
        return _Run(self, filters.languages).run_like(concepts, doc, filters)

    def recency(self) -> list[float]:
        """By document, what its score is multiplied by for being new."""
        if self._recency is None:
            self._recency = recency_factors(self.engine.published(), self.settings)
        return self._recency

    def norms(self, field: str) -> list[float]:
        """What one occurrence in ``field`` is worth, by document."""
        known = self._norms.get(field)
        if known is None:
            known = self._norms[field] = self._compute_norms(field)
        return known

    def _compute_norms(self, field: str) -> list[float]:
        lengths, mean = self.engine.lengths(field)
        title, stem = field.startswith("title"), field.endswith("_stem")
        b = self.settings.title_b if title else self.settings.body_b
        weight = (self.settings.title_weight if title else 1.0) * (self.settings.stem_weight if stem else 1.0)
        by_length = {length: weight / (1 - b + b * length / mean) for length in set(lengths)}
        return [by_length[length] for length in lengths]

    def frequencies(self, forms: Iterable[Form], deadline: float) -> Scores:
        """Weighted frequency of a concept by live document: all its forms added up, until ``deadline``."""
        total: Scores = {}
        lists: list[tuple[Sequence[int], Sequence[int], tuple[Sequence[float], float]]] = []
        for form in forms:
            if lists and time.monotonic() > deadline:
                break
            ids, freqs = self._occurrences(form)
            if ids:
                lists.append((ids, freqs, self._worth(form)))
        lists.sort(key=lambda item: -len(item[0]))
        for ids, freqs, (norms, weight) in lists:
            if not total and weight == 1.0:
                total = dict(zip(ids, map(mul, freqs, map(norms.__getitem__, ids)), strict=True))
                continue
            get = total.get
            for doc, freq in zip(ids, freqs, strict=True):
                total[doc] = get(doc, 0.0) + freq * norms[doc] * weight
        for doc in self.engine.dead() & total.keys() if self.engine.dead() else ():
            del total[doc]
        return total

    def _occurrences(self, form: Form) -> tuple[Sequence[int], Sequence[int]]:
        """Documents that have a form, and how often."""
        if form.positions:
            found = phrase_frequencies(self.engine, form.field, form.terms, form.positions)
            return list(found), list(found.values())
        postings = self.engine.postings(form.field, form.terms[0])
        return postings.ids, postings.freqs

    def _worth(self, form: Form) -> tuple[Sequence[float], float]:
        if form.field in ("author", "place"):
            return _Constant(1.0), form.weight
        return self.norms(form.field), form.weight

    def idf(self, count: int) -> float:
        """Weight of a concept that ``count`` documents have."""
        return math.log(1 + (self.engine.documents - count + 0.5) / (count + 0.5))


class _Constant(list[float]):
    """A norm that is the same for every document."""

    def __init__(self, value: float) -> None:
        super().__init__((value,))

    def __getitem__(self, _index: object) -> float:  # type: ignore[override]  # every index gives the same
        return super().__getitem__(0)


@dataclass(slots=True)
class _Part:
    """One clause with its scores, and its weight in the coverage."""

    scores: Scores
    weight: float


class _Run:
    """One query on its way through the tree."""

    def __init__(self, ranker: Ranker, languages: Sequence[str]) -> None:
        self.ranker = ranker
        self.deadline = time.monotonic() + TIME_LIMIT_SECONDS
        self.planner = Planner(ranker.engine, ranker.settings.expansion_weight, languages, self.deadline)
        self.concepts: list[Concept] = []

    def run(self, query: Query) -> Ranked:
        if query.group.clauses:
            scores = self._group(query.group).scores
        else:
            # Filters alone: everything that passes them, in order of date.
            live = set(range(self.ranker.engine.size)) - self.ranker.engine.dead() if query.filters != Filters() else ()
            scores = dict.fromkeys(live, 0.0)
        scores = self._filter(scores, query.filters)
        self._proximity(scores)
        self._prefer_recent(scores)
        warnings = (*query.warnings, *self.planner.warnings)
        return Ranked(scores, tuple(self.concepts), warnings)

    def run_like(self, concepts: Sequence[Concept], doc: int, filters: Filters) -> Ranked:
        parts = [self._concept(concept) for concept in concepts]
        scores = self._filter(_combine(parts, [], {doc}, self.ranker.settings).scores, filters)
        self._prefer_recent(scores)
        return Ranked(scores, tuple(self.concepts), ())

    def _prefer_recent(self, scores: Scores) -> None:
        if self.ranker.settings.recency:
            factors = self.ranker.recency()
            for doc in scores:
                scores[doc] *= factors[doc]

    def _group(self, group: Group) -> _Part:
        should: list[_Part] = []
        must: list[_Part] = []
        restrictions: list[_Part] = []
        excluded: set[int] = set()
        for clause in self.planner.arrange(group.clauses):
            if time.monotonic() > self.deadline:
                self.planner.warn("the query took too long; its last words were left out")
                break
            if clause.occur == "not":
                excluded.update(self._node(clause.node, wanted=False).scores)
            elif clause.occur == "should" and is_restriction(clause.node):
                restrictions.append(self._node(clause.node))
            else:
                (must if clause.occur == "must" else should).append(self._node(clause.node))
        if not should and not must:
            return _combine([], restrictions, excluded, self.ranker.settings)
        found = _combine(should, must, excluded, self.ranker.settings)
        for part in restrictions:
            found.scores = {doc: score for doc, score in found.scores.items() if doc in part.scores}
        return found

    def _node(self, node: Node | Concept, wanted: bool = True) -> _Part:
        if isinstance(node, Group):
            return self._group(node)
        if isinstance(node, AnyOf):
            return self._any_of(node, wanted)
        if isinstance(node, Concept):
            return self._concept(node, wanted)
        parts = [self._concept(concept, wanted) for concept in self.planner.concepts(node, respell=wanted)]
        if isinstance(node, Phrase) or len(parts) == 1:
            return parts[0] if parts else _Part({}, 0.0)
        return _combine(parts, [], set(), self.ranker.settings)

    def _any_of(self, node: AnyOf, wanted: bool) -> _Part:
        best: Scores = {}
        weight = 0.0
        for child in node.nodes:
            part = self._node(child, wanted)
            weight = max(weight, part.weight)
            for doc, score in part.scores.items():
                if score > best.get(doc, -1.0):
                    best[doc] = score
        return _Part(best, weight)

    def _concept(self, concept: Concept, wanted: bool = True) -> _Part:
        frequencies = self.ranker.frequencies(concept.forms, self.deadline)
        idf = self.ranker.idf(len(frequencies)) * concept.weight
        if wanted:
            self.concepts.append(concept)
        k1 = self.ranker.settings.k1
        gain = idf * (k1 + 1)
        scores = {doc: gain * value / (k1 + value) for doc, value in frequencies.items()}
        # A word that no document has says nothing about which documents have enough of the query.
        return _Part(scores, min(idf, MAX_COVERAGE_WEIGHT) if scores else 0.0)

    def _filter(self, scores: Scores, filters: Filters) -> Scores:
        engine = self.ranker.engine
        for field, wanted, unwanted in (
            ("language", filters.languages, filters.not_languages),
            ("outlet", filters.outlets, filters.not_outlets),
        ):
            if wanted or unwanted:
                column, values = engine.labels(field)
                keep = [_passes(value.lower(), wanted, unwanted, field == "outlet") for value in values]
                scores = {doc: score for doc, score in scores.items() if keep[column[doc]]}
        if filters.since is not None or filters.until is not None:
            published = engine.published()
            since, until = filters.since or 1, filters.until or 10**17
            scores = {doc: score for doc, score in scores.items() if since <= published[doc] <= until}
        return scores

    def _proximity(self, scores: Scores) -> None:
        """Raise the best documents in which neighbouring concepts stand close together."""
        pairs = [pair for pair in zip(self.concepts, self.concepts[1:], strict=False) if all(c.words for c in pair)]
        if not pairs or not scores or not self.ranker.settings.proximity or time.monotonic() > self.deadline:
            return
        best = sorted(sorted(scores, key=scores.__getitem__, reverse=True)[:PROXIMITY_DOCUMENTS])
        for first, second in pairs:
            weight = self.ranker.settings.proximity * self.ranker.idf(len(best)) / len(self.concepts)
            for field in ("title", "body"):
                left = positions_of(self.ranker.engine, field, first.words, best)
                right = positions_of(self.ranker.engine, field, second.words, best)
                for doc in left.keys() & right.keys():
                    scores[doc] += weight * _closeness(left[doc], right[doc])


def _combine(should: list[_Part], must: list[_Part], excluded: set[int], settings: RankingSettings) -> _Part:
    """Add the parts up; documents need all of ``must``, or when there is none enough of ``should``."""
    parts = sorted((*must, *should), key=lambda part: -part.weight)
    weight = sum(part.weight for part in parts)
    if not parts:
        return _Part({}, 0.0)
    if len(parts) == 1:
        return _Part(_without(parts[0].scores, excluded), weight)
    scores: Scores = {}
    covered: Scores = {}
    allowed = _common(must)
    remaining = weight
    for part in parts:
        # Once what remains is too little to let a document in, only those that are in are added to.
        closed = allowed is not None or remaining < weight * settings.min_coverage
        among = part.scores.keys() & (scores.keys() if allowed is None else allowed) if closed else part.scores
        get, get_covered, of_part = scores.get, covered.get, part.scores
        for doc in among:
            scores[doc] = get(doc, 0.0) + of_part[doc]
            covered[doc] = get_covered(doc, 0.0) + part.weight
        remaining -= part.weight
    factor = {value: (value / weight) ** settings.coverage if weight else 1.0 for value in set(covered.values())}
    enough = settings.min_coverage * weight if allowed is None else 0.0
    scores = {doc: score * factor[covered[doc]] for doc, score in scores.items() if covered[doc] >= enough}
    return _Part(_without(scores, excluded), weight)


def _common(must: list[_Part]) -> set[int] | None:
    """Documents that have all parts; None when nothing is a must."""
    if not must:
        return None
    common = set(min(must, key=lambda part: len(part.scores)).scores)
    for part in must:
        common &= part.scores.keys()
    return common


def _without(scores: Scores, excluded: set[int]) -> Scores:
    return {doc: score for doc, score in scores.items() if doc not in excluded} if excluded else scores


def _passes(value: str, wanted: Sequence[str], unwanted: Sequence[str], partly: bool) -> bool:
    """Whether a label is among the wanted ones; ``partly`` lets ``kompas`` stand for ``tekno.kompas.com``."""

    def among(names: Sequence[str]) -> bool:
        return any(name == value or (partly and name in value) for name in names)

    return (not wanted or among(wanted)) and not (unwanted and among(unwanted))


def _closeness(left: Sequence[int], right: Sequence[int]) -> float:
    """1 when a word of ``right`` follows one of ``left`` directly, less with distance, half in the other order."""
    best = 0.0
    index = 0
    for position in left:
        while index < len(right) and right[index] < position - PROXIMITY_WINDOW:
            index += 1
        for other in right[index:]:
            distance = other - position
            if distance > PROXIMITY_WINDOW:
                break
            value = 1.0 / distance if distance > 0 else 0.5 / -distance if distance < 0 else 0.0
            best = max(best, value)
        if best == 1.0:
            break
    return best
