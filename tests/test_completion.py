"""Completion on the Tab key, as a real shell asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from web_site import ROOT, SARING

PATH = f"{SARING.parent}{os.pathsep}{os.environ['PATH']}"
PRESS_TAB = """
source {script}
COMP_WORDS=(saring {words}); COMP_CWORD={count}
_saring_completion saring
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PATH": PATH, **environment}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = tmp_path / "saring.sh"
    script.write_text(run("saring", "--show-completion", "bash").stdout, encoding="utf-8")
    done = run("bash", "-c", PRESS_TAB.format(script=script, words="export --form", count=2))
    assert done.stdout.split() == ["--format"], done.stderr


def test_installing_puts_the_script_where_the_shell_finds_it(tmp_path: Path) -> None:
    done = run("saring", "--install-completion", "fish", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    installed = tmp_path / ".config/fish/completions/saring.fish"
    assert "_SARING_COMPLETE" in installed.read_text(encoding="utf-8")
    assert str(installed) in done.stderr
    assert done.stdout == ""
