"""``saring serve``: both flows on the schedules of config.yaml, in one process that stays until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.ingest import ingest
from flows.patient_runner import PatientRunner
from flows.reindex import reindex
from flows.settings import Schedules, load_settings
from flows.stopping import STOPS
from transforms.errors import ConfigError

ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
"""A run that comes due while the one before it is still going is cancelled, with that as its reason."""


def serve_schedules(config: Path | None, say: Callable[[str], None]) -> None:
    """Serve the nightly ingest and the weekly reindex until SIGINT or SIGTERM; needs at least one schedule."""
    schedules = load_settings(config).schedules
    deployments = _deployments(schedules, {"config": str(config.resolve())} if config else {})
    if not deployments:
        raise ConfigError("nothing to serve: set schedules.ingest or schedules.reindex in config.yaml")
    runner = PatientRunner(say)
    for cron, deployment in deployments:
        runner.add_deployment(deployment)
        say(f"saring: serving {deployment.full_name} at `{cron}` ({schedules.timezone})")
    asyncio.run(_serve(runner, say))


def _deployments(schedules: Schedules, parameters: dict[str, str]) -> list[tuple[str, RunnerDeployment]]:
    made = []
    for flow, name, cron in ((ingest, "nightly", schedules.ingest), (reindex, "weekly", schedules.reindex)):
        if cron:
            deployment = flow.to_deployment(
                name=name,
                schedules=[_schedule(flow.name, cron, schedules.timezone)],
                parameters=parameters,
                concurrency_limit=ONE_AT_A_TIME,
            )
            made.append((cron, cast("RunnerDeployment", deployment)))
    return made


def _schedule(key: str, cron: str, timezone: str) -> CronSchedule:
    try:
        return CronSchedule(cron=cron, timezone=timezone)
    except ValueError:
        raise ConfigError(
            f"schedules.{key}: {cron!r} names no time: minute (0-59), hour (0-23), day of month (1-31), month (1-12) "
            "and day of week (0-7), such as '0 1 * * *'"
        ) from None


async def _serve(runner: PatientRunner, say: Callable[[str], None]) -> None:
    """Run until told to stop; a run under way is cancelled then, and its work is finished by the next one.

    Prefect's own handlers raise from inside the event loop, which ends in tracebacks and leaves runs behind.
    """
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, told.set)
    say("saring: waiting for runs; end with Ctrl+C")
    serving, stopping = asyncio.create_task(runner.start()), asyncio.create_task(told.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if told.is_set():
        say("saring: stopping; a run under way is cancelled, and the next one finishes its work")
        if runner.started:
            await runner.astop()
        else:
            serving.cancel()
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await serving
