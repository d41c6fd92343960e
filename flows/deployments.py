"""``saring serve``: both flows on the schedules of config.yaml, in one process that stays."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.ingest import ingest
from flows.reindex import reindex
from flows.settings import load_settings
from transforms.errors import ConfigError

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that comes due while the one before it is still going is cancelled, with that as its reason."""


def serve_schedules(config: Path | None) -> None:
    """Serve the nightly ingest and the weekly reindex until stopped; needs at least one schedule."""
    schedules = load_settings(config).schedules
    parameters = {"config": str(config.resolve())} if config else {}
    deployments: list[RunnerDeployment] = []
    for flow, name, cron in ((ingest, "nightly", schedules.ingest), (reindex, "weekly", schedules.reindex)):
        if cron:
            schedule = CronSchedule(cron=cron, timezone=schedules.timezone)
            made = flow.to_deployment(
                name=name, schedules=[schedule], parameters=parameters, concurrency_limit=ONE_AT_A_TIME
            )
            deployments.append(cast("RunnerDeployment", made))
    if not deployments:
        raise ConfigError("nothing to serve: set schedules.ingest or schedules.reindex in config.yaml")
    serve(*deployments)
