"""Find the links to other articles that a publisher's template puts into and around a text.

``find_related`` looks for markers (*Baca juga:*, *Simak Video*, *Berita Terkait*, *Read also*; ``related_markers``)
and decides for each what belongs to it: the rest of its line, the lines below it, or, inside a paragraph, the words up
to the place where the body resumes (``related_boundary``). Where the evidence is thin it cuts less and gives a low
confidence.

The work per marker is bounded (``WINDOW`` characters a headline, ``MAX_CHAIN`` headlines, ``MAX_LIST`` lines) and so is
the number of markers (``MAX_MARKERS``), so that the time grows linearly with the text whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from transforms.lines import BODY_LINE_CHARACTERS, SENTENCE_END
from transforms.models import Cut
from transforms.related_boundary import WINDOW, Boundary, Glue, headline_end, packaged_tables, surroundings
from transforms.related_form import (
    LONG_WORDS,
    TITLE_SHARE,
    is_foreign,
    is_headline,
    is_whole_title,
    starts_headline,
    title_share,
)
from transforms.related_markers import Marker, find_markers
from transforms.related_video import find_video_titles, title_in_pieces

MAX_CHAIN = 10
"""Headlines cut after one marker; the longest real chain had 6."""
MAX_LIST = 12
"""Lines taken as links after the heading of a list."""
MIN_TITLE = 15
"""Characters of the shortest known title that is looked for behind a marker."""
NEAR = 5000
"""Characters on either side in which the names of a line below a bare marker are looked for."""
MIN_BRACKET_WORDS = 4
"""Words that a bracket opened with *baca:* must hold to be a link and no explanation (*(baca: melepeh)*)."""
_QUOTES = {'"': '"”', "“": "”", "'": "'’", "‘": "’"}
_PLAIN_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
# What templates print right after a link; no headline runs across it.
_HARD_STOP = re.compile(
    r"\[Gambas|googletag\.|View in Single Page|Cek Berita dan Artikel"
    r"|(?:Pewarta|Editor|Reporter|Penulis|Copyright|Foto) ?[:©]"
    r"|Foto/|(?<=\s)Tags? |ADVERTISEMENT|Advertisement|SCROLL TO|\([a-z]{2,5}/[a-z]{2,5}\)|[Kk]ompas\.com/|,,|\u200b"
)
_VIDEO_TAIL = re.compile(r"[ \xa0]*(?:[Dd]i sini)?[ \xa0]*:?(?=\s|$|\[)")
_BRACKET_OR_BREAK = re.compile(r"[()\[\]\r\n]")
_ITEM_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)]|[•*·>-])\s+")
_URL = re.compile(r"\s*https?://[^\s,)\]]+")
# A template without a headline: *… artikel terkait TOPIC atau tulisan menarik lainnya AUTHOR*.
_TOPIC = re.compile(
    r"[ \xa0]*[^\r\n.]{2,80}? atau (?:tulisan|artikel|berita) (?:menarik )?lainnya(?: dari| oleh)?"
    r"(?: [A-Z][\w.'’-]*){0,4}"
)
_SENTENCE_BEGINS = re.compile(r"[.!?][\"”’]? ?[A-Z\"“]")
_LOST_LINK = re.compile(r",|[ \t\xa0]+,(?=[\w#\"“])")
_NO_SMALL_LETTER = re.compile(r"[^a-z]")
_LINE_BREAK = re.compile(r"[\r\n]")

KnownTitles = Callable[[str], bool]
"""Whether a headline, normalised by ``normal_title``, is the title of another document."""


def normal_title(title: str) -> str:
    """A title in the form that ``known_titles`` is asked for: lower case, single spaces, plain quotation marks."""
    return " ".join(title.translate(_PLAIN_QUOTES).split()).casefold()


def find_related(
    text: str,
    known_titles: KnownTitles | None = None,
    spaced: str | None = None,
    words: Sequence[str] | None = None,
) -> list[Cut]:
    """Find the related links of ``text``: cuts of kind ``related_link``, in order, not overlapping.

    ``spaced`` is ``text`` with the white space of the input (`Page.spaced`), which tells where a line break was lost.
    ``words`` are the `marker_words` of the document that ``text`` is left of.
    A confidence below 0.7 means doubt about where the headline ends.
    """
    spaced = text if spaced is None else spaced
    cuts: list[Cut] = []
    markers = find_markers(text, words)
    limits = [*(marker.start for marker in markers[1:]), len(text)]
    for marker, limit in zip(markers, limits, strict=False):
        if cuts and marker.start < cuts[-1].end:
            continue
        cut = _resolve(text, spaced, marker, limit, known_titles)
        if cut:
            cuts.append(cut)
    return _with_video_titles(text, cuts)


def _with_video_titles(text: str, cuts: list[Cut]) -> list[Cut]:
    """Add the titles of embedded videos where no cut is yet."""
    for title in find_video_titles(text):
        if not any(title.start < cut.end and cut.start < title.end for cut in cuts):
            cuts = sorted([*cuts, title], key=lambda cut: cut.start)
    return cuts


def _resolve(text: str, spaced: str, marker: Marker, limit: int, known_titles: KnownTitles | None) -> Cut | None:
    """The cut that a marker leads to, if any; ``limit`` is where the next marker begins."""
    if marker.family == "here":
        return _cut(text, marker.start, marker.end, "related.selengkapnya", 0.95)
    if marker.colon and _LOST_LINK.match(text, marker.end):
        # Scrapers that drop links leave their commas: the headline is lost, what follows is the next sentence.
        return _cut(text, marker.start, marker.end, "related.bare_marker", 0.9)
    if marker.line_end:
        return _below(text, marker, limit, known_titles)
    if marker.closing and (end := _closing_bracket(text, marker)):
        return _bracketed(text, marker, end)
    return _beside(text, spaced, marker, limit, known_titles)


def _closing_bracket(text: str, marker: Marker) -> int:
    """The end of the bracket that the marker stands in, or 0 where it does not close on the line."""
    opening = "(" if marker.closing == ")" else "["
    depth = 0
    for match in _BRACKET_OR_BREAK.finditer(text, marker.end, marker.end + WINDOW):
        char = match.group()
        if char in "\r\n":
            break
        depth += (char == opening) - (char == marker.closing)
        if depth < 0:
            return match.end()
    return 0


def _bracketed(text: str, marker: Marker, end: int) -> Cut | None:
    """A marker in brackets with its headline, or with nothing left of it; an explanation is body."""
    words = text[marker.end : end - 1].split()
    if not any(char.isalnum() for word in words for char in word):
        return _cut(text, marker.start, end, "related.bare_marker", 0.95)
    short = len(words) < (MIN_BRACKET_WORDS if marker.family == "verb" else 2)
    return None if short or words[0][0].islower() else _cut(text, marker.start, end, "related.inline", 0.98)


def _beside(text: str, spaced: str, marker: Marker, limit: int, known_titles: KnownTitles | None) -> Cut | None:
    """The headline stands on the marker's line; so, perhaps, does body text after it."""
    line_end = _line_end(text, marker.end)
    if marker.line_start and limit >= line_end and _is_title(text[marker.end : line_end]):
        return _cut(text, marker.start, _tail(text, marker, line_end), "related.own_line", 0.98)
    if whole := _URL.match(text, marker.end) or _TOPIC.match(text, marker.end):
        return _cut(text, marker.start, whole.end(), "related.inline", 0.95)
    context = surroundings(text, marker.start, marker.end)
    glue: Glue = "no" if not marker.glued else "headline" if marker.colon and not marker.many else "always"
    start, end, confidence, rule = marker.end, 0, 1.0, "related.inline"
    for _ in range(MAX_CHAIN):
        hard = _HARD_STOP.search(text, start, min(line_end, limit, start + WINDOW))
        stop = hard.start() if hard else min(line_end, limit)
        piece = spaced[start : min(stop, start + WINDOW)]
        if not end and not starts_headline(piece.lstrip(), strict=not marker.colon):
            return _lone(text, marker, stop)
        if hard and hard.group() == "[Gambas" and _names_player(piece):
            found, known = Boundary(len(piece.rstrip()), 0.97, True), False
        else:
            found, known = _one_headline(piece, context, stop > start + WINDOW, glue, known_titles)
        if end and not (marker.many or known) and title_share(piece[: found.end]) < TITLE_SHARE:
            break
        end = start + found.end
        confidence = min(confidence, found.confidence)
        rule = "related.inline_known_title" if known else rule
        if found.complete and stop == line_end and marker.line_start and not known:
            rule = "related.own_line"
        rest = text[end : min(stop, end + WINDOW)]
        chained = marker.glued and rest[:1].strip() and rest[0] not in _QUOTES and starts_headline(rest, strict=True)
        if found.complete or not chained:
            break
        start, glue = end, "always"
    if marker.family == "verb" and _leaves_bracket(text[marker.end : end]):
        return None  # an explanation in a bracket that was opened before: *(Arab: x, baca: y)*
    return _cut(text, marker.start, _tail(text, marker, end), rule, confidence)


