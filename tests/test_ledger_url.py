"""What a ledger may be called, and that its password is never told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.ledger import Ledger
from index.ledger_open import shown, url
from transforms.errors import LedgerError

SARING = Path(sys.executable).with_name("saring")
SECRET = "kata/sandi@9"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("data/ledger.sqlite", "data/ledger.sqlite"),
        ("postgresql+psycopg://ana@host/db", "postgresql+psycopg://ana@host/db"),
        ("postgresql://ana:sandi@host:5433/db?sslmode=require", "postgresql://ana:***@host:5433/db?sslmode=require"),
        ("postgresql://ana:kata/sandi@9@host/db", "postgresql://ana:***@host/db"),
        (
            "postgresql:///db?user=ana&password=sandi&sslmode=require",
            "postgresql:///db?user=ana&password=***&sslmode=require",
        ),
        ("postgresql:///db?sslpassword=sandi", "postgresql:///db?sslpassword=***"),
    ],
)
def test_a_name_is_shown_without_its_password(name: str, said: str):
    assert shown(name) == said


@pytest.mark.parametrize("name", ["postgres://ana@host/db", "postgresql://ana@host/db"])
def test_the_usual_spellings_of_an_address_use_the_driver_that_is_offered(name: str):
    assert url(name).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("name", ["://", f"postgresql://ana:{SECRET}@host/db", f"mysql://ana:{SECRET}@host/db"])
def test_what_is_no_address_is_refused_in_words(name: str):
    with pytest.raises(LedgerError, match=r"postgresql\+psycopg://") as refused:
        Ledger.open(name)
    assert "sandi" not in str(refused.value)


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path):
    address = f"postgresql+psycopg://ana:sandi-rahasia@localhost/db?host={tmp_path}"
    environment = {**os.environ, "SARING_DATA_DIR": str(tmp_path / "data"), "SARING_LEDGER": address}
    (tmp_path / "a.txt").write_text("Warga kampung menanam pohon mangga di tepi sungai.", encoding="utf-8")
    for command in (["ingest", "--direct", str(tmp_path / "a.txt")], ["status"]):
        done = subprocess.run([SARING, *command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert f"the ledger postgresql+psycopg://ana:***@localhost/db?host={tmp_path} cannot be used" in done.stderr
        assert "sandi" not in done.stdout + done.stderr
