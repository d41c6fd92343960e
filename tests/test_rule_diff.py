"""Comparing two sets of rules: the differences of one document, and the command over a ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.models import Removal
from transforms.rule_diff import differences

ROOT = Path(__file__).parent.parent
TEXT = "Isi berita.\nSalam rimba!\nEditor: Sari"


def removal(text: str, passage: str, rule: str) -> Removal:
    start = text.index(passage)
    return Removal(start, start + len(passage), passage, rule, "promo", 1.0)


def test_what_only_one_set_takes_is_a_difference() -> None:
    old = [removal(TEXT, "Editor: Sari", "signoff.role_line")]
    new = [removal(TEXT, "Salam rimba!", "mine.greeting")]
    found = list(differences("d1", TEXT, old, new))
    assert [(d.more, d.rule, d.text) for d in found] == [
        (True, "mine.greeting", "Salam rimba!"),
        (False, "signoff.role_line", "Editor: Sari"),
    ]
    assert found[0].before.endswith("berita.\n")
    assert found[0].characters == len("Salamrimba!")


def test_another_rule_for_the_same_characters_is_none() -> None:
    assert not list(differences("d1", TEXT, [removal(TEXT, "Editor: Sari", "a")], [removal(TEXT, "Editor: Sari", "b")]))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=4), st.booleans())
def test_differences_are_symmetric(spans: list[tuple[int, int]], swap: bool) -> None:
    text = "abcdefghij" * 4
    cuts = [Removal(start, start + size, text[start : start + size], "r", "other", 1.0) for start, size in spans]
    some, none = (cuts, []) if swap else ([], cuts)
    forward = [(d.more, d.text) for d in differences("d", text, some, none)]
    backward = [(not d.more, d.text) for d in differences("d", text, none, some)]
    assert forward == backward


def saring(*arguments: object, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("saring")), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "SARING_DATA_DIR": str(data), "SARING_RUNNER__KIND": "inline"},
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("diff") / "data"
    done = saring("ingest", "--direct", "examples/raw", data=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_command_shows_what_a_changed_rule_changes(data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- id: related.nothing\n  kind: other\n  why: Takes a common word.\n  scope: inline\n"
        "  pattern: '\\bdengan\\b'\n"
        "  examples: ['Ia pergi ⟦dengan⟧ kapal.']\n",
        encoding="utf-8",
    )
    runs = [saring("rules", "diff", "builtin", tmp_path, "--json", "--show", 2, data=data) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout
    result = json.loads(runs[0].stdout)
    assert result["old"] != result["new"]
    assert 0 < result["changed"] <= result["documents"]
    assert result["rules"]["related.nothing"]["more"] == result["more_characters"] > 0
    assert [d["change"] for d in result["differences"]] == ["more", "more"]
    back = json.loads(saring("rules", "diff", tmp_path, "builtin", "--json", data=data).stdout)
    assert back["less_characters"] == result["more_characters"]
    text = saring("rules", "diff", "builtin", tmp_path, "--sample", 1, data=data)
    assert text.returncode == 0
    assert "1 of 1 document changes" in text.stderr


def test_the_same_rules_change_nothing(data: Path) -> None:
    result = json.loads(saring("rules", "diff", "builtin", "builtin", "--json", data=data).stdout)
    assert (result["changed"], result["differences"]) == (0, [])


def test_without_a_ledger_the_command_says_so(tmp_path: Path) -> None:
    done = saring("rules", "diff", "builtin", "builtin", data=tmp_path)
    assert done.returncode == 2
    assert "no ledger yet" in done.stderr
