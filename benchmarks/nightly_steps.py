"""The steps of ``nightly_cycle.py``: each does something to a served folder and yields what must be so then."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmarks.prefect_site import PREFECT, ROOT, SARING, SECONDS, Server, Site, limit_files, small_disk, until
from index.ledger import Ledger

NIGHT = "0 1 * * *"
NO_LIMIT = -1
Check = tuple[str, bool, str]
"""What must be, whether it is, and what was seen."""


@dataclass(slots=True)
class Cycle:
    """What the steps share."""

    server: Server
    site: Site
    documents: int
    posted: list[str]
    pages: dict[str, str] = field(default_factory=dict)
    """Pages worth a picture, by name."""

    def runs_ok(self, why: str, name: str = "ingest/nightly") -> Check:
        """Whether the next run completes, and ledger and index agree after it."""
        run = self.server.ended(self.server.submit(name))
        status = self.site.saring("status", "--json").returncode
        self.picture_of_summary("summary", run["id"])
        return f"the next run completes {why}", (run["state_name"], status) == ("Completed", 0), run["state_name"]

    def long_run(self) -> str:
        """Start a run that takes its time, over sources of its own; gives its id."""
        config = self.site.configure(NIGHT, name="long.yaml", sources="more")
        return self.server.submit("ingest/nightly", config=str(config), full=True)

    def told(self, run: dict[str, Any]) -> Check:
        """Whether the webhook was called for this run, and with its state."""
        begins = f"{run['name']} {run['state_name']}".casefold()

        def calls() -> list[str]:
            return [body for body in self.posted if begins in body.casefold()]

        until(f"the webhook is called with {begins!r}", calls)
        return "the webhook is called", True, calls()[0][:100]

    def picture_of_summary(self, name: str, run: str) -> None:
        """Remember the page of the summary that a run left."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"like_": "saring-"}}}
        found = self.server.ask("/artifacts/filter", wanted)
        self.pages[name] = f"{self.server.page}/artifacts/artifact/{found[0]['id']}"

    def picture(self, name: str, run: str) -> None:
        """Remember the page of a run."""
        self.pages[name] = f"{self.server.page}/runs/flow-run/{run}"


def scheduled(cycle: Cycle) -> Iterator[Check]:
    """A run that comes due is started by ``saring serve``, which stops in one line."""
    cycle.site.configure("* * * * *")
    cycle.site.serve()
    due = until("a scheduled run", lambda: [r for r in cycle.server.runs("ingest") if r["auto_scheduled"]])[0]
    run = cycle.server.ended(due["id"])
    yield "a scheduled run completes", run["state_name"] == "Completed", run["state_name"]
    status, said = cycle.site.stop()
    yield "SIGTERM stops it", (status, "Traceback" in said, said.count("saring: stopping")) == (0, False, 1), said[-90:]
    cycle.site.configure(NIGHT)
    cycle.site.serve()


def by_hand(cycle: Cycle) -> Iterator[Check]:
    """``prefect deployment run``, its summary and its log."""
    command = [PREFECT, "deployment", "run", "ingest/nightly", "--param", "full=true", "--watch"]
    done = subprocess.run(command, env=cycle.server.environment, capture_output=True, text=True, check=False)
    run = max(cycle.server.runs("ingest"), key=lambda found: str(found["created"]))
    yield "a run by hand completes", (done.returncode, run["state_name"]) == (0, "Completed"), run["state_name"]
    summary = cycle.server.artifact(run["id"])
    parts = (
        f"{cycle.documents + 1:,} seen",
        "| id |",
        "| related_link |",
        "read/empty",
        "slowest documents",
        "how many a second, in the last",
    )
    yield "its summary has all", all(part in summary for part in parts), str([p for p in parts if p not in summary])
    tasks = until("its tasks reach the server", lambda: cycle.server.tasks(run["id"], "Completed"))
    yield "its task runs are on its page", True, f"{len(tasks)} and more"
    until("the log reaches the server", lambda: "event=run_finished" in cycle.server.log(run["id"]))
    yield "its log is on its page", True, cycle.server.log(run["id"]).splitlines()[-1][:90]
    cycle.picture("completed", run["id"])
    cycle.picture_of_summary("first-summary", run["id"])


def parameters(cycle: Cycle) -> Iterator[Check]:
    """The form of the parameters: each is typed and described, and wrong ones are refused before a run begins."""
    for name in ("ingest/nightly", "reindex/weekly"):
        known = cycle.server.deployment(name)["parameter_openapi_schema"]["properties"]
        bare = [key for key, about in known.items() if not about.get("description")]
        yield f"{name}: every parameter is described", not bare, ", ".join(known)
    for wrong in ({"full": "perhaps"}, {"sources": [""]}, {"config": ""}):
        try:
            cycle.server.submit("ingest/nightly", **wrong)
            yield f"{wrong} is refused", False, "it was taken"
        except httpx.HTTPStatusError as error:
            yield f"{wrong} is refused", error.response.is_client_error, str(error.response.status_code)
    cycle.pages["form"] = (
        f"{cycle.server.page}/deployments/deployment/{cycle.server.deployment('ingest/nightly')['id']}/run"
    )


