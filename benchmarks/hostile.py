"""Input as an attacker would write it: seconds, memory and outcome of each, in a process of its own.

    python benchmarks/hostile.py [--megabytes 300] [--seconds 30] [--memory 400]

Every input is made in a temporary folder (bombs are written compressed, ``--megabytes`` is what they unpack to), read
and taken through all the stages of cleaning. Fails when one takes longer, or more memory above that of an idle process,
than allowed, or ends in anything but documents and quarantine rows.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

ARTICLE = "Pemerintah kota memperbaiki drainase utama agar banjir tidak terulang lagi. " * 5
LONGEST = 1_900_000
"""Characters of the long documents: just under what is read at all."""

_CHILD = """
import collections, json, sys, time
from pathlib import Path
from flows.results import dump_result
from transforms.models import Rejected
from transforms.process import StageClock, process
from transforms.read import ReadSettings, discover, read
from transforms.rules import load_rules

rules = load_rules()
def memory():  # the peak of this program alone, not of the one it was forked from
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
idle, since, found = memory(), time.process_time(), collections.Counter()
for source in discover([sys.argv[1]]):
    for item in [source] if isinstance(source, Rejected) else read(source, ReadSettings()):
        result = item if isinstance(item, Rejected) else process(item, rules, StageClock())
        dump_result(result)
        found[result.error if isinstance(result, Rejected) else "documents"] += 1
print(json.dumps([time.process_time() - since, memory() - idle, found]))
"""


def bomb(before: str, after: str) -> Callable[[Path, int], None]:
    """A gzip file whose one value unpacks to very much."""

    def write(path: Path, megabytes: int) -> None:
        with gzip.open(path, "wb", 1) as out:
            out.write(before.encode())
            for _ in range(megabytes):
                out.write(b"a" * 1_000_000)
            out.write(after.encode())

    return write


def zstandard_bomb(path: Path, megabytes: int) -> None:
    """The same for Zstandard."""
    import zstandard  # only here

    with path.open("wb") as raw, zstandard.ZstdCompressor(level=1).stream_writer(raw) as out:
        for _ in range(megabytes):
            out.write(b"a" * 1_000_000)


def zip_bomb(path: Path, megabytes: int) -> None:
    """The same as a ZIP archive, with a name that leads out of the folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("../../outside.txt", ARTICLE)
        with archive.open("a.txt", "w", force_zip64=True) as out:
            for _ in range(megabytes):
                out.write(b"a" * 1_000_000)


def tar_with_paths(path: Path, _megabytes: int) -> None:
    """An archive whose names and links lead out of the folder."""
    with tarfile.open(path, "w:gz") as archive:
        for name in ("../../outside.txt", "/etc/outside.txt", "link"):
            member = tarfile.TarInfo(name)
            if name == "link":
                member.type, member.linkname = tarfile.SYMTYPE, "/etc"
            else:
                member.size = len(ARTICLE)
            archive.addfile(member, BytesIO(ARTICLE.encode()))


def text(content: str | bytes) -> Callable[[Path, int], None]:
    """A file with just this."""

    def write(path: Path, _megabytes: int) -> None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))

    return write


