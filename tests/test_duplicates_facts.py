"""Which words stand in each other's place, and which of them are facts told differently."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.duplicates_align import Words, align, replaced, unmatched
from index.duplicates_facts import facts_agree
from index.duplicates_verify import compare, headline, headlines

REPORT = (
    "Harga cabai di Pasar Melati naik menjadi Rp 42.000 sekilo pada Senin 3 Juni, kata pedagang bernama Sumarni. "
    "Pekan lalu harga yang sama masih Rp 35.000 karena pasokan dari Desa Kemuning belum terganggu oleh hujan deras. "
    "Kepala dinas perdagangan kota memperkirakan pasokan akan pulih dalam dua minggu dan meminta warga tidak cemas. "
    "Warga diminta membeli secukupnya dan melapor kepada petugas pasar bila ada yang menimbun barang di gudang."
)


def agree(one: str, other: str) -> bool:
    first, second = Words(one), Words(other)
    return facts_agree(first, second, align(first, second))


def test_blocks_cover_moved_and_changed_sentences():
    sentences = REPORT.split(". ")
    moved = Words(". ".join(reversed(sentences)).replace("warga", "penduduk"))
    blocks = align(moved, Words(REPORT))
    own = [moved.words[start:end] for start, end in unmatched(moved, Words(REPORT), blocks)]
    assert own == [["penduduk"]]
    pairs = [(moved.words[here], Words(REPORT).words[there]) for here, there in replaced(moved, Words(REPORT), blocks)]
    assert pairs == [(["penduduk"], ["warga"])]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("42.000", "42000", True),
        ("3 Juni", "03/06/2024 Juni", True),
        ("cabai", "lombok", True),
        ("42.000", "51.500", False),
    ],
)
def test_a_number_written_differently_agrees_and_another_number_does_not(old: str, new: str, same: bool):
    assert agree(REPORT.replace(old, new), REPORT) is same


def test_other_names_in_the_same_places_are_other_facts():
    names = {"Melati": "Anggrek", "Sumarni": "Wagiman", "Kemuning": "Jatirejo"}
    other = REPORT
    for name, another in names.items():
        other = other.replace(name, another)
    assert not agree(other, REPORT)
    assert agree(REPORT.replace("Sumarni", "Soemarni"), REPORT)


def test_headlines_agree_differ_or_conflict():
    first, reprint = headline("Harga cabai di Pasar Melati naik"), headline("Harga cabai di Pasar Melati naik lagi")
    other, dated = headline("Warga diminta tidak cemas"), headline("Harga cabai di Pasar Melati 3 Juni")
    assert headlines(frozenset({first}), frozenset({reprint})) == "agree"
    assert headlines(frozenset({first}), frozenset({other})) == "differ"
    assert headlines(frozenset({first}), frozenset({other, reprint})) == "agree"
    assert headlines(frozenset({dated}), frozenset({headline("Harga cabai di Pasar Melati 4 Juni")})) == "conflict"
    assert headlines(frozenset({headline("Harga cabai")}), frozenset({other})) == "agree"  # too short to tell


def test_arabic_vowel_signs_do_not_break_words():
    assert Words("\u0628\u0650\u0633\u0652\u0645\u0650 \u0627\u0644\u0644\u0651\u0647").words == [
        "\u0628\u0633\u0645",
        "\u0627\u0644\u0644\u0647",
    ]


@given(st.lists(st.sampled_from("abcd12"), max_size=40), st.lists(st.sampled_from("abcd12"), max_size=40))
def test_blocks_never_overlap_and_stay_inside(one: list[str], other: list[str]):
    first, second = Words(" ".join(one)), Words(" ".join(other))
    blocks = align(first, second)
    assert all(block.length >= 3 and block.end <= len(one) and block.other_end <= len(other) for block in blocks)
    assert all(before.end <= after.start for before, after in pairwise(blocks))
    assert compare(first, second) == compare(second, first)
