"""No word of an article gets into the log or the run report, whatever happens to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ledger_samples import article

SARING = Path(sys.executable).with_name("saring")
WORD = "Zulkanarivo"
TEXT = f"{WORD} tiba di Muara Lintang. {article(1)} Kata {WORD}, panen tahun ini baik."


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources that give new documents, copies, and every kind of failure that looks at a text."""
    folder = tmp_path_factory.mktemp("raw")
    record = {"id": "satu", "title": f"{WORD} Pulang", "text": TEXT, "date": f"{WORD} 2024", "outlet": "Warta"}
    lines = [
        json.dumps(record),
        json.dumps({**record, "id": "dua", "text": TEXT.replace("baik", "buruk")}),
        json.dumps({**record, "id": "tiga"}),
        json.dumps({**record, "id": "empat", "text": [WORD]}),
        json.dumps({**record, "id": "lima", "text": ""}),
        json.dumps({"id": "enam", "kepala": WORD}),
        json.dumps(WORD),
        json.dumps({**record, "id": "tujuh", "text": f"{TEXT}\n" * 20}),
        json.dumps({**record, "id": "delapan", "text": f"Baca juga: {WORD} Pulang ke Muara Lintang"}),
        f'{{"id": "sembilan", "text": "{WORD} belum selesai',
        f"{WORD} bukan JSON",
    ]
    (folder / "berita.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "berita.json").write_text(f'[{{"text": "{TEXT}"}}, {WORD}]', encoding="utf-8")
    (folder / "berita.csv").write_text(f'judul,isi\n{WORD},"{TEXT}"\n{WORD},"{WORD}\n', encoding="utf-8")
    (folder / "halaman.html").write_text(f"<html><title>{WORD}</title><p>{TEXT}</p>", encoding="utf-8")
    (folder / "biner.txt").write_bytes(WORD.encode() + bytes(range(256)) * 20)
    (folder / "rusak.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00" + WORD.encode())
    return folder


def saring(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    around = {"SARING_DATA_DIR": str(folder / "data"), "SARING_RUNNER__KIND": "inline"}
    around["SARING_READING__MAX_CHARACTERS"] = str(len(TEXT) * 10)
    done = subprocess.run(
        [SARING, *arguments], env={**os.environ, **around}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_no_text_in_the_log_or_the_report(tmp_path: Path, raw: Path):
    done = saring(tmp_path, "ingest", "--direct", "--json", "--verbose", "--log-format", "json", str(raw))
    counts = json.loads(done.stdout)["counts"]
    assert counts["new"] >= 2, done.stderr
    assert counts["quarantined"] >= 7, done.stdout
    assert WORD not in done.stderr + done.stdout
    again = saring(tmp_path, "ingest", "--direct", "--full", str(raw))
    assert "event=rejected" in again.stderr
    assert WORD not in again.stderr + again.stdout
