"""Train the table of the second language stage: ``python -m flows.train_language DATA… --out FILE``.

DATA is JSONL (optionally ``.gz``) with ``text`` and ``lang``; or ``id=FILE`` or ``ms=FILE``, a large corpus that is all
Indonesian or all Malay; or ``words:CODE=FILE``, lines of a word, a tab and its frequency, from which texts are drawn
word by word where sentences of a language are few. Every second text of a corpus tells which words are common in its
language, the others are trained on, so that the model learns how often a word is *not* in that list. Of their
Indonesian pieces one half is taken as it comes, the other half is the least ordinary, because prayers, lyrics and lists
in an Indonesian page must not make it Malay. Texts are cut into pieces of sentence length, because a model that is
right about single sentences is right about articles, not the other way round. The model is multinomial logistic
regression, fitted by stochastic gradient descent with AdaGrad step sizes (Duchi et al. 2011); in the last pass pieces
that it is sure are mislabelled are left out. Then the features that matter least are dropped and the weights rounded to
eight bits.
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

from transforms.language_family import UNCOMMON, Bands, FamilyModel, Weights, features_of, is_name, softmax, words_of
from transforms.language_profiles import load_profiles

CODES = ("id", "ms", "jv", "su", "min", "ban", "ace", "tl")
PIECE_CHARACTERS = (40, 240)
"""Characters; shorter sentences are joined with the next one, and none is added to a piece beyond the longer length."""
MAX_PIECES = 4000
"""Pieces used of the labelled texts of a language."""
CORPORA = ("id", "ms")
"""Languages that a corpus can be given for, and that the frequency bands of words are about, in this order."""
MAX_CORPUS_PIECES = 20_000
"""Pieces used of a corpus: the range of Indonesian is widest and it must not be taken for another language."""
DRAWN_PIECES = 2000
"""Pieces drawn from a list of words…"""
DRAWN_PER_WORD = 5
"""…and no more than so many for each of its words."""
DRAWN_WORDS = 14
"""Words in a drawn piece: as many as in a sentence."""
MIN_PIECES_OF_FEATURE = 4
"""Pieces a feature must occur in: rarer ones are names and misprints."""
EPOCHS = 3
LEARNING_RATE = 0.5
SEED = 20240620
MAX_FEATURES = 20_000
"""Features in the table: together with the words about 280 KB compressed."""
BAND_ENDS = (300, 1_500, 6_000, 15_000, 30_000)
"""Ranks at which the frequency bands of words end."""
MIN_COUNT = 2
"""Times a word must occur in a corpus to be ranked."""
NAME_RATIO = 0.3
"""A word that is written small so many times as often as with a capital, or less, is a name and not ranked."""
LEVELS = 127
"""Steps of a weight on either side of zero."""
CERTAIN = 0.01
"""A piece whose language is already this near to certain moves no weight."""
MISLABELLED = 0.995
"""A piece whose label is this surely wrong after all passes but the last is left out of the last one: some Malay and
Indonesian texts carry each other's label, or are in English."""
SMALL = 1e-3
"""Start of the sum of squares that divides a step."""

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


def words_in(text: str, bands: Bands) -> list[str]:
    """Return the words of a text that the second stage reads, in lower case."""
    return [word.lower() for word in words_of(load_profiles().words(text)) if not is_name(word, bands)]


def common_words(texts: Iterable[str]) -> dict[str, int]:
    """Rank the words of the texts by how often they occur and return the band of each of the commonest; no names."""
    small: Counter[str] = Counter()
    capitalised: Counter[str] = Counter()
    for text in texts:
        for word in words_of(load_profiles().words(text)):
            (capitalised if word < "a" else small)[word.lower()] += 1
    words = (word for word, count in small.items() if count >= MIN_COUNT and count > NAME_RATIO * capitalised[word])
    ranked = sorted(words, key=lambda word: (-small[word], word))[: BAND_ENDS[-1]]
    return {word: sum(rank >= end for end in BAND_ENDS) for rank, word in enumerate(ranked)}


def frequency_bands(corpora: dict[str, list[str]]) -> Bands:
    """Return how common each word is in each of ``CORPORA``, by every second text."""
    ranked = [common_words(corpora.get(code, [])[::2]) for code in CORPORA]
    words = sorted({word for bands in ranked for word in bands})
    return {word: "".join(str(bands.get(word, UNCOMMON[0])) for bands in ranked) for word in words}


def drawn_pieces(frequencies: Iterable[tuple[str, float]]) -> list[str]:
    """Draw pieces word by word, each word as often as its frequency says."""
    words, weights = zip(*sorted(frequencies), strict=True)
    order = random.Random(SEED)
    count = min(DRAWN_PIECES, DRAWN_PER_WORD * len(words))
    return [" ".join(order.choices(words, weights, k=DRAWN_WORDS)) for _ in range(count)]


def corpus_pieces(code: str, texts: Iterable[str], bands: Bands) -> list[str]:
    """Choose pieces of a corpus at random; of Indonesian take half of them for having the fewest common words."""
    pieces = sorted({piece for text in texts for piece in pieces_of(text)})
    random.Random(SEED).shuffle(pieces)
    if code != "id":
        return pieces[:MAX_CORPUS_PIECES]
    half = MAX_CORPUS_PIECES // 2

    def strangeness(piece: str) -> float:
        words = words_in(piece, bands)
        return -sum(bands.get(word, UNCOMMON)[0] == UNCOMMON[0] for word in words) / (len(words) + 1)

    return pieces[:half] + sorted(pieces[half:], key=strangeness)[:half]


