"""Documents a second of the whole pipeline, against another command on the same documents, in turn, in one run.

    python benchmarks/throughput.py CORPUS.jsonl[.gz] [--documents 3000] [--rounds 3] [--runner process] \\
        [--baseline 'python other.py {corpus} {documents} {folder}']

Without ``--baseline``, the other command is the afternoon's version of the pipeline in this file: the same four
packages (beautifulsoup4, langdetect, whoosh, and no Prefect), lines that begin with a known phrase dropped, exact
duplicates dropped, langdetect on the whole text, one Whoosh writer with default settings.

Prints the wall-clock seconds of each round and the median ratio; both commands are whole processes, start-up included.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
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


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Wall-clock seconds of a whole process; stops the benchmark when it fails."""
    began = perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stderr[-2000:]}")
    return perf_counter() - began


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
    ratios = []
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
            ratios.append(theirs_seconds / ours_seconds)
            times = f"baseline {theirs_seconds:.1f} s, saring {ours_seconds:.1f} s"
            print(f"round {number + 1}: {times}, ratio {ratios[-1]:.2f}")
    what = f"{args.documents} documents, {args.runner} runner"
    print(f"{what}: {median(ratios):.2f} times the baseline (median of {args.rounds})")


if __name__ == "__main__":
    main()
