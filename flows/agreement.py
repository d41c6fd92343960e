"""Whether the index holds exactly what the ledger says: by counts, or document by document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from flows.wording import many
from index.compare import Difference, differences
from index.engine import open_engine
from index.ledger import Ledger
from index.ledger_open import RESTORE, damage
from index.writer import count_documents
from transforms.errors import IndexFormatError, IndexUnavailableError

MAX_DIFFERENCES = 10_000
"""Differing documents after which a comparison stops: the index is rebuilt whole anyway."""


@dataclass(slots=True)
class Compared:
    """What a comparison found, in sentences with what to do."""

    indexed: int | None = None
    """Documents of the index; None when it cannot be opened."""
    disagreements: list[str] = field(default_factory=list)
    """What the index lacks or has too much: usual while a process writes, and wrong when none does."""
    damages: list[str] = field(default_factory=list)
    """What cannot be used, whoever is writing."""
    differences: tuple[Difference, ...] | None = None
    """What a comparison document by document found; None when none was made."""


def compare(ledger: Ledger, index: Path | None, counts: Mapping[str, int], *, under_way: bool) -> Compared:
    """Compare counts; ``index`` is the folder of the current generation, ``under_way`` whether a run is."""
    found = Compared()
    if index is None:
        remedy = "the run under way builds one" if under_way else "`saring ingest` or `saring reindex` builds one"
        if counts["representatives"]:
            found.disagreements.append(f"there is no index generation; {remedy}")
        return found
    try:
        found.indexed = count_documents(index)
    except IndexFormatError as error:
        found.disagreements.append(str(error))
    except IndexUnavailableError as error:
        found.damages.append(f"{error}; `saring reindex` builds a new one")
    else:
        found.disagreements += _disagreement(ledger, index.name, found.indexed, counts, under_way=under_way)
    return found


def compare_documents(ledger: Ledger, index: Path | None, found: Compared) -> None:
    """Add what a look at every page of the ledger and every document of both finds."""
    with ledger.reading() as connection:
        if damaged := damage(connection):
            found.damages.append(f"the ledger is damaged ({damaged}): {RESTORE}")
    if index is None or found.indexed is None:
        return
    try:
        engine = open_engine(index)
        try:
            engine.check()
            found.differences = tuple(islice(differences(ledger.live_representatives(), engine), MAX_DIFFERENCES))
        finally:
            engine.close()
    except IndexUnavailableError as error:
        found.damages.append(f"{error}; `saring reindex` builds a new one")
        return
    if number := len(found.differences):
        some = f"{MAX_DIFFERENCES:,} or more" if number == MAX_DIFFERENCES else f"{number:,}"
        differ = "document differs" if number == 1 else "documents differ"
        found.disagreements.append(f"{some} {differ} between ledger and index; `saring reindex` repairs it")


def _disagreement(
    ledger: Ledger, current: str, indexed: int, counts: Mapping[str, int], *, under_way: bool
) -> Iterator[str]:
    if ledger.indexed_generation() != current:
        yield (
            f"generation {current} is searched, but the ledger follows {ledger.indexed_generation() or 'none'}; "
            "the next ingest or `saring reindex` builds a new one"
        )
    elif pending := counts["unresolved"] + sum(1 for _ in ledger.pending_index()):
        several = many(pending, "document waits", "documents wait")
        remedy = "the run under way does that" if under_way else "`saring ingest` finishes that"
        yield f"{several} to be indexed; {remedy}"
    elif indexed != counts["representatives"]:
        held = many(indexed, "document")
        yield f"the index holds {held}, the ledger {counts['representatives']:,}; `saring reindex` repairs it"
