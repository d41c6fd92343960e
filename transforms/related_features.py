"""What speaks for and against a headline ending at a place: the features of the model in ``related_boundary``."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

from transforms.language_family import common_words
from transforms.related_tokens import FUNCTION_WORDS, Token, key_of
from transforms.related_words import HONORIFICS, UNITS

LONG_HEADLINE = 16
"""Words; 1.2 % of 27,437 titles of Indonesian outlets are longer."""
SHORT_HEADLINE = 5
"""Words; 0.9 % of the same titles are shorter."""
SURE, HARDLY = 2.5, -1.0
"""Log-odds of a word beyond which its evidence may count more than in proportion."""
SPACED_CONTEXT = 400
"""Characters; a document that lost spaces between its sentences shows it within so many."""
OFFICE_REACH = 4
"""Words within which an office before a name is looked for: *Wakil Ketua Umum Rudi Hermawan* has three and the name."""
OPENER = 1.0
"""Log-odds from which a capitalised word rather opens a sentence than it goes on with a name."""
_POINTERS = frozenset({"ini", "begini", "berikut", "inilah", "simak", "yuk"})
MANY_LOST_SPACES = 2
_LOST_SPACE = re.compile(r"[a-z)][.?!][\"”]?[\"“A-Z][a-z]")
_NAME = re.compile(r"[^\W\d_a-z][\w’'-]{2,}")
_BEHIND_SMALL = re.compile(r"(?:^|\n|[a-z)][.,]?[\"”]?\s)[\"“]?\Z")
_BEFORE_SMALL = re.compile(r" [a-z]{3}")
_OPENER = re.compile(r"(?:^|[.!?\"”]\s*|\n)([^\W\d_a-z][\w’'-]+)")
_SENTENCE_WITHIN = re.compile(r"[a-z]{3}\. ?[A-Z]")
_LOWER_START = re.compile(r"i[A-Z]|e-|e[A-Z]|[@#]|www|https?")
_OPEN_SINGLE = re.compile(r"(?:^|\s)'")
_CLOSE_SINGLE = re.compile(r"\w[?!]?'(?=\s|$|[:,])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_AGE = re.compile(r"[A-Z][\w’'-]*(?: [A-Z][\w’'.-]*){0,3}(?:,? \(|, )\d{1,2}(?:\)|,| tahun| years?)")
_LIST_NUMBER = re.compile(r"\d{1,2}\.$")


@dataclass(frozen=True, slots=True)
class Tables:
    """What was learned from a corpus; ``start``, ``end``, ``second``: log-odds of words, in natural logarithms."""

    weights: dict[str, float] = field(default_factory=dict)
    start: dict[str, float] = field(default_factory=dict)
    """Opening a paragraph against standing inside a headline."""
    end: dict[str, float] = field(default_factory=dict)
    """Closing a headline against standing inside one."""
    second: dict[str, float] = field(default_factory=dict)
    """Standing second in a paragraph against standing in a headline."""
    pairs: dict[str, float] = field(default_factory=dict)
    """Normalised pointwise mutual information of two adjacent words, joined by a space."""
    joined: frozenset[str] = frozenset()
    """Words with a capital inside that are really one (``WhatsApp``)."""
    length: tuple[float, ...] = ()
    """Log-probability of a headline of so many words."""


def tables_from_json(data: dict[str, dict[str, float] | list[str] | list[float]]) -> Tables:
    """Tables from the parsed JSON that the training command writes."""
    return Tables(
        weights=dict(data["weights"]),  # type: ignore[arg-type]  # the file's own format
        start=dict(data["start"]),  # type: ignore[arg-type]  # as above
        end=dict(data["end"]),  # type: ignore[arg-type]  # as above
        second=dict(data["second"]),  # type: ignore[arg-type]  # as above
        pairs=dict(data["pairs"]),  # type: ignore[arg-type]  # as above
        joined=frozenset(data["joined"]),  # type: ignore[arg-type]  # as above
        length=tuple(data["length"]),  # type: ignore[arg-type]  # as above
    )


class Scene:
    """A headline with what follows it, read once for all its candidates."""

    def __init__(self, text: str, tokens: Sequence[Token], context: str, glued: bool, tables: Tables) -> None:
        self.text = text
        self.glued = glued
        self.tokens = tokens
        self.context = context
        self.tables = tables
        self.keys = [t.key for t in tokens]
        self.numbers = [t.text.lstrip("(")[:1].isdigit() for t in tokens]
        self._alone: dict[str, bool] = {}
        # For each token: an ordinary word in lower case, which a Title Case headline does not have.
        self.plain = [
            t.case == "lower" and t.key not in FUNCTION_WORDS and not _LOWER_START.match(t.text) for t in tokens
        ]
        # The words that say something, and which of them are ordinary ones.
        self.content = [i for i, key in enumerate(self.keys) if key not in FUNCTION_WORDS]
        self.content_plain = [self.plain[i] for i in self.content]
        # For each token: how surely it would open a paragraph; a headline that runs on over such a word is doubtful.
        self.starts = [max(0.0, tables.start.get(t.key, 0.0)) if t.case == "upper" else 0.0 for t in tokens]
        # For each place: what the headline before it holds, so that a feature need not count it again.
        self.plain_before = [0, *accumulate([False, *self.plain[1:]])]
        self.seams_before = [0, *accumulate([False, *(t.gap == "none" for t in tokens[1:])])]
        self.starter_before = [0.0, *accumulate([0.0, 0.0, 0.0, *self.starts[3:]], max)]
        # For each token: whether it has a capital and is no common word, so that it is probably a name.
        self.unknown = [t.case == "upper" and not _is_common(t.key, tables) for t in tokens]
        first = [i for i in range(1, min(8, len(tokens))) if tokens[i].key not in FUNCTION_WORDS]
        self.sentence_case = len(first) >= 2 and sum(self.plain[i] for i in first) >= 0.5 * len(first)

    def has_age(self, place: int) -> bool:
        """Whether a name and an age begin there: *Mohd Razif Ismail, 45,*."""
        near = self.numbers[place + 1 : place + 1 + OFFICE_REACH]
        return any(near) and _AGE.match(self.text, self.tokens[place].start) is not None

    @cached_property
    def lost_spaces(self) -> int:
        """How often the document glues a sentence to the one before it: its line breaks were lost without a trace."""
        return len(_LOST_SPACE.findall(self.context))

    @cached_property
    def openers(self) -> frozenset[str]:
        """Words that open a sentence elsewhere in the document."""
        return frozenset(map(key_of, set(_OPENER.findall(self.context))))

    @cached_property
    def names(self) -> frozenset[str]:
        """Words that the document writes with a capital elsewhere."""
        return frozenset(map(key_of, set(_NAME.findall(self.context))))

    def stands_alone(self, word: str) -> bool:
        """Whether the document has a capitalised word between words without: a name that needs no other beside it."""
        if word not in self._alone:
            self._alone[word] = any(
                _BEHIND_SMALL.search(self.context, max(0, at - 4), at) is not None
                and _BEFORE_SMALL.match(self.context, at + len(word)) is not None
                for at in _places(self.context, word)
            )
        return self._alone[word]


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _is_common(key: str, tables: Tables) -> bool:
    known = key in common_words() or key in FUNCTION_WORDS or key in HONORIFICS or key in tables.start
    return known or ("-" in key and all(half in common_words() for half in key.split("-")))


def features(scene: Scene, place: int) -> dict[str, float]:
    """Features of the headline ending before token ``place``; those that are absent may be left out or nought."""
    values = _headline_features(scene, place)
    if place == len(scene.tokens):
        values["end_of_line"] = 1.0
        return values
    values.update(_next_features(scene, place))
    values.update(_join_features(scene, place))
    values.update(_name_features(scene, place))
    return values


def _headline_features(scene: Scene, place: int) -> dict[str, float]:
    tokens, tables = scene.tokens, scene.tables
    last = tokens[place - 1]
    head = scene.text[tokens[0].start : last.end]
    plain = scene.plain_before[place]
    bare = last.text.rstrip("\"”'’")
    ends = tables.end.get(last.key, 0.0)
    return {
        "length": tables.length[min(place, len(tables.length) - 1)] if tables.length else 0.0,
        "long": max(0, place - LONG_HEADLINE),
        "short": max(0, SHORT_HEADLINE - place),
        "starter_within": scene.starter_before[place],
        "last_ends": ends,
        "last_ends_surely": ends >= SURE,
        "last_hardly_ends": ends <= HARDLY,
        "last_function_word": last.key in FUNCTION_WORDS,
        "last_question": bare.endswith(("?", "!")),
        "last_ellipsis": bare.endswith(("...", "…")),
        "last_colon": last.text.endswith(":"),
        "last_comma": last.text.endswith((",", ";")),
        "last_sign": last.text in {"-", "–", "&", "/", "vs", "+"},
        "last_period": bare.endswith(".") and not bare.endswith("..") and len(last.text) > 3,
        "last_honorific": last.case == "upper" and last.key in HONORIFICS,
        "last_office": place > 1 and last.case == "upper" and tokens[place - 2].key in HONORIFICS,
        "last_pointer": last.key in _POINTERS,
        "pointer_cut_short": (
            last.key in _POINTERS and place > 1 and tokens[place - 2].text.endswith((",", ":", "?", "!"))
        ),
        "pointer_phrase": any(t.key in _POINTERS for t in tokens[max(0, place - 4) : place - 1]),
        "last_rare": last.case == "upper" and last.key not in tables.end,
        "seams_within": min(4, scene.seams_before[place]),
        "sentence_within": _SENTENCE_WITHIN.search(head) is not None,
        "bracket_open": head.count("(") != head.count(")"),
        "quote_open": _quote_open(head),
        "plain_1": plain >= 1 and not scene.sentence_case,
        "plain_2": plain >= 2 and not scene.sentence_case,
        "plain_3": plain >= 3 and not scene.sentence_case,
        "plain_words": min(12, plain) if not scene.sentence_case else 0,
        "plain_words_sentence_case": min(12, plain) if scene.sentence_case else 0,
    }


def _quote_open(head: str) -> bool:
    single = "'" in head and len(_OPEN_SINGLE.findall(head)) != len(_CLOSE_SINGLE.findall(head))
    return head.count('"') % 2 == 1 or head.count("“") != head.count("”") or single


def _next_features(scene: Scene, place: int) -> dict[str, float]:
    tokens, tables = scene.tokens, scene.tables
    following = tokens[place]
    second = tokens[place + 1] if place + 1 < len(tokens) else None
    ahead = scene.content_plain[bisect_left(scene.content, place + 1) : bisect_left(scene.content, place + 9)]
    starts = tables.start.get(following.key, 0.0)
    values = {
        "next_starts": starts,
        "next_starts_surely": starts >= SURE,
        "next_hardly_starts": starts <= HARDLY,
        "next_upper": following.case == "upper",
        "next_quote": following.text[0] in '"“‘' and len(following.text) > 1,
        "next_digit": following.text[0].isdigit(),
        "next_year": bool(_YEAR.match(following.text)),
        "next_upper_function_word": following.case == "upper" and following.key in FUNCTION_WORDS,
        "next_rare": following.case == "upper" and following.key not in tables.start,
        "next_sign": not following.text[0].isalnum() and following.text[0] not in "\"“‘'@#",
        "next_honorific": following.case == "upper" and following.key in HONORIFICS,
        "next_opens_sentence": following.case == "upper" and following.key in scene.openers,
        "next_in_document": following.case == "upper" and following.key in scene.names,
        "plain_ahead": sum(ahead) / len(ahead) if ahead else 0.0,
    }
    if second:
        values["second_starts"] = tables.second.get(second.key, 0.0)
        values["second_plain"] = scene.plain[place + 1]
        values["second_function_word"] = second.key in FUNCTION_WORDS and second.case == "lower"
        values["comma_then_lower"] = following.text.endswith(",") and second.case == "lower"
        values["list_number"] = (
            bool(_LIST_NUMBER.match(following.text)) and second.case == "upper" and second.gap != "none"
        )
    values["name_then_office"] = _apposition(scene, place)
    subject = _subject_length(scene, place)
    values["subject_1"] = subject <= 1
    values["subject_2_4"] = 2 <= subject <= 4
    values["subject_7"] = subject >= 7
    return values


def _apposition(scene: Scene, place: int) -> bool:
    """Whether two to four capitalised words, a comma and an office follow, as where a speaker is introduced."""
    for index in range(place, min(len(scene.tokens) - 1, place + 4)):
        if scene.tokens[index].case != "upper":
            return False
        if scene.tokens[index].text.endswith(","):
            return index > place and scene.tokens[index + 1].key in HONORIFICS
    return False


def _subject_length(scene: Scene, place: int) -> int:
    """How many words stand before the first ordinary lower-case word, function words left out."""
    count = 0
    for index in range(place, min(len(scene.tokens), place + 14)):
        if scene.plain[index]:
            break
        count += scene.tokens[index].case != "lower"
    return count


def _name_features(scene: Scene, place: int) -> dict[str, float]:
    """Whether the place would part a name, or an office and its name: only form tells, where no table knows them."""
    tokens = scene.tokens
    last, following = tokens[place - 1], tokens[place]
    if following.case != "upper":
        return {}
    second = tokens[place + 1] if place + 1 < len(tokens) else None
    plain_second = second is not None and scene.plain[place + 1] and second.key.isalpha()
    touching = last.case == "upper" and following.gap != "none" and last.text[-1].isalnum()
    weak = touching and scene.starts[place] < OPENER
    values: dict[str, float] = {
        "same_word_again": following.key == last.key,
        "unknown_after_plain": scene.plain[place - 1] and scene.unknown[place],
        "name_and_age": scene.has_age(place),
    }
    if following.key in scene.keys[:place]:
        pairs = list(pairwise(scene.keys[:place]))
        values["next_again"] = following.key not in FUNCTION_WORDS
        values["next_two_again"] = second is not None and pairs.count((following.key, second.key)) == 1
        values["parts_pair_of_headline"] = touching and (last.key, following.key) in pairs[:-1]
    if weak:
        values["parts_capitals"] = True
        values["parts_capitals_before_verb"] = plain_second
        values["parts_from_unknown"] = scene.unknown[place - 1]
        values["parts_two_unknown"] = scene.unknown[place - 1] and scene.unknown[place]
        values["parts_run"] = scene.sentence_case
        values["parts_office"] = _behind_office(scene, place)
    if plain_second:
        values.update(_subject_features(scene, following, weak, scene.unknown[place]))
    return values


def _subject_features(scene: Scene, subject: Token, weak: bool, unknown: bool) -> dict[str, float]:
    """Whether a name before a verb stands elsewhere in the document, and stands there alone."""
    seen = subject.key in scene.names
    alone = len(subject.text) > 1 and scene.stands_alone(subject.text)
    return {
        "parts_new_name_before_verb": weak and unknown and not seen,
        "parts_seen_name_before_verb": weak and unknown and seen,
        "new_name_before_verb": unknown and not seen,
        "seen_name_before_verb": unknown and seen,
        "lone_name_before_verb": alone,
        "parts_lone_name_before_verb": weak and alone,
    }


def _behind_office(scene: Scene, place: int) -> bool:
    """Whether an office stands a few words before the place, with nothing but capitals since."""
    for index in range(place - 1, max(1, place - 1 - OFFICE_REACH), -1):
        token = scene.tokens[index]
        if token.case != "upper" or (index < place - 1 and not token.text[-1].isalnum()):
            return False
        if token.key in HONORIFICS:
            return True
    return False


def _join_features(scene: Scene, place: int) -> dict[str, float]:
    """Whether the words on either side belong together."""
    last, following = scene.tokens[place - 1], scene.tokens[place]
    seam = following.gap == "none"
    pair = scene.tables.pairs.get(f"{last.key} {following.key}", 0.0)
    return {
        "seam": seam,
        "seam_after_question": seam and last.text.endswith(("?", "!")),
        "seam_of_one_word": seam and (last.text + following.text).strip(".,;:!?\"“”()'") in scene.tables.joined,
        "seam_where_spaced": seam and not scene.lost_spaces and len(scene.context) > SPACED_CONTEXT,
        "space_where_lost": not seam and scene.lost_spaces >= MANY_LOST_SPACES,
        "seam_after_glued": seam and scene.glued,
        "space_after_glued": not seam and scene.glued,
        "number_and_unit": last.text[-1].isdigit() and following.key in UNITS,
        "wide_gap": following.gap == "wide",
        "nbsp_gap": following.gap == "nbsp",
        "seam_of_acronym": seam and last.text[-2:].isupper() and len(last.text) > 1,
        "comma_joint": seam and following.text[0] == ",",
        "pair": pair,
        "pair_in_document": scene.text[last.start : following.end].strip(".,;:!?\"“”()'") in scene.context,
        "last_in_document": last.case == "upper" and last.key in scene.names,
    }
