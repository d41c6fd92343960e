"""Explanations: nothing of the input is missing, nothing of it is obeyed, and each removal says why."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.commands import quality
from flows.commands.explaining import KIND_COLOURS, CleanedFile
from index.ledger import Ledger
from index.terminal import printable
from transforms.errors import ConfigError, LedgerError
from transforms.explain import KIND_REASONS, Explanation, explain, fragments
from transforms.explain_html import STYLE, page
from transforms.models import Document, Removal, Repair
from transforms.process import StageClock, process
from transforms.read import ReadSettings, discover, read
from transforms.rules import load_rules
from transforms.step_rules import STEP_RULES

RAW = "Panen Raya\n\nPetani Lembah Rawi panen cabai.Hasilnya naik. Baca juga: Harga <b>Turun</b> & Naik\n\n(rn/sa)\n"
ROOT = Path(__file__).parent.parent
LINK = "Baca juga: Harga <b>Turun</b> & Naik"
VOID = {"meta", "br", "input"}


def document(
    raw: str = RAW,
    removals: tuple[Removal, ...] | None = None,
    repairs: tuple[Repair, ...] = (),
    title: str | None = "Panen Raya",
    warnings: tuple[str, ...] = (),
) -> CleanedFile:
    if removals is None:
        removals = (
            removal(LINK, "related.inline", "related_link", 0.61),
            removal("(rn/sa)", "own.rule", "byline_signoff"),
        )
    return CleanedFile("panen", "raw/panen.txt", title, raw, removals, repairs, warnings, "abc123")


def removal(text: str, rule: str, kind: Any, confidence: float = 1.0, raw: str = RAW) -> Removal:
    return Removal(raw.index(text), raw.index(text) + len(text), text, rule, kind, confidence)


def explained(*args: Any, **kwargs: Any) -> Explanation:
    return explain(document(*args, **kwargs), {"own.rule": "Reporters sign below the text."}, printable)


def plain(explanation: Explanation) -> str:
    return "".join(fragment.text for fragment in fragments(explanation, brackets=True))


class Page(HTMLParser):
    """Reads a page back: its texts by class, its attributes, and whether its elements nest."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[tuple[str, set[str]]] = []
        self.raw = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, set((dict(attrs).get("class") or "").split())))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        classes = set().union(*(names for _, names in self.open))
        if "raw" in classes and not classes & {"name", "why", "fix"}:
            self.raw += data

    def having(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]


def test_text_marks_every_removal_in_place_with_rule_kind_and_confidence() -> None:
    shown = plain(explained())
    assert f"naik. [-{LINK}-]{{related.inline related_link 0.61}}\n\n[-(rn/sa)-]" in shown
    assert f"{len(LINK) + 7} of {len(RAW)} characters removed" in shown
    assert "in 2 places; rules abc123" in shown


def test_reasons_come_from_the_rule_and_else_from_its_kind() -> None:
    shown = plain(explained())
    assert "own.rule  byline_signoff: 1 removal, 7 characters\n  Reporters sign below the text." in shown
    assert KIND_REASONS["related_link"] in shown


def test_repairs_stand_where_they_were_made() -> None:
    repairs = (Repair(RAW.index("Hasilnya"), "space_at_join"), Repair(RAW.index("Harga"), "mojibake"))
    shown = plain(explained(repairs=repairs))
    assert "cabai.[+space_at_join+]Hasilnya" in shown
    # Inside a removal there is no kept text to mark: the mark follows it.
    assert "0.61}[+mojibake+]\n\n" in shown
    assert "2 repairs" in shown


def test_warnings_and_untitled_documents_are_shown() -> None:
    shown = plain(explained(title=None, warnings=("not sure \x07",)))
    assert shown.startswith("panen\nraw/panen.txt\n")
    assert "warning: not sure \\x07" in shown


