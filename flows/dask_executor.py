"""The shards on a Dask cluster: the same calls, the same order of results, on other processes and machines.

A call goes to the cluster once. When its worker is lost, Dask gives it to another one, which finds that it was begun
before and leaves it: it may be the call that kills. It is made again in a process of its own beside the run
(`flows.executors.alone`), so that a document that kills takes one worker of the cluster with it and no more.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

from flows.dask_worker import BegunBeforeError, Call, Surroundings, UnseenSourceError, surroundings, unfit, work
from flows.executors import Pending, alone
from flows.logs import fact
from index import ledger_open
from transforms.errors import ClusterError, ConfigError

if TYPE_CHECKING:
    from distributed import Client

    from flows.settings import Settings

T = TypeVar("T")
A = TypeVar("A")

LOOK_SECONDS = 1.0
"""How long a result is waited for between two looks at whether the cluster still has workers."""

NOT_INSTALLED = "cannot import saring: install the same version there, with the extra `dask`"


class DaskExecutor:
    """A Dask cluster that somebody else started; entering connects to it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = settings.runner.address
        self._wait = settings.runner.wait_seconds
        self._folder = settings.work_dir / f"calls-{secrets.token_hex(4)}"
        """Where workers say what they have begun; its name tells the same folder from another one at the same path."""
        self._client: Client | None = None
        self._starting = threading.Lock()
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="saring-dask")
        self._checked: Future[Surroundings] | None = None
        self._workers_seen = monotonic()
        self.workers = 1

    def __enter__(self) -> Self:
        self._client = connect(self._address, self._wait)
        try:
            self.workers = self._await_workers()
        except BaseException:
            self._client.close()
            raise
        fact("cluster", address=self._address, workers=self.workers)
        return self

    def __exit__(self, *_: object) -> None:
        self._starter.shutdown(wait=True, cancel_futures=True)
        if self._client:
            with suppress(OSError, TimeoutError):  # the scheduler may be gone
                self._client.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def client(self) -> Client:
        """The connection; there is one between entering and leaving."""
        assert self._client is not None, "use it in a `with` statement"
        return self._client

    def _await_workers(self) -> int:
        wanted = max(1, self._settings.runner.workers)
        try:
            self.client.wait_for_workers(wanted, timeout=self._wait)
        except TimeoutError:
            found = len(self._worker_names())
            raise ClusterError(
                f"the Dask scheduler at {self._address} has {found or 'no'} workers after {self._wait:g} seconds, "
                f"{wanted} are needed (runner.workers, runner.wait_seconds). Start some: `dask worker {self._address} "
                "--nthreads 1`"
            ) from None
        return len(self._worker_names())

    def _worker_names(self) -> list[str]:
        return list(self.client.scheduler_info()["workers"])

    def prepare(self) -> None:
        """Let the workers load what they need and compare themselves with this process, in a thread."""
        with self._starting:
            if self._checked is None:
                self._checked = self._starter.submit(self._check)

    def ready(self) -> bool:
        """Whether the workers have loaded, or one of them is unfit: then the next call tells why."""
        return self._checked is not None and self._checked.done()

    def _check(self) -> Surroundings:
        any_machine = ledger_open.url(self._settings.ledger_url).get_backend_name() != "sqlite"
        expected = surroundings(tuple(str(folder) for folder in self._settings.rules), any_machine=any_machine)
        try:
            answers: dict[str, Any] = self.client.run(unfit, expected, on_error="return")
        except OSError:
            raise self.lost_scheduler() from None
        for address, answer in answers.items():
            if reason := _objection(answer):
                raise ClusterError(f"the Dask worker {address} {reason}")
        return expected

    def submit(self, name: str, function: Callable[[A], T], argument: A) -> Pending[T]:
        """Run it on the cluster; the result raises WorkerDiedError when two processes died of it."""
        self.prepare()
        assert self._checked is not None, "it was prepared just now"
        expected = self._checked.result()
        if self.client.status != "running":
            raise self.lost_scheduler()
        self._folder.mkdir(parents=True, exist_ok=True)
        key = f"{name}-{secrets.token_hex(8)}"
        call = Call(function, argument, str(self._folder / key), expected)
        return _Remote(self, name, call, self.client.submit(work, call, key=key, pure=False))

    def alone(self, name: str, function: Callable[[A], T], argument: A) -> T:
        """Run it in a process of its own, on this machine."""
        return alone(name, function, argument)

    def call(self, name: str, function: Callable[[], T]) -> T:  # noqa: ARG002 (the protocol's)
        """Run it here: what writes the ledger and the index stays in one process."""
        return function()

    def look_after_workers(self) -> None:
        """Raise ClusterError when there has been no worker for too long; those that are restarted may come back."""
        now = monotonic()
        if self.client.status != "running":
            raise self.lost_scheduler()
        with suppress(OSError):
            if self._worker_names():
                self._workers_seen = now
        if now - self._workers_seen > self._wait:
            raise ClusterError(
                f"the Dask cluster at {self._address} has lost all of its workers; none came back within "
                f"{self._wait:g} seconds. What was recorded stays: start workers, or set `runner: {{kind: process}}`, "
                "and run the same command again."
            )

    def lost_scheduler(self) -> ClusterError:
        """What to raise when the scheduler has gone."""
        return ClusterError(
            f"the connection to the Dask scheduler at {self._address} was lost. What was recorded stays: start the "
            "cluster again, or set `runner: {kind: process}`, and run the same command again."
        )


