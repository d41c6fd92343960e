"""Kill saring at random instants, stage by stage, let the next run finish, and compare with an undisturbed folder.

    python benchmarks/crash.py CORPUS.jsonl[.gz] [--documents 60] [--kills 300] [--runner inline] [--prefect | --whole]
        [--stages ingest,update,commit,reindex,promotion,rollback,forget] [--seed 7]

The kills are spread evenly over the stages. For every one: a copy of a prepared data folder, the stage's command in a
process group of its own, SIGKILL to the whole group after a part of the CPU time that it needs, drawn at random; before
anything could repair what is left, a search, `saring status` and a comparison of ledger and index document by document;
then the command that a person would give next, and the state at the end against that of a folder nobody disturbed.

| stage | command that is killed | instant |
|---|---|---|
| ingest | `ingest` into an empty folder | any |
| update | `ingest` of the whole corpus where half of it is known | any |
| commit | the same | from the moment it touches the index on |
| reindex | `reindex` | any |
| promotion | `reindex` | while the pointers to the generations are replaced |
| rollback | `generations rollback` | the same |
| forget | `forget` of a document | any |

*searched* counts the kills that left an index (an ingest into an empty folder may have none yet) which could be opened
and searched at once, of all that left one. *status* counts those after which `saring status` gave no answer, or called
consistent what is not. *broken promise* counts documents that the ledger calls indexed and the index lacks, right after
the kill; *lost* and *doubled* those of the undisturbed folder that are missing at the end, and those that the index
holds twice.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from time import sleep

from flows.health import health
from flows.settings import Settings
from index.engine import open_engine
from index.generations import Generations
from index.ledger import Ledger
from index.search import search
from transforms.errors import SaringError

sys.path.insert(0, str(Path(__file__).parent))
from forked import Command, load_everything, start
from throughput import first_documents

QUERY = "indonesia"
WATCH_SECONDS = 0.0002
"""Between two looks at what is watched: a pointer is replaced in one to three milliseconds."""
MARGIN = 1.3
"""How much longer than an undisturbed command one may take: a kill that comes too late is drawn again."""
Contents = dict[str, str]
"""What a document's readers see, as a digest, by id."""


@dataclass(frozen=True)
class Stage:
    """What is killed, when, and what is done about it."""

    prepared: str
    """Name of the folder that is copied; empty for none."""
    command: list[str]
    again: list[str]
    expected: str
    """Name of the undisturbed folder to compare with."""
    watched: Callable[[Path], object] | None = None
    """What must change before the clock of the kill starts; None: it starts with the command."""
    span: float | None = None
    """CPU seconds within which the kill falls; None: those of an undisturbed command."""


@dataclass
class Tally:
    """What came of the kills of one stage."""

    kills: int = 0
    indexes: int = 0
    opened: int = 0
    status: int = 0
    promises: int = 0
    lost: int = 0
    doubled: int = 0
    different: int = 0
    trouble: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another one's kills as well."""
        for figure in fields(self):
            setattr(self, figure.name, getattr(self, figure.name) + getattr(other, figure.name))

    @property
    def faults(self) -> int:
        """Everything that must not happen."""
        unopened = self.indexes - self.opened
        return unopened + self.status + self.promises + self.lost + self.doubled + self.different

    def row(self, name: str) -> str:
        """A line of the table."""
        figures = (self.status, self.promises, self.lost, self.doubled, self.different)
        return f"| {name} | {self.kills} | {self.opened} of {self.indexes} | " + " | ".join(map(str, figures)) + " |"


def in_index(data: Path) -> list[tuple[str, str]]:
    """Id and digest of every live document of the current generation; raises when it cannot be opened."""
    engine = open_engine(Generations(data / "index").current_path())
    try:
        live = (doc for doc in range(engine.size) if doc not in engine.dead())
        return [(hit["id"], digest(hit, engine.text(doc))) for doc in live for hit in [engine.hit(doc)]]
    finally:
        engine.close()


def digest(*values: object) -> str:
    """A short name of what is shown of a document."""
    return sha256(repr(values).encode()).hexdigest()[:16]


def contents(data: Path) -> Contents:
    """Everything a reader of ledger and index can see."""
    with Ledger.open(data / "ledger.sqlite", read_only=True) as ledger:
        found = {f"ledger {record.id}": digest(record) for record in ledger.live_representatives()}
    return found | {f"index {id_}": shown for id_, shown in in_index(data)}


