"""Templates derived from articles: the same words about another name, place, number or date.

Each kind changes what it changes throughout the text, as a newsroom does that fills one text in for another town or
day: every occurrence of the most frequent name, place or number that stands there twice or more, or every weekday and
day of the month. A name is a capitalised word that no text of the corpus has in small letters. A text that has nothing
of a kind has no template of that kind.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable

OCCURRENCES = 2
"""Least occurrences of what is changed: a figure that stands in a text once may as well have been corrected."""

PLACES = (
    "Aceh|Ambon|Bali|Balikpapan|Banda Aceh|Bandung|Banjarmasin|Banten|Bantul|Banyuwangi|Batam|Bekasi|Bengkulu|Blitar|"
    "Bogor|Boyolali|Brebes|Ciamis|Cianjur|Cilacap|Cirebon|Demak|Denpasar|Depok|Garut|Gorontalo|Gresik|Indramayu|Jakarta|"
    "Jambi|Jayapura|Jember|Jepara|Kalimantan|Karawang|Kediri|Kendari|Klaten|Kudus|Kupang|Lampung|Lombok|Lumajang|Madiun|"
    "Madura|Magelang|Makassar|Malang|Maluku|Mataram|Medan|Nganjuk|Padang|Palembang|Palu|Papua|Pekanbaru|Pontianak|"
    "Purwokerto|Riau|Salatiga|Samarinda|Semarang|Serang|Sidoarjo|Sleman|Solo|Subang|Sukabumi|Sulawesi|Sumatera|"
    "Surabaya|Tangerang|Tasikmalaya|Tegal|Tuban|Yogyakarta|Amerika|Australia|Brasil|Filipina|Hong Kong|India|Inggris|"
    "Iran|Italia|Jepang|Jerman|Korea|Malaysia|Mesir|Myanmar|Prancis|Rusia|Singapura|Spanyol|Thailand|Turki|Vietnam"
).split("|")
NAMES = ("Wibisana", "Kertajaya", "Pramudya", "Ayunda", "Lestari", "Baskara", "Mahardika", "Sulaksana", "Danurwenda")
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS = "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|Desember"
DAYS = 28
"""The last day that every month has."""

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]+\b")
_KNOWN = frozenset({*" ".join(PLACES).split(), *WEEKDAYS, *MONTHS.split("|")})
_SMALL = re.compile(r"(?<![\w\-./@#])[a-z]+(?![\w\-/@])")
_PLACE = re.compile(rf"\b(?:{'|'.join(sorted(PLACES, key=len, reverse=True))})\b")
_NUMBER = re.compile(r"(?<![\w/.,])[1-9]\d*(?![\w/])")
_DATED = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)})\b|\b\d\d?(?=/\d\d?(?:/\d{{2,4}})?\b| (?:{MONTHS})\b)")


def _throughout(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, text, flags=re.IGNORECASE)


def _most_frequent(found: Iterable[str], text: str) -> str | None:
    """Return the commonest of what was found; of several, the one that is found first."""
    for item, _ in Counter(found).most_common():
        if len(re.findall(rf"(?<!\w){re.escape(item)}(?!\w)", text)) >= OCCURRENCES:
            return item
    return None


def another_place(text: str, chance: random.Random, _ordinary: Collection[str]) -> str | None:
    """Move what happens to another place."""
    place = _most_frequent(_PLACE.findall(text), text)
    return place and _throughout(text, place, chance.choice([new for new in PLACES if new not in text]))


def another_name(text: str, chance: random.Random, ordinary: Collection[str]) -> str | None:
    """Let somebody else, or another body, do it."""
    names = (name for name in _NAME.findall(text) if name not in _KNOWN and name.lower() not in ordinary)
    name = _most_frequent(names, text)
    return name and _throughout(text, name, chance.choice([new for new in NAMES if new not in text]))


def another_number(text: str, chance: random.Random, _ordinary: Collection[str]) -> str | None:
    """Put another number of as many digits everywhere."""
    number = _most_frequent(_NUMBER.findall(text), text)
    if number is None:
        return None
    least = 10 ** (len(number) - 1)
    others = [str(other) for other in (chance.randrange(least, 10 * least) for _ in range(20)) if str(other) != number]
    return _throughout(text, number, others[0])


def another_day(text: str, chance: random.Random, _ordinary: Collection[str]) -> str | None:
    """Put off every weekday and day of the month by as many days."""
    if len(_DATED.findall(text)) < OCCURRENCES:
        return None
    later = chance.randint(1, len(WEEKDAYS) - 1)

    def put_off(found: re.Match[str]) -> str:
        day = found[0]
        if day in WEEKDAYS:
            return WEEKDAYS[(WEEKDAYS.index(day) + later) % len(WEEKDAYS)]
        return str((int(day) - 1 + later) % DAYS + 1)

    return _DATED.sub(put_off, text)


def ordinary_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words that stand somewhere in small letters."""
    return frozenset(word for text in texts for word in _SMALL.findall(text))


TEMPLATES: dict[str, Callable[[str, random.Random, Collection[str]], str | None]] = {
    "another name": another_name,
    "another place": another_place,
    "another number": another_number,
    "another day": another_day,
}
