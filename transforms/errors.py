"""Every error saring raises on purpose.

::

    SaringError                    what saring can explain; the command line prints it and exits 1
    ├── InputError                 one input document or file that cannot be read: becomes a quarantine row
    ├── RuleError                  a rule file that is invalid: file, rule and reason
    ├── ConfigError                config.yaml or an option is wrong: file, key, what was expected
    ├── LedgerError                the ledger cannot be opened, or is of another version
    │   ├── NoLedgerError          there is none yet
    │   └── LedgerLockedError      another process, perhaps on another machine, writes it
    ├── IndexUnavailableError      there is no generation to search, or it cannot be opened
    │   ├── IndexFormatError       it is of another format than this version reads
    │   └── IndexLockedError       another writer holds the index
    ├── DocumentNotFoundError      no document of this id in the index
    ├── IndexMismatchError         counts after a commit differ from what was written
    ├── WorkerDiedError            a worker process was killed, and its work killed another one
    └── ClusterError               the Dask cluster cannot be reached, has no workers, or one that cannot do the work
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final


class SaringError(Exception):
    """Base of all errors that saring raises on purpose; its message is written for the person who runs it."""


class InputError(SaringError):
    """One file or record that cannot become a document.

    ``reason`` is a short stable code (``empty``, ``binary``, ``truncated_gzip``, ``invalid_json``, ``missing_text``,
    ``too_long``, ``undecodable``, ``unreadable``…), ``place`` says where in the source, ``hint`` what to do about it.
    """

    def __init__(self, reason: str, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.place = place
        self.hint = hint


class RuleError(SaringError):
    """A rule file that cannot be used."""


class ConfigError(SaringError):
    """A setting that is wrong; the message names file, key, what was expected and the nearest valid key."""


class LedgerError(SaringError):
    """The ledger cannot be opened or used."""


class NoLedgerError(LedgerError):
    """Nothing was ingested yet."""


class LedgerLockedError(LedgerError):
    """Another process is writing the ledger."""


class IndexUnavailableError(SaringError):
    """No generation can be opened for searching."""


class IndexFormatError(IndexUnavailableError):
    """An index that another version of saring made; a new one is built beside it from the ledger."""


class IndexLockedError(IndexUnavailableError):
    """Another process is writing the index."""


class DocumentNotFoundError(SaringError):
    """The index holds no document of this id."""


class IndexMismatchError(SaringError):
    """The index does not hold what was just written to it."""


class WorkerDiedError(SaringError):
    """A worker process was killed twice over the same work."""


class ClusterError(SaringError):
    """The Dask cluster cannot do the run's work; the message says what to change there or in config.yaml."""


_OS_HINTS: Final[Mapping[int, str]] = {
    errno.ENOSPC: "Free some space and run the same command again: what was committed stays and can be searched.",
    errno.EDQUOT: "Free some of the quota and run the same command again: what was committed stays.",
    errno.EFBIG: "Files may not grow as large here: raise the limit (`ulimit -f`) and run the same command again.",
    errno.EROFS: "Searching works here; to write, mount it for writing or set `data_dir` to another folder.",
    errno.EACCES: "Give yourself access to it, or set `data_dir` to a folder of your own.",
    errno.EPERM: "Give yourself access to it, or set `data_dir` to a folder of your own.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`) and run the same command again.",
}


def explain_os_error(error: OSError) -> str:
    """What the operating system refused, where, and what to do about it."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}. {_OS_HINTS.get(error.errno or 0, '')}".rstrip()
