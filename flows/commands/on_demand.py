"""The commands by name, each imported when it is asked for: a search must not wait for what cleaning loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

MODULES = {
    "ingest": "ingesting",
    "reindex": "ingesting",
    "serve": "ingesting",
    "clean": "cleaning",
    "search": "searching",
    "similar": "searching",
    "export": "exporting",
    "status": "operating",
    "forget": "forgetting",
    "explain": "quality",
    "evaluate": "quality",
    "lines": "lines",
    "web": "web",
    "generations": "operating",
    "quarantine": "quarantine",
    "held": "held",
    "rules": "quality",
}
"""The module of `flows.commands` that registers each command, in the order of the help."""


class OnDemand(Mapping[str, Any]):
    """Typer's commands by name; looking one up imports its module."""

    def __getitem__(self, name: str) -> Any:
        return _commands_of(MODULES[name])[name]

    def __contains__(self, name: object) -> bool:
        return name in MODULES

    def get(self, name: str, default: Any = None) -> Any:
        """As any mapping's, which would take a KeyError out of a command's module for a command that is not there."""
        return self[name] if name in MODULES else default

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class OnDemandGroup(TyperGroup):
    """A group whose commands are imported when they are asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = OnDemand()  # type: ignore[assignment]  # it is only read


@cache
def _commands_of(module: str) -> Mapping[str, Any]:
    app = typer.Typer()
    import_module(f"flows.commands.{module}").register(app)
    return get_group(app).commands