class _Remote:
    """A result on its way from the cluster."""

    def __init__(self, executor: DaskExecutor, name: str, call: Call, future: Any) -> None:
        self._executor, self._name, self._call, self._future = executor, name, call, future

    def result(self) -> Any:
        """Wait for it; a call that may have killed its worker is made once more, alone."""
        from distributed import CancelledError, KilledWorker  # an optional extra, there by now

        try:
            return self._arrived()
        except (KilledWorker, BegunBeforeError):
            fact("worker_lost", stage=self._name)
        except UnseenSourceError as error:
            if os.access(str(error), os.R_OK):
                raise ClusterError(
                    f"a Dask worker cannot read {error}, which this machine can: sources must be at the same path on "
                    "all workers, and theirs to read"
                ) from None
        except CancelledError:
            raise self._executor.lost_scheduler() from None
        except RuntimeError as error:
            if isinstance(error.__cause__, ImportError):  # a worker that joined later could not read the call
                raise ClusterError(f"a Dask worker {NOT_INSTALLED} ({error.__cause__})") from None
            raise
        return self._executor.alone(self._name, self._call.function, self._call.argument)

    def _arrived(self) -> Any:
        while True:
            try:
                error = self._future.exception(timeout=LOOK_SECONDS)
                if error is None:
                    return self._future.result(timeout=LOOK_SECONDS)
            except TimeoutError:
                self._executor.look_after_workers()
            else:
                raise error


def _objection(answer: str | Exception) -> str:
    """What a worker has against working for the run, from its answer; empty for nothing."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, OSError):
        return ""  # it was lost while it was asked; another one does its work
    # Dask hands on the text of an ImportError, inside of another exception.
    return NOT_INSTALLED if "No module named" in str(answer) else f"cannot work: {answer!r}"


def connect(address: str, seconds: float) -> Client:
    """A connection to the scheduler at ``address``, made within so many seconds."""
    try:
        import distributed  # an optional extra, and slow to load
    except ImportError as error:
        raise ConfigError(
            f"`runner: {{kind: dask}}` needs packages that are not installed ({error}): pip install 'saring[dask]'"
        ) from None
    for name in ("distributed", "distributed.client", "distributed.comm", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is raised, in words, here
    try:
        return distributed.Client(address, timeout=seconds, set_as_default=False, name="saring")
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} within {seconds:g} seconds ({error}): start one with "
            "`dask scheduler`, correct `runner.address` in config.yaml, or set `runner: {kind: process}`"
        ) from None
