"""What makes two documents worth comparing: the same words (node), and shared candidate hashes (bands, URL, title).

A cut-down copy of a page shares few of the MinHash bands of the whole page, but it has its URL or its title; both are
candidates only, and are verified like any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from index.ledger_codec import number_of, pack_numbers
from transforms.models import Document

BAND_BITS = 48
"""Bits kept of a candidate hash, whole bytes: SQLite stores them in six; a false candidate is verified away. The lowest
bit says whether it names a title or a page, which make a candidate whatever the texts are like."""

TITLE_WORDS = 4
"""Words a title needs to be a candidate hash: shorter ones (``Jadwal Salat``) name a series, not an article."""

_EVEN = bytes(byte & ~1 for byte in range(256))
_SIGN = bytes(255 if byte & 128 else 0 for byte in range(256))
"""What the lowest byte of a number becomes, and what its highest fills those above it with."""

_WORD = re.compile(r"\w+")
_PLAIN_URL = re.compile(r"https?://([\w.:-]+)((?:/[\w.~%+,=@!-]*)*)", re.ASCII)
"""The address of an article as nearly all sites spell it: to take any other apart takes five times as long."""
_HOST_PREFIX = re.compile(r"^(?:www|m|amp|mobile)\.")
_VIEW_PARAMETERS = re.compile(r"^(?:utm_.*|fbclid|gclid|page|single|amp|ref|source|from|view)$", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp$")


def content_node(document: Document) -> int | None:
    """Return the node of a document: the same for the same words, None for a text without any."""
    return number_of("content", document.fingerprint.content_hash) if _WORD.search(document.text) else None


def lone_node(stored_id: str) -> int:
    """Return the node of a document without words, which is like no other."""
    return number_of("empty", stored_id)


def candidate_hashes(document: Document) -> bytes:
    """Return packed 48-bit hashes, at least one of which near copies share; none for a text too short to compare."""
    if not document.fingerprint.bands:
        return b""
    named = []
    words = _WORD.findall((document.title or "").casefold())
    if len(words) >= TITLE_WORDS:
        named.append(_short("title", " ".join(words)))
    page = page_key(document.url)
    if page:
        named.append(_short("page", page))
    return _shortened(document.fingerprint.bands) + pack_numbers(tuple(named))


def _shortened(bands: Sequence[int]) -> bytes:
    """Pack the highest ``BAND_BITS`` of signed 64-bit numbers as such numbers, the lowest bit left out.

    All at once, a byte of each at a time: number by number it took five times as long.
    """
    whole = pack_numbers(bands)
    short = bytearray(len(whole))
    left_out, kept = (64 - BAND_BITS) // 8, BAND_BITS // 8
    for place in range(kept):
        short[place::8] = whole[place + left_out :: 8]
    short[::8] = short[::8].translate(_EVEN)
    for place in range(kept, 8):
        short[place::8] = whole[7::8].translate(_SIGN)
    return bytes(short)


def page_key(url: str | None) -> str | None:
    """Return what names the page of a URL whatever its scheme, host prefix, tracking and view parameters are.

    None for no URL and for a site's front page, which names no article.
    """
    if not url:
        return None
    if plain := _PLAIN_URL.fullmatch(url):
        host, path, query = *plain.groups(), ""
    else:
        try:
            parts = urlsplit(url.strip())
        except ValueError:
            return None
        host, path = parts.netloc, parts.path
        kept = [(name, value) for name, value in parse_qsl(parts.query) if not _VIEW_PARAMETERS.match(name)]
        query = urlencode(sorted(kept), errors="backslashreplace")
    path = _AMP_PATH.sub("", path.rstrip("/"))
    return f"{_HOST_PREFIX.sub('', host.casefold())}{path}?{query}" if path or query else None


def names_title_or_page(candidate_hash: int) -> bool:
    """Say whether a candidate hash is that of a title or a page, not of a band."""
    return bool(candidate_hash & 1)


def _short(*parts: str) -> int:
    return ((number_of(*parts) >> (63 - BAND_BITS)) - (1 << (BAND_BITS - 1))) | 1
