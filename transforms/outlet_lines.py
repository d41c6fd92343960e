"""Lines that an outlet prints on many pages, and the titles of a corpus: counted first, frozen, then used by cleaning.

A line that stands on many pages of an outlet, on many days, may be furniture (*Cek berita lain di …*), a heading
(*Kronologi*), a prayer or a price disclaimer. So frequency is evidence only together with *form*: a line is taken by
itself only where its words say that it is furniture and it stands at the head or the tail of its pages; everything
else that is frequent is proposed to a person, who approves or vetoes it.

Counting and cleaning look at lines in the same way (`candidates`), and a line is known by a hash of its outlet and its
normal form, in which case, white space and digits make no difference. What was learned (`Knowledge`) is frozen before
the first document of a run is cleaned, so that the order of documents changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import islice, pairwise
from typing import Literal, NamedTuple, cast

from transforms.dates import parse_date
from transforms.furniture import furniture_kind
from transforms.headlines import title_line
from transforms.lines import Line, Page, page_of_lines
from transforms.metadata_dateline import outlet_of
from transforms.models import Cut, Hints, Kind, RawDocument
from transforms.parse import mended, own_hints
from transforms.related import normal_title

RULE = "outlet.line"
COUNT_VERSION = "1"
"""Counts changes of what is counted and learned: then documents are counted anew when they are read, and what is known
of lines is settled anew."""

MAX_LINE_CHARACTERS = 200
"""Longest line or sentence counted; the longest repeated furniture line of 29,985 articles has 180."""
MAX_HEADING_CHARACTERS = 80
"""Longest line counted amid the article; longer ones there are paragraphs."""
HEAD_LINES, TAIL_LINES = 3, 5
"""Lines at either end that are counted whatever they look like."""
HEAD_SENTENCES, TAIL_SENTENCES = 2, 4
"""Sentences counted at the start of the first and at the end of the last line: a third of all articles is one line."""
MIN_SENTENCE_WORDS = 3
"""Shorter sentences are pieces of names and abbreviations (*Editor: A.*)."""
SENTENCES_WINDOW = 4 * MAX_LINE_CHARACTERS
"""Characters at either end in which those sentences are looked for."""
MAX_CANDIDATES = 24
"""Lines counted of one document, half from either end: articles have 4.5 on average, lists of scores hundreds."""

MIN_DOCUMENTS = 8
"""Documents a line must stand on to be learned. Over 29,985 articles 260 lines do, of 113,554."""
MIN_DAYS = 4
"""Publication days they must spread over: an event, a scrape in one go or one article scraped often stays below.
Documents without a date count as one day."""
MIN_EDGE = 0.9
"""Share of its documents in which a learned line stands at the head or the tail; for headings it is below 0.5."""
MIN_REVIEWED = 4
"""Documents that put a line on the review list."""
INVITATION_WORDS = 4
"""First words of a line, one of which must invite: deeper in a line it is a report on someone who does."""
SENTENCE_WORDS = 8
"""Words from which a line that ends like a sentence is taken for one."""
CONFIDENCE = 0.9

_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"[.!?…][\"”’)]?\s+(?=[\"“‘(\[]?[A-Z0-9])")
_SIGN_OFF = re.compile(r"[(\[][^\W\d_]{2,5}(?:/[^\W_]{1,5})+[)\]]|\([^\W\d_]+(?:[ .]{1,2}[^\W\d_]+){1,3}\)")
_PLACE_ELSEWHERE = re.compile(
    r"\b(?:google news|whatsapp|telegram|facebook|instagram|twitter|youtube|tiktok|line today|channel|kanal|saluran"
    r"|newsletter)\b|@\w|https?:|www\."
)
_INVITATION = re.compile(
    r"\b(?:ikuti|ikutilah|follow|cek|akses|update|simak|baca|klik|gabung|bergabung|subscribe|berlangganan|dapatkan|unduh"
    r"|download|join|install|kunjungi|lihat|temukan|pilih)\b"
)
_QUOTED = re.compile(r"[\"“”]|\b(?:kata|ujar|ucap|tutur|jelas|ungkap|imbuh|tambah)(?:nya)?\b")

Finder = Callable[[Page], list[Cut]]
Look = Literal["furniture", "unsure", "body"]
"""What form alone says of a line."""
Decision = Literal["approve", "veto"]
State = Literal["approved", "vetoed", "learned", "proposed", "body"]
"""What becomes of a frequent line."""
CUT_STATES: tuple[State, ...] = ("approved", "learned")
"""States of the lines that cleaning takes."""


class Candidate(NamedTuple):
    """A line or sentence of a page that may be its outlet's: where it begins in the page's text.

    A tuple, as the next one is: a document has five of them, and a frozen dataclass takes three times as long to make.
    """

    start: int
    text: str
    edge: bool
    """Whether it stands before or after the article."""


class CountedLine(NamedTuple):
    """A line of one document, as it is counted."""

    key: int
    text: str
    edge: bool


@dataclass(frozen=True, slots=True)
class LineCount:
    """What one document adds to the counts of its outlet; counting it again replaces what it added before."""

    document: int
    """What tells documents apart: 63 bits of id and source file."""
    digest: int
    """63 bits of what it says: the same digest is not counted again."""
    outlet: str
    """In the form of ``outlet_key``; empty when the record does not say, and then no line is counted."""
    day: int
    """Day of publication as ``YYYYMMDD``, 0 where the record does not say."""
    title: int | None
    lines: tuple[CountedLine, ...]


@dataclass(frozen=True, slots=True)
class LineFigures:
    """How often a line stands on an outlet's pages."""

    documents: int
    days: int
    edges: int
    """Documents in which it stands before or after the article."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the words of a line say, whatever its frequency."""

    look: Look
    kind: Kind
    reason: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the whole corpus says of one document, frozen before cleaning."""

    lines: Mapping[str, Mapping[int, Kind]] = field(default_factory=dict)
    """For each outlet the lines that are cut, and as what."""
    signs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """For each outlet the :func:`sign_of` each line; without them every page is looked through."""
    titles: Sequence[int] = ()
    """Sorted hashes of all known titles."""

    def is_title(self, title: str) -> bool:
        """Whether a headline in the form of ``normal_title`` is the title of a known document."""
        wanted = number_of("title", title)
        at = bisect_left(self.titles, wanted)
        return at < len(self.titles) and self.titles[at] == wanted

    def beside(self, find: Finder, outlet: str | None) -> Finder:
        """A finder of what ``find`` takes and of the lines that the outlet is known to print on many pages."""
        key = outlet_key(outlet) or ""
        learned, signs = self.lines.get(key), self.signs.get(key, ("",))
        if not learned:
            return find

        def both(page: Page) -> list[Cut]:
            if not any(map(page.folded.__contains__, signs)):
                return find(page)
            found = ((start, text, learned.get(_key_of(key, text))) for start, text, _ in candidates(page))
            cuts = (Cut(start, start + len(text), RULE, kind, CONFIDENCE) for start, text, kind in found if kind)
            return [*find(page), *cuts]

        return both


NOTHING_KNOWN = Knowledge()


def number_of(*parts: str) -> int:
    """A stable non-negative 63-bit number for some strings."""
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


@lru_cache(maxsize=4096)
def outlet_key(outlet: str | None) -> str | None:
    """The outlet whose lines are counted together: the site, whatever its host."""
    return outlet_of(outlet).casefold() if outlet and outlet.strip() else None


def line_key(outlet: str, normal: str) -> int:
    """What a line is known by."""
    return number_of("line", outlet, normal)


@lru_cache(maxsize=4096)
def _key_of(outlet: str, text: str) -> int:
    """The key of a candidate: every round of cleaning asks for those of the last one."""
    return line_key(outlet, _normal(text))


def normal_line(text: str) -> str:
    """A line in the form it is counted in: case, white space and digits make no difference."""
    return _normal(" ".join(text.split()))


def _normal(text: str) -> str:
    return _DIGITS.sub("0", text.casefold())


def sign_of(normal: str) -> str:
    """What the case-folded text of every page has that has a line with this normal form: its longest part without
    digits; nothing where an escape of the ledger's shows that the line was spelt otherwise."""
    return "" if "\\" in normal else max(normal.split("0"), key=len)


