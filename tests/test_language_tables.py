"""The packed tables of language identification say what their sources say."""

from __future__ import annotations

import zlib
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.pack_profiles import installed_profiles
from transforms.language_family import LANE_OFFSET, FamilyModel, features_of, load_family
from transforms.language_grams import BCP47, LANE_BITS, LEVELS_A_NAT, SMOOTHING, TABLE, build, load
from transforms.language_profiles import SIGNS, load_profiles

WORDS = st.text(alphabet="abcdeginmrstuy", min_size=1, max_size=12)


def test_the_shipped_table_holds_the_profiles_of_the_installed_langdetect() -> None:
    profiles = installed_profiles()
    assert zlib.decompress(TABLE.read_bytes()) == zlib.decompress(build(profiles))
    assert TABLE.stat().st_size <= 600_000
    grams = load()
    assert grams.codes == tuple(BCP47.get(profile["name"], profile["name"]) for profile in profiles)
    for gram in (" se", "ng", "a", "の", "ия "):
        lanes = grams.packed(gram)
        for number, profile in enumerate(profiles):
            gain = log(1 + profile["freq"].get(gram, 0) / profile["n_words"][len(gram) - 1] / SMOOTHING)
            assert lanes >> number * LANE_BITS & (1 << LANE_BITS) - 1 == round(gain * LEVELS_A_NAT)
    assert grams.packed("qqq") == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=8))
def test_a_text_has_the_weights_of_the_features_of_its_words(words: list[str]) -> None:
    shipped = load_family()
    weights = {
        feature: [(7 * len(feature) + ord(feature[0])) % 250 - 120, len(feature)]
        for feature in ("^di$", "di", "^d", "an$", "ng", "^se", "menu", "#00", "#--", "a", "^meng")
    }
    assert all(abs(value) < LANE_OFFSET for row in weights.values() for value in row)
    bands = {"di": "00", "a": "00"}
    model = FamilyModel(("id", "ms"), 1.0, weights, bands)
    features = [feature for word in words for feature in features_of(word, bands)]
    rows = [weights[feature] for feature in features if feature in weights]
    assert model.sums(words) == [
        float(sum(row[0] for row in rows)),
        float(sum(row[1] for row in rows)),
        len(features),
    ]
    assert len(shipped.sums(words)) == len(shipped.codes) + 1


@pytest.mark.parametrize("sign", SIGNS)
def test_signs_are_read_as_spaces_whatever_stands_beside_them(sign: str) -> None:
    profiles = load_profiles()
    plain = "Warga desa itu berkata kami pulang dan tidur lagi sampai pagi tiba di balai"
    marked = plain.replace(" berkata ", f" berkata {sign}").replace("pulang ", f"pulang{sign}")
    assert profiles.words(marked) == profiles.words(plain)
    assert profiles.words(f"{marked} é") == [*profiles.words(plain), "é"]


def test_a_language_leads_when_no_other_one_has_its_score() -> None:
    profiles = load_profiles()
    packed, _ = profiles.score(" warga desa itu pulang dan tidur lagi sampai pagi ", 40)
    steps = profiles.unpack(packed)
    best, top = steps.index(max(steps)), max(steps)
    assert [language for language in range(len(steps)) if profiles.leads(language, packed, 0)] == [best]
    assert not profiles.leads(best, packed, top + 1)
    second = next(language for language in range(len(steps)) if language != best)
    as_likely = packed + (top - steps[second] << LANE_BITS * second)
    assert not profiles.leads(best, as_likely, 0)
    assert not profiles.leads(second, as_likely, 0)
