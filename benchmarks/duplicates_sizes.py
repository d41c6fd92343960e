"""What the whole duplicates stage costs a document, by the size of the run.

The same documents are settled twice, by turns in one process: as one corpus, and a part at a time as corpora of their
own. The stage is fingerprinting, which the workers do, recording, and settling.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from index.duplicates import resolve
from index.ledger import Ledger
from index.ledger_codec import unpack_pair
from index.ledger_rows import VALUES, PackedDocument
from transforms.fingerprint import fingerprint

PART = 3_000
"""Documents of a small run."""

SHARD = 1_500
"""Documents recorded and settled at once in both: what divides a part evenly."""

STEPS = ("fingerprint", "record", "settle")
NOW = "2026-01-01T00:00:00+00:00"


def by_size(documents: Sequence[PackedDocument]) -> None:
    """Print the time a document takes in a run over all documents and in runs over ``PART`` of them, step by step."""
    whole, parts, count = dict.fromkeys(STEPS, 0.0), dict.fromkeys(STEPS, 0.0), len(documents)
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "whole.sqlite") as large:
        for start in range(0, count, PART):
            part = documents[start : start + PART]
            _run(large, part, whole)
            with Ledger.open(Path(folder) / f"{start}.sqlite") as small:
                _run(small, part, parts)
    print(f"milliseconds a document in runs over {PART:,} documents, in one over {count:,}, and their ratio:")
    parts["whole stage"], whole["whole stage"] = sum(parts.values()), sum(whole.values())
    for name, spent in parts.items():
        print(f"  {name:11} {spent / count * 1000:.3f} {whole[name] / count * 1000:.3f} {whole[name] / spent:.2f}")


def _run(ledger: Ledger, documents: Sequence[PackedDocument], spent: dict[str, float]) -> None:
    """Fingerprint, record and settle some documents, and add up the processor time of each."""
    raw, clean = VALUES.index("raw"), VALUES.index("text")
    texts = [unpack_pair(item.values[raw], item.values[clean])[1] for item in documents]
    began = time.process_time()
    for text in texts:
        fingerprint(text)
    spent["fingerprint"] += time.process_time() - began
    for start in range(0, len(documents), SHARD):
        began = time.process_time()
        ledger.record("run", NOW, documents[start : start + SHARD])
        recorded = time.process_time()
        resolve(ledger)
        spent["record"] += recorded - began
        spent["settle"] += time.process_time() - recorded
