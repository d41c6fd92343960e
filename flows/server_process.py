"""The process of Prefect's temporary server: it ends when the process that started it is gone, however that died.

Run as a script with that process's number and uvicorn's arguments; it loads nothing of saring.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

LOOK_SECONDS = 0.5
"""Between two looks at whose child this process is; an orphan is given to another process."""
GRACE_SECONDS = 5.0
"""How long the server may take to end in order."""


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    import uvicorn  # loading it takes a second, in which the parent may die as well

    uvicorn.main(sys.argv[2:], prog_name="uvicorn")
