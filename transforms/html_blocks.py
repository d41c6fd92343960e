"""A parsed page as blocks: stretches of text that a browser sets apart, and what speaks for and against them.

The tree is walked once, without recursion, so that neither the size nor the depth of a page is a problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from transforms.html_tokens import Tokens, runs_in

BLOCK_ELEMENTS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
            "div",
            "dl",
        ),
        *(
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
        ),
        *("html", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th"),
        *("thead", "tr", "ul", "br", "option", "select", "head", "title", "video", "audio"),
    )
)
"""Elements whose edges break a line."""
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that editors leave in empty paragraphs."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
NO_TEXT = frozenset(
    ("head", "title", "noscript", "select", "option", "button", "object", "template", "canvas", "label", "map")
)
"""Elements that hold nothing that is read as text of the page."""
FURNITURE_ELEMENTS = frozenset({"nav", "aside", "footer", "form", "dialog", "menu"})
FURNITURE_ROLES = frozenset(
    {"navigation", "banner", "complementary", "contentinfo", "search", "dialog", "alertdialog", "menu"}
)
FURNITURE_WORDS = frozenset(
    (
        *("ad", "ads", "advert", "advertisement", "advertorial", "adsbygoogle", "dfp", "sponsor", "sponsored", "promo"),
        *(
            "promotion",
            "banner",
            "outbrain",
            "taboola",
            "comment",
            "comments",
            "disqus",
            "respond",
            "reply",
            "share",
            "sharing",
        ),
        *("shares", "sharedaddy", "addthis", "social", "sosmed", "follow", "related", "relatedposts", "recommended"),
        *("recommend", "recommendation", "recommendations", "recirc", "trending", "popular", "terpopuler", "terkait"),
        *(
            "bacajuga",
            "newsletter",
            "subscribe",
            "subscription",
            "signup",
            "paywall",
            "sidebar",
            "widget",
            "widgets",
            "footer",
        ),
        *(
            "breadcrumb",
            "breadcrumbs",
            "nav",
            "navigation",
            "navbar",
            "menu",
            "pagination",
            "pager",
            "tags",
            "tagcloud",
        ),
        *(
            "hashtag",
            "toolbar",
            "cookie",
            "cookies",
            "consent",
            "gdpr",
            "popup",
            "modal",
            "login",
            "modal",
            "popup",
            "print",
            "byline",
            "bio",
        ),
        *(
            "author",
            "authors",
            "contributor",
            "timestamp",
            "dateline",
            "credit",
            "credits",
            "copyright",
            "hidden",
            "skip",
        ),
        *(
            "rating",
            "poll",
            "survey",
            "playlist",
            "gallery",
            "slideshow",
            "carousel",
            "slider",
            "jwplayer",
            "meta",
            "topics",
        ),
        *(
            "postmeta",
            "masthead",
            "toc",
            "nocontent",
            "ticker",
            "donate",
            "donation",
            "correction",
            "teaser",
            "teasers",
        ),
    )
)
"""Words of class and id names that set page furniture apart on sites of any language."""
OVERLAY_WORDS = frozenset({"cookie", "cookies", "consent", "gdpr", "modal", "popup", "lightbox"})
"""Words of what is laid over a page: no article, however much text it has."""
QUOTED_POST = frozenset({"social", "embed"})
"""Words of what holds a quoted post of a social network: text of the article, for the text cleaner to judge."""
PICTURE_WORDS = frozenset({"photo", "foto", "image", "img", "gambar", "thumbnail", "picture", "thumb"})
UNMARKED_ELEMENTS = frozenset({"html", "body", "main", "article"})
"""Elements whose class names describe the page as a whole."""
CAPTION_WORDS = frozenset({"caption", "captions", "imagecaption", "figcaption", "cutline"})
_NAME_WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@dataclass(slots=True)
class Element:
    """One open or closed element of the walk, by its number; ``parent`` is -1 for the root."""

    name: str
    parent: int
    mark: str
    """Why its text is not the article's: ``furniture``, ``overlay``, ``caption``, ``picture`` or empty."""
    words: frozenset[str]
    itemprop: str = ""


