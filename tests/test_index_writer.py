"""The index writer: batches, replacements, failures, locks, crashes, segments built elsewhere."""

import errno
import gc
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from index.engine import open_engine
from index.generations import Generations
from index.merging import MAX_SEGMENTS
from index.records import Copy, IndexRecord
from index.search import search
from index.segments import SegmentResult, build_segment, build_segments
from index.storage import DurableStorage
from index.writer import IndexWriter, count_documents, read_toc
from transforms.errors import IndexLockedError, IndexUnavailableError

WORDS = [
    "nelayan",
    "perahu",
    "pasar",
    "ikan",
    "gubernur",
    "pelabuhan",
    "musim",
    "hujan",
    "koperasi",
    "jaring",
    "dermaga",
    "harga",
    "panen",
    "desa",
]


def record(number: int, text: str | None = None, **values: object) -> IndexRecord:
    chance = random.Random(number)
    body = text if text is not None else " ".join(chance.choice(WORDS) for _ in range(40))
    fields: dict[str, object] = {
        "id": f"d{number:05d}",
        "title": f"Kabar {number} dari {chance.choice(WORDS)}",
        "text": body,
        "outlet": f"kabar{number % 3}.example",
        "place": "Tegalsari",
        "authors": ("Rini Wulan",),
        "language": "id",
        "published_at": f"2024-0{1 + number % 9}-10T08:00:00Z",
        "url": None,
        "source": f"berkas/{number}.txt",
        "copies": (),
    }
    return IndexRecord(**{**fields, **values})  # type: ignore[arg-type]  # fields by keyword


@pytest.fixture
def path(tmp_path: Path) -> Path:
    generations = Generations(tmp_path / "index")
    path = generations.create("satu")
    generations.promote("satu")
    return path


def found(path: Path, query: str) -> list[str]:
    return [hit.id for hit in search(path.parent.parent, query, per_page=100).hits]


def test_a_batch_is_one_commit_with_counts(path: Path) -> None:
    with IndexWriter(path) as writer:
        first = writer.apply(record(n) for n in range(20))
        second = writer.apply([record(3, "kata baru senja"), record(99)], deletes=["d00001", "tidak-ada"])
    assert (first.added, first.deleted, first.replaced, first.total) == (20, 0, 0, 20)
    assert (second.added, second.deleted, second.replaced, second.total) == (2, 1, 1, 20)
    assert found(path, "senja") == ["d00003"]
    assert count_documents(path) == 20


def test_the_last_of_one_id_in_a_batch_stays(path: Path) -> None:
    with IndexWriter(path) as writer:
        result = writer.apply([record(1, "pertama"), record(1, "kedua"), record(1, "ketiga")])
    assert (result.added, result.total) == (1, 1)
    assert found(path, "ketiga") == ["d00001"]
    assert found(path, "pertama") == []


def test_an_id_that_is_added_and_deleted_stays(path: Path) -> None:
    with IndexWriter(path) as writer:
        assert writer.apply([record(1)], deletes=["d00001"]).total == 1


def test_a_broken_record_is_reported_and_costs_nothing_else(path: Path) -> None:
    with IndexWriter(path) as writer:
        writer.apply([record(2, "versi lama")])
        broken = record(2, text=None, title="x")
        object.__setattr__(broken, "text", 17)
        result = writer.apply([record(1), broken, record(3)])
    assert [failure.id for failure in result.failures] == ["d00002"]
    assert result.failures[0].error == "TypeError"
    assert (result.added, result.total) == (2, 3)
    assert found(path, "versi") == ["d00002"]
    assert search(path.parent.parent, "nelayan OR ikan OR pasar").hits[0].title


def test_odd_values_are_indexed(path: Path) -> None:
    odd = [
        record(1, "", title=None, outlet=None, place=None, authors=(), published_at=None, language="und"),
        record(2, "lone \ud800 surrogate x\x00y", title="\udfff"),
        record(3, "a" * 100_000 + " akhir"),
        record(4, "東京の記事", language="ja"),
    ]
    with IndexWriter(path) as writer:
        assert writer.apply(odd).total == 4
    assert found(path, "akhir") == ["d00003"]
    assert found(path, "東京") == ["d00004"]


