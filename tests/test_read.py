"""Reading from outside: real files of every format, whole and damaged."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from pathlib import Path

import fsspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from transforms.models import RawDocument, Rejected, SourceFile
from transforms.read import ReadSettings, discover, hash_of, read

ARTICLE = "Warga Desa Sukamaju memanen cabai lebih awal.\nHarga di pasar naik sejak pekan lalu."


def read_all(path: Path, settings: ReadSettings | None = None) -> list[RawDocument | Rejected]:
    return [
        document
        for source in discover([str(path)])
        for document in (read(source, settings or ReadSettings()) if isinstance(source, SourceFile) else [source])
    ]


def errors(found: list[RawDocument | Rejected]) -> list[str]:
    return [one.error for one in found if isinstance(one, Rejected)]


def texts(found: list[RawDocument | Rejected]) -> list[str]:
    return [one.text for one in found if isinstance(one, RawDocument)]


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = data.encode() if isinstance(data, str) else data
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", ARTICLE),
        ("a.jsonl", json.dumps({"text": ARTICLE}) + "\n"),
        ("a.ndjson", json.dumps({"isi": ARTICLE}) + "\n"),
        ("a.json", json.dumps([{"content": ARTICLE}])),
        ("a.json", json.dumps({"status": "ok", "articles": [{"body": ARTICLE}]})),
        ("a.json", json.dumps({"text": ARTICLE}, indent=1)),
        ("a.csv", f'judul;isi\nPanen;"{ARTICLE}"\n'),
        ("a.csv", f'\ufeffjudul,isi\nPanen,"{ARTICLE}"\n'),
        ("a.tsv", "title\ttext\nPanen\t" + ARTICLE.replace("\n", " ") + "\n"),
    ],
)
def test_every_format_gives_the_text(tmp_path: Path, name: str, content: str, ending: str) -> None:
    found = read_all(write(tmp_path / (name + ending), content))
    assert [text.replace("\n", " ") for text in texts(found)] == [ARTICLE.replace("\n", " ")]
    assert errors(found) == []


def test_ids_and_sources(tmp_path: Path) -> None:
    write(tmp_path / "desa/panen.v2.txt.gz", ARTICLE)
    write(tmp_path / "rekor.jsonl", '{"id": 7, "text": "tujuh"}\n\n{"text": "tanpa id"}\n')
    write(tmp_path / "tabel.csv", 'text\n"dua\nbaris"\nsatu\n')
    found = [one for one in read_all(tmp_path) if isinstance(one, RawDocument)]
    assert [(one.id, Path(one.source).name) for one in found] == [
        ("7", "rekor.jsonl#1"),
        ("rekor#3", "rekor.jsonl#3"),
        ("tabel#2", "tabel.csv#2"),
        ("tabel#4", "tabel.csv#4"),
        ("desa/panen.v2", "panen.v2.txt.gz"),
    ]


def test_own_fields_are_found_and_mapped(tmp_path: Path) -> None:
    record = {"isi": "Isi.", "Judul": "J", "tautan": "https://kabar.example/1", "tanggal": "1/2/2024", "bahasa": "id"}
    path = write(tmp_path / "a.jsonl", json.dumps({**record, "source": {"name": "Kabar"}, "catatan": "Lain."}))
    (found,) = read_all(path)
    assert isinstance(found, RawDocument)
    assert (found.text, found.title, found.url) == ("Isi.", "J", "https://kabar.example/1")
    assert (found.date, found.language, found.outlet) == ("1/2/2024", "id", "Kabar")
    (mapped,) = read_all(path, ReadSettings(fields={"text": ["catatan"]}))
    assert isinstance(mapped, RawDocument)
    assert mapped.text == "Lain."


def test_bad_lines_are_reported_and_the_run_goes_on(tmp_path: Path) -> None:
    lines = ['{"text": "satu"}', "{rusak}", "[1]", '{"judul": "x"}', '{"text": "  "}', '{"text": "dua"}']
    found = read_all(write(tmp_path / "a.jsonl", "\n".join(lines)))
    assert texts(found) == ["satu", "dua"]
    assert errors(found) == ["invalid_json", "invalid_json", "missing_text", "empty"]
    missing = next(one for one in found if isinstance(one, Rejected) and one.error == "missing_text")
    assert missing.place == "line 4"
    assert "judul" in missing.message


def test_what_utf8_cannot_hold_is_replaced(tmp_path: Path) -> None:
    (found,) = read_all(write(tmp_path / "a.jsonl", r'{"text": "a\ud800b\u0000c", "title": "\udfff"}'))
    assert isinstance(found, RawDocument)
    assert (found.text, found.title) == ("a\ufffdb\ufffdc", "\ufffd")
    assert len(found.warnings) == 3


def test_records_in_a_legacy_encoding(tmp_path: Path) -> None:
    found = read_all(write(tmp_path / "a.jsonl", '{"text": "Kopi di café – enak"}'.encode("cp1252")))
    assert texts(found) == ["Kopi di café – enak"]
    assert texts(read_all(write(tmp_path / "b.csv", "text\nKopi di café – enak\n".encode("cp1252")))) == texts(found)


def test_html_is_recognised(tmp_path: Path) -> None:
    page = "<p>Satu.</p><p>Dua <b>tiga</b>.</p>"
    write(tmp_path / "a.jsonl", json.dumps({"text": page}) + "\n" + json.dumps({"text": "jika a < b dan b > c"}))
    write(tmp_path / "b.html", page)
    write(tmp_path / "c.txt", "<!DOCTYPE html><html><body>x</body></html>")
    assert [one.media for one in read_all(tmp_path) if isinstance(one, RawDocument)] == ["html", "text", "html", "html"]


@pytest.mark.parametrize(("ending", "code"), [(".gz", "truncated_gzip"), (".zst", "truncated_zstd")])
def test_documents_before_the_damage_are_read(tmp_path: Path, ending: str, code: str) -> None:
    lines = "".join(json.dumps({"text": f"teks {n} {os.urandom(20).hex()}"}) + "\n" for n in range(5000))
    path = write(tmp_path / f"a.jsonl{ending}", lines)
    path.write_bytes(path.read_bytes()[:-2000])
    found = read_all(path)
    assert len(texts(found)) > 1000
    assert errors(found) == [code]
    assert isinstance(found[-1], Rejected)
    assert found[-1].place == f"after line {len(found) - 1}"


def test_damaged_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(b"no gzip at all")
    assert errors(read_all(path)) == ["damaged_gzip"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \r\n\t", "empty"),
        ("a.txt", b"\0\1\2" * 100, "binary"),
        ("a.jsonl", b"", "empty"),
        ("a.json", b"", "empty"),
        ("a.csv", b"\n\n", "empty"),
        ("a.csv", b"nama,umur\nBudi,3\n", "missing_text"),
        ("a.json", b'[{"text": "x"}, {"text', "invalid_json"),
        ("a.json", b"[" * 200_000, "invalid_json"),
        ("a.jsonl", b"[" * 200_000, "invalid_json"),
        ("a.txt", b"x" * 2_000_001, "too_long"),
        ("a.txt.gz", b"x" * 30_000_000, "too_long"),
        ("a.jsonl", b'{"text": "' + b"x" * 2_000_001 + b'"}', "too_long"),
        ("a.csv", b"text\n" + b"x" * 14_000_000, "too_long"),
    ],
)
def test_bad_input_is_rejected_with_a_code(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    found = errors(read_all(write(tmp_path / name, data)))
    assert found[0] == code


def test_a_huge_line_costs_no_memory_and_the_next_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", b'{"text": "' + b"x" * 60_000_000 + b'"}\n{"text": "berikut"}\n')
    settings = ReadSettings(max_characters=10_000)
    tracemalloc.start()
    found = read_all(path, settings)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert errors(found) == ["too_long"]
    assert texts(found) == ["berikut"]
    assert peak < 10_000_000


def test_an_array_is_read_without_holding_it(tmp_path: Path) -> None:
    records = [{"id": n, "text": f"isi {n} " + "kata " * 400} for n in range(4000)]
    path = write(tmp_path / "a.json", json.dumps(records))
    source = next(iter(discover([str(path)])))
    assert isinstance(source, SourceFile)
    tracemalloc.start()
    count = sum(1 for _ in read(source, ReadSettings()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 4000
    assert peak < 2_000_000 < path.stat().st_size


def test_a_stray_quote_costs_one_record(tmp_path: Path) -> None:
    rows = ["id,text", '1,"benar, ya"', '2,"tanpa akhir', "3,tiga", '4,"dia bilang ""ya"""', "5,koma,lebih"]
    found = read_all(write(tmp_path / "a.csv", "\n".join(rows)))
    assert texts(found) == ["benar, ya", "tiga", 'dia bilang "ya"']
    assert errors(found) == ["invalid_csv", "invalid_csv"]


