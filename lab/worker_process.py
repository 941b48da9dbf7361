"""Keeps one worker alive beside the dashboard, however many dashboards are open on the same LAB_HOME."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from filelock import FileLock, Timeout

from lab.settings import Settings

log = logging.getLogger("lab")

ROOT = Path(__file__).resolve().parents[1]
LOOK_SECONDS = 1.0  # between two looks whether the worker, or the dashboard that keeps it, is still there
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # before a worker that died is started again; doubled each time it dies young
YOUNG_SECONDS = 60.0
LONGEST_WAIT = 5.0  # for what should come before the worker's start
LARGEST_LOG = 5_000_000

_keepers: dict[Path, WorkerKeeper] = {}
_starting = threading.Lock()


def ensure_worker(settings: Settings, after: threading.Event | None = None) -> WorkerKeeper:
    """The keeper of this LAB_HOME's worker; made at the first call, the same one after that.

    after: the worker, whose start keeps a core busy for seconds, waits for this, but no longer than `LONGEST_WAIT`.
    """
    with _starting:
        keeper = _keepers.get(settings.home)
        if keeper is None:
            keeper = _keepers[settings.home] = WorkerKeeper(settings, after)
            keeper.start()
        return keeper


class WorkerKeeper:
    """Starts `python -m lab.worker` and starts it again when it dies.

    The worker's standard input is a pipe from this process: when this process ends, however it ends, the pipe closes and
    the worker ends too. A file lock lets only one dashboard keep a worker; another one takes over when that one is gone.
    """

    def __init__(self, settings: Settings, after: threading.Event | None = None) -> None:
        self._settings = settings
        self._after = after
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="worker keeper", daemon=True)

    def start(self) -> None:
        """Begins to keep the worker, in the background."""
        self._settings.make_home()
        self._thread.start()

    def stop(self) -> None:
        """Ends the worker; what it was doing goes on after the next start."""
        self._ending.set()
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """The worker's process id, if this dashboard keeps it and it is alive."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _keep(self) -> None:
        if self._after is not None:
            self._after.wait(LONGEST_WAIT)
        lock = FileLock(self._settings.home / "worker.lock", thread_local=False)
        while not self._ending.is_set():
            try:
                with lock.acquire(blocking=False):
                    self._keep_one_alive()
            except Timeout:  # another dashboard keeps it
                self._ending.wait(LOOK_SECONDS)

    def _keep_one_alive(self) -> None:
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            started = time.monotonic()
            self._process = self._start_one()
            while self._process.poll() is None and not self._ending.wait(LOOK_SECONDS):
                pass
            if self._ending.is_set():
                _end(self._process)
                return
            log.warning("The worker ended with %s; it is started again in %.0f s", self._process.returncode, pause)
            self._ending.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE) if time.monotonic() - started < YOUNG_SECONDS else FIRST_PAUSE

    def _start_one(self) -> subprocess.Popen[bytes]:
        path = self._settings.worker_log
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "lab.worker"],
                cwd=ROOT,
                env=os.environ | self._settings.to_environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
