"""Title, time, outlet, place and authors from records, removed lines and the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.metadata import extract_metadata
from transforms.metadata_authors import authors_of
from transforms.metadata_dateline import outlet_of, read_dateline
from transforms.models import Cleaned, Hints, Kind, Metadata, RawDocument, Removal


def removal(text: str, kind: Kind) -> Removal:
    return Removal(0, len(text), text, f"{kind}.test", kind, 1.0)


def metadata(
    *removals: Removal,
    raw: RawDocument | None = None,
    hints: Hints | None = None,
    text: str = "",
    title: str | None = None,
) -> Metadata:
    cleaned = Cleaned(text, removals, (), title)
    return extract_metadata(raw or RawDocument("a", "a.txt", text), hints or Hints(), cleaned)


def test_everything_from_the_removed_lines() -> None:
    found = metadata(
        removal("Rabu, 12 Februari 2025 - 07:30 WITA", "date_line"),
        removal("MAKASSAR, KABARCONTOH.COM -", "dateline"),
        removal("Reporter: Siti Aminah | Editor: B. Prakoso", "byline_signoff"),
        title=" Pasar Ikan \n Dibuka ",
    )
    assert found == Metadata(
        "Pasar Ikan Dibuka",
        "2025-02-12T07:30:00+08:00",
        "kabarcontoh.com",
        "Makassar",
        ("Siti Aminah", "B. Prakoso"),
        (),
    )


def test_an_empty_document_has_no_metadata() -> None:
    assert metadata() == Metadata()


def test_the_record_comes_first() -> None:
    raw = RawDocument(
        "a", "a.jsonl#1", "", url="https://m.kabarcontoh.com/a", date="3 Mei 2021", outlet="www.KabarContoh.com"
    )
    found = metadata(
        removal("Selasa, 4 Mei 2021", "date_line"),
        removal("Ambon (KBN) -", "dateline"),
        raw=raw,
        hints=Hints(title="Judul Rekaman", date="5 Mei 2021", outlet=raw.outlet),
        title="Judul di Teks",
    )
    assert (found.title, found.published_at) == ("Judul Rekaman", "2021-05-03T00:00:00+07:00")
    assert (found.outlet, found.place) == ("kabarcontoh.com", "Ambon")


def test_dates_in_order_of_trust() -> None:
    line = removal("Selasa, 4 Mei 2021", "date_line")
    body = "Acara itu digelar pada Rabu (5/5/2021) di balai kota."
    assert metadata(line, hints=Hints(date="6 Mei 2021"), text=body).published_at == "2021-05-04T00:00:00+07:00"
    assert metadata(hints=Hints(date="6 Mei 2021"), text=body).published_at == "2021-05-06T00:00:00+07:00"
    address = Hints(url="https://kabarcontoh.com/2021/05/07/acara")
    assert metadata(hints=address, text=body).published_at == "2021-05-07T00:00:00+07:00"
    assert metadata(text=body).published_at == "2021-05-05T00:00:00+07:00"


@pytest.mark.parametrize(
    "text",
    [
        "Acara pada Senin (5/5/2021) di balai kota.",
        "Acara pada (5/5/2021) dan (6/5/2021).",
        "Acara pada (5/5).",
        "Paragraf pertama.\n\nAcara pada Rabu (5/5/2021).",
    ],
)
def test_an_unclear_date_in_the_text_is_not_taken(text: str) -> None:
    assert metadata(text=text).published_at is None


def test_month_first_needs_evidence() -> None:
    raw = RawDocument("a", "a.csv#2", "", date="9/3/2019")
    assert metadata(raw=raw, text="Jalan itu ditutup Selasa (3/9/2019).").published_at == "2019-09-03T00:00:00+07:00"
    assert metadata(raw=raw, text="Jalan itu ditutup Sabtu (9/3/2019).").published_at == "2019-03-09T00:00:00+07:00"
    assert metadata(raw=raw, text="Jalan itu ditutup.").published_at == "2019-03-09T00:00:00+07:00"


def test_an_unreadable_date_field_is_a_warning() -> None:
    raw = RawDocument("a", "a.csv#2", "", date="32 Foober 2019")
    assert metadata(raw=raw).warnings == ("date not understood: 32 Foober 2019",)
    assert metadata(raw=RawDocument("a", "a.csv#2", "", date="tidak ada")).warnings == ()


@pytest.mark.parametrize(
    ("dateline", "expected"),
    [
        ("PALU, KABARCONTOH.com -", ("Palu", "kabarcontoh.com")),
        ("KABARCONTOH.CO.ID - SEOUL.", ("Seoul", "kabarcontoh.co.id")),
        ("KabarContoh6.com, Jakarta", ("Jakarta", "kabarcontoh6.com")),
        ("Nasional, kabarcontoh.tv -", (None, "kabarcontoh.tv")),
        ("Contohdotco, GAYA HIDUP –", (None, "contoh.co")),
        ("Jakarta (KBN) -", ("Jakarta", "KBN")),
        ("KABARCONTOH.CO.ID -\xa0LONDON .", ("London", "kabarcontoh.co.id")),
        ("JAKARTA- Komisi Jalan Raya", ("Jakarta", None)),
        ("Kraksaan, Probolinggo –", ("Probolinggo", None)),
        ("Harian Antah, Jakarta –", ("Jakarta", "Harian Antah")),
        ("JAKARTA PUSAT -", ("Jakarta Pusat", None)),
        ("REPORTASE.CO.ID, OKI --", ("OKI", "reportase.co.id")),
        ("Desa Antah, kabarcontoh.com:", ("Desa Antah", "kabarcontoh.com")),
        ("Bandung, KABARA –", ("Bandung", "KABARA")),
        ("SUKAMANTRI-", (None, None)),
        ("-", (None, None)),
    ],
)
def test_datelines(dateline: str, expected: tuple[str | None, str | None]) -> None:
    assert read_dateline(dateline) == expected


def test_a_known_outlet_tells_a_village_from_a_brand() -> None:
    assert read_dateline("SUKAMANTRI-", "kabarcontoh.com") == ("Sukamantri", None)
    assert read_dateline("KABAR CONTOH -", "kabarcontoh.com") == (None, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("www.kabarcontoh.com", "kabarcontoh.com"),
        ("https://bangka.kabarcontoh.co.id:443/a/b", "kabarcontoh.co.id"),
        ("amp.contoh.com.my", "contoh.com.my"),
        ("catatansaya.blogspot.com", "catatansaya.blogspot.com"),
        ("Kabar  Contoh TV", "Kabar Contoh TV"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_outlets(name: str, expected: str) -> None:
    assert outlet_of(name) == expected


@pytest.mark.parametrize(
    ("sign_off", "expected"),
    [
        ("Reporter: Kusuma Wardana", ("Kusuma Wardana",)),
        ("Editor : A. Hartawan .", ("A. Hartawan",)),
        ("Pewarta: Fajar M. Putra Editor: Edi Yusuf", ("Fajar M. Putra", "Edi Yusuf")),
        ("Sumber: Kantor Berita | Editor: Lia Natalia", ("Lia Natalia",)),
        ("Reporter: Pita Ika,Sumber: ,", ("Pita Ika",)),
        ("sumber: dinas kota tinggieditor: saputra", ("saputra",)),
        ("by Amira Azreen", ("Amira Azreen",)),
        ("Penulis: Irwan Abdul/mustafa/rls/C", ("Irwan Abdul", "mustafa")),
        ("(mrx/pty)", ("mrx", "pty")),
        ("*(rux).", ("rux",)),
        ("(red/01)", ()),
        ("(L/R1/R9/P2)", ()),
        ("( Febriana Ratna )", ("Febriana Ratna",)),
        ("Hasil Periksa Fakta Lutfi OJ (Universitas Antah Berantah).", ("Lutfi OJ",)),
        ("MITA SIREGAR", ("Mita Siregar",)),
        ("Sumber: Kabar.com [tsx]", ("tsx",)),
        ("(SUMBER: Harian Metro)", ()),
        ("Penulis: Tim Redaksi", ()),
        ("(Ditulis oleh Tim Periksa Fakta)", ()),
        ("****", ()),
        ("", ()),
    ],
)
def test_authors(sign_off: str, expected: tuple[str, ...]) -> None:
    assert authors_of([sign_off]) == expected


def test_hinted_authors_come_first_and_each_once() -> None:
    found = metadata(removal("Reporter: Siti Aminah", "byline_signoff"), hints=Hints(authors=("Siti Aminah", "Budi")))
    assert found.authors == ("Siti Aminah", "Budi")


@given(st.text(max_size=120), st.sampled_from(["dateline", "date_line", "byline_signoff"]))
def test_any_removed_line_gives_metadata(text: str, kind: Kind) -> None:
    found = metadata(removal(text, kind), raw=RawDocument("a", "a", text, url=text, outlet=text, date=text), text=text)
    assert found == metadata(
        removal(text, kind), raw=RawDocument("a", "a", text, url=text, outlet=text, date=text), text=text
    )
    assert all(author.strip() for author in found.authors)
