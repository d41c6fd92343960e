"""Which language a text is in, how sure that is, and the shares of the languages of a mixed text.

The text is cut into blocks of whole paragraphs. Each block is scored from evenly spaced places against all languages,
and the sum of the blocks gives the main language; blocks that no language explains well (transliterated prayers, tables
of names) have no voice. A block whose own best language is clearly another one is read again in full before it is
believed; so a text in one language costs one cheap pass, and one quoted paragraph changes the shares but not the main
language, which is the one with the largest share. What the profiles take for Indonesian or Tagalog is then looked at by
a model of the Malay–Javanese family, for most of which langdetect has no profile; what is in a script of its own is
told by that. Texts that are too short, or have hardly any running words (names, numbers, addresses, labels in
capitals), are left undetermined: a wrong code hides a document better than none.

The same text always gives the same verdict: nothing here is random.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from math import exp
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from transforms.language_family import FamilyModel, Weights, load_family, scores_of, softmax
from transforms.language_profiles import LEVELS_A_NAT, Profiles, Steps, load_profiles
from transforms.language_scripts import ARABIC_SCRIPT, has_scripts, is_jawi, script_letters, without_scripts
from transforms.models import UNDETERMINED, LanguageShare, LanguageVerdict

MIN_LETTERS = 20
"""Letters; with fewer, langdetect's answer is right three times in four at best."""
SENTENCE_LETTERS = 12
"""Letters that are enough for what ends like a sentence…"""
MIN_SENTENCE_WORDS = 2
"""…and has so many words without a capital: 81 % of those of 15 to 19 letters are named rightly, and 57 % of those of
12 to 14, most of the wrong ones with a confidence below 0.5."""
MIN_PHRASE_LETTERS = 15
"""Letters that are enough for what does not end like a sentence…"""
MIN_PHRASE_WORDS = 3
"""…but has so many words without a capital; two are a label."""
SIGN_LETTERS = 2
"""Letters that one character of a script other than Latin counts for: few languages share it."""
SYLLABLE_LETTERS = 3
"""Letters that one character of a script that writes syllables or words counts for."""
PHRASE_LETTERS = 60
"""Letters; a shorter text must also have running words, otherwise it is a name or a label."""
MIN_RUNNING_LETTERS = 3
"""Letters in words without a capital that a text shorter than ``PHRASE_LETTERS`` needs, one less for a sentence…"""
MIN_TITLE_WORDS = 5
"""…or so many capitalised words: a headline set in title case. Names of people and places are mostly shorter."""
BLOCK_CHARACTERS = 180
"""Characters; paragraphs are joined until they reach this length and cut when they are twice as long."""
MAX_BLOCKS = 12
"""Blocks of one text; longer texts get longer blocks."""
POSITIONS = 120
"""Places read in a text, spread over its blocks; each gives up to three n-grams."""
MIN_BLOCK_POSITIONS = 8
"""Places read in one block, however many blocks there are."""
READ_CHARACTERS = 500
"""Characters read of one block; only texts beyond 6,000 characters have longer ones."""
FITTING = 9.0
"""Nats a place that a language must explain of a block for its voice to count; the rest goes with the main language.

Of blocks in 20 languages with spaces between words, 98 % have over 9.5. Transliterated or vocalised Arabic in
Indonesian pages, which would pass for Somali or Arabic, has 4 to 8, tables of names and results mostly less than 9.
"""
PRAYER_LANGUAGES = frozenset({"so", "sw"})
"""What transliterated Arabic that fits is taken for…"""
PRAYER_FITTING = 11.5
"""…and nats a place for these: of blocks of real Somali and Swahili all have 11.7 or more, of such prayers every second
has less."""
GIBBERISH = 6.0
"""Nats a place that a text of one block needs to be in a language at all; the least found of real sentences is 6.9."""
UNSPACED = frozenset({"zh-CN", "zh-TW", "ja", "ko", "th"})
"""Languages whose own texts have fewer nats a place: too many characters, or no spaces."""
FULL_POSITIONS = 300
"""Places read in a text of one block, and in a block that looks different from the rest."""
DIFFERENT = 0.7
"""Nats a place; a block is in another language when that one explains it better than the main language by so much.

English paragraphs have 1.3 to 2.3 over Indonesian; transliterated prayers and lyrics, in no language of the profiles,
have up to 0.8. With 0.3, 50 instead of 48 of 85 quoted paragraphs are found, and lyrics flip more pages.
"""
TEMPERATURE = 6.0
"""Nats per nat: neighbouring n-grams share letters, so their log-probabilities count for a fraction.

With 6, of the held-out verdicts with confidence over 0.9 / 0.8–0.9 / 0.6–0.8, 99.6 / 89 / 88 % were right.
"""
NEGLIGIBLE = 30.0
"""Tempered nats behind a language from which another one adds nothing to four digits of a probability."""

