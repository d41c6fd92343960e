"""A limit on the time that one document may take: what takes longer is stopped and set aside, and the run goes on.

saring's own rules and steps take time linear in the text; a rule of a user's own may take for ever (``(a+)+b``). The
time is that of the processor, so that neither a busy machine nor one that slept makes an honest document late.

While an expression is matched no other Python code runs, in no thread; but the matcher looks for signals, and in the
main thread a signal's handler can end it. In another thread (a Dask worker's) only the kernel can, with the whole
process: then the shard is done again in a process of its own, where the work is in the main thread.

Each document is stopped by its own time alone, whatever came before it in whichever process. A rule that never ends
would cost a run a minute for each document: after some of them the run itself ends, and says which rule to mend.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import thread_time
from types import FrameType
from typing import TypeVar

from flows.executors import in_main_thread
from transforms.errors import InputError, SaringError
from transforms.models import Document, RawDocument, Rejected
from transforms.outlet_lines import NOTHING_KNOWN, Knowledge
from transforms.process import StageClock, stages_of
from transforms.rules import Rule, RuleSet

T = TypeVar("T")

TOO_SLOW = "too_slow"
"""Reason of what was stopped."""
LOOK_SECONDS = 1.0
"""Processor seconds between two looks at what is going on; nearly all documents are done before the first."""
EARLY_SECONDS = 0.02
"""How much earlier than asked for the kernel's timer may ring: it counts in ticks."""
SLOW_DOCUMENTS = 10
"""Documents of a run that one rule may make too slow: that many take ten minutes of a processor. A pattern with more
of them is no accident of a text, and wants a person."""
GRACE_SECONDS = 10.0
"""Processor seconds after the limit when the kernel ends a process that did not stop: a match of 2 million characters
looks for signals every second or more often, but other compiled code may not."""


class OutOfTimeError(BaseException):
    """Raised in the middle of the work, where no `except Exception` keeps it."""

    def __init__(self, rule: str, step: str) -> None:
        super().__init__()
        self.rule = rule
        self.step = step


class TooSlowError(InputError):
    """Work that was stopped; ``rule`` is the cleaning rule that was running, if any was."""

    def __init__(self, message: str, rule: str, hint: str) -> None:
        super().__init__(TOO_SLOW, message, hint=hint)
        self.rule = rule


class SlowRuleError(SaringError):
    """A rule that makes one document after the other too slow: somebody must mend it."""


class SlowRules:
    """How many documents each rule has made too slow; raises SlowRuleError when it is enough of one."""

    def __init__(self) -> None:
        self.documents: Counter[str] = Counter()

    def add(self, documents: Mapping[str, int]) -> None:
        """Add documents by the rule that was running when they were stopped."""
        self.documents.update(documents)
        for rule, number in self.documents.items():
            if number > SLOW_DOCUMENTS:
                raise SlowRuleError(
                    f"the rule `{rule}` did not come to its end on {number} documents, so nothing more is tried with "
                    f"it: {_MEND}, or take it out. `saring rules test` makes it slow on purpose. What was recorded "
                    "stays; the next run does the rest."
                )


@dataclass(slots=True)
class _Work:
    """A document on its way through the stages."""

    raw: RawDocument
    stages: Iterator[Document | Rejected | None]
    seconds: float = 0.0
    """Processor time that it has taken so far."""
    result: Document | Rejected | None = None


