"""`languages.keep`: what is indexed, what stays in the ledger only, and what changing it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from ledger_samples import NOW, article, document
from typer.testing import CliRunner

from flows.cli import app
from flows.executors import InlineExecutor
from flows.health import health
from flows.pipeline import run_ingest, run_reindex
from flows.progress import Silent
from flows.report import RunReport, as_text
from flows.settings import Languages, Settings, load_settings
from index import ledger_languages
from index.duplicates import resolve
from index.ledger import Ledger
from index.search import search
from transforms.errors import ConfigError
from transforms.language_codes import CODES
from transforms.language_family import load_family
from transforms.language_profiles import load_profiles
from transforms.models import UNDETERMINED, LanguageVerdict

TEXTS = {
    "id": "Warga desa memperbaiki tanggul sungai karena hujan deras akan turun lagi pada akhir pekan. Mereka "
    "mengangkut karung pasir sejak pagi dan belum beristirahat ketika petugas datang membawa makanan.",
    "ms": "Penduduk kampung membaiki tebing sungai kerana hujan lebat dijangka turun semula hujung minggu ini. "
    "Pengerusi jawatankuasa berkata mereka boleh berehat selepas bahagian yang rosak siap dibaiki petang nanti.",
    "en": "The villagers mended the river wall because heavy rain was expected again at the weekend. They had carried "
    "sandbags since the early morning, and nobody had rested when the officers arrived with food.",
}


def settings_with(folder: Path, keep: Literal["all"] | list[str]) -> Settings:
    (folder / "config.yaml").write_text(f"languages: {{keep: {json.dumps(keep)}}}\ndata_dir: data\n", encoding="utf-8")
    return Settings(data_dir=folder / "data", languages=Languages(keep=keep))


def ingest(settings: Settings, source: Path) -> RunReport:
    report = run_ingest(settings, [str(source)], InlineExecutor(), full=False, progress=Silent())
    assert report.balanced
    found = health(settings)
    assert found.consistent, found.problems
    return report


def indexed(settings: Settings) -> set[str]:
    return {hit.id for word in ("sungai", "river") for hit in search(settings.index_dir, word).hits}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "three.jsonl"
    path.write_text("".join(json.dumps({"id": code, "text": text}) + "\n" for code, text in TEXTS.items()))
    return path


def test_other_languages_stay_in_the_ledger_with_their_reason(tmp_path: Path, source: Path) -> None:
    settings = settings_with(tmp_path, ["id", "und"])
    report = ingest(settings, source)
    assert (report.counts["new"], report.counts["filtered"], report.counts["indexed"]) == (3, 2, 1)
    assert report.languages == {"id": 1, "ms": 1, "en": 1}
    assert "languages.keep" in as_text(report.to_json())
    assert indexed(settings) == {"id"}
    assert any("en 1, ms 1" in hint for hint in health(settings).hints)
    assert health(settings).counts["filtered"] == 2
    answer = CliRunner().invoke(app, ["explain", "ms", "--config", str(tmp_path / "config.yaml")])
    assert "ms is filtered: its language, ms, is not among languages.keep" in " ".join(answer.stderr.split())
    assert TEXTS["ms"] in answer.stdout


def test_another_list_changes_the_index_without_cleaning_again(tmp_path: Path, source: Path) -> None:
    ingest(settings_with(tmp_path, "all"), source)
    steps: list[tuple[Any, set[str]]] = [(["ms"], {"ms"}), (["en", "ms"], {"en", "ms"}), (["id"], {"id"})]
    for keep, expected in [*steps, ("all", {"id", "ms", "en"})]:
        settings = settings_with(tmp_path, keep)
        assert any("the next ingest changes" in hint for hint in health(settings).hints)
        report = ingest(settings, source)
        assert report.counts["unchanged"] == report.counts["seen"] == 3
        assert report.stage_documents["clean"] == 0
        assert indexed(settings) == expected
        assert not any("the next ingest changes" in hint for hint in health(settings).hints)


def test_a_reindex_and_a_full_ingest_leave_the_same_out(tmp_path: Path, source: Path) -> None:
    settings = settings_with(tmp_path, ["en"])
    ingest(settings_with(tmp_path, "all"), source)
    run_reindex(settings, InlineExecutor(), from_raw=False, progress=Silent())
    assert indexed(settings) == {"en"}
    full = run_ingest(settings, [str(source)], InlineExecutor(), full=True, progress=Silent())
    assert full.balanced
    assert health(settings).consistent
    assert indexed(settings) == {"en"}


def test_a_document_in_another_language_represents_nothing(tmp_path: Path) -> None:
    text = article(1)
    longer = document("longer", f"{text} {article(2, 1)}", language=LanguageVerdict("ms", 0.6))
    shorter = document("shorter", text)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.record("1", NOW, [longer, shorter, replace(shorter, id="copy", source="copy.txt")])

        def clusters(run_id: str, keep: Sequence[str] | None) -> dict[str, tuple[str | None, str | None]]:
            with ledger.writing() as connection:
                ledger_languages.apply(connection, keep, run_id)
            resolve(ledger)
            return {
                found.id: (found.cluster, found.duplicate_kind)
                for found in ledger.documents(["longer", "shorter", "copy"])
            }

        first = clusters("1", None)
        assert first == {"longer": ("longer", None), "shorter": ("longer", "near"), "copy": ("longer", "near")}
        kept = clusters("2", ["id"])
        assert kept == {"longer": (None, None), "copy": ("copy", None), "shorter": ("copy", "exact")}
        assert clusters("3", None) == first


def test_what_is_held_for_review_stays_held(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        ledger.record("1", NOW, [document("a", article(3))], held={"a": "lost too much"})
        for keep in (["en"], ["id"], None):
            with ledger.writing() as connection:
                assert ledger_languages.apply(connection, keep, "2") == ledger_languages.LanguageChanges(0, 0)
        stored = ledger.document("a")
        assert stored
        assert (stored.status, stored.status_reason) == ("held", "lost too much")


def test_the_codes_are_those_that_are_told_apart() -> None:
    assert {*load_profiles().codes, *load_family().codes, UNDETERMINED} == CODES


@pytest.mark.parametrize(
    ("keep", "parts"),
    [
        ("[idn]", ["languages.keep", "`idn`", "did you mean `id`?"]),
        ("[zh-cn]", ["languages.keep", "did you mean `zh-CN`?"]),
        ("[]", ["languages.keep", "at least one language"]),
        ("some", ["languages.keep", "'all'"]),
    ],
)
def test_a_wrong_list_is_refused_with_what_was_meant(tmp_path: Path, keep: str, parts: list[str]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"languages: {{keep: {keep}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert all(part in str(caught.value) for part in parts), caught.value


def test_norwegian_can_be_written_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("languages: {keep: [id, no]}\n")
    assert load_settings(path).languages.kept == ["id", "no"]
    monkeypatch.setenv("SARING_LANGUAGES__KEEP", '["ms"]')
    assert load_settings(path).languages.kept == ["ms"]
    monkeypatch.setenv("SARING_LANGUAGES__KEEP", "all")
    assert load_settings(path).languages.kept is None
