"""What ``train_related`` learns from: articles of a corpus, and headlines with what follows them."""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from transforms.language_family import common_words
from transforms.related import normal_title
from transforms.related_boundary import CONTEXT, WINDOW, surroundings
from transforms.related_markers import find_markers
from transforms.related_tokens import key_of

GLUED_BEFORE_SEAM, GLUED_BEFORE_SPACE = 0.35, 0.03
"""How often a headline is glued to its marker, where the body is glued to it and where not."""
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_]{2,}")
NAMES_LIKE_WORDS = 0.3
"""Share of the names that are turned into words."""
NAMED_OPENINGS = 0.2
"""Share of the examples, where the document allows, whose body resumes with a name of several words."""
_NOT_BODY = re.compile(r"(?i)(?:baca|simak|lihat) ?juga|\[gambas|googletag|advertisement")
_DAMAGED = re.compile(r"[a-z)\"”],[A-Za-z“\"]|,,| ,|[¬‚]|^[,.-]")
"""What scrapers leave that drop linked words: such paragraphs open with few names, and half of a name is gone."""
_NAME_OPENS = re.compile(r"[^\W\d_a-z][\w.’'-]* [^\W\d_a-z]")
_SENTENCE_GAP = re.compile(r"(?<=[a-z0-9)][.\"”]) +(?=[A-Z\"“])")


