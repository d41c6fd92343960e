"""Rules wake where one of their literals stands in what they look at, and nowhere else."""

from __future__ import annotations

import re
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.clean import clean
from transforms.lines import END_CHARACTERS, Page, Stretch, make_page, runs_of
from transforms.models import Cut, Hints, TextView
from transforms.rules import Rule, RuleSet, load_rules
from transforms.rules.matchers import MATCHERS
from transforms.rules.waking import WHOLE_LINES

BODY = "Warga dusun itu menutup jalan desa sejak Senin pagi karena jembatan bambu di muara hanyut dibawa arus deras."
PIECES = st.sampled_from(
    [
        BODY,
        "Foto: Desa Mekar",
        "Baca juga: Harga Gabah Naik di Kecamatan",
        "ADVERTISEMENT",
        "Editor: Sari Wulandari",
        "(dwi/her)",
        "Tag: panen, gabah",
        "Tinggalkan Balasan",
        "Copyright © KABARNUSA 2025",
        "Ikuti kami di Google News",
        "ANTARA/Gilang Ramadan Menurut warga",
        "Artikel ini telah tayang di Wartakota",
        "- Rina (@rina) March 3, 2020",
    ]
)


def rule(scope: str, **more: Any) -> Rule:
    pattern = re.compile(more.pop("pattern"), re.IGNORECASE)
    return Rule("mine", "promo", "", scope, (), pattern=pattern, **more)


def test_a_cut_that_brings_a_literal_together_wakes_its_rule() -> None:
    text = "Panen raya XX dimulai di muara."
    rules = RuleSet((rule("inline", pattern="raya dimulai", needs=("raya dimulai",)),), "")
    first, later = make_page(text), make_page(text, [Stretch(11, 13)])
    assert rules.find(first) == []
    assert rules.find(later) == [Cut(6, 18, "mine", "promo")]


def test_a_cut_that_takes_the_only_literal_lets_its_rule_sleep() -> None:
    text = "Panen raya dimulai. Gabah dijemur."
    rules = RuleSet((rule("inline", pattern=r"gabah \w+", needs=("panen",)),), "")
    first, later = make_page(text), make_page(text, [Stretch(0, 5)])
    assert [len(rules.find(page)) for page in (first, later, first)] == [1, 0, 1]


def test_a_line_rule_is_not_woken_by_a_line_too_long_for_it() -> None:
    rules = RuleSet((rule("tail", pattern="sampai jumpa", needs=("kanal",), longest=20),), "")
    assert rules.find(make_page(f"{BODY}\nSampai jumpa\nDi kanal kecil itu perahu berjajar")) == []


def test_a_rule_about_lines_is_tried_on_those_with_its_literal_only() -> None:
    page = make_page(f"Kanal warga\nPintu air\n{BODY}\nKanal desa\nKanal sawah, kanal kebun")
    for scope in ("line", "line_end", "line_start"):
        found = RuleSet((rule(scope, pattern=r"[^\n.,]+", needs=("kanal", "sawah")),), "").find(page)
        assert [page.line_at(cut.start) for cut in found] == ([0, 3, 4] if scope != "line" else [0, 3])
    tail = RuleSet((rule("tail", pattern=r"[^\n]+", needs=("kanal", "sawah")),), "").find(page)
    assert [page.line_at(cut.start) for cut in tail] == [3, 4]


def test_a_rule_of_long_lines_looks_at_them() -> None:
    page = make_page(f"{BODY * 9}\nkanal {'deras ' * 100}")
    rules = RuleSet((rule("line", pattern=r"kanal[^.]+", needs=("kanal",), longest=1000),), "")
    assert [page.line_at(cut.start) for cut in rules.find(page)] == [1]


def test_a_rule_of_long_lines_needs_no_short_one_beside() -> None:
    rules = RuleSet((rule("line", pattern=r"[^.]+", longest=1000),), "")
    assert len(rules.find(make_page("kanal " + "deras " * 100))) == 1


def test_a_rule_about_datelines_waits_for_its_literal_on_a_page_of_one_line() -> None:
    matcher = MATCHERS["datelines"]
    text = f"BANDAR AGUNG, KabarTeluk.com - {BODY}"
    for need, cuts in (("wartamuara", 0), ("kabarteluk", 1)):
        mine = Rule("mine", "dateline", "", "document", (), matcher=matcher, needs=(need,))
        assert len(clean(TextView(text, text), Hints(), RuleSet((mine,), "")).removals) == cuts


def test_waking_takes_time_as_the_page_has_lines() -> None:
    def seconds(lines: int) -> float:
        page = make_page("Senin, 3 Mei 2024 | 10:00 WIB | Foto: Desa Mekar\n" * lines)
        began = process_time()
        load_rules().find(page)
        return process_time() - began

    seconds(10)
    assert min(seconds(8_000) for _ in range(2)) <= 8 * min(seconds(2_000) for _ in range(3))


def test_what_stands_behind_a_line_break_is_taken_there_only() -> None:
    page = make_page(f"{BODY}\nTamat, lalu tamat lagi")
    start = len(BODY) + 1
    behind_break = RuleSet((rule("end", pattern=r"(?<=[.]\n)tamat"),), "")
    assert behind_break.find(page) == [Cut(start, start + 5, "mine", "promo")]
    assert behind_break.find(make_page(f"{BODY}\nTamat {BODY * 4}")) == []
    either = RuleSet((rule("end", pattern=r"(?<=\n)lagi|tamat lagi"),), "")
    assert either.find(page) == [Cut(start + 12, start + 22, "mine", "promo")]


@pytest.mark.parametrize("white", ["\n", " ", "  ", "\r\n", "\xa0", " \n ", "\u2003"])
def test_known_runs_make_the_same_page(white: str) -> None:
    text = white.join(["", "satu dua", "tiga", "empat lima enam", ""])
    gone = [Stretch(text.index("dua"), text.index("tiga") + 2), Stretch(text.index("lima"), text.index("lima"))]
    made = make_page(text, gone, runs=runs_of(text))
    assert made.text.split() == ["satu", "ga", "empat", "lima", "enam"]
    assert [text[made.origin(at)] for at, char in enumerate(made.text) if not char.isspace()] == [
        char for char in made.text if not char.isspace()
    ]


def page_of(text: str, cuts: list[tuple[int, int]]) -> Page:
    gone, at = [], 0
    for start, length in sorted(cuts):
        if start >= at and start + length <= len(text):
            gone.append(Stretch(start, start + length))
            at = start + length
    return make_page(text, gone)


def takes(rule: Rule, page: Page) -> list[Cut]:
    """What a rule takes when each of its literals is looked for by itself."""
    lower = {"start": page.lower[:END_CHARACTERS], "end": page.lower[-END_CHARACTERS:]}.get(rule.region, page.lower)
    if not any(need in lower for need in rule.needs or [""]):
        return []
    if rule.region not in WHOLE_LINES or not rule.needs:
        return rule.find(page)
    lines = {"lines": page.lines, "head": page.lines[: page.head_end], "tail": page.lines[page.tail_start :]}
    return rule.find(page, [line for line in lines[rule.region] if rule.is_awake_in(line)])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.text(max_size=30)), min_size=1, max_size=6),
    st.sampled_from(["\n", " ", "  "]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=3),
)
def test_one_search_wakes_what_a_search_for_each_literal_would(
    pieces: list[str], separator: str, cuts: list[tuple[int, int]]
) -> None:
    page = page_of(separator.join(pieces), cuts)
    rules = load_rules()
    assert rules.find(page) == [cut for rule in rules.rules for cut in takes(rule, page)]
