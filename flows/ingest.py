"""The ingest flow: the pipeline of ``flows/pipeline.py`` as Prefect runs it, by hand or on schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows.pipeline import run_ingest
from flows.prefect_shell import ConfigPath, run_or_skip
from flows.settings import MAX_SOURCES, load_settings
from transforms.errors import ConfigError

Source = Annotated[str, Field(min_length=1, max_length=2_000)]


@flow(name="ingest", persist_result=False)
def ingest(
    sources: Annotated[list[Source] | None, Field(max_length=MAX_SOURCES)] = None,
    config: ConfigPath = None,
    full: bool = False,
    confirm_removals: bool = False,
) -> dict[str, Any]:
    """Read, clean, de-duplicate and index documents; what has not changed is skipped.

    Args:
        sources: files, folders, globs or fsspec URLs on the machine of the run; by default those of the configuration.
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
