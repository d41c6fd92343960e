"""Random input of every kind, thousands of times: crashes, broken promises, and the slowest one.

    python benchmarks/fuzz.py [--inputs 10000] [--seconds 2] [--only jsonl,query] [--seed 1]

Hypothesis makes the inputs, from fragments that mean something to what reads them and from anything else. A crash is an
exception that the part does not promise; a broken promise is a result that is wrong whatever the input was (a removal
that is not the text at its place, a document that cannot be written down). Fails on either, and on an input over the
bound.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from hypothesis import HealthCheck, Phase, given, seed, settings

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_inputs import INPUTS
from readers import records

from flows.settings import load_settings
from index.generations import Generations
from index.search import Searcher
from index.writer import IndexWriter
from transforms.errors import ConfigError, RuleError
from transforms.models import RawDocument, Rejected, SourceFile
from transforms.process import StageClock, process
from transforms.read import ReadSettings, read
from transforms.rules import load_rules
from transforms.serialize import dump_line, load_line

READ_SETTINGS = ReadSettings(max_characters=5_000)


@dataclass(frozen=True)
class Target:
    """What is fed, with what, and a check that raises when something is wrong."""

    name: str
    feed: Callable[[object], object]


def readable(suffix: str, folder: Path) -> Callable[[object], None]:
    """A check of one reader: every item can be written down, and nothing is raised."""
    path = folder / f"input.{suffix}"

    def feed(data: object) -> None:
        assert isinstance(data, bytes)
        path.write_bytes(data)
        source = SourceFile(str(path), str(folder), len(data), 0)
        for item in read(source, READ_SETTINGS):
            assert load_line(dump_line(item)) == item
            if isinstance(item, RawDocument):
                assert item.text.strip() and len(item.text) <= READ_SETTINGS.max_characters
                assert item.id.strip()

    return feed


def cleanable(media: str) -> Callable[[object], None]:
    """A check of all stages on one document."""
    rules = load_rules()

    def feed(text: object) -> None:
        raw = RawDocument("x", "x.txt", str(text), "html" if media == "html" else "text")
        result = process(raw, rules, StageClock())
        dump_line(result)
        if isinstance(result, Rejected):
            assert result.error.islower(), f"{result.error}: {result.message}"
            return
        for removal in result.removals:
            assert raw.text[removal.start : removal.end] == removal.text
        ends = [0, *(removal.end for removal in result.removals)]
        assert all(removal.start >= end for removal, end in zip(result.removals, ends, strict=False)), "they overlap"

    return feed


def answerable(folder: Path) -> Callable[[object], None]:
    """A check of one query."""
    path = Generations(folder).create("g0")
    with IndexWriter(path) as writer:
        writer.apply(records("g0", 1, 200))
    Generations(folder).promote("g0")
    searcher = Searcher(folder)

    def feed(query: object) -> None:
        answer = searcher.search(str(query))
        assert answer.total <= 200
        answer.query.encode()

    return feed


def configurable(folder: Path) -> Callable[[object], None]:
    """A check of one config.yaml."""
    path = folder / "config.yaml"

    def feed(text: object) -> None:
        path.write_text(str(text), encoding="utf-8", errors="surrogatepass")
        try:
            load_settings(path)
        except ConfigError as error:
            assert str(path) in str(error), f"the message does not name the file: {error}"

    return feed


def loadable(folder: Path) -> Callable[[object], None]:
    """A check of one rule file."""
    path = folder / "rules" / "own.yaml"
    path.parent.mkdir()

    def feed(text: object) -> None:
        path.write_text(str(text), encoding="utf-8", errors="surrogatepass")
        try:
            load_rules([path.parent])
        except RuleError as error:
            assert "own.yaml" in str(error), f"the message does not name the file: {error}"

    return feed


def targets(folder: Path) -> list[Target]:
    """Everything that reads something from outside."""
    return [
        Target("txt", readable("txt", folder)),
        Target("html", readable("html", folder)),
        Target("jsonl", readable("jsonl", folder)),
        Target("json", readable("json", folder)),
        Target("csv", readable("csv", folder)),
        Target("tsv", readable("tsv", folder)),
        Target("jsonl.gz", readable("jsonl.gz", folder)),
        Target("jsonl.zst", readable("jsonl.zst", folder)),
        Target("clean text", cleanable("text")),
        Target("clean page", cleanable("html")),
        Target("query", answerable(folder / "index")),
        Target("config", configurable(folder)),
        Target("rules", loadable(folder)),
    ]


def run(target: Target, inputs: int, number: int) -> tuple[int, float, list[str]]:
    """Feed one target; gives how many inputs it had, the seconds of the slowest, and what went wrong."""
    slowest, fed, wrong = 0.0, 0, dict[str, str]()

    @seed(number)
    @settings(
        max_examples=inputs,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS[target.name])
    def attempt(value: object) -> None:
        nonlocal slowest, fed
        began = process_time()
        try:
            target.feed(value)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what this looks for)
            wrong.setdefault(f"{type(error).__name__}: {str(error)[:100]}", ascii(value)[:300])
        slowest, fed = max(slowest, process_time() - began), fed + 1

    attempt()
    return fed, slowest, [f"{what} on {value}" for what, value in wrong.items()]


def main() -> None:
    """Feed all targets and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="most CPU seconds of one input")
    parser.add_argument("--only", default="", help="names of targets, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    faults = 0
    print("| target | inputs | kinds of faults | slowest (ms) | CPU seconds | memory (MB) |\n|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as name:  # noqa: PTH112 (a word)
        for target in targets(Path(name)):
            if args.only and target.name not in args.only.split(","):
                continue
            began = process_time()
            fed, slowest, wrong = run(target, args.inputs, args.seed)
            seconds = process_time() - began
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"| {target.name} | {fed:,} | {len(wrong)} | {slowest * 1000:.0f} | {seconds:.0f} | {memory:.0f} |",
                flush=True,
            )
            for what in wrong:
                print(f"{target.name}: {what}", file=sys.stderr)
            faults += len(wrong) + (slowest > args.seconds)
    sys.exit(faults != 0)


if __name__ == "__main__":
    main()
