"""The example corpus: gold spans fit their texts, and the gold texts are those of the raw files."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from transforms.models import Kind

EXAMPLES = Path(__file__).parents[1] / "examples"
GOLD = sorted((EXAMPLES / "gold").glob("*.json"))
LABELS = {*get_args(Kind), "title", "heading", "body"}
CP1252 = {"festival-layang"}
SUFFIXES = (".gz", ".txt", ".html")


def _gold_text(gold: Path) -> str:
    text = gold.with_suffix(".html") if gold.with_suffix(".html").exists() else gold.with_suffix(".txt")
    return text.read_bytes().decode("utf-8")


def _spans(gold: Path) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = json.loads(gold.read_text(encoding="utf-8"))["spans"]
    return spans


def _stem(path: Path) -> str:
    name = path.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _raw_texts() -> dict[str, str]:
    texts = {}
    for path in sorted((EXAMPLES / "raw").rglob("*.*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        if path.suffix == ".jsonl":
            texts |= {row["id"]: row["text"] for row in map(json.loads, data.decode("utf-8").splitlines())}
        elif path.suffix == ".csv":
            texts |= {row["id"]: row["text"] for row in csv.DictReader(data.decode("utf-8").splitlines(keepends=True))}
        else:
            texts[_stem(path)] = data.decode("cp1252" if _stem(path) in CP1252 else "utf-8")
    return texts


def test_every_raw_text_has_gold_that_repeats_it_exactly() -> None:
    assert _raw_texts() == {gold.stem: _gold_text(gold) for gold in GOLD}


@pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.stem)
def test_spans_lie_within_the_text_in_order_and_are_labelled(gold: Path) -> None:
    text, end = _gold_text(gold), 0
    assert json.loads(gold.read_text(encoding="utf-8"))["id"] == gold.stem
    for span in _spans(gold):
        assert end <= span["start"] < span["end"] <= len(text)
        assert span["label"] in LABELS
        if span["label"] != "markup":
            marked = text[span["start"] : span["end"]]
            assert marked == marked.strip()
        end = span["end"]


def test_the_corpus_shows_every_kind_that_cleaning_knows() -> None:
    shown = {span["label"] for gold in GOLD for span in _spans(gold)}
    assert shown == LABELS - {"other", "heading", "body"}


def test_reprints_share_most_of_their_words_and_the_copy_is_exact() -> None:
    texts = _raw_texts()
    assert texts["pelabuhan-karimba"] == texts["pelabuhan-karimba-salinan"]
    original = set(texts["pelabuhan-karimba"].split())
    for reprint in ("pelabuhan-sempana", "pelabuhan-tanjung-karimba"):
        words = set(texts[reprint].split())
        assert len(original & words) / len(words) > 0.7


def test_a_passage_marked_as_repeated_stands_in_the_kept_text() -> None:
    for gold in GOLD:
        text, spans = _gold_text(gold), _spans(gold)
        removed = {i for span in spans for i in range(span["start"], span["end"])}
        kept = "".join(char for i, char in enumerate(text) if i not in removed)
        for span in spans:
            if span["label"] == "repeated_body":
                assert text[span["start"] : span["end"]] in kept


def test_broken_inputs_are_broken_in_the_ways_their_names_say() -> None:
    broken = EXAMPLES / "broken"
    assert (broken / "kosong.txt").stat().st_size == 0
    assert b"\x00" in (broken / "gambar.txt").read_bytes()
    with pytest.raises(EOFError):
        gzip.decompress((broken / "terpotong.txt.gz").read_bytes())
    with pytest.raises(json.JSONDecodeError):
        json.loads((broken / "terputus.json").read_bytes())
    good, bad, missing = (broken / "baris-rusak.jsonl").read_text(encoding="utf-8").splitlines()
    assert "text" in json.loads(good)
    assert "text" not in json.loads(missing)
    with pytest.raises(json.JSONDecodeError):
        json.loads(bad)
