"""Searching: the query language, answers, filters, facets, snippets, paging, the script."""

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.dates import parse_day, parse_span
from index.generations import Generations
from index.query import MAX_CHARACTERS, parse
from index.ranking_settings import RankingSettings
from index.recency import recency_factors
from index.records import Copy, IndexRecord
from index.search import Searcher, main, search
from index.spelling import edit_distance, may_be_near
from index.wordings import MAX_WORDINGS, other_wordings
from index.writer import IndexWriter
from transforms.errors import DocumentNotFoundError, IndexUnavailableError

ARTICLES = [
    ("a1", "Wali kota resmikan pasar terapung", "Wali kota Sari Lestari meresmikan pasar terapung di Muara Jernih.\n\n"
     "Pedagang menyambut peresmian itu dengan gembira.", "kabarmuara.example", "id", "2024-06-20T03:00:00Z"),
    ("a2", "Pasar terapung sepi", "Pedagang mengeluh. Pembeli di pasar lama lebih banyak <b>katanya</b> & lainnya.",
     "kabarmuara.example", "id", "2024-07-02T03:00:00Z"),
    ("a3", "Kemitraan strategis disepakati", "Dua negara menyepakati kemitraan yang strategis. Korea Utara hadir.",
     "harianlaut.example", "id", "2023-01-15T00:00:00Z"),
    ("a4", "Floating market opens", "The mayor opened a floating market near the river.", "riverpost.example", "en",
     "2024-06-21T00:00:00Z"),
    ("a5", "Korut kirim nelayan", "Korut mengirim nelayan. Kemitraan strategis dengan Amerika Serikat dibahas.",
     "harianlaut.example", "id", None),
    ("a6", "Tarif AS naik", "Pemerintah AS menaikkan tarif ikan.", None, "id", "2022-05-05T00:00:00Z"),
    ("a7", "Roda kereta", "Ia mengganti as roda kereta itu.", "bengkel.example", "id", "2021-05-05T00:00:00Z"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index_dir = tmp_path_factory.mktemp("search") / "index"
    generations = Generations(index_dir)
    path = generations.create("g1")
    copies = (Copy("c1", "salinan.example", "https://salinan.example/1", 0.97),)
    records = [
        IndexRecord(id_, title, text, outlet, "Muara Jernih", ("Budi Tirta",), language, published, None, f"f/{id_}",
                    copies if id_ == "a1" else ())
        for id_, title, text, outlet, language, published in ARTICLES
    ]  # fmt: skip
    with IndexWriter(path) as writer:
        writer.apply(records[:4])
        writer.apply(records[4:])
    generations.promote("g1")
    return index_dir


@pytest.fixture(scope="module")
def searcher(index_dir: Path) -> Iterator[Searcher]:
    with Searcher(index_dir) as searcher:
        yield searcher


def ids(searcher: Searcher, query: str, **options: object) -> list[str]:
    return [hit.id for hit in searcher.search(query, **options).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pasar terapung", ["a1", "a2"]),
        ("peresmian", ["a1"]),
        ('"kemitraan strategis"', ["a3", "a5"]),
        ('"kemitraan strategis" -nelayan', ["a3"]),
        ("title:terapung", ["a2", "a1"]),
        ("body:terapung", ["a1"]),
        ("korut", ["a5", "a3"]),
        ("Korea Utara", ["a3", "a5"]),
        ("AS", ["a6", "a5"]),
        ('"as roda"', ["a7"]),
        ('"tarif Amerika Serikat naik"', ["a6"]),
        ('"pemerintah amerika serikat"', ["a6"]),
        ('"dengan AS dibahas"', ["a5"]),
        ('"ganti as roda"', []),
        ('"mengganti AS roda"', []),
        ('title:"Korea Utara kirim"', ["a5"]),
        ("amerika serikat", ["a5", "a6"]),
        ("terapu*", ["a1", "a2"]),
        ("terapnug~", ["a1", "a2"]),
        ("pasar outlet:muara", ["a2", "a1"]),
        ("pasar language:en", []),
        ("market language:en", ["a4"]),
        ("markets", ["a4"]),
        ("date:2024-06", ["a4", "a1"]),
        ("pasar date:2024-07..", ["a2"]),
        ("author:tirta nelayan", ["a5"]),
        ('author:"budi tirta" nelayan', ["a5"]),
        ('author:"tirta budi" nelayan', []),
        ("nelayan OR gembira", ["a5", "a1"]),
        ("pedagang AND gembira", ["a1"]),
        ("+pedagang +keluh", ["a2"]),
        ("(nelayan OR gembira) -korut", ["a1"]),
        ("yang", ["a3"]),
        ("outlet:bengkel", ["a7"]),
        ("zzzz", []),
        ("", []),
        ("-pasar", []),
    ],
)
def test_the_query_language(searcher: Searcher, query: str, expected: list[str]) -> None:
    found = ids(searcher, query)
    assert sorted(found) == sorted(expected)
    if len(expected) > 1 and "*" not in query and "OR" not in query and "AS" not in query and "outlet" not in query:
        assert found[0] == expected[0]


def test_an_answer_has_all_that_a_page_shows(searcher: Searcher) -> None:
    answer = searcher.search("pasar terapung").to_json()
    assert list(answer) == [
        "query", "total", "page", "per_page", "took_ms", "generation", "suggestion", "facets", "hits", "warnings",
    ]  # fmt: skip
    assert answer["facets"] == {
        "language": {"id": 2},
        "outlet": {"kabarmuara.example": 2},
        "year": {"2024": 2},
        "month": {"2024-06": 1, "2024-07": 1},
    }
    assert set(answer["hits"][0]) == {
        "id", "score", "title", "outlet", "published_at", "language", "url", "source", "snippet", "copies",
    }  # fmt: skip
    assert answer["hits"][0]["copies"] == [
        {"id": "c1", "outlet": "salinan.example", "url": "https://salinan.example/1", "similarity": 0.97}
    ]
    json.dumps(answer)


def test_snippets_mark_all_forms_and_escape_the_rest(searcher: Searcher) -> None:
    by_id = {hit.id: hit.snippet for hit in searcher.search("pedagang meresmikan katanya korut").hits}
    assert "<mark>meresmikan</mark>" in by_id["a1"]
    assert "<mark>peresmian</mark>" in by_id["a1"]
    assert "&lt;b&gt;<mark>katanya</mark>&lt;/b&gt; &amp; lainnya" in by_id["a2"]
    assert "<mark>Korea Utara</mark>" in by_id["a3"]
    phrase = searcher.search('"kemitraan strategis"').hits
    assert all("<mark>Kemitraan strategis</mark>" in hit.snippet for hit in phrase if hit.id == "a5")
    assert all("<mark>" not in hit.snippet for hit in phrase if hit.id == "a3"), "the words alone are not the phrase"


def test_filters_narrow_and_dates_include_both_ends(searcher: Searcher) -> None:
    assert ids(searcher, "market", language="en") == ["a4"]
    assert sorted(ids(searcher, "pasar OR market", since="2024-06", until="2024-06-21")) == ["a1", "a4"]
    assert ids(searcher, "pasar", outlet="KABARMUARA", until="2024-06-20") == ["a1"]
    with pytest.raises(ValueError, match="not a year, month or day"):
        searcher.search("pasar", since="kemarin")


def test_phrases_mark_their_other_wordings(searcher: Searcher) -> None:
    assert "<mark>Pemerintah AS</mark>" in searcher.search('"pemerintah Amerika Serikat"').hits[0].snippet


def test_wordings_of_a_phrase_are_bounded() -> None:
    assert other_wordings("presiden AS", 20) == ["presiden amerika serikat"]
    assert other_wordings("presiden Amerika Serikat", 20) == ["presiden AS"]
    assert len(other_wordings("AS MA korut korsel " * 5, 20)) <= MAX_WORDINGS


def test_similar_documents_share_the_matter_and_never_include_the_document(searcher: Searcher) -> None:
    answer = searcher.similar("a1")
    assert answer.hits[0].id == "a2"
    assert answer.query == "a1"
    assert "a1" not in [hit.id for hit in answer.hits]
    assert "<mark>Pedagang</mark>" in answer.hits[0].snippet
    assert [hit.id for hit in searcher.similar("a1", outlet="bengkel").hits] == []
    with pytest.raises(DocumentNotFoundError, match="nobody"):
        searcher.similar("nobody")


def test_recency_prefers_the_newer_of_equal_documents_only_when_asked(index_dir: Path) -> None:
    with Searcher(index_dir, RankingSettings(recency=10, recency_half_life_days=30)) as searcher:
        assert ids(searcher, "kemitraan OR tarif OR pasar")[0] == "a2"
        assert ids(searcher, "pasar terapung") == ["a2", "a1"]
    factors = recency_factors([20240101000000, 20231202000000, 0, 99999999999999], RankingSettings(
        recency=1, recency_half_life_days=30))  # fmt: skip
    assert factors == [2.0, 1.5, 1.0, 1.0]


def test_the_ranking_comes_from_the_configuration(
    index_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"data_dir: {index_dir.parent}\nsearch: {{title_weight: 0, recency: 1}}\n")
    assert main(["--config", str(config), "--json", "naik"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 1
    for wrong, message in (
        ("k2: 1", "search.k2: unknown key"),
        ("k1: -1", "search.k1: expected a number"),
        ("5", "key: value"),
    ):
        config.write_text(f"search: {{{wrong}}}\n" if ":" in wrong else "search: 5\n")
        assert main(["--config", str(config), "naik"]) == 2
        assert message in capsys.readouterr().err


def test_order_by_date_and_pages_without_gaps(searcher: Searcher) -> None:
    query = "pasar OR korut OR tarif OR roda OR market"
    by_date = ids(searcher, query, sort="date")
    assert by_date[:3] == ["a2", "a4", "a1"]
    assert by_date[-1] == "a5", "without a date comes last"
    pages = [id_ for page in (1, 2, 3, 4) for id_ in ids(searcher, query, sort="date", page=page, per_page=2)]
    assert pages == by_date
    assert ids(searcher, query, page=99) == []
    assert ids(searcher, query, page=-1) == ids(searcher, query)


def test_copies_can_be_listed_as_hits(searcher: Searcher) -> None:
    assert ids(searcher, "gembira", all_copies=True) == ["a1", "c1"]


def test_did_you_mean(searcher: Searcher) -> None:
    answer = searcher.search("terapnug -pasra")
    assert answer.suggestion == "terapung -pasra"
    assert [hit.id for hit in answer.hits] == ["a1", "a2"], "what is meant is searched for"
    assert "<mark>terapung</mark>" in answer.hits[0].snippet
    assert answer.warnings == ("terapnug: no document has this word; terapung was searched for",)
    assert searcher.search('"terapnug"').total == 0, "in quotes it is meant as it stands"
    assert searcher.search("pasar").suggestion is None


def test_warnings_name_what_was_not_read(searcher: Searcher) -> None:
    for query in (
        "((pasar",
        "pasar)",
        "a* pasar",
        "pasar date:kemarin",
        "*sar pasar",
        "pa*ar pasar",
        "pasar~9",
        "x" * 2000,
    ):
        assert searcher.search(query).warnings, query
    assert ids(searcher, "((pasar terapung") == ["a1", "a2"]


HOSTILE = [
    "*", "*a*", "?", "[a TO z]", "{a TO}", "fuzzy~9", "a~" * 300,
    "(" * 3000, ")" * 3000, "(" * 3000 + "pasar" + ")" * 3000,
    '"' + "pasar " * 400 + '"', "pasar " * 170_000, "pasar OR " * 5000, "-" * 1000, '"' * 1001, "NOT " * 500, "a:b:c:d",
    "title:title:title:", "date:..", "date:9999-99..0000", "AND OR NOT", "\x00\ud800", "+ - + -",
    "p*" * 200, "pe* me* di* ke* se*",
    "title:(pasar", 'title:"', "~", "~~~", "~2", "٠١٢", "date:٢٠٢٤", "language:", "outlet:*", "\\", "\\\"", "a^99999",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_queries_are_answered(searcher: Searcher, query: str) -> None:
    began = time.monotonic()
    answer = searcher.search(query)
    assert time.monotonic() - began < 2
    json.dumps(answer.to_json())


alphabet = st.text(alphabet='ab "()-+*~:.[]ORNTpasartitle dte2024é\n’', max_size=80) | st.text(max_size=200)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=2000)
@given(alphabet)
def test_no_query_raises(searcher: Searcher, query: str) -> None:
    answer = searcher.search(query)
    assert len(answer.hits) <= 10
    for hit in answer.hits:
        assert "<" not in re.sub(r"</?mark>", "", hit.snippet)


def test_parsing_is_bounded() -> None:
    query = parse("kata " * 100_000)
    assert len(query.group.clauses) <= 32
    assert any(str(MAX_CHARACTERS) in warning for warning in query.warnings)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2024", (20240101000000, 20241231235959)),
        ("2024-02", (20240201000000, 20240229235959)),
        ("2024-6-5", (20240605000000, 20240605235959)),
        ("2024-02-30", None),
        ("2024-13", None),
        ("24", None),
        ("2024-00", None),
    ],
)
def test_days(text: str, span: tuple[int, int] | None) -> None:
    assert parse_day(text) == span


def test_spans() -> None:
    assert parse_span("2024-06..2024-07") == (20240601000000, 20240731235959)
    assert parse_span("..2024") == (None, 20241231235959)
    assert parse_span("2024..") == (20240101000000, None)
    assert parse_span("..") is None
    assert parse_span("a..b") is None


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_bounded(first: str, second: str) -> None:
    limit = 2
    distance = edit_distance(first, second, limit)
    assert distance == edit_distance(second, first, limit)
    assert (distance == 0) == (first == second)
    assert distance <= limit + 1


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_letters_never_rule_out_a_near_word(first: str, second: str) -> None:
    distance = edit_distance(first, second, 8)
    assert may_be_near(frozenset(first), second, distance)


def test_a_searcher_follows_commits_and_promotions(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    with Searcher(tmp_path) as searcher:
        with pytest.raises(IndexUnavailableError, match="run `saring ingest`"):
            searcher.search("kabar")
        for name in ("g1", "g2"):
            path = generations.create(name)
            generations.promote(name)
            for number in range(1, 4):
                with IndexWriter(path) as writer:
                    writer.apply(
                        [IndexRecord(f"{name}-{number}", None, "kabar", None, None, (), "id", None, None, "s")]
                    )
                answer = searcher.search("kabar")
                assert (answer.generation, answer.total) == (name, number)


def test_threads_share_a_searcher_while_the_index_changes(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    records = [
        IndexRecord(f"r{n}", "Judul", "kabar pasar " * n, None, None, (), "id", None, None, "s") for n in range(60)
    ]
    with IndexWriter(generations.create("g0")) as writer:
        writer.apply(records)
    generations.promote("g0")
    done = threading.Event()

    def ask(searcher: Searcher) -> set[int]:
        totals = set()
        while not done.is_set():
            answer = searcher.search("kabar")
            assert len(answer.hits) == 10
            totals.add(answer.total)
        return totals

    with Searcher(tmp_path) as searcher, ThreadPoolExecutor(4) as threads:
        results = [threads.submit(ask, searcher) for _ in range(4)]
        try:
            for number in range(1, 6):
                with IndexWriter(generations.create(f"g{number}")) as writer:
                    writer.apply(records[: 60 - number])
                generations.promote(f"g{number}")
                with IndexWriter(generations.path(f"g{number}")) as writer:
                    writer.apply((), [records[0].id])
                searcher.close()
        finally:
            done.set()
        for result in results:
            assert result.result() <= set(range(54, 61))


def test_order_does_not_depend_on_segments_or_arrival(tmp_path: Path) -> None:
    records = [
        IndexRecord(
            f"t{n:03d}", "Sama", "isi yang sama", None, None, (), "id", f"202{n % 2}-01-01T00:00:00Z", None, "s"
        )
        for n in range(60)
    ]
    orders = []
    for seed in (1, 2):
        random.Random(seed).shuffle(records)
        generations = Generations(tmp_path / str(seed))
        path = generations.create("g")
        generations.promote("g")
        with IndexWriter(path) as writer:
            for start in range(0, 60, 20 * seed):
                writer.apply(records[start : start + 20 * seed])
        with Searcher(tmp_path / str(seed)) as searcher:
            orders.append([id_ for page in range(1, 8) for id_ in ids(searcher, "sama", page=page)])
    assert orders[0] == orders[1] == sorted(orders[0], key=lambda id_: (-(int(id_[1:]) % 2), id_))


def test_the_script_prints_for_people_and_programs(index_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--index", str(index_dir), "pasar", "-lama"]) == 0
    assert "1 found" in capsys.readouterr().out
    assert main(["--index", str(index_dir), "--json", "--sort", "date", '"pasar terapung"']) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 2
    assert main(["--index", str(index_dir / "none"), "pasar"]) == 1
    assert "no index yet" in capsys.readouterr().err
    assert main(["--index", str(index_dir), "--since", "kapan", "pasar"]) == 2


def test_the_script_reads_the_configuration(
    index_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(f"data_dir: {index_dir.parent}\n")
    assert main(["--config", str(tmp_path / "config.yaml"), "nelayan"]) == 0
    assert "Korut kirim nelayan" in capsys.readouterr().out


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generations = Generations(tmp_path)
    path = generations.create("g")
    generations.promote("g")
    with IndexWriter(path) as writer:
        writer.apply(
            [IndexRecord("x", "judul\x1b[2J", "isi \x1b]0;x\x07 kabar", None, None, (), "id", None, None, "s")]
        )
    assert main(["--index", str(tmp_path), "kabar"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_module_runs_alone(index_dir: Path) -> None:
    command = [sys.executable, "-m", "index.search", "--index", str(index_dir), "--json", "nelayan"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert json.loads(done.stdout)["hits"][0]["id"] == "a5"
    heavy = "('prefect', 'whoosh', 'sqlalchemy')"
    code = f"import sys, index.search; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert done.stdout.strip() == "[]"


def test_search_as_a_function(index_dir: Path) -> None:
    assert search(index_dir, "nelayan", per_page=1).hits[0].id == "a5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"kopi lereng', "a quotation mark is not closed"),
        ("penulis:Ayu kopi", "penulis is no field"),
        ("-opini", "only words to leave out"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str):
    assert any(said in warning for warning in parse(text).warnings)


def test_what_can_be_read_needs_no_note():
    for text in ('pelabuhan "jalur feri" -wisata', "https://kabar.example/a", "language:id -opini", "title:kopi"):
        assert parse(text).warnings == ()
