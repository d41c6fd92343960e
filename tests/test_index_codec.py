"""The codec and the pool against Whoosh's own: the same terms, documents, weights and positions."""

import random
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import RamStorage
from whoosh.filedb.filetables import OrderedHashReader
from whoosh.index import FileIndex
from whoosh.query import And, Phrase, Term
from whoosh.reading import IndexReader
from whoosh.util.numeric import length_to_byte
from whoosh.writing import SegmentWriter

from index import merging
from index.analysis import Analyzer
from index.codec import BulkTermsReader
from index.codec_postings import Postings, concatenate, decode_postings, encode_postings, pack_postings
from index.codec_terms import TermsFileWriter
from index.generations import Generations
from index.merging import merge_segments
from index.records import IndexRecord
from index.schema import make_schema
from index.segments import SegmentBuilder, SegmentResult, build_segment
from index.storage import DurableStorage
from index.writer import IndexWriter, open_index

WORDS = [
    "Rakyat",
    "rakyatnya",
    "O’Neal",
    "Rp1,5",
    "kabar.example",
    "negara-negara",
    "20/6/2024",
    "AS",
    "as",
    "jembatan",
    "menyeberangi",
]
FIELDS = ("title", "title_stem", "body", "body_stem")


def records(count: int) -> list[IndexRecord]:
    chance = random.Random(7)
    return [
        IndexRecord(
            f"r{n:03d}",
            " ".join(chance.choices(WORDS, k=chance.randrange(0, 6))),
            " ".join(chance.choices(WORDS, k=chance.choice((1, 5, 40, 400)))),
            "o.example",
            None,
            (),
            chance.choice(("id", "en", "ja")),
            None,
            None,
            "s",
        )
        for n in range(count)
    ]


def stock_index(entries: list[IndexRecord]) -> FileIndex:
    """The same fields written by Whoosh's writer and codec."""
    index = FileIndex.create(RamStorage(), make_schema(), "MAIN")
    writer = SegmentWriter(index, codec=W3Codec())
    for entry in entries:
        title, body = (entry.title or "", entry.language), (entry.text, entry.language)
        values = {"title": title, "title_stem": title, "body": body, "body_stem": body}
        writer.add_document(id=entry.id, **values)
    writer.commit()
    return index


def content(reader: IndexReader) -> dict[tuple[str, bytes], list[tuple[int, float, object]]]:
    """Every posting of the scored fields as Whoosh's matchers show it."""
    found = {}
    for field, term in reader.all_terms():
        if field not in (*FIELDS, "id"):
            continue
        matcher = reader.postings(field, term)
        rows = []
        while matcher.is_active():
            places = matcher.value_as("positions") if field in ("title", "body") else matcher.value_as("frequency")
            rows.append((matcher.id(), matcher.weight(), places))
            matcher.next()
        found[field, term] = rows
    return found


def test_postings_and_lengths_equal_those_of_whoosh(tmp_path: Path) -> None:
    entries = records(150)
    path = Generations(tmp_path).create("a")
    with IndexWriter(path) as writer:
        writer.apply(entries)
    ours = open_index(DurableStorage(str(path))).reader()
    theirs = stock_index(entries).reader()
    assert content(ours) == content(theirs)
    for field in FIELDS:
        assert ours.field_length(field) == theirs.field_length(field)
        assert ours.max_field_length(field) == theirs.max_field_length(field)
        for doc in range(150):
            assert ours.doc_field_length(doc, field) == theirs.doc_field_length(doc, field)
        for term in theirs.lexicon(field):
            mine, other = ours.term_info(field, term), theirs.term_info(field, term)
            for name in ("weight", "doc_frequency", "max_weight", "min_id", "max_id"):
                assert getattr(mine, name)() == getattr(other, name)(), (field, term, name)
            assert mine.min_length() <= other.min_length() <= other.max_length() <= mine.max_length()
    ours.close()
    theirs.close()


def surfaces_of(terms: Any, field: str) -> dict[tuple[str, int], int]:
    """How often each surface form occurs in each document."""
    return {(t.decode(), doc): n for t, p in terms.field_postings(field) for doc, n in zip(p.ids, p.freqs, strict=True)}


