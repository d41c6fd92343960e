"""What may import what, and what a command may load: the structure of the code, held by a test."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer

from flows.commands.on_demand import MODULES as MODULES_OF_COMMANDS

ROOT = Path(__file__).parent.parent
LONGEST_MODULE = 350
FORBIDDEN = {
    "transforms": {"index", "flows", "prefect", "whoosh", "sqlalchemy", "dask"},
    "index": {"flows", "prefect", "dask"},
}
MODULES = sorted(
    path.relative_to(ROOT) for package in ("transforms", "index", "flows") for path in (ROOT / package).rglob("*.py")
)


def imported_packages(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            yield (node.module or "").partition(".")[0]


def modules_loaded_by(code: str, cwd: Path) -> set[str]:
    ending = "\nimport json, sys\nprint(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    run = subprocess.run(
        [sys.executable, "-c", code + ending], cwd=cwd, capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_run_from_flows_to_index_to_transforms(module: Path) -> None:
    forbidden = FORBIDDEN.get(module.parts[0], set())
    assert not forbidden & set(imported_packages((ROOT / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_stay_short_enough_to_read(module: Path) -> None:
    lines = (ROOT / module).read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE, f"{module} has {lines} lines: split it by ideas"


def test_the_command_line_starts_without_prefect_and_whoosh(tmp_path: Path) -> None:
    loaded = modules_loaded_by("import flows.cli", tmp_path)
    assert "flows" in loaded
    assert not {"prefect", "whoosh", "dask", "starlette", "uvicorn", "jinja2", "pyarrow"} & loaded


def test_cleaning_loads_neither_prefect_nor_the_search_engine(tmp_path: Path) -> None:
    article = tmp_path / "panen.txt"
    article.write_text("Panen bandeng di Muara Lestari berlangsung tiga hari.\nBaca juga: Harga Garam Naik\n")
    code = f"""
import sys
from flows.cli import app
sys.argv = ["saring", "clean", "--json", {str(article)!r}]
try:
    app()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert not {"prefect", "whoosh", "dask"} & modules_loaded_by(code, tmp_path)


def test_a_command_is_imported_when_it_is_asked_for(tmp_path: Path) -> None:
    code = """
import sys
from typer.testing import CliRunner
from flows.cli import app
assert CliRunner().invoke(app, ["search", "bandeng"]).exit_code
assert "flows.commands.searching" in sys.modules
assert not {"transforms.clean", "flows.commands.cleaning"} & sys.modules.keys()
"""
    assert "pydantic" in modules_loaded_by(code, tmp_path)


def test_every_command_that_a_module_registers_can_be_asked_for() -> None:
    found: dict[str, str] = {}
    for name in sorted(path.stem for path in (ROOT / "flows" / "commands").glob("*.py")):
        register = getattr(import_module(f"flows.commands.{name}"), "register", None)
        app = typer.Typer()
        if register and not (register(app) or app.registered_callback):
            found |= dict.fromkeys(typer.main.get_group(app).commands, name)
    assert found == MODULES_OF_COMMANDS


@pytest.mark.parametrize("package", ["transforms", "index"])
def test_package_import_has_no_side_effects(package: str, tmp_path: Path) -> None:
    modules_loaded_by(f"import {package}", tmp_path)
    assert not list(tmp_path.iterdir())
