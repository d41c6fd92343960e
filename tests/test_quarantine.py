"""The quarantine as people work with it: the place shown, retried, accepted; nothing read again for nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from ledger_samples import article
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor
from flows.health import health
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.quarantine_context import SHOWN_CHARACTERS, context
from flows.settings import Settings
from index.ledger import Ledger
from index.ledger_quarantine import MAX_TRIES
from transforms.models import Rejected


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "baik.txt").write_text(article(1), encoding="utf-8")
    (raw / "kosong.txt").write_bytes(b"")
    good = json.dumps({"id": "r1", "text": article(2)})
    (raw / "dump.jsonl").write_text(f'{good}\n{{"id": "r2", "text": oops}}\n{good}\n', encoding="utf-8")
    return Settings(data_dir=tmp_path / "data", outlet_lines="off", sources=[str(raw)])


def ingest(settings: Settings):
    report = run_ingest(settings, settings.sources, InlineExecutor(), full=False, progress=Silent())
    assert report.balanced, report.counts
    return report


def run(settings: Settings, *arguments: str):
    environment = {"SARING_DATA_DIR": str(settings.data_dir), "SARING_RUNNER__KIND": "inline"}
    return CliRunner().invoke(app, ["quarantine", *arguments], env=environment)


def rows(settings: Settings) -> dict[str, dict]:
    done = run(settings, "list", "--all", "--json")
    return {row["error"]: row for row in map(json.loads, done.stdout.splitlines())}


def tries(settings: Settings) -> dict[str, int]:
    return {error: row["tries"] for error, row in rows(settings).items()}


def test_reasons_are_counted(own: Settings):
    report = ingest(own)
    assert report.to_json()["quarantine"] == {"read/empty": 1, "read/invalid_json": 1}
    assert health(own).quarantine == {"read/empty": 1, "read/invalid_json": 1}
    assert all(row["hint"] for row in rows(own).values()), "each says what to do"


def test_the_place_is_shown(own: Settings):
    ingest(own)
    number = str(rows(own)["invalid_json"]["number"])
    shown = run(own, "show", number).stdout.splitlines()
    at = next(n for n, line in enumerate(shown) if line.startswith(">"))
    assert shown[at].lstrip("> ").startswith('2 {"id": "r2"')
    assert shown[at][shown[at + 1].index("^")] == "o"
    assert '"r1"' in shown[at - 1]
    assert json.loads(run(own, "show", number, "--json").stdout)["context"][1].startswith(">")


def test_the_first_byte_that_is_no_text_is_shown(own: Settings):
    (Path(own.sources[0]) / "biner.txt").write_bytes(b"judul\0\1\2\3")
    ingest(own)
    row = rows(own)["binary"]
    assert row["place"] == "byte 5"
    text, mark = run(own, "show", str(row["number"])).stdout.splitlines()[-2:]
    assert text[mark.index("^") :].startswith("\\x00\\x01")


def test_what_is_shown_cannot_command_the_terminal(own: Settings):
    bad = Path(own.sources[0]) / "jahat.jsonl"
    bad.write_bytes(b'{"id": "x", "text": \x1b]0;gotcha\x07 oops}\n')
    ingest(own)
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        number = next(row.number for row in ledger.quarantine() if "jahat" in row.source)
    shown = run(own, "show", str(number)).stdout
    assert "gotcha" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("name", "place", "said"),
    [
        ("a.txt", "byte 1000010", "^"),
        ("a.jsonl", "line 2, column 1000001", "…"),
        ("a.jsonl.gz", "after line 1", ">"),
        ("a.jsonl", "line 9", "ends before"),
        ("tidak-ada.txt", "byte 3", "cannot be shown"),
        ("a.json", "element 3", "names no line"),
    ],
)
def test_context_is_small_whatever_the_file(tmp_path: Path, name: str, place: str, said: str):
    content = b"satu\n" + b"x" * 3_000_000 + b"\ntiga\n"
    for file in ("a.txt", "a.jsonl", "a.json"):
        (tmp_path / file).write_bytes(content)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(content))
    found = context(str(tmp_path / name), str(tmp_path / name), place)
    assert said in "\n".join((*found.lines, found.why_not))
    assert sum(map(len, found.lines)) < 8 * SHOWN_CHARACTERS


def test_accepted_rows_wait_no_longer(own: Settings):
    ingest(own)
    assert "accepted 1" in run(own, "accept", "--reason", "read/empty").stderr
    assert health(own).quarantine == {"read/invalid_json": 1}
    (Path(own.sources[0]) / "kosong.txt").touch()
    report = ingest(own)
    assert (report.counts["quarantined"], report.to_json()["quarantine"]) == (2, {"read/invalid_json": 1})
    assert [failure.error for failure in report.failures] == ["invalid_json"]
    assert rows(own)["empty"]["accepted"] is True
    assert run(own, "accept", "99").exception is not None
    assert run(own, "retry", "99").exception is not None
    run(own, "retry", str(rows(own)["empty"]["number"]))
    assert health(own).quarantine["read/empty"] == 1


def test_an_accepted_source_that_is_mended_becomes_a_document(own: Settings):
    ingest(own)
    run(own, "accept", "--reason", "read/empty")
    (Path(own.sources[0]) / "kosong.txt").write_text(article(3), encoding="utf-8")
    assert ingest(own).counts["new"] == 1
    assert (rows(own)["empty"]["resolved"], rows(own)["empty"]["accepted"]) == (True, False)


def test_unchanged_input_is_read_again_only_for_other_rules_and_not_for_ever(own: Settings):
    ingest(own)
    ingest(own)
    assert tries(own) == {"empty": 1, "invalid_json": 1}
    with Ledger.open(own.ledger_url, read_only=True) as ledger:
        assert ledger.source_states("other", "other rules")[str(Path(own.sources[0]) / "kosong.txt")].stale
    with Ledger.open(own.ledger_url) as ledger:
        for number in range(MAX_TRIES):
            run_id = f"later-{number}"
            failed = [item for item in ledger.quarantine() if item.error == "empty"]
            ledger.record(run_id, "2030-01-01", [], [_again(failed[0])], tried_with=f"rules {number}")
        states = ledger.source_states(None, "yet other rules")
    assert not states[str(Path(own.sources[0]) / "kosong.txt")].stale
    run(own, "retry")
    assert ingest(own).counts["quarantined"] == 2
    assert tries(own)["empty"] == 1


def _again(row):
    return Rejected(row.id, row.source, row.stage, row.error, row.message)
