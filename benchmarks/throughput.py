"""Documents a second of the whole pipeline, against another command on the same documents, in turn, in one run.

    python benchmarks/throughput.py CORPUS.jsonl[.gz] [--documents 3000] [--rounds 3] [--runner process] \\
        [--baseline 'python other.py {corpus} {documents} {folder}']

Without ``--baseline``, the other command is the afternoon's version of the pipeline in this file: the same four
packages (beautifulsoup4, langdetect, whoosh, and no Prefect), lines that begin with a known phrase dropped, exact
duplicates dropped, langdetect on the whole text, one Whoosh writer with default settings.

Prints the wall-clock seconds of each round, the processor seconds of all processes together (on Linux), and the median
ratio of each; both commands are whole processes, start-up included. Where other programs run at the same time, the
processor seconds are the fairer figure: a command that uses several processes gets more of a busy machine.

An earlier version is a baseline like any other:

    --baseline 'env PYTHONPATH=EARLIER SARING_DATA_DIR={folder} saring ingest --direct --quiet {corpus}'
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import hashlib
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from contextlib import suppress
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter


def naive(corpus: Path, folder: Path) -> None:
    """The pipeline that saring is compared with."""
    from bs4 import BeautifulSoup  # only the child process that is timed needs these
    from langdetect import DetectorFactory, LangDetectException, detect
    from whoosh import index
    from whoosh.fields import ID, KEYWORD, TEXT, Schema

    DetectorFactory.seed = 0
    noise = re.compile(r"^(baca juga|tinggalkan balasan|editor|advertisement).*$", re.IGNORECASE | re.MULTILINE)
    folder.mkdir(parents=True)
    schema = Schema(
        id=ID(stored=True, unique=True), title=TEXT(stored=True), body=TEXT(stored=True), lang=KEYWORD(stored=True)
    )
    writer = index.create_in(folder, schema).writer()
    seen = set()
    for line in corpus.read_bytes().split(b"\n")[:-1]:
        record = json.loads(line)
        text = noise.sub("", BeautifulSoup(record["text"], "html.parser").get_text())
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            language = detect(text)
        except LangDetectException:
            language = "und"
        writer.add_document(id=record["id"], title=record.get("title") or "", body=text, lang=language)
    writer.commit()


def first_documents(corpus: Path, count: int, target: Path) -> None:
    """Copy the first records of a corpus, decompressed, so that both commands read the same file."""
    with gzip.open(corpus, "rb") if corpus.suffix == ".gz" else corpus.open("rb") as lines, target.open("wb") as out:
        out.writelines(islice(lines, count))


PR_SET_CHILD_SUBREAPER = 36
"""Linux: processes whose parent is gone become children of this one, so that their time can be asked for."""


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall-clock seconds of a whole process, and processor seconds of all that it started; stops when it fails."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall = perf_counter() - began
    if done.returncode:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stderr[-2000:]}")
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run both commands in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runner", choices=["process", "inline"], default="process")
    parser.add_argument(
        "--prefect", action="store_true", help="run saring through the Prefect flow, server start included"
    )
    parser.add_argument("--baseline", help="command to compare with; {corpus}, {documents} and {folder} are filled in")
    parser.add_argument("--naive", nargs=2, type=Path, metavar=("CORPUS", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args(None if "--naive" not in sys.argv else ["-", *sys.argv[1:]])
    if args.naive:
        naive(*args.naive)
        return
    saring = Path(sys.executable).with_name("saring")
    ratios: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = folder / "documents.jsonl"
        first_documents(args.corpus, args.documents, corpus)
        for number in range(args.rounds):
            out = folder / f"baseline-{number}"
            other = [sys.executable, __file__, "--naive", str(corpus), str(out)]
            if args.baseline:
                filled = args.baseline.format(corpus=corpus, documents=args.documents, folder=out)
                other = shlex.split(filled)
            environment = {
                **os.environ,
                "SARING_DATA_DIR": str(folder / f"data-{number}"),
                "SARING_RUNNER__KIND": args.runner,
            }
            ours = [str(saring), "ingest", str(corpus), *([] if args.prefect else ["--direct"])]
            theirs_seconds, ours_seconds = timed(other, dict(os.environ)), timed(ours, environment)
            ratios.append((theirs_seconds[0] / ours_seconds[0], theirs_seconds[1] / ours_seconds[1]))
            times = "baseline {:.1f} s ({:.1f} s of processors), saring {:.1f} s ({:.1f} s)".format(
                *theirs_seconds, *ours_seconds
            )
            print(f"round {number + 1}: {times}, ratio {ratios[-1][0]:.2f} ({ratios[-1][1]:.2f})", flush=True)
    what = f"{args.documents} documents, {args.runner} runner"
    wall, processor = (median(ratio) for ratio in zip(*ratios, strict=True))
    print(f"{what}: {wall:.2f} times the baseline, {processor:.2f} by processor seconds (median of {args.rounds})")


if __name__ == "__main__":
    main()
