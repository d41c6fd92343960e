"""Clusters are a property of the documents: neither order of arrival nor the split into runs can be seen in them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_samples import NOW, article, document

from index import duplicates_candidates
from index.duplicates import resolve
from index.ledger import Ledger
from transforms.models import Document

SMALL_CAP = 3
ORDERS = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def family(seed: int, size: int) -> list[Document]:
    """Return one story in several states, each with a sentence of its own, some of them equal."""
    opening = article(seed, 10)
    texts = [f"{opening} {article(1_000 * seed + number // 2, 1)}" for number in range(size)]
    return [document(f"{seed}-{number}", text) for number, text in enumerate(texts)]


def template(seed: int, towns: tuple[str, ...]) -> list[Document]:
    """Return one text filled in for several towns, and a reprint of each."""
    text = f"Warga kota {{town}} menunggu. {article(seed)} Begitu pula warga lain di {{town}} sampai pagi."
    filled = {town: text.format(town=town) for town in towns}
    reprints = {f"{town}-lagi": f"LEMBAH, WARTAKOTA.ID - {filled[town]}" for town in towns}
    return [document(id_, text) for id_, text in {**filled, **reprints}.items()]


TOWNS = template(3, ("Kertalaya", "Rimbawana"))
DOCUMENTS = [
    *family(1, 9),
    *family(2, 4),
    *TOWNS,
    *(document(f"single-{seed}", article(seed)) for seed in range(50, 54)),
]


def state(ledger: Ledger) -> dict[str, tuple[tuple[str, float], ...]]:
    return {
        record.id: tuple((copy.id, copy.similarity) for copy in record.copies)
        for record in ledger.live_representatives()
    }


def arrive(documents: list[Document], splits: set[int]) -> dict[str, tuple[tuple[str, float], ...]]:
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        shard: list[Document] = []
        for position, item in enumerate(documents):
            shard.append(item)
            if position in splits:
                ledger.record("run", NOW, shard)
                resolve(ledger)
                shard = []
        ledger.record("run", NOW, shard)
        resolve(ledger)
        return state(ledger)


def test_each_town_of_a_template_has_a_cluster_of_its_own():
    assert arrive(TOWNS, set()).keys() == {"Kertalaya-lagi", "Rimbawana-lagi"}


@pytest.mark.parametrize("cap", [SMALL_CAP, 64])
@ORDERS
@given(data=st.data())
def test_any_order_and_any_split_give_the_same_clusters(cap: int, monkeypatch: pytest.MonkeyPatch, data: st.DataObject):
    monkeypatch.setattr(duplicates_candidates, "BAND_CAP", cap)
    order = data.draw(st.permutations(DOCUMENTS))
    splits = data.draw(st.sets(st.integers(0, len(DOCUMENTS) - 2), max_size=4))
    assert arrive(order, splits) == arrive(DOCUMENTS, set())


@pytest.mark.parametrize("cap", [SMALL_CAP, 64])
@ORDERS
@given(gone=st.sets(st.sampled_from(range(len(DOCUMENTS))), max_size=8))
def test_documents_that_go_leave_no_trace(cap: int, monkeypatch: pytest.MonkeyPatch, gone: set[int]):
    monkeypatch.setattr(duplicates_candidates, "BAND_CAP", cap)
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        ledger.record("run", NOW, DOCUMENTS)
        resolve(ledger)
        ledger.mark_gone([DOCUMENTS[number].id for number in sorted(gone)], "run")
        resolve(ledger)
        left = state(ledger)
    assert left == arrive([item for number, item in enumerate(DOCUMENTS) if number not in gone], set())


def test_a_crowded_band_costs_the_cap_and_not_the_square(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(duplicates_candidates, "BAND_CAP", SMALL_CAP)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        title = "Jadwal kereta Lembah Hijau hari ini"
        texts = [f"{article(1, 2)} {article(100 + number, 8)}" for number in range(60)]
        ledger.record("run", NOW, [document(f"t{number}", text, title=title) for number, text in enumerate(texts)])
        changes = resolve(ledger)
    assert changes.crowded >= 1
    assert 60 < changes.candidates <= 60 * SMALL_CAP * 2


def test_texts_of_a_series_with_nothing_in_common_are_not_read(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        title = "Jadwal kereta Lembah Hijau hari ini"
        ledger.record("run", NOW, [document(f"t{number}", article(number), title=title) for number in range(10)])
        assert resolve(ledger).candidates == 0
