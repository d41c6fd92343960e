"""Prefect's server is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SARING = Path(sys.executable).with_name("saring")


def test_a_server_that_is_down_is_told_at_once_with_what_to_do(tmp_path: Path):
    (tmp_path / "berita.txt").write_text("Panen padi tahun ini lebih baik.\n", encoding="utf-8")
    environment = {
        **os.environ,
        "SARING_DATA_DIR": str(tmp_path / "data"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
    }
    for command in (["ingest", str(tmp_path / "berita.txt")], ["reindex"]):
        done = subprocess.run([str(SARING), *command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "http://127.0.0.1:9/api" in done.stderr
        assert "--direct" in done.stderr
