"""What a Dask worker does for a run: one call at a time, once, and only if the result is what it would be elsewhere.

Sent to the workers by name: they import it from the saring that is installed there. What must be the same everywhere
(:class:`Surroundings`) goes with every call, because workers may join at any time.
"""

from __future__ import annotations

import os
import platform
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from flows.shards import ShardTask
from flows.stages import rule_set
from transforms.errors import ClusterError, SaringError
from transforms.models import SourceFile
from transforms.serialize import load_lines

LIBRARIES = (
    *("beautifulsoup4", "charset-normalizer", "dateparser", "ftfy", "langdetect", "lxml", "orjson", "PyStemmer"),
    *("rensa", "whoosh-reloaded", "zstandard"),
)
"""Packages of other people whose version may change what becomes of a document."""
PACKAGES = ("transforms", "index", "flows")
MACHINE_ID = Path("/proc/sys/kernel/random/boot_id")
"""The kernel's name for this start of this machine; containers share that of their host, and its locks."""
DIFFERENCES = 3
"""Most differences that an error names."""

_one_at_a_time = threading.Lock()
"""A worker that was started with several threads gains nothing by them: the work is Python's own."""


class BegunBeforeError(SaringError):
    """A worker was lost while it did this call, so it may be the call that killed it."""


class UnseenSourceError(SaringError):
    """A file to be read does not exist for the worker, or it may not read it; the message is its path."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a worker must have in common with the run, or its results would be others."""

    versions: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    """Folders of the user's rules."""
    rules_version: str
    machine: str
    """The only machine that can open the ledger; empty for any."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call for a worker, and the file that it makes to say that it has begun with it."""

    function: Callable[[Any], Any]
    argument: Any
    begun: str
    surroundings: Surroundings


def surroundings(rules: tuple[str, ...], *, any_machine: bool) -> Surroundings:
    """Those of this process."""
    return Surroundings(_versions(), rules, rule_set(rules).version, "" if any_machine else machine())


def machine() -> str:
    """What tells this machine from others."""
    return MACHINE_ID.read_text().strip() if MACHINE_ID.exists() else socket.gethostname()


@lru_cache(maxsize=1)
def _versions() -> tuple[tuple[str, str], ...]:
    return (
        ("Python", ".".join(platform.python_version_tuple()[:2])),
        ("saring's code", _code()),
        *((name, _version(name)) for name in LIBRARIES),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _code() -> str:
    """A hash of saring itself, data files included: its version alone says nothing of a checkout."""
    digest = blake2b(digest_size=6)
    root = Path(__file__).parent.parent
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=4)
def unfit(expected: Surroundings) -> str:
    """Why this worker cannot work for a run with these surroundings; empty when it can. Loads what the work needs."""
    import flows.worker  # noqa: F401 (loads rules and tables, once; slow, and the run itself can do without)

    if differences := _differences(expected):
        return f"has {differences}: install the same saring there, from the same lock file"
    if expected.machine not in ("", machine()):
        return (
            "is on another machine, and an SQLite ledger cannot be read from there: set `ledger` in config.yaml to a "
            "PostgreSQL database that all workers reach"
        )
    try:
        rules = rule_set(expected.rules).version
    except (SaringError, OSError) as error:
        return f"cannot read the rules ({error}): the folders in `rules` must be at the same path on all workers"
    if rules != expected.rules_version:
        return "has other rules: the folders in `rules` must hold the same files on all workers"
    return ""


def _differences(expected: Surroundings) -> str:
    here = dict(_versions())
    found = [f"{name} {here[name]} instead of {wanted}" for name, wanted in expected.versions if here[name] != wanted]
    more = f" and {len(found) - DIFFERENCES} more" if len(found) > DIFFERENCES else ""
    return ", ".join(found[:DIFFERENCES]) + more


def work(call: Call) -> Any:
    """Do a call, unless a worker that began it was lost: that is for the run to decide on."""
    with _one_at_a_time:
        if reason := unfit(call.surroundings):
            raise ClusterError(f"the Dask worker {_name()} {reason}")
        _begin(call)
        _see_sources(call.argument)
        return call.function(call.argument)


def _name() -> str:
    return f"on {socket.gethostname()} (process {os.getpid()})"


def _begin(call: Call) -> None:
    try:
        with open(call.begun, "x"):  # noqa: PTH123 (a plain path crosses processes)
            pass
    except FileExistsError:
        raise BegunBeforeError(f"{call.begun} exists") from None
    except OSError as error:
        raise ClusterError(
            f"the Dask worker {_name()} cannot write to the run's data folder ({error}): `data_dir` must be the same "
            "folder at the same path on all workers, and theirs to write to"
        ) from None


def _see_sources(argument: object) -> None:
    if isinstance(argument, ShardTask):
        for item in load_lines(argument.shard):
            if isinstance(item, SourceFile) and "://" not in item.path and not os.access(item.path, os.R_OK):
                raise UnseenSourceError(item.path)
