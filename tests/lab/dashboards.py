"""A process that keeps a worker as a dashboard does, and can be killed like one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Self

from lab.heartbeats import workers
from lab.lab import Lab
from lab.records import Run
from lab.settings import Settings
from tests.lab.small import MODEL, TRAIN, small_texts

OWNER = "ann"
PATIENCE = 300.0  # seconds; what waits for the worker waits long, for the machine may be busy with other things
SCRIPT = """
import os, sys, threading, time
from lab.settings import Settings
from lab.worker_process import ensure_worker
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()  # no longer than the tests
keeper, told = ensure_worker(Settings.from_environment()), -1
assert ensure_worker(Settings.from_environment()) is keeper
while True:
    if (pid := keeper.pid or 0) != told:
        told = pid
        print(told, flush=True)
    time.sleep(0.05)
"""


class DashboardProcess:
    """Keeps one worker, in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env=os.environ | settings.to_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def next_worker_pid(self) -> int:
        """The process id of the next worker that this dashboard starts."""
        while not (pid := self.next_change()):
            pass
        return pid

    def next_change(self) -> int:
        """The process id of the worker, or 0 for none, once that is another than before."""
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def kill(self) -> None:
        """kill -9: nothing in the process can react."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def wait_until(condition: Callable[[], Any], seconds: float) -> None:
    """Waits until the condition holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Workshop:
    """An installation with a dashboard and a worker that is ready to train."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.texts = small_texts(6_000)
        self.data = lab.add_upload(OWNER, "texts.csv", self.texts).data
        self.open_dashboard()

    def open_dashboard(self) -> None:
        """A new dashboard, and its worker once it is ready."""
        self.dashboard = DashboardProcess(self.lab.settings)
        self.wait_for_worker()

    def wait_for_worker(self) -> None:
        """Waits for the dashboard's next worker to be ready."""
        self.worker_pid = self.dashboard.next_worker_pid()
        wait_until(lambda: workers(self.lab.database).state == "ready", PATIENCE)

    def submit(self, **changes: Any) -> Run:
        """A training of three epochs, each of more than a second, so that there is a middle of an epoch."""
        data = changes.pop("data", self.data)
        return self.lab.queue.submit(OWNER, data, MODEL, TRAIN.replace(**{"epochs": 3, "batch_size": 1, **changes}))

    def run(self, run: Run) -> Run:
        """The run as it stands now."""
        return self.lab.store.run(run.owner, run.id)

    def wait_for(self, run: Run, condition: Callable[[Run], Any], seconds: float = PATIENCE) -> Run:
        """The run as soon as the condition holds for it."""
        wait_until(lambda: condition(self.run(run)), seconds)
        return self.run(run)

    def wait_for_middle_of_epoch(self, run: Run, after: int) -> Run:
        """The run in an epoch under way, when this many are finished."""
        now = self.wait_for(run, lambda run: (run.epoch >= after and run.epoch_progress > 0) or not run.is_active)
        assert now.state == "running", now
        assert now.epoch == after
        return now