def transient(cycle: Cycle) -> Iterator[Check]:
    """A fault that goes away: the task is retried, and the run completes."""
    id_ = cycle.long_run()
    process = cycle.site.process_of(id_)
    limit_files(process, 0)
    until("a task waits for its retry", lambda: cycle.server.tasks(id_, "AwaitingRetry"))
    limit_files(process, NO_LIMIT)
    run = cycle.server.ended(id_)
    again = [task["name"] for task in cycle.server.tasks(id_) if task["run_count"] > 1]
    yield "the run completes", run["state_name"] == "Completed", run["state_name"]
    yield "a task was retried", bool(again), ", ".join(again)
    cycle.picture("retried", id_)


def lasting(cycle: Cycle) -> Iterator[Check]:
    """A fault that stays: retried twice, then the run fails with its reason, and a person is told."""
    id_ = cycle.long_run()
    limit_files(cycle.site.process_of(id_), 0)
    run = cycle.server.ended(id_)
    message = str(run["state"]["message"])
    told = "large" in message and "raise the limit" in message
    yield "the run fails with its reason", (run["state_name"], told) == ("Failed", True), message
    state = json.loads(cycle.site.saring("status", "--json").stdout)["last_run"]
    yield (
        "saring status says the same",
        (state["state"], state["reason"] in message) == ("failed", True),
        state["reason"],
    )
    cycle.picture_of_summary("failed-summary", id_)
    counts = [task["run_count"] for task in cycle.server.tasks(id_, "Failed")]
    yield "after two retries", max(counts, default=0) == 3, str(counts)
    yield cycle.told(run)
    cycle.picture("failed", id_)
    yield cycle.runs_ok("after a failure")


def full_disk(cycle: Cycle) -> Iterator[Check]:
    """A disk that is full, and then is not."""
    with small_disk(cycle.site.folder / "disk", "24m") as disk:
        if disk is None:
            return
        config = str(cycle.site.configure(NIGHT, disk / "data", "small.yaml"))
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(psutil.disk_usage(str(disk)).free - 150_000))
        run = cycle.server.ended(cycle.server.submit("ingest/nightly", config=config))
        message = str(run["state"]["message"])
        full = bool(re.search("full|No space", message))
        yield "the run fails with its reason", (run["state_name"], full) == ("Failed", True), message
        yield cycle.told(run)
        ballast.unlink()
        run = cycle.server.ended(cycle.server.submit("ingest/nightly", config=config))
        yield "with space, the next completes", run["state_name"] == "Completed", run["state_name"]


def killed(cycle: Cycle) -> Iterator[Check]:
    """``kill -9`` of a run: it is shown as crashed, a person is told, the next run finishes the work."""
    id_ = cycle.long_run()
    cycle.site.at_work()
    cycle.site.process_of(id_).kill()
    run = cycle.server.ended(id_)
    yield "the run is shown as crashed", run["state_name"] == "Crashed", run["state"]["message"]
    yield cycle.told(run)
    state = json.loads(cycle.site.saring("status", "--json").stdout)["last_run"]
    yield "saring status says so", state["state"] == "died", state["state"]
    cycle.picture("crashed", id_)
    yield cycle.runs_ok("after a kill")


def overlap(cycle: Cycle) -> Iterator[Check]:
    """Two ingests, an ingest and a reindex, a command by hand: one writes at a time, and the others say why not."""
    first = cycle.long_run()
    cycle.site.at_work()
    second = cycle.server.ended(cycle.server.submit("ingest/nightly"))
    yield "a second ingest is skipped", second["state_name"] == "Cancelled", second["state"]["message"]
    weekly = cycle.server.submit("reindex/weekly")
    states = [cycle.server.ended(id_)["state_name"] for id_ in (first, weekly)]
    yield "ingest and reindex both complete", states == ["Completed", "Completed"], ", ".join(states)
    yield spans(cycle)
    by_hand = subprocess.Popen(
        [SARING, "ingest", "--direct", "--full", "--log-format", "text"],
        **{"cwd": cycle.site.folder, "env": cycle.site.environment, "text": True, "stderr": subprocess.PIPE},
    )
    with by_hand:
        assert by_hand.stderr is not None
        until("the command has the lock", lambda: "event=recorded" in by_hand.stderr.readline())
        by_hand.send_signal(signal.SIGSTOP)  # as long as the flow run needs to begin
        try:
            run = cycle.server.ended(cycle.server.submit("ingest/nightly"))
        finally:
            by_hand.send_signal(signal.SIGCONT)
        by_hand.stderr.read()
    yield "a run beside a command is skipped", run["state_name"] == "Skipped", run["state"]["message"]
    yield "the command completes", by_hand.returncode == 0, str(by_hand.returncode)
    cycle.picture("skipped", run["id"])


