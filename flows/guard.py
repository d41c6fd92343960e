"""The guard: what loses far more than usual is held for a person instead of being silently emptied.

A page that was redesigned, or a rule gone wrong, shows itself by the share of a text that cleaning removes. Three
histories are compared, all as they stood before the run, so that order and shards make no difference: that of the very
document, when the same raw text was cleaned before; that of its outlet; and, at the end of cleaning, that of the outlet
against all its documents of this run. What is held is in the ledger and not in the index; a person releases it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.wording import many
from index import ledger_shares
from index.ledger_shares import BINS, Earlier, Histogram, bin_of

if TYPE_CHECKING:
    from index.ledger import Ledger
    from index.ledger_rows import PackedDocument

LOSSLESS = ("markup", "repeated_body", "repeated_title")
"""Kinds of removals that lose nothing of the article, however much they take."""
MIN_HISTORY = 50
"""Documents an outlet needs before it has a history to compare with."""
MIN_IN_RUN = 20
"""Documents of an outlet in one run that are compared as a whole."""
MIN_REMOVED = 500
"""Characters that must be gone: of short notes a sign-off is a large share."""
DOCUMENT_GAP = 0.5
"""Removed share above its outlet's median from which a document is held, unless the outlet scatters more."""
OUTLET_GAP = 0.2
"""Rise of an outlet's median in one run from which its documents are held."""
DEVIATIONS = 6
"""The same in robust standard deviations; the larger of the two counts."""
SHRUNK_TO = 0.5
"""Share of its earlier clean text below which a document, cleaned again from the same raw text, is held."""
MIN_EARLIER = 300
"""Characters of the earlier clean text, for that comparison."""
NORMAL = 1.4826
"""Median absolute deviation to standard deviation, for normally distributed shares."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of an outlet: removed shares between 0 and 1."""

    documents: int
    median: float
    deviation: float

    @classmethod
    def of(cls, histogram: Histogram) -> Usual:
        """Median and robust standard deviation of a histogram."""
        median = _median(enumerate(histogram))
        spread = Counter[int]()
        for number, documents in enumerate(histogram):
            spread[abs(number - median)] += documents
        return cls(sum(histogram), median / BINS, NORMAL * _median(sorted(spread.items())) / BINS)

    def limit(self, gap: float) -> float:
        """The share from which something is far from usual."""
        return self.median + max(gap, DEVIATIONS * self.deviation)


def _median(counts: Iterable[tuple[int, int]]) -> int:
    counted = list(counts)
    left = sum(documents for _, documents in counted) / 2
    for value, documents in counted:
        left -= documents
        if left <= 0:
            return value
    return 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What to record with a shard: the reasons for which documents are held, by id, and the shares of the others."""

    held: dict[str, str]
    shares: Counter[tuple[str, int]]


class Guard:
    """Judges the documents of one run; ``held`` counts those it held."""

    def __init__(self, ledger: Ledger, run_id: str) -> None:
        self._ledger, self._run_id = ledger, run_id
        with ledger.reading() as connection:
            self.usual = {outlet: Usual.of(counts) for outlet, counts in ledger_shares.history(connection).items()}
        self.held = 0

    def judge(self, documents: Sequence[PackedDocument]) -> Judged:
        """Say which of a shard's documents to hold, and what the others add to the history of their outlets."""
        with self._ledger.reading() as connection:
            earlier = ledger_shares.earlier(connection, [document.id for document in documents])
        reasons: dict[str, str] = {}
        noted = Counter[tuple[str, int]]()
        for document in documents:
            before = _same_raw(document, earlier.get(document.id))
            reason = _shrunk(document, before) if before else self._unusual(document)
            if reason:
                reasons[document.id] = reason
            elif not before:  # what was accepted before is part of the history already
                noted[document.outlet or "", bin_of(removed_share(document))] += 1
        self.held += len(reasons)
        return Judged(reasons, noted)

    def _unusual(self, document: PackedDocument) -> str | None:
        usual = self.usual.get(document.outlet or "")
        share = removed_share(document)
        if usual is None or usual.documents < MIN_HISTORY or removed_characters(document) < MIN_REMOVED:
            return None
        if share < usual.limit(DOCUMENT_GAP):
            return None
        return f"cleaning took {share:.0%} of it; {usual.median:.0%} is usual for {document.outlet or 'such documents'}"

    def settle(self) -> list[str]:
        """Hold outlets that changed as a whole, and make this run's shares history; returns what to tell a person."""
        told = []
        with self._ledger.reading() as connection:
            recent = {outlet: Usual.of(counts) for outlet, counts in ledger_shares.ongoing(connection).items()}
        for outlet, now in sorted(recent.items()):
            usual = self.usual.get(outlet)
            if outlet and usual and usual.documents >= MIN_HISTORY and now.documents >= MIN_IN_RUN:
                limit = usual.limit(OUTLET_GAP)
                if now.median >= limit:
                    told.append(self._hold_outlet(outlet, usual, now))
        with self._ledger.writing() as connection:
            ledger_shares.fold(connection)
        if self.held:
            told.append(
                f"{many(self.held, 'document is', 'documents are')} held for review and not indexed (counted as new or "
                "changed): `saring held list`"
            )
        return told

    def _hold_outlet(self, outlet: str, usual: Usual, now: Usual) -> str:
        """Hold those documents of an outlet that lost more than its usual ones do."""
        reason = f"cleaning took {now.median:.0%} of {outlet}'s documents in this run; {usual.median:.0%} is usual"
        with self._ledger.reading() as connection:
            shares = ledger_shares.shares_of(connection, LOSSLESS, outlet=outlet)
        above = (usual.median + now.median) / 2
        ids = sorted(id_ for id_, share in shares.items() if share >= above)
        self.held += self._ledger.hold(ids, self._run_id, reason)
        with self._ledger.writing() as connection:
            ledger_shares.forget(connection, outlet)
        return f"{outlet}: {reason}; a redesign, or a rule gone wrong?"


def release(ledger: Ledger, ids: Sequence[str], run_id: str, *, outlet: str | None = None) -> int:
    """Serve held documents after all; with ``outlet`` they are what is usual for it from now on."""
    with ledger.writing() as connection:
        shares = ledger_shares.shares_of(connection, LOSSLESS, ids=ids)
        if outlet is not None:
            ledger_shares.forget(connection, outlet, everything=True)
            ledger_shares.note(connection, "", Counter((outlet, bin_of(shares.get(id_, 0.0))) for id_ in ids))
    return ledger.release(ids, run_id)


def removed_characters(document: PackedDocument) -> int:
    """Characters that cleaning took from a document, without markup and repeated text."""
    return sum(removal.end - removal.start for removal in document.removals if removal.kind not in LOSSLESS)


def removed_share(document: PackedDocument) -> float:
    """The share of a document's text that cleaning took, between 0 and 1."""
    removed = removed_characters(document)
    return removed / (removed + document.characters) if removed else 0.0


def _same_raw(document: PackedDocument, earlier: Earlier | None) -> Earlier | None:
    """What the ledger serves of this very raw text, if it does."""
    return earlier if earlier and earlier.live and earlier.raw_hash == document.raw_hash else None


def _shrunk(document: PackedDocument, earlier: Earlier) -> str | None:
    repeated = sum(removal.end - removal.start for removal in document.removals if removal.kind == "repeated_body")
    if earlier.characters < MIN_EARLIER or document.characters + repeated >= SHRUNK_TO * earlier.characters:
        return None
    return (
        f"cleaning left {document.characters:,} characters of it; from the same raw text it left "
        f"{earlier.characters:,} before"
    )
