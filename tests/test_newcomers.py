"""What a person meets who does not know saring yet: slips, empty folders, numbers of one."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import flows.cli
from flows.wording import many, utc

TEXT = "Muara Lintang, WartaUji.example - Pasar ikan itu dibuka kembali pada hari Senin pagi oleh wali kota.\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys):
    """Call the command line in this process: exit status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flows.cli, "listen", lambda: None)  # the test process keeps its own handlers
    (tmp_path / "config.yaml").write_text("runner: {kind: inline}\n", encoding="utf-8")

    def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["saring", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as ended:
            flows.cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


def test_version(run):
    status, out, _ = run("--version")
    assert (status, out.split()[0]) == (0, "saring")


def test_stdin_goes_by_the_name_it_was_given(run):
    record = json.dumps({"id": "r1", "text": TEXT})
    for text, source in ((TEXT, "-"), (f"{record}\n{record}\n", "-#1")):
        status, out, _ = run("clean", "--json", "-", stdin=text)
        assert (status, json.loads(out.splitlines()[0])["source"]) == (0, source)
    status, _, err = run("clean", "-", stdin="")
    assert status == 1
    assert "saring: -: " in err
    assert "/tmp" not in err


def test_export_refuses_a_format_that_it_does_not_write(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert run("ingest", "--direct", "--quiet", "a.txt")[0] == 0
    status, _, err = run("export", "out.csv")
    assert (status, "`.csv`" in err, ".jsonl" in err) == (2, True, True)
    assert not Path("out.csv").exists()
    assert "1 document written" in run("export", "out.jsonl")[2]
    assert run("export", "--format", "jsonl", "out.csv")[0] == 0
    assert json.loads(Path("out.csv").read_text(encoding="utf-8"))["id"] == "a"


def test_held_release_without_anything_is_wrong_usage(run):
    status, _, err = run("held", "release")
    assert (status, "say which" in err) == (2, True)


def test_versions_of_a_file(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert run("ingest", "--direct", "--quiet", "a.txt")[0] == 0
    status, _, err = run("explain", "--versions", "a.txt")
    assert (status, "is a file" in err, "the id of one" in err) == (2, True, True)
    status, _, err = run("explain", "--versions", "nobody")
    assert (status, "no document of this id" in err) == (1, True)


def test_a_reindex_of_nothing(run, tmp_path):
    status, _, err = run("reindex", "--direct")
    assert (status, "no ledger in" in err, "run `saring ingest`" in err) == (1, True, True)
    assert not (tmp_path / "data").exists()
    status, _, err = run("reindex", "--direct", "--from", "raw")
    assert (status, "set `sources` in config.yaml" in err) == (2, True)
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    assert run("ingest", "--direct", "--quiet", "empty.txt")[0] == 0
    status, _, err = run("reindex", "--direct")
    assert (status, "the new generation is empty" in err) == (0, True)


def test_a_reindex_from_raw_says_what_it_reads_and_stages_of_nothing_are_not_logged(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "config.yaml").write_text("runner: {kind: inline}\nsources: [a.txt]\n", encoding="utf-8")
    assert run("ingest", "--direct", "--quiet")[0] == 0
    status, _, err = run("reindex", "--direct", "--from", "raw")
    assert (status, "cleaned again: the configured sources" in err) == (0, True)
    status, _, err = run("reindex", "--direct", "--log-format", "text")
    assert status == 0
    assert "event=stage name=index" in err
    assert "event=stage name=clean" not in err


def test_generations_say_what_they_do(run, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert run("ingest", "--direct", "--quiet", "a.txt")[0] == 0
    first = json.loads(run("generations", "list", "--json")[1])[0]["name"]
    status, _, err = run("generations", "prune")
    assert (status, err) == (0, f"nothing to remove; kept: {first} (the current one)\n")
    for _ in range(2):
        assert run("reindex", "--direct", "--quiet")[0] == 0
    status, _, err = run("generations", "prune", "--keep", "1")
    assert status == 0
    assert f"removed 1 generation ({first}); kept: " in err
    assert "(for a rollback), " in err
    assert run("status")[0] == 0
    status, _, err = run("generations", "rollback")
    assert (status, "`saring status` exits with 1 until" in err) == (0, True)
    status, out, _ = run("status")
    assert (status, "(1 document)" in out, " UTC" in out) == (1, True, True)
    out = run("generations", "list")[1]
    assert ("1 document, " in out, out.count(" UTC")) == (True, 2)


def test_one_is_not_many():
    assert [many(number, "row") for number in (0, 1, 2, 1_000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
    assert many(2, "document is", "documents are") == "2 documents are"
    assert utc("2026-01-02T03:04:05.123456+00:00") == "2026-01-02 03:04:05 UTC"