FAMILY_ENTRIES = frozenset({"id", "tl"})
"""What the profiles, which have no Malay, Javanese or Sundanese, take these and their neighbours for."""
FAMILY_CLEAR = 12.0
"""Nats; a text whose best language of the family leads by more is not looked at block by block."""
MALAY = "ms"
INDONESIAN_AND_MALAY = frozenset({"id", MALAY})
"""Too alike to be told apart in a paragraph; a text is in one or the other."""
MALAY_MARGIN = 1.5
"""Nats by which Malay must beat Indonesian: many sentences are good in both, and Indonesian is the rule.

Held-out sentences at 1.6 / 2.0 / 2.2: 96.8 / 97.7 / 97.7 % of the Indonesian and 90.9 / 89.6 / 89.6 % of the Malay ones
right, all articles at each of them. A margin that shrinks with the length of the text did worse on both.
"""
FAMILY_DIFFERENT = 4.0
"""Nats; a block is in another language of the family when that one explains it better by so much."""
CAPITALS_SAMPLE = 300
"""Characters read to tell whether a text is set in capitals."""

_NO_VERDICT = LanguageVerdict(UNDETERMINED, 0.0)
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+")
_ADDRESS_SIGN = re.compile(r"[@#]|://|www\.")
"""What every address holds, and hardly any text: looking for it takes a fraction of the time."""
_SENTENCE_END = re.compile(r"[.!?…।][\"'”’»)]*\s*$")
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f])+")
_ASCII_WORD = re.compile(r"[A-Za-z]+")
"""The same in a text of ASCII, found three times as fast."""
_SIGNS = re.compile(r"[\u0370-\u1dff]")
_SYLLABLES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CAPITALS = ascii_uppercase.encode()
_SMALL = ascii_lowercase.encode()
_NO_LETTERS = bytes(set(range(128)) - {*_CAPITALS, *_SMALL})
_BREAK = re.compile(r"\s")


class _Block(NamedTuple):
    """A stretch of the text as the profiles read it, and how likely its n-grams are in each language, packed."""

    normal: str
    words: list[str]
    packed: int
    places: int
    letters: int


class _Scores(NamedTuple):
    """A block's score under each language."""

    steps: Steps
    best: int
    """The number of its best language…"""
    top: int
    """…and the score of that."""


def detect_language(text: str) -> LanguageVerdict:
    """Identify the language of ``text`` (plain text, paragraphs on lines of their own) as a BCP 47 code.

    ``und`` with confidence 0 for what has no language to speak of: too few letters, names, numbers, addresses.
    """
    if not has_scripts(text) or (letters := script_letters(text)).total() < MIN_LETTERS:
        return _detect(text)
    plain = without_scripts(text)
    rest = _detect(plain)
    others = sum(map(len, _WORD.findall(plain)))
    for share in rest.languages:
        letters[share.code] += round(share.share * others)
    return _verdict(letters, rest.confidence if letters.most_common(1)[0][0] == rest.code else 1.0)


def _verdict(letters: Mapping[str, int], certainty: float) -> LanguageVerdict:
    """Make the verdict on a text of which each language has so many letters."""
    ranked = sorted(letters.items(), key=lambda item: (-item[1], item[0]))
    whole = sum(letters.values())
    shares = tuple([LanguageShare(code, round(count / whole, 4)) for code, count in ranked if count])
    return LanguageVerdict(shares[0].code, round(certainty * shares[0].share, 4), shares)


def _detect(text: str) -> LanguageVerdict:
    """Identify the language of a text by the profiles and the model of the family."""
    if not _has_language(text):
        return _NO_VERDICT
    profiles = load_profiles()
    blocks = _read_blocks(profiles, _fold_capitals(text))
    if not blocks:
        return _NO_VERDICT
    if len(blocks) == 1 and not _fits(profiles, blocks[0], _scores(profiles, blocks[0]), GIBBERISH):
        return _NO_VERDICT
    total, main, fitting, codes = _codes_of(profiles, blocks)
    certainty = _confidence(total, main) if profiles.codes[main] in codes else 1.0
    codes, doubt = _within_family(blocks, codes, fitting)
    letters: dict[str, int] = {}
    for code, block in zip(codes, blocks, strict=True):
        named = MALAY if code in ARABIC_SCRIPT and is_jawi(block.normal) else code
        letters[named] = letters.get(named, 0) + block.letters
    return _verdict(letters, certainty * doubt)


