"""The ingest flow: the pipeline of ``flows/pipeline.py`` as Prefect runs it, by hand or on schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.pipeline import run_ingest
from flows.prefect_shell import run_or_skip
from flows.settings import load_settings
from transforms.errors import ConfigError


@flow(name="ingest", persist_result=False)
def ingest(
    sources: list[str] | None = None, config: str | None = None, full: bool = False, confirm_removals: bool = False
) -> dict[str, Any]:
    """Read, clean, de-duplicate and index documents; what has not changed is skipped.

    Args:
        sources: files, folders, globs or fsspec URLs; by default those of the configuration.
        config: the configuration file; by default $SARING_CONFIG or ./config.yaml.
        full: clean everything again, unchanged or not.
        confirm_removals: with `on_missing: remove`, remove documents of files that are gone even if they are many.

    Returns:
        The run report, or what kept it from running as ``{"skipped": reason}``.
    """
    settings = load_settings(Path(config) if config else None)
    chosen = sources or settings.sources
    if not chosen:
        raise ConfigError("nothing to ingest: set `sources` in config.yaml or give the flow its `sources` parameter")
    return run_or_skip(
        "ingest",
        settings,
        lambda executor, progress: run_ingest(
            settings, chosen, executor, full=full, progress=progress, confirm_removals=confirm_removals
        ),
    )
