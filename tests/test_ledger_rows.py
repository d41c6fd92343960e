"""What workers pack is stored as if the ledger had packed it, and a long list of values is one statement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_samples import NOW, article, document, with_boilerplate

from flows.results import dump_result, load_results
from index.duplicates import resolve
from index.ledger import Ledger
from index.ledger_codec import unpack_numbers
from index.ledger_keys import candidate_hashes, page_key
from index.ledger_rows import pack
from index.ledger_sql import among, insert_rows, update_rows
from index.tables import documents as table
from index.tables import removal_shares
from transforms.models import Fingerprint, Rejected
from transforms.serialize import Unchanged

DOCUMENTS = [
    with_boilerplate("a", article(1)),
    document(
        "b", article(2), source="/berita/kumpulan.jsonl#7", url="https://muara.example/b?utm_source=x", title="Perahu"
    ),
    document("c", "— …", raw_text="— … "),
    document("d", "kata \ud800 rusak", title="Judul\x00", warnings=("satu", "dua")),
]


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        yield opened


def test_what_a_worker_packs_is_stored_like_the_document_itself(tmp_path: Path, ledger: Ledger):
    path = tmp_path / "results"
    path.write_bytes(b"".join(map(dump_result, DOCUMENTS)))
    ledger.record("r", NOW, load_results(str(path)).documents)
    with Ledger.open(tmp_path / "other.sqlite") as other:
        other.record("r", NOW, DOCUMENTS)
        assert resolve(ledger) == resolve(other)
        ids = [item.id for item in DOCUMENTS]
        assert list(ledger.documents(ids)) == list(other.documents(ids))
        assert list(ledger.pending_index()) == list(other.pending_index())


def test_results_come_back_in_order_and_by_kind(tmp_path: Path):
    rejected = Rejected("x", "/berita/x.txt", "clean", "nothing_left", "nothing is left of it")
    path = tmp_path / "results"
    path.write_bytes(b"".join(map(dump_result, [DOCUMENTS[0], Unchanged("u"), rejected, DOCUMENTS[1]])))
    results = load_results(str(path))
    assert results.documents == [pack(DOCUMENTS[0]), pack(DOCUMENTS[1])]
    assert (results.rejected, results.unchanged) == ([rejected], ["u"])


def test_results_that_end_too_early_are_refused(tmp_path: Path):
    path = tmp_path / "results"
    path.write_bytes(dump_result(DOCUMENTS[0])[:-1])
    with pytest.raises(ValueError, match="in the middle of the document a"):
        load_results(str(path))


def test_more_values_than_a_database_has_parameters_are_one_list(ledger: Ledger):
    ledger.record("r", NOW, [document("a", article(1)), document("b~'\"", article(2))])
    with ledger.reading() as connection:
        many = [str(number) for number in range(100_000)]
        query = table.select().with_only_columns(table.c.id).order_by(table.c.id)
        assert connection.execute(query.where(among(table.c.id, ["a", *many, "b~'\""]))).scalars().all() == [
            "a",
            "b~'\"",
        ]
        assert connection.execute(query.where(among(table.c.key, range(2, 100_000)))).scalars().all() == ["b~'\""]
        assert connection.execute(query.where(among(table.c.id, []))).scalars().all() == []


def test_rows_are_kept_added_to_and_updated(ledger: Ledger):
    columns = ("outlet", "run_id", "bin", "documents")
    with ledger.writing() as connection:
        for documents in (3, 4):
            insert_rows(connection, removal_shares, columns, [("kabarmuara", "r", 1, documents)], add="documents")
        insert_rows(connection, removal_shares, columns, [("kabarmuara", "r", 1, 90), ("lain", "r", 1, 9)], keep=True)
        update_rows(connection, removal_shares, ("documents",), "outlet", [(5, "lain")])
        insert_rows(connection, removal_shares, columns, [])
    with ledger.reading() as connection:
        assert [tuple(row) for row in connection.execute(removal_shares.select())] == [
            ("kabarmuara", "r", 1, 7),
            ("lain", "r", 1, 5),
        ]


@pytest.mark.parametrize("number", [1, 24, 25, 26, 61, 1000])
def test_any_number_of_rows_is_inserted_kept_and_added_to(ledger: Ledger, number: int):
    columns = ("outlet", "run_id", "bin", "documents")
    rows = [("kabarmuara", "r", place, place) for place in range(number)]
    with ledger.writing() as connection:
        insert_rows(connection, removal_shares, columns, rows)
        insert_rows(connection, removal_shares, columns, [(*row[:3], 7) for row in reversed(rows)], keep=True)
        insert_rows(connection, removal_shares, columns, rows, add="documents")
    with ledger.reading() as connection:
        stored = connection.execute(removal_shares.select().order_by(removal_shares.c.bin))
        assert [tuple(row) for row in stored] == [(*row[:3], 2 * row[3]) for row in rows]


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://www.muara.example/berita/2024/perahu-baru", "muara.example/berita/2024/perahu-baru?"),
        ("http://M.Muara.example/berita/perahu/amp/", "muara.example/berita/perahu?"),
        ("https://muara.example/berita/perahu?utm_source=x&id=7#atas", "muara.example/berita/perahu?id=7"),
        ("https://muara.example:8080/a//b/", "muara.example:8080/a//b?"),
        ("//amp.muara.example/berita;x", "muara.example/berita;x?"),
        (" https://muara.example/per\tahu ", "muara.example/perahu?"),
        ("https://muara.example/", None),
        ("https://www.muara.example", None),
        ("https://muara.example/?page=2", None),
        ("https://[muara/berita", None),
        ("", None),
    ],
)
def test_what_names_a_page_is_the_same_for_all_its_addresses(url: str, page: str | None):
    assert page_key(url) == page


def test_shares_of_a_shard_are_added_to_those_of_the_last(ledger: Ledger):
    for name in ("a", "b"):
        ledger.record("r", NOW, [document(name, article(1))], shares={("suaralembah.id", 3): 1})
    with ledger.reading() as connection:
        assert connection.execute(removal_shares.select()).one().documents == 2


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=60))
def test_bands_are_stored_as_their_highest_bits_but_for_the_last(bands: list[int]):
    packed = candidate_hashes(replace(DOCUMENTS[0], title=None, url=None, fingerprint=Fingerprint("", tuple(bands), 0)))
    assert unpack_numbers(packed) == tuple(band >> 16 & ~1 for band in bands)
