"""One raw document through every stage: parse, clean, metadata, language, fingerprint.

This is the whole of what a worker does to a document. A stage that fails turns the document into a
:class:`~transforms.models.Rejected` that names the stage, so that one bad document never stops its shard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

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
    _since: float = 0.0
    stage: str = STAGES[0]

    def enter(self, stage: str) -> None:
        """Close the stage before and begin ``stage``."""
        now = perf_counter()
        if self._since:
            self.seconds[self.stage] += now - self._since
        self.stage, self._since = stage, now

    def leave(self) -> None:
        """Close the stage under way."""
        if self._since:
            self.seconds[self.stage] += perf_counter() - self._since
        self._since = 0.0


def process(
    raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge = NOTHING_KNOWN
) -> Document | Rejected:
    """Clean, label and fingerprint one document; whatever goes wrong comes back as a Rejected."""
    try:
        return _stages(raw, rules, clock, known)
    except InputError as error:
        return Rejected(raw.id, raw.source, clock.stage, error.reason, str(error), error.place, error.hint)
    except Exception as error:  # noqa: BLE001 (a bad document must not stop its shard; it is reported with its stage)
        hint = f"The text is kept in its source; `saring clean {raw.source}` shows the failure again."
        return Rejected(
            raw.id, raw.source, clock.stage, type(error).__name__, f"{clock.stage} failed: {error}", "", hint
        )
    finally:
        clock.leave()


def _stages(raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge) -> Document:
    clock.enter("parse")
    view, hints = parse(raw)
    clock.enter("clean")
    cleaned = clean(view, hints, rules, known)
    clock.enter("metadata")
    metadata = extract_metadata(raw, hints, cleaned)
    clock.enter("language")
    language = detect_language(cleaned.text)
    clock.enter("fingerprint")
    return Document(
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
        raw_hash=hash_of(raw),
        raw_text=raw.text,
        fingerprint=fingerprint(cleaned.text),
    )


def _emptiness(text: str) -> tuple[str, ...]:
    return () if text.strip() else ("every character was taken for boilerplate",)
