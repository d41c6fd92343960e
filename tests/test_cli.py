"""The command line as a user and other programs call it: real processes, exit status, stdout and stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.commands.on_demand import MODULES

ROOT = Path(__file__).parent.parent
SARING = Path(sys.executable).with_name("saring")
ARTICLE = "Jakarta, Wartapagi.com - Pasar ikan itu dibuka kembali.\nBaca juga: Harga Ikan Naik Lagi\nPedagang senang.\n"


def saring(*arguments, cwd=ROOT, stdin=None, **environment):
    return subprocess.run(
        [str(SARING), *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with the examples in it."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    done = saring("ingest", "--direct", "examples/raw", SARING_DATA_DIR=folder, SARING_RUNNER__KIND="inline")
    assert done.returncode == 0, done.stderr
    return folder


def test_clean_prints_the_contract(tmp_path):
    path = tmp_path / "ikan.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    done = saring("clean", "--json", path)
    assert done.returncode == 0
    row = json.loads(done.stdout)
    assert list(row) == [
        "id", "source", "title", "published_at", "outlet", "place", "authors", "text", "language",
        "language_confidence", "languages", "removals", "repairs", "rules_version", "warnings",
    ]  # fmt: skip
    assert row["id"] == "ikan"
    assert row["text"] == "Jakarta, Wartapagi.com - Pasar ikan itu dibuka kembali.\n\nPedagang senang."
    assert all(ARTICLE[r["start"] : r["end"]] == r["text"] for r in row["removals"])
    assert {r["kind"] for r in row["removals"]} == {"related_link"}
    assert row["place"] == "Jakarta"


def test_clean_reads_stdin_and_sniffs_records():
    record = json.dumps({"id": "r1", "text": ARTICLE})
    rows = [json.loads(saring("clean", "--json", "-", stdin=text).stdout) for text in (ARTICLE, record + "\n")]
    assert rows[0]["text"] == rows[1]["text"]
    assert rows[1]["id"] == "r1"


def test_clean_for_people():
    done = saring("clean", "-", stdin=ARTICLE)
    assert "Pedagang senang." in done.stdout
    assert "Baca juga" not in done.stdout


def test_clean_goes_on_after_bad_input(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").write_text(ARTICLE, encoding="utf-8")
    done = saring("clean", "--json", tmp_path / "a.txt", tmp_path / "b.txt")
    assert done.returncode == 1
    assert json.loads(done.stdout)["id"] == "b"
    assert "a.txt" in done.stderr


def test_search_json_is_the_contract(data):
    done = saring("search", "--json", "kemitraan strategis", SARING_DATA_DIR=data)
    answer = json.loads(done.stdout)
    fields = {"query", "total", "page", "per_page", "took_ms", "generation", "suggestion", "facets", "hits"}
    assert fields <= set(answer)
    assert set(answer["facets"]) == {"language", "outlet", "year", "month"}
    hit = answer["hits"][0]
    assert {"id", "score", "title", "outlet", "published_at", "language", "url", "source", "snippet", "copies"} <= set(
        hit
    )
    assert "<mark>" in hit["snippet"]


def test_the_small_search_script_agrees(data):
    script = subprocess.run(
        [sys.executable, "-m", "index.search", "--index", str(data / "index"), "--json", "kemitraan strategis"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    one, other = (
        json.loads(script.stdout),
        json.loads(saring("search", "--json", "kemitraan strategis", SARING_DATA_DIR=data).stdout),
    )
    assert one["hits"] == other["hits"]


def test_similar_takes_any_id_and_folds_copies(data):
    hits = json.loads(saring("search", "--json", "--per-page", "100", "language:id", SARING_DATA_DIR=data).stdout)[
        "hits"
    ]
    original = next(hit for hit in hits if hit["copies"])
    done = saring("similar", "--json", original["id"], SARING_DATA_DIR=data)
    found = json.loads(done.stdout)
    copy = original["copies"][0]["id"]
    assert found["query"] == original["id"]
    assert found["hits"]
    assert not {original["id"], copy} & {hit["id"] for hit in found["hits"]}
    by_copy = saring("similar", "--json", copy, SARING_DATA_DIR=data)
    assert json.loads(by_copy.stdout)["hits"] == found["hits"]
    assert original["id"] in by_copy.stderr
    missing = saring("similar", "nobody", SARING_DATA_DIR=data)
    assert missing.returncode == 1
    assert "nobody" in missing.stderr


def test_a_word_to_leave_out_is_no_option(data):
    done = saring("search", "--json", "pelabuhan", "-feri", SARING_DATA_DIR=data)
    assert done.returncode == 0
    assert json.loads(done.stdout)["query"] == "pelabuhan -feri"


def test_status_generations_and_quarantine(data):
    status = json.loads(saring("status", "--json", SARING_DATA_DIR=data).stdout)
    assert status["consistent"] is True
    listed = json.loads(saring("generations", "list", "--json", SARING_DATA_DIR=data).stdout)
    assert [info["current"] for info in listed] == [True]
    assert "nothing in quarantine" in saring("quarantine", "list", SARING_DATA_DIR=data).stderr


def test_ingest_prints_the_run_report(tmp_path):
    environment = {"SARING_DATA_DIR": tmp_path / "data", "SARING_RUNNER__KIND": "inline"}
    done = saring("ingest", "--direct", "--json", "examples/broken", "examples/raw/beritatanjung", **environment)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {
        "run_id", "started_at", "finished_at", "config_hash", "rules_version", "counts", "languages",
        "removed_characters", "stages", "documents_per_second", "peak_memory_mb", "failures", "generation",
    } <= set(report)  # fmt: skip
    assert set(report["failures"][0]) == {"id", "source", "stage", "error", "message"}
    rows = [json.loads(line) for line in saring("quarantine", "list", "--json", **environment).stdout.splitlines()]
    assert len(rows) == report["counts"]["quarantined"]
    shown = saring("quarantine", "show", rows[0]["number"], **environment)
    assert rows[0]["message"] in shown.stdout
    retried = saring("quarantine", "retry", rows[0]["number"], **environment)
    assert retried.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["search", "x"], 1, "no index yet"),
        (["status"], 1, "run `saring ingest`"),
        (["ingest", "--direct", "nowhere-at-all"], 1, "no such file or folder"),
        (["search", "x", "--since", "kemarin"], 2, "kemarin"),
        (["clean", "--config", "nowhere.yaml", "-"], 2, "nowhere.yaml"),
        (["polish"], 2, "No such command"),
    ],
)
def test_errors_in_words(tmp_path, arguments, status, said):
    done = saring(*arguments, stdin="", SARING_DATA_DIR=tmp_path / "data", SARING_RUNNER__KIND="inline")
    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_explains_itself():
    for command in ("", "ingest", "clean", "search", "reindex", "generations", "status", "quarantine", "serve"):
        done = CliRunner().invoke(app, [*command.split(), "--help"])
        assert done.exit_code == 0
        assert command in done.stdout


def test_an_unknown_option_of_search_is_no_word(tmp_path):
    done = saring("search", "--languge", "id", "pelabuhan", SARING_DATA_DIR=tmp_path / "data")
    assert (done.returncode, "--languge" in done.stderr) == (2, True)


def test_a_command_that_breaks_is_not_taken_for_an_unknown_one(monkeypatch):
    def register(_: object) -> None:
        raise KeyError("a name that its module lacks")

    monkeypatch.setitem(MODULES, "broken", "broken")
    monkeypatch.setitem(sys.modules, "flows.commands.broken", SimpleNamespace(register=register))
    broken = CliRunner().invoke(app, ["broken"])
    assert isinstance(broken.exception, KeyError)
    assert CliRunner().invoke(app, ["brokem"]).exit_code == 2
