"""How well the main text of whole pages is found, against trafilatura where it is installed.

    python benchmarks/html_main_text.py PAGES_DIR [--worst N] [--trafilatura PYTHON]

PAGES_DIR holds ``*.html.gz`` and ``ground-truth.json`` ({file stem: {"articleBody": text}}), the layout of the article
extraction benchmark of Scrapinghub. Figures are precision, recall and F1 over the multiset of shingles of four words,
as means over pages; ``--trafilatura`` names an interpreter that has it, so that it need not be a dependency.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import time
from collections import Counter
from pathlib import Path

from transforms.decode import declared_encoding, decode
from transforms.models import RawDocument
from transforms.parse import parse

SHINGLE = 4
WORD = re.compile(r"\w+")
OTHER = """
import gzip, json, pathlib, sys, time, trafilatura
pages = {p.name[:-8]: gzip.open(p).read() for p in pathlib.Path(sys.argv[1]).glob("*.html.gz")}
trafilatura.extract(next(iter(pages.values())))
start = time.process_time()
settings = {"include_comments": False, "include_tables": False}
found = {name: trafilatura.extract(page, **settings) or "" for name, page in pages.items()}
print(json.dumps({"texts": found, "seconds": time.process_time() - start}))
"""


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Stretches of four words with their counts; a shorter text is one."""
    words = WORD.findall(text)
    if len(words) < SHINGLE:
        return Counter([tuple(words)] if words else [])
    return Counter(zip(*(words[at:] for at in range(SHINGLE)), strict=False))


def score(found: str, wanted: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of one page."""
    ours, theirs = shingles(found), shingles(wanted)
    common = sum((ours & theirs).values())
    precision = common / sum(ours.values()) if ours else float(not theirs)
    recall = common / sum(theirs.values()) if theirs else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if common else 0.0


def report(name: str, texts: dict[str, str], truth: dict[str, dict[str, str]], seconds: float) -> dict[str, float]:
    """Print one line and give the F1 of each page."""
    scores = {page: score(texts[page], wanted["articleBody"]) for page, wanted in truth.items()}
    means = [sum(one[at] for one in scores.values()) / len(scores) for at in range(3)]
    both = 2 * means[0] * means[1] / (means[0] + means[1])
    print(
        f"{name:12} precision {means[0]:.4f}  recall {means[1]:.4f}  F1 (mean of pages) {means[2]:.4f}"
        f"  F1 (of means) {both:.4f}  {1000 * seconds / len(truth):.1f} ms a page"
    )
    return {page: one[2] for page, one in scores.items()}


def main() -> None:
    """Score the pages and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--trafilatura", metavar="PYTHON")
    args = parser.parse_args()
    truth = json.loads((args.pages / "ground-truth.json").read_text(encoding="utf-8"))
    sources = {}
    for page in truth:
        data = gzip.decompress((args.pages / f"{page}.html.gz").read_bytes())
        sources[page] = decode(data, declared_encoding(data))[0]
    parse(RawDocument("warm", "warm", "<html><body><p>warm</p></body></html>", media="html"))
    start = time.process_time()
    texts = {page: parse(RawDocument(page, page, source, media="html"))[0].text for page, source in sources.items()}
    ours = report("saring", texts, truth, time.process_time() - start)
    if args.trafilatura:
        command = [args.trafilatura, "-c", OTHER, str(args.pages)]
        other = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        theirs = report("trafilatura", other["texts"], truth, other["seconds"])
    for page in sorted(ours, key=lambda name: ours[name])[: args.worst]:
        precision, recall, both = score(texts[page], truth[page]["articleBody"])
        beside = f"  trafilatura {theirs[page]:.3f}" if args.trafilatura else ""
        print(f"{page[:12]}  precision {precision:.3f}  recall {recall:.3f}  F1 {both:.3f}{beside}")


if __name__ == "__main__":
    main()
