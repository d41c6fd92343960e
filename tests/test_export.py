"""``saring export``: what a ledger holds, as a file for other programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web_site import ROOT, ingest, saring, settings

from flows.commands.exporting import export
from flows.export import parquet_writer, whole_file, write_jsonl
from index.ledger import Ledger
from index.ledger_export import Selection, selected_documents
from index.ledger_views import StoredDocument
from transforms.errors import ConfigError, LedgerError, SaringError

COPY = (
    "Nelayan Karimba mulai memakai lampu hemat daya di perahu mereka sejak awal bulan ini, kata ketua kelompok nelayan."
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    records = [
        {"id": "lampu-1", "text": COPY, "outlet": "Warta Karimba", "date": "2024-02-29", "title": "Lampu Nelayan"},
        {"id": "lampu-2", "text": COPY, "outlet": "Kabar Sempana", "date": "2024-03-01", "title": "Lampu Nelayan"},
        {"id": "tanpa-tanggal", "text": "Tambak garam di Teluk Wanasari panen lebih awal, kata petani.", "outlet": "X"},
    ]
    source = folder / "records.jsonl"
    source.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    ingest(folder / "data", ROOT / "examples/raw/kabarteluk", source)
    return folder / "data"


def selected(data: Path, **options: Any) -> list[str]:
    with Ledger.open(settings(data).ledger_url, read_only=True) as ledger, ledger.reading() as connection:
        return [document.id for document in selected_documents(connection, Selection(**options))]


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_lines_are_those_of_clean_and_where_a_document_belongs(data: Path) -> None:
    exported = saring(data, "export", "--all-copies", "-")
    assert exported.returncode == 0, exported.stderr
    found = {row["id"]: row for row in rows(exported.stdout)}
    path = "examples/raw/kabarteluk/pelabuhan-feri.txt"
    cleaned = rows(saring(data, "clean", "--json", path).stdout)[0]
    row = found["pelabuhan-feri"]
    assert list(row)[: len(cleaned)] == list(cleaned)
    assert list(row)[len(cleaned) :] == ["url", "duplicate_of", "duplicate_kind", "similarity"]
    own = {"id", "source"}
    assert {name: row[name] for name in cleaned if name not in own} == {
        name: value for name, value in cleaned.items() if name not in own
    }
    assert (found["lampu-1"]["duplicate_of"], found["lampu-2"]["duplicate_of"]) == (None, "lampu-1")
    assert found["lampu-2"]["duplicate_kind"] == "exact"


def test_copies_are_left_out_unless_asked_for(data: Path) -> None:
    assert set(selected(data, all_copies=True)) - set(selected(data)) == {"lampu-2"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"outlet": "warta KARIMBA"}, ["lampu-1"]),
        ({"outlet": "karimba", "language": "en"}, []),
        ({"since": 20240229000000, "until": 20240229235959}, ["lampu-1"]),
        ({"since": 20240301000000, "until": 20240301235959, "all_copies": True}, ["lampu-2"]),
        ({"until": 20240228235959}, []),
    ],
)
def test_filters_are_those_of_a_search(data: Path, options: dict[str, Any], expected: list[str]) -> None:
    assert [name for name in selected(data, **options) if name.startswith("lampu")] == expected


def test_a_document_without_a_date_is_in_no_span(data: Path) -> None:
    assert "tanpa-tanggal" in selected(data)
    assert "tanpa-tanggal" not in selected(data, until=99991231235959)


def test_held_documents_are_left_out(data: Path) -> None:
    with Ledger.open(settings(data).ledger_url) as ledger:
        ledger.hold(["tanpa-tanggal"], "run", "a test")
        try:
            assert "tanpa-tanggal" not in selected(data)
        finally:
            ledger.release(["tanpa-tanggal"], "run")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "articles.jsonl"
    out.write_text("before")

    def fails(out: Path) -> None:
        with whole_file(out) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails(out)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    with whole_file(out) as stream:
        stream.write(b"after")
        assert out.read_text() == "before"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["after"]


def test_a_link_keeps_pointing_at_the_file(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with whole_file(tmp_path / "link") as stream:
        stream.write(b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "after"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
def test_a_full_disk_is_said() -> None:
    def fill() -> None:
        with whole_file(Path("/dev/full")) as stream:
            stream.write(b"x")

    with pytest.raises(SaringError, match="No space left"):
        fill()
    assert Path("/dev/full").exists()


def test_a_wrong_day_ends_with_words() -> None:
    done = saring(Path("none"), "export", "-", "--since", "kemarin")
    assert (done.returncode, "--since" in done.stderr, done.stdout) == (2, True, ""), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"out": "-", "since": "2025", "until": "2024"}, ConfigError, "lies before"),
        ({"out": "-", "form": "parquet"}, ConfigError, "name a file"),
        ({"out": "no-such-folder/out.jsonl"}, ConfigError, "no-such-folder"),
        ({"out": "-"}, LedgerError, "run `saring ingest`"),
    ],
)
def test_errors_in_words(
    data: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], error: type[SaringError], said: str
) -> None:
    monkeypatch.setenv("SARING_DATA_DIR", str(data) if error is ConfigError else "none")
    with pytest.raises(error, match=said):
        export(**arguments)


def damaged(data: Path) -> Iterator[StoredDocument]:
    """A stored document with half a surrogate pair in its text, as damaged input leaves it."""
    with Ledger.open(settings(data).ledger_url, read_only=True) as ledger:
        document = ledger.document("lampu-1")
    assert document is not None
    yield replace(document, text="a\ud83db")


def test_half_surrogates_survive(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with whole_file(out) as stream:
        assert write_jsonl(damaged(data), stream) == 1
    assert json.loads(out.read_bytes())["text"] == "a\ud83db"


def test_parquet_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"saring\[parquet\]"):
        parquet_writer()


def test_parquet_holds_the_same_documents(data: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra saring[parquet]")
    out = tmp_path / "articles.parquet"
    done = saring(data, "export", "--all-copies", out)
    assert done.returncode == 0, done.stderr
    lines = rows(saring(data, "export", "--all-copies", "-").stdout)
    for line in lines:
        del line["removals"]
    assert parquet.read_table(out).to_pylist() == lines


def test_parquet_replaces_half_surrogates(data: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra saring[parquet]")
    out = tmp_path / "articles.parquet"
    with whole_file(out) as stream:
        assert parquet_writer()(damaged(data), stream) == 1
    assert parquet.read_table(out).to_pylist()[0]["text"] == "a\ufffdb"
