"""An explanation as one HTML page: no scripts, no requests, nothing but escaped text.

Each removal stays where it was, struck through and coloured by kind; hovering, tapping or moving the focus to it shows
its rule and reason in a card at the foot of the window. A strip under the title maps the whole document, the legend
leads to the first removal of each kind, and a switch hides what was removed. Colours follow the reader's light or dark
scheme; kinds are named as well, so that nothing depends on colour alone.

:func:`explanation_html` gives the part inside ``<body>``, which uses classes only, and :data:`STYLE` its style sheet,
so that a server with a strict content-security policy can show it as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from transforms.explain import REPAIR_REASONS, Explanation, Part, RuleUse
from transforms.models import Kind, Removal

DOUBTFUL = 0.7
"""Confidence under which a removal is outlined: the cleaner itself adds a warning below it."""
NARROWEST_MARK = 2.0
"""Thousandths of the strip's width: a shorter removal could not be seen in it."""
STRIP_WIDTH = 1000

# Degrees of the colour circle; kinds that stand next to each other on real pages are far apart.
_HUES: dict[Kind, int] = {
    "related_link": 212,
    "caption": 96,
    "credit": 140,
    "byline_signoff": 268,
    "republication": 240,
    "promo": 338,
    "comment_form": 14,
    "navigation": 186,
    "tags": 68,
    "social_embed": 200,
    "dateline": 42,
    "date_line": 54,
    "repeated_title": 300,
    "repeated_body": 28,
    "markup": 0,
    "other": 0,
}
_LINE_BREAK = re.compile(r"\n|</?(?:p|br|div|h\d|li|tr|blockquote|section|article)\b", re.IGNORECASE)
"""Markup that separates two lines of text, which would run into each other where removals are hidden."""
_GREY: frozenset[Kind] = frozenset({"markup", "other"})

