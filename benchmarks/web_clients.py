"""How long `saring web` lets clients wait when several ask at the same time.

``python benchmarks/web_clients.py DATA_DIR [--clients 1,10] [--requests 1000]`` with a data folder that holds an index:
starts the page on it, and lets clients ask for searches made from the titles of its own articles, each the next as soon
as it has its answer. Prints a table: milliseconds to the answer, and answers a second.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx

from flows.settings import Settings
from index.ledger import Ledger

SEED = 20240620
TITLES = 2_000
"""Titles that searches are made from."""


def searches(data_dir: Path, number: int) -> list[str]:
    """Addresses of searches: single words, words together, phrases, beginnings of words."""
    draw = random.Random(SEED)
    with Ledger.open(Settings(data_dir=data_dir).ledger_url, read_only=True) as ledger:
        titles = [record.title for record, _ in zip(ledger.live_representatives(), range(TITLES), strict=False)]
    words = [title.split() for title in titles if title and len(title.split()) > 3]
    made = []
    for _ in range(number):
        at = draw.randrange(3)
        title = draw.choice(words)
        query = draw.choice((title[at], " ".join(title[:3]), f'"{title[at]} {title[at + 1]}"', f"{title[at][:4]}*"))
        made.append("/?" + urlencode({"q": query}))
    return made


@contextmanager
def page(data_dir: Path) -> Iterator[str]:
    """Run `saring web`; gives its address."""
    command = [sys.executable, "-c", "import flows.cli; flows.cli.main()", "web", "--port", "0"]
    environment = {**os.environ, "SARING_DATA_DIR": str(data_dir)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield process.stderr.readline().split()[1].rstrip("/")
        finally:
            process.terminate()


def asked(address: str, paths: Sequence[str], clients: int) -> tuple[list[float], float]:
    """Seconds to each answer, and in all, when so many clients share the searches."""
    waiting, took, lock = iter(paths), list[float](), threading.Lock()

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            while True:
                with lock:
                    path = next(waiting, None)
                if path is None:
                    return
                began = time.perf_counter()
                client.get(path).raise_for_status()
                took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took), time.perf_counter() - began


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--clients", default="1,10")
    parser.add_argument("--requests", type=int, default=1_000)
    options = parser.parse_args()
    paths = searches(options.data_dir, options.requests)
    print("| clients | median (ms) | p95 | p99 | longest | answers a second |\n|---|--:|--:|--:|--:|--:|")
    with page(options.data_dir) as address:
        asked(address, paths[:50], 1)
        for clients in map(int, options.clients.split(",")):
            took, seconds = asked(address, paths, clients)
            shown = [f"{took[min(len(took) - 1, int(len(took) * share))] * 1000:.0f}" for share in (0.5, 0.95, 0.99, 1)]
            print(f"| {clients} | {' | '.join(shown)} | {len(took) / seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
