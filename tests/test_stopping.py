"""Ctrl+C and SIGTERM while a run works: whole process groups are told, as a terminal and a service manager do it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SARING = Path(sys.executable).with_name("saring")
WORDS = "sungai gunung pasar sekolah jembatan panen nelayan petani guru dokter warga kota desa pantai hutan".split()
DOCUMENTS = 300


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    draw = random.Random(3)
    path = tmp_path_factory.mktemp("stopping") / "berita.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(DOCUMENTS):
            text = "\n".join(" ".join(draw.choices(WORDS, k=14)).capitalize() + "." for _ in range(12))
            out.write(json.dumps({"id": f"b{number:04d}", "title": f"Berita {number}", "text": text}) + "\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl+C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
)
def test_a_stopped_ingest_says_so_in_a_line_and_the_next_completes(tmp_path: Path, corpus: Path, number, name):
    environment = {**os.environ, "SARING_DATA_DIR": str(tmp_path / "data"), "SARING_RUNNER__SHARD_DOCUMENTS": "50"}
    command = [str(SARING), "ingest", "--direct", "--json", "--log-format", "text", str(corpus)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, and by children too, behind a shell
    run = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    assert run.stderr is not None
    said = ""
    while "event=recorded" not in said:  # the workers are starting or at work
        said = run.stderr.readline()
        assert said, "it ended before it was told to"
    os.killpg(run.pid, number)
    out, rest = run.communicate(timeout=60)
    assert run.returncode == 128 + number, rest
    spoken = [line for line in rest.splitlines() if not line.startswith("time=")]
    assert spoken == [f"saring: stopped by {name}; what was committed stays, and the next run finishes the rest"]
    assert out == ""
    assert not list((tmp_path / "data" / "work").iterdir())
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["counts"]["seen"] == DOCUMENTS
    status = subprocess.run([str(SARING), "status"], env=environment, capture_output=True, text=True, check=False)
    assert status.returncode == 0