@dataclass(frozen=True, slots=True)
class Article:
    """A document of the corpus with its body cut into paragraphs (or sentences, where it is one line)."""

    title: str
    text: str
    outlet: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of text that begins with a headline, and where the headline ends in it."""

    piece: str
    end: int
    context: str
    truncated: bool
    glued: bool


def read_articles(paths: Iterable[Path], leave_out: frozenset[str] = frozenset()) -> list[Article]:
    """Read the corpus, without the outlets named in ``leave_out``."""
    articles = []
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                text, outlet = record.get("text") or "", record.get("outlet") or ""
                if text and outlet not in leave_out:
                    title = " ".join((record.get("title") or "").split())
                    articles.append(Article(title, text, outlet, _paragraphs(text)))
    return articles


def _paragraphs(text: str) -> tuple[str, ...]:
    """Up to 25 stretches of undoubted body."""
    lines = [line.strip() for line in text.split("\n")]
    good = [p for p in lines if 60 <= len(p) < 1500 and p[-1] in '."”' and not _NOT_BODY.search(p)]
    if len(good) < 3:
        good = [s for s in _SENTENCE_GAP.split(text) if 60 <= len(s) < 600 and not _NOT_BODY.search(s)]
    return tuple(p for p in good[:25] if not _DAMAGED.search(p))


def for_examples(text: str) -> bool:
    """Whether a title or document feeds the examples rather than the counts."""
    return zlib.crc32(text.encode()) % 4 == 0


def real_examples(articles: Sequence[Article]) -> Iterator[tuple[Example, Article]]:
    """Inline links whose headline is, word for word, the title of a document of the corpus."""
    titles = {normal_title(a.title) for a in articles if len(a.title) >= 20}
    for article in articles:
        for marker in find_markers(article.text):
            line = re.compile(r"[^\r\n]*").match(article.text, marker.end)
            piece = line.group()[:WINDOW] if line else ""
            ends = [i for i in range(15, len(piece)) if not piece[i].islower() and normal_title(piece[:i]) in titles]
            if ends:
                end = len(piece[: ends[-1]].rstrip())
                context = surroundings(article.text, marker.start, marker.end)
                yield Example(piece, end, context, bool(line and len(line.group()) > WINDOW), marker.glued), article


def with_other_names(example: Example, names: frozenset[str], chance: random.Random) -> Example:
    """The example with every name turned into one that no table knows, letter by letter, or into a common word.

    Names of a corpus return in its other documents; without this the learner would rely on knowing them. Many a name
    is a word as well (*Surya*, *Lestari*).
    """
    vowels, consonants = chance.randrange(1, len(_VOWELS)), chance.randrange(1, len(_CONSONANTS))
    turned = _turned(_VOWELS, vowels) | _turned(_CONSONANTS, consonants)
    words: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if key_of(word) not in names:
            return word
        if word not in words:
            common = not word.isupper() and chance.random() < NAMES_LIKE_WORDS
            words[word] = chance.choice(_name_like_words()).title() if common else word.translate(turned)
        return words[word]

    headline, rest, context = (
        _CAPITALISED.sub(other, text)
        for text in (example.piece[: example.end], example.piece[example.end :], example.context)
    )
    return replace(example, piece=headline + rest, end=len(headline), context=context)


@lru_cache(maxsize=1)
def _name_like_words() -> tuple[str, ...]:
    return tuple(sorted(word for word in common_words() if word.isalpha() and 4 <= len(word) <= 8))


def _turned(letters: str, by: int) -> dict[int, int]:
    return str.maketrans(letters + letters.upper(), letters[by:] + letters[:by] + (letters[by:] + letters[:by]).upper())


def made_examples(
    articles: Sequence[Article], lower_case: frozenset[str], chance: random.Random, wanted: int
) -> Iterator[Example]:
    """Real titles set before real paragraphs."""
    by_outlet: dict[str, list[str]] = {}
    for title, outlet in sorted({(a.title, a.outlet) for a in articles if for_examples(a.title)}):
        if 4 <= len(title.split()) <= 22:
            by_outlet.setdefault(outlet, []).append(title)
    pools = [by_outlet[outlet] for outlet in sorted(by_outlet)]
    bodies = [a for a in articles if len(a.paragraphs) >= 3 and for_examples(a.text)]
    for _ in range(wanted):
        body = chance.choice(bodies)
        own = by_outlet.get(body.outlet, ())
        pool = own if len(own) > 50 and chance.random() < 0.7 else chance.choice(pools)
        yield _made_example(body, pool, lower_case, chance)


def _made_example(body: Article, pool: Sequence[str], lower_case: frozenset[str], chance: random.Random) -> Example:
    title = _akin(body, pool, chance) if chance.random() < 0.5 else chance.choice(pool)
    if chance.random() < 0.15:
        title = _sentence_case(title, lower_case)
    at = _opening(body, chance)
    rest = " ".join(body.paragraphs[at : at + chance.randint(1, 2)])
    kind, gap = chance.random(), chance.choices(["", " ", "  ", "\xa0", ","], [0.42, 0.47, 0.08, 0.01, 0.02])[0]
    join = chance.choices(["", " ", "\n"], [0.6, 0.2, 0.2] if not gap else [0.05, 0.7, 0.25])[0]
    before, after = join.join(body.paragraphs[:at])[-CONTEXT:], join.join(body.paragraphs[at + 2 :])[:CONTEXT]
    context = before + "\n" + after
    glued = chance.random() < (GLUED_BEFORE_SEAM if not gap else GLUED_BEFORE_SPACE)
    if kind < 0.12:
        return Example(title, len(title), context, False, glued)
    if kind < 0.17:
        heading = " ".join(chance.choice(pool).split()[: chance.randint(3, 7)])
        rest = heading + chance.choice(["", " "]) + rest
    elif kind < 0.21:
        heading = " ".join(chance.choice(pool).split()[: chance.randint(2, 7)])
        rest = f"{chance.randint(1, 9)}. {heading}{chance.choice(['', ' '])}{rest}"
    elif kind < 0.26:
        rest, gap = chance.choice(pool) + chance.choice(pool) + rest, ""
    piece = title + gap + rest
    return Example(piece[:WINDOW], len(title), context, len(piece) > WINDOW, glued)


def _opening(body: Article, chance: random.Random) -> int:
    """Which paragraph stands behind the headline: often one that a name of several words opens.

    To part such a name loses body, so that these count more than their share.
    """
    named = [i for i in range(1, len(body.paragraphs)) if _NAME_OPENS.match(body.paragraphs[i])]
    return (
        chance.choice(named)
        if named and chance.random() < NAMED_OPENINGS
        else chance.randrange(1, len(body.paragraphs))
    )


def _akin(body: Article, pool: Sequence[str], chance: random.Random) -> str:
    """A title that shares names with the body, as related links do."""
    names = {key_of(w) for p in body.paragraphs for w in p.split() if w[0].isupper()}
    some = [chance.choice(pool) for _ in range(60)]
    return max(some, key=lambda t: sum(key_of(w) in names for w in t.split() if w[0].isupper() and len(w) > 3))


def _sentence_case(title: str, lower_case: frozenset[str]) -> str:
    """The title as an agency writes it: only names keep their capitals."""
    first, *others = title.split()
    common = [key_of(w) in lower_case and w[1:].islower() for w in others]
    return " ".join([first, *(w.lower() if c else w for w, c in zip(others, common, strict=True))])
