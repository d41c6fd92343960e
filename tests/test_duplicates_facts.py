"""Which words stand in each other's place, and which of them are facts told differently."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.duplicates_align import Words, align, replaced, unmatched
from index.duplicates_facts import facts_agree
from index.duplicates_verify import compare, headline, headline_swaps, headlines

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
    own = [moved.words[start:end] for start, end in unmatched(moved, blocks)]
    assert own == [["penduduk"]]
    pairs = [(moved.words[here], Words(REPORT).words[there]) for here, there in replaced(blocks)]
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


TOWN = (
    "RIMBAWANA, SUARALEMBAH.ID - Pemerintah Kota Rimbawana menutup jembatan lama mulai Senin (3/6) sampai tiang "
    "penyangga selesai diganti. Kepala dinas pekerjaan umum setempat meminta warga memakai jalur utara yang lebih jauh "
    "14 kilometer, atau perahu yang berangkat pukul 06.00, 09.30, 13.45 dan 17.15 dari dermaga. Jembatan itu 120 "
    "meter panjangnya, dibangun tahun 1978 dan dilalui 9.000 kendaraan sehari, kata Hartanto, Selasa. Warga Rimbawana "
    "mengeluhkan penutupan karena jalur utara sering macet pada pagi hari dan belum diaspal sepanjang 3 kilometer."
)


@pytest.mark.parametrize(
    "swaps",
    [
        {"Rimbawana": "Kertalaya", "RIMBAWANA": "KERTALAYA"},
        {"Rimbawana": "Tanjung Sempana", "RIMBAWANA": "TANJUNG SEMPANA"},
        {"kilometer": "mil"},
        {"Senin (3/6)": "Rabu (5/6)"},
        {"Selasa": "Kamis"},
        {"Senin (3/6)": "Senin (17/6)"},
    ],
)
def test_a_fact_that_is_another_one_throughout_tells_two_articles_apart(swaps: dict[str, str]):
    other = TOWN
    for old, new in swaps.items():
        other = other.replace(old, new)
    assert not agree(other, TOWN)
    assert not agree(TOWN, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RIMBAWANA, SUARALEMBAH.ID", "KERTALAYA, WARTAKOTA.ID"),  # another dateline
        ("Hartanto", "Hermawan"),  # a name that was put right
        ("120 meter", "210 meter"),
        ("Senin (3/6)", "Senin (4/6)"),  # one weekday, so one of the dates is mistaken
        ("utara", "selatan"),  # no name
        ("kilometer", "km"),
        ("Rimbawana", "Rimba Wana"),
        ("Rimbawana", "Rimbawono"),
    ],
)
def test_a_dateline_a_correction_and_another_spelling_leave_a_copy(old: str, new: str):
    other = TOWN.replace(old, new)
    assert other != TOWN
    assert agree(other, TOWN)
    assert agree(TOWN, other)


def test_one_name_in_the_place_of_another_in_headline_and_body_is_a_template():
    one, other = Words(TOWN), Words(TOWN.replace("Hartanto", "Suroyo"))
    first, second = headline("Hartanto tutup jembatan lama kota"), headline("Suroyo tutup jembatan lama kota")
    heads = headline_swaps(frozenset({first}), frozenset({second}))
    assert heads == {("hartanto", "suroyo")}
    assert compare(one, other).relation == "copy"
    assert compare(one, other, heads=heads).relation is None
    assert compare(other, one, heads=heads).relation is None


def test_another_number_in_headline_and_body_is_another_state_of_things():
    one, other = (
        Words(TOWN),
        Words(TOWN.replace("120 meter", "135 meter")),
    )
    first, second = headline("Ini jembatan 120 meter yang ditutup"), headline("Jembatan 135 meter ditutup lama sekali")
    heads = headline_swaps(frozenset({first}), frozenset({second}))
    assert compare(one, other).relation == "copy"
    assert compare(one, other, heads=heads).relation is None


def test_a_single_number_is_a_correction_only_where_the_rest_is_the_same():
    later = TOWN.replace("120 meter", "135 meter")
    assert compare(Words(later), Words(TOWN)).relation == "copy"
    added = "Petugas sudah membongkar sebagian lantainya kemarin sore. Warga menonton dari tepi sungai."
    assert compare(Words(f"{TOWN} {added}"), Words(TOWN)).relation == "copy"
    own = later.replace("Kepala dinas", "Setelah hujan semalam arus sungai naik. Kepala dinas")
    longer = TOWN.replace("Warga Rimbawana", f"{added} Warga Rimbawana")
    assert compare(Words(own), Words(longer)).relation is None


def test_names_that_both_texts_have_may_stand_for_each_other():
    one = TOWN.replace("Kepala dinas", "Wali kota Rimbawana, Hartanto, dan kepala dinas").replace(
        "Hartanto, Se", "dia, Se"
    )
    both = "Hartanto menambahkan bahwa Hartanto sendiri yang memimpin. Kata Hartanto, Hartanto akan datang."
    assert agree(f"{one} {both}", f"{one.replace('Hartanto', 'Suroyo')} {both}")


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
    assert all(block.end - block.start == len(block.equal) >= 3 for block in blocks)
    assert all(block.end <= len(one) and block.other_end <= len(other) for block in blocks)
    assert all(before.end <= after.start for before, after in pairwise(blocks))
    assert compare(first, second) == compare(second, first)
