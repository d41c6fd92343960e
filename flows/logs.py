"""The log: one line a fact, as ``key=value`` or JSON; ids and figures, never the text of an article.

``info`` has what a run did and each document that failed or is held, ``debug`` each document. Lines go to stderr when
:func:`start` has been called; under Prefect they are part of the flow run's log as well.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import orjson

from flows.progress import Silent
from index.terminal import printable

if TYPE_CHECKING:
    from flows.report import RunReport
    from index.ledger import RecordCounts

LogFormat = Literal["text", "json"]
LOGGER = logging.getLogger("saring")
LOGGER.addHandler(logging.NullHandler())  # without one Python prints errors by itself, which the command says in words
_BARE = re.compile(r"[^\s\"'=\\]+")


def fact(event: str, **fields: Any) -> None:
    """Log one fact; fields that are None are left out."""
    _log(logging.INFO, event, fields)


def warning(event: str, **fields: Any) -> None:
    """Log a fact that does no harm to a run, and that somebody may want to look into."""
    _log(logging.WARNING, event, fields)


def failure(event: str, **fields: Any) -> None:
    """Log a fact that somebody must look after."""
    _log(logging.ERROR, event, fields)


def detail(event: str, **fields: Any) -> None:
    """Log what only ``--verbose`` shows."""
    _log(logging.DEBUG, event, fields)


def _log(level: int, event: str, fields: dict[str, Any]) -> None:
    if LOGGER.isEnabledFor(level):
        said = {"event": event, **{name: value for name, value in fields.items() if value is not None}}
        LOGGER.log(level, "%s", as_line(said), extra={"fields": said})


def as_line(fields: dict[str, Any]) -> str:
    """Fields as ``key=value``, quoted where a value has spaces or quotes; control characters are escaped."""
    return " ".join(f"{name}={_value(value)}" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return printable(text if _BARE.fullmatch(text) else orjson.dumps(text).decode())


class _Formatter(logging.Formatter):
    """Time, level and fields on one line."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, "fields", {"event": "message", "message": record.getMessage()})
        line = {"time": at, "level": record.levelname.lower(), **fields}
        return json.dumps(line, default=str) if self._form == "json" else as_line(line)


def start(form: LogFormat, *, verbose: bool = False) -> None:
    """Write facts to stderr from now on; with ``verbose`` those of each document as well."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form))
    LOGGER.handlers = [handler]
    LOGGER.setLevel(logging.DEBUG if verbose else logging.INFO)
    LOGGER.propagate = False


def follow(kind: type[logging.Handler]) -> None:
    """Let facts pass to a handler of this kind as well, unless there is one: the log of a flow run."""
    if LOGGER.level == logging.NOTSET:
        LOGGER.setLevel(logging.INFO)
    if not any(isinstance(handler, kind) for handler in LOGGER.handlers):
        LOGGER.addHandler(kind())


def flush() -> None:
    """Let handlers that send lines in batches send what they have."""
    for handler in LOGGER.handlers:
        handler.flush()


class Facts(Silent):
    """Progress as facts."""

    def phase(self, name: str, total: int | None = None) -> None:
        """A fact a phase."""
        fact("phase", name=name, documents=total)


def log_shard(counts: RecordCounts, held: Mapping[str, str]) -> None:
    """What became of a shard's documents."""
    fact("recorded", new=len(counts.new), changed=len(counts.changed), unchanged=len(counts.unchanged))
    for outcome, ids in (("new", counts.new), ("changed", counts.changed), ("unchanged", counts.unchanged)):
        for id_ in ids:
            detail("document", document=id_, outcome=outcome)
    for id_, reason in held.items():
        fact("held", document=id_, reason=reason)


def log_report(report: RunReport) -> None:
    """What a run did: a line a stage, a line a note, and the counts."""
    for stage, seconds in report.stage_seconds.items():
        if not (seconds or report.stage_documents[stage]):
            continue  # as cleaning is for a reindex
        fact("stage", name=stage, documents=report.stage_documents[stage], seconds=seconds)
    for note in report.notes:
        fact("note", note=note)
    counts = {name: number for name, number in report.counts.items() if number}
    fact("run_finished", run=report.run_id, seconds=report.seconds, generation=report.generation, **counts)
