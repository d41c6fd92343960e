"""The history of a document as one HTML page: no scripts, no requests, nothing but escaped text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from transforms.explain_html import STYLE
from transforms.versions import Paragraph, Step, unchanged

VERSIONS_STYLE = (
    STYLE
    + """
.step{margin:1.6rem 0 0;padding:.2rem 0 1rem;border-top:1px solid var(--line)}
.step p{margin:.8rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
.step p.title{font-weight:700}
.step p.same{color:var(--soft);font:.85rem system-ui,'DejaVu Sans',sans-serif}
.step del{color:hsl(0 var(--sat) var(--words));background:hsl(0 var(--sat) var(--back));border-radius:3px}
.step ins{color:hsl(140 var(--sat) var(--words));background:hsl(140 var(--sat) var(--back));border-radius:3px;
text-decoration:none}
"""
)
"""The style sheet of the page and of :func:`history_html`."""

_ELEMENTS = {"gone": "del", "new": "ins"}


def page(name: str, steps: Sequence[Step]) -> str:
    """A whole, self-contained HTML page; ``name`` is what the document is called."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(name)}: versions</title>\n<style>{VERSIONS_STYLE}</style>\n</head>\n"
        f"<body>\n{history_html(name, steps)}\n</body>\n</html>\n"
    )


def history_html(name: str, steps: Sequence[Step]) -> str:
    """The history as a ``<main>`` element."""
    lines = ['<main class="explained">', f"<h1>{escape(name)}</h1>"]
    if not steps:
        lines.append('<p class="meta">No earlier version.</p>')
    for step in steps:
        lines += ['<section class="step">', f"<h2>{escape(step.before.name)} → {escape(step.after.name)}</h2>"]
        lines += [*_step(step), "</section>"]
    return "\n".join((*lines, "</main>"))


def _step(step: Step) -> Iterator[str]:
    if not step.changed:
        yield '<p class="same">The clean text is the same: what changed in the source is cut as boilerplate.</p>'
        return
    if not step.title.same:
        yield f'<p class="title">{_marked(step.title)}</p>'
    for same, group in groupby(step.paragraphs, lambda paragraph: paragraph.same):
        if same:
            yield f'<p class="same">… {unchanged(len(list(group)))} …</p>'
        else:
            yield from (f'<p lang="und">{_marked(paragraph)}</p>' for paragraph in group)


def _marked(paragraph: Paragraph) -> str:
    marked = []
    for part in paragraph.parts:
        element = _ELEMENTS.get(part.change)
        words = part.text.rstrip()
        inner = escape(words)
        marked.append((f"<{element}>{inner}</{element}>" if element else inner) + escape(part.text[len(words) :]))
    return "".join(marked)
