"""``saring ingest``, ``reindex`` and ``serve``: what writes the ledger and the index."""

from __future__ import annotations

import glob
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands import prefect_server
from flows.commands.common import ConfigOption, JsonOption, print_json, say
from flows.progress import Silent, progress_for_terminal
from flows.report import as_text
from flows.settings import MAX_SOURCES, Settings, load_settings
from transforms.errors import ConfigError, LedgerError, SaringError


class LogForm(StrEnum):
    """How facts are written."""

    TEXT = "text"
    JSON = "json"


DirectOption = Annotated[
    bool, typer.Option("--direct", help="Run the same stages without Prefect: starts at once, for ad-hoc work.")
]
LogFormatOption = Annotated[
    LogForm | None, typer.Option("--log-format", help="Log every fact on a line of stderr: key=value or JSON.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Log each document too.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Say nothing but errors; --json still prints.")]


class Origin(StrEnum):
    """What a reindex starts from."""

    RAW = "raw"
    LEDGER = "ledger"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("ingest")(ingest)
    app.command("reindex")(reindex)
    app.command("serve")(serve)


def ingest(  # noqa: PLR0913, PLR0917 (typer makes an option of each parameter)
    sources: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, globs or URLs; default: config.yaml's.")
    ] = None,
    config: ConfigOption = None,
    full: Annotated[bool, typer.Option("--full", help="Clean everything again, unchanged or not.")] = False,
    confirm_removals: Annotated[
        bool,
        typer.Option(
            "--confirm-removals", help="Remove documents of files that are gone even if they are many (on_missing)."
        ),
    ] = False,
    direct: DirectOption = False,
    log_format: LogFormatOption = None,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Read, clean, de-duplicate and index documents; what has not changed is skipped.

    Prints the run report. Bad input goes to the quarantine and does not stop the run.
    """
    settings = load_settings(config)
    shown = _shown(log_format, verbose, quiet)
    chosen = [_absolute(source) for source in sources] if sources else settings.sources
    if not chosen:
        raise ConfigError("nothing to ingest: name files or folders, or set `sources` in config.yaml")
    _refuse_typos(sources or [])
    asked = {"full": full, "confirm_removals": confirm_removals}
    if direct:
        report = _direct_ingest(settings, chosen, asked, shown)
    else:
        report = _prefect_ingest(settings, config, chosen, asked, quiet)
    _print_report(report, json, quiet)


def reindex(  # noqa: PLR0913, PLR0917 (as above)
    origin: Annotated[
        Origin,
        typer.Option("--from", help="'ledger': the stored clean text; 'raw': clean config.yaml's sources first."),
    ] = Origin.LEDGER,
    config: ConfigOption = None,
    direct: DirectOption = False,
    log_format: LogFormatOption = None,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Build a new index generation beside the current one, verify it and promote it."""
    settings = load_settings(config)
    shown = _shown(log_format, verbose, quiet)
    if direct:
        from flows.pipeline import run_reindex  # start-up time: only what the command needs

        with shown as progress, _executor(settings) as executor:
            report = run_reindex(settings, executor, from_raw=origin is Origin.RAW, progress=progress).to_json()
    else:

        def run() -> dict[str, Any]:
            from flows.reindex import reindex as flow  # importing Prefect takes seconds

            return flow(config=_config_name(config), from_raw=origin is Origin.RAW)

        report = _through_prefect(settings, run, quiet)
    _print_report(report, json, quiet)


def serve(config: ConfigOption = None) -> None:
    """Run the scheduled flows (nightly ingest, weekly reindex) until stopped.

    Needs a Prefect server that stays, named in PREFECT_API_URL: a temporary one runs no schedules.
    """
    from flows.locks import serve_lock  # start-up time: only what the command needs

    settings = load_settings(config)
    prefect_server.configure()
    with prefect_server.server(or_direct=False), serve_lock(settings.data_dir):
        prefect_server.need_server()
        from flows.deployments import serve_schedules  # importing Prefect takes seconds

        serve_schedules(config, say)


