"""Which documents are found to be one article, and which of them stands for it."""

from __future__ import annotations

import random
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_samples import NOW, article, document

from index.duplicates import resolve
from index.duplicates_align import Words
from index.duplicates_verify import compare
from index.ledger import Ledger
from transforms.errors import LedgerError
from transforms.fingerprint import VOWEL_SIGNS

LONG = article(1, 30)


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def clusters(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """Return the copies of each representative."""
    return {record.id: tuple(copy.id for copy in record.copies) for record in ledger.live_representatives()}


def test_texts_equal_up_to_case_and_punctuation_are_exact_duplicates(ledger: Ledger):
    other = LONG.replace(".", " !").upper() + "\n"
    ledger.record("run", NOW, [document("a", LONG), document("b", other), document("c", article(2))])
    resolve(ledger)
    assert clusters(ledger) == {"b": ("a",), "c": ()}
    (copy,) = next(record for record in ledger.live_representatives() if record.id == "b").copies
    assert (copy.id, copy.outlet, copy.similarity) == ("a", "suaralembah.id", 1.0)
    assert ledger.duplicate_kinds(["a"]) == {"a": "exact"}


def reprinted(text: str) -> str:
    return f"LEMBAH, WARTAKOTA.ID - {text}\n\nEditor: Tono Raharja\nIkuti kabar kami setiap pagi di sini."


def shortened(text: str) -> str:
    words = text.split()
    return " ".join(words[: len(words) * 6 // 10])


def reordered(text: str) -> str:
    sentences = re.split(r"(?<=\.) ", text)
    return " ".join(sentences[1::2] + sentences[::2])


def reworded(text: str) -> str:
    chance, other = random.Random(1), article(99).split()
    return " ".join(chance.choice(other).lower() if chance.random() < 0.1 else word for word in text.split())


@pytest.mark.parametrize("change", [reprinted, shortened, reordered, reworded])
def test_a_changed_copy_is_found(ledger: Ledger, change):
    ledger.record("run", NOW, [document("a", LONG), document("b", change(LONG)), document("c", article(2))])
    changes = resolve(ledger)
    assert changes.copies == 1
    assert ledger.duplicate_kinds("abc") in ({"a": None, "b": "near", "c": None}, {"a": "near", "b": None, "c": None})


def test_a_brief_of_a_long_article_is_a_version_and_stands_apart(ledger: Ledger):
    brief = " ".join(LONG.split()[:90])
    title = "Panen raya di Lembah Hijau"
    ledger.record("run", NOW, [document("a", LONG, title=title), document("b", brief, title=title)])
    assert resolve(ledger).versions == 1
    assert clusters(ledger) == {"a": (), "b": ()}


def test_one_page_scraped_twice_is_one_article_even_when_cut_short(ledger: Ledger):
    whole = document("a", LONG, url="https://www.suaralembah.id/panen-raya?page=all")
    first_page = document("b", " ".join(LONG.split()[:60]), url="http://m.suaralembah.id/panen-raya/?utm_source=x")
    ledger.record("run", NOW, [whole, first_page, document("c", article(5), url="https://suaralembah.id/panen-raya")])
    resolve(ledger)
    assert clusters(ledger) == {"a": ("b",), "c": ()}


def schedule(day: str, times: str) -> str:
    lines = [
        f"Jadwal kereta Lembah Hijau untuk hari {day} telah diumumkan oleh kantor stasiun kota sejak pagi tadi.",
        f"Kereta pertama berangkat pukul {times} dari peron utama dan tiba di kota seberang menjelang siang hari.",
        f"Harga karcis hari ini {times} rupiah untuk kelas biasa dan dapat dibeli di loket mana pun tanpa antre.",
        f"Penumpang diminta datang sebelum pukul {times} karena pintu gerbang akan ditutup lebih awal dari biasanya.",
    ]
    return " ".join(lines)


def test_one_template_with_other_numbers_is_not_a_duplicate(ledger: Ledger):
    days = [("Senin 3 Juni 2024", "7.15"), ("Selasa 4 Juni 2024", "8.40"), ("Rabu 5 Juni 2024", "6.55")]
    ledger.record("run", NOW, [document(day[:3], schedule(day, times)) for day, times in days])
    resolve(ledger)
    assert len(clusters(ledger)) == 3


def test_reports_that_share_their_background_are_not_duplicates(ledger: Ledger):
    background = article(7, 6)
    ledger.record(
        "run", NOW, [document("a", f"{article(8, 6)} {background}"), document("b", f"{article(9, 6)} {background}")]
    )
    resolve(ledger)
    assert clusters(ledger) == {"a": (), "b": ()}


def test_a_follow_up_that_repeats_the_first_report_under_another_headline_stands_apart(ledger: Ledger):
    first = document("a", LONG, title="Panen raya dibuka di Lembah Hijau")
    follow_up = document("b", f"{article(4, 10)} {LONG}", title="Menteri tinjau gudang beras kota seberang")
    reprint = document("c", reprinted(LONG), title="Panen raya dibuka meriah di Lembah Hijau")
    ledger.record("run", NOW, [first, follow_up, reprint])
    assert resolve(ledger).versions == 2
    assert clusters(ledger) == {"c": ("a",), "b": ()}


def test_one_headline_with_two_dates_is_a_template(ledger: Ledger):
    titles = {"a": "Jadwal siaran drama sore hari Rabu 18 Juni", "b": "Jadwal siaran drama sore hari Selasa 10 Juni"}
    shard = [document(id_, f"{LONG} {id_}khusus", title=title) for id_, title in titles.items()]
    ledger.record("run", NOW, shard)
    resolve(ledger)
    assert clusters(ledger) == {"a": (), "b": ()}


def test_what_an_equal_text_brings_along_counts_for_all_its_copies(ledger: Ledger):
    page = "https://suaralembah.id/panen-raya"
    beginning = document("b", " ".join(LONG.split()[:60]), url=page)
    ledger.record("run1", NOW, [document("a", LONG, url=page), beginning, document("c", article(6))])
    resolve(ledger)
    ledger.record("run2", NOW, [document("z", LONG, url="https://wartakota.id/berita/panen")])
    resolve(ledger)
    assert clusters(ledger) == {"a": ("b", "z"), "c": ()}


def test_texts_too_short_to_compare_are_only_ever_exact_duplicates(ledger: Ledger):
    texts = {"a": "Pasar dibuka lagi.", "b": "Pasar dibuka lagi!", "c": "Pasar dibuka lagi besok.", "d": "", "e": ""}
    ledger.record("run", NOW, [document(id_, text) for id_, text in texts.items()])
    resolve(ledger)
    assert clusters(ledger) == {"a": ("b",), "c": (), "d": (), "e": ()}


def test_the_representative_is_the_longest_then_the_earliest_then_the_smallest_id(ledger: Ledger):
    early, late = "2026-01-01T23:00:00+00:00", "2026-01-02T05:00:00+07:00"  # the second is 22:00 in UTC
    shard = [
        document("d", LONG, published_at=early),
        document("c", LONG, published_at=late),
        document("b", LONG, published_at=late),
        document("a", LONG, published_at="kemarin"),
    ]
    ledger.record("run", NOW, shard)
    resolve(ledger)
    assert clusters(ledger) == {"b": ("a", "c", "d")}
    ledger.record("run", NOW, [document("z", reprinted(LONG))])
    resolve(ledger)
    assert clusters(ledger) == {"z": ("a", "b", "c", "d")}
    assert set(ledger.duplicate_kinds("abcd").values()) == {"near"}  # of the longer one, though equal to each other


def test_a_cluster_follows_what_happens_to_its_members(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", LONG), document("b", reprinted(LONG)), document("c", shortened(LONG))])
    resolve(ledger)
    changes = {change.id: change.fingerprint for change in ledger.pending_index()}
    ledger.mark_indexed(changes, "g1")
    assert clusters(ledger) == {"b": ("a", "c")}
    ledger.mark_gone(["b"], "run2")
    resolve(ledger)
    assert clusters(ledger) == {"a": ("c",)}
    assert {(change.id, change.action) for change in ledger.pending_index()} == {("b", "delete"), ("a", "add")}
    ledger.record("run3", NOW, [document("a", article(3))])
    resolve(ledger)
    assert clusters(ledger) == {"a": (), "c": ()}


def test_a_new_copy_tells_the_index_about_its_representative(ledger: Ledger):
    ledger.record("run1", NOW, [document("a", LONG)])
    resolve(ledger)
    ledger.mark_indexed({change.id: change.fingerprint for change in ledger.pending_index()}, "g1")
    ledger.record("run2", NOW, [document("b", shortened(LONG), outlet="wartakota.id")])
    assert resolve(ledger).changed == ("b",)
    (change,) = ledger.pending_index()
    assert change.record is not None
    (copy,) = change.record.copies
    assert (change.id, copy.id, copy.outlet) == ("a", "b", "wartakota.id")
    assert 0.5 < copy.similarity < 0.7


def test_resolving_twice_does_nothing_more(ledger: Ledger):
    ledger.record("run", NOW, [document("a", LONG), document("b", reprinted(LONG))])
    resolve(ledger)
    again = resolve(ledger)
    assert (again.compared, again.candidates, again.changed) == (0, 0, ())


@pytest.mark.parametrize("text", ["", "a", "1", ". . .", "ba " * 5_000, "1 2 3 " * 2_000, "A. " * 3_000])
def test_comparing_odd_texts_is_safe_and_symmetric(text: str):
    one, other = Words(text), Words(LONG)
    assert compare(one, other, same_page=False) == compare(other, one, same_page=False)
    assert compare(one, one, same_page=False).jaccard in (0.0, 1.0)


@given(st.text(alphabet="aZ5 .,’…–\u00a0\n_éÉİıßŉΣςﬁⅣ²\u0301\u0307\u064bقرآن한ᄒ일", max_size=60))
def test_words_are_the_same_sentence_by_sentence(text: str):
    composed = VOWEL_SIGNS.sub("", unicodedata.normalize("NFKC", text))
    assert Words(text).words == [word.casefold() for word in re.findall(r"\w+", composed)]


def test_a_damaged_ledger_is_an_error_in_words(ledger: Ledger):
    ledger.record("run", NOW, [document("a", LONG)])
    with ledger.writing() as connection:
        connection.exec_driver_sql("DROP TABLE bands")
    with pytest.raises(LedgerError, match=r"cannot be used: .*bands"):
        resolve(ledger)
