"""The command that rebuilds the tables: from a corpus to a file, the same each time."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from flows.train_related import main
from transforms.related_boundary import headline_end, packaged_tables
from transforms.related_features import tables_from_json

NAMES = ["Sumberwangi", "Lereng Wangi", "Teluk Karang", "Bukit Salam", "Kali Jernih", "Padang Teduh"]
DEEDS = ["Bangun Pasar Baru", "Perbaiki Jembatan Tua", "Gelar Lomba Perahu", "Tanam Seribu Pohon", "Buka Jalan Desa"]
WHEN = ["Usai Musim Hujan", "Jelang Hari Raya", "Mulai Pekan Depan", "Tanpa Bantuan Pusat", "Bersama Warga"]
OPENERS = ["Menurut", "Selain itu,", "Ia", "Namun,", "Warga", "Pada hari Senin", "Kepala desa", "Sementara itu,"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    chance = random.Random(3)
    path = tmp_path / "corpus.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for number in range(240):
            title = f"{chance.choice(NAMES)} {chance.choice(DEEDS)} {chance.choice(WHEN)} ke-{number}"
            body = [
                f"{chance.choice(OPENERS)} {chance.choice(NAMES)} sudah lama menunggu kabar itu, kata warga nomor {n}."
                for n in range(5)
            ]
            record = {"title": title, "text": "\n".join(body), "outlet": f"outlet-{number % 3}"}
            lines.write(json.dumps(record) + "\n")
    return path


def test_the_same_corpus_gives_the_same_file(corpus: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "a.json.gz", tmp_path / "b.json.gz"]
    for out in outs:
        assert main([str(corpus), "--out", str(out), "--examples", "100"]) == 0
    assert outs[0].read_bytes() == outs[1].read_bytes()


def test_what_is_learned_finds_the_end_of_a_headline(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "tables.json.gz"
    main([str(corpus), "--out", str(out), "--examples", "400"])
    tables = tables_from_json(json.loads(gzip.decompress(out.read_bytes())))
    headline = "Teluk Karang Bangun Pasar Baru Jelang Hari Raya"
    found = headline_end(f"{headline} Menurut warga, kabar itu sudah lama ditunggu.", "", False, "no", tables)
    assert found.end == len(headline)
    assert 0 < found.confidence <= 1


def test_an_outlet_can_be_held_out(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tables.json.gz"
    main([str(corpus), "--out", str(out), "--examples", "50", "--leave-out", "outlet-1"])
    assert "160 articles read" in capsys.readouterr().err


def test_the_packaged_tables_are_small_and_hold_no_sentences() -> None:
    tables = packaged_tables()
    assert tables.weights and tables.length
    assert all(len(pair.split()) == 2 for pair in tables.pairs)
    assert all(len(word.split()) == 1 for table in (tables.start, tables.end, tables.second) for word in table)
