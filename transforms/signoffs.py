"""Who wrote it: editor and reporter lines, initials, slash chains and stars at the end of an article.

What makes ``(mrh/pta)``, ``*(rul).`` or ``(Yanuar Yudha)`` a sign-off is less its letters than its place: after the
end of the last sentence, or on a line of its own, with nothing but page furniture behind it. The same brackets inside
a sentence, ``(dkk)``, ``(yoy)``, ``(terdakwa)``, are body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from transforms.furniture import furniture_kind
from transforms.lines import Line, Page

Span = tuple[int, int]

_PERSON_ROLE = (
    r"(?:reporter|pewarta|penulis|editor|penyunting|redaktur|redaksi|fotografer|kontributor|wartawan|wartawati"
    r"|jurnalis|"
    r"penerjemah|penterjemah|jurufoto|penyelaras"
    r"|koresponden|author|writer|writ+en by|edited by|reported by|photographer|publisher|uploader"
    r"|pengunggah|videografer|produser|penyelia|penanggung jawab|ditulis oleh|disunting oleh|diedit oleh"
    r"|wartawan foto|copy editor)"
)
_SOURCE_ROLE = r"(?:sumber(?: berita| artikel| tulisan)?|source|laporan|liputan|oleh|naskah|teks)"
_ANY_ROLE = rf"(?:{_PERSON_ROLE}|{_SOURCE_ROLE})"
_JOINED_ROLES = rf"{_ANY_ROLE}(?:\s?(?:/|&|dan|,)\s?{_ANY_ROLE})?"
_ROLE_COLON = re.compile(rf"{_JOINED_ROLES}(?: [A-Z][\w.]+)?\s?[:：]", re.IGNORECASE)
_PERSON_COLON = re.compile(rf"{_PERSON_ROLE}(?:\s?(?:/|&|dan)\s?{_ANY_ROLE})?\s?[:：]", re.IGNORECASE)
_ROLE_INSIDE = re.compile(rf"(?:^|(?<=[.!?\"”’)\],;*|… ])){_JOINED_ROLES}\s?:", re.IGNORECASE)
_NOTICE = re.compile(r"(?:copyright|hak cipta|©)", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]{1,40}@[\w.-]{2,40}")
_URL = re.compile(r"https?:|www\.")

_ROLE_AND_NAME = re.compile(
    r"(?:Reporter|Editor|Penulis|Pewarta|Fotografer|Kontributor|Redaktur|Penyunting|Wartawan|Uploader)"
    r"(?: [A-Z][\w.’'-]*){1,3}"
)
"""A role and a name with no colon between: only where the article is over or not begun."""
_WORK_FACT = re.compile(
    r"(?:sutradara|pengarah|director|genre|pemain|pemeran|pelakon|cast|produksi|rumah produksi|durasi|judul|penerbit"
    r"|tahun terbit|isbn|jumlah halaman|tebal|distributor|skenario|penulis skenario|sinematografi|jumlah episode"
    r"|platform|tanggal rilis|rilis|jaringan|pencipta|penyanyi|album|label)\s?[:：]",
    re.IGNORECASE,
)
MAX_NAMES_CHARACTERS = 160
"""Names behind the roles of one line: the longest hand-marked chain (translator, source, editor) has 90 characters."""
MAX_NAME_WORDS = 16
_SENTENCE_INSIDE = re.compile(r"[a-z]{3}[.!?] (?!(?:com|co|id|net)\b)[A-Z][a-z]+ [a-z]{3,}")
_WORD = re.compile(r"[^\W\d_]+")


def names_only(text: str) -> bool:
    """Whether ``text`` has the look of names after roles: few words, nearly all with a capital, no sentence."""
    if len(text) > MAX_NAMES_CHARACTERS or _SENTENCE_INSIDE.search(text):
        return False
    words = [word for word in _WORD.findall(_ADDRESS.sub(" ", _ROLE_COLON.sub(" ", text))) if len(word) > 2]
    if len(words) > MAX_NAME_WORDS:
        return False
    small: int = sum(word[0].islower() for word in words)
    return small <= 2 or small <= len(words) // 3


def role_lines(page: Page) -> Iterator[Span]:
    """Lines that say ``Editor: NAME``; those that name a source only where the article is over or not begun."""
    role_above = False
    for line in page.lines:
        if len(line.text) > MAX_NAMES_CHARACTERS + 40:
            continue
        if role_above and line.index >= page.tail_start and _OTHER_ROLE.fullmatch(line.text):
            yield line.start, line.end
            continue
        role_above = False
        outside = line.index >= page.tail_start or (line.index < page.head_end and line.index < 4)
        if outside and _ROLE_AND_NAME.fullmatch(line.text):
            yield line.start, line.end
            continue
        role = _ROLE_COLON.match(line.text)
        asks = line.text[-1] in "?!"  # someone in an interview, who is called by what he does
        if role is None or asks or not names_only(line.text[role.end() :]) or _describes_work(page, line):
            continue
        if person := _PERSON_COLON.match(line.text):
            role_above = True
        if person or (outside and len(page.lines) > 1 and not _URL.search(line.text)):
            yield line.start, line.end


_OTHER_ROLE = re.compile(r"[A-Z][a-z]{3,14}(?: [A-Za-z]{3,12})?\s?:\s?[A-Z][\w.’'-]{1,20}(?: [A-Z][\w.’'-]{0,20}){0,3}")
"""A role that no list has, under one of a list."""


def _describes_work(page: Page, line: Line) -> bool:
    """Whether a line stands among the facts of a film, a book or a game: those have authors and producers too."""
    beside = (*page.lines[max(0, line.index - 2) : line.index], *page.lines[line.index + 1 : line.index + 3])
    return any(_WORK_FACT.match(other.text) for other in beside)


_NAMES = r"\s?:\s?[^|:()\n]{2,60}?"
_OPENING_ROLES = re.compile(
    rf"(?P<roles>(?i:{_ANY_ROLE}){_NAMES}(?:\s?\|\s?(?i:{_ANY_ROLE}){_NAMES})+)\s(?=[A-Z0-9]{{3,20}}(?:\.[A-Z]{{2,8}}){{1,2}}\b)"
)
_BRACKETED_ROLES = re.compile(
    rf"(?i:{_SOURCE_ROLE})\s?:\s?[\w.]{{3,30}}\s?\((?i:{_PERSON_ROLE}){_NAMES}(?:[|,/]\s?(?i:{_ANY_ROLE}){_NAMES})+\)"
)

_COLON_AND_BRACKET = re.compile(r":\s?[\w.]{3,30}\s?\(")
"""What every such bracket holds: looking for it takes a tenth of the time of looking for a role at every place."""


def running_roles(page: Page) -> Iterator[Span]:
    """Roles and names in the running line of a text: before its dateline, behind its last sentence, or in a bracket."""
    if opening := _OPENING_ROLES.match(page.text):
        yield opening.span("roles")
    if _COLON_AND_BRACKET.search(page.text):
        for bracket in _BRACKETED_ROLES.finditer(page.text):
            yield bracket.span()
    yield from _closing_roles(page)


def _closing_roles(page: Page) -> Iterator[Span]:
    """``Pewarta: A Editor: B`` run on behind the last sentence, up to a copyright notice or the end."""
    for line in page.lines[max(0, page.tail_start - 1) :]:
        window = max(line.start, line.end - 320)
        if ":" not in page.text[window : line.end]:
            continue
        notice = _NOTICE.search(page.text, window, line.end)
        stop = notice.start() if notice else line.end
        colon = page.text.rfind(":", window, stop) + 1  # where the last role ends, if there is any
        for role in _ROLE_INSIDE.finditer(page.text, window, max(window, colon)):
            within = (
                role.group().lstrip()[:1].islower()
                and page.text[max(0, role.start() - 2) : role.start()].rstrip()[-1:].isalnum()
            )
            if not within and names_only(page.text[role.end() : stop]):
                yield role.start(), stop
                break


SHORT_MARKS = frozenset(
    "hr hadits qs dkk dll alm yoy ytd mtm qtq qoq mom tbk persero kiri kanan tengah baju wib wit wita asn pns".split()
)
"""Short words that stand in brackets inside sentences."""
DESK_WORDS = frozenset(
    "red redaksi rls rilis release press adv advertorial adv. humas hms hum tim net int ist istimewa foto fto "
    "ril rel dbs ant antara rtr reuters afp ap cnn bbc detik kompas tempo jpnn jpg bbs berbagai sumber "
    "kontributor magang".split()
)
_BRACKET = re.compile(r"\*{0,4}\s?[(\[]\s?([^()\[\]\n]{0,70}?)\s?[)\]]?[)\]](?:-[a-z])?\s?[.,*\]]{0,6}\Z")
_OPEN_BRACKET = re.compile(r"(?<=[.!?\"”’]) ?\((?=\Z)")
_CITED = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)|(?<!\S)\d+(?!\S)")
"""A year, or a number that stands alone: a page, a section or a verse that the text refers to."""
_CHAIN = re.compile(r"[*\w.’'-]{0,14}(?:\s?[/,&|\-–]\s?[*\w.’' -]{0,24}){1,6}")
_TOKEN = re.compile(
    r"[A-Za-z]{2,6}\d{0,3}|[A-Z]{1,4}-?\d{1,3}|[a-z]{2,4}\d{1,3}|[*\-–/ ]{0,8}|\*{0,3}[A-Za-z]{2,6}\*{0,3}"
)
_INITIAL_PAIR = re.compile(r"[a-z]{2,4}/[a-z]{2,4}")
"""Reporter and editor, as desks abbreviate them: no unit or date looks so at the end of an article."""
_NAME = re.compile(r"(?:[A-Z][\w.’'-]{0,18}\*?)(?: [A-Z][\w.’'-]{0,18}\*?){0,4}")
_NAME_AND_DESK = re.compile(r"[A-Z][\w.’'-]{1,18}(?: [A-Z][\w.’'-]{0,18}){1,3} ?/ ?[A-Z*][\w.*]{1,24}")
_ROLE_IN_BRACKET = re.compile(rf"(?:{_ANY_ROLE}|dilaporkan|reportase|tim liputan)\b", re.IGNORECASE)
_STARS = re.compile(r"(?:(?<=[.!?\"”’)\] ])|^)\*{1,8}\Z|(?<=[.!?\"”’]) ?\[\]\Z")
_AGENCY = re.compile(
    r"(?<=[.!?\"”’]) ?[-–—]{1,3} ?(?!Ujar|Kata|Tutur)[A-Z][A-Za-z]{2,14}!?(?: [A-Z][A-Za-z]{2,14}){0,2}\Z"
)
_AGENCY_LINE = re.compile(
    r"[-–—]{1,3} ?(?:[A-Z]{4,14}!?(?: [A-Z]{3,14}){0,2}|Bernama|Reuters|AFP|AP|Xinhua|Agencies|Agensi"
    r"|(?:Harian|Berita|Sinar|Utusan|Media|Majalah|Portal|The|Astro) [A-Z][a-z]{2,14}(?: [A-Z][a-z]{2,14})?)"
)
"""As above on the last line of all; a line of a list begins with a dash too, so not after another one."""
_LONE_ROLE = re.compile(r"(?<=[.!?\"”’]) ?(?:Editor|Reporter|Penulis|Redaksi|Red)\Z")


def is_initials(inner: str) -> bool:
    """Whether what stands in brackets behind a sentence's end is a sign-off."""
    if not any(char.isalpha() for char in inner):
        return not any(char.isdigit() for char in inner)
    words = [word.lower() for word in _WORD.findall(inner)]
    if any(word in SHORT_MARKS for word in words) or words[0] in ("lihat", "see") or _CITED.search(inner):
        return False
    if _ROLE_IN_BRACKET.match(inner):
        return True
    if _TOKEN.fullmatch(inner) or _NAME.fullmatch(inner) or _NAME_AND_DESK.fullmatch(inner):
        return True
    if all(word in DESK_WORDS for word in words):
        return True
    return bool(_CHAIN.fullmatch(inner)) and (
        all(len(word) <= 6 for word in words) or any(w in DESK_WORDS for w in words) or len(words) <= 4
    )


