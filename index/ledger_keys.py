"""What makes two documents worth comparing: the same words (node), and shared candidate hashes (bands, URL, title).

A cut-down copy of a page shares few of the MinHash bands of the whole page, but it has its URL or its title; both are
candidates only, and are verified like any other.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from index.ledger_codec import number_of
from transforms.models import Document

BAND_BITS = 48
"""Bits kept of a candidate hash: SQLite stores them in six bytes; a false candidate is verified away. The lowest says
whether it names a title or a page, which make a candidate whatever the texts are like."""

TITLE_WORDS = 4
"""Words a title needs to be a candidate hash: shorter ones (``Jadwal Salat``) name a series, not an article."""

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


def candidate_hashes(document: Document) -> tuple[int, ...]:
    """Return signed 48-bit hashes, at least one of which near copies share; none for a text too short to compare."""
    if not document.fingerprint.bands:
        return ()
    hashes = [band >> (64 - BAND_BITS) & ~1 for band in document.fingerprint.bands]
    words = _WORD.findall((document.title or "").casefold())
    if len(words) >= TITLE_WORDS:
        hashes.append(_short("title", " ".join(words)))
    page = page_key(document.url)
    if page:
        hashes.append(_short("page", page))
    return tuple(dict.fromkeys(hashes))


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
