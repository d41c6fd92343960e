"""Which blocks of a page are the article's text.

Blocks that read like sentences speak for the elements around them, short and linked ones against. The element with
the best balance is the article. What page furniture says of itself in names and roles counts, unless most of the
page's text would be furniture then. An ``articleBody`` of the page's own metadata decides which sentences count most.
"""

from __future__ import annotations

import re
from math import inf

from transforms.html_blocks import HEADINGS, Block, Element, Page

MIN_SENTENCE = 40
"""Characters from which a block that is not mostly links counts as running text (F1 0.978 on 78 pages; 0.970 at 60)."""
MAX_LINKED = 0.4
"""Largest share of linked characters of running text (F1 0.969 at 0.3, the same at 0.5, 0.973 at 0.6)."""
NOISE_WEIGHT = 1.5
"""How much a character of a short or linked block counts against its element, a character of running text being 1
(F1 0.966 at 1, 0.976 at 2, 0.952 at 3)."""
GUARD_SHARE = 0.4
"""An element with more than this share of the page's running text is no furniture, whatever it is called
(F1 0.968 at 0.2, 0.970 at 0.6)."""
MIN_EVIDENCE_WORDS = 40
"""A shorter ``articleBody`` is a teaser."""
OUTSIDE_EVIDENCE = 0.5
"""Factor for running text that is not in the page's own ``articleBody``, which is often cut off (F1 0.968 at 0.1)."""
COMPLETE_SHARE = 0.5
"""When the ``articleBody`` has more than this share of the page's running text, other text does not count at all
(the same F1 from 0.3 to 0.8)."""
BONUS = {"itemprop": 1.5, "names": 1.15, "article": 1.1}
"""Factors for elements that say they are the article."""
MIN_DECLARED = 300
"""Characters of running text from which an element that calls itself the article's text is believed
(the same F1 from 150 to 600)."""
INNER_SHARE = 0.3
"""Share of the outer element's running text from which an inner one that calls itself the article's text is meant
(the same F1 from 0.15 to 0.5)."""
MAX_CAPTION = 200
"""Characters up to which the text beside a picture is its caption (the same F1 from 100 to 400)."""
MAX_LINKED_ALONE = 0.8
"""A block with a larger share of linked characters is a link and no text (F1 0.977 at 0.6 and at 0.9)."""
MAX_BLOCKS_BEFORE_TITLE = 6
"""How many blocks with text the title is looked for in."""
SHINGLE = 4
"""Words of the stretches by which text is compared."""

_REASONS = {"overlay": "furniture", "picture": "caption"}
_WORDS = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_SIGN_OFF = re.compile(r"\(?\w{2,5}(?:[/-]\w{2,5})*\)$|\(?\w+(?: \w+)?\s*: ?[^:]{3,60}$")
_ARTICLE_NAMES = frozenset({"article", "story", "post", "entry", "news", "artikel", "berita", "detail", "main"})
_BODY_NAMES = frozenset({"body", "content", "text", "konten", "isi", "paragraph", "copy"})


def select(page: Page, title: str, evidence: str, *, fragment: bool) -> list[str]:
    """For each block ``keep``, or why it is left out: ``outside_main``, ``furniture`` or ``caption``.

    ``title`` is the page's headline, ``evidence`` its own ``articleBody`` (or empty); a ``fragment`` is all article but
    its furniture.
    """
    weights = _weights(page, evidence)
    marks = _effective_marks(page, weights)
    reasons = [marks[block.element] or "keep" for block in page.blocks]
    if "keep" not in reasons:  # a page that calls all its text furniture
        reasons = ["keep"] * len(reasons)
    if fragment:
        return reasons
    best = _best_element(page, weights, reasons)
    inside = _inside(page, best)
    reasons = [
        reason if reason != "keep" or inside[block.element] else "outside_main"
        for reason, block in zip(reasons, page.blocks, strict=True)
    ]
    trimmed = _trimmed(page, reasons, title)
    return trimmed if "keep" in trimmed else reasons


def is_running_text(block: Block) -> bool:
    """Whether a block reads like sentences, not like a label or a list of links."""
    return len(block.text) >= MIN_SENTENCE and block.link_density <= MAX_LINKED


def _weights(page: Page, evidence: str) -> list[float]:
    """For each block how much it speaks for (positive) or against (negative) the elements around it."""
    weights = []
    for block in page.blocks:
        size = len(block.text)
        weight = size * (1 - block.link_density) if is_running_text(block) else -NOISE_WEIGHT * size
        if page.elements[block.element].name in HEADINGS and block.link_density <= MAX_LINKED:
            weight = 0.0
        weights.append(weight)
    shingles = _shingles(evidence)
    if len(shingles) < MIN_EVIDENCE_WORDS:
        return weights
    matched = [weight > 0 and _matches(block, shingles) for block, weight in zip(page.blocks, weights, strict=True)]
    certain = sum(weight for weight, match in zip(weights, matched, strict=True) if match)
    complete = certain > COMPLETE_SHARE * sum(max(weight, 0.0) for weight in weights)
    factor = 0.0 if complete else OUTSIDE_EVIDENCE
    return [weight * (1.0 if match or weight < 0 else factor) for weight, match in zip(weights, matched, strict=True)]


