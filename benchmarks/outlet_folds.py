"""How well cleaning does on outlets that nothing in it has seen: folds over the outlets of a hand-marked folder.

    python benchmarks/outlet_folds.py GOLD_DIR CORPUS.jsonl[.gz] [--support GOLD_DIR] [--folds 5] [--examples 3000]
        [--sample 3000]

The outlets of GOLD_DIR (pairs ``ID.txt`` and ``ID.json``, the latter with ``outlet`` and ``spans``) are dealt to folds
of about equal numbers of documents. For each fold

- the tables that find the end of a related headline are trained again on the corpus without the fold's outlets;
- every rule that takes something from the fold's outlets only is switched off: neither the marked documents of other
  outlets, nor a sample of the corpus, nor the stock furniture of content systems in the ``--support`` folder (which is
  no outlet's own) would have suggested it;
- the fold's documents are cleaned and scored, without any hint of their outlet.

Steps that are code and words that every site uses stay; they hold no outlet's phrases.
Prints a table; exits with 1 when F1 over all folds is more than 0.05 below that of the whole.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest.mock import patch

from flows.train_related import train
from flows.train_related_examples import read_articles
from transforms.clean import clean
from transforms.evaluate import DocumentScore, Evaluation, score
from transforms.gold import GoldDocument, load_gold
from transforms.models import Hints, TextView
from transforms.rules import RuleSet, load_rules

WANTED = 0.05
"""How much F1 may fall on unseen outlets."""


def cleaned(document: GoldDocument, rules: RuleSet) -> DocumentScore:
    """Clean and score one marked document."""
    result = clean(TextView(document.text, document.text), Hints(), rules)
    return score(document, result.removals, result.text)


def takers(rules: RuleSet, texts: Iterator[tuple[str, str]]) -> dict[str, set[str]]:
    """For each rule the outlets from whose texts it takes anything."""
    outlets: dict[str, set[str]] = defaultdict(set)
    for outlet, text in texts:
        for removal in clean(TextView(text, text), Hints(), rules).removals:
            outlets[removal.rule].add(outlet)
    return outlets


def dealt(documents: Mapping[str, list[GoldDocument]], folds: int) -> list[list[str]]:
    """The outlets in so many groups: each, the largest first, goes to the group with the fewest documents."""
    groups: list[list[str]] = [[] for _ in range(folds)]
    sizes = [0] * folds
    for outlet in sorted(documents, key=lambda name: (-len(documents[name]), name)):
        smallest = sizes.index(min(sizes))
        groups[smallest].append(outlet)
        sizes[smallest] += len(documents[outlet])
    return groups


def sampled(corpus: Path, documents: int) -> Iterator[tuple[str, str]]:
    """Outlet and text of every n-th record of the corpus."""
    read = gzip.open if corpus.suffix == ".gz" else open
    with read(corpus, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    for record in records[:: max(1, len(records) // documents)]:
        yield str(record.get("outlet")), record["text"]


def main() -> int:
    """Measure and print; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument(
        "--examples", type=int, default=3_000, help="made examples the tables are trained on, each fold"
    )
    parser.add_argument(
        "--support", type=Path, help="marked documents of no outlet of GOLD_DIR that may support a rule"
    )
    parser.add_argument("--sample", type=int, default=3_000, help="documents of the corpus that may support a rule")
    options = parser.parse_args()
    rules = load_rules()
    by_outlet: dict[str, list[GoldDocument]] = defaultdict(list)
    for document in load_gold(options.gold):
        marks = json.loads((options.gold / f"{document.id}.json").read_text(encoding="utf-8"))
        by_outlet[str(marks.get("outlet"))].append(document)
    texts = [(outlet, document.text) for outlet, documents in by_outlet.items() for document in documents]
    if options.support:
        texts += [("stock furniture", document.text) for document in load_gold(options.support)]
    outlets_of = takers(rules, iter([*texts, *sampled(options.corpus, options.sample)]))

    seen: list[DocumentScore] = []
    unseen: list[DocumentScore] = []
    columns = ("outlets", "documents", "rules off", "F1 seen", "unseen", "removed", "lost")
    print(f"{'fold':<6}" + "".join(f"{name:>11}" for name in columns))
    for number, outlets in enumerate(dealt(by_outlet, options.folds), 1):
        documents = [document for outlet in outlets for document in by_outlet[outlet]]
        off = {rule for rule, found in outlets_of.items() if found <= set(outlets)}
        kept = RuleSet(tuple(rule for rule in rules.rules if rule.id not in off), f"{rules.version}-{number}")
        tables = train(read_articles([options.corpus], frozenset(outlets)), options.examples)
        whole = Evaluation(tuple(cleaned(document, rules) for document in documents))
        with patch("transforms.related.packaged_tables", lambda tables=tables: tables):
            held = Evaluation(tuple(cleaned(document, kept) for document in documents))
        count = len(rules.rules) - len(kept.rules)
        _row(str(number), (len(outlets), len(documents), count), whole, held)
        seen += whole.documents
        unseen += held.documents
    whole, held = Evaluation(tuple(seen)), Evaluation(tuple(unseen))
    _row("all", (len(by_outlet), len(unseen), 0), whole, held)
    return 0 if held.f1 >= whole.f1 - WANTED else 1


def _row(name: str, counts: tuple[int, int, int], whole: Evaluation, held: Evaluation) -> None:
    outlets, documents, off = counts
    shares = f"{whole.f1:>11.4f}{held.f1:>11.4f}{held.removed_share:>11.2%}{held.lost_share:>11.3%}"
    print(f"{name:<6}{outlets:>11}{documents:>11}{off:>11}{shares}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
