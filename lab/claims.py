"""A worker's right to write for a run: held from start to end, lost when a person stops the run or another worker takes it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

from lab import database as tables
from lab.database import Database, now
from lab.records import ACTIVE, Run
from lab.store import run_of
from rnn_core.training.history import EpochMetrics

Standing = Literal["held", "stopped", "lost"]


class ClaimLost(Exception):
    """The run was stopped, deleted or taken by another worker: what is under way must be given up."""


class Share:
    """A worker's part in a run that several share: there is work as long as the run is running, whoever holds its claim."""

    def __init__(self, database: Database, owner: str, run_id: str, segment: int) -> None:
        self._database = database
        self._running = (
            tables.runs.c.owner == owner,
            tables.runs.c.id == run_id,
            tables.runs.c.segment == segment,
            tables.runs.c.deleted_at.is_(None),
            tables.runs.c.state == "running",
        )

    def run(self) -> Run | None:
        """The run; None once it was stopped, deleted, ended, or begun anew."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.runs).where(*self._running)).one_or_none()
        return None if row is None else run_of(row)

    def fail(self, reason: str) -> None:
        """Ends the run, for all who share it, with a sentence that a person can act on."""
        values = {"state": "failed", "finished_at": now(), "reason": reason, "activity": "", "seconds_left": None}
        with self._database.writing() as connection:
            connection.execute(sa.update(tables.runs).where(*self._running).values(**values))


class Claim:
    """One worker, one segment of one run. Every change is refused, with ClaimLost, once the claim is lost.

    A run that was stopped can still be given its result by the worker that had it: the model of its last finished epoch.
    """

    def __init__(self, database: Database, owner: str, run_id: str, segment: int, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._segment = (
            tables.runs.c.owner == owner,
            tables.runs.c.id == run_id,
            tables.runs.c.segment == segment,
            tables.runs.c.deleted_at.is_(None),
        )
        self._held = (*self._segment, tables.runs.c.state == "running", tables.runs.c.worker == worker)
        self._run_id = run_id
        self._since = time.monotonic()
        self._seconds_before = 0.0

    def take(self) -> Run | None:
        """The run, which is running from now on; None if it is not there for this segment any more."""
        change = sa.update(tables.runs).where(*self._segment, tables.runs.c.state.in_(ACTIVE))
        with self._database.writing() as connection:
            connection.execute(
                change.values(
                    state="running",
                    worker=self._worker,
                    attempts=tables.runs.c.attempts + 1,
                    started_at=sa.func.coalesce(tables.runs.c.started_at, now()),
                    epoch_progress=0.0,
                    seconds_left=None,
                    activity="starting",
                )
            )
            row = connection.execute(sa.select(tables.runs).where(*self._segment)).one_or_none()
        if row is None:
            return None
        self._since, self._seconds_before = time.monotonic(), row.seconds
        return run_of(row)

    def attempts(self) -> int:
        """How often a worker has begun the step under way, this time included."""
        with self._database.reading() as connection:
            return connection.execute(sa.select(tables.runs.c.attempts).where(*self._segment)).scalar() or 0

    def standing(self) -> Standing:
        """Whether the claim is held, or a person stopped the run, or it belongs to nobody or another."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(tables.runs.c.state, tables.runs.c.worker).where(*self._segment)).one_or_none()
        if row is not None and row.state == "stopped":
            return "stopped"
        return "held" if row is not None and row.state == "running" and row.worker == self._worker else "lost"

    def note(self, **values: Any) -> None:
        """Columns of the run that a page polls: activity, epoch_progress, batch_loss, seconds_left, …"""
        self._write(self._held, values)

    def note_if_held(self, **values: Any) -> None:
        """The same, where a stopped run, too, is worked on."""
        with contextlib.suppress(ClaimLost):
            self._write(self._held, values)

    def epochs_done(self, history: Sequence[EpochMetrics], seconds_left: float | None) -> None:
        """Records the history, all of it: what an earlier worker measured and could not record is there then too."""
        values = {
            "epoch": len(history),
            "epoch_progress": 0.0,
            "batch_loss": None,
            "batch_accuracy": None,
            "seconds_left": seconds_left,
            "attempts": 1,
        }
        self._write(self._held, values, history)

    def result(self, history: Sequence[EpochMetrics], held_out_accuracy: float, reason: str = "") -> None:
        """Ends a running run as done, or gives a stopped one the model of its last finished epoch."""
        values: dict[str, Any] = {
            "epoch": len(history),
            "held_out_accuracy": held_out_accuracy,
            "has_result": True,
            "activity": "",
            "seconds_left": None,
        }
        done = {"state": "done", "finished_at": now(), "reason": reason}
        try:
            self._write(self._held, values | done, history)
        except ClaimLost:
            self._write((*self._segment, tables.runs.c.state == "stopped"), values, history)

    def finish(self, **values: Any) -> None:
        """Ends a run of a job that is not a training as done."""
        self._write(self._held, {"state": "done", "finished_at": now(), "activity": "", "seconds_left": None, **values})

    def fail_if_held(self, reason: str) -> None:
        """Ends the run with a sentence that a person can act on; one that was stopped stays stopped."""
        values = {"state": "failed", "finished_at": now(), "reason": reason, "activity": "", "seconds_left": None}
        with contextlib.suppress(ClaimLost):
            self._write(self._held, values)

    def leave(self) -> None:
        """Says that nothing more will come for a run that was stopped."""
        with contextlib.suppress(ClaimLost):
            self._write((*self._segment, tables.runs.c.state == "stopped"), {"activity": ""})

    def release(self) -> None:
        """Says that the worker ends in good order, so that the step under way does not count as one that killed it."""
        with self._database.writing() as connection:
            connection.execute(sa.update(tables.runs).where(*self._held).values(attempts=0))

    def _write(self, where: tuple[Any, ...], values: dict[str, Any], history: Sequence[EpochMetrics] = ()) -> None:
        seconds = self._seconds_before + time.monotonic() - self._since
        with self._database.writing() as connection:
            changed = connection.execute(sa.update(tables.runs).where(*where).values(seconds=seconds, **values))
            if not changed.rowcount:
                raise ClaimLost
            if history:
                connection.execute(sa.delete(tables.epochs).where(tables.epochs.c.run == self._run_id))
                connection.execute(sa.insert(tables.epochs), [{"run": self._run_id, **metrics.to_dict()} for metrics in history])
