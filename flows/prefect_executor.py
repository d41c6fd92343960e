"""Prefect around an executor: every shard and every write becomes a task run that can be watched and retried.

A task run costs about ten milliseconds in threads, hundreds in Prefect's own process pool: so the task runs are threads
that wait, and the work is done by the wrapped executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.executors import Done, Executor, InlineExecutor, Pending

T = TypeVar("T")
A = TypeVar("A")

RETRIES = 2
RETRY_SECONDS = 2
REPEATABLE = frozenset({"count", "clean", "verify"})
"""Calls in the flow's own process that may be made again as well: they write nothing but a file that they replace."""


def transient(_task: Any, _run: Any, state: Any) -> bool:
    """Retry what may go away by itself (a full disk, a busy file), never a defect that would fail again."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError)


_AGAIN: Final[Mapping[str, Any]] = {
    "retries": RETRIES,
    "retry_delay_seconds": RETRY_SECONDS,
    "retry_condition_fn": transient,
}


class PrefectExecutor:
    """Runs stage functions as Prefect task runs; used inside a flow run."""

    def __init__(self, inner: Executor) -> None:
        self._inner = inner

        @task(cache_policy=NO_CACHE, persist_result=False, **_AGAIN)
        def stage(argument: Any, function: Callable[[Any], Any], name: str) -> Any:
            return inner.submit(name, function, argument).result()

        @task(cache_policy=NO_CACHE, persist_result=False)
        def write(function: Callable[[], Any]) -> Any:
            return function()

        self._stage, self._write = stage, write

    @property
    def workers(self) -> int:
        """As many as the wrapped executor."""
        return self._inner.workers

    def prepare(self) -> None:
        """Let the wrapped executor begin."""
        self._inner.prepare()

    def ready(self) -> bool:
        """Whether the wrapped executor is ready."""
        return self._inner.ready()

    def submit(self, name: str, function: Callable[[A], T], argument: A) -> Pending[T]:
        """Start a task run that does what the wrapped executor does, or waits for it."""
        stage = self._stage.with_options(name=name)
        if isinstance(self._inner, InlineExecutor):  # its work is done in the flow's own thread, which can be stopped
            return Done(stage(argument, function, name))
        return cast("Pending[T]", stage.submit(argument, function, name))

    def alone(self, name: str, function: Callable[[A], T], argument: A) -> T:
        """Let the wrapped executor do it, in a task run."""
        return self.call(name, partial(self._inner.alone, name, function, argument))

    def call(self, name: str, function: Callable[[], T]) -> T:
        """Run ``function`` here, as a task run."""
        options = _AGAIN if name in REPEATABLE else {}
        return cast("T", self._write.with_options(name=name, **options)(function))