_RULES = """
:root{color-scheme:light dark;--paper:#fdfcfa;--ink:#1d1c1a;--soft:#6b675f;--line:#e2ddd3;--card:#fff;
--sat:62%;--back:92%;--edge:42%;--words:26%;--mend:#0b7a4b}
@media (prefers-color-scheme:dark){:root{--paper:#171614;--ink:#e9e5dc;--soft:#a19b8f;--line:#35322d;--card:#24221f;
--sat:42%;--back:19%;--edge:62%;--words:80%;--mend:#5fd3a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.65 Georgia,'Noto Serif','DejaVu Serif',serif}
.explained{max-width:46rem;margin:0 auto;padding:2.5rem 1.25rem 11rem}
.explained h1{font-size:1.65rem;line-height:1.25;margin:0 0 .4rem;overflow-wrap:anywhere}
.explained h2{font-size:1.05rem;margin:2.5rem 0 .25rem}
.explained .meta,.explained .legend,.explained .rules,.explained .switch,.explained .why,.explained .warnings{
font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;font-size:.85rem;line-height:1.45}
.explained .meta{color:var(--soft);margin:0;overflow-wrap:anywhere}
.explained .warnings{margin:1rem 0 0;padding:.6rem .9rem .6rem 2rem;
border-left:3px solid #d9960c;background:var(--card)}
.strip{display:block;width:100%;height:14px;margin:1.1rem 0 .8rem;background:var(--line);border-radius:3px}
.strip rect{fill:hsl(var(--hue) var(--full) var(--edge))}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem;margin:0;padding:0}
.legend a{display:block;padding:.22rem .6rem;border-radius:999px;color:inherit;text-decoration:none;
background:hsl(var(--hue) var(--full) var(--back));border:1px solid hsl(var(--hue) var(--full) var(--edge)/.55)}
.legend a:hover,.legend a:focus-visible{border-color:hsl(var(--hue) var(--full) var(--edge));outline:0;
box-shadow:0 0 0 2px hsl(var(--hue) var(--full) var(--edge)/.35)}
.rules small{color:var(--soft)}
.switch{display:inline-flex;gap:.5rem;align-items:center;margin:1.1rem 0 0;padding:.3rem 0;cursor:pointer}
.switch input{width:1.1rem;height:1.1rem;margin:0;accent-color:var(--mend)}
.raw{margin:1.2rem 0 0;padding:1.4rem 0;border:solid var(--line);border-width:1px 0;white-space:pre-wrap;
overflow-wrap:anywhere}
.cut{scroll-margin-top:35vh;padding:.08em .15em;border-radius:3px;cursor:help;
-webkit-box-decoration-break:clone;box-decoration-break:clone;
color:hsl(var(--hue) var(--full) var(--words));background:hsl(var(--hue) var(--full) var(--back));
text-decoration:line-through;text-decoration-thickness:1px;
text-decoration-color:hsl(var(--hue) var(--full) var(--edge)/.75)}
.cut.doubtful{outline:1px dashed hsl(var(--hue) var(--full) var(--edge));outline-offset:1px}
.cut:hover,.cut:focus,.cut:target{outline:2px solid hsl(var(--hue) var(--full) var(--edge));outline-offset:1px}
.cut.k-markup{font:.68rem/1.4 ui-monospace,'DejaVu Sans Mono',monospace;text-decoration:none}
.cut .name{display:inline-block;margin-left:.35em;font:600 .62rem/1 system-ui,'DejaVu Sans',sans-serif;
letter-spacing:.02em;vertical-align:.15em;white-space:nowrap;text-decoration:none;
color:hsl(var(--hue) var(--full) var(--words))}
.why{display:none;position:fixed;z-index:2;left:50%;bottom:1rem;transform:translateX(-50%);
width:min(46rem,calc(100vw - 2rem));padding:.8rem 1.1rem;border-radius:8px;background:var(--card);color:var(--ink);
border:1px solid var(--line);border-left:5px solid hsl(var(--hue) var(--full) var(--edge));white-space:normal;
box-shadow:0 6px 28px rgb(0 0 0/.22)}
.why b{display:block;overflow-wrap:anywhere}
.why small{display:block;color:var(--soft)}
.cut:hover .why,.cut:focus .why,.fix:hover .why,.fix:focus .why{display:block}
.cut:hover .why{z-index:3}
.fix{position:relative;color:var(--mend);font-weight:700;cursor:help;text-decoration:none}
.fix:focus{outline:2px solid var(--mend)}
.explained:has(.switch input:not(:checked)) :is(.cut,.gap){display:none}
.explained:has(.switch input:checked) .seam{display:none}
.rules{list-style:none;margin:0;padding:0}
.rules li{padding:.65rem 0 .65rem .9rem;border-bottom:1px solid var(--line);
border-left:4px solid hsl(var(--hue) var(--full) var(--edge));margin-top:.4rem}
.rules b{overflow-wrap:anywhere}
.rules p{margin:.15rem 0 0}
@media (max-width:34rem){body{font-size:16px}.explained{padding:1.4rem 1rem 12rem}.explained h1{font-size:1.35rem}
.legend span{display:none}
.why{left:0;bottom:0;transform:none;width:100%;border-radius:10px 10px 0 0;
border-width:5px 0 0;padding:1rem 1.1rem 1.3rem;
border-top:5px solid hsl(var(--hue) var(--full) var(--edge))}}
@media print{.switch{display:none}.explained{padding:0}.why{display:none!important}}
"""
STYLE = _RULES + "".join(
    f".k-{kind}{{--hue:{hue};--full:{'0%' if kind in _GREY else 'var(--sat)'}}}\n" for kind, hue in _HUES.items()
)
"""The style sheet of the page and of :func:`explanation_html`."""


class _KindUse(NamedTuple):
    kind: Kind
    removals: int
    characters: int


