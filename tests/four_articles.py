"""A data folder with four articles to ingest, and what ``saring status`` says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ledger_samples import article
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.settings import Settings


def four_articles(folder: Path, **more: Any) -> Settings:
    """Write the articles, and return the settings of a data folder beside them."""
    raw = folder / "raw"
    raw.mkdir()
    for number in range(4):
        (raw / f"b{number}.txt").write_text(f"berita {article(number)}", encoding="utf-8")
    return Settings(data_dir=folder / "data", outlet_lines="off", sources=[str(raw)], **more)


def status(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["status", *arguments], env={"SARING_DATA_DIR": str(settings.data_dir)})