@pytest.mark.parametrize("languages", [("id",), ("id", "en", "ja")])
def test_stems_are_those_counted_word_by_word(tmp_path: Path, languages: tuple[str, ...]) -> None:
    entries = [replace(entry, language=languages[n % len(languages)]) for n, entry in enumerate(records(120))]
    result = build_segment(entries, tmp_path)
    files = result.segment.open_compound_file(DurableStorage(result.folder))
    terms = result.segment.codec().terms_reader(files, result.segment)
    for field, text_of in (("title", lambda e: e.title or ""), ("body", lambda e: e.text)):
        surfaces: Counter[tuple[str, int]] = Counter()
        stems: Counter[tuple[str, int]] = Counter()
        for doc, entry in enumerate(entries):
            for token in Analyzer(entry.language).tokens(text_of(entry)):
                surfaces.update((term.surface, doc) for term in token.terms)
                stems.update((term.stem, doc) for term in token.terms if term.stem)
        assert surfaces_of(terms, field) == surfaces
        assert surfaces_of(terms, f"{field}_stem") == stems
    terms.close()
    files.close()


words = st.sampled_from([*WORDS, "ke-20", "東京", "a.b.a", "Jum'at", "menyeberang", "2024", "ﷺ", "jembatan,"])
texts = st.lists(st.tuples(st.lists(words, max_size=12), st.sampled_from(["id", "en", "ja"])), min_size=1, max_size=6)


def places_in(terms: BulkTermsReader, field: str) -> dict[str, list[tuple[int, list[int]]]]:
    """By surface form: its documents and where in each it stands."""
    found = {}
    for term, postings in terms.field_postings(field):
        places = iter(postings.positions)
        rows = zip(postings.ids, postings.freqs, strict=True)
        found[term.decode()] = [(doc, list(islice(places, freq))) for doc, freq in rows]
    return found


def check_places(texts: list[tuple[str, str]], folder: Path) -> None:
    """Build a segment of some texts, each in a language, and compare it with what the analyzer says of each."""
    expected: dict[str, list[tuple[int, list[int]]]] = {}
    lengths: list[tuple[int, int]] = []
    for doc, (text, language) in enumerate(texts):
        inverted = Analyzer(language).invert(text)
        lengths.append((sum(map(len, inverted.surfaces.values())), len(inverted.stems)))
        for surface, at in inverted.surfaces.items():
            expected.setdefault(surface, []).append((doc, at))
    blank = records(1)[0]
    entries = [replace(blank, id=f"t{n}", text=text, language=language) for n, (text, language) in enumerate(texts)]
    segment = build_segment(entries, folder).segment
    files = segment.open_compound_file(DurableStorage(str(next(folder.iterdir()))))
    terms, documents = segment.codec().terms_reader(files, segment), segment.codec().per_document_reader(files, segment)
    assert places_in(terms, "body") == expected
    for field, of_field in (("body", [whole for whole, _ in lengths]), ("body_stem", [stems for _, stems in lengths])):
        assert documents.field_length(field) == sum(of_field)
        for doc, length in enumerate(of_field):
            assert length_to_byte(documents.doc_field_length(doc, field)) == length_to_byte(length)
    for reader in (terms, documents, files):
        reader.close()


@pytest.mark.parametrize("at_once", [5, 500_000])
def test_forms_of_several_languages_share_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("index.pool.PLACES_AT_ONCE", at_once)
    chance = random.Random(3)
    languages = chance.choices(["id", "en", "ja"], weights=[40, 2, 10], k=60)
    check_places([(" ".join(chance.choices(WORDS, k=30)), language) for language in languages], tmp_path)


@settings(max_examples=40)
@given(texts)
def test_places_are_those_of_the_analyzer(texts: list[tuple[list[str], str]]) -> None:
    with TemporaryDirectory() as folder:
        check_places([(" ".join(parts), language) for parts, language in texts], Path(folder))


def test_places_beyond_16_bits_are_kept(tmp_path: Path) -> None:
    long = " ".join(["satu"] * 65_540 + ["akhir kabar.example dua dua"])
    check_places([("satu dua", "id"), (long, "id"), ("akhir satu " * 300, "id")], tmp_path)


@settings(max_examples=40)
@given(st.sets(st.binary(max_size=12), max_size=60))
def test_the_terms_file_is_one_that_whoosh_reads(keys: set[bytes]) -> None:
    storage = RamStorage()
    writer = TermsFileWriter(storage.create_file("terms"))
    ordered = sorted(keys - {b""})
    values = [b"%d" % number for number in range(len(ordered))]
    for part in (slice(0, 7), slice(7, None)):
        writer.add_records(ordered[part], values[part])
    writer.close()
    reader = OrderedHashReader.open(storage, "terms")
    assert list(reader.items()) == [(key, b"%d" % number) for number, key in enumerate(ordered)]
    for number, key in enumerate(ordered):
        assert reader[key] == b"%d" % number
        assert list(reader.keys_from(key)) == ordered[number:]
    assert reader.get(b"\xff" * 13) is None


