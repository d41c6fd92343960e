"""The rules that are steps of the cleaner and not entries of the catalogue: what each takes, and why.

They need more than a line to decide: where a headline ends, which of two copies is better, how a page is built.
Their ids stand in removals beside those of the catalogue, so that a reader wants to know the same of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transforms.models import Kind


@dataclass(frozen=True, slots=True)
class StepRule:
    """Kind and reason of a rule that is code."""

    kind: Kind
    why: str


_MARKUP = "Tags, scripts and comments are how a page is built, not what it says."

STEP_RULES: Mapping[str, StepRule] = {
    "title.head": StepRule("repeated_title", "The title above the text is kept as the document's title."),
    "related.own_line": StepRule("related_link", "A line that begins like a link to another article is one."),
    "related.next_line": StepRule("related_link", "Behind a marker that ends its line, the next line is the headline."),
    "related.list": StepRule("related_link", "A marker with several headlines under it is a list of links."),
    "related.bare_marker": StepRule(
        "related_link", "A marker whose headline is missing; the line under it reads like body and stays."
    ),
    "related.inline": StepRule(
        "related_link", "A headline inside a line belongs to another article, up to where the sentence resumes."
    ),
    "related.inline_known_title": StepRule(
        "related_link", "The words behind the marker are exactly the title of another document."
    ),
    "related.selengkapnya": StepRule("related_link", "An invitation to read on elsewhere, whose link is lost."),
    "related.video_title": StepRule(
        "related_link", "The title of an embedded video, which is no sentence of the text."
    ),
    "repeat.title": StepRule("repeated_title", "The title stands again inside the text."),
    "repeat.paragraph": StepRule("repeated_body", "The same paragraph stands twice; the better copy is kept."),
    "repeat.section": StepRule(
        "repeated_body", "Several paragraphs in a row stand twice; the copy with its headings is kept, else the first."
    ),
    "outlet.line": StepRule(
        "other", "The outlet prints this line on many pages, outside the article, and its form is that of furniture."
    ),
    "html.markup": StepRule("markup", _MARKUP),
    "html.stripped": StepRule("markup", "The page has too many tags to be understood; all of them were taken out."),
    "html.furniture": StepRule("markup", "Menus, buttons and lists of links: the page's structure says so."),
    "html.outside_main": StepRule("markup", "It stands outside the part of the page that holds the article."),
    "html.caption": StepRule("caption", "The page marks it as the caption of a picture."),
}
"""By id, in the order of the steps."""
