"""Readers in processes of their own, while a writer commits and promotes under them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from readers import watch


def test_every_answer_is_of_one_commit_of_one_generation(tmp_path: Path):
    seen = watch(tmp_path / "index", readers=3, commits=12, promotions=3, documents=20)
    assert seen["answers"] > 20
    assert [what for what in seen if what.startswith("error")] == []
    assert (seen["mixed"], seen["late"]) == (0, 0)
    assert seen["after the rollback"] >= 3