def prepare(labelled: Iterable[tuple[str, str]], extra: Iterable[tuple[str, str]], bands: Bands) -> list[Piece]:
    """Turn (language, text), and pieces as they are, into (language number, features with values), shuffled once."""
    by_language: dict[str, set[str]] = {code: set() for code in CODES}
    for code, text in labelled:
        if code in by_language:
            by_language[code].update(pieces_of(text))
    order = random.Random(SEED)
    chosen: list[tuple[str, str]] = []
    for code in CODES:
        texts = sorted(by_language[code])
        order.shuffle(texts)
        chosen.extend((code, text) for text in texts[:MAX_PIECES])
    chosen.extend(extra)
    pieces: list[Piece] = []
    for code, text in chosen:
        counts = Counter(feature for word in words_in(text, bands) for feature in features_of(word, bands))
        norm = sqrt(sum(counts.values()) or 1)
        pieces.append((CODES.index(code), [(feature, count / norm) for feature, count in counts.items()]))
    order.shuffle(pieces)
    return pieces


def fit(pieces: list[Piece]) -> Table:
    """Fit the weights, and keep those of the features that matter most; smaller languages weigh more."""
    spread = Counter(feature for _, features in pieces for feature, _ in features)
    weights = {feature: [0.0] * len(CODES) for feature, count in spread.items() if count >= MIN_PIECES_OF_FEATURE}
    squares = {feature: [SMALL] * len(CODES) for feature in weights}
    sizes = Counter(number for number, _ in pieces)
    importance = {number: sqrt(max(sizes.values()) / size) for number, size in sizes.items()}
    known = [(number, [item for item in features if item[0] in weights]) for number, features in pieces]
    for epoch in range(EPOCHS):
        random.Random(SEED + epoch).shuffle(known)
        for number, features in known:
            if features:
                _step(weights, squares, (number, features), importance[number], last=epoch == EPOCHS - 1)
    worth = {feature: sqrt(spread[feature]) * (max(row) - min(row)) for feature, row in weights.items()}
    kept = sorted(weights, key=lambda feature: (-worth[feature], feature))[:MAX_FEATURES]
    return {feature: weights[feature] for feature in sorted(kept)}


def _step(weights: Table, squares: Table, piece: Piece, importance: float, *, last: bool) -> None:
    """Move the weights of one piece's features against the gradient of its log-loss."""
    number, features = piece
    vectors = [[value * weight for weight in weights[feature]] for feature, value in features]
    error = softmax(list(map(sum, zip(*vectors, strict=True))))
    error[number] -= 1.0
    if -error[number] < CERTAIN or (last and -error[number] > MISLABELLED):
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


def build(
    labelled: Iterable[tuple[str, str]], corpora: dict[str, list[str]], words: dict[str, list[tuple[str, float]]]
) -> tuple[Table, Bands]:
    """Train on labelled texts, corpora and lists of words by language; return the weights and the bands of words."""
    bands = frequency_bands(corpora)
    extra = [(code, piece) for code in corpora for piece in corpus_pieces(code, corpora[code][1::2], bands)]
    extra += [(code, piece) for code, frequencies in words.items() for piece in drawn_pieces(frequencies)]
    return fit(prepare(labelled, extra, bands)), bands


def model_of(weights: Table, bands: Bands) -> FamilyModel:
    """Make the model that the written table would give."""
    unit, whole = rounded(weights)
    return FamilyModel(CODES, unit, whole, bands)


def write_table(weights: Table, bands: Bands, out: Path) -> None:
    """Write the table; the same input gives the same bytes."""
    unit, whole = rounded(weights)
    words: dict[str, list[str]] = {}
    for word in sorted(bands):
        words.setdefault(bands[word], []).append(word)
    listed = {band: " ".join(words[band]) for band in sorted(words)}
    table = {"codes": CODES, "unit": unit, "weights": whole, "bands": listed}
    data = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    out.write_bytes(gzip.compress(data, mtime=0))


def _records(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _frequencies(path: Path) -> list[tuple[str, float]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(word, float(frequency)) for word, frequency in (line.split("\t") for line in lines)]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="JSONL with text and lang, id=FILE, ms=FILE or words:CODE=FILE")
    parser.add_argument("--out", type=Path, required=True, help="the table to write (.json.gz)")
    parser.add_argument("--skip-source", action="append", default=[], help="leave out records with this `source`")
    args = parser.parse_args()
    corpora: dict[str, list[str]] = {code: [] for code in CORPORA}
    words: dict[str, list[tuple[str, float]]] = {}
    labelled: list[tuple[str, str]] = []
    for name in args.data:
        kind, _, file = name.rpartition("=")
        if kind in CORPORA:
            corpora[kind].extend(record["text"] for record in _records(Path(file)))
        elif kind.startswith("words:"):
            words[kind.removeprefix("words:")] = _frequencies(Path(file))
        else:
            records = (record for record in _records(Path(name)) if record.get("source") not in args.skip_source)
            labelled.extend((record["lang"], record["text"]) for record in records)
    weights, bands = build(labelled, corpora, words)
    write_table(weights, bands, args.out)
    sys.stderr.write(f"{len(weights)} features, {len(bands)} words, {args.out.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