def test_an_empty_batch_changes_nothing(path: Path) -> None:
    with IndexWriter(path) as writer:
        assert writer.apply([]).total == 0
        writer.apply([record(1)])
        assert writer.apply([], deletes=["d00001"]).total == 0
    assert found(path, "kabar") == []


def test_only_one_writer(path: Path) -> None:
    with IndexWriter(path), pytest.raises(IndexLockedError, match="another process"):
        IndexWriter(path).__enter__()
    with IndexWriter(path) as writer:
        assert writer.apply([record(1)]).total == 1
    with pytest.raises(IndexLockedError, match="inside"):
        writer.apply([record(2)])


def test_a_strange_folder_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "MAIN_1.toc").write_bytes(b"whatever")
    with pytest.raises(IndexUnavailableError, match="not an index that saring made"):
        IndexWriter(tmp_path).__enter__()
    with pytest.raises(IndexUnavailableError, match="not an index that saring made"):
        open_engine(tmp_path)


def test_orphans_are_swept(path: Path) -> None:
    with IndexWriter(path) as writer:
        writer.apply([record(1)])
    (path / "MAIN_deadbeef.seg").write_bytes(b"x")
    (path / "MAIN_7.toc.123.4").write_bytes(b"x")
    (path / "build" / "a1").mkdir(parents=True)
    with IndexWriter(path):
        pass
    assert len(list(path.glob("*.seg"))) == 1
    assert not (path / "build").exists()
    assert not (path / "MAIN_7.toc.123.4").exists()
    assert found(path, "kabar") == ["d00001"]


def test_many_small_batches_keep_few_segments_and_all_documents(path: Path) -> None:
    with IndexWriter(path) as writer:
        for batch in range(24):
            writer.apply([record(batch * 3 + n) for n in range(3)], deletes=[f"d{batch * 3 - 2:05d}"])
    segments = read_toc(DurableStorage(str(path))).segments
    assert len(segments) <= MAX_SEGMENTS
    assert len(list(path.glob("*.seg"))) == len(segments)
    expected = {f"d{n:05d}" for n in range(72)} - {f"d{b * 3 - 2:05d}" for b in range(1, 24)}
    assert count_documents(path) == len(expected)
    assert set(found(path, "kabar")) <= expected
    assert search(path.parent.parent, "kabar").total == len(expected)


def test_merged_and_single_segments_answer_alike(tmp_path: Path) -> None:
    answers = []
    for name, size in (("many", 17), ("one", 200)):
        generations = Generations(tmp_path / name)
        folder = generations.create("satu")
        generations.promote("satu")
        with IndexWriter(folder) as writer:
            for start in range(0, 200, size):
                writer.apply([record(n) for n in range(start, min(200, start + size))])
        answer = search(tmp_path / name, '"pasar ikan" OR panen OR (dermaga -harga)', per_page=50).to_json()
        answers.append({key: value for key, value in answer.items() if key != "took_ms"})
    assert answers[0] == answers[1]
    assert answers[0]["total"] > 20


def test_a_failed_commit_leaves_the_old_batch_and_can_be_repeated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with IndexWriter(path) as writer:
        writer.apply([record(1, "pertama")])
        with monkeypatch.context() as patched:
            patched.setattr(DurableStorage, "rename_file", full)
            with pytest.raises(OSError, match="No space"):
                writer.apply([record(1, "kedua"), record(2)])
        assert found(path, "pertama") == ["d00001"]
        assert writer.apply([record(1, "kedua"), record(2)]).total == 2
    assert found(path, "kedua") == ["d00001"]


def _build(numbers: range, folder: str) -> SegmentResult:
    return build_segment((record(n) for n in numbers), folder)