def closing_marks(page: Page) -> Iterator[Span]:
    """Initials, names, stars or an agency behind the last sentence or on a line of their own at the end."""
    for line in page.lines[max(0, page.tail_start - 1) :]:
        if line.index and not line.text.strip("*"):
            yield line.start, line.end
            continue
        if line is page.lines[-1] and line.index and _AGENCY_LINE.fullmatch(line.text):
            if page.lines[line.index - 1].text[0] not in "-–—":
                yield line.start, line.end
            continue
        if (line.text[-1] in ")].,*" or line.text[-3:-1] == ")-") and (span := _bracket(page, line)):
            yield span
            continue
        window = max(line.start, line.end - 80)
        for pattern in _by_last_character(line.text[-1]):
            if found := pattern.search(page.text, window, line.end):
                yield found.span()
                break


def _by_last_character(last: str) -> tuple[re.Pattern[str], ...]:
    """The sign-offs without brackets that can end in a character."""
    if last in "*]":
        return (_STARS,)
    if last == "(":
        return (_OPEN_BRACKET,)
    return (_AGENCY, _LONE_ROLE) if last.isalpha() else ()


def _bracket(page: Page, line: Line) -> Span | None:
    """The bracketed sign-off at the end of a line, if there is one."""
    window = max(line.start, line.end - 90)
    if page.text.find("(", window, line.end) < 0 and page.text.find("[", window, line.end) < 0:
        return None
    found = _BRACKET.search(page.text, window, line.end)
    if found is None or not is_initials(found.group(1)):
        return None
    if "[" in found.group() and _NAME.fullmatch(found.group(1)) and not _TOKEN.fullmatch(found.group(1)):
        return None
    before = page.text[line.start : found.start()].rstrip()
    own_line = not before and line.index > 0
    certain = own_line or bool(_INITIAL_PAIR.fullmatch(found.group(1)))
    return found.span() if certain or _after_sentence(before, found.group()) else None


