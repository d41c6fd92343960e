"""As many documents as are wanted, made of the sentences of a corpus; a file of records, written as it is made.

    python benchmarks/scale_documents.py CORPUS.jsonl[.gz] --documents 100000 --out FILE.jsonl
    python benchmarks/scale_documents.py CORPUS.jsonl[.gz] --documents 10000 --compare

Each new document is built on one of the corpus: its outlet, the site of its address, its date, its lines and the number
of sentences of each. First and last sentences are those of other pages of the outlet, so that datelines and
sign-offs stand where they are usual, all others are of any page, and titles are the halves of two. A page names
invented people, since a corpus goes on growing new words however large it is. A few documents are copies of earlier
ones: the very same, shortened, with another word here and there, or the same page again.

Document N depends on the corpus, the seed and N alone: the first of a larger set are those of a smaller one.
``--compare`` prints what the made documents and the real ones have in common.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

SAMPLED_DOCUMENTS = 30_000
"""Of the corpus: their sentences take about 150 MB."""
COPIES = 0.03
"""Share of documents that are copies; of scraped news it is between 2 and 10 %."""
NAMES = 2
"""Invented words a document: with fewer the vocabulary stops growing, real news gains about as many at 100,000."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SYLLABLES = [a + b for a in "bdghjklmnprstwy" for b in ("a", "i", "u", "e", "o", "an", "ir", "us", "ang")]
Record = dict[str, str]


@dataclass(frozen=True, slots=True)
class Template:
    """A document of the corpus without its words."""

    outlet: str
    date: str
    site: str
    lines: tuple[int, ...]
    """Sentences of each line."""


@dataclass(slots=True)
class Material:
    """What documents are made of."""

    templates: list[Template] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    first: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """First sentences of the pages of each outlet."""
    last: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The same, last sentences."""

    def learn(self, record: dict[str, Any]) -> None:
        """Take a document of the corpus apart."""
        lines = [_SENTENCE.split(line.strip()) for line in str(record["text"]).split("\n") if line.strip()]
        if not lines:
            return
        outlet, url = str(record.get("outlet") or ""), urlsplit(str(record.get("url") or ""))
        site = f"{url.scheme}://{url.netloc}" if url.netloc else ""
        self.templates.append(Template(outlet, str(record.get("date") or ""), site, tuple(map(len, lines))))
        sentences = [sentence for line in lines for sentence in line]
        self.sentences += sentences
        self.first[outlet].append(sentences[0])
        self.last[outlet].append(sentences[-1])
        if record.get("title"):
            self.titles.append(str(record["title"]))


def learn(corpus: Path) -> Material:
    """Take the documents of a corpus apart."""
    material = Material()
    for record in real(corpus, SAMPLED_DOCUMENTS):
        material.learn(record)
    return material


def real(corpus: Path, count: int) -> Iterator[dict[str, Any]]:
    """The first documents of a corpus."""
    with gzip.open(corpus, "rb") if corpus.suffix == ".gz" else corpus.open("rb") as lines:
        yield from map(json.loads, islice(lines, count))


def documents(material: Material, seed: int, numbers: Iterable[int]) -> Iterator[Record]:
    """Documents by number."""
    for number in numbers:
        draw = Random(f"{seed} {number} kind")
        if number and draw.random() < COPIES:
            yield _copy(_fresh(material, seed, draw.randrange(number)), number, draw)
        else:
            yield _fresh(material, seed, number)


def _fresh(material: Material, seed: int, number: int) -> Record:
    draw = Random(f"{seed} {number}")
    template = draw.choice(material.templates)
    sentences = draw.choices(material.sentences, k=sum(template.lines))
    sentences[0] = draw.choice(material.first[template.outlet])
    if len(sentences) > 1:
        sentences[-1] = draw.choice(material.last[template.outlet])
    for _ in range(NAMES):
        at = draw.randrange(len(sentences))
        sentences[at] = _mention(sentences[at], draw)
    rest = iter(sentences)
    lines = [" ".join(islice(rest, count)) for count in template.lines]
    title = _title(material, draw)
    slug = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    return {
        "id": f"s{number:07d}",
        "outlet": template.outlet,
        "title": title,
        "url": f"{template.site}/berita/{number}/{slug}" if template.site else "",
        "date": template.date,
        "text": "\n".join(lines),
    }


def _mention(sentence: str, draw: Random) -> str:
    """A sentence with an invented name in the place of a word."""
    words = sentence.split(" ")
    words[draw.randrange(len(words))] = "".join(draw.choices(_SYLLABLES, k=4)).capitalize()
    return " ".join(words)


def _title(material: Material, draw: Random) -> str:
    one, other = (draw.choice(material.titles).split() for _ in range(2))
    return " ".join(one[: len(one) // 2 + 1] + other[len(other) // 2 + 1 :])


def _copy(record: Record, number: int, draw: Random) -> Record:
    """A copy of a document, as another record."""
    kind = draw.choice(("same", "same page", "shorter", "reworded"))
    words = record["text"].split(" ")
    if kind == "shorter":
        words = words[: max(20, len(words) * 7 // 10)]
    elif kind == "reworded":
        words = [word if draw.random() > 0.03 else draw.choice(words) for word in words]
    url = record["url"] if kind == "same page" else record["url"].replace("/berita/", f"/ulang-{number}/")
    return {**record, "id": f"s{number:07d}", "url": url, "text": " ".join(words)}


def write(material: Material, seed: int, numbers: Iterable[int], out: Path) -> None:
    """Write documents as JSON lines."""
    with out.open("w", encoding="utf-8") as lines:
        for record in documents(material, seed, numbers):
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")


def describe(records: Iterable[dict[str, Any]]) -> dict[str, float]:
    """Figures of some documents."""
    lengths, lines, vocabulary, labels = [], [], set[str](), Counter[str]()
    for record in records:
        lengths.append(len(record["text"]))
        lines.append(record["text"].count("\n") + 1)
        vocabulary.update(re.findall(r"\w+", record["text"].lower()))
        labels.update(name for name in ("title", "url", "date", "outlet") if record.get(name))
    cuts = statistics.quantiles(lengths, n=20)
    found = {
        "documents": len(lengths),
        "characters, mean": statistics.fmean(lengths),
        "characters, median": cuts[9],
        "characters, 95th percentile": cuts[18],
        "lines, mean": statistics.fmean(lines),
        "different words": len(vocabulary),
    }
    return found | {f"with {name}": labels[name] for name in sorted(labels)}


def main() -> None:
    """Write the file, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first document")
    parser.add_argument("--seed", type=int, default=7)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="file of JSON lines to write")
    what.add_argument("--compare", action="store_true", help="print figures beside those of the corpus")
    args = parser.parse_args()
    material, numbers = learn(args.corpus), range(args.first, args.first + args.documents)
    if args.out:
        write(material, args.seed, numbers, args.out)
        return
    made = describe(documents(material, args.seed, numbers))
    for name, figure in describe(real(args.corpus, args.documents)).items():
        print(f"{name:28} {figure:12,.0f} real {made.get(name, 0):12,.0f} made")


if __name__ == "__main__":
    main()
