"""Why each character of a document is gone: the raw text with every removal and repair in place.

:func:`explain` joins a text, its removals and the catalogue's reasons into an :class:`Explanation`, whose parts cover
the decoded input from first to last character. Renderers only walk over the parts: :func:`fragments` for a terminal
here, and ``explain_html`` for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from transforms.models import Kind, Removal, Repair

KIND_REASONS: Mapping[Kind, str] = {
    "related_link": "A link to another article of the outlet; it is not part of this one.",
    "caption": "The caption of a picture that the text does not carry.",
    "credit": "Names who took or owns a picture or a video.",
    "byline_signoff": "Names or initials of reporters and editors, set around the article.",
    "republication": "A notice on where the article first appeared or may be printed again.",
    "promo": "Advertises the outlet, a service or a channel.",
    "comment_form": "Part of the page's comment form.",
    "navigation": "Navigation of the page: menus, breadcrumbs, share buttons, next and previous article.",
    "tags": "The page's list of topics or keywords.",
    "social_embed": "What is left of an embedded post or player.",
    "dateline": "Place and outlet before the first sentence; kept as metadata.",
    "date_line": "The line with the time of publication; kept as metadata.",
    "repeated_title": "The title, which is kept as metadata and does not belong in the text again.",
    "repeated_body": "A passage that the document prints twice; the better copy is kept.",
    "markup": "Markup of the page, not text.",
    "other": "Furniture of the page around the article.",
}
"""What is said of a removal whose rule has no sentence of its own."""
REPAIR_REASONS: Mapping[str, str] = {
    "space_at_join": "A space was set between two sentences that were glued together.",
    "mojibake": "Characters damaged by a wrong encoding were mended.",
    "line_joined": "A line break inside a sentence was closed.",
}
LONGEST_MARKUP_SHOWN = 120
"""Characters shown of a stretch of markup: scripts and style sheets run to thousands and explain nothing."""

Role = Literal["kept", "removed", "label", "repair", "heading", "note"]


class Explainable(Protocol):
    """What an explanation needs of a document, fresh from cleaning or out of a store.

    ``removals`` are in order of their start and do not overlap.
    """

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def source(self) -> str:
        """Where it was read."""

    @property
    def title(self) -> str | None:
        """Its title, if it has one."""

    @property
    def raw_text(self) -> str:
        """The decoded input."""

    @property
    def removals(self) -> tuple[Removal, ...]:
        """What is gone."""

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was mended."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What cleaning was unsure of."""

    @property
    def rules_version(self) -> str:
        """Version of the rules it was cleaned by."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the decoded input, in order: kept when ``removal`` is None. ``text`` is safe to show."""

    text: str
    removal: Removal | None = None
    reason: str = ""
    repair: Repair | None = None
    """A repair at the start of this stretch; such a part may be empty."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """What one rule took from the document: ``characters`` over all its ``removals``."""

    rule: str
    kind: Kind
    reason: str
    removals: int
    characters: int
    confidence: float
    """The lowest of its removals."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document's decoded input, cut into parts, and what is known of how it was cleaned."""

    name: str
    """The document's title, or its id."""
    source: str
    characters: int
    parts: tuple[Part, ...]
    uses: tuple[RuleUse, ...]
    """Largest first."""
    rules_version: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def removed(self) -> int:
        """Characters that are gone."""
        return sum(use.characters for use in self.uses)

    @property
    def removals(self) -> int:
        """Stretches that are gone."""
        return sum(use.removals for use in self.uses)

    @property
    def repairs(self) -> int:
        """Changes of the kept text."""
        return sum(part.repair is not None for part in self.parts)

    def summary(self) -> str:
        """The figures in one line."""
        share = self.removed / self.characters if self.characters else 0.0
        repairs = f"; {_counted(self.repairs, 'repair')}" if self.repairs else ""
        places = _counted(self.removals, "place")
        rules = f"; rules {self.rules_version}" if self.rules_version else ""
        return f"{self.removed:,} of {self.characters:,} characters removed ({share:.1%}) in {places}{repairs}{rules}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of an explanation as it is printed; ``kind`` is set for what has a colour."""

    text: str
    role: Role
    kind: Kind | None = None


