"""Index files that survive a loss of power.

Whoosh never asks the system to put anything on the disk. :class:`DurableStorage` does: a table of contents becomes the
current one only after it, the segments it names and their folder entries are on the disk.
"""

from __future__ import annotations

from pathlib import Path

from whoosh.filedb.filestore import FileStorage

from index.files import sync_file, sync_folder


class DurableStorage(FileStorage):  # type: ignore[misc]  # Whoosh has no types
    """Files of one index folder; a rename, Whoosh's way to publish, waits for the disk before and after."""

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Publish a file under its final name."""
        sync_file(Path(self.folder, oldname))
        sync_folder(Path(self.folder))
        super().rename_file(oldname, newname, safe=safe)
        sync_folder(Path(self.folder))
