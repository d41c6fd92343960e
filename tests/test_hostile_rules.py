"""No rule, matcher or step can be made slow: long texts built from its own words cost about as much as any other."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from linear import worst

from transforms.clean import clean
from transforms.lines import make_page
from transforms.models import Hints, TextView
from transforms.rules import Rule, load_rules

CHARACTERS = 100_000
GROWN = 12_000
RULES = load_rules().rules
LINEAR_COST = 300
"""How many times as long as finding the words of the text a rule may take: the slowest, on 50,000 lines of one
character, took 50 times as long; what grows with the square of the text takes tens of thousands."""
ROUND_COST = 3_000
"""The same for all the rounds of the whole cleaner: the slowest text took 460 times as long."""
_LITERAL = re.compile(r"[^\W\d_]{3,}")
_WORDS = re.compile(r"\w+")


def literals(rule: Rule) -> list[str]:
    """Words that wake the rule or stand in its pattern."""
    pattern = re.sub(r"\\\w|\(\?P?<?\w*>?|\[[^\]]*\]", " ", rule.pattern.pattern) if rule.pattern else ""
    return [*rule.needs[:6], *_LITERAL.findall(pattern)[:12]] or ["Editor", "Foto", "Jakarta"]


def hostile(rule: Rule) -> Iterator[str]:
    """Long texts of the rule's own words: one line, many lines, glued, with what opens and never closes."""
    words = literals(rule)
    chain = " ".join(words)
    for unit in (f"{chain} ({words[0]}: A ", "".join(words), f"{words[0]}\n"):
        yield (unit * (CHARACTERS // len(unit) + 1))[:CHARACTERS]


def seconds(work, *arguments) -> float:
    since = process_time()
    work(*arguments)
    return process_time() - since


@pytest.fixture(scope="module")
def baseline() -> float:
    """CPU seconds for finding the words of a text as long."""
    text = "kata biasa saja. " * (CHARACTERS // 17)
    return min(seconds(_WORDS.findall, text) for _ in range(5))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_takes_linear_time(rule: Rule, baseline: float) -> None:
    for text in hostile(rule):
        page = make_page(text)
        spent = seconds(list, rule.find(page))
        assert spent <= LINEAR_COST * baseline, f"{text[:60]!r}…: {spent / baseline:.0f} times the baseline"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_four_times_as_much_takes_no_more_than_eight_times_as_long(rule: Rule) -> None:
    growth, spent, text = worst(rule, GROWN)
    assert growth <= 8, f"{text!r}…: {spent:.2f} s"


@pytest.mark.parametrize("pattern", ["a[^b]*b", "(?:foto )?kiri.*kanan"])
def test_a_pattern_that_can_be_made_slow_is_found(pattern: str) -> None:
    rule = Rule("slow", "other", "", "inline", ("{body}",), pattern=re.compile(pattern))
    assert worst(rule, GROWN)[0] > 8


@pytest.mark.parametrize(
    "unit", ["Baca juga: ", "Editor: A ", "(x/y)\n", "Foto: ", "ANTARA/A ", '"', "A. ", "¶\n", "1 2 "]
)
def test_the_whole_cleaner_takes_linear_time(unit: str, baseline: float) -> None:
    text = (unit * (CHARACTERS // len(unit) + 1))[:CHARACTERS]
    spent = seconds(clean, TextView(text, text), Hints(), load_rules())
    assert spent <= ROUND_COST * baseline, f"{spent / baseline:.0f} times the baseline"
