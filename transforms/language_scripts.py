"""Languages that their letters alone tell: Javanese, Sundanese and Balinese script, and Malay in Arabic letters.

langdetect has profiles for none of them. Of the languages that saring names, each of the three scripts of Java and Bali
writes one. Jawi, the Arabic script of Malay, has letters for sounds that Arabic, Persian and Urdu do not have (ng, ny,
and its own g); Javanese in Arabic letters (Pegon) has the same ng and is taken for Malay.
"""

from __future__ import annotations

import re
from collections import Counter

SIGN_LETTERS = 2
"""Letters that one sign of these scripts counts for: it is a syllable, or a part of one."""
JAWI_SHARE = 50
"""Characters to one that only Jawi has, at most, in Jawi text; ``ng`` alone is one in about 25."""
ARABIC_SCRIPT = frozenset({"ar", "fa", "ur"})
"""Languages of the profiles that Jawi is taken for."""

_SCRIPTS = {
    "jv": re.compile(r"[\ua980-\ua9df]"),
    "su": re.compile(r"[\u1b80-\u1bbf\u1cc0-\u1ccf]"),
    "ban": re.compile(r"[\u1b00-\u1b7f]"),
}
_ANY = re.compile("|".join(script.pattern for script in _SCRIPTS.values()))
_JAWI = re.compile(r"[\u06a0\u06ac\u06bd\u0762]")


def has_scripts(text: str) -> bool:
    """Tell whether a text has any letter of these scripts; hardly any has."""
    return not text.isascii() and _ANY.search(text) is not None


def script_letters(text: str) -> Counter[str]:
    """Count the letters of each language that has a script of its own."""
    return Counter({code: SIGN_LETTERS * len(script.findall(text)) for code, script in _SCRIPTS.items()})


def without_scripts(text: str) -> str:
    """Return the text with spaces in place of the letters that ``script_letters`` counts."""
    return _ANY.sub(" ", text)


def is_jawi(text: str) -> bool:
    """Tell whether a text in Arabic letters has those of Jawi as often as Malay needs them."""
    return len(_JAWI.findall(text)) * JAWI_SHARE >= len(text)
