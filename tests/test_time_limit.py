"""A rule of a user's own that never ends: its document is set aside with the reason, in every kind of process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from local_cluster import local_cluster

from flows.executors import InlineExecutor
from flows.time_limit import SLOW_DOCUMENTS, SlowRuleError, TimeLimit, TooSlowError
from index.ledger import Ledger
from transforms.lines import make_page
from transforms.models import RawDocument
from transforms.process import StageClock
from transforms.rules import Rule, load_rules

PROJECT = Path(__file__).parent.parent
SARING = Path(sys.executable).with_name("saring")
RULE = """
- id: kabarmuara.never
  kind: promo
  why: Kabar Muara prints an invitation, which this pattern was meant to find.
  scope: inline
  pattern: 'undangan (a+)+b'
  needs: [undangan]
  examples: ["{body} ⟦undangan ab⟧"]
"""
HOSTILE = "Nelayan menerima undangan " + "a" * 64 + " pada hari itu.\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the rule, a configuration, and 23 articles of which the first and another one never end."""
    for name in ("rules", "raw"):
        (tmp_path / name).mkdir()
    (tmp_path / "rules" / "own.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        "sources: [raw]\nrules: [rules]\nrunner: {workers: 2, document_seconds: 0.5, shard_documents: 10}\n",
        encoding="utf-8",
    )
    for number in range(23):
        text = f"Panen di Muara {number}\n\nWarga kampung {number} menanam {number * 7} pohon di tepi sungai.\n"
        (tmp_path / "raw" / f"berita-{number:02d}.txt").write_text(
            text + HOSTILE * (number in (0, 19)), encoding="utf-8"
        )
    return tmp_path


def saring(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SARING), *arguments],
        cwd=place,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def after_a_crash(place: Path) -> None:
    """The next run leaves every document to its workers."""
    (place / "data" / "work" / "died").mkdir(parents=True)
    (place / "data" / "writer.lock").touch()


@pytest.mark.parametrize("runner", ["inline", pytest.param("process", marks=pytest.mark.slow)])
def test_a_rule_that_never_ends_costs_its_documents_and_not_the_run(place: Path, runner: str) -> None:
    if runner == "process":
        after_a_crash(place)
    done = saring(place, "ingest", "--direct", "--json", SARING_RUNNER__KIND=runner)
    check(done, place)
    if runner == "inline":
        return
    (place / "rules" / "own.yaml").write_text(RULE.replace("(a+)+b", "a{1,80}b"), encoding="utf-8")
    mended = saring(place, "ingest", "--direct", "--json", SARING_RUNNER__KIND=runner)
    assert json.loads(mended.stdout)["counts"]["quarantined"] == 0, mended.stderr


def check(done: subprocess.CompletedProcess[str], place: Path) -> None:
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert (counts["seen"], counts["new"], counts["quarantined"]) == (23, 21, 2)
    with Ledger.open(str(place / "data" / "ledger.sqlite"), read_only=True) as ledger:
        rows = ledger.quarantine()
    assert sorted(Path(row.source).name for row in rows) == ["berita-00.txt", "berita-19.txt"]
    assert {(row.stage, row.error) for row in rows} == {("clean", "too_slow")}
    assert all("`kabarmuara.never`" in row.message and "0.5 s" in row.message for row in rows)
    assert all("bound every repetition" in row.hint for row in rows)


