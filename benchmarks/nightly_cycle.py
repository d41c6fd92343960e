"""Nights on a real Prefect server: scheduled runs, faults, retries, overlaps, a rollback, and what a person is told.

    python -m benchmarks.nightly_cycle                         # a quarter of an hour on two busy cores
    python -m benchmarks.nightly_cycle --steps overlap,rollback
    python -m benchmarks.nightly_cycle --screenshots /tmp/pages    # needs Chromium and the package websockets

The server has a home and a port of its own. Automations and the webhook are those of ``docs/operating.md``.
Prints a table; the exit status is 1 when a step did not go as it must.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.nightly_steps import STEPS, Cycle
from benchmarks.prefect_site import PREFECT, ROOT, Server, Site, receiver
from flows.stopping import listen

HOOK = "https://example.test/hook"
"""The address that the documentation's webhook has."""


def make_automations(server: Server, folder: Path, hook: str) -> None:
    """Do what ``docs/operating.md`` tells, with the receiver's address."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    made = re.search(r"python -c '(.+)'", page)
    assert made is not None
    code = made[1].replace(HOOK, hook).replace('method="POST"', 'method="POST", allow_private_urls=True')
    subprocess.run([sys.executable, "-c", code], env=server.environment, check=True, capture_output=True)
    block = server.ask("/block_types/slug/webhook/block_documents/name/saring-failed")["id"]
    for number, text in enumerate(re.findall(r"```yaml\n(name: saring-.+?)```", page, re.DOTALL)):
        path = folder / f"automation-{number}.yaml"
        path.write_text(text.replace("00000000-0000-0000-0000-000000000000", block), encoding="utf-8")
        command = [PREFECT, "automation", "create", "--from-file", str(path)]
        subprocess.run(command, env=server.environment, check=True, capture_output=True)


def take_pictures(cycle: Cycle, folder: Path, profile: Path) -> None:
    """Pictures of the pages that the steps remembered."""
    from tests import chromium

    chromium.SECONDS = 60.0
    folder.mkdir(parents=True, exist_ok=True)
    with chromium.browse(profile) as page:
        for name, address in cycle.pages.items():
            page.open(address, width=1400, height=2600 if "summary" in name else 1300)
            time.sleep(6)  # its scripts fetch and draw
            page.screenshot(folder / f"{name}.png")


def play(cycle: Cycle, steps: list[str]) -> int:
    """Play the steps and print the table; gives the number of checks that failed."""
    failed = 0
    print("| step | must be | | seen | seconds |\n|---|---|---|---|---:|", flush=True)
    for name in steps:
        began = time.monotonic()
        try:
            for must, is_so, seen in STEPS[name](cycle):
                failed += not is_so
                shown = " ".join((seen or "").split()).replace("|", "/")
                print(
                    f"| {name} | {must} | {'yes' if is_so else 'NO'} | {shown} | {time.monotonic() - began:.0f} |",
                    flush=True,
                )
        except (TimeoutError, httpx.HTTPError) as error:
            failed += 1
            print(f"| {name} | in time | NO | {error} | {time.monotonic() - began:.0f} |", flush=True)
    return failed


def main() -> None:
    """Play the nights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--steps", default=",".join(STEPS), help="after `scheduled`, which starts saring serve")
    parser.add_argument("--screenshots", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    listen()  # whatever ends it, no server is left behind
    steps = ["scheduled", *(step for step in args.steps.split(",") if step != "scheduled")]
    with tempfile.TemporaryDirectory() as name, receiver() as (hook, posted):
        folder = Path(name)
        server = Server(folder)
        site = Site(folder / "site", server, args.documents)
        cycle = Cycle(server, site, args.documents, posted)
        try:
            server.start()
            make_automations(server, folder, hook)
            failed = play(cycle, steps)
            if args.screenshots:
                take_pictures(cycle, args.screenshots, folder / "chromium")
        finally:
            if site.serving is not None:
                site.stop()
            server.end()
    print(f"{failed} checks failed" if failed else "all as it must be")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