class TimeLimit:
    """The processor time that each piece of work may take; as a ``worker`` the process ends if it cannot be stopped."""

    def __init__(self, seconds: float, *, worker: bool = False) -> None:
        self._seconds = seconds
        self._worker = worker
        self._interval = min(LOOK_SECONDS, seconds)
        self._watching = False
        self._began: float | None = None
        self.slow_rules = SlowRules()

    def process(
        self, raw: RawDocument, rules: RuleSet, clock: StageClock, known: Knowledge = NOTHING_KNOWN
    ) -> Document | Rejected:
        """Take a document through all stages (`transforms.process`); one that takes too long comes back as rejected."""
        return self.process_all([raw], rules, clock, known)[0][0]

    def process_all(
        self, raws: Sequence[RawDocument], rules: RuleSet, clock: StageClock, known: Knowledge = NOTHING_KNOWN
    ) -> list[tuple[Document | Rejected, float]]:
        """The same for several documents side by side; each with the processor seconds that it took."""
        works = [_Work(raw, stages_of(raw, rules, clock, known)) for raw in raws]
        waiting = works
        while waiting:
            waiting = [work for work in waiting if not self._goes_on(work, clock)]
        return [(work.result, work.seconds) for work in works if work.result]

    def _goes_on(self, work: _Work, clock: StageClock) -> bool:
        """Take a document through its next stage; says whether that was the last one."""
        began = thread_time()
        try:
            work.result = self.run(partial(next, work.stages), work.seconds)
        except TooSlowError as error:
            work.result = Rejected(work.raw.id, work.raw.source, clock.stage, TOO_SLOW, str(error), hint=error.hint)
        work.seconds += thread_time() - began
        return work.result is not None

    def run(self, work: Callable[[], T], spent: float = 0.0) -> T:
        """Do the work, of which parts done before took ``spent`` seconds; raises :class:`TooSlowError` when it was
        stopped."""
        if self._watching:
            return self._limited(work, spent)
        if not in_main_thread():
            return self._in_another_thread(work, spent)
        with self.watching():
            return self._limited(work, spent)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let the timers run over many pieces of work: to start and stop them for each costs 7 µs."""
        if not in_main_thread():
            yield
            return
        before = signal.signal(signal.SIGPROF, self._look)
        self._postpone_end()
        signal.setitimer(signal.ITIMER_PROF, self._interval, self._interval)
        self._watching = True
        try:
            yield
        finally:
            self._watching = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            if self._worker:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGPROF, before)

    def _limited(self, work: Callable[[], T], spent: float) -> T:
        try:
            try:
                self._began = thread_time() - spent
                return work()
            finally:
                self._began = None
        except OutOfTimeError as error:
            self._began = None  # again: it may have been raised while that was done
            if error.rule:
                self.slow_rules.add({error.rule: 1})
            raise self._explained(error) from None

    def _postpone_end(self) -> None:
        """Let the kernel end a worker when it has not looked for so long."""
        if self._worker:
            signal.setitimer(signal.ITIMER_VIRTUAL, self._seconds + GRACE_SECONDS)

    def _in_another_thread(self, work: Callable[[], T], spent: float) -> T:
        """Nothing can be raised here, and nothing done about what is not a worker."""
        if not self._worker:
            return work()
        signal.setitimer(signal.ITIMER_VIRTUAL, max(self._seconds - spent, EARLY_SECONDS))
        try:
            return work()
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        self._postpone_end()
        if self._began is None:
            return
        spent = thread_time() - self._began + EARLY_SECONDS
        if spent >= self._seconds:
            raise OutOfTimeError(next(_rules_in(frame), ""), next(_steps_in(frame), ""))

    def _explained(self, error: OutOfTimeError) -> TooSlowError:
        where = f" in the rule `{error.rule}`" if error.rule else f" in {error.step}" if error.step else ""
        message = f"more than {self._seconds:g} s of processor time, the last of it{where}"
        hint = _RULE_HINT if error.rule else _STEP_HINT
        return TooSlowError(f"it took {message}", error.rule, hint)


_MEND = "bound every repetition in its pattern (`.{0,80}` for `.*`, no repetition inside of another)"
_RULE_HINT = f"Mend that rule: {_MEND}, and see `saring rules test`: the next ingest then tries this document again."
_STEP_HINT = (
    "Shorten or split the document, or allow more with `runner.document_seconds` in config.yaml and "
    "`saring quarantine retry`; honest articles take milliseconds."
)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _rules_in(frame: FrameType | None) -> Iterator[str]:
    """The rules that are running, innermost first."""
    for caller in _callers(frame):
        owner = caller.f_locals.get("self") if caller.f_code in _RULE_CODE else None
        if isinstance(owner, Rule):
            yield owner.id


def _steps_in(frame: FrameType | None) -> Iterator[str]:
    """The functions of `transforms` that are running, innermost first."""
    for caller in _callers(frame):
        module = str(caller.f_globals.get("__name__", ""))
        if module.startswith("transforms."):
            yield f"`{module}.{caller.f_code.co_name}`"


_RULE_CODE = (Rule.find.__code__,)
