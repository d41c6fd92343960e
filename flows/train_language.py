"""Train the table of the second language stage: ``python -m flows.train_language DATA… --out FILE``.

DATA is JSONL (optionally ``.gz``) with ``text`` and ``lang``, or ``id=FILE`` for a large corpus that is all Indonesian:
every second text of it tells which words are common in Indonesian, the others are trained on, so that the model learns
how often an Indonesian word is *not* in that list. Texts are cut into pieces of sentence length, because a model that
is right about single sentences is right about articles, not the other way round. The model is multinomial logistic
regression, fitted by stochastic gradient descent with AdaGrad step sizes (Duchi et al. 2011); then the features that
matter least are dropped and the weights rounded to eight bits.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from math import sqrt
from pathlib import Path

from transforms.language_family import FamilyModel, Weights, features_of, softmax, words_of

CODES = ("id", "ms", "jv", "su", "min", "ban", "ace", "tl")
PIECE_CHARACTERS = (40, 240)
"""Characters; shorter sentences are joined with the next one, and none is added to a piece beyond the longer length."""
MAX_PIECES = {"id": 6000}
"""Pieces used of a language; Indonesian has more because its range is widest and it must not be taken for another."""
DEFAULT_MAX_PIECES = 2600
MIN_PIECES_OF_FEATURE = 4
"""Pieces a feature must occur in: rarer ones are names and misprints."""
EPOCHS = 3
LEARNING_RATE = 0.5
SEED = 20240620
MAX_FEATURES = 14_000
"""Features in the table: together with the words about 250 KB compressed."""
BAND_ENDS = (300, 1_500, 6_000, 15_000, 30_000)
"""Ranks at which the frequency bands of Indonesian words end."""
LEVELS = 127
"""Steps of a weight on either side of zero."""
CERTAIN = 1e-3
"""A piece whose language is already this near to certain moves no weight."""

Features = list[tuple[str, float]]
Piece = tuple[int, Features]
Table = dict[str, Weights]


def pieces_of(text: str) -> Iterator[str]:
    """Cut a text into runs of whole sentences of about sentence length."""
    shortest, longest = PIECE_CHARACTERS
    held = ""
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        if held and len(held) + len(sentence) > longest:
            yield held
            held = ""
        held = f"{held} {sentence}".strip()
        if len(held) >= shortest:
            yield held
            held = ""
    if len(held) >= shortest // 2:
        yield held


def frequency_bands(texts: Iterable[str]) -> dict[str, int]:
    """Rank the words of the texts by how often they occur and return the band of each of the commonest."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[: BAND_ENDS[-1]]
    return {word: sum(rank >= end for end in BAND_ENDS) for rank, word in enumerate(ranked)}


def prepare(texts: Iterable[tuple[str, str]], bands: dict[str, int]) -> list[Piece]:
    """Turn (language, text) into (language number, features with values), in the same shuffled order each time."""
    by_language: dict[str, set[str]] = {code: set() for code in CODES}
    for code, text in texts:
        if code in by_language:
            by_language[code].update(pieces_of(text))
    order = random.Random(SEED)
    pieces: list[Piece] = []
    for number, code in enumerate(CODES):
        chosen = sorted(by_language[code])
        order.shuffle(chosen)
        for text in chosen[: MAX_PIECES.get(code, DEFAULT_MAX_PIECES)]:
            counts = Counter(feature for word in words_of(text) for feature in features_of(word, bands))
            norm = sqrt(sum(counts.values()) or 1)
            pieces.append((number, [(feature, count / norm) for feature, count in counts.items()]))
    order.shuffle(pieces)
    return pieces


