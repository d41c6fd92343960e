"""Shards begin small, end small where it is known how much there is to do, and are read from their sources once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows import shards as shards_module
from flows.shards import FIRST_SHARD, LAST_SHARD, Plan, Planner
from transforms.read import ReadSettings, discover


def planned(folder: Path, records: int, *, expected: int = 0, workers: int = 2) -> list[int]:
    """The sizes of the shards of a file of records."""
    source = folder / "records.jsonl"
    source.write_text("".join(json.dumps({"id": str(n), "text": f"Warta {n}."}) + "\n" for n in range(records)))
    work = folder / "work"
    work.mkdir()
    planner = Planner(list(discover([str(source)])), {}, ReadSettings(), work, shard_items=500)
    planner.expect(expected, workers)
    sizes = [shard.items for shard in planner.shards()]
    assert planner.planned == sum(sizes) == records
    return sizes


def test_the_last_shards_are_small_where_the_number_of_items_is_known(tmp_path: Path) -> None:
    sizes = planned(tmp_path, 3_000, expected=3_000)
    assert sizes[0] == FIRST_SHARD
    assert max(sizes) == 500
    assert max(sizes[-4:]) <= LAST_SHARD
    for at in range(6, len(sizes) - 1):  # none is more than its share of what is left
        assert sizes[at] <= max(sum(sizes[at:]) // 4, LAST_SHARD)


@pytest.mark.parametrize(("expected", "workers"), [(0, 2), (3_000, 1), (700, 2)])
def test_they_stay_long_otherwise(tmp_path: Path, expected: int, workers: int) -> None:
    assert planned(tmp_path, 3_000, expected=expected, workers=workers)[-3:-1] == [500, 500]


def lines_and_sources(planner: Planner, plan: Plan | None = None) -> tuple[list[bytes], list[str]]:
    """All lines of a planner's shards, and the sources in the order in which the shards close them."""
    lines: list[bytes] = []
    closed: list[str] = []
    for shard in planner.shards():
        lines += Path(shard.path).read_bytes().splitlines(keepends=True)
        closed += [source.path for source in shard.closes]
        if plan is not None:
            plan.keep(shard)
    return lines, closed


@pytest.mark.parametrize("most", [10_000_000, 20_000, 0])
def test_a_second_pass_takes_the_lines_of_the_first_while_they_are_few(tmp_path: Path, monkeypatch, most: int) -> None:
    monkeypatch.setattr(shards_module, "KEPT_BYTES", most)
    sources, first, second = tmp_path / "sources", tmp_path / "first", tmp_path / "second"
    for folder in (sources, first, second):
        folder.mkdir()
    for name in "abcdef":
        records = [json.dumps({"id": f"{name}{number}", "text": f"Warta {number}."}) for number in range(300)]
        (sources / f"{name}.jsonl").write_text("\n".join([*records, "{"]))
        (sources / f"{name}.txt").write_text("Warga memperbaiki perahu.")
    found = list(discover([str(sources)]))
    planner = Planner(found, {}, ReadSettings(), first, shard_items=500)
    plan = Plan(unchanged=planner.unchanged)
    before = lines_and_sources(planner, plan)
    assert plan.whole == (most > 20_000)
    assert [Path(shard.path) for shard in plan.shards] == sorted(first.iterdir())
    again = Planner(found, {}, ReadSettings(), second, shard_items=500)
    again.follow(plan)
    again.expect(planner.planned, workers=2)
    if plan.whole:
        for source in sources.glob("*.jsonl"):
            source.unlink()
    assert lines_and_sources(again) == before
    assert list(first.iterdir()) == []
    assert again.planned == planner.planned == 6 * 302
