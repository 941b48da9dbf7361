"""The process that trains: `python -m lab.worker`, on this machine or on any that reaches the database.

Beside a dashboard its standard input is a pipe from it, and it ends when that pipe closes, however the dashboard died.
"""

from __future__ import annotations

import logging
import os
import signal
import stat
import sys
import threading
from typing import TYPE_CHECKING

from lab.settings import Settings, SettingsError

if TYPE_CHECKING:
    from lab.working import Worker

NICE = 5  # beside a dashboard the pages answer first
LEAVE_SECONDS = 3.0  # to say good-bye in, before the process ends anyway


class WorkerProcess:
    """A worker and what ends it: the dashboard's pipe, or a signal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._worker: Worker | None = None
        self._ending = threading.Lock()

    def run(self) -> None:
        """Works until something ends the process. What ends it is watched from the first moment, before the slow imports."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self.end())
        if _is_beside_dashboard():
            threading.Thread(target=self._watch_dashboard, name="dashboard", daemon=True).start()
            if hasattr(os, "nice"):
                os.nice(max(0, NICE - os.nice(0)))
        from lab.lab import open_lab
        from lab.working import Worker

        self._worker = Worker(open_lab(self._settings))
        self._worker.run()

    def end(self) -> None:
        """Ends the process at once: everything that counts is on disk."""
        if not self._ending.acquire(blocking=False):
            return
        if self._worker is not None:
            farewell = threading.Thread(target=self._worker.leave, daemon=True)
            farewell.start()
            farewell.join(LEAVE_SECONDS)
        os._exit(0)

    def _watch_dashboard(self) -> None:
        while sys.stdin.buffer.read(4096):
            pass
        self.end()


def main() -> int:
    """Runs a worker until it is told to end; 2 if the settings cannot be used."""
    try:
        settings = Settings.from_environment()
        _log_to(settings)
        WorkerProcess(settings).run()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _log_to(settings: Settings) -> None:
    """To the standard error; beside a dashboard that is worker.log already, elsewhere it is written there too."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if not _is_beside_dashboard():
        settings.make_home()
        handlers.append(logging.FileHandler(settings.worker_log, encoding="utf-8"))
    logging.basicConfig(level=logging.INFO, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _is_beside_dashboard() -> bool:
    return sys.stdin is not None and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)


if __name__ == "__main__":
    sys.exit(main())
