"""Python matchers that rule files name: for what a regular expression cannot say.

A matcher is given a page and yields the stretches ``(start, end)`` of its text that belong to its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from transforms import captions, captions_inline, furniture, headlines, navigation, signoffs
from transforms.lines import Page

Matcher = Callable[[Page], Iterable[tuple[int, int]]]

MATCHERS: Mapping[str, Matcher] = {
    "role_lines": signoffs.role_lines,
    "running_roles": signoffs.running_roles,
    "closing_marks": signoffs.closing_marks,
    "capital_names": signoffs.capital_names,
    "trailing_tags": signoffs.trailing_tags,
    "credit_lines": captions.credit_lines,
    "caption_lines": captions.caption_lines,
    "inline_captions": captions_inline.inline_captions,
    "agency_captions": captions_inline.agency_captions,
    "inline_brackets": captions_inline.inline_brackets,
    "plain_captions": captions.plain_captions,
    "datelines": headlines.datelines,
    "set_off_datelines": headlines.set_off_datelines,
    "date_lines": headlines.date_lines,
    "date_bylines": headlines.date_bylines,
    "breadcrumbs": navigation.breadcrumbs,
    "site_addresses": navigation.site_addresses,
    "blog_header": navigation.blog_header,
    "page_teasers": navigation.page_teasers,
    "odd_headings": navigation.odd_headings,
    "furniture_comment_form": furniture.of_kind("comment_form"),
    "furniture_navigation": furniture.of_kind("navigation"),
    "furniture_promo": furniture.of_kind("promo"),
    "furniture_tags": furniture.of_kind("tags"),
    "furniture_related_link": furniture.of_kind("related_link"),
}
"""Matchers by the name rule files use."""

LOOKS_AT: Mapping[Matcher, str] = {
    MATCHERS[name]: part
    for part, names in {
        "head": ("date_lines", "blog_header"),
        "tail": ("capital_names",),
        "lines": (
            "breadcrumbs",
            "caption_lines",
            "plain_captions",
            "odd_headings",
            *(name for name in MATCHERS if name.startswith("furniture_")),
        ),
    }.items()
    for name in names
}
"""The part of a page (`Page.has`) without which a matcher finds nothing, for those that need one."""