def test_an_unclosed_quote_is_given_up_at_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'text\n"terbuka\n' + ("baris " * 15 + "\n") * 15_000)
    found = read_all(path, ReadSettings(max_characters=100))
    assert errors(found) == ["too_long"]
    assert len(texts(found)) == 15_000


def test_quotation_marks_in_tsv_are_text(tmp_path: Path) -> None:
    assert texts(read_all(write(tmp_path / "a.tsv", 'id\ttext\n1\t"Siap," katanya.\n'))) == ['"Siap," katanya.']


def test_discovery_is_sorted_complete_and_safe(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.txt.gz", ".hidden.txt", ".git/x.txt", "catatan.md"):
        write(tmp_path / name, "x")
    (tmp_path / "sub/loop").symlink_to(tmp_path)
    (tmp_path / "putus.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipa.txt")
    found = list(discover([str(tmp_path), str(tmp_path / "a.txt"), str(tmp_path / "tak-ada")]))
    files = [Path(one.path).name for one in found if isinstance(one, SourceFile)]
    rejected = {Path(one.source).name: one.error for one in found if isinstance(one, Rejected)}
    assert files == ["a.txt", "b.txt", "c.txt.gz"]
    assert rejected == {
        "catatan.md": "unsupported_format",
        "putus.txt": "not_found",
        "pipa.txt": "unsupported_format",
        "tak-ada": "not_found",
    }


def test_globs_and_urls(tmp_path: Path) -> None:
    for name in ("x/a.txt", "x/b.txt", "y/a.txt"):
        write(tmp_path / name, name)
    found = [one for pattern in ("*/a.txt", "**/b.txt") for one in discover([str(tmp_path / pattern)])]
    assert [Path(one.path).relative_to(tmp_path).as_posix() for one in found if isinstance(one, SourceFile)] == [
        "x/a.txt",
        "y/a.txt",
        "x/b.txt",
    ]
    assert list(discover([f"file://{tmp_path}/x/a.txt"])) == list(discover([str(tmp_path / "x/a.txt")]))
    assert [one.error for one in discover([str(tmp_path / "*.json")]) if isinstance(one, Rejected)] == ["not_found"]


def test_remote_files(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/baca/dalam/a.jsonl", b'{"text": "dari jauh"}\n')
    memory.pipe("/baca/b.txt", b"juga")
    found = [document for source in discover(["memory://baca"]) for document in read(source, ReadSettings())]  # type: ignore[arg-type] # all are files
    assert {(one.id, one.text) for one in found if isinstance(one, RawDocument)} == {
        ("b", "juga"),
        ("dalam/a#1", "dari jauh"),
    }
    assert [one.error for one in discover(["memory://kosong/tak-ada.txt"]) if isinstance(one, Rejected)] == [
        "not_found"
    ]
    assert [one.error for one in discover(["bukan-protokol://x/a.txt"]) if isinstance(one, Rejected)] == ["unreadable"]


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "x")
    (source,) = discover([str(path)])
    path.unlink()
    assert isinstance(source, SourceFile)
    assert errors(list(read(source, ReadSettings()))) == ["vanished"]


def test_the_hash_is_of_the_content_only() -> None:
    one = RawDocument(id="a", source="x", text="t", title="j")
    assert hash_of(one) == hash_of(RawDocument(id="b", source="y", text="t", title="j"))
    assert len({hash_of(one), hash_of(RawDocument("a", "x", "tj")), hash_of(RawDocument("a", "x", "t", url="j"))}) == 3
    assert len(hash_of(one)) == 32


@given(
    data=st.binary(max_size=300),
    name=st.sampled_from(["a.txt", "a.html", "a.jsonl", "a.json", "a.csv", "a.tsv.gz", "a.txt.zst"]),
)
def test_no_bytes_make_it_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    found = read_all(path)
    assert found or data.isspace() or name not in ("a.txt", "a.html")
    for one in found:
        if isinstance(one, RawDocument):
            one.text.encode("utf-8")