def _leaves_bracket(piece: str) -> bool:
    """Whether a bracket closes that was opened before the piece."""
    closing = piece.find(")")
    return closing >= 0 and "(" not in piece[:closing]


def _is_title(line: str) -> bool:
    """Whether the rest of a marker's line is one headline, with no furniture after it."""
    return is_whole_title(line.rstrip(" :")) and not _HARD_STOP.search(line)


def _tail(text: str, marker: Marker, end: int) -> int:
    """The end of a link, with the rest of a video's title that the page broke over several lines."""
    if "video" in text[marker.start : marker.end].lower() and end == _line_end(text, end):
        return title_in_pieces(text, end)
    return end


def _lone(text: str, marker: Marker, stop: int) -> Cut | None:
    """A marker whose headline is missing (``Simak Videonya:[Gambas…``); words in running text are body."""
    if marker.colon and not text[marker.end : stop].strip(" ,\xa0\t"):
        return _cut(text, marker.start, marker.end, "related.bare_marker", 0.8)
    return None


def _one_headline(
    piece: str, context: str, truncated: bool, glue: Glue, known_titles: KnownTitles | None
) -> tuple[Boundary, bool]:
    """The end of the headline that ``piece`` begins with, and whether it is a known title."""
    if known_titles and (end := _known_end(piece, known_titles)):
        return Boundary(end, 1.0, not piece[end:].strip() and not truncated), True
    if end := _quoted_end(piece):
        return Boundary(end, 0.97, not piece[end:].strip() and not truncated), False
    found = headline_end(piece, context, truncated, glue, packaged_tables())
    return found, False