def many(unit: str) -> Callable[[Path, int], None]:
    """One long document of the same thing again and again."""
    return text((unit * (LONGEST // len(unit)))[:LONGEST] + "x")


def link_to_itself(path: Path, _megabytes: int) -> None:
    """A symbolic link that leads nowhere."""
    path.symlink_to(path.name)


def link_to_folder(path: Path, _megabytes: int) -> None:
    """A symbolic link to the folder it is in."""
    path.symlink_to(path.parent)


def record(**fields: object) -> str:
    """A JSON line."""
    return json.dumps({"text": ARTICLE, **fields}) + "\n"


def page(body: str, head: str = "") -> Callable[[Path, int], None]:
    """An HTML page."""
    return text(f"<html><head>{head}</head><body>{body}</body></html>")


INPUTS: dict[str, Callable[[Path, int], None]] = {
    "bomb.txt.gz": bomb("", ""),
    "bomb.txt.zst": zstandard_bomb,
    "bomb.zip": zip_bomb,
    "paths.tar.gz": tar_with_paths,
    "bomb.jsonl.gz": bomb(record(id="before") + '{"text":"', '"}\n' + record(id="after")),
    "bomb.json.gz": bomb('[{"text":"', '"}]'),
    "bomb.csv.gz": bomb('id,text\n1,"', f'"\n2,{ARTICLE}\n'),
    "deep.json": text("[" * 100_000 + "]" * 100_000),
    "deep-object.json": text('{"text":"x","a":' + '{"a":' * 200_000 + "1" + "}" * 200_001),
    "deep.jsonl": text('{"text":"x","a":' + "[" * 200_000 + "1" + "]" * 200_000 + "}\n"),
    "digits.jsonl": text(
        '{"text":"x","n":' + "9" * 100_000 + "}\n" + '{"text":"x","date":1e999}\n{"text":"y","id":NaN}\n'
    ),
    "deep.html": page("<div>" * 100_000 + ARTICLE),
    "unclosed.html": page("<b><i>" * 100_000 + ARTICLE),
    "attributes.html": page("<p " + " ".join(f"a{n}=1" for n in range(100_000)) + f">{ARTICLE}</p>"),
    "entities.html": page("&amp;" * 300_000 + ARTICLE + "&#xD800;&#0;&#99999999999;"),
    "laughs.html": text(
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1000 + f'">]><p>{"&b;" * 1000}{ARTICLE}</p>'
    ),
    "script.html": page(f"<p>{ARTICLE}</p>", "<title>&lt;script&gt;alert(1)&lt;/script&gt;</title>"),
    "terms.txt": text(" ".join(f"kata{n:x}" for n in range(1_000_000))[:LONGEST]),
    "one-word.txt": many("a"),
    "spaces.txt": many(" "),
    "lines.txt": many("\n"),
    "stops.txt": many(". "),
    "quotes.txt": many('"'),
    "emoji.txt": many("\U0001f600"),
    "accents.txt": many("\u0301"),
    "brackets.txt": many("(["),
    "nul.txt": text(ARTICLE + "\0\0" + ARTICLE),
    "controls.txt": text("Judul \x1b[2J\x1b]0;x\x07\n\n" + ARTICLE + "\x9b31m" + ARTICLE),
    "direction.txt": text("Judul \u202eterbalik\u202c\n\n" + ARTICLE),
    "utf16-surrogates.txt": text(b"\xff\xfe" + b"\x00\xd8" * 1000),
    "surrogates.jsonl": text(record(title="x").replace('"x"', '"\\udfff\\ud800"')),
    "ids.jsonl": text(record(id="../../../etc/passwd") + record(id="/etc/shadow") + record(id="a\nb\x1b[31m\0")),
    "formulas.csv": text(f'id,text\n=cmd|calc,"{ARTICLE}"\n"never closed,{ARTICLE}\n3,{ARTICLE}'),
    "itself.txt": link_to_itself,
    "folder-in-itself": link_to_folder,
    "name-\udcff\udcfe.txt": text(ARTICLE + "nama"),
    "name-\x1b[31m\n.txt": text(ARTICLE + "nama"),
}
"""Name of the file to what writes it."""


def write_all(folder: Path, megabytes: int) -> Iterator[Path]:
    """Every input in a folder of its own."""
    for number, (name, write) in enumerate(INPUTS.items()):
        here = folder / str(number)
        here.mkdir()
        write(here / name, megabytes)
        yield here


def taken(folder: Path) -> tuple[float, float, dict[str, int]]:
    """CPU seconds, megabytes and outcomes of taking what a folder holds through all stages."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, os.fspath(folder)], capture_output=True, text=True, check=False
    )
    sys.stderr.write(done.stderr)
    seconds, memory, found = json.loads(done.stdout) if done.returncode == 0 else (0, 0, {"crashed": 1})
    return seconds, memory, found


def main() -> None:
    """Take every input through and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300, help="what a bomb unpacks to")
    parser.add_argument("--seconds", type=float, default=30, help="most CPU seconds of one input")
    parser.add_argument("--memory", type=float, default=400, help="most megabytes above an idle process")
    args = parser.parse_args()
    over = 0
    print("| input | CPU seconds | memory (MB) | outcome |\n|---|---:|---:|---|")
    with tempfile.TemporaryDirectory() as name:
        for folder, label in zip(write_all(Path(name), args.megabytes), INPUTS, strict=True):
            seconds, memory, found = taken(folder)
            over += seconds > args.seconds or memory > args.memory or "crashed" in found
            outcome = ", ".join(f"{count} {what}" for what, count in found.items()) or "nothing to read"
            print(f"| {ascii(label)[1:-1]} | {seconds:.1f} | {memory:.0f} | {outcome} |", flush=True)
    print(f"{over} of {len(INPUTS)} over the bounds or crashed")
    sys.exit(over != 0)


if __name__ == "__main__":
    main()
