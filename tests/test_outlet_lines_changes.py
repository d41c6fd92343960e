"""Freezing only what has changed comes to the same as freezing everything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import func, select

from index import ledger_lines, tables
from index.ledger import Ledger
from transforms.models import RawDocument
from transforms.outlet_lines import LineCount, count_document

NOW = "2026-01-02T03:04:05+00:00"
FURNITURE = [f"Simak siaran radio pesisir nomor {letter} di YouTube Muara" for letter in "abcdef"]
OUTLETS = ("kabarmuara.example", "suaralembah.example")


def counted(number: int, chance: random.Random) -> LineCount:
    lines = [f"Warga desa {chance.random()} memperbaiki jembatan bersama.", *chance.sample(FURNITURE, 3)]
    day = f"2024-03-{1 + number % 20:02d}"
    text, outlet = "\n".join(lines), OUTLETS[number % 2]
    raw = RawDocument(f"m{number}", f"/m/{number}.txt", text, title=f"Kabar {number}", date=day, outlet=outlet)
    return count_document(raw, raw.source, str(chance.random()))


def rows(ledger: Ledger) -> list[tuple[object, ...]]:
    columns = [column for column in tables.outlet_lines.c if column.name != "number"]
    with ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(tables.outlet_lines.c.line))]


@pytest.mark.parametrize("seed", range(4))
def test_many_small_freezes_end_where_one_of_everything_does(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    with Ledger.open(tmp_path / "often.sqlite") as often, Ledger.open(tmp_path / "once.sqlite") as once:
        arrived: list[LineCount] = []
        for _ in range(12):
            fresh = [counted(chance.randrange(60), chance) for _ in range(6)]
            gone = [item.document for item in chance.sample(arrived, min(2, len(arrived)))]
            arrived += fresh
            for ledger in (often, once):
                with ledger.writing() as connection:
                    ledger_lines.count(connection, fresh)
                    ledger_lines._withdraw(connection, gone)
                    if ledger is often:
                        frozen = ledger_lines.freeze(connection)
        with once.writing() as connection:
            everything = ledger_lines.freeze(connection)
        assert rows(often) == rows(once) != []
        assert (frozen.lines, list(frozen.titles)) == (everything.lines, list(everything.titles))


def test_a_freeze_leaves_nothing_noted(tmp_path: Path):
    chance = random.Random(1)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger, ledger.writing() as connection:
        ledger_lines.count(connection, [counted(number, chance) for number in range(30)])
        assert connection.execute(select(func.count()).select_from(tables.line_changes)).scalar_one() == 1
        ledger_lines.freeze(connection)
        assert connection.execute(select(func.count()).select_from(tables.line_changes)).scalar_one() == 0
        (line, *_) = ledger_lines.review(connection, OUTLETS[0])
        decided = ledger_lines.decide(connection, OUTLETS[0], line.number, "veto", NOW)
        assert decided.state == "vetoed"