def _known_end(piece: str, known_titles: KnownTitles) -> int:
    """The end of the longest known title that ``piece`` begins with, or 0."""
    if len(piece) < MIN_TITLE:
        return 0
    places = [*(found.start() for found in _NO_SMALL_LETTER.finditer(piece, MIN_TITLE)), len(piece)]
    ends = [end for end in reversed(places) if _may_end(piece, end)]
    return next((end for end, form in zip(ends, _normal_titles(piece, ends), strict=True) if known_titles(form)), 0)


def _normal_titles(piece: str, ends: Sequence[int]) -> Iterator[str]:
    """``normal_title`` of ``piece[:end]`` for each of the ends, which stand behind no white space."""
    whole, bare = normal_title(piece), piece.strip()
    if len(whole) == len(" ".join(bare.split())) == len(bare):  # a character of it for each of the piece
        start = piece.find(bare)
        return (whole[: end - start] for end in ends)
    return (normal_title(piece[:end]) for end in ends)


def _may_end(piece: str, end: int) -> bool:
    """Whether a title could end here: not inside a word, unless a capital or digit is glued to it."""
    if piece[end - 1].isspace():
        return False
    return end == len(piece) or not piece[end].isalnum() or piece[end].isupper() or piece[end].isdigit()


def _quoted_end(piece: str) -> int:
    """The end of a headline in quotation marks, with what the template prints after it, or 0."""
    start = len(piece) - len(piece.lstrip())
    closing = _QUOTES.get(piece[start : start + 1])
    if closing is None:
        return 0
    for index in range(start + 10, len(piece)):
        if piece[index] not in closing or piece[index + 1 : index + 2].isalnum():
            continue
        tail = _VIDEO_TAIL.match(piece, index + 1)
        if tail and (tail.group().strip() or not piece[tail.end() :].strip()):
            return tail.end()
        if not piece[index + 1 :].lstrip()[:1].islower():
            return index + 1
    return 0