@pytest.mark.parametrize("late", [b"a", b"b"])
def test_the_terms_file_refuses_a_key_out_of_order(late: bytes) -> None:
    writer = TermsFileWriter(RamStorage().create_file("terms"))
    writer.add_records([b"a", b"b"], [b"", b""])
    with pytest.raises(ValueError, match="keys must increase"):
        writer.add_records([late, b"c"], [b"", b""])


def test_whoosh_itself_can_search_the_index(tmp_path: Path) -> None:
    path = Generations(tmp_path).create("a")
    with IndexWriter(path) as writer:
        writer.apply(
            [*records(30), IndexRecord("x", "Judul", "jembatan gantung roboh", None, None, (), "id", None, None, "s")]
        )
    with open_index(DurableStorage(str(path))).searcher() as searcher:
        assert [hit["hit"]["id"] for hit in searcher.search(Phrase("body", ["jembatan", "gantung"]))] == ["x"]
        assert [hit["hit"]["id"] for hit in searcher.search(And([Term("body", "roboh"), Term("title", "judul")]))] == [
            "x"
        ]


@pytest.mark.parametrize("bound", [None, "TERMS_AT_ONCE", "PLACES_AT_ONCE", "RELEASE_TERMS"])
def test_merging_equals_writing_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str | None) -> None:
    if bound:
        monkeypatch.setattr(merging, bound, 7)
    entries = records(90)
    results: list[SegmentResult] = []
    for number in range(3):
        builder = SegmentBuilder(tmp_path / str(number))
        for entry in entries[number * 30 : number * 30 + 30]:
            builder.add(entry)
        result = builder.finish()
        assert result is not None
        result.path.rename(tmp_path / result.path.name)
        results.append(result)
    dead = {3, 44, 45, 89}
    for doc in dead:
        results[doc // 30].segment.delete_document(doc % 30)
    segment = merge_segments(DurableStorage(str(tmp_path)), [result.segment for result in results], tmp_path / "merged")
    files = segment.open_compound_file(DurableStorage(str(tmp_path / "merged")))
    merged = segment.codec().terms_reader(files, segment)
    builder = SegmentBuilder(tmp_path / "once")
    for doc, entry in enumerate(entries):
        if doc not in dead:
            builder.add(entry)
    once = builder.finish()
    assert once is not None
    other_files = once.segment.open_compound_file(DurableStorage(once.folder))
    expected = once.segment.codec().terms_reader(other_files, once.segment)
    for field in (*FIELDS, "id", "language", "outlet"):
        mine = {t: [list(part) for part in (p.ids, p.freqs, p.positions)] for t, p in merged.field_postings(field)}
        theirs = {t: [list(part) for part in (p.ids, p.freqs, p.positions)] for t, p in expected.field_postings(field)}
        assert mine == theirs
    for reader in (merged, expected, files, other_files):
        reader.close()


def encoded(postings: Postings) -> Postings:
    """Postings written and read."""
    data, sizes = encode_postings([pack_postings(postings)])
    assert sizes == [len(data)]
    return decode_postings(data)


numbers = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30, unique=True).map(sorted)


@settings(max_examples=60)
@given(numbers, st.data())
def test_encoding_round_trips(ids: list[int], data: st.DataObject) -> None:
    freqs = data.draw(st.lists(st.integers(1, 300), min_size=len(ids), max_size=len(ids)))
    positions = data.draw(st.sampled_from([[], [7] * sum(freqs), [70_000] * sum(freqs)]))
    back = encoded(Postings(ids, freqs, positions))
    assert (list(back.ids), list(back.freqs), list(back.positions)) == (ids, freqs, positions)


@pytest.mark.parametrize("big", [5, 70_000])
def test_lists_of_several_widths_are_joined(big: int) -> None:
    parts = [encoded(Postings([0, 2], [1, n], [3] * n + [n])) for n in (1, 2, big)]
    joined = concatenate([(base, part) for base, part in zip((0, 10, 20), parts, strict=True)])
    assert list(joined.ids) == [0, 2, 10, 12, 20, 22]
    assert list(joined.freqs) == [1, 1, 1, 2, 1, big]
    assert list(joined.positions)[:2] == [3, 1]
    assert joined.positions[-1] == big


def test_what_is_left_of_a_segment_with_dead_documents_joins_others_whatever_its_numbers() -> None:
    whole = encoded(Postings([0], [2], [3, 4]))
    thinned = Postings([1, 2], [300, 1], [*range(250, 550), 70_000])
    joined = concatenate([(0, whole), (0, thinned)])
    assert (list(joined.ids), list(joined.freqs)) == ([0, 1, 2], [2, 300, 1])
    assert list(joined.positions) == [3, 4, *range(250, 550), 70_000]
