"""The rule catalogue: its examples through the whole cleaner, its checks, and users' own files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transforms import rules as rules_module
from transforms.clean import clean
from transforms.errors import RuleError
from transforms.models import Hints, TextView
from transforms.rules import Rule, load_rules

MARKED = re.compile("⟦(.*?)⟧", re.DOTALL)
EXAMPLES = [(rule, example) for rule in load_rules().rules for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=[f"{rule.id}-{n}" for n, (rule, _) in enumerate(EXAMPLES)])
def test_the_whole_cleaner_takes_what_an_example_marks(rule: Rule, example: str) -> None:
    text = MARKED.sub(r"\1", example)
    result = clean(TextView(text=text, decoded=text), Hints(), load_rules())
    gone = {at for removal in result.removals for at in range(removal.start, removal.end) if not text[at].isspace()}
    for marked in MARKED.findall(example):
        start = text.index(marked)
        assert all(at in gone for at in range(start, start + len(marked)) if not text[at].isspace()), marked
    if not MARKED.search(example):
        assert not gone


def test_every_rule_has_an_example_of_what_it_takes() -> None:
    assert [rule.id for rule in load_rules().rules if not any("⟦" in example for example in rule.examples)] == []


def write(folder: Path, text: str) -> Path:
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return folder


MINE = """
- id: mine.greeting
  kind: promo
  why: Our own paper greets its readers on the last line.
  scope: tail
  outlets: [kabar-rimba.id]
  pattern: 'salam rimba!?'
  examples: ["{body}\\n⟦Salam rimba!⟧"]
"""


def test_a_users_rule_works_for_its_outlet_only_and_changes_the_version(tmp_path: Path) -> None:
    rules = load_rules([write(tmp_path, MINE)])
    body = rules.rules[-1].examples[0].split("\n")[0]
    view = TextView(text=f"{body}\nSalam rimba!", decoded=f"{body}\nSalam rimba!")
    assert clean(view, Hints(outlet="kabar-rimba.id"), rules).text == body
    assert clean(view, Hints(outlet="lain.id"), rules).text != body
    assert rules.version != load_rules().version


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("promo", "advert"), "kind 'advert'"),
        (("scope: tail", "scope: middle"), "scope 'middle'"),
        (("pattern: 'salam rimba!?'", "pattern: '(salam'"), "bad pattern"),
        (("pattern: 'salam rimba!?'", "matcher: nothing"), "no matcher"),
        (("why:", "because:"), "unknown key 'because'"),
        (("- id: mine.greeting", "- name: x"), "has no id"),
        (("- id: mine.greeting", "- id: ' '"), "id must be a text"),
        (("scope: tail", "scope: [tail]"), "scope must be a text"),
        (("scope: tail", "scope: tail\n  2: x"), "unknown key '2'"),
        (("scope: tail", "scope: tail\n  needs: 5"), "needs must be a list"),
        (("scope: tail", "scope: tail\n  needs: salam"), "needs must be a list"),
        (("scope: tail", 'scope: tail\n  needs: ["\\nsalam"]'), "needs of scope tail cannot hold a line break"),
        (("scope: tail", "scope: tail\n  longest: many"), "longest must be a number"),
        (("scope: tail", "scope: tail\n  confidence: .nan"), "confidence must be a number"),
        (("scope: tail", "scope: tail\n  case: 1"), "case must be true or false"),
        (("'salam rimba!?'", "2024-01-01"), "pattern must be a text"),
        (("'salam rimba!?'", "a{99999999999999999999}"), "bad pattern"),
        (("'salam rimba!?'", "'" + "(" * 5000 + ")" * 5000 + "'"), "bad pattern"),
        (("[kabar-rimba.id]", "kabar-rimba.id"), "outlets must be a list"),
        (("[kabar-rimba.id]", "2024-13-45"), "month must be in"),
    ],
)
def test_a_faulty_rule_is_named_with_its_file_and_reason(tmp_path: Path, change: tuple[str, str], reason: str) -> None:
    with pytest.raises(RuleError, match=re.escape(reason)) as error:
        load_rules([write(tmp_path, MINE.replace(*change, 1))])
    assert "mine.yaml" in str(error.value)


def test_aliases_that_stand_for_more_than_memory_holds_are_told_at_once(tmp_path: Path) -> None:
    levels = ["&a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"&a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    for key in ("needs", "why", "pattern", "longest", "confidence", "case"):
        with pytest.raises(RuleError, match="must be") as raised:
            load_rules([write(tmp_path, f"- {{id: mine.greeting, {key}: [{', '.join(levels)}]}}\n")])
        assert len(str(raised.value)) < 1_000


def test_braces_of_an_example_that_are_no_placeholder_stay(tmp_path: Path) -> None:
    rules = load_rules(
        [write(tmp_path, MINE.replace("⟦Salam", "{body.__class__} {nobody} {body:>99999999999} {{x}} ⟦Salam"))]
    )
    assert "{body.__class__} {nobody} {body:>99999999999} {x}" in rules.rules[-1].examples[0]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no such folder"):
        load_rules([tmp_path / "none"])


def test_changed_word_lists_and_tables_change_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_rules().version
    rules_module._load.cache_clear()
    monkeypatch.setattr(rules_module, "_data_hash", lambda: "other data")
    assert load_rules().version != before
    monkeypatch.undo()
    rules_module._load.cache_clear()
    assert load_rules().version == before
