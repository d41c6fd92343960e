"""Runners: same results in the same order, and a worker that dies does not take its work with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from flows.executors import InlineExecutor, ProcessExecutor, ordered


def square(number: int) -> int:
    return number * number


def worker_of(_: int) -> int:
    return os.getpid()


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


def test_small_jobs_start_no_workers_and_large_ones_do_not_wait_for_them():
    with ProcessExecutor(2) as pool:
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        assert list(ordered(pool, "pid", worker_of, range(3), here=3)) == [(n, os.getpid()) for n in range(3)]
        assert {child.pid for child in psutil.Process().children(recursive=True)} == before
        pids = []
        for number, (drawn, pid) in enumerate(ordered(pool, "pid", worker_of, range(10_000), here=3)):
            assert drawn == number
            pids.append(pid)
            if len(pids) < 10 or pids[-1] == os.getpid():
                time.sleep(0.05)
    assert pids[:4] == [os.getpid()] * 4
    assert os.getpid() not in pids[-5:]


def test_forked_workers_are_there_at_once_and_are_replaced_when_killed(tmp_path):
    (tmp_path / "owner.py").write_text(
        "import os, psutil\n"
        "from flows.executors import ProcessExecutor\n"
        "def parent(_):\n"
        "    return os.getppid()\n"
        "if __name__ == '__main__':\n"
        "    with ProcessExecutor(2) as pool:\n"
        "        pool.fork()\n"
        "        workers = psutil.Process().children()\n"
        "        own = pool.submit('parent', parent, 0).result() == os.getpid()\n"
        "        workers[0].kill()\n"
        "        workers[1].wait(60)\n"  # the pool ends the others when it sees that one is gone
        "        print(len(workers), own, pool.submit('parent', parent, 0).result() != os.getpid())\n"
    )
    ran = subprocess.run([sys.executable, str(tmp_path / "owner.py")], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["2", "True", "True"]


def test_workers_are_not_forked_beside_another_thread():
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    with ProcessExecutor(1) as pool:
        pool.fork()
        worker = pool.submit("pid", worker_of, 0).result()
        assert psutil.Process(worker).ppid() != os.getpid()  # it comes from a process without threads
        done.set()
    other.join()


def test_a_killed_worker_is_replaced(tmp_path):
    with ProcessExecutor(2) as pool:
        pending = [pool.submit("die", die_once, str(tmp_path / "mark")), pool.submit("square", square, 3)]
        assert [p.result() for p in pending] == ["survived", 9]


def test_an_error_reaches_the_caller():
    with ProcessExecutor(1) as pool, pytest.raises(ValueError, match="no 4"):
        pool.submit("fail", fail, 4).result()


@pytest.mark.parametrize("begin", ["prepare", "fork"])
def test_workers_end_when_their_owner_is_killed(tmp_path, begin):
    script = (
        "import sys, time\n"
        "from flows.executors import ProcessExecutor\n"
        "from tests_support_sleep import report\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessExecutor(2)\n"
        f"    pool.{begin}()\n"
        "    print(pool.submit('pid', report, 0).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    (tmp_path / "tests_support_sleep.py").write_text("import os\ndef report(_):\n    return os.getpid()\n")
    (tmp_path / "owner.py").write_text(script)
    owner = subprocess.Popen([sys.executable, str(tmp_path / "owner.py")], stdout=subprocess.PIPE, text=True)
    worker = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(worker)
