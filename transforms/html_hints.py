"""What a page says of itself: title, address, date, outlet, language and authors.

The most deliberate statement wins: JSON-LD, then OpenGraph and other ``meta`` elements, then what the page shows.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bs4 import BeautifulSoup, Tag

from transforms.html_tokens import Tokens, runs_in
from transforms.models import Hints, RawDocument

ARTICLE_TYPES = frozenset(
    (
        *("article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "blogposting"),
        *(
            "backgroundnewsarticle",
            "reviewnewsarticle",
            "report",
            "techarticle",
            "socialmediaposting",
            "liveblogposting",
        ),
    )
)
"""Types of schema.org, in lower case, whose fields describe the article of the page."""
DATE_METAS = (
    *(
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "publishdate",
        "published_time",
        "pubdate",
    ),
    *(
        "publish-date",
        "publish_date",
        "parsely-pub-date",
        "sailthru.date",
        "dc.date.issued",
        "dc.date",
        "dcterms.created",
    ),
    *("date", "content_publishdate", "article.published", "rnews:datepublished", "og:published_time"),
)
MAX_JSON_LD_NODES = 2_000
"""Objects of JSON-LD that are looked at."""

_TITLE_SEPARATORS = re.compile(r"\s+[|–—\-·•»:]\s+|\s*\|\s*|\s+::\s+")
_URL = re.compile(r"https?://\S+$", re.IGNORECASE)
_WRAPPING = re.compile(r"^\s*(?://)?\s*(?:<!\[CDATA\[|<!--)|(?://)?\s*(?:\]\]>|-->)\s*$")


def page_hints(raw: RawDocument, soup: BeautifulSoup, tokens: Tokens) -> tuple[Hints, str]:
    """The hints, and the text of the article if the page's JSON-LD has one; fields of the record itself come first."""
    article = next(_articles(tokens.json_ld), {})
    metas = _metas(soup)
    outlet = _first(metas.get("og:site_name"), _name(article.get("publisher")), metas.get("application-name"))
    hints = Hints(
        title=_first(raw.title, _title(soup, tokens, article, metas, outlet)),
        url=_first(raw.url, _link(soup), metas.get("og:url"), _url(article)),
        date=_first(raw.date, _string(article.get("datePublished")), _date(soup, metas)),
        outlet=_first(raw.outlet, outlet),
        language=_first(raw.language, _language(soup)),
        authors=_authors(article, metas),
    )
    body = article.get("articleBody")
    return hints, html.unescape(body) if isinstance(body, str) else ""


def _articles(scripts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Article objects of the page's JSON-LD, however deep they are nested."""
    for script in scripts:
        try:
            waiting = [json.loads(_WRAPPING.sub("", script), strict=False)]
        except (ValueError, RecursionError):
            continue
        for _ in range(MAX_JSON_LD_NODES):
            if not waiting:
                break
            value = waiting.pop(0)
            if isinstance(value, list):
                waiting.extend(value)
            elif isinstance(value, dict):
                types = value.get("@type")
                names = types if isinstance(types, list) else [types]
                if any(isinstance(name, str) and name.lower() in ARTICLE_TYPES for name in names):
                    yield value
                waiting.extend(value[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in value)


def _metas(soup: BeautifulSoup) -> dict[str, str]:
    """Contents of ``meta`` elements by property, name or itemprop in lower case; the first of each counts."""
    found: dict[str, str] = {}
    for meta in soup.find_all("meta"):
        content = _attribute(meta, "content")
        for key in ("property", "name", "itemprop"):
            name = _attribute(meta, key).lower()
            if name and content:
                found.setdefault(name, content)
    return found


def _title(
    soup: BeautifulSoup, tokens: Tokens, article: dict[str, Any], metas: dict[str, str], outlet: str | None
) -> str:
    headings = [text for text in (_text(node, tokens) for node in soup.find_all("h1", limit=5)) if text]
    head = soup.find("title")
    spoken = _first(
        _string(article.get("headline")),
        _without_site(metas.get("og:title", ""), outlet, headings),
        _without_site(_text(head, tokens) if isinstance(head, Tag) else "", outlet, headings),
        headings[0] if headings else None,
    )
    return spoken or ""


def _without_site(title: str, outlet: str | None, headings: Sequence[str]) -> str:
    """A page title without the name of the site before or after it, as a heading or the outlet's name shows it."""
    cuts = list(_TITLE_SEPARATORS.finditer(title))
    if not cuts:
        return title
    for heading in headings:
        if len(heading) >= 10 and heading in title:
            return heading
    left, right = title[: cuts[-1].start()], title[cuts[-1].end() :]
    if outlet and _folded(outlet) in _folded(right):
        return left
    first = cuts[0]
    if outlet and _folded(title[: first.start()]) == _folded(outlet):
        return title[first.end() :]
    return left if "|" in cuts[-1].group() and len(right) < len(left) else title


def _date(soup: BeautifulSoup, metas: dict[str, str]) -> str | None:
    for name in DATE_METAS:
        if name in metas:
            return metas[name]
    node = soup.find(itemprop="datePublished") or soup.find("time", attrs={"datetime": True})
    if not isinstance(node, Tag):
        return None
    return _attribute(node, "datetime") or _attribute(node, "content") or None


def _link(soup: BeautifulSoup) -> str | None:
    link = soup.find("link", rel="canonical")
    address = _attribute(link, "href") if isinstance(link, Tag) else ""
    return address if _URL.match(address) else None


def _url(article: dict[str, Any]) -> str | None:
    for value in (article.get("url"), article.get("mainEntityOfPage"), article.get("@id")):
        address = value.get("@id") if isinstance(value, dict) else value
        if isinstance(address, str) and _URL.match(address):
            return address
    return None


def _language(soup: BeautifulSoup) -> str | None:
    root = soup.find("html")
    return _attribute(root, "lang") or _attribute(root, "xml:lang") or None if isinstance(root, Tag) else None


def _authors(article: dict[str, Any], metas: dict[str, str]) -> tuple[str, ...]:
    value = article.get("author")
    values = value if isinstance(value, list) else [value]
    names = [_name(one) for one in values]
    if not any(names):
        names = [metas.get("author") or metas.get("article:author") or metas.get("parsely-author")]
    clean = (" ".join(html.unescape(name).split()) for name in names if name)
    return tuple(dict.fromkeys(name for name in clean if name and not _URL.match(name)))


def _name(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _first(*values: str | None) -> str | None:
    """The first value that is not blank, entities decoded and white space squeezed."""
    for value in values:
        squeezed = " ".join(html.unescape(value).split()) if value else ""
        if squeezed:
            return squeezed
    return None


def _text(node: Tag, tokens: Tokens) -> str:
    """The text of an element of the marked page."""
    return " ".join("".join(tokens.text_of(run) for run in runs_in(node.get_text())).split())


def _attribute(node: Tag, name: str) -> str:
    value = node.get(name)
    return value.strip() if isinstance(value, str) else ""


def _folded(name: str) -> str:
    return re.sub(r"\W+|\.(?:com|co|id|net|org)\b", "", name.lower())