def _names_player(piece: str) -> bool:
    """Whether what stands before a player is its title and nothing else (``… Siap Edar!:[Gambas:Video``)."""
    return piece.rstrip().endswith(":") and not _SENTENCE_BEGINS.search(piece)


def _below(text: str, marker: Marker, limit: int, known_titles: KnownTitles | None) -> Cut | None:
    """The marker is alone on its line: the headlines stand on the next lines, or are missing.

    A list heading takes every headline below it, a marker with a colon one headline, and every marker long Title Case
    ones of another story: outlets that print it bare let the body follow, which may begin with a heading.
    """
    end, taken = marker.end, 0
    position = marker.end
    while taken < MAX_LIST and position < limit:
        position = _next_line(text, position)
        stop = _line_end(text, position)
        line = text[position:stop]
        if not line or (position >= limit and (taken or not line.startswith("Video:"))):
            break
        known = known_titles is not None and known_titles(normal_title(line))
        if not known and not _is_listed(text, marker, position, stop, first=not taken):
            break
        end, taken, position = stop, taken + 1, stop
    if not taken:
        if not marker.colon and not marker.line_start and text[marker.end : marker.end + 1] != ",":
            return None
        return _cut(text, marker.start, marker.end, "related.bare_marker", 0.9)
    return _cut(text, marker.start, end, "related.list" if marker.many or taken > 1 else "related.next_line", 0.9)


def _is_listed(text: str, marker: Marker, start: int, end: int, first: bool) -> bool:
    """Whether the line ``[start, end)`` below a marker is a headline that the marker introduces."""
    line = text[start:end]
    if marker.many:
        return is_headline(_ITEM_NUMBER.sub("", line), strict=False)
    if marker.colon and first:
        return is_headline(line, strict=False)
    if not is_headline(line, strict=True):
        return False
    if marker.colon and line.strip() == text[end : end + len(line) + 2].strip():
        return True
    around = text[max(0, start - NEAR) : marker.start] + text[end : end + NEAR]
    long_enough = len(line.split()) >= LONG_WORDS or (not first and _is_behind_article(text, end))
    return long_enough and is_foreign(line, around)


def _is_behind_article(text: str, end: int) -> bool:
    """Whether no paragraph of running text follows: the last line may be cut short, and then reads as none."""
    lines = text[end : end + NEAR].split("\n")
    return not any(len(line) >= BODY_LINE_CHARACTERS and line[-1] in SENTENCE_END for line in lines)


def _next_line(text: str, position: int) -> int:
    """The start of the next line that is not blank."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _line_end(text: str, position: int) -> int:
    found = _LINE_BREAK.search(text, position)
    return found.start() if found else len(text)


def _cut(text: str, start: int, end: int, rule: str, confidence: float) -> Cut:
    """A cut of ``text[start:end]`` without white space at its end."""
    while text[end - 1].isspace():
        end -= 1
    return Cut(start, end, rule, "related_link", round(confidence, 3))
