"""Runners: same results in the same order, and a worker that dies does not take its work with it."""

import os
import signal
from pathlib import Path

import pytest

from flows.executors import InlineExecutor, ProcessExecutor, ordered


def square(number: int) -> int:
    return number * number


def die_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def fail(number: int) -> int:
    raise ValueError(f"no {number}")


def test_inline_and_process_give_the_same_order():
    numbers = list(range(30))
    with InlineExecutor() as inline, ProcessExecutor(2) as pool:
        one = list(ordered(inline, "square", square, numbers))
        other = list(ordered(pool, "square", square, numbers))
    assert one == other == [(n, n * n) for n in numbers]


def test_arguments_are_drawn_only_as_they_are_needed():
    drawn = []

    def numbers():
        for number in range(100):
            drawn.append(number)
            yield number

    with InlineExecutor() as inline:
        next(iter(ordered(inline, "square", square, numbers())))
    assert len(drawn) == 1


def test_a_killed_worker_is_replaced(tmp_path):
    with ProcessExecutor(2) as pool:
        pending = [pool.submit("die", die_once, str(tmp_path / "mark")), pool.submit("square", square, 3)]
        assert [p.result() for p in pending] == ["survived", 9]


def test_an_error_reaches_the_caller():
    with ProcessExecutor(1) as pool, pytest.raises(ValueError, match="no 4"):
        pool.submit("fail", fail, 4).result()
