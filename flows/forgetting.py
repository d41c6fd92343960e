"""``saring forget``: out of the ledger, the index and everything that an earlier run left, with a search as proof.

The ledger's part is one transaction that also voids what it knows of the index. Whatever follows (a new generation, the
removal of all others, the compaction of the database) is what any run does that finds the ledger in this state: a
forget that is killed is finished by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flows.locks import writer_lock
from flows.wording import many
from index import ledger_forget, ledger_lines
from index.forgotten_traces import Check, in_files, in_generations, in_tables
from index.generations import Generations
from index.ledger import Ledger
from index.ledger_codec import split_source
from index.ledger_forget import Arriving
from index.ledger_open import compact, file_of
from transforms.errors import SaringError
from transforms.models import Rejected
from transforms.outlet_lines import document_number

if TYPE_CHECKING:
    from flows.executors import Executor
    from flows.progress import Progress
    from flows.settings import Settings
    from index.ledger_forget import Target


@dataclass(frozen=True, slots=True)
class Request:
    """What to forget: ids and URLs, or an outlet; ``return_allowed`` leaves nothing that keeps it from coming back."""

    names: tuple[str, ...]
    outlet: str | None = None
    return_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a request would take out."""

    documents: tuple[Target, ...]
    quarantined: int
    buried: tuple[str, ...]
    """Names that were forgotten before."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was taken out, where saring searched for it afterwards, and what a person has to know."""

    documents: int
    quarantined: int
    checks: tuple[Check, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether the search found nothing."""
        return not any(check.left for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The object ``saring forget --json`` prints."""
        return {
            "documents": self.documents,
            "quarantined": self.quarantined,
            "complete": self.complete,
            "checks": [asdict(check) for check in self.checks],
            "notes": list(self.notes),
        }


def look(settings: Settings, request: Request) -> Found:
    """Say what a request would take out; raises SaringError when there is and was nothing of these names."""
    with Ledger.open(settings.ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        found = Found(
            tuple(ledger_forget.find(connection, request.names, request.outlet)),
            ledger_forget.quarantined(connection, request.names),
            tuple(sorted(ledger_forget.buried(connection, request.names))),
        )
    if not (found.documents or found.quarantined or found.buried):
        wanted = f"outlet {request.outlet}" if request.outlet else ", ".join(request.names)
        raise SaringError(f"nothing to forget: no document and no quarantine row of {wanted}")
    return found


def run_forget(settings: Settings, request: Request, executor: Executor, progress: Progress) -> Forgotten:
    """Forget, rebuild the index without it, remove every other generation, compact, and search for what is left."""
    from flows.pipeline import rebuild_index  # it calls this module

    with writer_lock(settings), Ledger.open(settings.ledger_url) as ledger:
        with ledger.writing() as connection:
            targets = ledger_forget.find(connection, request.names, request.outlet)
            rows = ledger_forget.quarantined(connection, request.names)
            notes = list(_notes(targets))
            if request.return_allowed:
                ledger_forget.unbury(connection, request.names)
            now = None if request.return_allowed else datetime.now(UTC).isoformat()
            ledger_forget.forget(connection, targets, request.names, request.outlet, now)
            pending = ledger_forget.unfinished(connection)
        if pending:
            rebuild_index(settings, ledger, executor, progress)
        else:
            compact(settings.ledger_url)
        with ledger.reading() as connection:
            checks = list(in_tables(connection, targets, request.names))
    checks += in_generations(settings.index_dir, targets, request.names)
    if file := file_of(settings.ledger_url):
        checks += in_files(file, targets)
    else:
        notes.append("the ledger's tables were rewritten; the server's log and backups are yours to look after")
    return Forgotten(len(targets), rows, tuple(checks), tuple(notes))


def _notes(targets: Sequence[Target]) -> Iterator[str]:
    paths = sorted({target.path for target in targets})
    if paths:
        some = ", ".join(paths[:5]) + ("…" if len(paths) > 5 else "")
        yield f"the source files are yours and stay: {some}"
    copies = sum(1 for target in targets if target.shared_node)
    if copies:
        stand = many(copies, "of the texts stands", "of the texts stand")
        yield f"{stand} in other documents as well, which stay (`saring search` finds them)"


def finish_forgetting(settings: Settings, ledger: Ledger) -> None:
    """Remove what may still hold forgotten text, when there is any: all generations but the current, freed pages.

    It is noted as done together with the end of the run (`Ledger.finish_run`).
    """
    with ledger.reading() as connection:
        if not ledger_forget.unfinished(connection):
            return
    Generations(settings.index_dir).keep_only_current()
    compact(settings.ledger_url)


T = TypeVar("T", bound=Arriving)


@dataclass(frozen=True, slots=True)
class Admitted(Generic[T]):
    """What of a shard's results may enter the ledger."""

    documents: list[T]
    rejected: list[Rejected]
    taken: Counter[str]
    """How many documents of each file are not among ``documents`` any more."""
    forgotten: int
    """How many results were left out because they were forgotten on request."""


def leave_out_forgotten(ledger: Ledger, documents: list[T], rejected: list[Rejected]) -> Admitted[T]:
    """Keep what was forgotten from coming back.

    A document that only has the id of a forgotten one, and neither its file, page nor text, waits in the quarantine.
    """
    with ledger.reading() as connection:
        same, named, failed = ledger_forget.returning(connection, documents, rejected)
    if not (same or named or failed):
        return Admitted(documents, rejected, Counter(), 0)
    gone = [documents[at] for at in sorted(same)]
    numbers = [document_number(document.id, split_source(document.source)[0]) for document in gone]
    if numbers:  # its lines were counted before it could be recognised by its address
        with ledger.writing() as connection:
            ledger_lines.forget(connection, numbers, ())
    waiting = [item for at, item in enumerate(rejected) if at not in failed]
    return Admitted(
        [document for at, document in enumerate(documents) if at not in same | named],
        waiting + [_same_name(documents[at]) for at in sorted(named)],
        Counter(split_source(documents[at].source)[0] for at in same | named),
        len(same) + len(failed),
    )


def _same_name(document: Arriving) -> Rejected:
    return Rejected(
        document.id,
        document.source,
        "record",
        "forgotten_id",
        "It has the id of a document that was forgotten on request, but not its file, address or text.",
        hint=f"If it is another document: `saring forget {document.id} --allow-return`, then ingest again.",
    )