def _after_sentence(before: str, bracket: str) -> bool:
    """Whether a sentence has ended before a bracket; one that a full stop follows may belong to it."""
    if "." not in bracket[-3:]:
        return before[-1:] in tuple('.!?"”’…,*)')
    return before.rstrip('"”’')[-1:] in tuple(".!?…,*") and before[-1] != ","


_CAPITALS = re.compile(
    r"[A-Z][A-Z.'’-]+(?: [A-Z][A-Z.'’-]*){1,3}(?:\s?(?:\||/|,)\s?[A-Z. ]{2,30}){0,3}|[A-Z.]{4,14}/[A-Z][\w. ]{2,30}"
    r"|[A-Z]\.? [A-Z][A-Z'’-]{2,}(?: [A-Z][A-Z.'’-]*){0,2}|[A-Z]{3,14}(?: (?:\||I) [A-Z][A-Z. ]{2,30}){1,3}"
    r"|ANTARA|REUTERS|BERNAMA|XINHUA"
)


def capital_names(page: Page) -> Iterator[Span]:
    """A reporter's name in capitals as the very last line."""
    if len(page.lines) < 2:
        return
    last = page.lines[-1]
    before = page.lines[-2].text[-1]
    if (
        last.index >= page.tail_start
        and len(last.text) <= 60
        and before in '.!?"”’)'
        and _CAPITALS.fullmatch(last.text)
    ):
        yield last.start, last.end


