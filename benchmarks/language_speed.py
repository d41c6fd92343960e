"""Speed and agreement of language identification against plain ``langdetect.detect``, in one run.

    python benchmarks/language_speed.py CORPUS.jsonl[.gz] [--documents N] [--alone]

With ``--alone`` only ours reads them, twice: with the tables of a fresh process, which fill as n-grams and words come
by, and with full ones; fingerprints are timed beside it.
Both read the same whole articles, alternating batch by batch, after one warm-up call each; CPU time is counted.
Labels inside the Malay–Javanese family count as equal, because langdetect has profiles for two of its languages only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from langdetect import DetectorFactory, LangDetectException, detect

from transforms.fingerprint import fingerprint
from transforms.language import detect_language
from transforms.language_family import load_family
from transforms.models import UNDETERMINED

WARM_UP = "Kapal itu kembali berlayar setiap malam karena mesinnya sudah diperbaiki."
BATCH = 250
"""Documents that each reads in turn."""
BCP47 = {"zh-cn": "zh-CN", "zh-tw": "zh-TW"}


def plain(text: str) -> str:
    """Name the language the plain way."""
    try:
        code = str(detect(text))
    except LangDetectException:
        return UNDETERMINED
    return BCP47.get(code, code)


def ours(text: str) -> str:
    """Name the language our way."""
    return detect_language(text).code


def bands_of(text: str) -> str:
    """Fingerprint the text."""
    return fingerprint(text).content_hash


def texts_of(path: Path) -> Iterator[str]:
    """Yield the texts of a JSONL corpus."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def timed(function: Callable[[str], str], texts: list[str]) -> tuple[list[str], float]:
    """Call the function on each text; return its answers and the CPU seconds they took."""
    start = time.process_time()
    answers = [function(text) for text in texts]
    return answers, time.process_time() - start


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--alone", action="store_true", help="time ours only, with cold and with warm tables")
    args = parser.parse_args()
    if args.alone:
        alone(list(islice(texts_of(args.corpus), args.documents)))
    else:
        compared(args.corpus, args.documents)


def alone(texts: list[str]) -> None:
    """Print what languages and fingerprints cost a document."""
    print(f"loading {1000 * timed(ours, [WARM_UP])[1]:.0f} ms")
    for name, function in (("cold", ours), ("warm", ours), ("fingerprint", bands_of)):
        print(f"{name:11} {1000 * timed(function, texts)[1] / len(texts):.3f} ms each")


def compared(corpus: Path, documents: int) -> None:
    """Print how both do on the same texts."""
    DetectorFactory.seed = 0
    print(f"first call: plain {timed(plain, [WARM_UP])[1]:.2f} s, ours {timed(ours, [WARM_UP])[1]:.2f} s")
    family = set(load_family().codes)
    seconds = {"plain": 0.0, "ours": 0.0}
    answers: Counter[tuple[str, str]] = Counter()
    texts = list(islice(texts_of(corpus), documents))
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        (expected, plain_time), (got, our_time) = timed(plain, batch), timed(ours, batch)
        seconds["plain"] += plain_time
        seconds["ours"] += our_time
        answers.update(zip(expected, got, strict=True))
    total = answers.total()
    same = sum(n for (a, b), n in answers.items() if a == b or {a, b} <= family)
    for name, spent in seconds.items():
        print(f"{name:6} {total / spent:8.0f} documents a CPU-second ({1000 * spent / total:.2f} ms each)")
    print(f"ratio  {seconds['plain'] / seconds['ours']:.1f}x, same label {same / total:.2%} of {total}")
    print("other ", {pair: count for pair, count in answers.most_common() if pair[0] != pair[1]})


if __name__ == "__main__":
    main()
