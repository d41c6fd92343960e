"""Where stage functions run: here, in a pool of worker processes or on a Dask cluster, with or without Prefect.

The pipeline knows only :class:`Executor`. Prefect's wrapper (``flows/prefect_executor.py``) takes one of these and
makes every call a task run, so that ``--direct`` and a scheduled flow run the very same functions. The executor for
Dask is in ``flows/dask_executor.py``.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import forkserver, resource_tracker
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from flows import stopping
from transforms.errors import WorkerDiedError

if TYPE_CHECKING:
    from flows.dask_executor import DaskExecutor
    from flows.settings import Settings

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")

IN_FLIGHT_PER_WORKER = 3
"""Shards handed out ahead of each worker: enough that none waits, small as the last ones are, while duplicates are
settled here, few enough that disk and memory stay bounded."""
SMALL_SHARDS = 3
"""Shards worked on before workers are started: the first three of a run hold 112 documents at most."""

YOUNG_OBJECTS = 50_000
"""Objects made before the collector looks for cycles among them: documents leave none, and looking took a tenth of a
worker's time at Python's 700."""


def collect_less() -> None:
    """Leave what is loaded by now to stay, and look for garbage cycles less often."""
    gc.collect()
    gc.freeze()  # the collector touches none of it, so that forked processes go on sharing its memory
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)


class Pending(Protocol[T_co]):
    """A result that is on its way."""

    def result(self) -> T_co:
        """Wait for it; raises what the function raised."""
        ...


class Executor(Protocol):
    """Runs stage functions; ``name`` is what a person sees of the call."""

    @property
    def workers(self) -> int:
        """How many calls run at once."""
        ...

    def prepare(self) -> None:
        """Begin to start the workers, without waiting for them."""
        ...

    def ready(self) -> bool:
        """Whether what is submitted is begun at once."""
        ...

    def submit(self, name: str, function: Callable[[A], T], argument: A) -> Pending[T]:
        """Start ``function(argument)`` where the work is done; both must be picklable."""
        ...

    def alone(self, name: str, function: Callable[[A], T], argument: A) -> T:
        """Run ``function(argument)``, which may kill its process, where it harms nothing else, and wait."""
        ...

    def call(self, name: str, function: Callable[[], T]) -> T:
        """Run ``function`` in this process and wait."""
        ...


def in_main_thread() -> bool:
    """Whether this is the main thread of its process: the only one that a signal can interrupt."""
    return threading.current_thread() is threading.main_thread()


class Done:
    """A result that is there."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self) -> Any:
        """Give it."""
        return self._value


class InlineExecutor:
    """Everything in this process, one after another: no start-up cost, easy to debug.

    But for what is submitted in another thread than the main one, where a document that takes too long could not be
    stopped (`flows.time_limit`).
    """

    workers = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to stop."""

    def prepare(self) -> None:
        """Nothing to start."""

    def ready(self) -> bool:
        """Always."""
        return True

    def submit(self, name: str, function: Callable[[A], T], argument: A) -> Pending[T]:
        """Run it now."""
        return Done(function(argument) if in_main_thread() else alone(name, function, argument))

    def alone(self, name: str, function: Callable[[A], T], argument: A) -> T:  # noqa: ARG002 (the protocol's)
        """Run it now: there are no workers to die."""
        return function(argument)

    def call(self, name: str, function: Callable[[], T]) -> T:  # noqa: ARG002 (the protocol's)
        """Run it now."""
        return function()


class _Retried:
    """A pool's result that survives the death of a worker: the call is made once more, in a process of its own.

    A pool breaks as a whole, so a call that failed with it may be innocent; alone it can only have killed itself.
    """

    def __init__(self, executor: ProcessExecutor, name: str, function: Callable[[Any], Any], argument: Any) -> None:
        self._executor, self._name, self._function, self._argument = executor, name, function, argument
        self._generation, self._future = executor.start(function, argument)

    def result(self) -> Any:
        try:
            return self._future.result()
        except BrokenProcessPool:
            self._executor.renew(self._generation)
        return alone(self._name, self._function, self._argument)


def alone(name: str, function: Callable[[A], T], argument: A) -> T:
    """Make a call in a process of its own; raises WorkerDiedError when that dies."""
    with new_pool(1) as pool:
        try:
            return pool.submit(function, argument).result()
        except BrokenProcessPool:
            raise WorkerDiedError(
                f"a worker process died twice in the stage `{name}`: the kernel ends one that takes too much memory "
                "(`dmesg` tells). Fewer workers (runner.workers) or smaller shards (runner.shard_documents) take less."
            ) from None


def _nothing() -> None:
    """What a worker is asked to do to see whether it has begun."""


def _begin_worker() -> None:
    from flows.worker import watch_parent  # loaded already in the process that this worker was forked from

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # by it a pool ends its workers; one forked has its parent's handler
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    watch_parent()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Hold back what stops a command; a process that is started meanwhile holds it back for good."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stopping.STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def new_pool(workers: int) -> ProcessPoolExecutor:
    """Worker processes that end with this one.

    Forking a process that runs Prefect's threads can deadlock, and spawning loads everything in each worker: a server
    process without threads loads it once, and workers are forked from that. A Ctrl+C reaches every process of a
    terminal, and a service manager's SIGTERM may: all are for this process, which ends the others.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.worker"])
    with _signals_held_back():
        resource_tracker.ensure_running()  # it unblocks signals when it has begun
    with _signals_held_back():
        forkserver.ensure_running()  # what it is started with holds for the workers as well
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker)