@dataclass(slots=True)
class Block:
    """Text between two line breaks of a page."""

    element: int
    """Number of the innermost block element around it."""
    runs: list[int] = field(default_factory=list)
    text: str = ""
    linked: int = 0
    """How many characters of it are inside links."""

    @property
    def link_density(self) -> float:
        """Share of the characters that are linked, 0 to 1."""
        return self.linked / len(self.text) if self.text else 0.0


@dataclass(slots=True)
class Page:
    """Elements and blocks of a page in the order of the source."""

    elements: list[Element] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def ancestors(self, number: int) -> list[int]:
        """Numbers of the element and all around it, innermost first."""
        chain = []
        while number >= 0:
            chain.append(number)
            number = self.elements[number].parent
        return chain

    def last_inside(self) -> list[int]:
        """For each element the greatest number of an element inside it, its own when there is none."""
        last = list(range(len(self.elements)))
        for number in range(len(last) - 1, 0, -1):
            parent = self.elements[number].parent
            if parent >= 0:
                last[parent] = max(last[parent], last[number])
        return last


def page_of(soup: BeautifulSoup, tokens: Tokens) -> Page:
    """Walk the tree once."""
    return _Walk(tokens).page_of(soup)


class _Walk:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._page = Page()
        self._block: Block | None = None
        self._last_run = -1

    def page_of(self, soup: BeautifulSoup) -> Page:
        page = self._page
        open_nodes: list[tuple[Tag, int, int, bool, bool]] = []  # node, element, block element, inside a link, muted
        node = soup.contents[0] if soup.contents else None
        while node is not None:
            parent = node.parent
            while open_nodes and open_nodes[-1][0] is not parent:
                closed = open_nodes.pop()[0]
                if closed.name in BLOCK_ELEMENTS:
                    self._finish()
            _, around, block, linked, muted = open_nodes[-1] if open_nodes else (None, -1, -1, False, False)
            if isinstance(node, Tag):
                number = len(page.elements)
                page.elements.append(_element(node, around))
                is_block = node.name in BLOCK_ELEMENTS
                if is_block:
                    self._finish()
                muted = muted or node.name in NO_TEXT
                open_nodes.append((node, number, number if is_block else block, linked or node.name == "a", muted))
            elif type(node) is NavigableString and not muted and "\ue000" in node:
                self._add(str(node), block if block >= 0 else around, linked)
            node = node.next_element
        self._finish()
        return page

    def _add(self, marks: str, block: int, linked: bool) -> None:
        for run in runs_in(marks):
            if run <= self._last_run:  # a parser that moved text would break the order of the source
                continue
            self._last_run = run
            if self._block is None:
                self._block = Block(block)
            text = self._tokens.text_of(run)
            self._block.runs.append(run)
            self._block.text += text
            if linked:
                self._block.linked += len(text.strip())

    def _finish(self) -> None:
        if self._block is not None:
            self._block.text = " ".join(self._block.text.split())
            if self._block.text.strip(INVISIBLE):
                self._page.blocks.append(self._block)
            self._block = None


def _element(node: Tag, parent: int) -> Element:
    attributes = node.attrs
    names = f"{_string(attributes.get('class'))} {_string(attributes.get('id'))}"
    words = frozenset(word.lower() for word in _NAME_WORDS.findall(names)) if names != " " else frozenset()
    itemprop = _string(attributes.get("itemprop"))
    return Element(
        name=node.name,
        parent=parent,
        mark=_mark(node, words),
        words=words,
        itemprop=itemprop,
    )


def _mark(node: Tag, words: frozenset[str]) -> str:
    """What an element says of itself that makes it no part of an article."""
    if node.name in UNMARKED_ELEMENTS or words >= QUOTED_POST:
        return ""
    if node.name == "figcaption" or words & CAPTION_WORDS:
        return "caption"
    if words & OVERLAY_WORDS:
        return "overlay"
    named = node.name in FURNITURE_ELEMENTS or words & FURNITURE_WORDS
    if named or _string(node.get("role")) in FURNITURE_ROLES or _is_hidden(node):
        return "furniture"
    return "picture" if words & PICTURE_WORDS and node.name not in ("p", "li") else ""


def _is_hidden(node: Tag) -> bool:
    hidden = "hidden" in node.attrs or node.get("aria-hidden") == "true"
    return hidden or bool(_HIDDEN.search(_string(node.get("style"))))


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    return " ".join(value) if isinstance(value, list) else ""