def _has_language(text: str) -> bool:
    """Tell whether there are enough letters, and for short texts enough running words, to speak of a language."""
    if len(text) > 50 * MIN_LETTERS:
        return True
    plain = _ADDRESS.sub(" ", text) if _ADDRESS_SIGN.search(text) else text
    if len(plain.encode("ascii", "ignore").translate(None, _NO_LETTERS)) >= PHRASE_LETTERS:
        return True
    words = (_ASCII_WORD if plain.isascii() else _WORD).findall(plain)
    signs, syllables = len(_SIGNS.findall(plain)), len(_SYLLABLES.findall(plain))
    letters = sum(map(len, words)) + (SIGN_LETTERS - 1) * signs + (SYLLABLE_LETTERS - 1) * syllables
    small = sum(not word[0].isupper() for word in words)
    ended = _SENTENCE_END.search(plain) is not None
    enough = SENTENCE_LETTERS if ended else MIN_PHRASE_LETTERS
    running_text = small >= (MIN_SENTENCE_WORDS if ended else MIN_PHRASE_WORDS)
    if letters < (enough if running_text else MIN_LETTERS):
        return False
    running = sum(len(word) for word in words if not word[0].isupper())
    titled = sum(len(word) > 1 and not word.isupper() for word in words)
    least = MIN_RUNNING_LETTERS - ended
    return letters >= PHRASE_LETTERS or running + signs >= least or titled >= MIN_TITLE_WORDS


def _fold_capitals(text: str) -> str:
    """Lower a text that is mostly in capitals, which the profiles would pass over."""
    sample = text[:CAPITALS_SAMPLE].encode("ascii", "ignore")
    without_small, without_capitals = sample.translate(None, _SMALL), sample.translate(None, _CAPITALS)
    return text.lower() if len(without_capitals) < len(without_small) else text


