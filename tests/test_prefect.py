"""The same pipeline as Prefect flows, on a real Prefect server that the test starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule

from flows.deployments import ONE_AT_A_TIME

ROOT = Path(__file__).parent.parent
SARING = Path(sys.executable).with_name("saring")

# Reads back from Prefect's own database what the flow run left there.
PROBE = """
import json
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter
from flows.ingest import ingest
from flows.locks import data_lock
from flows.settings import load_settings

with data_lock(load_settings().data_dir):
    skipped = ingest(sources=["examples/raw/beritatanjung"])
again = ingest(sources=["examples/raw/beritatanjung"])
with get_client(sync_client=True) as client:
    flows = client.read_flow_runs()
    tasks = client.read_task_runs()
    artifacts = client.read_artifacts()
    limit = client.read_global_concurrency_limit_by_name("saring-index-writer")
    print(json.dumps({
        "skipped": skipped,
        "again": again["run_id"],
        "flows": sorted(run.state_name for run in flows),
        "tasks": sorted({run.name.split("-")[0] for run in tasks}),
        "states": sorted({run.state_name for run in tasks}),
        "artifacts": sorted({artifact.key for artifact in artifacts}),
        "summary": "".join(artifact.data for artifact in artifacts),
        "limit": [limit.limit, limit.active_slots],
        "log": [line.message for line in client.read_logs()],
    }))
"""


@pytest.mark.timeout(400)  # two servers and three runs: half a minute on an idle machine, minutes on a busy one
def test_ingest_runs_as_a_prefect_flow(tmp_path):
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "150",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "SARING_DATA_DIR": str(tmp_path / "data"),
        "SARING_RUNNER__WORKERS": "2",
    }
    command = [str(SARING), "ingest", "--json", "examples/raw/beritatanjung"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["counts"]["seen"] == report["counts"]["new"] + report["counts"]["near_duplicates"] > 0
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert probe.returncode == 0, probe.stderr[-3000:]
    seen = json.loads(probe.stdout.splitlines()[-1])
    assert seen["flows"] == ["Completed", "Completed", "Skipped"]
    assert "being written by process" in seen["skipped"]["skipped"]
    assert "# Skipped" in seen["summary"]
    assert seen["again"] in seen["summary"]
    assert "how many a second" not in seen["summary"]
    assert {"clean", "record", "duplicates", "index", "verify"} <= set(seen["tasks"])
    assert seen["states"] == ["Completed"]
    assert seen["artifacts"] == ["saring-ingest"]
    assert report["run_id"] in seen["summary"]
    assert seen["limit"][0] == 1
    assert seen["log"].count("Finished in state Completed()") <= 2, "of the runs, not of each of their tasks"
    # The facts of the run by the command line, and of the one that was called as a scheduled run is.
    assert sum("event=run_finished" in line for line in seen["log"]) == 2


def test_deployments_are_what_the_flows_accept():
    """`prefect.yaml` names entrypoints and schedules that exist."""
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert [deployment["name"] for deployment in deployments] == ["nightly", "weekly"]
    for deployment in deployments:
        path, name = deployment["entrypoint"].split(":")
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
        assert all(CronSchedule(**schedule) for schedule in deployment["schedules"])
        assert ConcurrencyLimitConfig(**deployment["concurrency_limit"]) == ONE_AT_A_TIME
