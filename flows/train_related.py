"""Rebuild the tables with which saring finds the end of an inline related headline.

    python -m flows.train_related CORPUS... --out transforms/data/related_tables.json.gz

CORPUS are JSONL files (also ``.gz``) with the fields ``title``, ``text`` and ``outlet``. Words and pairs of words are
counted in titles and paragraphs. The weights are then learned from examples that need no hand marking: real titles set
before real paragraphs of other documents, with the spaces, cases and line ends that pages show, and the inline links
whose headline is the title of another document of the corpus. Three quarters of the titles and documents feed the
counts, the rest the examples, so that no example knows its own words. The same corpus and seed give the same file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows.train_related_examples import (
    Article,
    Example,
    for_examples,
    made_examples,
    read_articles,
    real_examples,
    with_other_names,
)
from transforms.language_family import common_words
from transforms.related_boundary import MAX_TOKENS, candidates
from transforms.related_features import Scene, Tables, features
from transforms.related_tokens import key_of, tokenize
from transforms.related_words import HONORIFICS

SEED = 7
TABLE_WORDS = 5000
"""Words kept in each table of log-odds."""
TABLE_PAIRS = 16000
TABLE_JOINED = 400
MIN_PAIR_COUNT = 6
"""Rarer pairs are chance, or one story told often."""
EXAMPLES = 20000
REAL_WEIGHT = 8
"""How often a real inline link counts beside the made examples."""
OVERCUT_MARGIN = 0.5
"""By how much more the right end must win over a later one than over an earlier: what is cut too far is body."""
OTHER_NAMES = 0.5
"""Share of the examples whose names are turned into others, as on pages of places that the corpus does not know."""
NAME_SHARE = 10
"""How many times as often as in small letters a name is written with a capital."""
EPOCHS = 8
LEARNING_RATE = 0.15
DECAY = 1e-6
"""L2 penalty an update."""
LONGEST_HEADLINE = 30
"""Words; the last entry of the table of lengths stands for this and more."""


@dataclass(slots=True)
class Counts:
    """How often words and pairs stand where."""

    opening: Counter[str] = field(default_factory=Counter)
    second: Counter[str] = field(default_factory=Counter)
    closing: Counter[str] = field(default_factory=Counter)
    inside: Counter[str] = field(default_factory=Counter)
    upper: Counter[str] = field(default_factory=Counter)
    lower: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    joined: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)


def count(articles: Sequence[Article]) -> Counts:
    """Count words and pairs in the titles and paragraphs that feed the tables."""
    counts = Counts()
    for title in sorted({a.title for a in articles if 20 <= len(a.title) <= 150 and not for_examples(a.title)}):
        _count_title(counts, title)
    for article in articles:
        if not for_examples(article.text):
            for paragraph in article.paragraphs:
                _count_paragraph(counts, paragraph)
    return counts


def _count_title(counts: Counts, title: str) -> None:
    words = title.split()
    keys = [key_of(w) for w in words]
    if len(keys) < 4:
        return
    counts.lengths[min(len(keys), LONGEST_HEADLINE)] += 1
    counts.closing[keys[-1]] += 1
    counts.inside.update(keys[:-1])
    _count_pairs(counts, words, keys)


def _count_paragraph(counts: Counts, paragraph: str) -> None:
    words = paragraph.split()
    keys = [key_of(w) for w in words]
    if len(keys) < 3:
        return
    counts.opening[keys[0]] += 1
    counts.second[keys[1]] += 1
    for word, key in zip(words[1:], keys[1:], strict=True):
        if word[0].isupper():
            counts.upper[key] += 1
        elif word[0].islower():
            counts.lower[key] += 1
    _count_pairs(counts, words, keys)


def _count_pairs(counts: Counts, words: Sequence[str], keys: Sequence[str]) -> None:
    counts.words.update(keys)
    counts.joined.update({w.strip(".,;:!?\"“”()'") for w in words if re.search(r"[a-z][A-Z]", w)})
    for first, second, word in zip(keys, keys[1:], words[1:], strict=False):
        if first and second and not word[0].islower():
            counts.pairs[first, second] += 1


def tables_from_counts(counts: Counts) -> Tables:
    """Log-odds and mutual information, the most telling entries of each."""
    inside = counts.inside
    names = names_in(counts)
    common = sorted(counts.joined.items(), key=lambda item: (-item[1], item[0]))
    return Tables(
        start=_log_odds(counts.opening, inside, names),
        end=_log_odds(counts.closing, inside, names),
        second=_log_odds(counts.second, inside + counts.closing, names),
        pairs=_cohesion(counts),
        joined=frozenset(w for w, n in common[:TABLE_JOINED] if n > 3),
        length=_lengths(counts.lengths),
    )


def names_in(counts: Counts) -> frozenset[str]:
    """Words that are hardly ever written small. Other places have other names: no table of words may rely on them."""
    capital = (word for word in counts.upper if counts.upper[word] > NAME_SHARE * counts.lower[word])
    return frozenset(capital) - common_words() - HONORIFICS


def _log_odds(there: Counter[str], here: Counter[str], names: frozenset[str]) -> dict[str, float]:
    smoothing, vocabulary = 1.0, 2000
    total_there, total_here = there.total() + smoothing * vocabulary, here.total() + smoothing * vocabulary
    odds = {
        word: math.log((there[word] + smoothing) / total_there) - math.log((here[word] + smoothing) / total_here)
        for word in there.keys() | here.keys()
        if word and word not in names
    }
    telling = sorted(odds, key=lambda w: (-abs(odds[w]) * (there[w] + 0.3 * here[w]) ** 0.6, w))[:TABLE_WORDS]
    return {word: round(max(-5.0, min(5.0, odds[word])), 1) for word in sorted(telling)}


def _cohesion(counts: Counts) -> dict[str, float]:
    total = counts.words.total()
    found = {}
    for (first, second), n in counts.pairs.items():
        if n >= MIN_PAIR_COUNT:
            information = math.log(n * total / (counts.words[first] * counts.words[second])) / -math.log(n / total)
            if information >= 0.2:
                found[f"{first} {second}"] = (n * information, round(min(1.0, information), 1))
    best = sorted(found, key=lambda p: (-found[p][0], p))[:TABLE_PAIRS]
    return {pair: found[pair][1] for pair in sorted(best)}


def _lengths(lengths: Counter[int]) -> tuple[float, ...]:
    total = lengths.total() + LONGEST_HEADLINE
    return tuple(round(math.log((lengths[n] + 1) / total), 3) for n in range(LONGEST_HEADLINE + 1))


Row = tuple[list[dict[str, float]], int]
"""The features of each candidate, and which candidate is right."""


def rows(examples: Iterable[Example], tables: Tables) -> Iterator[Row]:
    """Examples as the learner sees them; those whose end is no candidate are left out."""
    for example in examples:
        tokens = tokenize(example.piece, MAX_TOKENS)
        if len(tokens) < 2:
            continue
        places = candidates(tokens, example.truncated or tokens[-1].end < len(example.piece.rstrip()))
        right = [i for i, place in enumerate(places) if tokens[place - 1].end == example.end]
        if right and len(places) > 1:
            scene = Scene(example.piece, tokens, example.context, example.glued, tables)
            yield [_present(features(scene, place)) for place in places], right[0]


def _present(values: dict[str, float]) -> dict[str, float]:
    """The features that are not nought: the learner passes over them many times."""
    return {name: value for name, value in values.items() if value}


def learn(data: list[Row], chance: random.Random) -> dict[str, float]:
    """Multinomial logistic regression over the candidates, by AdaGrad."""
    weights: dict[str, float] = {}
    squares: dict[str, float] = {}
    for _ in range(EPOCHS):
        chance.shuffle(data)
        for options, right in data:
            scores = [
                sum(weights.get(k, 0.0) * v for k, v in option.items()) + OVERCUT_MARGIN * (index > right)
                for index, option in enumerate(options)
            ]
            top = max(scores)
            shares = [math.exp(s - top) for s in scores]
            total = sum(shares)
            gradient: dict[str, float] = {}
            for index, option in enumerate(options):
                error = shares[index] / total - (index == right)
                if abs(error) > 1e-4:
                    for name, value in option.items():
                        gradient[name] = gradient.get(name, 0.0) + error * value
            for name, slope in gradient.items():
                step = slope + DECAY * weights.get(name, 0.0)
                squares[name] = squares.get(name, 1e-3) + step * step
                weights[name] = weights.get(name, 0.0) - LEARNING_RATE * step / math.sqrt(squares[name])
    return weights


def train(articles: Sequence[Article], made: int = EXAMPLES) -> Tables:
    """Tables and weights from a corpus, with so many ``made`` examples."""
    chance = random.Random(SEED)
    counts = count(articles)
    tables = tables_from_counts(counts)
    lower_case = frozenset(word for word in counts.lower if counts.lower[word] > counts.upper[word])
    examples = [example for example, _ in real_examples(articles)] * REAL_WEIGHT
    examples += made_examples(articles, lower_case, chance, made)
    names = names_in(counts)
    examples = [with_other_names(e, names, chance) if chance.random() < OTHER_NAMES else e for e in examples]
    weights = learn(list(rows(examples, tables)), chance)
    return Tables(
        weights={name: round(weights[name], 3) for name in sorted(weights)},
        start=tables.start,
        end=tables.end,
        second=tables.second,
        pairs=tables.pairs,
        joined=tables.joined,
        length=tables.length,
    )


def to_bytes(tables: Tables) -> bytes:
    """The tables as the packaged file holds them: gzipped JSON, the same bytes for the same tables."""
    data = {
        "weights": tables.weights,
        "start": tables.start,
        "end": tables.end,
        "second": tables.second,
        "pairs": tables.pairs,
        "joined": sorted(tables.joined),
        "length": list(tables.length),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the file was written."""
    parser = argparse.ArgumentParser(prog="python -m flows.train_related", description=__doc__.split("\n", 1)[0])
    parser.add_argument("corpus", type=Path, nargs="+", help="JSONL files with title, text and outlet")
    parser.add_argument("--out", type=Path, required=True, help="where to write the tables (.json.gz)")
    parser.add_argument("--leave-out", action="append", default=[], metavar="OUTLET", help="outlet to hold out")
    parser.add_argument(
        "--examples", type=int, default=EXAMPLES, help="how many examples to make (default %(default)s)"
    )
    options = parser.parse_args(arguments)
    articles = read_articles(options.corpus, frozenset(options.leave_out))
    packed = to_bytes(train(articles, options.examples))
    options.out.write_bytes(packed)
    sys.stderr.write(f"{len(articles)} articles read, {len(packed)} bytes written to {options.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