MAX_TAG_CHARACTERS = 60
"""One tag on its own line: the longest hand-marked one has 34 characters."""
MAX_TAG_LINE_CHARACTERS = 250
MAX_NAME_TAG_WORDS = 5
"""Words of the name of an event or a campaign among the tags: the longest seen has 3."""
_TAG_LINE = re.compile(r"#?[a-z0-9][\w #&.'’+-]*(?:, ?[\w #&.'’+-]+)*")
_INLINE_TAGS = re.compile(r"\([a-z*]{2,5}/[a-z*]{2,5}\)\s?([a-z0-9#][a-z0-9# &'’+-]{2,250})\Z")


def trailing_tags(page: Page) -> Iterator[Span]:
    """Key words in small letters after the sign-off, on lines of their own or run on."""
    if not page.lines:
        return
    first = len(page.lines)
    while first > max(1, page.tail_start) and _is_tag_line(page.lines[first - 1]):
        first -= 1
    if first < len(page.lines) and _closes(page.lines[first - 1], len(page.lines) - first):
        yield page.lines[first].start, page.lines[-1].end
    else:
        yield from _tags_after_initials(page)
    last = page.lines[-1]
    if inline := _INLINE_TAGS.search(page.text, max(last.start, last.end - 300), last.end):
        yield inline.span(1)


def _tags_after_initials(page: Page) -> Iterator[Span]:
    """Tags between initials on a line of their own and whatever else the page prints there.

    Only such initials make it sure that the name of an event among the key words is one of them.
    """
    for line in reversed(page.lines[max(0, page.tail_start - 1) : -1]):
        bracket = _BRACKET.fullmatch(line.text)
        if bracket and _INITIAL_PAIR.fullmatch(bracket.group(1)):
            following = page.lines[line.index + 1 :]
            if _is_tag_line(following[0]):
                tags = list(takewhile(_may_be_tag, following))
                yield tags[0].start, tags[-1].end
            return


def _may_be_tag(line: Line) -> bool:
    """Whether a line is a tag, or may be the name of something: a few words without a stop."""
    named = line.text[0].isupper() and line.text[-1].isalnum() and len(line.words) <= MAX_NAME_TAG_WORDS
    return _is_tag_line(line) or (named and len(line.text) <= MAX_TAG_CHARACTERS)


_TOPIC_POINTER = re.compile(r"\btopi[ck][^.]{0,40}:\Z", re.IGNORECASE)


def _is_tag_line(line: Line) -> bool:
    text = line.text
    if len(text) > MAX_TAG_LINE_CHARACTERS or text[-1] in ".!?:;" or not _TAG_LINE.fullmatch(text):
        return False
    return text.islower() and furniture_kind(text) in {None, "tags"}


def _closes(line: Line, following: int) -> bool:
    """Whether a line ends an article, so that small print behind it is no sentence of it."""
    if _PERSON_COLON.match(line.text) or _TOPIC_POINTER.search(line.text):
        return True
    bracket = _BRACKET.fullmatch(line.text)
    if bracket and is_initials(bracket.group(1)):
        return True
    signed = _BRACKET.search(line.text, max(0, len(line.text) - 40))
    if signed and "/" in signed.group(1) and is_initials(signed.group(1)):
        return True
    return following >= 3 and line.text[-1] in '.!?"”'
