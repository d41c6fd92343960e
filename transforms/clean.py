"""Cleaning one document: the ordered steps, and what they leave.

Each step looks at a page (`transforms.lines`) and returns cuts; none edits silently. The steps are repeated on what
is left until none of them finds anything: a sign-off shows itself once the comment form behind it is gone. Because
the cleaned text is laid out as the very page that the last round looked at, cleaning it again changes nothing.

Kept text and removals together are the decoded input, up to white space and the listed repairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from transforms.headlines import title_line
from transforms.joins import find_line_joins, find_space_joins
from transforms.lines import Page, Stretch, make_page, runs_of
from transforms.models import Cleaned, Cut, Hints, Removal, Repair, TextView
from transforms.outlet_lines import NOTHING_KNOWN, Knowledge
from transforms.related import find_related
from transforms.related_markers import marker_words
from transforms.repeats import find_repeats
from transforms.rules import RuleSet

MAX_ROUNDS = 8
"""Rounds of the steps over one document. Of 6,000 articles none needed more than 5; the limit bounds hostile input."""
MAX_JOIN_ROUNDS = 6
"""Rounds of rejoining lines, as a joined line may go on in the next: none of 6,000 articles needed more than 3."""
DOUBTFUL = 0.7
"""Confidence below which a cut is reported as a warning."""


@dataclass(slots=True)
class _State:
    """What has been decided so far, in offsets of the view."""

    runs: list[tuple[int, int]]
    """The `runs_of` the view's text, of which every page is made."""
    cuts: list[Cut] = field(default_factory=list)
    """Sorted, not overlapping."""
    spaces: set[int] = field(default_factory=set)
    joined: dict[int, str] = field(default_factory=dict)
    title: str | None = None
    unrepeated: tuple[str | None] | None = None
    """The title with which nothing stood twice in what the last round left, if that is still what there is."""

    def page(self, text: str, outlet: str | None) -> Page:
        gone = [Stretch(cut.start, cut.end) for cut in self.cuts]
        if self.spaces:
            gone = sorted([*gone, *(Stretch(at, at) for at in self.spaces)])
        return make_page(text, gone, self.joined, outlet, self.runs)

    def add(self, text: str, page: Page, cuts: Iterable[Cut]) -> None:
        """Take over cuts of a page; what an earlier cut already took is left out of them."""
        fresh: list[Cut] = []
        for cut in cuts:
            start, end = page.to_view(cut.start, cut.end)
            for old in self.cuts:
                if old.end <= start or old.start >= end:
                    continue
                _append(fresh, text, start, old.start, cut)
                start = old.end
            _append(fresh, text, start, end, cut)
        if fresh:
            self.cuts = sorted([*self.cuts, *fresh], key=lambda cut: cut.start)


def _append(cuts: list[Cut], text: str, start: int, end: int, like: Cut) -> None:
    """Add ``[start, end)`` without the white space at its ends, unless nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        cuts.append(Cut(start, end, like.rule, like.kind, like.confidence))


class _Finders:
    """What looks for cuts in the pages of one document, knowing what its text cannot hold.

    A page is often asked about twice, before and after its lines are looked at for joins: the last answers are kept.
    """

    def __init__(self, page: Page, rules: RuleSet, known: Knowledge) -> None:
        self._find_rules = known.beside(rules.find, page.outlet)
        self._marker_words = marker_words(page.text)
        self._is_title = known.is_title if known.titles else None
        self._rules: tuple[Page, list[Cut]] | None = None
        self._related: tuple[Page, list[Cut]] | None = None

    def rules(self, page: Page) -> list[Cut]:
        """The cuts of the catalogue's rules."""
        if self._rules is None or self._rules[0] is not page:
            self._rules = page, self._find_rules(page)
        return self._rules[1]

    def related(self, page: Page) -> list[Cut]:
        """The related links."""
        if self._related is None or self._related[0] is not page:
            self._related = page, find_related(page.text, self._is_title, page.spaced, self._marker_words)
        return self._related[1]


def clean(view: TextView, hints: Hints, rules: RuleSet, known: Knowledge = NOTHING_KNOWN) -> Cleaned:
    """Take everything that is not the article out of ``view``, and mend its broken joins.

    ``known`` is what other documents tell of this one: lines of its outlet, and titles.
    """
    state = _State(runs_of(view.text))
    page = state.page(view.text, hints.outlet)
    if len(page.lines) == 1 and (datelines := rules.find_datelines(page)):
        # On such a page hardly a rule goes by its dateline; without it, one round is enough for most of them.
        state.add(view.text, page, datelines)
        page = state.page(view.text, hints.outlet)
    find = _Finders(page, rules, known)
    settled = False
    for _ in range(MAX_ROUNDS):
        page, related = _mend(view.text, page, state, find)
        cuts = _steps(page, [*related, *find.rules(page)], hints, state)
        if not cuts:
            settled = True
            break
        state.add(view.text, page, cuts)
        page = state.page(view.text, hints.outlet)
    return _result(view, page, state, settled)


