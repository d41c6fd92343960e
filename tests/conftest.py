"""What holds for every test: a slow machine is no failure of a property, and where ledgers are.

With TEST_LEDGER each ledger that a test names by its path, or that belongs to a data folder, is on that server
instead, in a schema of its own (``tests/postgres_server.py``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from postgres_server import Ledgers, Server, given_server, missing, private_server

from flows.settings import Settings
from index import ledger_open

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

_started_alone = subprocess.Popen.__init__
_files_copied = shutil.copytree
_url_of_a_path = ledger_open.url


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite(reason): it is about SQLite files, so it is left out on a server")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        about_files = item.get_closest_marker("sqlite")
        if about_files and given_server():
            item.add_marker(pytest.mark.skip(reason=f"SQLite: {about_files.args[0]}"))


@pytest.fixture(scope="session")
def ledgers() -> Iterator[Ledgers | None]:
    """The ledgers on the server that the tests are to use; None with SQLite."""
    server = given_server()
    if server is None:
        yield None
        return
    made = Ledgers(server)
    with pytest.MonkeyPatch.context() as patched:
        _put_on_server(patched, made)
        yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def _ledgers_of_this_module(ledgers: Ledgers | None) -> Iterator[None]:
    yield
    if ledgers:
        ledgers.drop()


def _put_on_server(patched: pytest.MonkeyPatch, ledgers: Ledgers) -> None:
    def url(name: str) -> object:
        return _url_of_a_path(name if "://" in name else ledgers.url(name))

    def started(process: subprocess.Popen, *arguments: object, **options: object) -> None:
        given = options.get("env") or os.environ
        folder = Path(str(options.get("cwd") or "."), given.get("SARING_DATA_DIR", "data"))
        if "SARING_LEDGER" not in given:
            options["env"] = {**given, "SARING_LEDGER": ledgers.url(folder / "ledger.sqlite")}
        _started_alone(process, *arguments, **options)

    def copied(source: str, target: str, *arguments: object, **options: object) -> object:
        done = _files_copied(source, target, *arguments, **options)  # calls this for every folder in it
        if ledgers.holds(Path(source, "ledger.sqlite")):
            ledgers.copy(Path(source, "ledger.sqlite"), Path(target, "ledger.sqlite"))
        return done

    def ledger_url(own: Settings) -> str:
        return own.ledger or ledgers.url(own.data_dir / "ledger.sqlite")

    patched.setattr(ledger_open, "url", url)
    patched.setattr(Settings, "ledger_url", property(ledger_url))
    patched.setattr(subprocess.Popen, "__init__", started)
    patched.setattr(shutil, "copytree", copied)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A private PostgreSQL server."""
    if reason := missing():
        pytest.skip(reason)
    with private_server() as running:
        yield running
