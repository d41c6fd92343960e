"""What the fuzzers feed their inputs to: one function for everything that reads something from outside.

Each raises when something is wrong: an exception that the part does not promise, or a result that is wrong whatever
the input was (a removal that is not the text at its place, a document that cannot be written down).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from shutil import rmtree

import orjson

sys.path.insert(0, str(Path(__file__).parent))
from readers import records

from flows.results import dump_result
from flows.settings import load_settings
from index.generations import Generations
from index.search import Searcher
from index.writer import IndexWriter
from transforms.errors import ConfigError, RuleError
from transforms.models import RawDocument, Rejected, SourceFile
from transforms.process import StageClock, process
from transforms.read import ReadSettings, read
from transforms.rules import load_rules
from transforms.serialize import dump_line, restore

READ_SETTINGS = ReadSettings(max_characters=5_000)
Feed = Callable[[str | bytes], None]


def readable(suffix: str, folder: Path) -> Feed:
    """A check of one reader: every item can be written down, and nothing is raised."""
    path = folder / f"input.{suffix}"

    def feed(data: str | bytes) -> None:
        path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
        source = SourceFile(str(path), str(folder), len(data), 0)
        for item in read(source, READ_SETTINGS):
            assert restore(*orjson.loads(dump_line(item))) == item
            if isinstance(item, RawDocument):
                assert item.text.strip() and len(item.text) <= READ_SETTINGS.max_characters
                assert item.id.strip()

    return feed


def cleanable(media: str, _folder: Path) -> Feed:
    """A check of all stages on one document."""
    rules = load_rules()

    def feed(text: str | bytes) -> None:
        raw = RawDocument("x", "x.txt", str(text), "html" if media == "html" else "text")
        result = process(raw, rules, StageClock())
        dump_result(result)
        if isinstance(result, Rejected):
            assert result.error.islower(), f"{result.error}: {result.message}"
            return
        for removal in result.removals:
            assert raw.text[removal.start : removal.end] == removal.text
        ends = [0, *(removal.end for removal in result.removals)]
        assert all(removal.start >= end for removal, end in zip(result.removals, ends, strict=False)), "they overlap"

    return feed


def answerable(folder: Path) -> Feed:
    """A check of one query."""
    path = Generations(folder / "index").create("g0")
    with IndexWriter(path) as writer:
        writer.apply(records("g0", 1, 200))
    Generations(folder / "index").promote("g0")
    searcher = Searcher(folder / "index")

    def feed(query: str | bytes) -> None:
        answer = searcher.search(str(query))
        assert answer.total <= 200
        answer.query.encode()

    return feed


def configurable(folder: Path) -> Feed:
    """A check of one config.yaml."""
    path = folder / "config.yaml"

    def feed(text: str | bytes) -> None:
        path.write_text(str(text), encoding="utf-8", errors="surrogatepass")
        try:
            load_settings(path)
        except ConfigError as error:
            assert str(path) in str(error), f"the message does not name the file: {error}"

    return feed


def loadable(folder: Path) -> Feed:
    """A check of one rule file, in a folder of its own because loaded rules are remembered by folder."""
    numbers = count()

    def feed(text: str | bytes) -> None:
        path = folder / f"rules{next(numbers)}" / "own.yaml"
        path.parent.mkdir()
        path.write_text(str(text), encoding="utf-8", errors="surrogatepass")
        try:
            load_rules([path.parent])
        except RuleError as error:
            assert "own.yaml" in str(error), f"the message does not name the file: {error}"
        finally:
            rmtree(path.parent)

    return feed


READERS = ("txt", "html", "jsonl", "json", "csv", "tsv", "jsonl.gz", "jsonl.zst")
TARGETS: dict[str, Callable[[Path], Feed]] = {
    **{suffix: partial(readable, suffix) for suffix in READERS},
    "clean text": partial(cleanable, "text"),
    "clean page": partial(cleanable, "html"),
    "query": answerable,
    "config": configurable,
    "rules": loadable,
}
"""What makes each target ready in an empty folder."""
