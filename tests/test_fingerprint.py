"""Content hash, MinHash bands and exact similarity."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.fingerprint import (
    BANDS,
    MIN_WORDS,
    ROWS,
    VOWEL_SIGNS,
    content_hash,
    equal_minima,
    fingerprint,
    shingles,
    similarity,
)

ARTICLE = " ".join(f"kalimat ke-{n} membahas hal nomor {n * 7} di desa {n % 13} pada hari {n % 5}." for n in range(40))


def test_content_hash_ignores_case_punctuation_and_white_space() -> None:
    assert content_hash("Harga Beras,  naik\nlagi!") == content_hash("harga beras naik (lagi)")
    assert content_hash("Harga Beras naik lagi") != content_hash("Harga Beras naik dua kali lagi")
    assert content_hash("ﬁnal １２") == content_hash("Final 12")
    assert len(content_hash("apa saja")) == 32


def test_known_values_hold_on_every_machine() -> None:
    assert content_hash("Harga beras naik") == "d0b1aa7285b204f5ee5eb79a4e7b757c"
    assert fingerprint(ARTICLE).bands[:2] == (781158066650161551, 5604463478677052535)


def test_values_do_not_depend_on_the_hash_seed() -> None:
    code = f"from transforms.fingerprint import fingerprint; print(fingerprint({ARTICLE!r}))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{fingerprint(ARTICLE)}\n"}


def test_bands_are_signed_64_bit_and_only_for_long_enough_texts() -> None:
    found = fingerprint(ARTICLE)
    assert len(found.bands) == BANDS == len(set(found.bands))
    assert all(-(2**63) <= band < 2**63 for band in found.bands)
    assert found.shingles == len(shingles(ARTICLE))
    assert fingerprint("kata " * (MIN_WORDS - 1)).bands == ()
    assert fingerprint("").bands == () and fingerprint("").shingles == 0


def test_sketches_estimate_similarity() -> None:
    whole, half, other = (fingerprint(text).sketch for text in (ARTICLE, ARTICLE[: len(ARTICLE) // 2], "lain " * 30))
    assert len(whole) == equal_minima(whole, whole) == BANDS * ROWS
    assert 0.35 * len(whole) < equal_minima(whole, half) < 0.7 * len(whole)
    assert equal_minima(whole, other) < 0.1 * len(whole)
    assert fingerprint("terlalu pendek").sketch == b""


def test_similarity_and_containment() -> None:
    assert similarity(ARTICLE, ARTICLE.upper()) == (1.0, 1.0)
    jaccard, containment = similarity(ARTICLE, ARTICLE[: len(ARTICLE) // 2])
    assert 0.4 < jaccard < 0.6 and containment > 0.98
    assert similarity(ARTICLE, "sesuatu yang lain sama sekali") == (0.0, 0.0)
    assert similarity("", "") == (0.0, 0.0)


@pytest.mark.parametrize("change", ["truncate", "reorder", "reword"])
def test_copies_share_a_band_and_strangers_do_not(change: str) -> None:
    chance = random.Random(7)
    vocabulary = [f"kosakata{number}" for number in range(3_000)]
    articles = [[chance.choice(vocabulary) for _ in range(250)] for _ in range(40)]
    found = 0
    for words in articles:
        copy = words[:150] if change == "truncate" else words[120:] + words[:120]
        if change == "reword":
            copy = [chance.choice(vocabulary) if chance.random() < 0.1 else word for word in words]
        found += bool(set(fingerprint(" ".join(words)).bands) & set(fingerprint(" ".join(copy)).bands))
    assert found == len(articles)
    strangers = [set(fingerprint(" ".join(words)).bands) for words in articles]
    assert not any(one & other for position, one in enumerate(strangers) for other in strangers[:position])


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_has_a_fingerprint_and_similarity_is_symmetric(a: str, b: str) -> None:
    assert fingerprint(a) == fingerprint(a)
    assert similarity(a, b) == similarity(b, a)
    assert all(0.0 <= value <= 1.0 for value in similarity(a, b))


@given(st.text(alphabet="aB1_é“ \u00a0.’\u0301ﬁİ\u064e\n", max_size=60))
def test_words_are_those_of_the_folded_text(text: str) -> None:
    folded = VOWEL_SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())
    words = re.findall(r"\w+", folded)
    assert content_hash(text) == content_hash(" ".join(words))
    assert shingles(text) == shingles(" ".join(words))
