"""Whether a line reads like a headline: its length, its last character, and how many of its words have capitals."""

from __future__ import annotations

import re

from transforms.related_tokens import FUNCTION_WORDS, case_of, key_of

MIN_LENGTH, MAX_LENGTH = 15, 170
"""Characters; of 27,437 titles 0.05 % are shorter and 0.004 % longer."""
MIN_WORDS = 3
TITLE_SHARE = 0.75
"""Least share of content words with a capital in a Title Case headline; 99 % of the titles have more."""
_SPEECH = re.compile(r"[,.?!][\"”’] \w|[\"”’],? (?:kata|ujar|tutur|ucap|jelas|imbuh|ungkap|said)", re.IGNORECASE)
_FURNITURE = re.compile(
    r"a post shared|scroll to|continue with|advertis|https?:|www\.|@\w|copyright|^\W*\d{1,2}[.)] |^[\[({*=<#]|^\W*$"
    r"|^(?:foto|photo|tags?|editor|penulis|reporter|sumber|pewarta)\b|[({]\w{2,5}/\w{2,5}[)}]",
    re.IGNORECASE,
)
FOREIGN_SHARE = 0.34
"""Of the names of a section heading nearly all occur in the section; of a link's to another story, few."""
LONG_WORDS = 7
"""Words; section headings are shorter, most headlines longer."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_ENDS_OPEN = (".", ",", ";", ":", "–", "-", "—")


def title_share(text: str, words: int = 40) -> float:
    """The share of the content words among the first ``words`` that are written with a capital; 0 without any."""
    cases = [case_of(w) for w in text.split()[:words] if key_of(w) not in FUNCTION_WORDS]
    letters = [c for c in cases if c != "other"]
    return sum(c == "upper" for c in letters) / len(letters) if letters else 0.0


def is_headline(line: str, strict: bool) -> bool:
    """Whether a whole line can be a headline.

    ``strict`` asks for Title Case, for places where body text is as likely; otherwise a short line that neither ends
    like a sentence nor reports speech is enough.
    """
    line = line.strip()
    words = line.split()
    if not MIN_LENGTH <= len(line) <= MAX_LENGTH or len(words) < MIN_WORDS:
        return False
    if line.endswith(_ENDS_OPEN) and not line.endswith("..."):
        return False
    quoted = line[0] in "\"“'‘" and line[-1] in '"”.'
    if quoted or _FURNITURE.search(line) or _SPEECH.search(line):
        return False
    share = title_share(line)
    if strict:
        return share >= TITLE_SHARE and len(words) >= 4
    return case_of(words[0]) != "lower" and (share >= 0.5 or len(line) <= 110)


def starts_headline(text: str, strict: bool) -> bool:
    """Whether what follows a marker inside a paragraph begins like a headline; ``strict`` asks for Title Case."""
    words = text[:120].split()
    if len(words) < 2:
        return False
    if case_of(words[0]) == "lower":
        return not strict and case_of(words[1]) == "upper" and title_share(text[:120], 7) >= 0.6
    return not strict or title_share(text[:120], 7) >= 0.7


def is_whole_title(line: str) -> bool:
    """Whether a line is one headline from end to end, with no body glued to it."""
    return is_headline(line, strict=False) and title_share(line) >= TITLE_SHARE


def is_foreign(line: str, document: str) -> bool:
    """Whether few of a line's names occur in the document: a link to another story, no heading of this one.

    ``document`` is the text around the line, without it.
    """
    names = [w for w in _WORD.findall(line) if w[0].isupper()]
    known = sum(name in document for name in names)
    return bool(names) and known <= FOREIGN_SHARE * len(names)
