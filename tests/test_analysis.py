"""What counts as a word, and which forms of words meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer, fold
from index.analysis_stems import stem, stems_of


def surfaces(text: str) -> list[tuple[int, str]]:
    return [
        (token.position + term.offset, term.surface) for token in Analyzer("id").tokens(text) for term in token.terms
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Harga beras naik.", [(0, "harga"), (1, "beras"), (2, "naik")]),
        ("negara-negara anggota", [(0, "negara"), (1, "anggota")]),
        ("buku-bukunya", [(0, "bukunya"), (0, "buku")]),
        ("pada 20/6/2024 lalu", [(0, "pada"), (1, "20/6/2024"), (1, "2024"), (2, "lalu")]),
        ("Rp1,5 triliun", [(0, "rp"), (1, "1,5"), (2, "triliun")]),
        ("Rp 1.500.000,-", [(0, "rp"), (1, "1.500.000")]),
        ("Rosie O’Carroll", [(0, "rosie"), (1, "ocarroll"), (1, "carroll")]),
        ("salat Jum'at", [(0, "salat"), (1, "jumat")]),
        ("the mayor's car", [(0, "the"), (1, "mayor"), (2, "car")]),
        ("situs Kabar.Example", [(0, "situs"), (1, "kabar"), (2, "example"), (1, "kabar.example")]),
        ("ke-20", [(0, "ke"), (1, "20"), (0, "ke20")]),
        ("José Peñá", [(0, "jose"), (1, "pena")]),
        ("di AS, as roda", [(0, "di"), (1, "as"), (1, "AS"), (2, "as"), (3, "roda")]),
        ("selesai.Kemudian", [(0, "selesai"), (1, "kemudian"), (0, "selesai.kemudian")]),
        ("ﬁlm １２", [(0, "film"), (1, "12")]),
        ("-- … !", []),
        ("ʼ-ʼ dan ʼ’ʼ itu", [(1, "dan"), (3, "itu")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[int, str]]) -> None:
    assert sorted(surfaces(text)) == sorted(expected)


@pytest.mark.parametrize(
    "family",
    [
        ("menandatangani", "penandatanganan", "ditandatangani"),
        ("serangan", "menyerang", "diserang"),
        ("mengatakan", "dikatakan", "kata"),
        ("menteri", "menterinya"),
        ("sekolah", "sekolahnya", "bersekolah"),
        ("penyelidikan", "menyelidiki"),
        ("kunjungan", "mengunjungi", "dikunjungi"),
    ],
)
def test_inflected_forms_meet(family: tuple[str, ...]) -> None:
    assert len({stem(word, "id") for word in family}) == 1


@pytest.mark.parametrize(("one", "other"), [("beruang", "uang"), ("menteri", "teri"), ("sekolah", "seko")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert stem(one, "id") != stem(other, "id")


@pytest.mark.parametrize("language", ["id", "ms", "en", "tr", "ja", "und"])
def test_stems_of_many_words_are_those_of_each(language: str) -> None:
    words = ["di", "menteri", "menterilah", "mengatakan", "running", "rumahnya", "kitaplar", "pun", "apakah", "ﷺ"]
    assert stems_of(words, language) == [stem(word, language) for word in words]


def test_stems_follow_the_language() -> None:
    assert stem("elections", "en") == stem("election", "en")
    assert stem("elections", "ja") == "elections"
    assert stem("pemerintahan", "ms") == stem("pemerintahan", "id")


@given(st.text(max_size=200), st.sampled_from(["id", "en", "ja", "und"]))
def test_tokens_and_inversion_agree(text: str, language: str) -> None:
    analyzer = Analyzer(language)
    inverted = analyzer.invert(text)
    places = []
    for token in analyzer.tokens(text):
        assert text[token.start : token.end] == token.raw
        places += [(token.position + term.offset, term.surface) for term in token.terms]
    assert sorted(places) == sorted((p, term) for term, at in inverted.surfaces.items() for p in at)
    assert [(s, e, r) for s, e, r in analyzer.spans(text)] == [(t.start, t.end, t.raw) for t in analyzer.tokens(text)]


@given(st.text(max_size=60))
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.sampled_from("aB1é“”…—–-’'., 東")))
def test_spellings_stand_where_tokens_do(text: str) -> None:
    analyzer = Analyzer("id")
    assert list(analyzer.spans(text)) == [(token.start, token.end, token.raw) for token in analyzer.tokens(text)]
