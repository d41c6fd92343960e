"""Score cleaning against gold: how much boilerplate went, and how much body went with it.

Every character of a gold text that is not white space is one of three things:

- *boilerplate*, to remove: inside a span, whatever its label, unless one of the next two holds;
- *neutral*, neither right nor wrong to remove: ``title``, ``dateline``, ``date_line`` and every ambiguous span;
- *body*, to keep: all the rest, and ``body`` and ``heading`` spans.

Passages marked ``repeated_body`` stand twice in the raw text, and either copy may be kept, so they count in neither
sum; one that still stands twice in the clean text is reported by itself. Removals carry exact offsets, which say what
is gone. Only where something of a marked copy was kept do they not tell what is missing: there the clean text is
aligned with the raw text less the copies, in order, so that a kept copy stands in for the passage it repeats.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from transforms.gold import GoldDocument, GoldSpan
from transforms.models import Removal

NEUTRAL_LABELS = frozenset({"title", "dateline", "date_line"})
BODY_LABELS = frozenset({"body", "heading"})
COPY_LABEL = "repeated_body"

TOKEN = re.compile(r"\w+|[^\w\s]")
SHORTEST_GLUED_MATCH = 3
"""Characters: between words that differ because of missing spaces, shorter equal pieces than this are chance."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Characters that are not white space: all of them, and those that were removed."""

    characters: int = 0
    removed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.characters + other.characters, self.removed + other.removed)

    @property
    def share(self) -> float:
        """The share removed, between 0 and 1; 1 where there was nothing to remove."""
        return self.removed / self.characters if self.characters else 1.0


@dataclass(frozen=True, slots=True)
class RuleTally:
    """What a rule took: how often, how many characters that are not white space, and how many of those were body."""

    removals: int = 0
    characters: int = 0
    body: int = 0

    def __add__(self, other: RuleTally) -> RuleTally:
        return RuleTally(self.removals + other.removals, self.characters + other.characters, self.body + other.body)


