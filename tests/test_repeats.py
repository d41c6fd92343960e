"""Repeated titles, paragraphs and sections: what goes, which copy stays, and what is left alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.models import Cut
from transforms.repeats import MAX_ROUNDS, find_repeats

INTRO = (
    "Pemerintah Kabupaten Tanjung Sari meresmikan jembatan gantung sepanjang 120 meter di atas Sungai Way Lunik, "
    "Senin pagi. Jembatan itu menghubungkan dua desa yang selama ini dipisahkan arus deras."
)
BRIDGE = (
    "Warga sebelumnya harus memutar sejauh 14 kilometer untuk mencapai pasar. Kini perjalanan itu dapat ditempuh dalam "
    "lima menit dengan berjalan kaki, kata Kepala Desa Sukamaju Rahmat Hidayatullah."
)
COST = (
    "Pembangunan menelan biaya Rp4,2 miliar dari dana alokasi khusus. Pengerjaannya sempat tertunda tiga bulan karena "
    "banjir besar yang merendam gudang material di tepi sungai."
)
SCHOOL = (
    "Anak-anak sekolah menjadi kelompok yang paling gembira. Mereka tidak perlu lagi menyeberang dengan rakit bambu "
    "setiap pagi, dan para guru mencatat kehadiran yang membaik sejak hari pertama."
)


def without(text: str, cuts: Sequence[Cut]) -> str:
    kept, at = [], 0
    for cut in cuts:
        kept.append(text[at : cut.start])
        at = cut.end
    return "".join([*kept, text[at:]])


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def cleaned(text: str, title: str | None = None) -> list[str]:
    return paragraphs(without(text, find_repeats(text, (), title).cuts))


def test_text_without_repeats_is_left_alone() -> None:
    assert find_repeats("\n".join([INTRO, BRIDGE, COST, SCHOOL]), (), "Jembatan Gantung Diresmikan").cuts == ()


def test_the_section_under_headings_is_kept_and_the_plain_one_goes() -> None:
    text = "\n".join(
        [INTRO, BRIDGE, COST, SCHOOL, INTRO, "1. Lebih Dekat", BRIDGE, "2. Biaya", COST, "3. Sekolah", SCHOOL]
    )
    result = find_repeats(text, (), None)
    assert cleaned(text) == [INTRO, "1. Lebih Dekat", BRIDGE, "2. Biaya", COST, "3. Sekolah", SCHOOL]
    assert {cut.rule for cut in result.cuts} == {"repeat.section"}
    assert {cut.kind for cut in result.cuts} == {"repeated_body"}


def test_credits_that_other_steps_cut_do_not_break_the_match() -> None:
    credit = "Foto/KN"
    text = "\n".join(
        [INTRO, BRIDGE, credit, COST, credit, SCHOOL, "1. Lebih Dekat", credit, BRIDGE, "2. Biaya", COST, SCHOOL]
    )
    cuts, at = [], text.find(credit)
    while at >= 0:
        cuts.append(Cut(at, at + len(credit), "credit.photo", "credit"))
        at = text.find(credit, at + 1)
    found = find_repeats(text, cuts, None).cuts
    kept = without(text, sorted([*cuts, *found], key=lambda cut: cut.start))
    assert paragraphs(kept) == [INTRO, "1. Lebih Dekat", BRIDGE, "2. Biaya", COST, SCHOOL]


def test_a_glued_block_gives_way_to_its_paragraphs() -> None:
    first, second = BRIDGE.split(" Kini ")
    second = "Kini " + second
    assert cleaned("\n".join([INTRO, first + second, first, second, COST])) == [INTRO, first, second, COST]


def test_one_paragraph_printed_twice_in_a_row_keeps_the_first() -> None:
    text = "\n".join([INTRO, BRIDGE, BRIDGE, COST])
    (cut,) = find_repeats(text, (), None).cuts
    assert (cut.rule, text[cut.start : cut.end], cut.start) == (
        "repeat.paragraph",
        BRIDGE,
        len(INTRO) + len(BRIDGE) + 2,
    )


def test_a_word_in_common_before_the_first_copy_and_at_the_end_of_both_does_not_hide_the_repeat() -> None:
    dated = "Warga menonton dari tepi sungai, Senin pagi (3/2/2025)."
    twice = (
        "Pemerintah kabupaten menargetkan seluruh jembatan gantung di wilayah hulu selesai dibangun pada tahun 2025."
    )
    text = f"{dated}\n{twice}\n{twice}"
    assert without(text, find_repeats(text, (), None).cuts).split() == f"{dated}\n{twice}".split()


def test_words_glued_without_punctuation_still_match() -> None:
    glued = (BRIDGE + COST).replace("lima menit", "limamenit").replace(" dana ", "dana ")
    assert cleaned("\n".join([INTRO, glued, BRIDGE, COST, SCHOOL])) == [INTRO, BRIDGE, COST, SCHOOL]


def test_nested_elements_leave_each_paragraph_once() -> None:
    parts = [INTRO, BRIDGE, COST, SCHOOL]
    nested = [line for level in range(len(parts)) for line in ("".join(parts[level:]), parts[level])]
    assert sorted(cleaned("\n".join(nested))) == sorted(parts)


def test_a_sentence_of_its_own_inside_a_copy_stays() -> None:
    own = "Bupati berjanji akan menambah lampu jalan sebelum akhir tahun."
    text = "\n".join([INTRO, BRIDGE, COST, SCHOOL, INTRO, BRIDGE + " " + own, COST, SCHOOL])
    kept = " ".join(cleaned(text))
    assert kept.count(own) == 1
    assert [kept.count(part) for part in (INTRO, BRIDGE, COST, SCHOOL)] == [1, 1, 1, 1]


@pytest.mark.parametrize("line", ["Jembatan Gantung Way Lunik Diresmikan", "JEMBATAN GANTUNG WAY LUNIK DIRESMIKAN."])
def test_a_line_equal_to_the_title_goes(line: str) -> None:
    text = "\n".join([INTRO, line, BRIDGE])
    (cut,) = find_repeats(text, (), "Jembatan Gantung Way Lunik Diresmikan").cuts
    assert (cut.rule, cut.kind, text[cut.start : cut.end]) == ("repeat.title", "repeated_title", line)


@pytest.mark.parametrize(
    "line",
    [
        "“Jembatan Gantung Way Lunik Diresmikan",
        "Jembatan Gantung WAY LUNIK diresmikan",
        "Jembatan Gantung Way Lunik Diresmikan oleh bupati",
    ],
)
def test_a_quotation_or_a_sentence_like_the_title_stays(line: str) -> None:
    assert find_repeats("\n".join([INTRO, line, BRIDGE]), (), "Jembatan Gantung Way Lunik Diresmikan").cuts == ()


def test_refrains_prayers_and_formulas_stay() -> None:
    verse = "di tepi sungai kita menunggu pagi\nangin membawa kabar dari hulu ke sini\npulanglah kau pulanglah kini"
    prayer = "Ya Allah, lindungilah kampung kami dari banjir dan jauhkanlah kami dari marabahaya yang tidak terlihat."
    formula = "Hanya dapat diproses apabila ada laporan tertulis dari warga, perangkat desa, atau pihak yang dirugikan."
    text = "\n".join([INTRO, verse, BRIDGE, verse, prayer, prayer, COST + " " + formula, SCHOOL + " " + formula])
    assert find_repeats(text, (), None).cuts == ()


def test_a_quoted_passage_stays_beside_its_source() -> None:
    long = f"{BRIDGE} {COST} {SCHOOL}"
    unlike = " ".join(f"kata{number}" for number in range(60)) + "."
    text = f"{INTRO}\nPesan itu berbunyi “{long}”\n{unlike}\n{long}\nTim memeriksa isi pesan tersebut."
    assert find_repeats(text, (), None).cuts == ()


WORDS = st.sampled_from(
    ["air", "Bukit", "cahaya", "dua", "Elang", "fajar", "Gunung", "hari", "ikan", "jalan", "Kota", "laut"]
)
SENTENCES = st.lists(WORDS, min_size=3, max_size=14).map(lambda words: " ".join(words) + ".")
TEXTS = (
    st.lists(SENTENCES, min_size=1, max_size=6)
    .flatmap(
        lambda parts: st.lists(st.tuples(st.sampled_from(parts), st.sampled_from(["", " ", "\n", "\n\n"])), max_size=30)
    )
    .map(lambda pieces: "".join(sentence + joint for sentence, joint in pieces))
)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.data())
def test_cuts_are_sorted_apart_and_lose_no_word(text: str, data: st.DataObject) -> None:
    edges = sorted(set(data.draw(st.lists(st.integers(0, len(text)), max_size=6))))
    given_cuts = [Cut(low, high, "other", "other") for low, high in zip(edges[::2], edges[1::2], strict=False)]
    found = find_repeats(text, given_cuts, "Bukit cahaya dua").cuts
    together = sorted([*given_cuts, *found], key=lambda cut: cut.start)
    assert all(before.end <= after.start for before, after in pairwise(together))
    assert all(text[cut.start : cut.end].strip() == text[cut.start : cut.end] != "" for cut in found)
    body = [cut for cut in found if cut.kind == "repeated_body"]
    others = sorted([*given_cuts, *(cut for cut in found if cut.kind != "repeated_body")], key=lambda cut: cut.start)
    before_words = set(without(text, others).replace(".", " ").split())
    after_words = set(without(text, together).replace(".", " ").split())
    assert after_words == before_words or not body or given_cuts
    assert find_repeats(text, given_cuts, "Bukit cahaya dua").cuts == found
    assert find_repeats(text, together, "Bukit cahaya dua").cuts == ()


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(0, 120), st.data())
def test_the_sieve_of_word_counts_hides_no_repeat(text: str, unlike: int, data: st.DataObject) -> None:
    text += "".join(f"kata{number}{'. ' if number % 9 == 0 else ' '}" for number in range(unlike)) + text[:60]
    edges = sorted(set(data.draw(st.lists(st.integers(0, len(text)), max_size=4))))
    given_cuts = [Cut(low, high, "other", "other") for low, high in zip(edges[::2], edges[1::2], strict=False)]
    found = find_repeats(text, given_cuts, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transforms.repeats._may_repeat", lambda _words: True)
        assert find_repeats(text, given_cuts, None) == found


@pytest.mark.parametrize(
    "text",
    [
        "kata " * 20_000,
        "Saya makan nasi di rumah ibu hari ini juga bersama kakak.\n" * 3_000,
        ". " * 50_000,
        (" ".join(f"w{number}" for number in range(500)) + ".\n") * 40,
        "\n" * 50_000,
    ],
)
def test_hostile_text_is_bounded(text: str) -> None:
    start = time.process_time()
    cuts = find_repeats(text, (), "Saya makan nasi").cuts
    assert time.process_time() - start < 3
    assert len(cuts) <= MAX_ROUNDS * 10