def page(explanation: Explanation) -> str:
    """A whole, self-contained HTML page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(explanation.name)}: what was removed</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{explanation_html(explanation)}\n</body>\n</html>\n"
    )


def explanation_html(explanation: Explanation) -> str:
    """The explanation as a ``<main>`` element."""
    return "\n".join(
        (
            '<main class="explained">',
            f"<h1>{escape(explanation.name)}</h1>",
            f'<p class="meta">{escape(explanation.source)}</p>',
            f'<p class="meta">{escape(explanation.summary())}</p>',
            *_warnings(explanation),
            *_overview(explanation),
            # The line break after the opening tag would be shown.
            f'<div class="raw" lang="und">{"".join(_parts(explanation))}</div>',
            *_rules(explanation),
            "</main>",
        )
    )


def _warnings(explanation: Explanation) -> Iterator[str]:
    if explanation.warnings:
        items = "".join(f"<li>{escape(warning)}</li>" for warning in explanation.warnings)
        yield f'<ul class="warnings" aria-label="Warnings">{items}</ul>'


def _overview(explanation: Explanation) -> Iterator[str]:
    """The strip that maps the document, the legend of its kinds, and the switch."""
    removals = [part.removal for part in explanation.parts if part.removal]
    if not removals:
        return
    marks = "".join(_strip_mark(removal, explanation.characters) for removal in removals)
    yield (
        f'<svg class="strip" viewBox="0 0 {STRIP_WIDTH} 10" preserveAspectRatio="none" role="img" '
        f'aria-label="Where in the document text was removed">{marks}</svg>'
    )
    first = {removal.kind: number for number, removal in reversed(list(enumerate(removals)))}
    chips = "".join(
        f'<li><a class="k-{use.kind}" href="#cut{first[use.kind]}">{_words(use.kind)} '
        f"<small>{use.removals:,} × · {use.characters:,}<span> characters</span></small></a></li>"
        for use in _kinds(explanation.uses)
    )
    yield f'<ul class="legend" aria-label="Kinds of removal; each leads to its first place">{chips}</ul>'
    yield '<label class="switch"><input type="checkbox" checked> Show what was removed</label>'


def _strip_mark(removal: Removal, characters: int) -> str:
    scale = STRIP_WIDTH / characters
    width = max(NARROWEST_MARK, (removal.end - removal.start) * scale)
    at = min(removal.start * scale, STRIP_WIDTH - width)
    return f'<rect class="k-{removal.kind}" x="{at:.1f}" y="0" width="{width:.1f}" height="10"/>'


def _parts(explanation: Explanation) -> Iterator[str]:
    cuts = repairs = 0
    line_begins = True
    for part in explanation.parts:
        if part.repair:
            yield _repair(part.repair.kind, repairs)
            repairs += 1
        if part.removal:
            yield _cut(part, part.removal, cuts)
            cuts += 1
            if part.removal.kind == "markup" and _LINE_BREAK.search(part.text):
                yield '<br class="seam">'
        elif part.text:
            # White space after what stood on lines of its own: without it the switch would leave a hole.
            rest = part.text.lstrip() if cuts and line_begins else part.text
            gap = part.text[: len(part.text) - len(rest)]
            yield (f'<span class="gap">{escape(gap)}</span>' if gap else "") + escape(rest)
            line_begins = rest.endswith("\n") if rest else line_begins


def _cut(part: Part, removal: Removal, number: int) -> str:
    doubtful = " doubtful" if removal.confidence < DOUBTFUL else ""
    confidence = f"confidence {removal.confidence:.2f}"
    length = removal.end - removal.start
    title = f"{removal.rule} ({_words(removal.kind)}, {confidence}): {part.reason}"
    # A page has a tag every few words: naming each would drown the text.
    name = "" if removal.kind == "markup" else f'<span class="name" aria-hidden="true">{_words(removal.kind)}</span>'
    return (
        f'<del id="cut{number}" class="cut k-{removal.kind}{doubtful}" tabindex="0" title="{escape(title)}" '
        f'aria-describedby="why{number}">{escape(part.text)}'
        f"{name}"
        f'<span class="why" id="why{number}" role="tooltip"><b>{escape(part.reason)}</b>'
        f"<small>{escape(removal.rule)} · {_words(removal.kind)} · {confidence} · {length:,} characters "
        f"at {removal.start:,}</small></span></del>"
    )


def _repair(kind: str, number: int) -> str:
    reason = REPAIR_REASONS.get(kind, "The kept text was changed here.")
    return (
        f'<ins class="fix k-other" tabindex="0" title="{escape(f"{kind}: {reason}")}" aria-describedby="fix{number}">‸'
        f'<span class="why" id="fix{number}" role="tooltip"><b>{escape(reason)}</b>'
        f"<small>repair · {escape(kind)}</small></span></ins>"
    )


def _rules(explanation: Explanation) -> Iterator[str]:
    if not explanation.uses:
        yield '<p class="meta">Nothing was removed.</p>'
        return
    yield '<h2>Rules at work</h2>\n<ul class="rules">'
    for use in explanation.uses:
        counted = f"{use.removals:,} × · {use.characters:,} characters · confidence from {use.confidence:.2f}"
        yield (
            f'<li class="k-{use.kind}"><b>{escape(use.rule)}</b> <small>{_words(use.kind)} · {counted}</small>'
            f"<p>{escape(use.reason)}</p></li>"
        )
    yield "</ul>"


def _kinds(uses: tuple[RuleUse, ...]) -> list[_KindUse]:
    """The uses added up by kind, largest first."""
    kinds = {use.kind for use in uses}
    added = (
        _KindUse(
            kind,
            sum(use.removals for use in uses if use.kind == kind),
            sum(use.characters for use in uses if use.kind == kind),
        )
        for kind in kinds
    )
    return sorted(added, key=lambda use: (-use.characters, use.kind))


def _words(kind: Kind) -> str:
    return kind.replace("_", " ")
