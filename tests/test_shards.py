"""Shards begin small, and end small where it is known how much there is to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.shards import FIRST_SHARD, LAST_SHARD, Planner
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
