"""``saring clean`` and ``saring explain``: what cleaning does, without ledger or index."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.common import ConfigOption, JsonOption, print_json, say, show
from flows.settings import load_settings
from flows.shards import unique_ids
from flows.stages import rule_set
from flows.time_limit import TimeLimit
from transforms.models import Document, RawDocument, Rejected, SourceFile
from transforms.process import StageClock
from transforms.read import ReadSettings, discover, read
from transforms.serialize import clean_json

SNIFFED_BYTES = 512
SUFFIX_OF_FIRST_BYTE = {b"{": ".jsonl", b"[": ".json", b"<": ".html"}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("clean")(clean)


def clean(
    files: Annotated[
        list[str] | None, typer.Argument(help="Files (txt, html, jsonl, json, csv, each also .gz) or -.")
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Clean documents and print them; nothing is stored.

    With --json, one object a line, with every removal, its rule and its place.
    """
    settings = load_settings(config)
    rules = rule_set(tuple(str(folder) for folder in settings.rules))
    limit = TimeLimit(settings.runner.document_seconds)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="saring-") as folder:
        sources = {_seekable(name, Path(folder)): name for name in files or ["-"]}
        for spooled in _documents(list(sources), settings.read_settings()):
            raw = _named(spooled, sources)
            result = raw if isinstance(raw, Rejected) else limit.process(raw, rules, StageClock())
            if isinstance(result, Rejected):
                failed += 1
                say(f"saring: {result.source}: {result.message} [{result.stage}/{result.error}] {result.hint}".rstrip())
            elif json:
                print_json(clean_json(result))
            else:
                _print_text(result)
    if failed:
        say(f"saring: {failed} could not be cleaned")
        raise typer.Exit(1)


def _print_text(document: Document) -> None:
    if document.title:
        show(f"# {document.title}\n")
    show(document.text + "\n")


def _documents(sources: list[str], settings: ReadSettings) -> Iterator[RawDocument | Rejected]:
    for found in discover(sources):
        yield from unique_ids(read(found, settings)) if isinstance(found, SourceFile) else _only(found)


def _named(item: RawDocument | Rejected, names: Mapping[str, str]) -> RawDocument | Rejected:
    """What was spooled goes by the name it was given: ``-``, or the pipe."""
    path, mark, number = item.source.rpartition("#")
    source, rest = (path, mark + number) if path in names else (item.source, "")
    return replace(item, source=names.get(source, source) + rest)


def _only(found: Rejected) -> Iterable[Rejected]:
    return (found,)


def _seekable(name: str, folder: Path) -> str:
    """A path that can be read by its suffix: stdin and pipes are spooled, and named by how they begin."""
    path = Path(name)
    if name != "-" and not path.is_fifo() and not name.startswith("/dev/fd/"):
        return name
    spooled = folder / (path.name if name != "-" else "stdin")
    with spooled.open("wb") as out:
        if name == "-":
            shutil.copyfileobj(sys.stdin.buffer, out)
        else:
            with path.open("rb") as piped:
                shutil.copyfileobj(piped, out)
    with spooled.open("rb") as begun:
        head = begun.read(SNIFFED_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    return str(spooled.rename(spooled.with_suffix(SUFFIX_OF_FIRST_BYTE.get(head[:1], ".txt"))))
