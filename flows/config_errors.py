"""What is wrong with config.yaml or the environment, in words: where (file and line, or variable), which key, what was
expected, and what was found."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from transforms.errors import ConfigError

PREFIX: Final = "SARING_"
_BRIEF: Final = reprlib.Repr()
"""Spells a wrong value out: a few lines of YAML aliases can stand for more text than memory holds."""
_BRIEF.maxlevel = 2
_BRIEF.maxstring = _BRIEF.maxother = 200
NEAR: Final = 0.8
"""How like a setting's a variable's name must be to count as mistyped; SARING_HOME and the like are for others."""
LIST: Final = "a list such as [a, b]"
_EXPECTED: Final[Mapping[str, str]] = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "string_type": "text",
    "path_type": "a path",
    "list_type": LIST,
    "dict_type": "`key: value` lines",
    "model_type": "`key: value` lines",
    "model_attributes_type": "`key: value` lines",
    "literal_error": "{expected}",
    "greater_than": "a number greater than {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
}
"""What is expected where a value is of the wrong type, by pydantic's name of the problem."""
_UNIONS: Final = ("list[str]", "str", "literal['all']", "[key]")
"""Parts of pydantic's places that are no keys: which of several types was tried, or that the key itself is wrong."""


def read_yaml(path: Path) -> None:
    """Make sure that a file holds ``key: value`` lines; raises ConfigError with the line that is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.MarkedYAMLError as error:
        told = ", ".join(part for part in (error.context, error.problem) if part)
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{place}: not valid YAML: {told}") from None
    except Exception as error:  # noqa: BLE001 (PyYAML raises kinds of its own, and whatever a bad date or number does)
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if content is not None and not isinstance(content, dict):
        raise ConfigError(f"{path}: expected `key: value` lines, found {type(content).__name__}")
    if strange := [key for key in content or () if not isinstance(key, str)]:
        raise ConfigError(f"{path}: {strange[0]!r}: unknown key; names of settings are words, see the README")


def explain(path: Path | None, problems: Iterable[Any], model: type[BaseModel]) -> str:
    """A line for each key that is wrong; pydantic lists a key that may be of several types once for each."""
    by_key: dict[tuple[Any, ...], list[Any]] = {}
    for problem in problems:
        key = tuple(part for part in problem["loc"] if part not in _UNIONS)
        by_key.setdefault(key, []).append(problem)
    lines = _lines(path) if path else {}
    return "\n".join(f"{_where(path, key, lines)}: {_told(key, found, model)}" for key, found in by_key.items())


def refuse_mistyped_variables(model: type[BaseModel]) -> None:
    """Refuse a variable whose name is nearly that of a setting: it would be left aside without a word."""
    known = {f"{PREFIX}{'__'.join(key)}".upper() for key in _keys(model)}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1, cutoff=NEAR)
            section = name.upper().rpartition("__")[0]
            if near and section not in known:  # what is wrong within a section is told by the check of its keys
                raise ConfigError(f"environment variable {name}: there is no such setting; did you mean {near[0]}?")


def explain_variable(field: str) -> str:
    """A variable of a whole list or section that is not the JSON it has to be."""
    name = f"{PREFIX}{field.upper()}"
    found = _BRIEF.repr(os.environ.get(name, ""))
    return f'environment variable {name}: expected JSON, such as ["a", "b"] for a list, found {found}'


def _told(key: tuple[Any, ...], problems: Sequence[Any], model: type[BaseModel]) -> str:
    first = problems[0]
    if first["type"] == "extra_forbidden":
        near = get_close_matches(str(key[-1]), _known_keys(key[:-1], model), n=1, cutoff=0.4)
        return "unknown key" + (f"; did you mean `{near[0]}`?" if near else "; see config.yaml in the README")
    found = f"found {_BRIEF.repr(first['input'])}"
    if any(problem["type"] not in _EXPECTED for problem in problems):
        # A check of our own: its message says all.
        own = next(problem for problem in problems if problem["type"] not in _EXPECTED)
        message = own["msg"].removeprefix("Value error, ")
        return message if _BRIEF.repr(own["input"]) in message else f"{message}, found {_BRIEF.repr(own['input'])}"
    expected = list(
        dict.fromkeys(_EXPECTED[problem["type"]].format_map(problem.get("ctx", {})) for problem in problems)
    )
    if LIST in expected and isinstance(first["input"], str):
        found += f"; to give one, write [{_BRIEF.repr(first['input'])[1:-1]}]"
    return f"expected {' or '.join(expected)}, {found}"


def _where(path: Path | None, key: tuple[Any, ...], lines: Mapping[tuple[Any, ...], int]) -> str:
    """Variables win over the file: what is wrong came from one when there is one."""
    named = {name.upper(): name for name in os.environ}
    for end in range(len(key), 0, -1):
        variable = f"{PREFIX}{'__'.join(str(part) for part in key[:end])}".upper()
        if variable in named:
            return f"environment variable {named[variable]}"
    line = next((lines[key[:end]] for end in range(len(key), 0, -1) if key[:end] in lines), None)
    place = f"{path or 'settings'}" + (f", line {line}" if line else "")
    return f"{place}: {'.'.join(str(part) for part in key)}"


def _lines(path: Path) -> dict[tuple[Any, ...], int]:
    """The line of every key, two levels deep, which is as deep as settings go."""
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    found: dict[tuple[Any, ...], int] = {}
    for name, value in _pairs(root):
        found[(name.value,)] = name.start_mark.line + 1
        for inner, _ in _pairs(value):
            found[name.value, inner.value] = inner.start_mark.line + 1
    return found


def _pairs(node: Any) -> Iterable[tuple[Any, Any]]:
    return node.value if isinstance(node, yaml.MappingNode) else ()


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        yield (name,)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, inner) for inner in field.annotation.model_fields)


def _known_keys(section: tuple[Any, ...], model: Any) -> list[str]:
    for part in section:
        known = getattr(model, "model_fields", {}).get(part)
        if known is None:
            return []
        model = known.annotation
    return list(getattr(model, "model_fields", {}))