def explain(document: Explainable, reasons: Mapping[str, str], printable: Callable[[str], str]) -> Explanation:
    """Cut the document's decoded input at its removals and repairs.

    ``reasons`` gives a rule's sentence by its id; ``printable`` makes the control characters of the text visible.
    """
    raw_text = document.raw_text
    pending = sorted(document.repairs, key=lambda repair: repair.at)
    parts: list[Part] = []
    at = 0
    for removal in (*document.removals, None):
        parts.extend(_kept(raw_text, at, removal.start if removal else len(raw_text), pending, printable))
        if removal:
            text = _shown(raw_text, removal.start, removal.end)
            if removal.kind == "markup":
                text = _abridged(text)
            parts.append(Part(printable(text), removal, reasons.get(removal.rule) or KIND_REASONS[removal.kind]))
            at = removal.end
    return Explanation(
        name=printable(document.title or document.id),
        source=printable(document.source),
        characters=len(raw_text),
        parts=tuple(parts),
        uses=_uses(document.removals, reasons),
        rules_version=document.rules_version,
        warnings=tuple(printable(warning) for warning in document.warnings),
    )


def fragments(explanation: Explanation, *, brackets: bool) -> Iterator[Fragment]:
    """An explanation as pieces to print: figures, the marked text, then every rule with its reason.

    Joined without colours they are plain text: ``brackets`` sets ``[-…-]`` around what is gone.
    """
    yield Fragment(f"{explanation.name}\n", "heading")
    yield Fragment(f"{explanation.source}\n{explanation.summary()}\n", "note")
    for warning in explanation.warnings:
        yield Fragment(f"warning: {warning}\n", "note")
    yield Fragment("\n", "kept")
    for part in explanation.parts:
        if part.repair:
            yield Fragment(f"[+{part.repair.kind}+]", "repair")
        if part.removal is None:
            yield Fragment(part.text, "kept")
        else:
            yield Fragment(f"[-{part.text}-]" if brackets else part.text, "removed", part.removal.kind)
            # A page has a tag every few words: what took them is said once, below the text.
            if part.removal.kind != "markup":
                yield Fragment(f"{{{removal_label(part.removal)}}}", "label", part.removal.kind)
    yield Fragment("\n", "kept")
    for use in explanation.uses:
        counted = f"{_counted(use.removals, 'removal')}, {_counted(use.characters, 'character')}"
        yield Fragment(f"\n{use.rule}", "label", use.kind)
        yield Fragment(f"  {use.kind}: {counted}\n  {use.reason}\n", "note")


def removal_label(removal: Removal) -> str:
    """Rule, kind and confidence, such as ``related.inline related_link 0.93``."""
    return f"{removal.rule} {removal.kind} {removal.confidence:.2f}"


def _kept(
    raw_text: str, start: int, end: int, pending: list[Repair], printable: Callable[[str], str]
) -> Iterator[Part]:
    """The kept stretch ``[start, end)``, cut where a repair stands; takes from ``pending`` what belongs to it."""
    repair: Repair | None = None
    while pending and pending[0].at <= end:
        # A repair inside a removal before this stretch moves to where the kept text goes on.
        at = max(start, pending[0].at)
        if at > start or repair:
            yield Part(printable(_shown(raw_text, start, at)), repair=repair)
        repair, start = pending.pop(0), at
    if start < end or repair:
        yield Part(printable(_shown(raw_text, start, end)), repair=repair)


def _shown(raw_text: str, start: int, end: int) -> str:
    """The stretch with plain line ends."""
    text = raw_text[start:end].replace("\r\n", "\n")
    return text[:-1] if text.endswith("\r") and raw_text.startswith("\n", end) else text


def _abridged(markup: str) -> str:
    if len(markup) <= LONGEST_MARKUP_SHOWN:
        return markup
    half = LONGEST_MARKUP_SHOWN // 2
    return f"{markup[:half]} … {len(markup) - 2 * half:,} characters … {markup[-half:]}"


def _uses(removals: Sequence[Removal], reasons: Mapping[str, str]) -> tuple[RuleUse, ...]:
    by_rule: dict[tuple[str, Kind], list[Removal]] = {}
    for removal in removals:
        by_rule.setdefault((removal.rule, removal.kind), []).append(removal)
    uses = (
        RuleUse(
            rule,
            kind,
            reasons.get(rule) or KIND_REASONS[kind],
            len(taken),
            sum(removal.end - removal.start for removal in taken),
            min(removal.confidence for removal in taken),
        )
        for (rule, kind), taken in by_rule.items()
    )
    return tuple(sorted(uses, key=lambda use: (-use.characters, use.rule)))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