def _read_blocks(profiles: Profiles, text: str) -> list[_Block]:
    pieces = _split(text)
    positions = FULL_POSITIONS if len(pieces) == 1 else max(MIN_BLOCK_POSITIONS, POSITIONS // len(pieces))
    blocks = []
    for piece in pieces:
        words = profiles.words(piece[:READ_CHARACTERS])
        normal = f" {' '.join(words)} "
        packed, places = profiles.score(normal, positions)
        if packed:
            letters = (len(normal) - len(words) - 1) * len(piece) // min(len(piece), READ_CHARACTERS)
            blocks.append(_Block(normal, words, packed, places, letters))
    return blocks


def _scores(profiles: Profiles, block: _Block) -> _Scores:
    steps = profiles.unpack(block.packed)
    top = max(steps)
    return _Scores(steps, steps.index(top), top)


def _split(text: str) -> list[str]:
    """Cut the text into blocks of whole lines; a long line is cut at white space."""
    size = max(BLOCK_CHARACTERS, len(text) // MAX_BLOCKS)
    blocks: list[str] = []
    start = 0
    while len(text) - start > 2 * size:
        end = text.find("\n", start + size, start + 2 * size)
        if end < 0:
            space = _BREAK.search(text, start + size, start + 2 * size)
            end = space.start() if space else start + 2 * size
        blocks.append(text[start:end])
        start = end
    blocks.append(text[start:])
    return blocks


def _codes_of(profiles: Profiles, blocks: list[_Block]) -> tuple[Steps, int, list[bool], list[str]]:
    """Return the score of the text under each language, the main one, which blocks fit a language, and their
    languages.

    In most texts the same language leads in all blocks, which is seen without unpacking their scores.
    """
    total = profiles.unpack(sum(block.packed for block in blocks))
    main = _best(total)
    scores = [None if _is_led_by(profiles, block, main) else _scores(profiles, block) for block in blocks]
    fitting = [score is None or _fits(profiles, block, score) for block, score in zip(blocks, scores, strict=True)]
    heard = [block for block, fits in zip(blocks, fitting, strict=True) if fits] or blocks
    if len(heard) < len(blocks):
        total = profiles.unpack(sum(block.packed for block in heard))
        if main != (main := _best(total)):
            scores = [_scores(profiles, block) for block in blocks]
    numbers = [
        _language_of(profiles, block, score, main) if score and fits else main
        for block, score, fits in zip(blocks, scores, fitting, strict=True)
    ]
    return total, main, fitting, [profiles.codes[number] for number in numbers]


def _is_led_by(profiles: Profiles, block: _Block, language: int) -> bool:
    """Tell whether no other language is as likely for a block, and this one explains it: it ``_fits``, then."""
    least = PRAYER_FITTING if profiles.codes[language] in PRAYER_LANGUAGES else FITTING
    return profiles.leads(language, block.packed, least * LEVELS_A_NAT * block.places)


def _fits(profiles: Profiles, block: _Block, scores: _Scores, least: float = FITTING) -> bool:
    """Tell whether some language explains the block's places as well as it explains its own texts."""
    code = profiles.codes[scores.best]
    if code in PRAYER_LANGUAGES:
        least = max(least, PRAYER_FITTING)
    return code in UNSPACED or scores.top >= least * LEVELS_A_NAT * block.places


def _language_of(profiles: Profiles, block: _Block, scores: _Scores, main: int) -> int:
    """Return the language of one block that fits: ``main`` unless a full reading says clearly otherwise."""
    if scores.top - scores.steps[main] < DIFFERENT * LEVELS_A_NAT * block.places / 2:
        return main
    packed, places = profiles.score(block.normal, FULL_POSITIONS)
    whole = block._replace(packed=packed, places=places)
    read = _scores(profiles, whole)
    clear = read.top - read.steps[main] >= DIFFERENT * LEVELS_A_NAT * places and _fits(profiles, whole, read)
    return read.best if clear else main


def _within_family(blocks: list[_Block], codes: list[str], fitting: list[bool]) -> tuple[list[str], float]:
    """Name the language of the family for the blocks that the profiles take for Indonesian or Tagalog.

    Blocks that fit no language have no say. Returns the codes of all blocks, and how sure the choice is (0 to 1).
    """
    members = [number for number, code in enumerate(codes) if code in FAMILY_ENTRIES]
    if not members:
        return codes, 1.0
    model = load_family()
    heard = [number for number in members if fitting[number]] or members
    scores = _cautious_scores(model, _sums(model, [blocks[number] for number in heard]))
    main = _best(scores)
    chosen = [model.codes[main] if code in FAMILY_ENTRIES else code for code in codes]
    if len(heard) > 1 and _rival_lead(model, scores, main) > -FAMILY_CLEAR:
        sums = {number: _sums(model, [blocks[number]]) for number in heard}
        others = [n for n in heard if _rival_lead(model, _cautious_scores(model, sums[n]), main) > FAMILY_DIFFERENT]
        if others:
            together = [sum(column) for column in zip(*(sums[number] for number in others), strict=True)]
            second = _best(_cautious_scores(model, together))
            for number in others:
                chosen[number] = model.codes[second]
    return chosen, softmax(scores)[main]


def _sums(model: FamilyModel, blocks: list[_Block]) -> Weights:
    """Return the sums of the family's weights over blocks."""
    return model.sums(list(chain.from_iterable([block.words for block in blocks])))


def _rival_lead(model: FamilyModel, scores: Weights, main: int) -> float:
    """By how many nats the best other language beats ``main``; Indonesian and Malay are no rivals block by block."""
    twins = INDONESIAN_AND_MALAY if model.codes[main] in INDONESIAN_AND_MALAY else {model.codes[main]}
    return max(score for code, score in zip(model.codes, scores, strict=True) if code not in twins) - scores[main]


def _cautious_scores(model: FamilyModel, sums: Weights) -> Weights:
    """Return the family's scores, Malay's less its margin."""
    scores = scores_of(sums)
    scores[model.codes.index(MALAY)] -= MALAY_MARGIN
    return scores


def _best(scores: Sequence[float]) -> int:
    return scores.index(max(scores))


def _confidence(scores: Steps, language: int) -> float:
    """Posterior of ``language`` with equal priors, tempered because n-grams overlap; between 0 and 1."""
    top = scores[language]
    least = top - NEGLIGIBLE * LEVELS_A_NAT * TEMPERATURE
    return round(1.0 / sum([exp((s - top) / LEVELS_A_NAT / TEMPERATURE) for s in scores if s > least]), 4)