def fit(pieces: list[Piece]) -> Table:
    """Fit the weights, and keep those of the features that matter most; smaller languages weigh more."""
    spread = Counter(feature for _, features in pieces for feature, _ in features)
    weights = {feature: [0.0] * len(CODES) for feature, count in spread.items() if count >= MIN_PIECES_OF_FEATURE}
    squares = {feature: [CERTAIN] * len(CODES) for feature in weights}
    sizes = Counter(number for number, _ in pieces)
    importance = {number: sqrt(max(sizes.values()) / size) for number, size in sizes.items()}
    known = [(number, [item for item in features if item[0] in weights]) for number, features in pieces]
    for epoch in range(EPOCHS):
        random.Random(SEED + epoch).shuffle(known)
        for number, features in known:
            if features:
                _step(weights, squares, (number, features), importance[number])
    worth = {feature: sqrt(spread[feature]) * (max(row) - min(row)) for feature, row in weights.items()}
    kept = sorted(weights, key=lambda feature: (-worth[feature], feature))[:MAX_FEATURES]
    return {feature: weights[feature] for feature in sorted(kept)}


def _step(weights: Table, squares: Table, piece: Piece, importance: float) -> None:
    """Move the weights of one piece's features against the gradient of its log-loss."""
    number, features = piece
    vectors = [[value * weight for weight in weights[feature]] for feature, value in features]
    error = softmax(list(map(sum, zip(*vectors, strict=True))))
    error[number] -= 1.0
    if -error[number] < CERTAIN:
        return
    error = [importance * part for part in error]
    for feature, value in features:
        gradient = [value * part for part in error]
        seen = [old + part * part for old, part in zip(squares[feature], gradient, strict=True)]
        squares[feature] = seen
        row = zip(weights[feature], gradient, seen, strict=True)
        weights[feature] = [weight - LEARNING_RATE * part / sqrt(square) for weight, part, square in row]


def rounded(weights: Table) -> tuple[float, dict[str, list[int]]]:
    """Return the unit and the weights as whole numbers of units, each between -127 and 127."""
    unit = max(abs(weight) for row in weights.values() for weight in row) / LEVELS
    return unit, {feature: [round(weight / unit) for weight in row] for feature, row in weights.items()}


def build(labelled: Iterable[tuple[str, str]], indonesian: Iterable[str]) -> tuple[Table, dict[str, int]]:
    """Train on labelled texts and a corpus of Indonesian; return the weights and the frequency bands."""
    corpus = list(indonesian)
    bands = frequency_bands(corpus[::2])
    pieces = prepare([*labelled, *(("id", text) for text in corpus[1::2])], bands)
    return fit(pieces), bands


def model_of(weights: Table, bands: dict[str, int]) -> FamilyModel:
    """Make the model that the written table would give."""
    unit, whole = rounded(weights)
    return FamilyModel(CODES, {feature: [unit * value for value in row] for feature, row in whole.items()}, bands)


def write_table(weights: Table, bands: dict[str, int], out: Path) -> None:
    """Write the table; the same input gives the same bytes."""
    unit, whole = rounded(weights)
    words = [
        " ".join(sorted(word for word, band in bands.items() if band == number)) for number in range(len(BAND_ENDS))
    ]
    table = {"codes": CODES, "unit": unit, "weights": whole, "bands": words}
    data = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    out.write_bytes(gzip.compress(data, mtime=0))


def _records(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="JSONL with text and lang, or id=FILE for an Indonesian corpus")
    parser.add_argument("--out", type=Path, required=True, help="the table to write (.json.gz)")
    parser.add_argument("--skip-source", action="append", default=[], help="leave out records with this `source`")
    args = parser.parse_args()
    labelled = [
        (record["lang"], record["text"])
        for name in args.data
        if not name.startswith("id=")
        for record in _records(Path(name))
        if record.get("source") not in args.skip_source
    ]
    corpora = (Path(name.removeprefix("id=")) for name in args.data if name.startswith("id="))
    weights, bands = build(labelled, (record["text"] for path in corpora for record in _records(path)))
    write_table(weights, bands, args.out)
    sys.stderr.write(f"{len(weights)} features, {len(bands)} words, {args.out.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
