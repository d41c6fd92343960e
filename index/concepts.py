"""From words of a query to everything that counts as finding them: surface forms, stems, abbreviations, beginnings."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from index.analysis import Analyzer, Token, fold
from index.analysis_words import abbreviations, case_sensitive_abbreviations, longest_expansion, stop_words
from index.engine import Engine
from index.query import MAX_PHRASE_WORDS, TERM_FIELDS, AnyOf, Clause, Group, Node, Phrase, Word
from index.schema import STEM_FIELDS, SURFACE_FIELDS
from index.spelling import closest, edit_distance, may_be_near
from index.wordings import expansions, other_wordings

QUERY_LANGUAGES: Final = ("id", "en")
"""Stemmers a query word goes through when no language is asked for: one word does not tell its language."""
MAX_EXPANSIONS: Final = 50
"""Terms a beginning or near spelling stands for, the most frequent first."""
MIN_SPELLED_CHARACTERS: Final = 4
"""Shorter words have too many neighbours for one of them to be meant."""
SPELLING_SECONDS: Final = 0.3
"""Time for finding what misspelt words mean, of a whole query; a word takes 0.02 to 0.1."""
MAX_SCANNED_TERMS: Final = 60_000
"""Terms looked at to find these, about 60 ms."""
NEAR_WEIGHT: Final = 0.6
"""An occurrence of a near spelling."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to find a concept: a term of a field, or a phrase (``positions`` are its offsets)."""

    field: str
    terms: tuple[str, ...]
    weight: float = 1.0
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that is asked for, with all its forms; ``words`` are single surface terms, for proximity."""

    source: str
    """What the user typed."""
    forms: tuple[Form, ...]
    words: tuple[str, ...] = ()
    weight: float = 1.0
    """Function words count little when they stand beside others."""
    meant: str = ""
    """The known word that is searched for in place of ``source``, which no document has."""


class Planner:
    """Makes the concepts of one query; warnings say what was left out."""

    def __init__(self, engine: Engine, expansion_weight: float, languages: Sequence[str], deadline: float) -> None:
        self._engine = engine
        self._expansion_weight = expansion_weight
        self._analyzers = [Analyzer(language) for language in languages or QUERY_LANGUAGES]
        self._deadline = deadline
        self._spelling_deadline: float | None = None
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        """Note once what was left out."""
        if message not in self.warnings:
            self.warnings.append(message)

    def arrange(self, clauses: Sequence[Clause]) -> list[Clause]:
        """Drop function words beside other words, make phrases and fields required, join long forms and their short."""
        content = [clause for clause in clauses if not _is_stop_word(clause)]
        # Only function words are left: then they are what is asked for.
        kept = content if any(clause.occur != "not" for clause in content) else list(clauses)
        arranged = [
            replace(clause, occur="must") if clause.occur == "should" and _is_strict(clause.node) else clause
            for clause in kept
        ]
        return self._with_short_forms(arranged)

    def concepts(self, node: Word | Phrase, *, respell: bool = True) -> list[Concept]:
        """The concepts of a leaf: one, or several for a word that falls into parts (``Rusia-Korea``).

        With ``respell`` a word that no document has stands for the likeliest meant one.
        """
        if isinstance(node, Phrase):
            concept = self._phrase(node)
            return [concept] if concept else []
        if node.field in TERM_FIELDS:
            return [Concept(node.text, (Form(node.field, (fold(node.text),)),))]
        if node.prefix:
            return [self._expanded(node, self._beginnings(fold(node.text)))]
        if node.edits:
            return [self._expanded(node, self._near(fold(node.text), node.edits))]
        return self._word(node, respell)

    def _word(self, node: Word, respell: bool) -> list[Concept]:
        tokens = list(self._analyzers[0].tokens(node.text))
        concepts = []
        for token in tokens:
            offsets = {term.offset for term in token.terms}
            whole = [term.surface for term in token.terms if term.offset == 0]
            if len(offsets) > 1 and len(whole) == 1:
                concepts += [self._single(term.surface, (term.surface,), node.field) for term in token.terms]
            else:
                simple = len(offsets) == 1 and token.raw not in case_sensitive_abbreviations()
                concept = self._single(token.raw, _surfaces(token), node.field, stemmed=simple)
                concepts.append((self._respelled(concept, node.field) if respell else None) or concept)
        return concepts

    def _respelled(self, concept: Concept, field: str) -> Concept | None:
        """For a word that no document has, the concept of the likeliest meant one."""
        word, count = concept.source, self._engine.count
        if len(word) < MIN_SPELLED_CHARACTERS or not word.isalpha():
            return None
        if any(form.positions or count(form.field, form.terms[0]) for form in concept.forms):
            return None
        now = time.monotonic()
        self._spelling_deadline = self._spelling_deadline or min(now + SPELLING_SECONDS, self._deadline)
        if now > self._spelling_deadline:
            return None
        known = chain.from_iterable(self._engine.terms(name, fold(word)[:1]) for name in SURFACE_FIELDS)
        meant = closest(fold(word), known)
        if meant is None:
            return None
        self.warn(f"{word}: no document has this word; {meant} was searched for")
        near = self._single(meant, (meant,), field)
        forms = tuple(replace(form, weight=form.weight * NEAR_WEIGHT) for form in near.forms)
        return replace(near, source=word, forms=forms, meant=meant)

    def _single(self, raw: str, surfaces: Sequence[str], field: str, *, stemmed: bool = True) -> Concept:
        forms = []
        stems = dict.fromkeys(
            term.stem for a in self._analyzers for token in a.tokens(raw) for term in token.terms if term.stem
        )
        for name in _text_fields(field):
            forms += [Form(name, (surface,)) for surface in surfaces]
            if stemmed:
                forms += [Form(STEM_FIELDS[name], (stem,)) for stem in stems]
            for expansion in expansions(raw):
                forms.append(self._expansion(name, expansion))
        return Concept(raw, tuple(dict.fromkeys(forms)), tuple(surfaces))

    def _expansion(self, field: str, text: str) -> Form:
        """An abbreviation's long form as a phrase, or a short form as a term."""
        if " " not in text and "-" not in text:
            return Form(field, (text,), self._expansion_weight)
        terms, offsets = self._sequence(text)
        if len(terms) == 1:
            return Form(field, terms, self._expansion_weight)
        return Form(field, terms, self._expansion_weight, offsets)

    def _sequence(self, text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """The words of a phrase and their offsets."""
        pairs = []
        for token in self._analyzers[0].tokens(text):
            by_offset = {term.offset: term.surface for term in reversed(token.terms)}
            if token.raw in case_sensitive_abbreviations():
                by_offset[0] = token.raw
            pairs += [(surface, token.position + offset) for offset, surface in sorted(by_offset.items())]
        return tuple(term for term, _ in pairs), tuple(offset for _, offset in pairs)

    def _phrase(self, node: Phrase) -> Concept | None:
        if node.field in TERM_FIELDS:
            return Concept(node.text, (Form(node.field, (fold(node.text),)),))
        terms, offsets = self._sequence(node.text)
        if not terms:
            return None
        if len(terms) > MAX_PHRASE_WORDS:
            self.warn(f"only the first {MAX_PHRASE_WORDS} words of a phrase are searched for")
            terms, offsets = terms[:MAX_PHRASE_WORDS], offsets[:MAX_PHRASE_WORDS]
        positions = offsets if len(terms) > 1 else ()
        fields = _text_fields(node.field)
        forms = [Form(name, terms, 1.0, positions) for name in fields]
        if positions:
            forms += [self._expansion(n, text) for text in other_wordings(node.text, MAX_PHRASE_WORDS) for n in fields]
        return Concept(node.text, tuple(dict.fromkeys(forms)))

    def _expanded(self, node: Word, terms: Iterable[str]) -> Concept:
        words = tuple(terms)
        exact = fold(node.text)
        forms = tuple(
            Form(name, (word,), 1.0 if word.startswith(exact) else NEAR_WEIGHT)
            for word in words
            for name in _text_fields(node.field)
        )
        return Concept(node.text, forms, words)

    def _beginnings(self, prefix: str) -> list[str]:
        counts: dict[str, int] = {}
        for term, count in self._scan(prefix):
            counts[term] = counts.get(term, 0) + count
        return self._most_frequent(counts, prefix)

    def _near(self, word: str, edits: int) -> list[str]:
        counts: dict[str, int] = {}
        letters = frozenset(word)
        for term, count in self._scan(word[:1]):
            if abs(len(term) - len(word)) > edits or not may_be_near(letters, term, edits):
                continue
            if edit_distance(word, term, edits) <= edits:
                counts[term] = counts.get(term, 0) + count
        return self._most_frequent(counts, word)

    def _most_frequent(self, counts: dict[str, int], word: str) -> list[str]:
        terms = sorted(counts, key=lambda term: (term != word, -counts[term], term))
        if len(terms) > MAX_EXPANSIONS:
            self.warn(f"{word}: only the {MAX_EXPANSIONS} most frequent words are searched for")
        return terms[:MAX_EXPANSIONS]

    def _scan(self, prefix: str) -> Iterator[tuple[str, int]]:
        for number, item in enumerate(self._engine.terms("body", prefix)):
            if number >= MAX_SCANNED_TERMS or (number % 1000 == 0 and time.monotonic() > self._deadline):
                self.warn(f"{prefix}: too many words begin so; some were left out")
                return
            yield item

    def _with_short_forms(self, clauses: list[Clause]) -> list[Clause]:
        """Where neighbouring words are a long form (*amerika serikat*), let its short form stand for each of them."""
        texts = [_plain(clause.node) for clause in clauses]
        extra: dict[int, list[str]] = {}
        for start in range(len(texts)):
            for end in range(start + 2, min(len(texts), start + longest_expansion()) + 1):
                if not all(texts[start:end]):
                    break
                for short in abbreviations().get(" ".join(texts[start:end]), ()):
                    for index in range(start, end):
                        extra.setdefault(index, []).append(short)
        return [
            replace(clause, node=_either(clause.node, extra[index])) if index in extra else clause
            for index, clause in enumerate(clauses)
        ]


def _either(node: Node, shorts: Sequence[str]) -> Node:
    return AnyOf((node, *(Word(short) for short in shorts)))


def _plain(node: Node) -> str:
    """The text of a simple word, else nothing."""
    if isinstance(node, Word) and not node.prefix and not node.edits and not node.field:
        return node.text.lower()
    return ""


def _is_stop_word(clause: Clause) -> bool:
    return clause.occur == "should" and _plain(clause.node) in stop_words() and clause.node.text.islower()  # type: ignore[union-attr]  # only words are plain


def is_restriction(node: Node) -> bool:
    """Author and place narrow a result, as outlet and language do; the words beside them are what is looked for."""
    return isinstance(node, Word | Phrase) and node.field in TERM_FIELDS


def _is_strict(node: Node) -> bool:
    """Quotes and fields are asked for on purpose: a document without them is not an answer."""
    if is_restriction(node):
        return False
    if isinstance(node, Phrase):
        # One word in quotes is that very form, but no more required than the words beside it.
        return bool(node.field) or len(node.text.split()) > 1
    return (isinstance(node, Word) and bool(node.field)) or isinstance(node, Group)


def _surfaces(token: Token) -> tuple[str, ...]:
    if token.raw in case_sensitive_abbreviations():
        # Written in capitals it is not the word in lower case.
        return (token.raw,)
    return tuple(dict.fromkeys(term.surface for term in token.terms if term.offset == 0))


def _text_fields(field: str) -> tuple[str, ...]:
    return (field,) if field else SURFACE_FIELDS