def document_number(id_: str, path: str) -> int:
    """What tells one document of a source file from all others, wherever in the file it stands."""
    return number_of("document", id_, path)


def content_number(raw_hash: str) -> int:
    """What a document says, together with the way it is counted."""
    return number_of("content", COUNT_VERSION, raw_hash)


def count_document(raw: RawDocument, path: str, raw_hash: str) -> LineCount:
    """What a document adds to the counts; ``path`` is the file it is read from. Pages in HTML add only their title:
    what furniture is there, their structure says."""
    hints = own_hints(raw)
    outlet = outlet_key(hints.outlet)
    lines: tuple[CountedLine, ...] = ()
    title = hints.title
    if raw.media == "text":
        page = page_of_lines(mended(raw.text), hints.outlet)
        first = title_line(page, hints.title)
        title = title or (first.text if first else None)
        lines = tuple(_counted(page, outlet, first)) if outlet else ()
    known = number_of("title", normal_title(title)) if title and title.strip() else None
    return LineCount(document_number(raw.id, path), content_number(raw_hash), outlet or "", _day(hints), known, lines)


def _counted(page: Page, outlet: str, title: Line | None) -> Iterator[CountedLine]:
    counted: dict[str, bool] = {}
    for start, text, edge in candidates(page):
        if title is None or start != title.start:
            normal = _normal(text)
            counted[normal] = edge or counted.get(normal, False)
    found = list(counted.items())
    half = MAX_CANDIDATES // 2
    for text, edge in found if len(found) <= MAX_CANDIDATES else [*found[:half], *found[-half:]]:
        yield CountedLine(line_key(outlet, text), text, edge)


