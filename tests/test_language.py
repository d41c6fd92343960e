"""Language identification seen from outside: codes, shares, abstention, determinism."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.language import SENTENCE_LETTERS, detect_language
from transforms.models import UNDETERMINED

INDONESIAN = (
    "Pemerintah desa menambah dua titik keran umum karena kekurangan air bersih sudah berlangsung tujuh minggu. "
    "Kepala desa mengatakan setiap keluarga mendapat jatah enam puluh liter sehari sampai hujan turun. "
    "Petugas mencatat pengambilan di buku agar tidak ada yang mengambil dua kali, sedangkan keluarga yang mempunyai "
    "bayi didahulukan. Perbaikan sumur bor masih menunggu suku cadang dari luar pulau."
)
ENGLISH = (
    "The night ferry sailed again on Sunday, eleven years after the service was stopped because of a broken engine. "
    "About sixty passengers boarded the first crossing, and most of them were carrying vegetables to the auction."
)
MALAY = (
    "Jambatan gantung itu dibuka semula kepada orang ramai selepas ditutup selama lapan bulan bagi kerja pembaikan. "
    "Pengerusi jawatankuasa kampung berkata penduduk kini tidak perlu lagi mengambil jalan jauh untuk menghantar anak "
    "ke sekolah kerana papan lama sudah digantikan. Peniaga di seberang sungai bersyukur kerana mereka boleh berniaga "
    "semula, manakala motosikal dibenarkan melintas tetapi hanya sebuah pada satu masa."
)
JAVANESE = (
    "Wong tani ing dhusun wiwit panen pari dina Minggu esuk. Asile taun iki luwih akeh tinimbang taun kepungkur amarga "
    "banyu kaline ora asat. Regane gabah saiki isih murah, mula dheweke ngenteni nganti sasi ngarep, banjur didol."
)
SUNDANESE = (
    "Urang lembur geus mimiti panén paré dina poé Minggu isuk-isuk. Hasilna taun ieu leuwih loba tibatan taun kamari "
    "sabab cai walungan henteu saat. Harga gabah ayeuna masih kénéh murah, jadi manéhna rék "
    "ngadagoan nepi ka bulan hareup."
)
PRAYERS = [
    "Rabbanaa aatinaa fiddunyaa hasanatan wa fil aakhirati hasanatan wa qinaa 'adzaaban naar. "
    "Allaahumma shalli 'alaa sayyidinaa muhammadin wa 'alaa aali sayyidinaa muhammad.",
    "رَبَّنَا آتِنَا فِي الدُّنْيَا حَسَنَةً وَفِي الْآخِرَةِ حَسَنَةً وَقِنَا عَذَابَ النَّارِ",
]
OWN_SCRIPTS = {
    "jv": "ꦮꦺꦴꦁ ꦠꦤꦶ ꦩꦶꦮꦶꦠꦶ ꦥꦤꦺꦤ꧀ ꦥꦫꦶ ꦢꦶꦤ ꦩꦶꦁꦒꦸ",
    "su": "ᮅᮛᮀ ᮜᮨᮙ᮪ᮘᮥᮁ ᮙᮤᮙᮤᮒᮤ ᮕᮔᮦᮔ᮪ ᮕᮛᮦ",
    "ban": "ᬓ᭄ᬭᬫ ᬤᬾᬰᬦᬾ ᬳᬦᬶᬢᬶ ᬩᬜᬸ ᬲᬸᬫᭂᬃ",
}
JAWI = "ڤندودوق كامڤوڠ ايت ڤرݢي ك ڤاسر ڤد هاري اهد اونتوق ممبلي سايور دان ايكن يڠ باروسن دتڠكڤ."
OTHERS = {
    "de": "Die Fähre fährt wieder jede Nacht über den Fluss, nachdem der Motor endlich repariert worden ist.",
    "fr": "Le bac traverse de nouveau la rivière chaque nuit, parce que le moteur a enfin été réparé.",
    "ru": "Паром снова ходит через реку каждую ночь, потому что двигатель наконец отремонтировали.",
    "ar": "عادت العبارة إلى عبور النهر كل ليلة بعد إصلاح المحرك أخيرا في الميناء القديم.",
    "zh-CN": "渡轮每天晚上再次横渡这条河,因为发动机终于修好了,乘客们都很高兴。",
    "tl": "Muling naglalayag ang bangka sa ilog tuwing gabi dahil naayos na sa wakas ang sirang makina nito.",
    "vi": "Chiếc phà lại qua sông mỗi đêm vì động cơ cuối cùng đã được sửa xong và hành khách rất vui.",
}


@pytest.mark.parametrize("code", OTHERS)
def test_languages_of_the_profiles_are_named_in_bcp_47(code: str) -> None:
    assert detect_language(OTHERS[code]).code == code


@pytest.mark.parametrize(
    ("code", "text"), [("id", INDONESIAN), ("ms", MALAY), ("jv", JAVANESE), ("su", SUNDANESE), ("en", ENGLISH)]
)
def test_neighbours_of_indonesian_are_told_apart(code: str, text: str) -> None:
    verdict = detect_language(text)
    assert verdict.code == code
    assert verdict.confidence > 0.8
    assert [share.code for share in verdict.languages] == [code]


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "   ",
        "12 345 67890 – 1.000.000,00",
        "Apa kabar?",
        "Melati Harsanti Wirasena",
        "https://kabarteluk.example/daerah/pelabuhan-baru-sempana-mulai-dibangun",
        "redaksi@kabarteluk.example 0812-0000-0000",
        "SCROLL TO CONTINUE WITH CONTENT",
        "Foto: Nusakini/Gilang Ramadhika",
        "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
    ],
)
def test_what_has_no_language_to_speak_of_is_left_undetermined(junk: str) -> None:
    verdict = detect_language(junk)
    assert (verdict.code, verdict.confidence, verdict.languages) == (UNDETERMINED, 0.0, ())


def test_a_short_sentence_is_named_and_a_label_as_long_is_not() -> None:
    assert detect_language("Saya pergi ke pasar.").code == "id"
    assert detect_language("Saya Pergi Ke Pasar").code == UNDETERMINED


def test_a_headline_in_capitals_is_read_as_words() -> None:
    assert detect_language(INDONESIAN[:150].upper()).code == "id"


def test_a_text_in_capitals_or_in_title_case_is_read_like_any_other() -> None:
    for code, text in (("id", INDONESIAN), ("ms", MALAY)):
        assert detect_language(text.upper()).code == code
        assert detect_language(text.title()).code == code


@pytest.mark.parametrize("code", OWN_SCRIPTS)
def test_scripts_of_their_own_tell_the_language(code: str) -> None:
    text = OWN_SCRIPTS[code]
    verdict = detect_language(text)
    assert (verdict.code, [share.code for share in verdict.languages]) == (code, [code])
    quoted = detect_language(f"{INDONESIAN}\n{text}")
    assert quoted.code == "id"
    assert [share.code for share in quoted.languages] == ["id", code]


def test_malay_in_arabic_letters_is_malay() -> None:
    assert detect_language(JAWI).code == "ms"


def test_indonesian_in_the_old_spelling_is_indonesian() -> None:
    old = INDONESIAN.replace("u", "oe").replace("j", "dj").replace("y", "j")
    assert detect_language(old).code == "id"


def test_a_quoted_paragraph_does_not_flip_the_article() -> None:
    verdict = detect_language("\n\n".join([INDONESIAN, INDONESIAN, f"“{ENGLISH}”", INDONESIAN, INDONESIAN]))
    assert verdict.code == "id"
    assert 0.6 < verdict.languages[0].share <= 1.0


@pytest.mark.parametrize("quoted", PRAYERS)
def test_transliterated_prayers_do_not_flip_the_article(quoted: str) -> None:
    assert detect_language(f"{INDONESIAN}\n{quoted}\nArtinya: {INDONESIAN}").code == "id"
    assert detect_language(f"{quoted}\n{INDONESIAN}\n{quoted}").code == "id"


@pytest.mark.parametrize("other", [ENGLISH, JAVANESE])
def test_a_text_in_two_languages_has_two_shares(other: str) -> None:
    verdict = detect_language("\n\n".join([INDONESIAN] * 3 + [other] * 4))
    code = detect_language(other).code
    assert {share.code for share in verdict.languages} == {"id", code}
    assert sum(share.share for share in verdict.languages) == pytest.approx(1.0, abs=0.001)
    assert all(0.25 < share.share < 0.75 for share in verdict.languages)


def test_an_indonesian_report_from_malaysia_stays_indonesian() -> None:
    text = INDONESIAN.replace("Pemerintah desa", "KUALA LUMPUR - Pemerintah Malaysia").replace(
        "Kepala desa", "Menteri Air Malaysia Datuk Seri Zulhilmi bin Razali di Putrajaya"
    )
    assert detect_language(text).code == "id"


def test_the_verdict_does_not_depend_on_what_was_read_before_or_on_global_randomness() -> None:
    texts = [INDONESIAN, MALAY, *OTHERS.values(), ENGLISH]
    first = [detect_language(text) for text in texts]
    random.seed(1)
    assert [detect_language(text) for text in reversed(texts)] == first[::-1]


def test_a_long_text_is_read_from_head_to_tail() -> None:
    verdict = detect_language("\n".join([INDONESIAN] * 40 + [ENGLISH] * 120))
    assert verdict.code == "en"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_a_verdict_that_adds_up(text: str) -> None:
    verdict = detect_language(text)
    assert 0.0 <= verdict.confidence <= 1.0
    if verdict.code == UNDETERMINED:
        assert verdict.languages == ()
    else:
        shares = [share.share for share in verdict.languages]
        assert verdict.languages[0].code == verdict.code
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1.0, abs=0.01)


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="abcdefghij XYZ.\n", max_size=SENTENCE_LETTERS - 1))
def test_too_few_letters_are_never_named(text: str) -> None:
    assert detect_language(text).code == UNDETERMINED
