"""Several processes of saring on one data folder, and a folder whose rights forbid everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

SARING = str(Path(sys.executable).with_name("saring"))
READERS = 10
UNPRIVILEGED = [] if os.getuid() else ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
"""What takes root's right to everything away."""


def write(folder: Path, count: int) -> str:
    path = folder / "berita.jsonl"
    text = "Warga kampung ke-{} menanam {} pohon mangga di tepi sungai, lalu memagari kebunnya dengan bambu."
    lines = [json.dumps({"id": f"d{n}", "text": text.format(n, n * 7)}) for n in range(count)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def crowd(folder: Path) -> None:
    """One process writes; it is stopped in the middle, while others want to write and ten read. It forks: see below."""
    from forked import Command, load_everything, start  # needs the path above, and is only needed by the child

    load_everything()

    def begin(*command: str) -> Command:
        return start(command, {"SARING_DATA_DIR": str(folder / "data"), "SARING_RUNNER__KIND": "inline"})

    def found(reader: Command) -> int:
        assert reader.wait() == 0, reader.said()
        return int(json.loads(reader.printed())["total"])

    assert begin("ingest", "--direct", write(folder, 20)).wait() == 0
    raw = write(folder, 60)
    ingest = begin("ingest", "--direct", "--json", raw)
    while not list((folder / "data").glob("work/*")):
        assert ingest.poll() is None, ingest.said()
        time.sleep(0.001)
    os.kill(ingest.pid, signal.SIGSTOP)
    others = [begin("ingest", "--direct", raw), begin("reindex", "--direct"), begin("forget", "--yes", "d1")]
    readers = [begin("search", "--json", "mangga") for _ in range(READERS)]
    for other in others:
        assert other.wait() == 1
        assert f"process {ingest.pid}" in other.said(), other.said()
    assert [found(reader) for reader in readers] == [20] * READERS
    os.kill(ingest.pid, signal.SIGCONT)
    assert ingest.wait() == 0, ingest.said()
    assert json.loads(ingest.printed())["counts"]["seen"] == 60
    assert found(begin("search", "--json", "mangga")) == 60


def test_writers_are_turned_away_and_readers_answered_while_one_process_writes(tmp_path: Path):
    done = subprocess.run([sys.executable, __file__, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.sqlite("the user without rights has none on the server's socket either")
def test_a_data_folder_without_rights_is_told(tmp_path: Path):
    if UNPRIVILEGED and not shutil.which(UNPRIVILEGED[0]):
        pytest.skip("root may read everything, and there is no setpriv to give that up")
    data, raw = tmp_path / "data", write(tmp_path, 3)
    data.mkdir(mode=0)
    try:
        for command in (["ingest", "--direct", raw], ["search", "mangga"], ["status"]):
            environment = {**os.environ, "SARING_DATA_DIR": str(data)}
            run = [*UNPRIVILEGED, SARING, *command]
            done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
            assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
            assert done.stderr.startswith("saring: ")
            assert str(data) in done.stderr
            assert "ermission" in done.stderr, done.stderr
    finally:
        data.chmod(0o700)


if __name__ == "__main__":
    crowd(Path(sys.argv[1]))
