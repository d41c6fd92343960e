"""A PostgreSQL server of one's own, and a ledger on it for every ledger that a test names by its path.

``python tests/postgres_server.py [ARGUMENT OF PYTEST…]`` starts a server in a temporary folder, passes the tests with
all of their ledgers on it, and removes it again (``make test-postgres``). With a server that runs already:
``TEST_LEDGER=postgresql+psycopg://user@host/database python -m pytest``; the schemas made there go in the end.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

VARIABLE = "TEST_LEDGER"
PASSWORD = "rahasia-sekali-9f3a"
START_SECONDS = 60

# Data of tests need not survive the loss of power; fsync alone makes every commit ten times as slow.
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=60")


def missing() -> str | None:
    """Say what keeps a server from being started here; None when nothing does."""
    try:
        import psycopg  # noqa: F401 (an optional driver: only whether it is there counts)
    except ImportError:
        return "the driver is not installed: pip install 'saring[postgres]'"
    if _binaries() is None:
        return "there are no PostgreSQL server programs (initdb, postgres) on this machine"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "root may not run PostgreSQL, and there is no user postgres or nobody to run it as"
    return None


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").is_file() and (place / "postgres").is_file()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class Server:
    """A private server: a folder, a Unix socket in it, a superuser with a password, and no open port."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._settings = ("listen_addresses=", "unix_socket_directories=../socket", *(() if durable else QUICK))
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self.url = URL.create(
            "postgresql+psycopg", "saring", PASSWORD, database="postgres", query={"host": str(folder / "socket")}
        )

    def make(self) -> None:
        """Make the database cluster."""
        (self._folder / "socket").mkdir(mode=0o700)
        password = self._folder / "password"
        password.write_text(PASSWORD, encoding="ascii")
        if self._user:
            for path in (self._folder, self._folder / "socket", password):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--pgdata", "data", "--username", "saring", "--pwfile", "password", *_INITDB)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [f"-c{setting}" for setting in self._settings]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program("postgres"), "-D", "data", *settings], stdout=log, stderr=log, **self._as_user()
            )
        engine = create_engine(self.url)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                engine.connect().close()
                engine.dispose()
                return
            except Exception:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.05)

    def stop(self, *, crash: bool = False) -> None:
        """Stop it and wait: orderly, or as a power failure of the server would."""
        if self._process is None:
            return
        self._process.send_signal(3 if crash else 2)  # SIGQUIT: at once; SIGINT: after closing every connection
        self._process.wait(timeout=START_SECONDS)
        self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._program(program), *arguments], capture_output=True, text=True, check=False, **self._as_user()
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")

    def _program(self, name: str) -> str:
        return str((_binaries() or Path()) / name)

    def _as_user(self) -> dict[str, object]:
        user = self._user
        rights = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        return {"cwd": self._folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **rights}


_INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")


@contextmanager
def private_server(*, durable: bool = False) -> Iterator[Server]:
    """A running server, which is gone afterwards with all that is in it."""
    folder = Path(tempfile.mkdtemp(prefix="saring-pg-", dir="/tmp"))  # a socket's path may have 107 bytes
    server = Server(folder, durable=durable)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Ledgers:
    """Ledgers on a server, each in a schema of its own, by the path that a test knows them under."""

    def __init__(self, server: URL) -> None:
        self._server = server
        self._engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._prefix = f"saring_test_{secrets.token_hex(4)}_"
        self._made: set[str] = set()

    def url(self, path: str | Path) -> str:
        """The URL that stands for a path; its schema is made when it is asked for first."""
        schema = self._schema(path)
        if schema not in self._made:
            self._execute(f"CREATE SCHEMA {schema}")
            self._made.add(schema)
        options = {"options": f"-csearch_path={schema}"}
        return self._server.update_query_dict(options).render_as_string(hide_password=False)

    def holds(self, path: Path) -> bool:
        """Whether a path stands for a ledger."""
        return self._schema(path) in self._made

    def copy(self, source: Path, target: Path) -> None:
        """Make the ledger of one path hold what that of another holds."""
        from index import tables

        engine = create_engine(self.url(target))
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            for table in tables.metadata.sorted_tables:
                connection.execute(text(f"INSERT INTO {table.name} SELECT * FROM {self._schema(source)}.{table.name}"))
        engine.dispose()

    def drop(self) -> None:
        """Remove every schema that was made."""
        for schema in sorted(self._made):
            self._execute(f"DROP SCHEMA {schema} CASCADE")
        self._made.clear()

    def close(self) -> None:
        """Remove what is left, and let go of the server."""
        self.drop()
        self._engine.dispose()

    def _schema(self, path: str | Path) -> str:
        return self._prefix + hashlib.blake2b(os.fsencode(Path(path).absolute()), digest_size=8).hexdigest()

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def given_server() -> URL | None:
    """The server on which the tests are asked to have their ledgers."""
    named = os.environ.get(VARIABLE)
    return make_url(named) if named else None


def main() -> int:
    """Pass the tests on a server of their own."""
    if reason := missing():
        print(f"no PostgreSQL server can be started: {reason}", file=sys.stderr)  # noqa: T201 (a script's message)
        return 1
    with private_server() as server:
        environment = {**os.environ, VARIABLE: server.url.render_as_string(hide_password=False)}
        return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
