"""Random input of every kind, thousands of times: crashes, broken promises, and what takes too long or too much.

    python -m benchmarks.fuzz [--inputs 10000] [--seconds 2] [--memory 200] [--only jsonl,query] [--seed 1]
    python -m benchmarks.fuzz --atheris [--inputs 10000] …

Hypothesis makes the inputs, from fragments that mean something to what reads them and from anything else. With
``--atheris`` (`pip install atheris`) they grow from a few seeds towards code that no input has reached yet. Every
target has a process of its own. An input that takes more than ``--seconds`` of CPU time is stopped, the kernel refuses
one more than ``--memory`` megabytes above what the process held before it, and both are faults.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from types import FrameType

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
NAMES = (
    *("txt", "html", "jsonl", "json", "csv", "tsv", "jsonl.gz", "jsonl.zst"),
    *("clean text", "clean page", "query", "config", "rules"),
)
HANGS_SECONDS = 60
"""By the clock, after which atheris gives an input up: it does not count CPU time, and the machine may be busy."""


class TooSlowError(BaseException):
    """An input took longer than allowed; no `except Exception` stops it."""


@dataclass
class Outcome:
    """What one target made of its inputs."""

    inputs: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    memory: float = 0.0
    reached: str = ""
    wrong: dict[str, str] = field(default_factory=dict)

    def row(self, name: str) -> str:
        """A line of the table."""
        figures = f"{self.slowest * 1000:.0f} | {self.seconds:.0f} | {self.memory:.0f}"
        return f"| {name} | {self.inputs:,} | {len(self.wrong)} | {figures} |{self.reached}"


def megabytes(what: str) -> float:
    """A figure of this process: VmHWM (the most memory it held) or VmSize (its address space), in megabytes."""
    return int(Path("/proc/self/status").read_text(encoding="utf-8").partition(f"{what}:")[2].split()[0]) / 1024


def slow(_signal: int, _frame: FrameType | None) -> None:
    """Stop the input under way."""
    raise TooSlowError


def feed_random(name: str, folder: Path, args: argparse.Namespace, answer: Connection) -> None:
    """Feed one target what Hypothesis makes; runs in a process of its own."""
    from fuzz_inputs import INPUTS  # each child needs only its own half
    from fuzz_targets import TARGETS
    from hypothesis import HealthCheck, Phase, given, seed, settings

    feed, done = TARGETS[name](folder), Outcome()
    signal.signal(signal.SIGPROF, slow)

    @seed(args.seed)
    @settings(
        max_examples=args.inputs,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS[name])
    def attempt(value: str | bytes) -> None:
        before = held()
        began = process_time()
        try:
            with bounded(args.seconds, args.memory):
                feed(value)
        except (Exception, TooSlowError) as error:  # noqa: BLE001 (whatever it is, it is what this looks for)
            done.wrong.setdefault(f"{type(error).__name__}: {str(error)[:100]}", ascii(value)[:300])
        done.slowest, done.inputs = max(done.slowest, process_time() - began), done.inputs + 1
        done.memory = max(done.memory, megabytes("VmHWM") - before)

    since = process_time()
    attempt()
    done.seconds = process_time() - since
    answer.send(done)


def held() -> float:
    """Megabytes that this process holds now, from where its peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return megabytes("VmHWM")


@contextmanager
def bounded(seconds: float, memory: float) -> Iterator[None]:
    """Limits on what is done inside: CPU seconds, and megabytes above what the process holds."""
    everything = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (int((megabytes("VmSize") + memory) * 1024**2), everything))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (everything, everything))


def random_inputs(name: str, folder: Path, args: argparse.Namespace) -> Outcome:
    """Feed one target in a child process; a child that dies is a fault."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=feed_random, args=(name, folder, args, theirs))
    child.start()
    theirs.close()
    try:
        done: Outcome = ours.recv()
    except EOFError:
        done = Outcome()
    child.join()
    if child.exitcode:
        done.wrong[f"the process ended with status {child.exitcode}"] = "an unknown input"
    return done


def guided_inputs(name: str, folder: Path, args: argparse.Namespace) -> Outcome:
    """Let atheris feed one target, in a child process that it ends itself."""
    limits = (f"-runs={args.inputs}", f"-timeout={HANGS_SECONDS}", f"-seed={args.seed}")
    command = [sys.executable, str(HERE / "fuzz_guided.py"), name, str(folder), str(args.memory), *limits]
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    said = dict(re.findall(r"^stat::(\w+):\s+(\d+)", child.stderr, re.MULTILINE))
    memory = float(said.get("peak_rss_mb", 0)) - float(
        "".join(re.findall(r"^ready at (\d+) MB", child.stderr, re.M)) or 0
    )
    covered = re.findall(r"cov: (\d+)", child.stderr)
    done = Outcome(int(said.get("number_of_executed_units", 0)), seconds=seconds, memory=memory)
    done.slowest = float((folder / "slowest").read_text(encoding="ascii")) if (folder / "slowest").exists() else 0.0
    done.reached = f" {int(covered[-1]):,} |" if covered else " |"
    if child.returncode:
        done.wrong[child.stderr[-1500:]] = f"what {folder} holds"
    return done


def main() -> None:
    """Feed all targets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="most CPU seconds of one input")
    parser.add_argument("--memory", type=int, default=200, help="most megabytes above an idle process")
    parser.add_argument("--only", default="", help="names of targets, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true", help="let inputs grow towards code not reached yet")
    args = parser.parse_args()
    if args.atheris and not importlib.util.find_spec("atheris"):
        sys.exit("--atheris needs the package of that name: pip install atheris")
    one, more = (guided_inputs, (" places reached |", "--:|")) if args.atheris else (random_inputs, ("", ""))
    faults = 0
    print(f"| target | inputs | kinds of faults | slowest (ms) | CPU seconds | memory (MB) |{more[0]}")
    print(f"|---|--:|--:|--:|--:|--:|{more[1]}", flush=True)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        for target in args.only.split(",") if args.only else NAMES:
            folder = Path(name) / target.replace(" ", "-")
            folder.mkdir()
            done = one(target, folder, args)
            print(done.row(target), flush=True)
            for what, value in done.wrong.items():
                print(f"{target}: {what} on {value}", file=sys.stderr)
            over = done.memory > args.memory or done.slowest > args.seconds
            faults += len(done.wrong) + (done.inputs == 0) + over
    sys.exit(faults != 0)


if __name__ == "__main__":
    main()
