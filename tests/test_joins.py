"""Where a space is missing between sentences, and where it only seems so."""

from __future__ import annotations

import pytest

from transforms.joins import find_space_joins


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("pada bulan Juni tahun ini.Washington menolak", "ini. Washington"),
        ("begitu katanya.Ia lalu pulang", "katanya. Ia"),
        ('agresi terhadap negara itu."Perjanjian ini kuat," ujarnya', 'itu. "Perjanjian'),
        ('dia berkata: "Kami siap."Kata itu diulang', '"Kami siap." Kata'),
        ("sampai akhir tahun 2019.Menurut dia", "2019. Menurut"),
        ("Benarkah begitu?Warga ragu", "begitu? Warga"),
        ("naik lima persen (tahunan).Kini turun", "(tahunan). Kini"),
    ],
)
def test_a_glued_sentence_is_parted(text: str, mended: str) -> None:
    for at in reversed(find_space_joins(text)):
        text = f"{text[:at]} {text[at:]}"
    assert mended in text


@pytest.mark.parametrize(
    "text",
    [
        "menurut Kabarharian.Com dan Liputan.Id",
        "PT.Bank Rimba dan CV.Maju milik H.Ahmad",
        "A.B.Susanto, S.H. dan Drs.Budi",
        "harga Rp1.500 atau 2.000.000 rupiah",
        "di https://rimba.id/a.Berita atau surel A@rimba.Desa",
        "versi 2.0 dan Kab.Bogor, Jl.Sudirman No.5",
        'katanya, "Saya siap." Lalu diam.',
    ],
)
def test_names_numbers_and_addresses_are_left_alone(text: str) -> None:
    assert find_space_joins(text) == []