def test_control_characters_of_the_text_are_shown_not_sent() -> None:
    raw = "satu \x1b[31mdua\x1b[0m \u202etiga\x00\r\nempat"
    result = explained(raw, (Removal(5, 13, raw[5:13], "r\x1b", "other", 1.0),), title="\x1b]0;judul\x07")
    for shown in (plain(result), page(result)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", shown.replace("r\x1b", ""))
        assert "\\x1b[31mdua" in shown


def test_line_ends_of_windows_are_plain_line_ends() -> None:
    raw = "satu\r\ndua\r\n"
    assert "satu\n[-dua-]" in plain(explained(raw, (removal("dua", "r", "other", raw=raw),)))


def test_long_markup_is_abridged_and_other_removals_never() -> None:
    script, passage = f"<script>{'x' * 5000}</script>", "ulang " * 500
    raw = f"{script}satu{passage}"
    removals = (removal(script, "html", "markup", raw=raw), removal(passage, "repeat", "repeated_body", raw=raw))
    shown = plain(explained(raw, removals))
    assert "characters …" in shown
    assert "x" * 500 not in shown
    assert passage in shown


def test_document_without_removals_and_empty_document() -> None:
    assert "0 of 4 characters removed (0.0%) in 0 places" in plain(explained("satu", ()))
    assert "Nothing was removed." in page(explained("satu", ()))
    assert Page(page(explained("", ()))).raw == ""


def test_page_shows_the_escaped_text_and_says_why() -> None:
    found = Page(page(explained(repairs=(Repair(RAW.index("Hasilnya"), "space_at_join"),))))
    assert found.raw == RAW
    link, signoff = found.having("cut")
    assert "related.inline (related link, confidence 0.61)" in (link["title"] or "")
    assert "doubtful" in (link["class"] or "").split()
    assert "doubtful" not in (signoff["class"] or "").split()
    assert "Reporters sign below the text." in (signoff["title"] or "")
    assert "A space was set" in (found.having("fix")[0]["title"] or "")


def test_page_is_reachable_by_keyboard_and_its_references_hold() -> None:
    found = Page(page(explained()))
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in found.tags:
        assert attrs.get("aria-describedby", ids[0]) in ids
        assert (attrs.get("href") or f"#{ids[0]}").removeprefix("#") in ids
    assert all(attrs["tabindex"] == "0" for attrs in found.having("cut"))


def test_page_is_self_contained_and_has_no_script() -> None:
    source = page(explained())
    found = Page(source)
    assert not [tag for tag, _ in found.tags if tag in ("script", "link", "img", "iframe")]
    assert not [attrs for _, attrs in found.tags if any(name.startswith("on") or name == "style" for name in attrs)]
    assert not re.search(r"https?://|url\(|@import", source)
    assert 'name="viewport"' in source
    assert "prefers-color-scheme" in STYLE


def test_every_rule_that_is_code_has_a_reason() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "transforms").glob("*.py"))
    named = set(re.findall(r'"((?:title|related|repeat|html)\.[a-z_]+)"', sources))
    assert named
    assert named <= set(STEP_RULES)


def test_every_kind_has_a_colour_and_a_reason() -> None:
    for kind in KIND_REASONS:
        assert f".k-{kind}{{" in STYLE
    assert set(KIND_REASONS) - set(KIND_COLOURS) == {"markup", "other"}


@given(st.text(max_size=60), st.data())
def test_parts_cover_the_whole_input(raw: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=8)))
    spans = list(zip(bounds[::2], bounds[1::2], strict=False))
    removals = tuple(Removal(start, end, raw[start:end], "r", "promo", 0.5) for start, end in spans)
    repairs = tuple(Repair(at, "mojibake") for at in data.draw(st.lists(st.integers(0, len(raw)), max_size=3)))
    result = explain(document(raw, removals, repairs), {}, str)
    assert "".join(part.text for part in result.parts) == raw.replace("\r\n", "\n")
    assert [part.removal for part in result.parts if part.removal] == list(removals)
    assert result.repairs == len(repairs)
    assert result.removed == sum(end - start for start, end in spans)
    shown = explain(document(raw, removals, repairs), {}, printable)
    assert Page(page(shown)).raw == printable(raw.replace("\r\n", "\n"))


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    quality.register(app)
    return app


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "panen.txt"
    body = "Petani Lembah Rawi memanen cabai lebih awal karena hujan datang terlambat tahun ini."
    path.write_text(f"{body}\n\nBaca juga: Harga Cabai Turun\n\n{body.replace('cabai', 'tomat')}\n", encoding="utf-8")
    return path


