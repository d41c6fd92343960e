"""Kills at the very steps that matter, in real processes: before a name is given, and after it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

STEPS = {
    # command, audit event, what its arguments hold, at which occurrence the kill comes
    "cleaned shard": ("ingest", "os.rename", ".done", 1),
    "first commit": ("ingest", "os.rename", "_MAIN_1.toc", 1),
    "second commit": ("ingest", "os.rename", ".toc", 2),
    "first promotion": ("ingest", "os.rename", "CURRENT", 1),
    "work folder": ("ingest", "shutil.rmtree", "work", 2),
    "commit of an update": ("update", "os.rename", ".toc", 1),
    "sweep after a commit": ("update", "os.remove", "generations", 1),
    "commit of a reindex": ("reindex", "os.rename", ".toc", 1),
    "promotion, first pointer": ("reindex", "os.rename", "PREVIOUS", 1),
    "promotion, second pointer": ("reindex", "os.rename", "CURRENT", 1),
    "rollback, first pointer": ("rollback", "os.rename", "index", 1),
    "rollback, second pointer": ("rollback", "os.rename", "index", 2),
    "forget, before the promotion": ("forget", "os.rename", "CURRENT", 1),
    "forget, old generations": ("forget", "shutil.rmtree", "generations", 1),
}
IDS = [f"d{number}" for number in range(12)]


def kill_at(event: str, wanted: str, occurrence: int) -> None:
    """Make this process end when it is about to do something for the n-th time."""
    seen = 0

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if name == event and any(wanted in str(argument) for argument in arguments):
            seen += 1
            if seen == occurrence:
                os.kill(os.getpid(), 9)

    sys.addaudithook(hook)


def write(folder: Path, count: int) -> Path:
    """A file of documents; of which more come, and the first one changes, when there are more."""
    lines = [
        {
            "id": id_,
            "text": f"Warga kampung {id_} menanam {7 + number} pohon mangga di tepi sungai, kata {count} orang.",
        }
        for number, id_ in enumerate(IDS[:count])
    ]
    path = folder / "berita.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def commands(raw: Path) -> dict[str, list[str]]:
    ingest = ["ingest", "--direct", "--quiet", str(raw)]
    return {
        "ingest": ingest,
        "update": ingest,
        "reindex": ["reindex", "--direct", "--quiet"],
        "rollback": ["generations", "rollback"],
        "forget": ["forget", "--yes", "d3"],
    }


def scenarios(folder: Path) -> dict[str, str]:
    """What came of each step; runs in a process of its own, which forks."""
    from forked import load_everything, start  # needs the path above, and is only needed by the child

    from flows.health import health
    from flows.settings import Settings
    from index.search import search

    load_everything()
    raw = write(folder, 6)

    def run(data: Path, *command: str, first=None) -> int:
        begun = start(command, {"SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline"}, first=first)
        status = begun.wait()
        assert status in (0, -9) or command[0] == "status", f"{command}: {begun.said()}"
        assert "Traceback" not in begun.said(), begun.said()
        return status

    made = folder / "made"
    assert run(made, *commands(raw)["ingest"]) == 0
    write(folder, 12)
    twice = folder / "twice"
    shutil.copytree(made, twice)
    assert run(twice, *commands(raw)["reindex"]) == 0
    found = {}
    for step, (command, event, wanted, occurrence) in STEPS.items():
        data = folder / "killed"
        shutil.rmtree(data, ignore_errors=True)
        if command != "ingest":
            shutil.copytree(twice if command == "rollback" else made, data)
        outcome = (
            "no such step"
            if run(data, *commands(raw)[command], first=partial(kill_at, event, wanted, occurrence)) == 0
            else ""
        )
        if (data / "index" / "CURRENT").exists() and not search(data / "index", "mangga").total:
            outcome += "nothing found after the kill; "
        if run(data, "status") == 0 and not health(Settings(data_dir=data), check=True).consistent:
            outcome += "status says what is not so; "
        again = "forget" if command == "forget" else "ingest"
        assert run(data, *commands(raw)[again]) == 0
        if command in ("forget", "ingest"):  # once more: nothing is left to do, and what was forgotten stays away
            assert run(data, *commands(raw)["ingest"]) == 0
        state = health(Settings(data_dir=data), check=True)
        total = 11 if command == "forget" else 12
        if not state.consistent or state.counts["live"] != total:
            outcome += f"{state.counts['live']} live, {state.problems}"
        found[step] = outcome
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("kills")
    done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.sqlite("it copies data folders with their ledgers in a process of its own")
@pytest.mark.timeout(500)  # the first one waits for all: twelve seconds of work, which may have to wait for others
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_this_step_loses_and_doubles_nothing(outcomes: dict[str, str], step: str):
    assert outcomes[step] == ""


if __name__ == "__main__":
    print(json.dumps(scenarios(Path(sys.argv[1]))))  # noqa: T201 (the answer to the test that started this)