@pytest.mark.slow
def test_it_costs_no_more_in_a_prefect_flow(place: Path) -> None:
    around = {"PREFECT_HOME": str(place / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    around["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "150"
    check(saring(place, "ingest", "--json", SARING_RUNNER__KIND="inline", **around), place)


@pytest.mark.slow
def test_on_a_dask_cluster_it_costs_a_worker_which_is_started_again(place: Path) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`: pip install 'saring[dask]'")
    after_a_crash(place)
    with local_cluster(place, 0, environment={"PYTHONPATH": str(PROJECT)}) as cluster:
        cluster.add_worker(nanny=True)
        around = {"SARING_RUNNER__ADDRESS": cluster.address, "SARING_RUNNER__WORKERS": "1"}
        done = saring(place, "ingest", "--direct", "--json", SARING_RUNNER__KIND="dask", **around)
    check(done, place)
    assert done.stderr.count("event=worker_lost") == 2


def test_clean_says_which_rule_never_ends(place: Path) -> None:
    cleaned = saring(place, "clean", "raw/berita-00.txt", "raw/berita-01.txt")
    assert cleaned.returncode == 1
    assert "Warga kampung 1" in cleaned.stdout
    assert "`kabarmuara.never`" in cleaned.stderr


@pytest.mark.slow
def test_explain_says_which_rule_never_ends(place: Path) -> None:
    explained = saring(place, "explain", "raw/berita-00.txt")
    assert explained.returncode == 1
    assert "berita-00.txt: it took more than 0.5 s" in explained.stderr
    assert "`kabarmuara.never`" in explained.stderr


def test_rules_test_tells_a_rule_that_can_be_made_slow_whatever_its_examples(place: Path) -> None:
    tested = saring(place, "rules", "test")
    assert tested.returncode == 1
    assert "kabarmuara.never: not done after 1 s with a text that begins 'undangan undangan aaa" in tested.stdout
    assert "1 more can be made slow" in tested.stderr


def never() -> object:
    return re.search("(a+)+b", "a" * 64)


def test_other_work_is_stopped_as_well_and_the_next_is_not() -> None:
    limit = TimeLimit(0.2)
    with pytest.raises(TooSlowError, match=r"more than 0.2 s") as stopped:
        limit.run(never)
    assert "document_seconds" in stopped.value.hint
    began = time.thread_time()
    assert limit.run(lambda: 7) == 7
    while time.thread_time() < began + 0.3:
        pass  # whatever was left of the timer would end this


def busy(seconds: float) -> None:
    began = time.thread_time()
    while time.thread_time() < began + seconds:
        pass


def test_while_timers_run_on_each_piece_of_work_has_the_whole_time() -> None:
    limit = TimeLimit(0.3)
    with limit.watching():
        for seconds in (0.2, 0.2):  # the timer's first look is in the middle of the second one
            limit.run(lambda seconds=seconds: busy(seconds))
        with pytest.raises(TooSlowError):
            limit.run(never)
        busy(0.4)  # what is done between them has no limit
        assert limit.run(lambda: 7) == 7


def test_what_earlier_parts_of_the_work_took_counts() -> None:
    limit = TimeLimit(0.3)
    with limit.watching(), pytest.raises(TooSlowError):
        for _ in range(30):  # the timer looks into one of them; on a busy machine it rings late
            limit.run(lambda: busy(0.25), 10.0)


def test_documents_cleaned_side_by_side_come_out_as_they_do_alone() -> None:
    rules, limit = load_rules(), TimeLimit(30)
    texts = [f"Panen di Muara {n}\n\nWarga kampung {n} menanam {n * 7} pohon di tepi sungai.\n" for n in range(5)]
    raws = [RawDocument(str(n), f"{n}.txt", text) for n, text in enumerate(texts)]
    together = limit.process_all(raws, rules, StageClock())
    assert [result for result, _ in together] == [limit.process(raw, rules, StageClock()) for raw in raws]
    assert all(0 < seconds < 30 for _, seconds in together)


def test_every_document_has_the_whole_time_whatever_came_before_it() -> None:
    rule = Rule("own.never", "other", "", "inline", ("{body}",), pattern=re.compile("(a+)+b"))
    limit, page = TimeLimit(0.1), make_page("a" * 64)
    for _ in range(SLOW_DOCUMENTS):
        began = time.thread_time()
        with pytest.raises(TooSlowError, match=r"0\.1 s of processor time, the last of it in the rule `own.never`"):
            limit.run(lambda: rule.find(page))
        assert time.thread_time() - began > 0.05
    with pytest.raises(SlowRuleError, match=r"`own.never` did not come to its end on 11 documents"):
        limit.run(lambda: rule.find(page))


@pytest.mark.slow  # its limit alone is tested above
@pytest.mark.parametrize(("runner", "first"), [("inline", 0), ("inline", 25), ("process", 0)])
def test_a_rule_that_never_ends_on_many_documents_ends_the_run_in_any_order(place: Path, runner: str, first: int):
    """How many it stops does not depend on where in the run, and in whose hands, they are."""
    config = place / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("0.5", "0.2"), encoding="utf-8")
    if runner == "process":
        after_a_crash(place)
    many = place / "raw" / f"{first:02d}.jsonl"
    with many.open("w", encoding="utf-8") as lines:
        for number in range(30):
            lines.write(
                json.dumps({"id": f"m{number}", "text": HOSTILE.replace("Nelayan", f"Nelayan {number}")}) + "\n"
            )
    began = time.monotonic()
    stopped = saring(place, "ingest", "--direct", "--json", SARING_RUNNER__KIND=runner)
    assert time.monotonic() - began < 60
    assert (stopped.returncode, stopped.stdout) == (1, ""), stopped.stderr
    assert "the rule `kabarmuara.never` did not come to its end on" in stopped.stderr
    assert "saring rules test" in stopped.stderr
    (place / "rules" / "own.yaml").write_text(RULE.replace("(a+)+b", "a{1,80}b"), encoding="utf-8")
    mended = saring(place, "ingest", "--direct", "--json", SARING_RUNNER__KIND=runner)
    counts = json.loads(mended.stdout)["counts"]
    assert (counts["quarantined"], counts["seen"]) == (0, 53)


def test_a_run_does_not_wait_for_workers_that_are_stuck(place: Path) -> None:
    """Stopped, or ended by an error, it ends them: what they do is left to the next run."""
    after_a_crash(place)
    environment = {**os.environ, "SARING_RUNNER__DOCUMENT_SECONDS": "1000"}
    command = [str(SARING), "ingest", "--direct", "--log-format", "text"]
    with subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True) as run:
        until = time.monotonic() + 60
        while not any(_is_stuck(child) for child in psutil.Process(run.pid).children(recursive=True)):
            assert time.monotonic() < until
            time.sleep(0.1)
        run.terminate()
        try:
            _, rest = run.communicate(timeout=20)
        finally:
            run.kill()
    assert run.returncode == 143, rest


def _is_stuck(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.cpu_times().user > 2
    return False


ALONE = """
import hashlib, re, threading
from flows import time_limit
time_limit.GRACE_SECONDS = 0.5
def match():
    re.search("(a+)+b", "a" * 64)
def compiled():
    hashlib.pbkdf2_hmac("sha1", b"", b"", 2_000_000_000)
def run():
    time_limit.TimeLimit(0.3, worker=True).run({work})
{start}
"""


@pytest.mark.parametrize(
    ("work", "start"),
    [
        ("compiled", "run()"),
        ("match", "other = threading.Thread(target=run)\nother.start()\nother.join()"),
    ],
)
def test_a_worker_that_cannot_be_stopped_is_ended(work: str, start: str) -> None:
    code = ALONE.format(work=work, start=start)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode < 0


def in_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_is_submitted_in_another_thread_is_done_where_it_can_be_stopped() -> None:
    pids: list[int] = []
    with InlineExecutor() as inline:
        in_thread(lambda: pids.append(inline.submit("pid", own_pid, 0).result()))
        pids.append(inline.submit("pid", own_pid, 0).result())
    assert pids[0] != pids[1] == os.getpid()


def own_pid(_: int) -> int:
    return os.getpid()
