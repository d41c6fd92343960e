"""The model of the Malay–Javanese family and the command that trains its table."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from flows import train_language
from transforms.language_family import MAX_WORD, TABLE, FamilyModel, features_of, is_name, load_family, words_of
from transforms.language_profiles import load_profiles

MALAY = "Beliau berkata jambatan itu ditutup kerana rosak. Peniaga boleh berniaga semula selepas dibaiki semula."
JAVANESE = "Wong tani wiwit panen pari amarga banyune ora asat. Regane gabah isih murah mula durung didol kabeh."
INDONESIAN = "Ia mengatakan jembatan itu ditutup karena rusak. Pedagang bisa berjualan lagi setelah diperbaiki."


def test_the_shipped_table_is_small_and_complete() -> None:
    model = load_family()
    assert TABLE.stat().st_size <= 400_000
    assert set(model.codes) == set(train_language.CODES)


def test_names_and_words_in_capitals_are_not_read_when_there_are_other_words() -> None:
    bands = dict.fromkeys("kepala desa pergi ke dan belum kembali".split(), "00")
    words = words_of("Kepala desa Raka Wirasena pergi KE Lembah dan belum kembali".split())
    assert [word for word in words if not is_name(word, bands)] == (
        ["Kepala", "desa", "pergi", "dan", "belum", "kembali"]
    )
    assert words_of(["Raka", "Wirasena", "Pergi"]) == ["raka", "wirasena", "pergi"]


def test_a_capitalised_word_counts_as_the_word_it_is() -> None:
    model = FamilyModel(("id", "ms"), 1.0, {"^timbalan$": [-3, 4], "#-1": [-1, 2]}, {"timbalan": "-1"})
    rest = "ia dan dia itu juga".split()
    assert model.sums([*rest, "Timbalan", "Ketua"]) == model.sums([*rest, "timbalan"])
    assert model.sums([*rest, "TIMBALAN", "Wirasena"]) == model.sums(rest)


def test_an_overlong_word_counts_nothing_and_sums_add_up() -> None:
    model = FamilyModel(("id", "ms"), 0.5, {"^di$": [3, -4], "di": [-2, 1]}, {"di": "0-"})
    assert model.sums(["di"]) == [0.5, -1.5, 7.0]
    assert model.sums(["di", "di"]) == [1.0, -3.0, 14.0]
    assert model.sums(["x" * (MAX_WORD + 1)]) == [0.0, 0.0, 0.0]
    assert model.scores([]) == [0.0, 0.0]


def test_accents_are_folded_and_pieces_mark_the_ends_of_a_word() -> None:
    assert words_of("panén paré dina poé".split()) == ["panen", "pare", "dina", "poe"]
    assert {"^di$", "#0-", "^d", "di", "i$", "^di", "di$"} == set(features_of("di", {"di": "0-"}))
    assert "#--" in features_of("kerana", {"di": "0-"})


def test_training_learns_from_its_data_and_writes_the_same_table_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, corpus = tmp_path / "data.jsonl", tmp_path / "corpus.jsonl.gz"
    rows = [
        {"lang": lang, "text": f"{text} {number}.", "source": "own"}
        for lang, text in (("ms", MALAY), ("jv", JAVANESE))
        for number in range(30)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with gzip.open(corpus, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps({"text": f"{INDONESIAN} {number}."}) + "\n" for number in range(60))
    malay = tmp_path / "malay.jsonl"
    malay.write_text("".join(json.dumps({"text": f"{MALAY} {n}."}) + "\n" for n in range(8)), encoding="utf-8")
    words = tmp_path / "words.tsv"
    words.write_text("kerana\t0.02\nboleh\t0.03\nbeliau\t0.01\n", encoding="utf-8")
    tables = []
    for name in ("one.json.gz", "two.json.gz"):
        target = tmp_path / name
        inputs = [str(data), f"id={corpus}", f"ms={malay}", f"words:ms={words}"]
        monkeypatch.setattr("sys.argv", ["train", *inputs, "--out", str(target)])
        train_language.main()
        tables.append(target.read_bytes())
    assert tables[0] == tables[1]
    assert "features" in capsys.readouterr().err
    weights, bands = train_language.build(((row["lang"], row["text"]) for row in rows), {"id": [INDONESIAN] * 60}, {})
    assert bands["karena"] == "0-"
    model = train_language.model_of(weights, bands)
    for code, text in (("id", INDONESIAN), ("ms", MALAY), ("jv", JAVANESE)):
        scores = model.scores(load_profiles().words(text))
        assert model.codes[scores.index(max(scores))] == code
