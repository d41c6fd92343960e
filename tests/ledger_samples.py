"""Documents for the tests of ledger and duplicates: invented articles, and the ways in which they come back."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

from transforms.fingerprint import fingerprint
from transforms.models import Document, LanguageShare, LanguageVerdict, Removal, Repair

NOW = "2026-01-02T03:04:05+00:00"
LATER = "2026-01-03T03:04:05+00:00"

SYLLABLES = ("ba", "ran", "ti", "mo", "lu", "ke", "sa", "der", "pin", "ga", "tu", "wi", "no", "he", "ra", "mi")


def article(seed: int, sentences: int = 12) -> str:
    """Return an article of invented words: two seeds have nothing in common."""
    chance = random.Random(seed)
    made = []
    for _ in range(sentences):
        words = ["".join(chance.choice(SYLLABLES) for _ in range(chance.randint(2, 4))) for _ in range(12)]
        made.append(f"{words[0].capitalize()} {' '.join(words[1:])}.")
    return " ".join(made)


def document(id_: str, text: str, source: str | None = None, **fields: object) -> Document:
    made = Document(
        id=id_,
        source=source or f"/berita/{id_}.txt",
        url=None,
        title=None,
        published_at=None,
        outlet="suaralembah.id",
        place="Lembah",
        authors=("Sari W.",),
        text=text,
        language=LanguageVerdict("id", 0.99, (LanguageShare("id", 1.0),)),
        removals=(),
        repairs=(Repair(3, "space_at_join"),),
        warnings=(),
        rules_version="r1",
        raw_hash=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        raw_text=text,
        fingerprint=fingerprint(text),
    )
    return replace(made, **fields)  # type: ignore[arg-type]  # fields by keyword


def with_boilerplate(id_: str, text: str) -> Document:
    """Return a document from which a line was cut, as the cleaner makes it."""
    line = "Baca Juga: Pasar Lembah Dibuka Lagi"
    raw = f"{line}\n{text}"
    cut = Removal(0, len(line), line, "related.own_line", "related_link", 0.9)
    return document(id_, text, raw_text=raw, removals=(cut,), title="Panen raya di Lembah")