class ProcessExecutor:
    """A pool of worker processes, begun on the first call; a call whose worker dies is made once more."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._generation = 0
        self._pool: ProcessPoolExecutor | None = None
        self._starting: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._starting:
            self._starting.join()
        if self._pool:
            if kind:  # nobody waits for what they do, which may take minutes
                for worker in list(self._pool._processes.values()):
                    worker.terminate()
            self._pool.shutdown(wait=True, cancel_futures=True)

    def prepare(self) -> None:
        """Start the workers in a thread: the process that they are forked from takes more than a second to load."""
        if self._starting is None:
            self._begin(new_pool(self.workers))

    def _begin(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool
        self._starting = threading.Thread(target=_await_workers, args=(pool, self.workers), daemon=True)
        self._starting.start()

    def fork(self) -> None:
        """Start the workers as copies of this process, which must hold nothing open that they may not share.

        They begin at once and load nothing. Where a copy could hang or crash (another thread may hold a lock, macOS),
        they are started as ever.
        """
        if self._starting is not None or sys.platform != "linux" or threading.active_count() > 1:
            self.prepare()
            return
        import flows.worker  # noqa: F401 (loads what workers need: from here they have it)

        context = multiprocessing.get_context("fork")
        pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin_worker)
        with _signals_held_back():
            pool.submit(_nothing)  # forks all of them here, before the pool has threads
        self._begin(pool)

    def ready(self) -> bool:
        """Whether the workers have begun, or have failed to: then the next call tells why."""
        return self._starting is not None and not self._starting.is_alive()

    def start(self, function: Callable[[A], T], argument: A) -> tuple[int, Future[T]]:
        """Hand a call to the pool; the number tells which pool took it."""
        if self._starting:
            self._starting.join()
        if self._pool is None:
            self._pool = new_pool(self.workers)
        try:
            with _signals_held_back():  # a worker whose start is broken off ends in a traceback
                return self._generation, self._pool.submit(function, argument)
        except BrokenProcessPool:
            self.renew(self._generation)
            return self.start(function, argument)

    def renew(self, generation: int) -> None:
        """Replace the pool numbered ``generation`` unless somebody did already."""
        if generation == self._generation and self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool, self._generation = None, generation + 1

    def submit(self, name: str, function: Callable[[A], T], argument: A) -> Pending[T]:
        """Run it in a worker; the result raises WorkerDiedError when that dies twice."""
        return _Retried(self, name, function, argument)

    def alone(self, name: str, function: Callable[[A], T], argument: A) -> T:
        """Run it outside of the pool, which would break as a whole."""
        return alone(name, function, argument)

    def call(self, name: str, function: Callable[[], T]) -> T:  # noqa: ARG002 (the protocol's)
        """Run it here: what writes the ledger and the index stays in one process."""
        return function()


def _await_workers(pool: ProcessPoolExecutor, workers: int) -> None:
    """Wait until a pool has begun; what keeps it from beginning is raised again by the next call to it."""
    with suppress(BrokenProcessPool, OSError):
        for begun in [pool.submit(_nothing) for _ in range(workers)]:
            begun.result()


def ordered(
    executor: Executor,
    name: str,
    function: Callable[[A], T],
    arguments: Iterable[A],
    *,
    rescue: Callable[[A], T] | None = None,
    here: int = 0,
) -> Iterator[tuple[A, T]]:
    """Results in the order of the arguments, which are drawn only as fast as they are worked on.

    A fixed order of results makes what is recorded independent of the number of workers and of their speed. With
    ``here``, that many of the first arguments are worked on in this process, and as many more as it manages while the
    workers start: small jobs start no workers at all, and large ones do not wait for theirs. ``rescue`` is asked for
    the result of an argument that killed its workers.
    """
    window = executor.workers * IN_FLIGHT_PER_WORKER if executor.workers > 1 else 0
    waiting: deque[tuple[A, Pending[T]]] = deque()
    for position, argument in enumerate(arguments):
        stopping.check()
        if here and not waiting and not executor.ready() and in_main_thread():
            if position >= here:
                executor.prepare()
            yield argument, executor.call(name, partial(function, argument))
            continue
        waiting.append((argument, executor.submit(name, function, argument)))
        if len(waiting) > window:
            yield _finished(*waiting.popleft(), rescue)
    while waiting:
        yield _finished(*waiting.popleft(), rescue)


def _finished(argument: A, pending: Pending[T], rescue: Callable[[A], T] | None) -> tuple[A, T]:
    try:
        return argument, pending.result()
    except WorkerDiedError:
        if rescue is None:
            raise
        return argument, rescue(argument)


def executor_for(settings: Settings) -> InlineExecutor | ProcessExecutor | DaskExecutor:
    """The runner that config.yaml asks for."""
    if settings.runner.kind == "inline":
        return InlineExecutor()
    if settings.runner.kind == "dask":
        from flows.dask_executor import DaskExecutor  # loads the stages, which a command that asks for it may not need

        return DaskExecutor(settings)
    return ProcessExecutor(settings.worker_count)