def test_a_file_is_cleaned_on_the_spot(command: typer.Typer, article: Path) -> None:
    run = CliRunner().invoke(command, ["explain", str(article)])
    assert run.exit_code == 0, run.output
    assert re.search(r"\[-Baca juga: Harga Cabai Turun-\]\{related\.\w+ related_link \d\.\d\d\}", run.stdout)
    assert "\x1b" not in run.stdout


def test_a_page_is_written(command: typer.Typer, article: Path, tmp_path: Path) -> None:
    out = tmp_path / "panen.html"
    run = CliRunner().invoke(command, ["explain", str(article), "--html", str(out)])
    assert run.exit_code == 0, run.output
    assert Page(out.read_text(encoding="utf-8")).raw == article.read_text(encoding="utf-8")
    missing = CliRunner().invoke(command, ["explain", str(article), "--html", str(tmp_path / "no" / "x.html")])
    assert isinstance(missing.exception, ConfigError)


def test_one_record_of_many_is_chosen_by_its_number(command: typer.Typer, tmp_path: Path) -> None:
    records = tmp_path / "panen.jsonl"
    lines = [
        f'{{"id": "{word}", "text": "Petani {word} memanen cabai lebih awal tahun ini."}}' for word in ("satu", "dua")
    ]
    records.write_text("\n".join(lines), encoding="utf-8")
    both = CliRunner().invoke(command, ["explain", str(records)])
    assert "Petani satu" in both.stdout
    assert "Petani dua" in both.stdout
    second = CliRunner().invoke(command, ["explain", f"{records}#2"])
    assert "Petani satu" not in second.stdout
    assert "Petani dua" in second.stdout
    two_pages = CliRunner().invoke(command, ["explain", str(records), "--html", str(tmp_path / "x.html")])
    assert "more than one document" in str(two_pages.exception)
    assert "no document" in str(CliRunner().invoke(command, ["explain", f"{records}#9"]).exception)


def test_what_is_neither_file_nor_id_is_an_error(command: typer.Typer) -> None:
    run = CliRunner().invoke(command, ["explain", "tiada"])
    assert isinstance(run.exception, LedgerError)
    assert "tiada: no such file" in str(run.exception)


def test_an_id_is_looked_up_in_the_ledger(command: typer.Typer, article: Path) -> None:
    rules = load_rules()
    (raw,) = read(next(iter(discover([str(article)]))), ReadSettings())
    stored = process(raw, rules, StageClock())
    assert isinstance(stored, Document)
    with Ledger.open("data/ledger.sqlite") as ledger:
        ledger.start_run("run1", "2024-06-03T00:00:00+00:00")
        ledger.record("run1", "2024-06-03T00:00:00+00:00", [stored])
        ledger.hold([stored.id], "run1", "more went than usual")
    from_file = CliRunner().invoke(command, ["explain", str(article)])
    article.unlink()
    run = CliRunner().invoke(command, ["explain", "panen"])
    assert run.exit_code == 0, run.output
    assert "related_link" in run.stdout
    assert "panen is held: more went than usual" in run.stderr
    assert [line for line in run.stdout.splitlines() if "[-" in line] == [
        line for line in from_file.stdout.splitlines() if "[-" in line
    ]
    missing = CliRunner().invoke(command, ["explain", "tiada"])
    assert "no document of this id" in str(missing.exception)
    listed = json.loads(CliRunner().invoke(command, ["rules", "list", "--json"]).stdout)
    assert sum(rule["hits"] for rule in listed) == len(stored.removals)