def test_segments_built_in_processes_are_joined_and_counted(path: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    jobs = [(range(0, 60), str(tmp_path / "work")), (range(50, 100), str(tmp_path / "work"))]
    with context.Pool(2) as pool:
        results = pool.starmap(_build, jobs)
    with IndexWriter(path) as writer:
        writer.apply([record(5, "usang"), record(500)])
        joined = writer.join(results, deletes=["d00500"])
    assert (joined.added, joined.deleted, joined.replaced, joined.total) == (100, 1, 1, 100)
    assert found(path, "usang") == []
    assert search(path.parent.parent, "kabar").total == 100


def test_of_an_id_in_several_segments_the_last_stays(path: Path, tmp_path: Path) -> None:
    shares = [range(0, 30), range(20, 60), [5, 25, 59]]
    texts = ("kuno", "lama", "baru")
    segments = [
        build_segment([record(n, text) for n in share], tmp_path / "work")
        for share, text in zip(shares, texts, strict=True)
    ]
    with IndexWriter(path) as writer:
        writer.apply(record(n, "semula") for n in range(40, 70))
        result = writer.join(segments, deletes=["d00069"])
    assert (result.added, result.replaced, result.deleted, result.total) == (60, 20, 1, 69)
    assert sorted(found(path, "baru")) == ["d00005", "d00025", "d00059"]
    counts = {word: search(path.parent.parent, word).total for word in ("semula", *texts)}
    assert counts == {"semula": 9, "kuno": 19, "lama": 38, "baru": 3}


def test_segments_without_a_good_record_report_their_failures(path: Path, tmp_path: Path) -> None:
    broken = record(2)
    object.__setattr__(broken, "text", None)
    with IndexWriter(path) as writer:
        joined = writer.join(build_segments([broken], tmp_path / "work"))
    assert [failure.id for failure in joined.failures] == ["d00002"]
    assert joined.total == 0
    assert build_segments([], tmp_path / "work") == []
    with pytest.raises(ValueError, match="no record"):
        build_segment([], tmp_path / "work")


def test_documents_that_repeat_no_word_do_not_share_one_segment(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.segments.SEGMENT_FORMS", 100)
    texts = [" ".join(f"kata{n}x{word}" for word in range(60)) for n in range(5)]
    segments = build_segments([record(n, text) for n, text in enumerate(texts)], tmp_path / "work")
    assert [segment.documents for segment in segments] == [2, 2, 1]
    with IndexWriter(path) as writer:
        assert writer.join(segments).total == 5
    assert found(path, "kata3x59") == ["d00003"]


def test_building_leaves_garbage_collection_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[IndexRecord]:
        yield record(1)
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="gone"):
        build_segments(broken(), tmp_path)
    assert gc.isenabled()


def test_segments_from_another_file_system_are_copied(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = build_segments([record(1)], tmp_path / "work")
    rename = Path.rename

    def across(self: Path, target: Path) -> Path:
        if self.suffix == ".seg":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", across)
    with IndexWriter(path) as writer:
        assert writer.join(results).total == 1
    assert not list((tmp_path / "work").rglob("*.seg"))


def test_a_reader_keeps_its_snapshot(path: Path) -> None:
    with IndexWriter(path) as writer:
        writer.apply([record(1, "pertama")])
        engine = open_engine(path)
        for number in range(2, 16):
            writer.apply([record(number)], deletes=["d00001"])
    assert engine.documents == 1
    assert engine.text(0) == "pertama"
    engine.close()


def _write_for_ever(path: Path, connection: Connection) -> None:
    with IndexWriter(path) as writer:
        for batch in range(1, 10_000):
            writer.apply([record(n, f"angkatan{batch}") for n in range(30)])
            connection.send(batch)


def test_a_killed_writer_leaves_the_old_or_the_new_batch(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    chance = random.Random(20240620)
    for _ in range(12):
        receiver, sender = context.Pipe(duplex=False)
        writer = context.Process(target=_write_for_ever, args=(path, sender))
        writer.start()
        sender.close()
        acknowledged = receiver.recv()
        time.sleep(chance.random() * 0.2)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        while receiver.poll():
            try:
                acknowledged = receiver.recv()
            except EOFError:
                break
        receiver.close()
        engine = open_engine(path)
        batches = {engine.text(doc) for doc in range(engine.size) if doc not in engine.dead()}
        documents = engine.documents
        engine.check()
        engine.close()
        assert documents == 30
        assert len(batches) == 1, "a part of a batch is visible"
        assert int(batches.pop().removeprefix("angkatan")) in (acknowledged, acknowledged + 1)
    with IndexWriter(path) as repaired:
        assert repaired.apply([record(1, copies=(Copy("x", None, None, 1.0),))]).total == 30
    assert len(list(path.glob("*.seg"))) <= MAX_SEGMENTS
