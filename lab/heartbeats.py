"""Which workers are alive: each beats in the database, and its file lock tells its neighbours at once when it dies."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from filelock import FileLock, Timeout

from lab import database as tables
from lab.database import Database, now
from lab.settings import Settings
from lab.store import new_id

WorkerState = Literal["absent", "starting", "ready"]

BEAT_SECONDS = 2.0
SILENT_SECONDS = 30.0  # without a beat, after which a worker on another machine counts as dead


class Heartbeat:
    """One worker's sign of life. Its id is new with every start, so that no two workers ever share one."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.id = new_id()
        self._database = database
        self._folder = settings.home / "workers"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self._lock_path(self.id), thread_local=False)
        self._lock.acquire(blocking=False)
        self._started_at = now()
        self._state: WorkerState = "starting"
        self._beat = 0
        self._ended = False
        self._seen: dict[str, tuple[int, float]] = {}  # worker: its last beat, and when this one saw it change

    def say(self, state: WorkerState) -> None:
        """Tells pages how far this worker is."""
        self._state = state
        self.beat()

    def beat(self) -> None:
        """Signs that this worker is alive."""
        if self._ended:
            return
        self._beat += 1
        mine = {"state": self._state, "beat": self._beat, "beat_at": now()}
        with self._database.writing() as connection:
            known = connection.execute(sa.update(tables.workers).where(tables.workers.c.id == self.id).values(**mine))
            if not known.rowcount:
                connection.execute(sa.insert(tables.workers).values(id=self.id, started_at=self._started_at, **mine))

    def living(self) -> frozenset[str]:
        """The ids of the workers that are alive, this one among them; the rows of dead ones are cleared away.

        A worker of the same LAB_HOME is dead when its lock is free. One elsewhere is dead when its beat has stood still
        for 30 seconds of this machine's own clock, so that clocks need not agree and a laptop's sleep kills nobody.
        """
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(tables.workers.c.id, tables.workers.c.beat)).all()
        alive = {row.id for row in rows if row.id == self.id or self._is_alive(row.id, row.beat)}
        for dead in {row.id for row in rows} - alive:
            with self._database.writing() as connection:
                connection.execute(sa.delete(tables.workers).where(tables.workers.c.id == dead))
            self._seen.pop(dead, None)
        return frozenset(alive | {self.id})

    def end(self) -> None:
        """Clears this worker's row away, and its lock."""
        self._ended = True
        with self._database.writing() as connection:
            connection.execute(sa.delete(tables.workers).where(tables.workers.c.id == self.id))
        self._lock.release()
        self._lock_path(self.id).unlink(missing_ok=True)

    def _is_alive(self, worker: str, beat: int) -> bool:
        path = self._lock_path(worker)
        if path.exists():
            with contextlib.suppress(Timeout), FileLock(path, thread_local=False).acquire(blocking=False):
                path.unlink(missing_ok=True)
                return False
            return True
        if self._seen.get(worker, (None, 0.0))[0] != beat:
            self._seen[worker] = (beat, time.monotonic())
        return time.monotonic() - self._seen[worker][1] < SILENT_SECONDS

    def _lock_path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"


@dataclass(frozen=True)
class Workers:
    """The workers of an installation, as a page shows them."""

    starting: int
    ready: int

    @property
    def state(self) -> WorkerState:
        """The furthest that any of them is."""
        return "ready" if self.ready else "starting" if self.starting else "absent"


def workers(database: Database) -> Workers:
    """How many workers gave a sign of life in the last half minute."""
    query = (
        sa.select(tables.workers.c.state, sa.func.count())
        .where(tables.workers.c.beat_at > now() - SILENT_SECONDS)
        .group_by(tables.workers.c.state)
    )
    with database.reading() as connection:
        counts = {row[0]: row[1] for row in connection.execute(query)}
    return Workers(starting=counts.get("starting", 0), ready=counts.get("ready", 0))
