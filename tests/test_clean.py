"""What cleaning takes, what it leaves, and what always holds between input and output."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.clean import clean
from transforms.models import Cleaned, Hints, RawDocument, Removal, TextView
from transforms.parse import parse
from transforms.rules import load_rules

BODY = (
    "Pemerintah kabupaten mulai memperbaiki tanggul sungai yang jebol akibat hujan lebat, dan ratusan warga kembali ke "
    "rumah masing-masing setelah sepekan mengungsi."
)
MORE = (
    "Bupati meminta camat dan kepala desa mencatat kerusakan sawah agar bantuan benih bisa segera dibagikan sebelum "
    "musim tanam tiba."
)


def cleaned(text: str, hints: Hints | None = None) -> Cleaned:
    return clean(TextView(text=text, decoded=text), hints or Hints(), load_rules())


def rest_of(text: str, removals: tuple[Removal, ...]) -> str:
    kept, at = [], 0
    for gone in removals:
        kept.append(text[at : gone.start])
        at = gone.end
    return "".join("".join([*kept, text[at:]]).split())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "Tinggalkan Balasan\nNama *\nSurel *\nSitus Web\nKirim Komentar"),
        ("Home » Kabar Desa » Tanggul", "Bagikan:\nFacebook\nX\nWhatsApp\nSalin tautan"),
        ("Langsung ke konten\nMenu", "Navigasi tulisan\n← Jalan Desa Diperbaiki\nPanen Raya Dimulai →"),
        ("2 min read", "Related Posts\nFloods Hit the Northern District\nLeave a comment"),
        ("Dilihat 234 kali", "Label: tanggul, banjir\nPosting Lama\nPosting Lebih Baru"),
        ("", "Artikel Berkaitan\nBanjir Kilat di Daerah Utara\nTinggalkan komen anda\nHantar"),
    ],
)
def test_page_furniture_around_an_article_goes_and_the_article_stays(before: str, after: str) -> None:
    result = cleaned(f"{before}\n\n{BODY}\r\n{MORE}\n\n{after}")
    assert result.text == f"{BODY}\n\n{MORE}"


def test_an_article_without_furniture_is_untouched() -> None:
    heading = "Warga kembali bertani"
    text = f"{BODY}\n\n{heading}\n\n{MORE}"
    result = cleaned(text)
    assert (result.text, result.removals, result.repairs, result.warnings) == (text, (), (), ())


def test_the_title_is_handed_out_and_not_repeated() -> None:
    result = cleaned(f"Tanggul Sungai Diperbaiki\n{BODY}\nTanggul Sungai Diperbaiki\n{MORE}", Hints())
    assert (result.title, result.text) == ("Tanggul Sungai Diperbaiki", f"{BODY}\n\n{MORE}")


def test_a_title_that_only_a_later_round_finds_is_looked_for_again() -> None:
    result = cleaned(f"Langsung ke konten\nMenu\nTanggul Sungai Diperbaiki\n{BODY}\nTanggul Sungai Diperbaiki\n{MORE}")
    assert (result.title, result.text) == ("Tanggul Sungai Diperbaiki", f"{BODY}\n\n{MORE}")
    assert [gone.rule for gone in result.removals if gone.kind == "repeated_title"] == ["title.head", "repeat.title"]


def test_a_page_of_one_line_loses_its_dateline_and_whatever_else_it_has() -> None:
    text = f"NIAGA.CO.ID - JAKARTA. {BODY}Baca juga: Harga Gabah Naik. {MORE} (dwi/her)"
    result = cleaned(text)
    assert [gone.rule for gone in result.removals] == ["dateline.set_off", "related.inline", "signoff.closing_marks"]
    assert result.text == f"{BODY} {MORE}"
    assert rest_of(text, result.removals) == "".join(result.text.split())


def test_a_known_title_is_found_even_if_it_ends_otherwise() -> None:
    hints = Hints(title="Tanggul sungai mulai diperbaiki pekan ini - Kabar Rimba")
    assert cleaned(f"Tanggul sungai mulai diperbaiki pekan ini\n{BODY}", hints).text == BODY


def test_a_repeat_that_only_a_later_round_shows_goes() -> None:
    once = "Menurut dia, anggaran perbaikan tanggul sudah disetujui dewan pada rapat Selasa malam di gedung lama."
    between = "Advertisement Copyright © KABARNUSA 2025 Baca juga: Harga Gabah Naik di Kecamatan"
    assert cleaned(f"{once}\n\n{between}\n{once}").text == once


def test_a_line_broken_around_a_link_is_one_paragraph_again() -> None:
    text = f"Seperti diberitakan\nKabar Rimba\n, ketua panitia mengatakan jembatan itu akan dibuka bulan depan.\n{BODY}"
    result = cleaned(text)
    assert result.text.startswith("Seperti diberitakan Kabar Rimba, ketua panitia")
    assert [repair.kind for repair in result.repairs] == ["line_joined", "line_joined"]


def test_repairs_name_the_place_in_the_input() -> None:
    text = f"{BODY[:-1]}.Menurut warga, air surut kemarin."
    result = cleaned(text)
    assert [(text[repair.at :][:7], repair.kind) for repair in result.repairs] == [("Menurut", "space_at_join")]


def test_a_sign_off_behind_a_comment_form_is_found_in_a_later_round() -> None:
    assert cleaned(f"{BODY} (dwi/her)\nTulis komentar\nKirim").text == BODY


def test_empty_input_gives_an_empty_text() -> None:
    assert cleaned("").text == cleaned(" \r\n ").text == ""


def test_cuts_that_share_one_mended_stretch_do_not_overlap() -> None:
    text = "Baca:\u20acBaca: AKAo\xce\xb0\xa0\U00090f16\xe2\u20ac\u0153"  # its end is mended as a whole
    removals = clean(*parse(RawDocument("a", "a.txt", text)), load_rules()).removals
    assert [text[removal.start : removal.end] for removal in removals] == [removal.text for removal in removals]
    assert all(left.end <= right.start for left, right in pairwise(removals))


def test_markup_inside_a_cut_is_part_of_its_removal() -> None:
    decoded = f"<p>{MORE}</p><p><b>ADVERTISEMENT</b></p>"
    shown = f"{MORE}\nADVERTISEMENT"
    label = decoded.index("ADVERTISEMENT")
    starts = [*range(3, 3 + len(MORE)), 3 + len(MORE), *range(label, label + 13)]
    markup = [(0, 3), (3 + len(MORE), label), (label + 13, len(decoded))]
    view = TextView(
        text=shown,
        decoded=decoded,
        starts=starts,
        ends=[start + 1 for start in starts],
        removals=tuple(Removal(a, b, decoded[a:b], "markup", "markup", 1.0) for a, b in markup),
    )
    result = clean(view, Hints(), load_rules())
    assert result.text == MORE
    assert rest_of(decoded, result.removals) == "".join(MORE.split())


LINES = st.sampled_from(
    [
        BODY,
        MORE,
        "ADVERTISEMENT",
        "Baca juga: Harga Pupuk Naik Lagi di Pasar Kecamatan",
        "Baca Juga",
        "Tag: panen, gabah",
        "(dwi/her)",
        "Editor: Sari Wulandari",
        "Foto: Desa Mekar",
        "Facebook",
        "Komentar",
        "katanya.Ia pulang.",
        "Seperti ditulis",
        "Kabar Rimba",
        ", begitu bunyi surat itu yang dibacakan di balai desa.",
        "Jakarta (ANTARA) - " + MORE,
        "Kamis, 14 Maret 2024 - 09:30 WIB",
        "panen raya",
        "1. Terikat Perjanjian",
        "****",
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=9), st.sampled_from(["\n", "\r\n", "\n\n", " "]))
def test_kept_text_and_removals_are_the_input_and_cleaning_again_changes_nothing(
    lines: list[str], separator: str
) -> None:
    text = separator.join(lines)
    result = cleaned(text)
    assert all(text[gone.start : gone.end] == gone.text for gone in result.removals)
    assert all(a.end <= b.start for a, b in zip(result.removals, result.removals[1:], strict=False))
    assert rest_of(text, result.removals) == "".join(result.text.split())
    assert cleaned(result.text).text == result.text


@pytest.mark.parametrize(
    "piece",
    [
        "A",
        "(",
        ".",
        "Foto: ",
        "A. ",
        "Baca Juga: ",
        "ANTARA/A ",
        "Editor: ",
        "\n- ",
        "(a/b)\n",
        "a\n",
        "X/Y ",
        ">>",
        "Tag ",
    ],
)
def test_hostile_input_takes_time_in_proportion_to_its_length(piece: str) -> None:
    text = piece * (40_000 // len(piece))
    started = time.process_time()
    cleaned(text)
    assert time.process_time() - started < 4


def test_a_lost_line_break_that_left_wide_white_space_tells_where_a_link_ends() -> None:
    link = "Baca juga: Panen Raya Lembah Hijau, Ada Potongan Harga Pupuk Sampai Rp 500.000"
    rest = "Bupati Lembah Hijau Ratna Dewi mengatakan harga gabah petani tetap aman sampai akhir tahun."
    for gap in ("   ", "\xa0\xa0 ", "\xa0"):
        text = f"{BODY} {link}{gap}{rest}"
        assert [removal.text for removal in cleaned(text).removals] == [link]


def test_a_marker_whose_link_was_dropped_leaves_the_next_sentence() -> None:
    text = f"{BODY},Baca Juga:,Menurut Ratna, panen raya di Lembah Hijau dimulai pekan depan di tiga desa."
    assert [removal.text for removal in cleaned(text).removals] == ["Baca Juga:"]


@pytest.mark.parametrize(
    "lines",
    [
        ["1. Buka laman pendaftaran", "2. Klik menu Masuk/Login", "3. Isi nama dan kata sandi"],
        ["Begini cara mendaftar:", "Buka laman panitia", "Klik menu Daftar", "Isi formulir", "Klik Kirim"],
        ["How to apply:", "Open the website", "Click Register", "Enter your name and email", "Press Submit"],
        ["Jadwal lomba perahu:", "Sabtu, 21 Juni 2025", "09:00 WIB | Regu Muara - Regu Hulu"],
        ["Judul: Senja di Muara", "Sutradara: Bayu Aji", "Produser: Ratna Dewi", "Genre: Drama"],
        ["1. Badoo", "2. Facebook", "3. Instagram", "4. Telegram"],
        ["- Bus kota", "- LRT", "- KERETA"],
        ["Lalu, berapa banyak air yang harus diminum seorang petani setiap hari?"],
    ],
)
def test_steps_schedules_and_facts_are_body(lines: list[str]) -> None:
    text = "\n".join([BODY, *lines])
    assert cleaned(text).text == text.replace("\n", "\n\n")
