"""Files, and records of files, that were ingested before and are no longer there.

By default their documents stay. With ``on_missing: remove`` they leave the index, unless so much of a source is missing
that a failed mount or an emptied folder is likelier than deletions: then nothing is removed, and a person decides.
"""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from flows.wording import many
from index.ledger_missing import HeldRemoval, held_removals, left_records, note_held_removals
from transforms.models import Rejected, SourceFile
from transforms.read_discover import path_of

if TYPE_CHECKING:
    from flows.pipeline import Run

SHOWN = 3
"""Files named in a note."""


@dataclass(slots=True)
class Missing:
    """What of one source is gone: whole files, and records that left a file which is still there."""

    known: int = 0
    files: list[str] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    documents: int = 0

    def too_much(self, limit: float) -> bool:
        """Whether this looks like a failed mount rather than deletions."""
        return self.documents >= self.known or self.documents > limit * self.known


def settle_missing(run: Run, sources: Sequence[str], found: Sequence[SourceFile | Rejected]) -> None:
    """Keep, remove or hold the documents of what is gone, and settle quarantine rows of what is there again."""
    _settle_found(run, sources, found)
    known = {path: state.documents for path, state in run.ledger.source_states().items()}
    by_source = _missing(sources, found, known, _left_records(run, sources))
    run.report.notes += [
        f"nothing was read from {source}: there is no file in it"
        for source in sources
        if source not in by_source and _is_empty(source, found)
    ]
    if run.settings.on_missing == "keep":
        limit = run.settings.missing_limit
        run.report.notes += [_kept(*item, limit) for item in by_source.items() if item[1].documents]
        by_source = {}
    held = {
        source: HeldRemoval(source, missing.documents, missing.known)
        for source, missing in by_source.items()
        if missing.documents and missing.too_much(run.settings.missing_limit) and not run.confirm_removals
    }
    for source, missing in by_source.items():
        if source in held:
            run.report.notes.append(_on_hold(held[source], run.settings.missing_limit))
        else:
            run.report.counts["removed"] += _remove(run, missing)
    with run.ledger.writing() as connection:
        note_held_removals(connection, sources, held)


def _left_records(run: Run, sources: Sequence[str]) -> dict[str, list[str]]:
    """Looked up only when this run met fewer records than were known, or when some are on hold: it reads every row."""
    with run.ledger.reading() as connection:
        waiting = any(item.source in sources for item in held_removals(connection))
        return left_records(connection) if run.records_left or waiting else {}


def describe(held: HeldRemoval) -> str:
    """Say what is on hold, and how it is confirmed."""
    return (
        f"{held.missing:,} of {many(held.known, 'document')} of {held.source} are gone from it and were not removed: "
        "see that it is complete and mounted, or remove them with `saring ingest --confirm-removals`"
    )


def _is_empty(source: str, found: Sequence[SourceFile | Rejected]) -> bool:
    root = _root(source)
    return Path(root).is_dir() and not any(path_of(item).startswith(f"{root}/") for item in found)


def _on_hold(held: HeldRemoval, limit: float) -> str:
    return f"on hold (more than {limit:.0%}, or all): {describe(held)}"


def _settle_found(run: Run, sources: Sequence[str], found: Sequence[SourceFile | Rejected]) -> None:
    """Close the rows of sources and folders that could not be found or entered, and now can.

    They never become a document, which is what closes other rows.
    """
    failing = {item.source for item in found if isinstance(item, Rejected)}
    roots = {*sources, *map(_root, sources)}
    back = [
        row.number
        for row in run.ledger.quarantine()
        if row.error in {"not_found", "unreadable"} and row.source not in failing and _is_there(row.source, roots)
    ]
    if back:
        run.ledger.resolve_quarantine(back)


def _is_there(source: str, roots: Set[str]) -> bool:
    """Whether a run that looked at these roots has met this one of them, or this folder below one."""
    below = any(source.startswith(f"{root}/") for root in roots)
    return source in roots or (below and Path(source).is_dir())


def _kept(source: str, missing: Missing, limit: float) -> str:
    names = missing.files or missing.records
    some = ", ".join(names[:SHOWN]) + ("…" if len(names) > SHOWN else "")
    gone = many(missing.documents, f"document of {source} is gone from it", f"documents of {source} are gone from it")
    told = f"{gone}, but searchable still (on_missing: keep): {some}"
    return f"{told}; see that it is complete and mounted" if missing.too_much(limit) else told


def _remove(run: Run, missing: Missing) -> int:
    reason = "its record left the file"
    removed = run.ledger.mark_gone(missing.records, run.report.run_id, reason) if missing.records else 0
    return removed + sum(len(run.ledger.forget_source(path, run.report.run_id)) for path in missing.files)


def _missing(
    sources: Sequence[str],
    found: Sequence[SourceFile | Rejected],
    known: Mapping[str, int],
    records: Mapping[str, Sequence[str]],
) -> dict[str, Missing]:
    """What is gone, by the source it belonged to; a file in several of them counts with the first."""
    there = {item.path for item in found if isinstance(item, SourceFile)}
    unsure = [item.source for item in found if isinstance(item, Rejected) and item.error != "not_found"]
    result: dict[str, Missing] = defaultdict(Missing)
    for path, source in _assigned(sources, known):
        missing, left = result[source], records.get(path, ())
        missing.known += known[path] + len(left)
        if path in there:
            missing.records += left
            missing.documents += len(left)
        elif _is_gone(path, unsure):
            missing.files.append(path)
            missing.documents += known[path]
    return result


def _assigned(sources: Sequence[str], paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path with the first source that it was read from, however that was named."""
    roots = [(source, _root(source)) for source in sources]
    for path in sorted(paths):
        for source, root in roots:
            if fnmatchcase(path, root) if glob.has_magic(source) else path == root or path.startswith(f"{root}/"):
                yield path, source
                break


def _root(source: str) -> str:
    if "://" in source:
        return source.rstrip("/")
    path = os.path.abspath(Path(source).expanduser())  # noqa: PTH100 - links keep their names, as in discovery
    return path.rstrip("/")


def _is_gone(path: str, unsure: Sequence[str]) -> bool:
    """Whether a file that was not found does not exist; what lies below an unreadable folder may."""
    if any(path == source or path.startswith(f"{source.rstrip('/')}/") for source in unsure):
        return False
    return "://" in path or not os.path.lexists(path)
