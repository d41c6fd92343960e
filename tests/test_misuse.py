"""Set-ups that nobody meant: two data folders with one ledger, closed streams, times that are none, half an index."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from four_articles import four_articles, status
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor
from flows.locks import DataLockedError, serve_lock, writer_lock, writer_of
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.settings import Settings
from index.generations import Generations
from index.ledger import Ledger
from transforms.errors import ConfigError

SARING = Path(sys.executable).with_name("saring")


class Stopping(InlineExecutor):
    """Stops when the new index is to be verified."""

    def call(self, name, function):
        if name == "verify":
            raise KeyboardInterrupt
        return super().call(name, function)


def names(settings: Settings) -> list[str]:
    return [info.name for info in Generations(settings.index_dir).list()]


def test_an_index_that_is_not_finished_does_not_stay(tmp_path: Path) -> None:
    own = four_articles(tmp_path)
    run_ingest(own, own.sources, InlineExecutor(), full=False, progress=Silent())
    kept = names(own)
    with pytest.raises(KeyboardInterrupt):
        run_reindex(own, Stopping(), from_raw=False, progress=Silent())
    assert names(own) == kept, "it fails"
    Generations(own.index_dir).create("killed")
    with Ledger.open(own.ledger_url) as ledger:
        ledger.reset_indexed("killed")
    report = run_reindex(own, InlineExecutor(), from_raw=False, progress=Silent())
    assert names(own) == [*kept, report.generation], "it is killed"


@pytest.mark.sqlite("on a server the ledger has its own lock")
@pytest.mark.parametrize("ledger", ["shared.db", "a/ledger.sqlite"])
def test_data_folders_that_share_a_ledger_take_turns(tmp_path: Path, ledger: str) -> None:
    one = Settings(data_dir=tmp_path / "a", ledger=str(tmp_path / ledger))
    two = Settings(data_dir=tmp_path / "b", ledger=str(tmp_path / ledger))
    with Ledger.open(one.ledger_url):
        pass
    for mine, other in ((one, two), (two, one)):
        with writer_lock(mine):
            with pytest.raises(DataLockedError, match=f"is being written by process {os.getpid()}"), writer_lock(other):
                pass
            assert writer_of(other).process == str(os.getpid()), "status says so as well"
        with writer_lock(other):
            pass


def test_closed_streams_do_not_keep_a_command_from_its_work(tmp_path: Path) -> None:
    own = four_articles(tmp_path)
    environment = {**os.environ, "SARING_DATA_DIR": str(own.data_dir), "SARING_RUNNER__KIND": "inline"}
    command = f'"{SARING}" ingest --direct "{own.sources[0]}" <&- >&- 2>&-'
    assert subprocess.run(["/bin/sh", "-c", command], env=environment, check=False).returncode == 0
    assert status(own).exit_code == 0


def test_a_schedule_that_names_no_time_is_told(tmp_path: Path) -> None:
    code = (
        "from flows.deployments import _deployments\nfrom flows.settings import Schedules\n"
        "_deployments(Schedules(ingest='0 25 * * *'), {})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith(
        "transforms.errors.ConfigError: schedules.ingest: '0 25 * * *' names no time"
    )


def test_the_small_script_searches_the_data_folder_of_the_environment(tmp_path: Path) -> None:
    own = four_articles(tmp_path)
    run_ingest(own, own.sources, InlineExecutor(), full=False, progress=Silent())
    environment = {**os.environ, "SARING_DATA_DIR": str(own.data_dir)}
    command = [sys.executable, "-m", "index.search", "--json", "berita"]
    done = subprocess.run(command, cwd=tmp_path / "raw", env=environment, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["total"] == 4, done.stderr


def test_schedules_are_served_once(tmp_path: Path) -> None:
    """Whoever ends first pauses them on the server, and the other one would wait for ever."""
    own = four_articles(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server, serve_lock(own.data_dir):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/api"  # something answers, and is asked nothing else
        environment = {**os.environ, "SARING_DATA_DIR": str(own.data_dir), "PREFECT_API_URL": url}
        done = subprocess.run([str(SARING), "serve"], env=environment, capture_output=True, text=True, check=False)
        server.shutdown()
    assert done.returncode == 1
    assert f"served already, by process {os.getpid()}" in done.stderr


def test_rules_that_are_not_there_are_not_compared(tmp_path: Path) -> None:
    own = four_articles(tmp_path)
    run_ingest(own, own.sources, InlineExecutor(), full=False, progress=Silent())
    done = CliRunner().invoke(app, ["rules", "diff", "builtin", "nope"], env={"SARING_DATA_DIR": str(own.data_dir)})
    assert isinstance(done.exception, ConfigError)
    assert "nope: no such folder" in str(done.exception)
