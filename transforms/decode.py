"""Bytes to text, with what had to be guessed or replaced said in warnings.

The order of trust: a byte order mark, strict UTF-8 (text that is valid UTF-8 by accident is next to impossible), the
encoding the document declares, and last a guess. The guess favours windows-1252: Indonesian is written in ASCII
letters, so the few other bytes of a page are typographic quotes, dashes and the odd accent, too few for statistics.
"""

from __future__ import annotations

import codecs
import re

from transforms.errors import InputError

SAMPLE_BYTES = 1 << 16
"""How much of a long input the guesses look at; charset-normalizer needs about 0.1 s for this much."""
MAX_NUL_SHARE = 0.001
"""More NULs than one byte in a thousand is no text: a damaged page has single ones, binary formats are full of them."""
MAX_CONTROL_SHARE = 0.02
"""Share of C0 control bytes other than white space and escape above which the input is no text."""
SPARSE_SHARE = 0.05
"""Up to this share of non-ASCII bytes a text is Latin script in ASCII letters with typographic marks."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = re.compile(
    rb"%PDF-|PK\x03\x04|\x89PNG\r\n|\xff\xd8\xff|GIF8[79]a|\x7fELF|\xd0\xcf\x11\xe0|\x1f\x8b\x08|\x28\xb5\x2f\xfd"
    rb"|BZh[1-9]1AY|\xfd7zXZ\x00|7z\xbc\xaf|Rar!\x1a|SQLite format 3\x00|RIFF....WEBP|\x00\x00\x00.ftyp",
    re.DOTALL,
)
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x1b")
_DECLARED = re.compile(
    rb"""(?:charset|<\?xml[^>]{0,80}encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:\-]{2,40})""", re.IGNORECASE
)
_PLAUSIBLE_CP1252 = (
    frozenset(range(0x91, 0x98)) | frozenset(range(0xA0, 0x100)) | frozenset(b"\x80\x82\x84\x85\x8b\x99\x9b")
)
_UNDEFINED_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_LATIN1_NAMES = frozenset({"iso8859-1", "latin_1", "ascii", "iso8859-15"})


def bom_of(data: bytes) -> tuple[str, int] | None:
    """Encoding and length of the byte order mark that ``data`` begins with."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name, len(mark)
    return None


def declared_encoding(data: bytes) -> str | None:
    """Python's name of the encoding that a page's ``<meta charset>`` or XML declaration names, if Python has it."""
    for found in _DECLARED.finditer(data[:4096]):
        name = _python_name(found.group(1).decode("ascii"))
        if name and not name.startswith("utf-16"):  # a page whose ASCII we can read is not UTF-16
            return name
    return None


def decode(data: bytes, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Decode one document; ``declared`` is the encoding it claims to have.

    Line ends stay as they are, a byte order mark is taken off, NULs become U+FFFD (one for one, so offsets hold).
    Raises InputError with reason ``binary`` or ``undecodable``.
    """
    mark = bom_of(data)
    if mark:
        text, warnings = _strict_or_replaced(data[mark[1] :], mark[0])
        return _without_nul(text, warnings)
    wide = _wide_without_bom(data)
    if wide:
        return _without_nul(*_strict_or_replaced(data, wide))
    refuse_binary(data)
    try:
        return _without_nul(data.decode("utf-8"), ())
    except UnicodeDecodeError:
        pass
    text, warnings = _legacy(data, declared)
    return _without_nul(text, warnings)


def refuse_binary(data: bytes) -> None:
    """Raise InputError (``binary``) when ``data`` is a known binary format or is full of control bytes."""
    sample = data[:SAMPLE_BYTES]
    magic = _MAGIC.match(sample)
    nuls = data.count(0)
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if magic or nuls > MAX_NUL_SHARE * len(data) or controls > MAX_CONTROL_SHARE * len(sample):
        first = 0 if magic else next(at for at, byte in enumerate(data) if byte in _CONTROLS or not byte)
        hint = "Convert it to text, HTML or JSON first."
        raise InputError("binary", "This is not text but binary data.", place=f"byte {first}", hint=hint)


def guess_encoding(sample: bytes) -> str | None:
    """Name of the legacy encoding (not UTF-8) that ``sample`` is most likely in; None when no guess makes sense."""
    high = [byte for byte in sample if byte >= 0x80]
    if len(high) <= SPARSE_SHARE * len(sample) and all(byte in _PLAUSIBLE_CP1252 for byte in high):
        return "cp1252"
    from charset_normalizer import from_bytes  # costs 30 ms, and hardly any input needs it

    best = from_bytes(sample).best()
    if best is None:
        return None
    related = {best.encoding, *best.could_be_from_charset}
    if related & {"cp1252", "latin_1"} and not _UNDEFINED_CP1252.intersection(high):
        return "cp1252"
    return str(best.encoding)


def _python_name(label: str) -> str | None:
    """Python's name of an encoding label, reading Latin-1 as windows-1252 the way browsers do."""
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding:
        return None
    return "cp1252" if info.name in _LATIN1_NAMES else info.name


def _legacy(data: bytes, declared: str | None) -> tuple[str, tuple[str, ...]]:
    """Decode what is not valid UTF-8."""
    name = _python_name(declared) if declared else None
    if name and name != "utf-8":
        try:
            return data.decode(name), ()
        except (UnicodeDecodeError, UnicodeError):
            pass
    mended = data.decode("utf-8", "replace")
    broken = mended.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    whole = sum(1 for char in mended if char > "\x7f") - broken
    if whole > broken or name == "utf-8":
        return mended, (f"{broken} undecodable bytes replaced",)
    first = next(at for at, byte in enumerate(data) if byte >= 0x80)
    start = max(0, first - SAMPLE_BYTES // 2)
    guess = guess_encoding(data[start : start + SAMPLE_BYTES])
    if guess is None:
        raise InputError(
            "undecodable",
            "No encoding makes text of these bytes.",
            place=f"byte {first}",
            hint="Save the file as UTF-8.",
        )
    text, warnings = _strict_or_replaced(data, guess)
    return text, (f"encoding guessed: {guess}", *warnings)


def _strict_or_replaced(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode as ``name``; what cannot be becomes U+FFFD, with a warning."""
    try:
        return data.decode(name), ()
    except UnicodeDecodeError:
        text = data.decode(name, "replace")
        return text, (f"{text.count(chr(0xFFFD))} undecodable bytes replaced",)


def _wide_without_bom(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: ASCII letters leave every other byte NUL."""
    sample = data[: SAMPLE_BYTES // 8]
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > 0.8 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.8 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _without_nul(text: str, warnings: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Replace NULs, which neither SQL text nor XML can hold."""
    if "\0" not in text:
        return text, warnings
    return text.replace("\0", "\ufffd"), (*warnings, f"{text.count(chr(0))} NUL characters replaced")
