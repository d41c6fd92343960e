"""Earlier versions of a document: what changed between them, on the terminal and as a page."""

from __future__ import annotations

import json
import random
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.executors import InlineExecutor
from flows.pipeline import run_ingest
from flows.progress import Silent
from flows.settings import Settings
from index.terminal import printable
from transforms.versions import MAX_COMPARED, Text, compare, fragments, history
from transforms.versions_html import page

OPENING = "Warga desa memperbaiki tanggul sungai karena hujan deras akan turun lagi pada akhir pekan ini."
SECOND = "Kepala desa mengatakan dua puluh orang mengangkut karung pasir sejak pagi sampai petang."
LAST = "Petugas membawa makanan dan air bersih untuk mereka yang bekerja di tepi sungai."
WORDS = st.lists(st.sampled_from(["air", "batu", "desa", "sungai", "\n\n", "\n", "<b>"]), max_size=25).map(" ".join)
URL = "https://kabarmuara.example/tanggul"


def shown(*texts: str) -> str:
    versions = [Text(f"v{number}", None, text) for number, text in enumerate(texts)]
    return "".join(fragment.text for fragment in fragments(history(versions, printable), brackets=True))


def test_edits_are_shown_by_word_and_moves_by_paragraph() -> None:
    new = SECOND.replace("dua puluh", "tiga puluh lima").replace(" sampai petang", "")
    found = shown(f"{OPENING}\n\n{SECOND}\n\n{LAST}", f"{OPENING}\n\n{new}\n\n{LAST}\n\nHujan turun pada malam hari.")
    assert "[-dua-] {+tiga+} puluh {+lima+} orang" in found
    assert "[-pagi sampai petang.-] {+pagi.+}" in found
    assert found.count("1 paragraph unchanged") == 2
    assert OPENING not in found
    assert "{+Hujan turun pada malam hari.+}" in found
    other = shown(f"{OPENING}\n\n{SECOND}", f"{LAST}\n\n{OPENING}")
    assert f"{{+{LAST}+}}" in other
    assert f"[-{SECOND}-]" in other


@given(WORDS, WORDS)
def test_both_texts_can_be_read_back_from_the_difference(old: str, new: str) -> None:
    parts = [part for paragraph in compare(old, new) for part in (*paragraph.parts, None)]

    def words(leave_out: str) -> list[str]:
        return " ".join("" if part is None or part.change == leave_out else part.text for part in parts).split()

    assert words("new") == old.split()
    assert words("gone") == new.split()


def test_a_text_of_one_endless_line_is_compared_at_once() -> None:
    chance = random.Random(3)
    long = " ".join(chance.choice(["air", "batu", "desa"]) for _ in range(40 * MAX_COMPARED))
    changed = f"{long[:5000]} baru {long[5000:]}"
    assert [part.text.strip() for part in compare(long, changed)[0].parts if part.change == "new"] == ["baru"]
    assert compare(long, " ".join(reversed(long.split())))


def ingest(settings: Settings, source: Path, records: list[dict[str, str]]) -> None:
    source.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    run_ingest(settings, [str(source)], InlineExecutor(), full=False, progress=Silent())


def explain(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments, "--config", str(folder / "config.yaml")])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ledger has an article that changed twice, once under another id of the same address."""
    tmp_path = tmp_path_factory.mktemp("versions")
    (tmp_path / "config.yaml").write_text("data_dir: data\n", encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    first = {"id": "tanggul", "url": URL, "title": "Warga Perbaiki <Tanggul>", "text": f"{OPENING}\n{SECOND}\n{LAST}"}
    second = {**first, "text": first["text"].replace("dua puluh", "dua ratus")}
    ingest(settings, tmp_path / "a.jsonl", [first, {**first, "id": "lain", "url": "", "text": LAST}])
    ingest(settings, tmp_path / "a.jsonl", [second, {**first, "id": "lain", "url": "", "text": LAST}])
    third = {**second, "id": "salinan", "text": f"{second['text']}\n<script>alert('{SECOND}')</script> & selesai."}
    ingest(settings, tmp_path / "b.jsonl", [third])
    return tmp_path


def test_explain_lists_versions_with_their_time_and_what_changed(stored: Path) -> None:
    answer = explain(stored, "tanggul", "--versions")
    assert answer.exit_code == 0, (answer.output, answer.exception)
    assert "3 versions" in answer.stdout
    assert "dua [-puluh-] {+ratus+} orang" in answer.stdout
    assert answer.stdout.count(" UTC (tanggul)") == 3
    assert answer.stdout.count(" UTC (salinan)") == 1
    assert "selesai.+}" in answer.stdout
    alone = explain(stored, "lain", "--versions")
    assert (alone.exit_code, alone.stdout) == (0, "")
    assert "no earlier version" in alone.stderr


def test_the_page_shows_the_same_and_obeys_nothing(tmp_path: Path, stored: Path) -> None:
    out = tmp_path / "versions.html"
    assert explain(stored, "tanggul", "--versions", "--html", str(out)).exit_code == 0
    written = out.read_text(encoding="utf-8")
    assert "<del>puluh</del> <ins>ratus</ins>" in written
    assert "Warga Perbaiki &lt;Tanggul&gt;" in written
    assert "&lt;script&gt;" in written
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)

    Reader().feed(written)
    assert "script" not in tags
    assert {"del", "ins", "section"} <= set(tags)


def test_control_characters_of_a_text_are_shown() -> None:
    steps = history([Text("v1", None, "air \x1b[31m"), Text("v2", "Judul \u202e", "batu")], printable)
    assert "\x1b" not in "".join(fragment.text for fragment in fragments(steps, brackets=False))
    assert "\u202e" not in page("a<b>", steps)
    assert "a&lt;b&gt;" in page("a<b>", steps)


def test_what_is_not_stored_has_no_versions(stored: Path) -> None:
    answer = explain(stored, "tidak-ada", "--versions")
    assert answer.exit_code == 1
    assert "no document of this id" in str(answer.exception)
