"""One target under atheris, which grows inputs towards code not reached yet; `benchmarks/fuzz.py --atheris` starts it.

    python benchmarks/fuzz_guided.py TARGET FOLDER MEGABYTES [LIBFUZZER_OPTION …]

The process is ended by libFuzzer. An input that raises, hangs or needs too much memory is left in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import process_time

import atheris

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_inputs import PARTS, SEEDS

with atheris.instrument_imports(include=["transforms", "index", "flows"]):
    from fuzz_targets import READERS, TARGETS

LONGEST = 4096
"""Bytes of an input: libFuzzer finds more with short ones."""


def write_seeds(name: str, folder: Path) -> None:
    """Well-formed inputs to begin with, and the words of the format."""
    folder.mkdir()
    for number, seed in enumerate(SEEDS[name]):
        (folder / str(number)).write_bytes(seed if isinstance(seed, bytes) else seed.encode())


def dictionary(name: str) -> str:
    """The parts of the format as libFuzzer reads them."""
    spelled = {"".join(f"\\x{byte:02x}" for byte in part.encode("utf-8", "surrogatepass")) for part in PARTS[name]}
    return "".join(f'"{part}"\n' for part in sorted(spelled) if part)


def main() -> None:
    """Feed the target until libFuzzer has had enough."""
    name, folder, memory = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    feed = TARGETS[name](folder)
    write_seeds(name, folder / "seeds")
    words = folder / "parts.dict"
    words.write_text(dictionary(name), encoding="utf-8")
    idle = int(Path("/proc/self/status").read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]) // 1024
    print(f"ready at {idle} MB", file=sys.stderr, flush=True)

    slowest = 0.0

    def attempt(data: bytes) -> None:
        nonlocal slowest
        began = process_time()
        feed(data if name in READERS else data.decode("utf-8", "ignore"))
        if process_time() - began > slowest:
            slowest = process_time() - began
            (folder / "slowest").write_text(str(slowest), encoding="ascii")

    limits = [f"-rss_limit_mb={idle + memory}", f"-max_len={LONGEST}", "-print_final_stats=1"]
    told = [f"-dict={words}"] if words.stat().st_size else []  # libFuzzer refuses one without words
    places = [*told, f"-artifact_prefix={folder}/", str(folder / "seeds")]
    atheris.Setup([sys.argv[0], *limits, *sys.argv[4:], *places], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
