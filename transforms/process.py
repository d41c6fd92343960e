"""One raw document through every stage: parse, clean, metadata, language, fingerprint.

This is the whole of what a worker does to a document. A stage that fails turns the document into a
:class:`~transforms.models.Rejected` that names the stage, so that one bad document never stops its shard.

Stages can be taken one at a time (:func:`stages_of`): each uses tables that fill a processor's cache, so that documents
that go through them side by side, all through one stage before any goes on to the next, cost a seventh less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Self

from transforms.clean import clean
from transforms.errors import InputError
from transforms.fingerprint import fingerprint
from transforms.language import detect_language
from transforms.metadata import extract_metadata
from transforms.models import Document, RawDocument, Rejected
from transforms.outlet_lines import NOTHING_KNOWN, Knowledge
from transforms.parse import parse
from transforms.read import hash_of

if TYPE_CHECKING:
    from transforms.rules import RuleSet

STAGES = ("parse", "clean", "metadata", "language", "fingerprint")


@dataclass(slots=True)
class StageClock:
    """Seconds spent in each stage, added up over the documents of a shard."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    stage: str = STAGES[0]
    """The stage under way, or the last one that was."""
    _since: float = 0.0

    def during(self, stage: str) -> Self:
        """Count what is done in a ``with`` of this as time of ``stage``."""
        self.stage = stage
        return self

    def __enter__(self) -> None:
        self._since = perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.stage] += perf_counter() - self._since


def process(
    raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge = NOTHING_KNOWN
) -> Document | Rejected:
    """Clean, label and fingerprint one document; whatever goes wrong comes back as a Rejected."""
    return next(result for result in stages_of(raw, rules, clock, known) if result is not None)


def stages_of(
    raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge = NOTHING_KNOWN
) -> Iterator[Document | Rejected | None]:
    """The same stage by stage: None after each but the last, which gives the result."""
    try:
        yield from _stages(raw, rules, clock, known)
    except InputError as error:
        yield Rejected(raw.id, raw.source, clock.stage, error.reason, str(error), error.place, error.hint)
    except Exception as error:  # noqa: BLE001 (a bad document must not stop its shard; it is reported with its stage)
        hint = f"The text is kept in its source; `saring clean {raw.source}` shows the failure again."
        yield Rejected(
            raw.id, raw.source, clock.stage, type(error).__name__, f"{clock.stage} failed: {error}", "", hint
        )


def _stages(raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge) -> Iterator[Document | None]:
    with clock.during("parse"):
        view, hints = parse(raw)
    yield None
    with clock.during("clean"):
        cleaned = clean(view, hints, rules, known)
    yield None
    with clock.during("metadata"):
        metadata = extract_metadata(raw, hints, cleaned)
    yield None
    with clock.during("language"):
        language = detect_language(cleaned.text)
    yield None
    with clock.during("fingerprint"):
        print_ = fingerprint(cleaned.text)
        raw_hash = hash_of(raw)
    yield Document(
        id=raw.id,
        source=raw.source,
        url=hints.url,
        title=metadata.title,
        published_at=metadata.published_at,
        outlet=metadata.outlet,
        place=metadata.place,
        authors=metadata.authors,
        text=cleaned.text,
        language=language,
        removals=cleaned.removals,
        repairs=cleaned.repairs,
        warnings=(*raw.warnings, *cleaned.warnings, *metadata.warnings, *_emptiness(cleaned.text)),
        rules_version=rules.version,
        raw_hash=raw_hash,
        raw_text=raw.text,
        fingerprint=print_,
    )


def _emptiness(text: str) -> tuple[str, ...]:
    return () if text.strip() else ("every character was taken for boilerplate",)
