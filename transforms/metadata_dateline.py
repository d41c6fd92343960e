"""What a dateline says: the place, and the outlet or agency (``JAKARTA, KOMPAS.com -``, ``Brussels (ANTARA) -``).

A dateline has one to three parts. A part with a domain is the outlet; of the others, one that is a known place is the
place; beside an outlet, any other part is the place too, unless it names a section of the site. A single unknown word
is neither: it may be a village or a brand.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

_TOP_LEVEL = "com|co|id|net|org|news|tv|info|my|asia|today|press"
_DOMAIN = re.compile(
    rf"(?<![\w@.])[A-Za-z0-9][\w-]*?(?:(?:\.[A-Za-z0-9-]+){{0,2}}\.(?:{_TOP_LEVEL})|dot(?:com|co|id|net))\b",
    re.IGNORECASE,
)
"""A site as datelines print it, ``dotcom`` spelt out included."""
_SPELT_DOT = re.compile(r"dot(?=(?:com|co|id|net)$)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_AGENCY = re.compile(r"\(\s*([^()]{2,30}?)\s*\)")
_PARTS = re.compile(r"\s*[,|;:/\n]\s*|\s+[-–—]+\s*|\s*[-–—]+(?:\s+|$)|[–—]")
_RUBRICS = frozenset(
    (
        *("nasional", "daerah", "internasional", "dunia", "global", "megapolitan", "metropolitan", "regional", "news"),
        *("ekonomi", "bisnis", "politik", "hukum", "kriminal", "peristiwa", "olahraga", "sport", "bola", "headline"),
        *("hiburan", "seleb", "gaya hidup", "lifestyle", "teknologi", "tekno", "otomotif", "kesehatan", "pendidikan"),
        *("religi", "opini", "berita", "viral", "wisata", "kuliner", "advertorial"),
    )
)
"""Sections of news sites, which some print where others print the place."""

_BRAND = re.compile(
    r"news|tribun|kabar|warta|radar|\bpos(?:t|kota)?\b|media|online|press|\btv\b|harian|koran", re.IGNORECASE
)
"""Words that names of outlets are made of."""

_SECOND_LEVEL = frozenset(
    ("co", "or", "go", "ac", "web", "sch", "my", "net", "com", "org", "gov", "edu", "mil", "biz", "desa")
)
"""Labels under a country code below which names are registered (``co.id``, ``com.my``)."""

_HOSTING = ("blogspot.com", "wordpress.com", "github.io", "medium.com", "substack.com", "blogspot.co.id")
_SHORT_NAME = 3
"""Letters up to which a place in capitals is an abbreviation (``OKI``, ``NTB``) and stays as it is."""


@lru_cache(maxsize=1024)
def outlet_of(name: str) -> str:
    """An outlet as a registrable domain (``m.detik.com`` is ``detik.com``), or as written when it is no host name."""
    plain = " ".join(name.split())
    host = re.sub(r"^[a-z]+://", "", plain, flags=re.IGNORECASE).partition("/")[0].rpartition("@")[2].partition(":")[0]
    host = host.strip(".").lower()
    if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
        return plain
    labels = host.split(".")
    for hosting in _HOSTING:
        if host.endswith("." + hosting):
            return ".".join(labels[-(hosting.count(".") + 2) :])
    country_code = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if country_code else -2 :])


def read_dateline(dateline: str, outlet: str | None = None) -> tuple[str | None, str | None]:
    """Place and outlet of a dateline, None for what it does not say.

    ``outlet`` is the outlet if it is known already: a single word that is not its name is then the place.
    """
    domain = _DOMAIN.search(dateline)
    agency = _AGENCY.search(dateline)
    rest = _AGENCY.sub(" , ", _DOMAIN.sub(" , ", dateline))
    parts = [part for raw in _PARTS.split(rest) if (part := _plain(raw))]
    named = outlet_of(_SPELT_DOT.sub(".", domain[0])) if domain else _plain(agency[1]) if agency else None
    parts = [part for part in parts if part.casefold() not in _RUBRICS]
    known = [part for part in parts if part.casefold() in _places()]
    others = [part for part in parts if part.casefold() not in _places()]
    if known:
        return _as_place(known[0]), named or next((other for other in others if _is_brand(other, known[0])), None)
    if len(others) != 1 or not (named or outlet):
        return None, named
    return (None if _is_name_of(others[0], named or outlet or "") else _as_place(others[0])), named


def _plain(part: str) -> str:
    """A part without the marks around it; empty when it has no letters or is a stray ``I`` that stood for a bar."""
    words = part.strip(" .-–—,:()\t\r\n\xa0")
    return words if len(words) > 1 and words[0].isalpha() else ""


def _is_brand(part: str, place: str) -> bool:
    """Whether a part beside a place is an outlet rather than a village: by its words, or by its capitals."""
    return _BRAND.search(part) is not None or (part.isupper() and not place.isupper())


def _is_name_of(part: str, outlet: str) -> bool:
    """Whether a part spells the outlet (``POSMETRO MEDAN`` for ``posmetromedan.com``)."""
    letters = re.sub(r"[\W_]", "", part.casefold())
    host = re.sub(r"[\W_]", "", outlet.casefold())
    return letters in host or host in letters


def _as_place(part: str) -> str:
    words = part.split()
    if len(words) == 1 and len(part) <= _SHORT_NAME and part.isupper():
        return part
    return " ".join(words).title() if part.isupper() or part.islower() else " ".join(words)


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    """Names of towns, regencies, provinces and countries in lower case."""
    names = resources.files("transforms").joinpath("data/dateline_places.txt").read_text("utf-8")
    return frozenset(names.splitlines())
