"""Every error saring raises on purpose.

::

    SaringError                    what saring can explain; the command line prints it and exits 1
    ├── InputError                 one input document or file that cannot be read: becomes a quarantine row
    ├── RuleError                  a rule file that is invalid: file, rule and reason
    ├── ConfigError                config.yaml or an option is wrong: file, key, what was expected
    ├── LedgerError                the ledger cannot be opened, or is of another version
    ├── IndexUnavailableError      there is no generation to search, or it cannot be opened
    │   └── IndexLockedError       another writer holds the index
    ├── IndexMismatchError         counts after a commit differ from what was written
    └── WorkerDiedError            a worker process was killed, and its work killed another one
"""

from __future__ import annotations


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


class IndexUnavailableError(SaringError):
    """No generation can be opened for searching."""


class IndexLockedError(IndexUnavailableError):
    """Another process is writing the index."""


class IndexMismatchError(SaringError):
    """The index does not hold what was just written to it."""


class WorkerDiedError(SaringError):
    """A worker process was killed twice over the same work."""