def _matches(block: Block, shingles: set[tuple[str, ...]]) -> bool:
    """Whether most of a block stands in the text that the shingles are of."""
    own = _shingles(block.text)
    return len(own & shingles) * 2 > len(own)


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _WORDS.findall(text.lower())
    return set(zip(*(words[at:] for at in range(SHINGLE)), strict=False))


def _effective_marks(page: Page, weights: list[float]) -> list[str]:
    """For each element why its text is left out: the outermost mark around it that is not overruled by its text."""
    running = [0.0] * len(page.elements)
    for block, weight in zip(page.blocks, weights, strict=True):
        running[block.element] += max(weight, 0.0)
    for number in range(len(page.elements) - 1, 0, -1):  # children have greater numbers than their parents
        parent = page.elements[number].parent
        if parent >= 0:
            running[parent] += running[number]
    limits = dict.fromkeys(("furniture", "caption"), GUARD_SHARE * max(running[:1], default=0.0))
    limits |= {"overlay": inf, "picture": MAX_CAPTION}
    immune = set(page.ancestors(_declared(page, running)))
    marks: list[str] = []
    for number, element in enumerate(page.elements):
        inherited = marks[element.parent] if element.parent >= 0 else ""
        holds = number not in immune and element.mark and running[number] <= limits[element.mark]
        own = element.mark if holds else ""
        marks.append(inherited or _REASONS.get(own, own))
    return marks


def _declared(page: Page, running: list[float]) -> int:
    """Number of the element that says it is the article's text and has most of it; -1 when there is none.

    Of two such elements, one in the other, the inner one is meant unless it has but a small share.
    """
    last = page.last_inside()
    best, most = -1, float(MIN_DECLARED)
    for number, element in enumerate(page.elements):
        if running[number] < MIN_DECLARED or not _is_declared(element):
            continue
        if running[number] > most or (running[number] > INNER_SHARE * most and number <= last[best]):
            best, most = number, running[number]
    return best


def _is_declared(element: Element) -> bool:
    names = element.words & _ARTICLE_NAMES and element.words & _BODY_NAMES
    return bool(names) or element.itemprop.lower() == "articlebody"


def _best_element(page: Page, weights: list[float], reasons: list[str]) -> int:
    """Number of the element with the best balance of running text over noise; the innermost of equals."""
    balance = [0.0] * len(page.elements)
    for block, weight, reason in zip(page.blocks, weights, reasons, strict=True):
        if reason == "keep":
            balance[block.element] += weight
    best, best_value = 0, 0.0
    for number in range(len(page.elements) - 1, -1, -1):
        element = page.elements[number]
        value = balance[number]
        if element.parent >= 0:
            balance[element.parent] += value
        if element.itemprop.lower() == "articlebody":
            value *= BONUS["itemprop"]
        elif element.words & _ARTICLE_NAMES and element.words & _BODY_NAMES:
            value *= BONUS["names"]
        elif element.name in ("article", "main"):
            value *= BONUS["article"]
        if value > best_value:
            best, best_value = number, value
    return best


def _inside(page: Page, top: int) -> list[bool]:
    """For each element whether it is ``top`` or inside it."""
    inside: list[bool] = []
    for number, element in enumerate(page.elements):
        inside.append(number == top or (element.parent >= 0 and inside[element.parent]))
    return inside


def _trimmed(page: Page, reasons: list[str], title: str) -> list[str]:
    """Leave out links that stand alone, the title, and labels before the first and after the last running text."""
    blocks, reasons = page.blocks, list(reasons)
    for at, block in enumerate(blocks):
        if reasons[at] == "keep" and block.link_density > MAX_LINKED_ALONE:
            reasons[at] = "furniture"
    kept = [at for at, reason in enumerate(reasons) if reason == "keep"]
    running = [at for at in kept if is_running_text(blocks[at]) or _SENTENCE_END.search(blocks[at].text)]
    titles = [at for at in running[:MAX_BLOCKS_BEFORE_TITLE] if _folded(blocks[at].text) == _folded(title)]
    running = [at for at in running if at not in titles]
    if not running:
        return reasons
    for at in kept:
        if at < running[0] or at in titles or (at > running[-1] and not _may_end(page, blocks[at])):
            reasons[at] = "outside_main"
    return reasons


def _may_end(page: Page, block: Block) -> bool:
    """Whether an article may end with a short block like this: an item of a list, or who wrote and edited it."""
    in_list = page.elements[block.element].name in ("li", "td", "th", "dd", "dt")
    return not block.linked and (in_list or bool(_SIGN_OFF.match(block.text)))


def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(text.lower()))
