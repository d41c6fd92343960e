"""The documentation names every command: a new one cannot be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words it is called by."""
    members = getattr(command, "commands", None)
    if members is None:
        yield " ".join(path), command
        return
    for name, member in members.items():
        yield from commands(member, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.fixture(scope="module")
def documentation() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.is_file())


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_documented(name: str, documentation: str) -> None:
    *group, verb = name.split()
    # Members of a group may be named together: `saring generations list|prune`, in a table with `\|`.
    named = " ".join(["saring", *group, rf"(?:[a-z]+\\?\|)*{verb}"])
    assert re.search(rf"\b{named}\b", documentation), f"no page mentions `saring {name}`"


@pytest.mark.parametrize("name", COMMANDS)
def test_command_and_its_options_explain_themselves(name: str) -> None:
    command = COMMANDS[name]
    assert command.help, f"`saring {name} --help` says nothing"
    for parameter in command.params:
        assert parameter.help, f"`saring {name}`: {parameter.name} has no help"