def _day(hints: Hints) -> int:
    stated = parse_date(hints.date) if hints.date else None
    return int(stated[:10].replace("-", "")) if stated else 0


def candidates(page: Page) -> Iterator[Candidate]:
    """The lines of a page that may be its outlet's, and the sentences at either end of it, in no fixed order."""
    last = len(page.lines) - 1
    for line in page.lines:
        edge = line.index < page.head_end or line.index >= page.tail_start
        if _is_counted(line, edge or line.index < HEAD_LINES or line.index > last - TAIL_LINES):
            yield Candidate(line.start, line.text, edge)
    if last >= 0:
        yield from _sentences(page.lines[0], page.lines[last])


def _is_counted(line: Line, outside: bool) -> bool:
    if outside:
        return len(line.text) <= MAX_LINE_CHARACTERS
    return len(line.text) <= MAX_HEADING_CHARACTERS and line.text[-1] not in '.,;"”'


def _sentences(first: Line, last: Line) -> Iterator[Candidate]:
    """The sentences at the start of the first and at the end of the last line; whole lines are none."""
    for start, text in dict.fromkeys([*_opening(first), *_closing(last)]):
        if len(text) <= MAX_LINE_CHARACTERS and len(text.split(None, MIN_SENTENCE_WORDS)) >= MIN_SENTENCE_WORDS:
            yield Candidate(start, text, True)


def _opening(line: Line) -> list[tuple[int, str]]:
    """The first sentences of a line with their offsets in the page, when it has several."""
    ends = [found.end() for found in islice(_SENTENCE.finditer(line.text, 0, SENTENCES_WINDOW), HEAD_SENTENCES)]
    whole = len(ends) < HEAD_SENTENCES and len(line.text) <= SENTENCES_WINDOW
    return _between(line, [0, *ends, len(line.text)] if whole else [0, *ends]) if ends else []


def _closing(line: Line) -> list[tuple[int, str]]:
    """The last sentences of a line with their offsets in the page, when it has several."""
    start = max(0, len(line.text) - SENTENCES_WINDOW)
    ends = [found.end() for found in _SENTENCE.finditer(line.text, start)]
    whole = len(ends) < TAIL_SENTENCES and start == 0
    return _between(line, [*([0] if whole else []), *ends[-TAIL_SENTENCES:], len(line.text)]) if ends else []


def _between(line: Line, bounds: Sequence[int]) -> list[tuple[int, str]]:
    return [(line.start + start, line.text[start:end].rstrip()) for start, end in pairwise(bounds)]


def form_of(normal: str) -> Form:
    """What the words of a line in normal form say: furniture beyond doubt, body beyond doubt, or neither."""
    kind = furniture_kind(normal)
    return _furniture(normal, kind) or _body(normal) or Form("unsure", _kind(kind), "its words do not say")


def _furniture(normal: str, kind: str | None) -> Form | None:
    if not any(char.isalnum() for char in normal):
        return Form("furniture", "other", "no letter and no digit")
    if _SIGN_OFF.fullmatch(normal):
        return Form("furniture", "byline_signoff", "initials or a name in brackets")
    # The headline of a link may be on the next line, which is not learned; *Simak kisahnya berikut ini.* is text.
    if kind and kind != "related_link" and normal[-1] not in ".!?":
        return Form("furniture", _kind(kind), "its words are those of page furniture")
    opening = " ".join(normal.split()[:INVITATION_WORDS])
    if _PLACE_ELSEWHERE.search(normal) and _INVITATION.search(opening) and not _QUOTED.search(normal):
        return Form("furniture", "promo", "an invitation to read or follow elsewhere")
    return None


def _body(normal: str) -> Form | None:
    if _QUOTED.search(normal):
        return Form("body", "other", "it quotes somebody")
    if "0" in normal:
        return Form("body", "other", "it states numbers")
    if len(normal.split()) >= SENTENCE_WORDS and normal[-1] in ".!?":
        return Form("body", "other", "it is a whole sentence")
    return None


def _kind(kind: str | None) -> Kind:
    return cast("Kind", kind) if kind else "other"


def state_of(form: Form, figures: LineFigures, decision: Decision | None, *, learn: bool = True) -> State:
    """What becomes of a line: a person's word first, then form and frequency together; ``learn`` off leaves every
    undecided line to a person."""
    if decision:
        return "approved" if decision == "approve" else "vetoed"
    if form.look == "body":
        return "body"
    frequent = figures.documents >= MIN_DOCUMENTS and figures.days >= MIN_DAYS
    outside = figures.edges >= MIN_EDGE * figures.documents
    return "learned" if learn and form.look == "furniture" and frequent and outside else "proposed"