def _mend(text: str, page: Page, state: _State, find: _Finders) -> tuple[Page, list[Cut]]:
    """Rejoin lines that a link broke, so that no short-line rule sees their pieces, and part glued sentences.

    A glued join tells where a related headline ends: sentences are parted once no related link is left. Gives the
    page with its related links.
    """
    for _ in range(MAX_JOIN_ROUNDS):
        joins = _line_joins(page, find)
        if not joins:
            break
        state.unrepeated = None
        state.joined.update((page.origin(page.lines[index].start), separator) for index, separator in joins)
        page = state.page(text, page.outlet)
    related = find.related(page)
    if not related and (spaces := find_space_joins(page.text)):
        state.unrepeated = None
        state.spaces.update(page.origin(at) for at in spaces)
        page = state.page(text, page.outlet)
        related = find.related(page)
    return page, related


def _line_joins(page: Page, find: _Finders) -> list[tuple[int, str]]:
    """Lines to rejoin; those that a rule or a related link takes are none of them."""
    if not find_line_joins(page, frozenset()):
        return []
    cuts = [cut for cut in find.rules(page) if not cut.rule.startswith("furniture.")] + find.related(page)
    furniture = {number for cut in cuts for number in range(page.line_at(cut.start), page.line_at(cut.end - 1) + 1)}
    return find_line_joins(page, frozenset(furniture))


def _steps(page: Page, cuts: list[Cut], hints: Hints, state: _State) -> list[Cut]:
    """One round: the title beside the related links and rules in ``cuts``, then repeats in what all those leave."""
    if not page.lines:
        return []
    found: list[Cut] = []
    if first := title_line(page, hints.title):
        state.title = state.title or first.text
        found.append(Cut(first.start, first.end, "title.head", "repeated_title"))
    cuts = _merged(page, [*found, *cuts])
    title = state.title or hints.title
    if not cuts and state.unrepeated == (title,):
        return []
    if repeats := find_repeats(page.text, cuts, title, page.folded).cuts:
        return _merged(page, [*cuts, *repeats])
    state.unrepeated = (title,)
    return cuts


def _merged(page: Page, cuts: Iterable[Cut]) -> list[Cut]:
    """Sort cuts and trim each to what no cut before it took; of two that begin together the longer wins."""
    merged: list[Cut] = []
    end = 0
    for cut in sorted(cuts, key=lambda cut: (cut.start, -cut.end)):
        start, stop = page.trimmed(max(cut.start, end), cut.end)
        if start < stop:
            merged.append(Cut(start, stop, cut.rule, cut.kind, cut.confidence))
            end = stop
    return merged


def _result(view: TextView, page: Page, state: _State, settled: bool) -> Cleaned:
    warnings = [
        f"{cut.rule} at {view.origin(cut.start, cut.end)[0]}: not sure where it ends ({cut.confidence:.2f})"
        for cut in state.cuts
        if cut.confidence < DOUBTFUL
    ]
    if not settled:
        warnings.append(f"cleaning stopped after {MAX_ROUNDS} rounds; another run may find more")
    repairs = [
        *view.repairs,
        *(Repair(view.origin(at, at + 1)[0], "space_at_join") for at in state.spaces),
        *(Repair(view.origin(at, at + 1)[0], "line_joined") for at in state.joined),
    ]
    return Cleaned(
        text=page.text.replace("\n", "\n\n"),
        removals=_removals(view, state.cuts),
        repairs=tuple(sorted(repairs, key=lambda repair: (repair.at, repair.kind))),
        title=state.title,
        warnings=tuple(warnings),
    )


def _removals(view: TextView, cuts: Iterable[Cut]) -> tuple[Removal, ...]:
    """Cuts as removals of the decoded input, together with what the view left out; markup inside a cut belongs to it,
    and mojibake that was mended as a whole to the first cut that takes some of it."""
    found = list(view.removals)
    for cut in cuts:
        start, end = view.origin(cut.start, cut.end)
        found.append(Removal(start, end, view.decoded[start:end], cut.rule, cut.kind, cut.confidence))
    if view.starts is None:
        return tuple(found)
    merged: list[Removal] = []
    end = 0
    for gone in sorted(found, key=lambda gone: (gone.start, -gone.end)):
        start = max(gone.start, end)
        if start < gone.end:
            text = view.decoded[start : gone.end]
            merged.append(Removal(start, gone.end, text, gone.rule, gone.kind, gone.confidence))
            end = gone.end
    return tuple(merged)
