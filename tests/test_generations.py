"""Index generations: created aside, verified, promoted, rolled back, pruned."""

from pathlib import Path

import pytest

from index.generations import Generations
from index.records import IndexRecord
from index.writer import IndexWriter
from transforms.errors import IndexMismatchError, IndexUnavailableError


def fill(path: Path, count: int) -> None:
    records = [
        IndexRecord(f"n{n}", f"Judul {n}", "isi berita", None, None, (), "id", None, None, "s") for n in range(count)
    ]
    with IndexWriter(path) as writer:
        writer.apply(records)


def test_a_life_of_generations(tmp_path: Path) -> None:
    generations = Generations(tmp_path / "index")
    assert generations.current() is None
    assert generations.list() == []
    with pytest.raises(IndexUnavailableError, match="no index yet"):
        generations.current_path()
    for number, name in enumerate(("a1", "b2", "c3", "d4"), start=1):
        path = generations.create(name)
        assert path.stat().st_mode & 0o777 == 0o700
        fill(path, number)
        generations.verify(name, number)
        generations.promote(name)
        assert generations.current() == name
    assert [(info.name, info.documents, info.current) for info in generations.list()] == [
        ("a1", 1, False),
        ("b2", 2, False),
        ("c3", 3, False),
        ("d4", 4, True),
    ]
    assert all(info.bytes > 0 and info.created_at.startswith("20") for info in generations.list())
    assert generations.rollback() == "c3"
    assert generations.current() == "c3"
    assert generations.rollback() == "d4"
    assert generations.prune(3) == ("a1",)
    assert generations.prune(1) == ("b2",)
    assert [info.name for info in generations.list()] == ["c3", "d4"]


def test_only_what_is_neither_searched_nor_kept_is_discarded(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for name in ("a", "b", "c"):
        generations.create(name)
    for name in ("a", "b"):
        generations.promote(name)
    for name in ("a", "b", "c", "never-made"):
        generations.discard(name)
    assert [info.name for info in generations.list()] == ["a", "b"]


def test_a_wrong_count_is_not_verified(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    fill(generations.create("a"), 2)
    with pytest.raises(IndexMismatchError, match="holds 2 documents, expected 3"):
        generations.verify("a", 3)


def test_damage_is_found(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    path = generations.create("a")
    fill(path, 50)
    segment = next(path.glob("*.seg"))
    segment.write_bytes(segment.read_bytes()[: segment.stat().st_size // 2])
    with pytest.raises(IndexUnavailableError):
        generations.verify("a", 50)


def test_a_single_changed_byte_is_found(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    path = generations.create("a")
    fill(path, 50)
    segment = next(path.glob("*.seg"))
    content = bytearray(segment.read_bytes())
    content[len(content) // 3] ^= 1
    segment.write_bytes(content)
    with pytest.raises(IndexUnavailableError, match="damaged"):
        generations.verify("a", 50)


def test_names_are_checked(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    for name in ("", "../x", "a/b", ".hidden", "x" * 200):
        with pytest.raises(ValueError, match="cannot name a generation"):
            generations.create(name)
    generations.create("a")
    with pytest.raises(IndexUnavailableError, match="exists already"):
        generations.create("a")


def test_a_pointer_to_nowhere_is_an_error_to_explain(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("../../etc\n")
    with pytest.raises(IndexUnavailableError, match="does not name a generation"):
        Generations(tmp_path).current()


def test_rollback_needs_an_earlier_generation(tmp_path: Path) -> None:
    generations = Generations(tmp_path)
    generations.create("a")
    generations.promote("a")
    with pytest.raises(IndexUnavailableError, match="no earlier generation"):
        generations.rollback()
    with pytest.raises(IndexUnavailableError, match="not an index"):
        generations.promote("zzz")
