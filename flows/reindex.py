"""The reindex flow: a new index generation is built beside the current one, verified and promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.pipeline import run_reindex
from flows.prefect_shell import ConfigPath, run_or_skip
from flows.settings import load_settings


@flow(name="reindex", persist_result=False)
def reindex(config: ConfigPath = None, from_raw: bool = False) -> dict[str, Any]:
    """Build a new index generation, verify it and promote it.

    Args:
        config: the configuration file; by default $SARING_CONFIG or ./config.yaml.
        from_raw: clean the sources of the configuration again first; what came from elsewhere is indexed as it is.

    Returns:
        The run report, or what kept it from running as ``{"skipped": reason}``.
    """
    settings = load_settings(Path(config) if config else None)
    return run_or_skip(
        "reindex",
        settings,
        lambda executor, progress: run_reindex(settings, executor, from_raw=from_raw, progress=progress),
    )
