"""How many near duplicates are found, how fast, and what they cost on disk.

usage: python benchmarks/duplicates.py CORPUS.jsonl[.gz] [--documents N] [--uncleaned] [--unread]
           [--pairs PAIRS.jsonl] [--list N]

Derived copies: each of the first N documents is reprinted (other dateline and footer), cut to 60 % of its words,
reordered by sentences, reworded in 10 % of its words, and all of that at once, without title or URL. A copy counts as
found when it was itself verified against its original; copies of other copies do not help. Templates: the first
``TEMPLATE_DOCUMENTS`` are filled in with another name, place, number or date (``duplicates_templates.py``); one counts
as kept apart when it was not taken for a copy of its original.

Corpus: all documents are cleaned, recorded and resolved in shards, on disk, as an ingest does it; the last ones arrive
one at a time. Before that the same documents are settled as one corpus and as corpora of 3,000, by turns, with what the
workers do for it. Seconds are processor time, so that a busy machine does not count for much. ``--uncleaned`` takes the
texts as they are, which is quicker. ``--unread`` settles without reading any pair of texts: what it costs to find
candidates and to weigh them, whatever they turn out to be. ``--pairs`` names a file of {"a", "b", "relation"} lines:
of those whose relation is ``same_url`` the share that ends in one cluster is printed. ``--list`` prints that many of
the merged near pairs, drawn with a fixed seed, for reading.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from duplicates_sizes import by_size
from duplicates_templates import TEMPLATES, ordinary_words
from sqlalchemy import func, select

from index import tables
from index.duplicates import resolve
from index.duplicates_texts import NodeTexts
from index.ledger import Ledger
from index.ledger_rows import PackedDocument, pack
from transforms.clean import clean
from transforms.fingerprint import fingerprint
from transforms.metadata import extract_metadata
from transforms.models import Document, LanguageVerdict, RawDocument
from transforms.parse import parse
from transforms.rules import load_rules

NOW = "2026-01-01T00:00:00+00:00"
SHARD = 2_000
ARRIVALS = 200
GROWTH_SHARDS = 2
"""Shards at each end that are held against each other: those after 2,000 documents, and the last ones."""
TEMPLATE_DOCUMENTS = 1_000
KEPT_SHARE = 0.6
REWORDED_SHARE = 0.1
CITIES = ("SURABAYA", "MEDAN", "MAKASSAR", "PADANG", "AMBON", "KUPANG")
NAMES = ("Rina Anggraini", "Dodi Saputra", "Wayan Sudarma", "Lestari Putri")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")

Change = Callable[[str, random.Random, Sequence[str]], str]


def reprint(text: str, chance: random.Random, _words: Sequence[str]) -> str:
    """Give a text another dateline and footer."""
    footer = f"Editor: {chance.choice(NAMES)}\nIkuti berita pilihan kami setiap pagi lewat surat elektronik."
    return f"{chance.choice(CITIES)}, SUARAKOTA.ID - {text}\n\n{footer}"


def shorten(text: str, _chance: random.Random, _words: Sequence[str]) -> str:
    """Keep the first 60 % of the words."""
    words = list(re.finditer(r"\S+", text))
    return text[: words[max(int(len(words) * KEPT_SHARE), 1) - 1].end()] if words else text


def reorder(text: str, chance: random.Random, _words: Sequence[str]) -> str:
    """Shuffle the sentences."""
    sentences = SENTENCE.split(text)
    chance.shuffle(sentences)
    return " ".join(sentences)


def reword(text: str, chance: random.Random, words: Sequence[str]) -> str:
    """Put other words of the corpus in place of one word in ten."""
    return re.sub(r"\S+", lambda word: chance.choice(words) if chance.random() < REWORDED_SHARE else word[0], text)


def everything(text: str, chance: random.Random, words: Sequence[str]) -> str:
    """Shorten, reword, reorder and reprint."""
    for change in (shorten, reword, reorder, reprint):
        text = change(text, chance, words)
    return text


CHANGES: dict[str, Change] = {
    "reprint": reprint,
    "shorten": shorten,
    "reorder": reorder,
    "reword": reword,
    "everything": everything,
}


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=5_000)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--uncleaned", action="store_true", help="take the texts of the corpus as they are")
    parser.add_argument("--unread", action="store_true", help="find candidates, and read none of them")
    parser.add_argument("--list", type=int, default=0)
    options = parser.parse_args()
    if options.unread:
        NodeTexts.promising = lambda *_pair, **_named: False  # type: ignore[method-assign]  # a part is measured alone
    records = list(read(options.corpus))
    if options.documents:
        derived(records[: options.documents])
        templates(records[: min(options.documents, TEMPLATE_DOCUMENTS)])
    documents = uncleaned(records) if options.uncleaned else cleaned(records)
    by_size(documents)
    whole(documents, records, options.pairs, options.list)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a corpus."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def document(id_: str, text: str, record: dict[str, Any] | None = None) -> Document:
    """Make a document that needs no cleaning."""
    record = record or {}
    return Document(
        id=id_,
        source=f"/corpus/{id_}.txt",
        url=record.get("url"),
        title=record.get("title"),
        published_at=None,
        outlet=record.get("outlet"),
        place=None,
        authors=(),
        text=text,
        language=LanguageVerdict("id", 1.0),
        removals=(),
        repairs=(),
        warnings=(),
        rules_version="benchmark",
        raw_hash=hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        raw_text=text,
        fingerprint=fingerprint(text),
    )


def derived(records: Sequence[dict[str, Any]]) -> None:
    """Print the share of derived copies that is found, by change."""
    vocabulary = sorted({word for record in records[:500] for word in record["text"].split()})
    for name, change in CHANGES.items():
        chance = random.Random(f"derived {name}")
        found, candidates = settled({r["id"]: (r["text"], change(r["text"], chance, vocabulary)) for r in records})
        print(f"{name:12} found {found:.4f}  candidates a document {candidates:.2f}")


def templates(records: Sequence[dict[str, Any]]) -> None:
    """Print the share of templates that are kept apart, by what is filled in."""
    ordinary = ordinary_words(record["text"] for record in records)
    for name, fill_in in TEMPLATES.items():
        chance = random.Random(f"template {name}")
        filled = {r["id"]: (r["text"], fill_in(r["text"], chance, ordinary)) for r in records}
        pairs = {id_: (text, other) for id_, (text, other) in filled.items() if other and other != text}
        print(f"{name:14} kept apart {1 - settled(pairs)[0]:.4f} of {len(pairs)}")


def settled(texts: Mapping[str, tuple[str, str]]) -> tuple[float, float]:
    """Settle texts and what was derived from them; returns the share found to be copies, and candidates a document."""
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        documents = [
            document(id_ + mark, text)
            for id_, both in texts.items()
            for mark, text in zip(("", "+"), both, strict=True)
        ]
        ledger.record("run", NOW, documents)
        changes = resolve(ledger)
        return found_directly(ledger, list(texts)), changes.candidates / len(documents)


def found_directly(ledger: Ledger, ids: Sequence[str]) -> float:
    """Return the share of ids whose copy (id and ``+``) was verified against them or has the same words."""
    columns = tables.documents.c
    with ledger.reading() as connection:
        nodes = {row.id: row.node for row in connection.execute(select(columns.id, columns.node))}
        rows = connection.execute(select(tables.pairs).where(tables.pairs.c.relation == "copy"))
        copies = {(row.a, row.b) for row in rows}
    pairs = [sorted((nodes[id_], nodes[f"{id_}+"])) for id_ in ids]
    return float(sum(a == b or (a, b) in copies for a, b in pairs) / len(pairs))


def cleaned(records: Sequence[dict[str, Any]]) -> list[PackedDocument]:
    """Clean a corpus, without telling languages, and pack it for the ledger, as workers do."""
    rules, documents = load_rules(), []
    for record in records:
        title, url, date, outlet = (record.get(name) for name in ("title", "url", "date", "outlet"))
        source = f"/corpus/{record['id']}.txt"
        raw = RawDocument(record["id"], source, record["text"], title=title, url=url, date=date, outlet=outlet)
        view, hints = parse(raw)
        found = clean(view, hints, rules)
        known_of = extract_metadata(raw, hints, found)
        made = document(record["id"], found.text, record)
        made = replace(made, title=known_of.title, published_at=known_of.published_at, raw_text=raw.text)
        documents.append(pack(made))
    return documents


def uncleaned(records: Sequence[dict[str, Any]]) -> list[PackedDocument]:
    """Pack a corpus as it is: four times as fast, and enough to see what settling costs."""
    return [pack(document(record["id"], record["text"], record)) for record in records]


def whole(
    documents: Sequence[PackedDocument], records: Sequence[dict[str, Any]], pairs: Path | None, listed: int
) -> None:
    """Record and resolve a whole corpus; print speed, size, and how known pairs fared."""
    waiting = iter(documents[:-ARRIVALS])
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        settling: list[float] = []
        done = 0
        while shard := list(islice(waiting, SHARD)):
            began = time.process_time()
            ledger.record("run", NOW, shard)
            recorded = time.process_time()
            changes = resolve(ledger)
            spent = (recorded - began) / len(shard) * 1000, (time.process_time() - recorded) / len(shard) * 1000
            done += len(shard)
            settling.append(spent[1])
            print(
                f"{done:6} documents: record {spent[0]:.2f} resolve {spent[1]:.2f} ms a document, "
                f"{changes.candidates / len(shard):.2f} candidates, {changes.crowded} crowded bands",
                flush=True,
            )
        growth(settling)
        arrivals(ledger, documents[-ARRIVALS:])
        sizes(ledger, len(documents))
        print(ledger.counts())
        if pairs:
            known(ledger, pairs)
        if listed:
            list_merged(ledger, {record["id"]: record for record in records}, listed)


def growth(settling: Sequence[float]) -> None:
    """Print how much longer the last shards take than the second and the third; the first warms up."""
    if len(settling) > 2 * GROWTH_SHARDS:
        first, last = settling[1 : 1 + GROWTH_SHARDS], settling[-GROWTH_SHARDS:]
        early, late = (sum(shards) / GROWTH_SHARDS for shards in (first, last))
        print(f"settling: {sum(settling) / len(settling):.3f} ms a document, {early:.3f} first, {late:.3f} last")
        print(f"the last documents take {late / early:.2f} times as long as the first")


def arrivals(ledger: Ledger, documents: Sequence[PackedDocument]) -> None:
    """Print how long one arriving document takes to be settled."""
    spent = []
    for item in documents:
        ledger.record("run", NOW, [item])
        began = time.process_time()
        resolve(ledger)
        spent.append((time.process_time() - began) * 1000)
    spent.sort()
    shares = ", ".join(f"{spent[int(len(spent) * share)]:.1f} ms p{share:.0%}" for share in (0.5, 0.9, 0.99))
    print(f"one arriving document: {shares.replace('%', '')}")


def sizes(ledger: Ledger, documents: int) -> None:
    """Print the bytes a document that near duplicates are found by, where SQLite can tell."""
    parts = ("bands", "pairs", "crowds", "ix_documents_node")
    query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
    with ledger.reading() as connection:
        stored = dict(connection.exec_driver_sql(query).tuples().all())
        columns = tables.documents.c
        packed = select(func.sum(func.length(columns.bands) + func.length(columns.sketch)))
        own = connection.execute(packed).scalar_one()
    figures = {name: round(stored.get(name, 0) / documents) for name in parts} | {"own row": round(own / documents)}
    print(f"{sum(figures.values())} bytes a document for duplicates: {figures}")


def known(ledger: Ledger, path: Path) -> None:
    """Print the share of same-page pairs that are in one cluster."""
    clusters = clusters_of(ledger)
    same = [pair for pair in read(path) if pair["relation"] == "same_url"]
    apart = [pair for pair in same if clusters[pair["a"]] != clusters[pair["b"]]]
    print(f"same page in one cluster: {1 - len(apart) / len(same):.4f} of {len(same)}")
    for pair in apart:
        print("  apart:", pair["a"], pair["b"])


def list_merged(ledger: Ledger, records: dict[str, dict[str, Any]], number: int) -> None:
    """Print some of the near pairs that were merged: copy, representative, similarity, titles."""
    columns = tables.documents.c
    query = select(columns.id, columns.cluster, columns.similarity).where(columns.duplicate_kind == "near")
    with ledger.reading() as connection:
        rows = connection.execute(query.order_by(columns.id)).all()
    for row in random.Random(0).sample(rows, min(number, len(rows))):
        titles = " | ".join(str(records[id_].get("title")) for id_ in (row.id, row.cluster))
        print(row.id, row.cluster, row.similarity, titles, sep="\t")


def clusters_of(ledger: Ledger) -> dict[str, str]:
    """Return the representative of each document."""
    columns = tables.documents.c
    with ledger.reading() as connection:
        return {row.id: row.cluster for row in connection.execute(select(columns.id, columns.cluster))}


if __name__ == "__main__":
    main()
