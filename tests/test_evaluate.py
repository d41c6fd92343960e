"""Scoring against gold: each figure on texts small enough to count by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.commands import quality
from transforms.errors import ConfigError, InputError
from transforms.evaluate import DocumentScore, Evaluation, failed, score
from transforms.gold import GoldDocument, GoldSpan, load_gold
from transforms.models import Removal

BODY = "Petani Lembah Rawi memanen cabai lebih awal karena hujan datang terlambat."
LINK = "Baca juga: Harga Cabai Turun"
CREDIT = "(Foto: Dok. Desa)"


def gold(text: str, *marks: tuple[str, str], ambiguous: Sequence[str] = (), name: str = "a") -> GoldDocument:
    """Mark the last place of each passage."""
    spans = (GoldSpan(text.rindex(p), text.rindex(p) + len(p), label, p in ambiguous) for p, label in marks)
    return GoldDocument(name, text, tuple(spans))


def cut(text: str, *passages: str, first: bool = False) -> list[Removal]:
    found = [(text.index(p) if first else text.rindex(p), p) for p in passages]
    return [Removal(at, at + len(p), p, "test.rule", "other", 1.0) for at, p in sorted(found)]


def evaluated(document: GoldDocument, removals: list[Removal], text: str = "") -> tuple[DocumentScore, Evaluation]:
    result = score(document, removals, text)
    return result, Evaluation((result,))


def visible(text: str) -> int:
    return len("".join(text.split()))


def test_perfect_cleaning_scores_one() -> None:
    text = f"{BODY}\n\n{LINK}\n"
    found, total = evaluated(gold(text, (LINK, "related_link")), cut(text, LINK), BODY)
    assert (total.removed_share, total.lost_share, total.precision, total.f1) == (1, 0, 1, 1)
    assert found.leaked == found.lost == ()
    assert total.worst(5) == []


def test_leaks_and_losses_are_counted_without_white_space_and_shown() -> None:
    text = f"{BODY}\n\n{LINK}\n{CREDIT}\n"
    document = gold(text, (LINK, "related_link"), (CREDIT, "credit"))
    found, total = evaluated(document, cut(text, CREDIT, "hujan datang"), "")
    assert total.removed_share == visible(CREDIT) / visible(CREDIT + LINK)
    assert total.lost_share == visible("hujan datang") / visible(BODY)
    assert found.leaked == (LINK,)
    assert found.lost == ("hujan datang",)
    assert found.errors == visible(LINK) + visible("hujan datang")
    assert found.labels["credit"].share == 1
    assert found.labels["related_link"].share == 0
    assert found.rules["test.rule"].removals == 2
    assert found.rules["test.rule"].body == visible("hujan datang")


def test_nothing_removed_scores_zero_and_nothing_to_remove_scores_one() -> None:
    text = f"{BODY}\n{LINK}"
    assert evaluated(gold(text, (LINK, "promo")), [], text)[1].f1 == 0
    assert evaluated(gold(BODY), [], BODY)[1].f1 == 1
    assert evaluated(gold(BODY), cut(BODY, "memanen"), "")[1].f1 == 0


@pytest.mark.parametrize("label", ["title", "dateline", "date_line"])
def test_neutral_text_counts_neither_way(label: str) -> None:
    text = f"LEMBAH RAWI – {BODY}"
    document = gold(text, ("LEMBAH RAWI –", label))
    for removals in ([], cut(text, "LEMBAH RAWI –")):
        found, total = evaluated(document, removals, "")
        assert (found.errors, total.f1, total.body.characters) == (0, 1, visible(BODY))


def test_ambiguous_text_is_neutral_and_headings_are_body() -> None:
    text = f"Harga Naik\n{BODY}\n{LINK}"
    document = gold(text, ("Harga Naik", "heading"), (LINK, "related_link"), ambiguous=[LINK])
    found, total = evaluated(document, cut(text, "Harga Naik"), "")
    assert found.lost == ("Harga Naik",)
    assert total.boilerplate.characters == 0


@pytest.mark.parametrize("keep_first", [True, False])
def test_either_copy_of_a_repeated_passage_may_be_kept(keep_first: bool) -> None:
    text = f"{BODY}\n\n{BODY}\n"
    document = gold(text, (BODY, "repeated_body"))
    found, total = evaluated(document, cut(text, BODY, first=not keep_first), BODY)
    assert (found.errors, total.f1, total.copies, total.copies_left) == (0, 1, 1, 0)


def test_a_kept_copy_vouches_through_missing_spaces() -> None:
    first = "Petani menjual cabai.Mereka senang."
    copy = "Petani menjual cabai. Mereka senang."
    text = f"{first}\n{copy}\n{BODY}"
    document = gold(text, (copy, "repeated_body"))
    assert evaluated(document, cut(text, first), f"{copy}\n\n{BODY}")[0].errors == 0


def test_a_passage_that_stands_twice_is_reported_and_one_that_is_gone_is_lost() -> None:
    text = f"{BODY}\n\n{BODY}\n"
    document = gold(text, (BODY, "repeated_body"))
    both, _ = evaluated(document, [], text)
    assert (both.copies_left, both.errors) == (1, 0)
    neither, _ = evaluated(document, [Removal(0, len(text), text, "r", "other", 1.0)], "")
    assert (neither.copies_left, neither.body.removed) == (0, visible(BODY))


def test_failed_document_loses_everything() -> None:
    found = failed(gold(f"{BODY}\n{LINK}", (LINK, "related_link")), "nothing left")
    assert found.failure == "nothing left"
    assert (found.body.share, found.boilerplate.share) == (1, 1)
    assert found.rules == {}
    assert Evaluation((found,)).worst(1) == [found]


def test_sums_run_over_characters() -> None:
    long, short = gold(BODY * 9, name="long"), gold(BODY, name="short")
    total = Evaluation((score(long, [], ""), score(short, cut(BODY, BODY), "")))
    assert total.lost_share == pytest.approx(0.1)
    assert [document.id for document in total.worst(5)] == ["short"]


def test_json_holds_every_figure() -> None:
    text = f"{BODY}\n{LINK}"
    figures = evaluated(gold(text, (LINK, "related_link")), cut(text, LINK), BODY)[1].to_json()
    assert json.loads(json.dumps(figures)) == {
        "documents": 1,
        "removed": 1,
        "body_lost": 0,
        "precision": 1,
        "f1": 1,
        "repeats": 0,
        "repeats_left": 0,
        "kinds": {"related_link": {"characters": visible(LINK), "removed": visible(LINK)}},
        "rules": {"test.rule": {"removals": 1, "characters": visible(LINK), "body": 0}},
        "worst": [],
    }


@given(st.text(alphabet="ab \n.", min_size=1, max_size=40), st.data())
def test_every_visible_character_is_counted_once(text: str, data: st.DataObject) -> None:
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda pair: pair[0] < pair[1])
    label = st.sampled_from(["related_link", "credit", "title", "heading"])
    marks = data.draw(st.lists(st.tuples(bounds, label, st.booleans()), max_size=3))
    document = GoldDocument("a", text, tuple(GoldSpan(*span, name, doubt) for span, name, doubt in marks))
    removals = [Removal(a, b, text[a:b], "r", "other", 1.0) for a, b in data.draw(st.lists(bounds, max_size=2))]
    found, total = evaluated(document, removals, "")
    assert found.boilerplate.characters + found.body.characters <= visible(text)
    assert 0 <= total.f1 <= 1
    assert found.errors == sum(visible(passage) for passage in (*found.leaked, *found.lost))


def write_pair(folder: Path, name: str, text: str, spans: Any) -> None:
    (folder / f"{name}.txt").write_bytes(text.encode())
    (folder / f"{name}.json").write_text(json.dumps({"spans": spans}), encoding="utf-8")


def test_gold_is_read_with_its_line_ends_and_in_order(tmp_path: Path) -> None:
    write_pair(tmp_path, "b", "satu\r\ndua", [{"start": 6, "end": 9, "label": "tags"}])
    write_pair(tmp_path, "a", "tiga", [])
    (tmp_path / "b.clean.txt").write_text("satu", encoding="utf-8")
    found = list(load_gold(tmp_path))
    assert [document.id for document in found] == ["a", "b"]
    assert found[1].text[6:9] == "dua"
    assert found[1].spans == (GoldSpan(6, 9, "tags"),)


def test_a_folder_without_gold_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        list(load_gold(tmp_path / "missing"))
    (tmp_path / "a.txt").write_text("satu", encoding="utf-8")
    with pytest.raises(ConfigError, match="no gold in it"):
        list(load_gold(tmp_path))


@pytest.mark.parametrize(
    "spans",
    [
        [{"start": 0, "end": 99, "label": "tags"}],
        [{"start": 2, "end": 2, "label": "tags"}],
        [{"start": -1, "end": 2, "label": "tags"}],
        [{"start": 0, "label": "tags"}],
        [{"start": "0", "end": 2, "label": "tags"}],
        {"start": 0},
        None,
    ],
)
def test_a_bad_pair_is_named(tmp_path: Path, spans: Any) -> None:
    write_pair(tmp_path, "rusak", "satu dua", spans)
    with pytest.raises(InputError, match=r"rusak\.json"):
        list(load_gold(tmp_path))


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    quality.register(app)
    return app


@pytest.fixture
def gold_folder(tmp_path: Path) -> Path:
    text = f"{BODY}\n\n{LINK}\n\n{BODY.replace('cabai', 'tomat')}\n"
    start = text.index(LINK)
    write_pair(tmp_path, "a", text, [{"start": start, "end": start + len(LINK), "label": "related_link"}])
    return tmp_path


def test_evaluate_prints_tables_and_passes_its_floors(command: typer.Typer, gold_folder: Path) -> None:
    floors = ["--min-f1", "0.9", "--max-lost", "0.1", "--min-removed", "95"]
    run = CliRunner().invoke(command, ["evaluate", str(gold_folder), *floors])
    assert run.exit_code == 0, run.output
    assert "related_link" in run.stdout
    assert "1 document: removed 100.00%, body lost 0.000%, F1 1.0000" in run.stdout


def test_evaluate_fails_under_a_floor_and_shows_the_worst(command: typer.Typer, gold_folder: Path) -> None:
    text = (gold_folder / "a.txt").read_text(encoding="utf-8")
    write_pair(gold_folder, "a", text, [{"start": 0, "end": len(BODY), "label": "promo"}])
    run = CliRunner().invoke(command, ["evaluate", str(gold_folder), "--min-f1", "0.9", "--show", "1"])
    assert run.exit_code == 1
    assert "F1 is 0.0000, below the floor of 0.9000" in run.stderr
    assert f"leaked: {BODY!r}" in run.stdout
    assert f"lost:   {LINK!r}" in run.stdout


def test_a_document_that_breaks_the_cleaner_is_scored_as_lost(
    command: typer.Typer, gold_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no such luck")

    monkeypatch.setattr(quality, "clean", broken)
    run = CliRunner().invoke(command, ["evaluate", str(gold_folder), "--show", "1", "--max-lost", "50"])
    assert run.exit_code == 1
    assert "failed: ValueError: no such luck" in run.stdout
    assert "100.000% of the body is lost, above the limit of 50.000%" in run.stderr


def test_evaluate_prints_json(command: typer.Typer, gold_folder: Path) -> None:
    run = CliRunner().invoke(command, ["evaluate", str(gold_folder), "--json"])
    assert json.loads(run.stdout)["f1"] == 1


@pytest.mark.parametrize("option", [["--min-f1", "2"], ["--max-lost", "-1"], ["--show", "x"]])
def test_evaluate_refuses_floors_that_make_no_sense(command: typer.Typer, gold_folder: Path, option: list[str]) -> None:
    assert CliRunner().invoke(command, ["evaluate", str(gold_folder), *option]).exit_code == 2


def test_rules_are_listed_and_meet_their_own_examples(command: typer.Typer, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    listed = json.loads(CliRunner().invoke(command, ["rules", "list", "--json"]).stdout)
    assert all(rule["id"] and rule["kind"] and rule["why"] and rule["hits"] is None for rule in listed)
    table = CliRunner().invoke(command, ["rules", "list"])
    assert listed[0]["id"] in table.stdout
    assert f"{len(listed)} rules" in table.stderr
    run = CliRunner().invoke(command, ["rules", "test"])
    assert run.exit_code == 0, run.output


def test_a_rule_that_misses_its_example_fails_the_test(command: typer.Typer, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "own.yaml").write_text(
        """
- id: own.advert
  kind: promo
  why: The outlet prints this under every article.
  scope: line
  pattern: langganan\\ sekarang
  examples: ["⟦Langganan sekarang⟧", "⟦Berlangganan hari ini⟧", "Langganan sekarang juga"]
""",
        encoding="utf-8",
    )
    config = tmp_path / "config.yaml"
    config.write_text("rules: [rules]\n", encoding="utf-8")
    run = CliRunner().invoke(command, ["rules", "test", "--config", str(config)])
    assert run.exit_code == 1
    assert "own.advert: '⟦Berlangganan hari ini⟧'" in run.stdout
    assert "should go: 'Berlangganan hari ini'" in run.stdout
    assert "own.advert: '⟦Langganan sekarang⟧'" not in run.stdout
