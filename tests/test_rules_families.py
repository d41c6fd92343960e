"""Outlet families: one rule for all papers of a house, and errors that name file, family and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transforms.clean import clean
from transforms.errors import RuleError
from transforms.models import Hints, TextView
from transforms.rules import load_rules

BODY = (
    "Pemerintah kabupaten mulai memperbaiki tanggul sungai yang jebol akibat hujan lebat, dan ratusan warga kembali "
    "ke rumah masing-masing setelah sepekan mengungsi."
)
RULES = """
- id: tepian.greeting
  kind: promo
  why: The papers of the house close with a greeting.
  scope: tail
  pattern: 'salam tepian!?'
  outlets: ["family:tepian", "sahabat.id"]
  examples: ["{body}\\n⟦Salam tepian!⟧"]
"""
FAMILIES = """
tepian: [tepianraya.com]
tepian-sport:
  inherits: [tepian]
  outlets: [tepianbola.com]
tepian-junior:
  inherits: [tepian-sport]
  outlets: [tepianjunior.com]
"""


def folder_with(folder: Path, families: str = FAMILIES, rules: str = RULES) -> Path:
    (folder / "mine.yaml").write_text(rules, encoding="utf-8")
    (folder / "families.yaml").write_text(families, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("outlet", "gone"),
    [
        ("tepianraya.com", True),
        ("tepianbola.com", True),
        ("tepianjunior.com", True),
        ("sahabat.id", True),
        ("lain.id", False),
        (None, False),
    ],
)
def test_a_family_s_rule_runs_for_its_outlets_and_its_heirs(tmp_path: Path, outlet: str | None, gone: bool) -> None:
    text = f"{BODY}\nSalam tepian!"
    cleaned = clean(TextView(text, text), Hints(outlet=outlet), load_rules([folder_with(tmp_path)]))
    assert (cleaned.text == BODY) == gone


def test_a_rule_of_the_parent_is_not_one_of_its_heirs_only(tmp_path: Path) -> None:
    rules = RULES.replace("family:tepian", "family:tepian-sport")
    text = f"{BODY}\nSalam tepian!"
    cleaned = clean(
        TextView(text, text), Hints(outlet="tepianraya.com"), load_rules([folder_with(tmp_path, rules=rules)])
    )
    assert cleaned.text != BODY


def test_a_changed_family_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = load_rules([folder_with(tmp_path / "a")])
    second = load_rules([folder_with(tmp_path / "b", FAMILIES.replace("tepianbola", "tepianlaga"))])
    assert first.version != second.version


@pytest.mark.parametrize(
    ("families", "reason"),
    [
        ("- tepian", "expected a mapping"),
        ("tepian: raya", "family tepian: expected a list"),
        ("tepian: {members: [a.id]}", "family tepian: expected a list"),
        ("tepian: {inherits: [laut]}", "inherits 'laut', which is no family"),
        ("tepian: {inherits: [laut]}\nlaut: {inherits: [tepian]}", "inherits itself"),
        ("laut: [laut.id]", "no family is called 'tepian'"),
    ],
)
def test_a_faulty_family_is_named(tmp_path: Path, families: str, reason: str) -> None:
    with pytest.raises(RuleError, match=re.escape(reason)):
        load_rules([folder_with(tmp_path, families)])