def spans(cycle: Cycle) -> Check:
    """Whether no two runs of the ledger were ever at work at once."""
    with Ledger.open(cycle.site.data / "ledger.sqlite", read_only=True) as ledger:
        ended = [(run.started_at, run.finished_at) for run in ledger.runs() if run.finished_at]
    ordered = sorted(ended)
    apart = all(before[1] <= after[0] for before, after in itertools.pairwise(ordered))
    return "no two runs wrote at once", apart, f"{len(ordered)} runs"


def rollback(cycle: Cycle) -> Iterator[Check]:
    """A rollback is searched at once, ``status`` says so, and the next night makes it right."""
    yield cycle.runs_ok("as a reindex", "reindex/weekly")
    before = cycle.site.saring("status", "--json").stdout
    done = cycle.site.saring("generations", "rollback")
    yield "the rollback is done", done.returncode == 0, done.stderr.strip()[-90:]
    status, search = cycle.site.saring("status", "--json"), cycle.site.saring("search", "--json", "sungai")
    yield "status tells", (status.returncode, status.stdout != before) == (1, True), str(status.returncode)
    yield "searching goes on", search.returncode == 0, f"{search.stdout.count('score')} hits"
    yield cycle.runs_ok("after a rollback")


def vanished(cycle: Cycle) -> Iterator[Check]:
    """The machine goes in the middle of a run: nobody reports it, its heartbeats are missed."""
    id_ = cycle.long_run()
    process = cycle.site.process_of(id_)
    until("a heartbeat", lambda: "heartbeat" in str(events(cycle, id_)))
    for one in (psutil.Process(cycle.site.serving.pid), process):  # type: ignore[union-attr]  # it is being served
        one.kill()
    cycle.site.stop()
    began = time.monotonic()
    run = cycle.server.ended(id_)
    waited = f"{run['state']['message']} ({time.monotonic() - began:.0f} s)"
    yield "the run is shown as crashed", run["state_name"].casefold() == "crashed", waited
    yield cycle.told(run)
    cycle.site.serve()
    yield cycle.runs_ok("when it is back")


def events(cycle: Cycle, run: str) -> list[str]:
    """Names of the events of a run."""
    wanted = {"filter": {"resource": {"id": [f"prefect.flow-run.{run}"]}}, "limit": 50}
    return [event["event"] for event in cycle.server.ask("/events/filter", wanted)["events"]]


def server_dies(cycle: Cycle) -> Iterator[Check]:
    """``kill -9`` of Prefect's server in the middle of a run, and a command without a server."""
    id_ = cycle.long_run()
    cycle.site.at_work()
    process = cycle.site.process_of(id_)
    cycle.server.end(signal.SIGKILL)
    began = time.monotonic()
    for command in (["ingest", "raw"], ["serve"]):
        done = cycle.site.saring(*command)
        clear = done.returncode == 1 and "does not answer" in done.stderr and "Traceback" not in done.stderr
        yield f"saring {command[0]} without a server says so", clear, done.stderr.strip()[-90:]
    psutil.wait_procs([process], timeout=SECONDS)
    yield "the run ends by itself", not process.is_running(), f"{time.monotonic() - began:.0f} s"
    status = cycle.site.saring("search", "--json", "sungai").returncode
    yield "searching goes on", status == 0, str(status)
    cycle.server.start()
    alive = cycle.site.serving is not None and cycle.site.serving.poll() is None
    yield "saring serve has outlived it", alive, "" if alive else cycle.site.said[-1][-90:]
    if not alive:
        cycle.site.serve()
    run = cycle.server.ended(id_)
    yield "the run has an end when it is back", True, f"{run['state_name']}: {run['state']['message']}"
    yield cycle.runs_ok("when it is back")


def deployed(cycle: Cycle) -> Iterator[Check]:
    """``prefect.yaml`` with a work pool and a worker."""
    status, _ = cycle.site.stop(signal.SIGINT)
    yield "SIGINT stops saring serve", status == 0, str(status)
    environment = {
        **cycle.server.environment,
        "SARING_HOME": str(ROOT),
        "SARING_CONFIG": str(cycle.site.folder / "config.yaml"),
        "PYTHONPATH": str(ROOT),
    }
    for command in (
        ["work-pool", "create", "saring", "--type", "process"],
        ["--no-prompt", "deploy", "--all"],
    ):
        done = subprocess.run(
            [PREFECT, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        yield f"prefect {' '.join(command)}", done.returncode == 0, (done.stdout + done.stderr).strip()[-60:]
    worker = subprocess.Popen(
        [PREFECT, "worker", "start", "--pool", "saring"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        for name in ("ingest/nightly", "reindex/weekly"):
            run = cycle.server.ended(cycle.server.submit(name))
            yield f"the worker runs {name}", run["state_name"] == "Completed", run["state_name"]
    finally:
        worker.kill()  # it forwards SIGTERM as SIGINT, which is ignored where nobody is at a terminal
        worker.wait()


STEPS: dict[str, Callable[[Cycle], Iterator[Check]]] = {
    step.__name__: step
    for step in (
        *(scheduled, by_hand, parameters, transient, lasting, full_disk, killed),
        *(overlap, rollback, vanished, server_dies, deployed),
    )
}