@dataclass(frozen=True, slots=True)
class DocumentScore:
    """What cleaning did to one gold document."""

    id: str
    boilerplate: Tally
    body: Tally
    copies: int
    """Passages marked as repeated."""
    copies_left: int
    """Those of them that still stand twice."""
    labels: dict[str, Tally] = field(default_factory=dict)
    rules: dict[str, RuleTally] = field(default_factory=dict)
    leaked: tuple[str, ...] = ()
    """Boilerplate that is still there."""
    lost: tuple[str, ...] = ()
    """Body that is gone."""
    failure: str | None = None
    """Why the document could not be cleaned: all of its text counts as lost."""

    @property
    def errors(self) -> int:
        """Characters that are wrong, leaked or lost."""
        return self.boilerplate.characters - self.boilerplate.removed + self.body.removed


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of a gold folder; sums run over characters, so long documents weigh more."""

    documents: tuple[DocumentScore, ...]

    @property
    def boilerplate(self) -> Tally:
        """Boilerplate of all documents."""
        return sum((score.boilerplate for score in self.documents), Tally())

    @property
    def body(self) -> Tally:
        """Body of all documents."""
        return sum((score.body for score in self.documents), Tally())

    @property
    def copies(self) -> int:
        """Repeated passages of all documents."""
        return sum(score.copies for score in self.documents)

    @property
    def copies_left(self) -> int:
        """Repeated passages that still stand twice."""
        return sum(score.copies_left for score in self.documents)

    @property
    def removed_share(self) -> float:
        """Recall: the share of boilerplate that is gone."""
        return self.boilerplate.share

    @property
    def lost_share(self) -> float:
        """The share of body that is gone."""
        return self.body.removed / self.body.characters if self.body.characters else 0.0

    @property
    def precision(self) -> float:
        """The share of what was removed (neutral text aside) that was boilerplate."""
        return Tally(self.boilerplate.removed + self.body.removed, self.boilerplate.removed).share

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.removed_share
        return 2 * self.precision * self.removed_share / total if total else 0.0

    @property
    def labels(self) -> dict[str, Tally]:
        """Characters of each gold label, and how many are gone; in order of label."""
        names = sorted({name for score in self.documents for name in score.labels})
        return {name: sum((s.labels.get(name, Tally()) for s in self.documents), Tally()) for name in names}

    @property
    def rules(self) -> dict[str, RuleTally]:
        """What each rule took; in order of rule."""
        names = sorted({name for score in self.documents for name in score.rules})
        return {name: sum((s.rules.get(name, RuleTally()) for s in self.documents), RuleTally()) for name in names}

    def worst(self, number: int) -> list[DocumentScore]:
        """The documents with most characters wrong, worst first; documents without an error are left out."""
        ranked = sorted(self.documents, key=lambda score: (-score.errors, score.id))
        return [score for score in ranked[:number] if score.errors or score.failure]

    def to_json(self) -> dict[str, Any]:
        """Every figure, as plain JSON values; shares lie between 0 and 1."""
        return {
            "documents": len(self.documents),
            "removed": self.removed_share,
            "body_lost": self.lost_share,
            "precision": self.precision,
            "f1": self.f1,
            "repeats": self.copies,
            "repeats_left": self.copies_left,
            "kinds": {label: asdict(tally) for label, tally in self.labels.items()},
            "rules": {rule: asdict(tally) for rule, tally in self.rules.items()},
            "worst": [
                {"id": s.id, "wrong": s.errors, "leaked": s.leaked, "lost": s.lost, "failure": s.failure}
                for s in self.worst(len(self.documents))
            ],
        }

    def summary(self) -> str:
        """The figures in one line."""
        several = "1 document" if len(self.documents) == 1 else f"{len(self.documents)} documents"
        return (
            f"{several}: removed {self.removed_share:.2%}, body lost {self.lost_share:.3%}, "
            f"F1 {self.f1:.4f}, repeats left {self.copies_left} of {self.copies}"
        )


def score(gold: GoldDocument, removals: Sequence[Removal], text: str) -> DocumentScore:
    """Score what cleaning made of ``gold.text``: its removals (offsets into it) and the clean text."""
    gone = bytearray(len(gold.text))
    for removal in removals:
        gone[removal.start : removal.end] = b"\1" * (removal.end - removal.start)
    copies = [span for span in gold.spans if span.label == COPY_LABEL and not span.ambiguous]
    if not all(gone[at] or gold.text[at].isspace() for span in copies for at in range(span.start, span.end)):
        gone = _gone_by_alignment(gold.text, copies, text)
    labels = _labels(gold)
    tallies: Counter[tuple[str, bool]] = Counter((label, bool(out)) for label, out in zip(labels, gone, strict=True))
    named = {label for label, _ in tallies if label not in ("", "body", "neutral", COPY_LABEL)}
    by_label = {name: _tally(tallies, name) for name in named}
    leaked = [label in named and not out for label, out in zip(labels, gone, strict=True)]
    lost = [label == "body" and bool(out) for label, out in zip(labels, gone, strict=True)]
    squeezed = _squeezed(text)
    return DocumentScore(
        id=gold.id,
        boilerplate=sum(by_label.values(), Tally()),
        body=_tally(tallies, "body"),
        copies=len(copies),
        copies_left=sum(squeezed.count(_squeezed(gold.text[span.start : span.end])) > 1 for span in copies),
        labels=by_label,
        rules=_by_rule(gold.text, removals, lost),
        leaked=tuple(_passages(gold.text, leaked)),
        lost=tuple(_passages(gold.text, lost)),
    )


def failed(gold: GoldDocument, reason: str) -> DocumentScore:
    """The score of a document that could not be cleaned: nothing of it is left, which loses all its body."""
    everything = Removal(0, len(gold.text), gold.text, "failure", "other", 0.0)
    return replace(score(gold, [everything], ""), rules={}, failure=reason)


def _labels(gold: GoldDocument) -> list[str]:
    """One label a character: empty for white space; copies keep their label, so that nothing else counts them."""
    labels = ["body"] * len(gold.text)
    # Copies last: whatever stands inside one is part of it.
    for span in sorted(gold.spans, key=lambda s: s.label == COPY_LABEL and not s.ambiguous):
        if span.label in BODY_LABELS:
            continue
        label = "neutral" if span.ambiguous or span.label in NEUTRAL_LABELS else span.label
        labels[span.start : span.end] = [label] * (span.end - span.start)
    return ["" if char.isspace() else label for char, label in zip(gold.text, labels, strict=True)]


def _gone_by_alignment(raw: str, copies: Sequence[GoldSpan], text: str) -> bytearray:
    """Mark with 1 what of ``raw`` less its ``copies`` is not in ``text``, token by token."""
    gone = bytearray(b"\1" * len(raw))
    copied = bytearray(len(raw))
    for span in copies:
        copied[span.start : span.end] = b"\1" * (span.end - span.start)
    tokens = [match.span() for match in TOKEN.finditer(raw) if not copied[match.start()]]
    words = TOKEN.findall(text)
    matcher = SequenceMatcher(None, [raw[start:end] for start, end in tokens], words, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            for start, end in tokens[i1:i2]:
                gone[start:end] = bytes(end - start)
        elif tag == "replace":
            run = [at for start, end in tokens[i1:i2] for at in range(start, end)]
            pieces = SequenceMatcher(None, "".join(raw[at] for at in run), "".join(words[j1:j2]), autojunk=False)
            for block in pieces.get_matching_blocks():
                if block.size >= SHORTEST_GLUED_MATCH:
                    for at in run[block.a : block.a + block.size]:
                        gone[at] = 0
    return gone


def _by_rule(text: str, removals: Sequence[Removal], lost: Sequence[bool]) -> dict[str, RuleTally]:
    tallies: dict[str, RuleTally] = {}
    for removal in removals:
        characters = sum(not char.isspace() for char in text[removal.start : removal.end])
        taken = RuleTally(1, characters, sum(lost[removal.start : removal.end]))
        tallies[removal.rule] = tallies.get(removal.rule, RuleTally()) + taken
    return tallies


def _passages(text: str, chosen: Sequence[bool]) -> Iterator[str]:
    """Runs of chosen characters, white space bridged."""
    run: tuple[int, int] | None = None
    for at, (char, pick) in enumerate(zip(text, chosen, strict=True)):
        if pick:
            run = (run[0] if run else at, at + 1)
        elif run and not char.isspace():
            yield text[slice(*run)]
            run = None
    if run:
        yield text[slice(*run)]


def _squeezed(text: str) -> str:
    return " ".join(TOKEN.findall(text.casefold()))


def _tally(counts: Counter[tuple[str, bool]], label: str) -> Tally:
    return Tally(counts[label, False] + counts[label, True], counts[label, True])
