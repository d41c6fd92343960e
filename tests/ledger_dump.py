"""Write a small ledger of the current schema version as SQL.

``python tests/ledger_dump.py > tests/ledgers/version-N.sql``

Run it before a change of the tables, so that the ledgers of people who upgrade stay tested.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from ledger_samples import LATER, NOW, article, document, with_boilerplate

from index.duplicates import resolve
from index.ledger import Ledger
from transforms.models import Rejected

BROKEN = Rejected("rusak", "/berita/rusak.txt", "read", "empty", "The file is empty.", "line 1", "Fetch it again.")


def fill(ledger: Ledger) -> None:
    """Leave one of everything: a copy, a near copy, an earlier version, a removal, a quarantine row, two runs."""
    text = article(1)
    first = [
        with_boilerplate("panen", text),
        document("panen-lagi", text),
        document("pasar", article(2), url="https://suaralembah.id/pasar?utm_source=x"),
    ]
    for run, now, documents in (("r1", NOW, first), ("r2", LATER, [replace(document("pasar", article(3)))])):
        ledger.start_run(run, now)
        ledger.record(run, now, documents, [BROKEN])
        resolve(ledger)
        ledger.mark_indexed({c.id: c.fingerprint for c in ledger.pending_index()}, "g1")
        ledger.finish_source("/berita/pasar.txt", 10, 20, run, 1)
        ledger.finish_run(run, now, {"run_id": run, "counts": {"seen": len(documents) + 1}})


def main() -> None:
    """Print the SQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with Ledger.open(path) as ledger:
            fill(ledger)
        connection = sqlite3.connect(path)
        sys.stdout.writelines(f"{line}\n" for line in connection.iterdump())
        connection.close()


if __name__ == "__main__":
    main()
