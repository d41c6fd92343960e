"""Logs and metrics: one line a fact, ids and figures, never an article's text."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_samples import article
from prometheus_client.parser import text_string_to_metric_families

from flows import learning
from flows.executors import InlineExecutor
from flows.logs import as_line, fact, start
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from transforms.models import RawDocument
from transforms.outlet_lines import LineCount, count_document

SARING = Path(sys.executable).with_name("saring")
FAMOUS = "Zulbenderan"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    (folder / "satu.txt").write_text(f"{FAMOUS} {article(1)}", encoding="utf-8")
    (folder / "dua.txt").write_text(article(2), encoding="utf-8")
    (folder / "kosong.txt").write_bytes(b"")
    return folder


def saring(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SARING_DATA_DIR": str(folder / "data"), "SARING_RUNNER__KIND": "inline"}
    done = subprocess.run([SARING, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def test_json_lines_say_what_a_run_did(tmp_path: Path, raw: Path):
    done = saring(tmp_path, "ingest", "--direct", "--json", "--log-format", "json", "--verbose", str(raw))
    facts = [json.loads(line) for line in done.stderr.splitlines()]
    assert all(list(line)[:3] == ["time", "level", "event"] for line in facts)
    events = {line["event"] for line in facts}
    assert {"run_started", "recorded", "document", "rejected", "stage", "run_finished"} <= events
    (rejected,) = (line for line in facts if line["event"] == "rejected")
    assert (rejected["document"], rejected["error"]) == ("kosong", "empty")
    assert {line["document"] for line in facts if line["event"] == "document"} == {"satu", "dua"}
    assert {line["name"] for line in facts if line["event"] == "stage"} >= {"clean", "record", "index"}
    (finished,) = (line for line in facts if line["event"] == "run_finished")
    assert finished["new"] == json.loads(done.stdout)["counts"]["new"] == 2
    assert FAMOUS not in done.stderr


def test_plain_lines_and_silence(tmp_path: Path, raw: Path):
    plain = saring(tmp_path, "ingest", "--direct", "--json", str(raw)).stderr.splitlines()
    assert all(re.match(r"time=\S+ level=info event=\w+( \w+=(\"[^\"]*\"|\S+))*$", line) for line in plain)
    assert not any("event=document " in line for line in plain)
    quiet = saring(tmp_path, "reindex", "--direct", "--quiet")
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_metrics_are_a_file_for_prometheus(tmp_path: Path, raw: Path):
    saring(tmp_path, "ingest", "--direct", "--quiet", str(raw))
    target = tmp_path / "saring.prom"
    saring(tmp_path, "status", "--metrics", str(target))
    text = target.read_text(encoding="utf-8")
    lines = text.splitlines()
    samples = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation and family.type == "gauge" for family in families)
    assert sum(len(family.samples) for family in families) == len(samples)
    assert not [family.name for family in families if not re.fullmatch(r"saring_[a-z_]+", family.name)]
    assert samples["saring_consistent"] == "1"
    assert samples['saring_last_run_documents{outcome="new"}'] == "2"
    assert samples['saring_quarantine{reason="read/empty"}'] == "1"
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == {re.split(r"\{", k)[0] for k in samples}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


def test_a_line_stays_a_line(capsys: pytest.CaptureFixture[str]):
    assert as_line({"a": 'x "y"\n\x1b[0m', "b": 1.5, "c": None}) == 'a="x \\"y\\"\\n\\u001b[0m" b=1.500 c=null'
    logger = logging.getLogger("saring")
    try:
        start("json")
        fact("odd", document="a\nb\x9b\u202e", nothing=None)
    finally:
        logger.handlers = []
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert json.loads(line)["document"] == "a\nb\x9b\u202e"
    assert not set("\x9b\u202e") & set(line)


def test_a_document_that_cannot_be_counted_is_cleaned_and_named(
    tmp_path: Path, raw: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def count(document: RawDocument, path: str, raw_hash: str) -> LineCount:
        if document.id == "dua":
            raise ZeroDivisionError
        return count_document(document, path, raw_hash)

    monkeypatch.setattr(learning, "count_document", count)
    with InlineExecutor() as executor:
        settings = Settings(data_dir=tmp_path / "data")
        report = run_ingest(settings, [str(raw)], executor, full=False, progress=Silent())
    assert (report.counts["new"], report.stage_documents["count"]) == (2, 1)
    (warned,) = (record for record in caplog.records if record.levelno == logging.WARNING)
    named = {"document": "dua", "source": str(raw / "dua.txt"), "error": "ZeroDivisionError"}
    assert warned.fields == {"event": "not_counted", **named}