def _direct_ingest(settings: Settings, sources: list[str], asked: dict[str, bool], shown: Any) -> dict[str, Any]:
    from flows.executors import ProcessExecutor, collect_less  # start-up time: only what the command needs
    from flows.pipeline import run_ingest  # as above

    with _executor(settings) as executor:
        if isinstance(executor, ProcessExecutor) and _is_much(settings, sources, full=asked["full"]):
            executor.fork()  # before anything is opened, and before a progress bar has its thread
        collect_less()
        with shown as progress:
            return run_ingest(settings, sources, executor, progress=progress, **asked).to_json()


def _refuse_typos(sources: list[str]) -> None:
    """Refuse a run none of whose named sources exists; one that is missing among others waits in the quarantine."""
    if sources and not any("://" in source or glob.has_magic(source) or Path(source).exists() for source in sources):
        raise SaringError(f"no such file or folder: {', '.join(sources)}")


MUCH = 2_000_000
"""Bytes to read from which workers are started before anything else: cleaning them takes longer than the start."""


def _is_much(settings: Settings, sources: list[str], *, full: bool) -> bool:
    """Whether a run is known to be long before it begins: everything is to be cleaned, and it is much."""
    if settings.data_dir.exists() and not full:
        return False
    files = [Path(source) for source in sources if "://" not in source]
    return any(path.is_dir() for path in files) or sum(path.stat().st_size for path in files if path.is_file()) > MUCH


def _executor(settings: Settings) -> Any:
    from flows.executors import executor_for  # start-up time: only what the command needs

    return executor_for(settings)


def _prefect_ingest(
    settings: Settings, config: Path | None, sources: list[str], asked: dict[str, bool], quiet: bool
) -> dict[str, Any]:
    if len(sources) > MAX_SOURCES:
        raise ConfigError(
            f"{len(sources):,} sources are more than the {MAX_SOURCES:,} that a flow run takes: name a folder, or a "
            "glob in quotes, or use --direct"
        )

    def run() -> dict[str, Any]:
        from flows.ingest import ingest as flow  # importing Prefect takes seconds

        return flow(sources=sources, config=_config_name(config), **asked)

    return _through_prefect(settings, run, quiet)


def _through_prefect(settings: Settings, run: Callable[[], dict[str, Any]], quiet: bool) -> dict[str, Any]:
    """Run a flow; when the server goes away after its work is done, its report is the ledger's."""
    began = datetime.now(UTC).isoformat()
    try:
        with prefect_server.server():
            prefect_server.announce(quiet)
            prefect_server.tie_temporary_server()
            return run()
    except prefect_server.ServerError:
        report = _report_since(settings, began)
        if report is None:
            raise
        say("saring: Prefect's server went away in the middle; the run finished its work, but its page lacks the end")
        return report


def _report_since(settings: Settings, began: str) -> dict[str, Any] | None:
    from index.ledger import Ledger  # start-up time: only when a server went away

    try:
        with Ledger.open(settings.ledger_url, read_only=True) as ledger:
            last = next(iter(ledger.runs(1)), None)
    except LedgerError:  # there was none yet, and the run did not come to make it
        return None
    return dict(last.report) if last and last.report and last.started_at >= began else None


def _shown(log_format: LogForm | None, verbose: bool, quiet: bool) -> Any:
    """What is seen of a run: a bar on a terminal, facts where they are asked for or nobody watches, or nothing."""
    if quiet and (verbose or log_format):
        raise ConfigError("--quiet says nothing: leave it out, or --verbose and --log-format")
    if quiet:
        return Silent()
    if not (log_format or verbose) and sys.stderr.isatty():
        return progress_for_terminal()
    from flows.logs import Facts, start  # start-up time: only what the command needs

    start("json" if log_format is LogForm.JSON else "text", verbose=verbose)
    return Facts()


def _config_name(config: Path | None) -> str | None:
    return str(config.resolve()) if config else None


def _absolute(source: str) -> str:
    return source if "://" in source else str(Path(source).absolute())


def _print_report(report: dict[str, Any], json: bool, quiet: bool) -> None:
    if json:
        print_json(report)
    if "skipped" in report:
        raise SaringError(f"nothing was done: {report['skipped']}")
    if not (json or quiet):
        say(as_text(report))