def run(command: list[str], data: Path, args: argparse.Namespace) -> Command:
    """A saring command to its end."""
    begun = begin(command, data, args)
    begun.wait()
    return begun


def begin(command: list[str], data: Path, args: argparse.Namespace) -> Command:
    """A saring command on a data folder; Prefect starts servers and threads, so that it needs a program of its own."""
    variables = {"SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": args.runner}
    return start(command, variables, forked=not (args.prefect or args.whole))


def pointers(data: Path) -> object:
    """Which generations the index folder points to, with files that are about to become pointers."""
    names = ("CURRENT", "PREVIOUS", ".CURRENT.tmp", ".PREVIOUS.tmp")
    return [_stamp(data / "index" / name) for name in names]


def index_files(data: Path) -> object:
    """Names of the files of all generations."""
    return sorted(entry.name for folder in (data / "index" / "generations").glob("*") for entry in os.scandir(folder))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def killed(stage: Stage, data: Path, args: argparse.Namespace, instant: float) -> bool:
    """Start the stage's command and kill its group; False when it was done before."""
    before = stage.watched(data) if stage.watched else None
    process = begin(stage.command, data, args)
    while stage.watched and stage.watched(data) == before and process.poll() is None:
        sleep(WATCH_SECONDS)
    end = process.used() + instant
    while process.poll() is None and process.used() < end:
        sleep(WATCH_SECONDS)
    done = process.poll() is not None
    if not done:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return not done


def status_answers(data: Path, args: argparse.Namespace, tally: Tally) -> None:
    """Whether `saring status` answers, and does not call consistent what a comparison of every document refutes."""
    asked = run(["status", "--json"], data, args)
    if asked.status == 0:
        wrong = "; ".join(health(Settings(data_dir=data), check=True).problems)
    elif asked.status == 1 and "Traceback" not in asked.said():
        wrong = ""
    else:
        wrong = asked.said()[-300:]
    if wrong:
        tally.status += 1
        tally.trouble.append(f"status after the kill ({asked.status}): {wrong}")


def after_kill(data: Path, args: argparse.Namespace, tally: Tally) -> None:
    """Whether what is left can be searched, is told by `saring status`, and holds what the ledger says it holds."""
    if (data / "index" / "CURRENT").exists():
        searched(data, tally)
    status_answers(data, args, tally)


def searched(data: Path, tally: Tally) -> None:
    """Search the index as it is, and compare it with what the ledger promises."""
    tally.indexes += 1
    try:
        search(data / "index", QUERY)
        there = Counter(id_ for id_, _ in in_index(data))
    except SaringError as error:
        tally.trouble.append(f"not searchable after the kill: {error}")
        return
    tally.opened += 1
    tally.doubled += sum(count - 1 for count in there.values())
    with Ledger.open(data / "ledger.sqlite", read_only=True) as ledger:
        if ledger.indexed_generation() == Generations(data / "index").current():
            waiting = {change.id for change in ledger.pending_index()}
            confirmed = {record.id for record in ledger.live_representatives()} - waiting
            tally.promises += len(confirmed - there.keys())


def one_kill(stage: Stage, folder: Path, seconds: float, args: argparse.Namespace, draw: random.Random) -> Tally:
    """Kill once, look, run again, compare."""
    tally, data = Tally(kills=1), folder / "killed"
    span = MARGIN * (seconds if stage.span is None else stage.span)
    while True:
        shutil.rmtree(data, ignore_errors=True)
        if stage.prepared:
            shutil.copytree(folder / stage.prepared, data)
        if killed(stage, data, args, draw.uniform(0.0, span)):
            break
        span *= 0.8
    after_kill(data, args, tally)
    again = run(stage.again, data, args)
    problems = health(Settings(data_dir=data)).problems
    if again.status or problems:
        tally.different += 1
        tally.trouble.append(again.said()[-300:] if again.status else " ".join(problems))
        return tally
    expected, found = contents(folder / stage.expected), contents(data)
    tally.lost = len(expected.keys() - found.keys())
    tally.different = int(expected != found)
    tally.doubled += sum(count - 1 for count in Counter(id_ for id_, _ in in_index(data)).values())
    return tally


