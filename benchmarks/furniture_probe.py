"""How much of what the press sets around its articles goes, and whether what only looks like it stays.

``python benchmarks/furniture_probe.py benchmarks/handwritten [--show]`` cleans an invented article once for every line
of ``furniture.txt`` and of ``lookalikes.txt``, and prints for each part and kind the share of characters that went;
``--show`` prints what was left of the furniture, and what was taken of the look-alikes. Names are invented.

A line of ``furniture.txt`` begins with its place: ``H`` above the article, ``M`` between two of its paragraphs, ``E``
below it, ``B`` behind its last sentence on the same line, ``G`` as ``B`` without a space. ``¶`` is a line break.
Look-alikes are set between two paragraphs and below the last, long ones above the article as well. Headings name part
and kind. Rules were written by looking at part A; B was put aside until they stood, C and D were written after them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms.clean import clean
from transforms.models import Hints, TextView
from transforms.rules import RuleSet, load_rules

ARTICLE = (
    "Hujan lebat yang turun sejak Senin sore merendam ratusan rumah di tiga kelurahan di Kota Wanasari. Ketinggian air "
    "mencapai satu meter di beberapa titik, dan warga memilih bertahan di lantai dua.",
    "Kepala badan penanggulangan bencana setempat, Rudi Hartawan, mengatakan bahwa petugas sudah mengirim lima perahu "
    'karet. "Kami berharap air surut besok pagi," katanya saat ditemui di posko.',
    "Pemerintah kota menyiapkan dapur umum di dua sekolah. Bantuan selimut dan makanan siap saji dijadwalkan tiba pada "
    "Rabu siang.",
    "Wali kota meminta warga tidak panik dan tetap mengikuti arahan petugas di lapangan selama cuaca buruk.",
)
LONG = 60
"""Characters from which a look-alike is tried as the first paragraph too."""


@dataclass
class Count:
    """What happened to the lines of one part and kind."""

    cases: int = 0
    characters: int = 0
    gone: int = 0
    whole: int = 0
    touched: int = 0
    body_lost: int = 0


def lines(path: Path) -> Iterator[tuple[str, str, str]]:
    """Part, kind and text of every line of a file."""
    part = kind = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            part, _, kind = line[3:].partition(" ")
        else:
            yield part, kind, line.replace("¶", "\n")


def around(place: str) -> tuple[str, str]:
    """The article before and behind a place."""
    whole, middle = "\n".join(ARTICLE), len(ARTICLE) // 2
    if place == "M":
        return "\n".join(ARTICLE[:middle]) + "\n", "\n" + "\n".join(ARTICLE[middle:])
    return ("", "\n" + whole) if place == "H" else (whole + {"E": "\n", "B": " ", "G": ""}[place], "")


def measure(text: str, place: str, rules: RuleSet, counted: list[Count]) -> tuple[str, str]:
    """Clean an article with ``text`` in a place and count; gives what stayed of the text, and what went."""
    before, behind = around(place)
    page = before + text + behind
    gone = bytearray(len(page))
    for removal in clean(TextView(page, page), Hints(), rules).removals:
        gone[removal.start : removal.end] = b"\1" * (removal.end - removal.start)
    inside = range(len(before), len(before) + len(text))
    visible = [at for at in inside if not page[at].isspace()]
    taken = sum(gone[at] for at in visible)
    lost = sum(gone) - sum(gone[at] for at in inside)
    for count in counted:
        count.cases += 1
        count.characters += len(visible)
        count.gone += taken
        count.whole += taken == len(visible)
        count.touched += taken > 0
        count.body_lost += lost
    stayed, went = ("".join(page[at] if gone[at] == flag else " " for at in inside) for flag in (0, 1))
    return " ".join(stayed.split()), " ".join(went.split())


def main() -> int:
    """Measure and print; 1 when body text of the article went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="print every line that is not as it should be")
    options = parser.parse_args()
    rules = load_rules()
    lost = 0
    for name in ("furniture", "lookalikes"):
        counts: dict[tuple[str, str], Count] = {}
        for part, kind, line in lines(options.folder / f"{name}.txt"):
            furniture = name == "furniture"
            places = line[0] if furniture else "MEH" if len(line) > LONG else "ME"
            text = line[2:] if furniture else line
            for place in places:
                counted = [counts.setdefault((part, key), Count()) for key in (kind, "all")]
                stayed, went = measure(text, place, rules, counted)
                if options.show and (stayed if furniture else went):
                    verdict = f"left {stayed!r}" if furniture else f"taken {went!r}"
                    print(f"{part} {kind} {place}: {verdict} of {text!r}")
        for (part, kind), count in sorted(counts.items()):
            share = count.gone / count.characters
            told = f"{count.whole} went whole" if name == "furniture" else f"{count.touched} touched"
            print(f"{name:<11}{part} {kind:<14}{count.cases:>5} cases, {told:<15}{share:>7.1%} of the characters gone")
            lost += count.body_lost if kind == "all" else 0
    print(f"characters of the article lost: {lost}")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main())
