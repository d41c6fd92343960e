"""Who signed an article: names and initials from the sign-off lines that cleaning removed.

Outlets print them in four ways: labelled (``Reporter: A | Editor: B``, ``Pewarta: A Editor: B``), as a full name in
brackets or on a line of its own in capitals, in brackets as initials of reporter and editor (``(mrh/pta)``), or after
``by``. What stands after ``Sumber:`` is a source, not an author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

MAX_AUTHORS = 10
"""Names kept of one document; real pages have up to 4."""

MAX_NAME = 60
"""Characters of a name; longer text after a label is a sentence."""

MAX_WORDS = 7
"""Words of a name."""

MAX_SIGN_OFF = 500
"""Characters of a sign-off that are read; the longest marked by hand has 120."""

_LABEL = re.compile(
    r"(?P<source>sumber|source)\s?[:：]|"
    r"(?:reporter|editor|penulis|pewarta|kontributor|contributor|wartawan|jurnalis|koresponden|redaktur|penerjemah|"
    r"penyunting|penulis/editor|laporan|naskah|teks|author|writer|foto/teks)\s?[:：]|"
    r"(?:\bhasil\s+periksa\s+fakta|\bditulis\s+oleh|\bdilaporkan\s+oleh|\bposted\s+by|\bwritten\s+by|\boleh|\bby)\b\s?[:：]?",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[([]\s?\**/?(?P<list>[A-Za-z*]{1,12}(?:\s?[/,|-]\s?[\w* ]{1,24}){0,6})\s?[)\]][\s.*]*$")
"""Initials in brackets, last in the sign-off."""
_CODE = re.compile(r"[a-z]{2,4}|[A-Z]{2,4}|[A-Z][a-z]{1,2}")
_FULL_NAME = re.compile(r"(?:[A-Z][\w’'-]*\.?)(?:\s+(?:[A-Z][\w’'-]*\.?|bin|binti|al|van|de|der)){1,5}")
_BRACKETED = re.compile(r"[\s*]*[(\[]\s*([^()\[\]]{5,60}?)\s*[)\]][\s.*]*")
_AFFILIATION = re.compile(r"\([^()]*\)")
_SEPARATORS = re.compile(r"[|;\n\t/]|\s,|,\s|,$|\s&\s|\sdan\s|[()\[\]]")
_TRIM = " .:,;-–—*@\"'"
_NOT_A_PERSON = frozenset(
    (
        *("red", "redaksi", "rls", "rilis", "ril", "release", "adv", "ads", "advertorial", "tim", "foto", "ist", "int"),
        *("video", "gambar", "source", "sumber", "rep", "admin", "web", "www", "com", "net", "berbagai", "dbs"),
        *("ant", "antara", "antaranews", "afp", "ap", "rtr", "reuters", "dpa", "xinhua", "bernama", "mina"),
        *("kpl", "jpnn", "jpr", "jpg", "tempo", "kompas", "detik"),
    )
)
"""What stands among initials and names without being one: desks, kinds of text, agencies, sites."""

_NO_NAME = re.compile(
    r"\b(?:tim|redaksi|redaktur|news|agency|sumber|foto|admin|kompas|berbagai|kontributor)\b|[.]com|https?:", re.I
)


def authors_of(sign_offs: Iterable[str]) -> tuple[str, ...]:
    """Names as printed (in capitals: title-cased) and initials, in order, each once; at most ``MAX_AUTHORS``."""
    found: dict[str, str] = {}
    for sign_off in sign_offs:
        for name in _names(sign_off[:MAX_SIGN_OFF]):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_AUTHORS]


def _names(sign_off: str) -> Iterator[str]:
    labels = list(_LABEL.finditer(sign_off))
    if labels:
        ends = [label.start() for label in labels[1:]] + [len(sign_off)]
        for label, end in zip(labels, ends, strict=True):
            if not label["source"]:
                yield from _labelled(sign_off[label.end() : end])
    if any(not label["source"] for label in labels):
        return
    initials = _INITIALS.search(sign_off)
    if initials and (codes := list(_codes(initials["list"]))):
        yield from codes
        return
    candidate = _BRACKETED.fullmatch(sign_off)
    text = candidate[1] if candidate else sign_off.strip(_TRIM)
    if _FULL_NAME.fullmatch(text) and not _NO_NAME.search(text):
        yield _as_written(text)


def _labelled(text: str) -> Iterator[str]:
    """The names after one label, up to the first part that is none."""
    for part in _SEPARATORS.split(_AFFILIATION.sub(" ", text)):
        name = " ".join(part.split()).strip(_TRIM.replace(".", "")).rstrip(" .") if part else ""
        if not name:
            continue
        if len(name) > MAX_NAME or len(name.split()) > MAX_WORDS or _NO_NAME.search(name) or not name[0].isalpha():
            return
        if " " in name and name.islower():
            return
        if name.casefold() not in _NOT_A_PERSON and len(name) > 1:
            yield _as_written(name)


def _codes(text: str) -> Iterator[str]:
    """Initials of two to four letters; rubrics, agencies and words such as ``red`` are none."""
    for part in re.split(r"[/,|\s]+", text.replace("*", "")):
        if _CODE.fullmatch(part) and part.casefold() not in _NOT_A_PERSON:
            yield part


def _as_written(name: str) -> str:
    """A name in capitals is title-cased; any other is left as it is."""
    return name.title() if name.isupper() and " " in name else name