def prepare(folder: Path, corpus: Path, args: argparse.Namespace) -> dict[str, float]:
    """Make the undisturbed folders; gives the CPU seconds that their last commands took."""
    half = folder / "half.jsonl"
    lines = corpus.read_bytes().splitlines(keepends=True)
    half.write_bytes(b"".join(lines[: len(lines) // 2]))
    seconds = {}

    def step(data: str, *command: str, copied_from: str = "") -> None:
        if copied_from:
            shutil.copytree(folder / copied_from, folder / data)
        done = run(list(command), folder / data, args)
        if done.status:
            sys.exit(f"saring {' '.join(command)} failed undisturbed:\n{done.said()[-2000:]}")
        seconds[data] = done.seconds

    # The same path in every folder: what is compared names it.
    path = folder / "documents.jsonl"
    shell = [] if args.prefect else ["--direct"]
    shutil.copyfile(half, path)
    step("half", "ingest", str(path), *shell)
    shutil.copyfile(corpus, path)
    step("whole", "ingest", str(path), *shell)
    step("updated", "ingest", str(path), *shell, copied_from="half")
    step("twice", "reindex", *shell, copied_from="whole")
    args.forget = args.forget or represents_a_copy(folder / "whole")
    step("less", "forget", "--yes", args.forget, copied_from="whole")
    return seconds


def represents_a_copy(data: Path) -> str:
    """Id of a document that another one is a copy of, so that forgetting it means choosing a new representative."""
    with Ledger.open(f"sqlite:///{data / 'ledger.sqlite'}", read_only=True) as ledger:
        found = list(ledger.live_representatives())
    return next((record for record in found if record.copies), found[0]).id


def stages(folder: Path, args: argparse.Namespace) -> dict[str, Stage]:
    """All stages by name."""
    shell = [] if args.prefect else ["--direct"]
    ingest, reindex = ["ingest", str(folder / "documents.jsonl"), *shell], ["reindex", *shell]
    forget = ["forget", "--yes", args.forget]
    return {
        "ingest": Stage("", ingest, ingest, "whole"),
        "update": Stage("half", ingest, ingest, "updated"),
        "commit": Stage("half", ingest, ingest, "updated", watched=index_files, span=0.08),
        "reindex": Stage("whole", reindex, ingest, "twice"),
        "promotion": Stage("whole", reindex, ingest, "twice", watched=pointers, span=0.01),
        "rollback": Stage("twice", ["generations", "rollback"], ingest, "twice", watched=pointers, span=0.01),
        "forget": Stage("whole", forget, forget, "less"),
    }


def main() -> None:
    """Run all kills and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--kills", type=int, default=300, help="of all stages together")
    parser.add_argument("--runner", choices=["process", "inline"], default="inline")
    parser.add_argument("--prefect", action="store_true", help="as flows, each with a server of its own")
    parser.add_argument("--whole", action="store_true", help="start every command as a program, not as a fork")
    parser.add_argument("--stages", default="ingest,update,commit,reindex,promotion,rollback,forget")
    parser.add_argument("--forget", default="", metavar="ID", help="what the stage `forget` forgets; default: any")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    args.stages = args.stages.split(",")
    draw, total = random.Random(args.seed), Tally()
    load_everything()
    with tempfile.TemporaryDirectory() as name:
        folder, corpus = Path(name), Path(name) / "corpus.jsonl"
        first_documents(args.corpus, args.documents, corpus)
        seconds = prepare(folder, corpus, args)
        took = f"an undisturbed ingest takes {seconds['whole']:.1f} CPU-seconds"
        print(f"{args.documents} documents, {args.runner} runner; {took}")
        print("| stage | kills | searched | status | broken promise | lost | doubled | another end |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
        known = stages(folder, args)
        for number, stage_name in enumerate(args.stages):
            stage, tally = known[stage_name], Tally()
            for _ in range(number, args.kills, len(args.stages)):
                tally.add(one_kill(stage, folder, seconds[stage.expected], args, draw))
            total.add(tally)
            print(tally.row(stage_name), flush=True)
            for trouble in tally.trouble:
                print(f"{stage_name}: {trouble}", file=sys.stderr, flush=True)
        print(total.row("together"))
    sys.exit(total.faults != 0)


if __name__ == "__main__":
    main()
