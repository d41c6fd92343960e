"""What every worker process needs, loaded once in the server process that workers are forked from.

Workers then begin in milliseconds and share the memory of rules, tables and language profiles. Importing this module is
meant to be slow; nothing but the process pool imports it.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading

import flows.cli  # a worker is told to import the main script, which is this
import flows.indexing  # noqa: F401 (its segment builder is called in workers)
import index.segments  # noqa: F401 (these three are imported to be in memory when a worker is forked)
from flows.executors import collect_less
from flows.stages import rule_set
from transforms.models import RawDocument
from transforms.process import StageClock, process

_WARM_TEXT = """Harga Ikan Turun di Pasar Muara Lintang
Kamis, 14 Maret 2024 | 09:30 WIB
JAKARTA, Wartateluk.com - Pedagang di pasar itu menjual ikan segar setiap pagi sejak tahun lalu. Mereka datang dari tiga
kampung. Baca juga: Nelayan Karimba Panen Kembung Menurut mereka, harga turun karena perahu kembali melaut.
Editor: Sari Wulandari
Tinggalkan Balasan
"""
"""Has something for every table that is read when it is first needed."""


def watch_parent() -> None:
    """End this worker as soon as the process it works for is gone, however that died."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with, args=(parent.sentinel,), daemon=True).start()


def _exit_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


process(RawDocument("warm", "warm", _WARM_TEXT), rule_set(()), StageClock())
collect_less()
