"""Related links: what is cut, what stays, and that nothing makes the search slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.related import find_related, normal_title

LEFT = "Warga sudah menunggu sejak pagi di halaman balai desa."
BODY = "Menurut Kepala Desa Sumberwangi, perbaikan jalan akan dimulai pekan depan."


def without_cuts(text: str) -> str:
    for cut in reversed(find_related(text)):
        text = text[: cut.start] + text[cut.end :]
    return text


def cut_texts(text: str) -> list[str]:
    return [text[cut.start : cut.end] for cut in find_related(text)]


@pytest.mark.parametrize(
    "link",
    [
        "Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Baca juga:Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "BACA JUGA : Pasar Sumberwangi Kembali Ramai, Pedagang Lega",
        "BACA JUGA - Pasar Sumberwangi Kembali Ramai, Pedagang Lega",
        "Baca Juga Pasar Sumberwangi Kembali Ramai, Pedagang Lega",
        "Baca: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Simak: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Lihat juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Simak juga: Bupati Minta Pasar Sumberwangi Dijaga Ketat, Ada Apa?",
        "TERKAIT: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Berita Lainnya : Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Pilihan Editor: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka",
        "Related post: Sumberwangi Market Reopens After Bridge Repair",
        "Read also: Sumberwangi Market Reopens After Bridge Repair",
        "BACA: Pasar Sumberwangi Dibuka Semula, Peniaga Lega",
        "Baca lagi: Pasar Sumberwangi Dibuka Semula, Peniaga Lega",
        "(Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka)",
        "[Baca: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka]",
        "Simak Video 'Detik-detik Jembatan Sumberwangi Dibuka Lagi':",
        'Tonton juga video "Detik-detik Jembatan Sumberwangi Dibuka Lagi" di sini:',
        "Baca selengkapnya di sini",
        "Baca juga: https://contoh.example/berita/pasar-ramai",
        "Baca juga artikel terkait PASAR DESA atau tulisan menarik lainnya Rina Lestari",
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\n\n", "\r\n"])
def test_a_link_on_its_own_line_goes_whole(link: str, line_end: str) -> None:
    text = LEFT + line_end + link + line_end + BODY
    assert cut_texts(text) == [link]
    assert all(cut.kind == "related_link" and cut.confidence >= 0.7 for cut in find_related(text))


@pytest.mark.parametrize(
    ("link", "after"),
    [
        ("Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka", " " + BODY),
        ("Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka", "  " + BODY),
        ("Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka", BODY),
        ("Baca Juga:Pasar Sumberwangi Kembali Ramai, Siapa yang Diuntungkan?", BODY),
        ("Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka", '"Kami lega," kata Sumiati, pedagang.'),
        ("Baca juga: Bupati janjikan bantuan bibit bagi petani Sumberwangi", " Ia menambahkan, bantuan datang Senin."),
        ("(Baca juga: Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka)", " " + BODY),
        (
            "Baca JugaPasar Sumberwangi Kembali Ramai Usai Jembatan DibukaHarga Cabai di Lereng Wangi Turun Tajam",
            "“Kami lega,” kata Sumiati, pedagang sayur.",
        ),
        (
            "Baca juga: Harga Cabai di Lereng Wangi Turun Tajam Baca juga: Bupati Minta Pasar Dijaga Ketat",
            " " + BODY,
        ),
    ],
)
def test_an_inline_link_ends_where_the_body_resumes(link: str, after: str) -> None:
    assert without_cuts(LEFT + " " + link + after).split() == (LEFT + " " + after).split()


@pytest.mark.parametrize(
    ("link", "after"),
    [
        (
            "Baca juga: Ditolak Warga, Tambang Pasir di Muara Tetap Jalan",
            "Camat Dedi Hartono menyebut izin sudah keluar.",
        ),
        (
            "Baca juga: Penduduk kampung bantah projek tambak laut",
            "Menteri Besar Datuk Halim Karim berkata sebaliknya.",
        ),
        ("Baca Juga: Klasemen Liga Teluk: Harimau Laut di Puncak", "Harimau Laut kini mengumpulkan 34 poin."),
        ("BACA: Lelaki rempuh tembok sekolah di pinggir bandar", "Superintendan Azman Harun berkata siasatan dibuat."),
    ],
)
def test_a_name_that_no_table_knows_is_not_parted(link: str, after: str) -> None:
    assert without_cuts(f"{LEFT} {link} {after} {BODY}").split() == f"{LEFT} {after} {BODY}".split()


@pytest.mark.parametrize("remnant", ["Baca juga:,", "Baca juga: ,"])
def test_a_marker_whose_link_was_dropped_takes_no_sentence_with_it(remnant: str) -> None:
    assert without_cuts(f"{LEFT},{remnant}{BODY}") == f"{LEFT},{remnant[-2:].lstrip(':')}{BODY}"


def test_a_link_glued_to_the_sentence_before_it_is_found() -> None:
    text = f"{LEFT}Baca Juga: Harga Cabai di Lereng Wangi Turun Tajam {BODY}"
    assert cut_texts(text) == ["Baca Juga: Harga Cabai di Lereng Wangi Turun Tajam"]


@pytest.mark.parametrize(
    "text",
    [
        "Saya senang baca buku dan lihat pemandangan di lereng itu.",
        "Nanti kita lihat juga bagaimana kinerja koperasinya, kata Sumiati.",
        "Dampaknya terlihat juga di desa tetangga.",
        "Baca juga buku itu sampai tamat, katanya kepada para murid.",
        "Simak kisah selengkapnya berikut ini.",
        "Simak beberapa ulasan berikut ini mengenai pasar itu.",
        "Jalan itu ditutup (baca: dilarang) bagi truk besar.",
        "Ia mengecek berita terkait kabar itu sebelum membagikannya.",
        "Lihat saja, beberapa tahun lalu jembatan itu masih kokoh.",
        "Artikel lain menyebut jembatan itu dibangun seabad silam.",
        "Video: rekaman itu kini disimpan polisi.",
    ],
)
def test_ordinary_sentences_stay(text: str) -> None:
    assert find_related(f"{LEFT}\n{text}\n{BODY}") == []
    assert find_related(f"{LEFT} {text} {BODY}") == []


@pytest.mark.parametrize("marker", ["Baca Juga", "BACA JUGA", "baca juga:", "Baca juga:"])
@pytest.mark.parametrize(
    "following",
    [
        BODY,
        "“Jembatan itu sudah tua,” kata Sumiati, pedagang sayur, di lokasi.",
        "4. Pasar Makin Ramai",
    ],
)
def test_body_below_a_bare_marker_stays(marker: str, following: str) -> None:
    assert cut_texts(f"{LEFT}\n{marker}\n{following}\nTamat sudah.") == [marker]


@pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n"])
def test_the_headline_below_a_marker_with_a_colon_goes(gap: str) -> None:
    link = f"Baca juga:{gap}Pasar Sumberwangi Kembali Ramai Usai Jembatan Dibuka"
    assert cut_texts(f"{LEFT}\n{link}\n{BODY}") == [link]


def test_a_list_of_links_goes_with_its_heading() -> None:
    links = "Berita Terkait\nPasar Sumberwangi Kembali Ramai\n\nHarga Cabai di Lereng Wangi Turun Tajam"
    assert cut_texts(f"{LEFT}\n\n{links}\n\n{BODY}") == [links]


def test_a_heading_below_a_bare_marker_is_body_but_a_foreign_headline_is_not() -> None:
    heading = "Jalan Desa Sumberwangi Mulai Diperbaiki Pekan Depan Juga"
    foreign = "Kapal Nelayan Terbalik di Teluk Karang, Empat Orang Selamat"
    assert cut_texts(f"{LEFT}\nBaca Juga\n{heading}\n{BODY} Jalan Mulai Diperbaiki.") == ["Baca Juga"]
    assert cut_texts(f"{LEFT}\nBaca Juga\n{foreign}\n{BODY}") == [f"Baca Juga\n{foreign}"]


@pytest.mark.parametrize(
    ("title", "space"),
    [
        ("Harga Cabai di Lereng Wangi Turun Tajam Menurut Catatan Dinas", " "),
        ("Harga Cabai di Lereng\u2003Wangi Turun Tajam Menurut “Catatan” Dinas", ""),
        ("Harga Cabai di  Lereng Wangi Turun Tajam Menurut Catatan Dinas", "\xa0"),
        ("Harga Cabai di Großlereng Wangi Turun Tajam Menurut Catatan Dinas", "  "),
    ],
)
def test_a_known_title_decides(title: str, space: str) -> None:
    text = f"{LEFT} Baca juga: {title}{space}Kepala dinas membenarkan kabar itu pada Senin."
    known = {normal_title(title.upper().replace("“", '"').replace("”", '"'))}
    cuts = find_related(text, known.__contains__)
    assert [(text[c.start : c.end], c.rule, c.confidence) for c in cuts] == [
        (f"Baca juga: {title}", "related.inline_known_title", 1.0)
    ]


def test_video_titles_without_a_marker_go() -> None:
    title = "Detik-detik Jembatan Sumberwangi Dibuka Lagi untuk Warga"
    assert without_cuts(f"{LEFT}\n{title}\n{title}\n(abc/def)") == f"{LEFT}\n\n(abc/def)"
    assert cut_texts(f"{LEFT}{title}:[Gambas:Video 20kabar]") == [f"{title}:"]


def test_doubt_shows_in_the_confidence() -> None:
    text = f"{LEFT} Baca juga: Rapat Desa Bahas Jembatan Kepala Desa Sumberwangi Hadir Warga Lereng Wangi Setuju"
    assert all(cut.confidence < 0.97 for cut in find_related(text))


MARKERS = ["Baca juga: ", "Baca Juga", "(Baca: ", "Simak Video '", "Berita Terkait", "Pasar Ramai", "Harga Cabai Turun"]
FILLERS = [
    "\n",
    "\r\n",
    ",,",
    " ",
    ")",
    "'",
    ":",
    ". ",
    "kata dia",
    "[Gambas:Video",
    "(abc/def)",
    "\u200b",
    "“",
    "”",
    "7",
]
PIECES = st.sampled_from(MARKERS + FILLERS)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_cuts_are_ordered_inside_the_text_and_of_one_kind(text: str) -> None:
    cuts = find_related(text)
    assert cuts == find_related(text)
    position = 0
    for cut in cuts:
        assert position <= cut.start < cut.end <= len(text)
        assert cut.kind == "related_link" and cut.rule.startswith("related.") and 0 <= cut.confidence <= 1
        assert not text[cut.start].isspace() and not text[cut.end - 1].isspace()
        position = cut.end


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_accepted(text: str) -> None:
    find_related(text)
    find_related("Baca juga: " + text)


@pytest.mark.parametrize(
    "unit",
    [
        "Baca juga: ",
        "Baca JugaAaaBbb",
        "(Baca: ",
        "Simak Video '",
        "BACA JUGA A",
        "Baca juga:\n",
        ":[Gambas:Video",
        ".A",
        "aB",
    ],
)
def test_hostile_repetition_stays_fast(unit: str) -> None:
    text = "Baca juga: " + unit * (100_000 // len(unit))
    start = time.process_time()
    find_related(text)
    assert time.process_time() - start < 2.0


def test_a_video_title_runs_up_to_its_player():
    text = "Warga senang. Tonton juga video Petani Lereng Kembali Bekerja Tanpa Saluran Irigasi:[Gambas:Video 20kabar]"
    assert [text[cut.start : cut.end] for cut in find_related(text)] == [text[14 : text.index("[")]]


def test_a_colon_at_the_end_of_a_paragraph_is_no_player():
    text = (
        "Baca juga: Panen Raya di Lereng Utara Bupati Sempana menyebut tiga alasan yang mendasari keputusan itu, yaitu:"
    )
    [cut] = find_related(text)
    assert text[cut.start : cut.end] == "Baca juga: Panen Raya di Lereng Utara"


def test_how_a_word_is_read_is_no_link() -> None:
    text = (
        "Burung angin (Arab: rih, Baca: Rieh) adalah burung besar dalam dongeng. Burung itu disebut dalam syair lama."
    )
    assert find_related(text) == []


@pytest.mark.parametrize(
    "title",
    [
        ": Kapal Nelayan Terbalik di Teluk Karang, Empat Orang Selamat",
        "Kapal Layar' dan 'Rembulan' Tiba Bersamaan di Teluk Karang':",
        "Kapal Layar Tua Kembali Berlabuh di Teluk Karang Usai Diperbaiki (dwi/her)",
    ],
)
def test_what_is_left_of_a_video_behind_the_last_sentence_goes(title: str) -> None:
    text = f"{LEFT} {BODY} {title}"
    assert cut_texts(text) == [title.removesuffix(" (dwi/her)")]


@pytest.mark.parametrize(
    "rest",
    [
        "Jarak Dari Setiap Dusun Ke Kantor Desa Sumberwangi Ialah :",
        ": Rp 1.770 - Rp 1.805",
        "Sabtu, 3 Mei 2025 Persatuan Teluk Karang Melawan Harimau Laut Utara (dwi/her)",
        "Hasil Lomba Desa Teluk Karang (dwi/her)",
        "Perbaikan Jalan Desa Sumberwangi Menurut Kepala Desa Menunggu Pekan Depan (dwi/her)",
    ],
)
def test_a_heading_a_list_or_a_price_behind_the_last_sentence_stays(rest: str) -> None:
    assert cut_texts(f"{LEFT} {BODY} {rest}") == []
