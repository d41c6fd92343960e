"""A raw document to the text the cleaner reads, with the way back to every character of the input.

Plain text is read as it stands; only mojibake (UTF-8 that was once read as something else) is mended, by ftfy's
encoding repair, and listed. Pages go through ``transforms.html``.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache
from urllib.parse import urlsplit

from transforms.models import Hints, RawDocument, Repair, TextView

_CONTINUATION = "\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™"
"""What the bytes 0x80 to 0xBF of UTF-8 look like when they are read as Latin-1 or windows-1252."""
_SUSPECT = re.compile(
    "[\x80-\x9f\xc2-\xf4¬√‚ƒŸÿ–—┬├ΓÔ](?:"  # searched for by its first character: alternatives take ten times as long
    f"(?<=[\x80-\x9fÃ])|(?<=[\xc2-\xf4])[{_CONTINUATION} ]"
    "|(?<=[¬√‚ƒ])[\u0080-\uffff]|(?<=[Ÿÿ–—])[\u00a0-\u2260]"  # Mac Roman
    "|(?<=[┬├ΓÔ])[\u00a0-\u00ff\u2500-\u259fƒÇüéâä])"  # the code pages of DOS
)
_RUN = re.compile(r"[^\x00-\x7f][^\x00-\x7f]*+(?: [^\x00-\x7f]++)*+ ?")
_OFFSETS = array("I", range(16_384))
"""The offsets of any usual text: to make them anew takes longer than all else."""
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|amp)\.")


def parse(raw: RawDocument) -> tuple[TextView, Hints]:
    """The view of a document's text and what is known besides; never raises for bad text."""
    if raw.media == "html":
        from transforms.html import parse_html  # the HTML libraries cost 100 ms, text needs none

        return parse_html(raw)
    return text_view(raw.text), own_hints(raw)


def own_hints(raw: RawDocument) -> Hints:
    """What the record itself says."""
    return Hints(
        title=_squeezed(raw.title),
        url=_squeezed(raw.url),
        date=_squeezed(raw.date),
        outlet=_squeezed(raw.outlet) or host_of(raw.url),
        language=_squeezed(raw.language),
    )


def host_of(url: str | None) -> str | None:
    """Host of a URL without ``www.`` and the like; None where there is none."""
    if not url:
        return None
    try:
        host = urlsplit(url.strip() if "//" in url else f"//{url.strip()}").hostname
    except ValueError:
        return None
    return _HOST_PREFIX.sub("", host) if host and "." in host else None


def text_view(text: str) -> TextView:
    """View of plain text: the text itself, or the text with its mojibake mended."""
    if text.isascii() or not _SUSPECT.search(text):
        return TextView(text=text, decoded=text)
    return _mended(text)


def mended(text: str) -> str:
    """The text of :func:`text_view`, for what needs no way back to the input."""
    if text.isascii() or not _SUSPECT.search(text):
        return text
    return _RUN.sub(lambda run: _fixed(run.group()), text)


def _squeezed(value: str | None) -> str | None:
    return " ".join(value.split()) or None if value else None


def _mended(text: str) -> TextView:
    """Mend each run of characters outside ASCII; what is mended maps to the characters it was made of.

    Mojibake is made of such characters only, and run by run good and broken spellings of one document do not disturb
    each other; most runs are the same few quotation marks, so that the cache answers.
    """
    parts: list[str] = []
    starts, ends = array("I"), array("I")
    all_places = _OFFSETS if len(text) < len(_OFFSETS) else array("I", range(len(text) + 1))
    repairs: list[Repair] = []
    at = 0
    for found in _RUN.finditer(text):
        fixed = _fixed(found.group())
        if fixed == found.group():
            continue
        head, tail = _common_ends(found.group(), fixed)
        start, end = found.start() + head, found.end() - tail
        parts += text[at:start], fixed[head : len(fixed) - tail]
        starts += all_places[at:start]
        ends += all_places[at + 1 : start + 1]
        for first, last in _spread(text[start:end], parts[-1]):
            starts.append(start + first)
            ends.append(start + last)
        repairs.append(Repair(start, "mojibake"))
        at = end
    if not repairs:
        return TextView(text=text, decoded=text)
    parts.append(text[at:])
    starts += all_places[at : len(text)]
    ends += all_places[at + 1 : len(text) + 1]
    return TextView(text="".join(parts), decoded=text, starts=starts, ends=ends, repairs=tuple(repairs))


@lru_cache(maxsize=4096)
def _fixed(run: str) -> str:
    """The run as ftfy mends it; the run itself where it sees nothing wrong or would leave nothing."""
    if not _SUSPECT.search(run):
        return run
    from ftfy import fix_encoding  # 50 ms, and hardly any text needs it

    return fix_encoding(run) or run


def _common_ends(old: str, new: str) -> tuple[int, int]:
    """How many characters both begin and end with; what is left of each is not empty."""
    limit = min(len(old), len(new)) - 1
    head = next((at for at in range(limit) if old[at] != new[at]), limit)
    tail = next((at for at in range(limit - head) if old[-1 - at] != new[-1 - at]), limit - head)
    return head, tail


def _spread(old: str, new: str) -> list[tuple[int, int]]:
    """Which stretch of ``old`` each character of ``new`` came from: its UTF-8 bytes, else the whole."""
    widths = [len(char.encode("utf-8")) for char in new]
    if sum(widths) != len(old):
        return [(0, len(old))] * len(new)
    spans, at = [], 0
    for width in widths:
        spans.append((at, at + width))
        at += width
    return spans
