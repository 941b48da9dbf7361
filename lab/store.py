"""The store of runs and uploads: every question and every change names the owner, and sees nothing of anybody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from lab import database as tables
from lab.database import Database, now
from lab.records import ACTIVE, DataRef, Run, Upload
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.history import EpochMetrics

LONGEST_NAME = 120  # characters of a run's name
UNDO_SECONDS = 3600.0  # that a deleted run can be restored
BEYOND_RESTORING = 0.0  # when a run was deleted of which files may be gone already


class StoreError(ValueError):
    """A thing that the store does not hold for this owner, or does not take; the message says which."""


class Store:
    """Runs, their epochs and uploads. Whatever belongs to somebody else does not exist for the caller.

    Every method takes the owner first and raises StoreError for an id that this owner does not have.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, owner: str, run_id: str) -> Run:
        """The run as it stands now."""
        with self._database.reading() as connection:
            return run_in(connection, owner, run_id)

    def runs(self, owner: str, limit: int = 500) -> tuple[Run, ...]:
        """The owner's runs, newest first, without deleted ones."""
        query = (
            sa.select(tables.runs)
            .where(tables.runs.c.owner == owner, tables.runs.c.deleted_at.is_(None))
            .order_by(tables.runs.c.created_at.desc(), tables.runs.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(run_of(row) for row in connection.execute(query))

    def epochs(self, owner: str, run_id: str) -> tuple[EpochMetrics, ...]:
        """The finished epochs of a run, the first one first."""
        query = sa.select(tables.epochs).where(tables.epochs.c.run == run_id).order_by(tables.epochs.c.epoch)
        with self._database.reading() as connection:
            run_in(connection, owner, run_id)
            return tuple(
                EpochMetrics(row.epoch, row.loss, row.accuracy, row.held_out_loss, row.held_out_accuracy, row.seconds)
                for row in connection.execute(query)
            )

    def rename(self, owner: str, run_id: str, name: str) -> Run:
        """The run under its new name."""
        return self._change(owner, run_id, name=checked_name(name))

    def delete(self, owner: str, run_id: str) -> None:
        """Hides the run, and ends it where it is still active; `restore` undoes it until it is purged an hour later."""
        mine = (tables.runs.c.owner == owner, tables.runs.c.id == run_id, tables.runs.c.state.in_(ACTIVE))
        with self._database.writing() as connection:
            run_in(connection, owner, run_id)
            connection.execute(sa.update(tables.runs).where(*mine).values(**stopped()))
            connection.execute(sa.update(tables.runs).where(*mine[:2]).values(deleted_at=now()))

    def restore(self, owner: str, run_id: str) -> Run:
        """The deleted run, back in the list; one that was active when it was deleted is stopped."""
        with self._database.writing() as connection:
            mine = (tables.runs.c.owner == owner, tables.runs.c.id == run_id, tables.runs.c.deleted_at > now() - UNDO_SECONDS)
            restored = connection.execute(sa.update(tables.runs).where(*mine).values(deleted_at=None))
            if not restored.rowcount:
                raise StoreError("This run is gone: it was deleted more than an hour ago.")
            return run_in(connection, owner, run_id)

    def add_upload(self, owner: str, upload_id: str, name: str, texts: int, labels: int) -> Upload:
        """The record of texts that are kept as an artifact."""
        upload = Upload(upload_id, owner, name[:LONGEST_NAME], texts, labels, _time(now()))
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(tables.uploads).values(
                    id=upload.id,
                    owner=owner,
                    name=upload.name,
                    texts=texts,
                    labels=labels,
                    created_at=upload.created_at.timestamp(),
                )
            )
        return upload

    def upload(self, owner: str, upload_id: str) -> Upload:
        """The record of an upload."""
        query = sa.select(tables.uploads).where(tables.uploads.c.owner == owner, tables.uploads.c.id == upload_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise StoreError("The uploaded texts are not here any more: upload the file again.")
        return _upload_of(row)

    def uploads(self, owner: str) -> tuple[Upload, ...]:
        """The owner's uploads, newest first."""
        query = sa.select(tables.uploads).where(tables.uploads.c.owner == owner).order_by(tables.uploads.c.created_at.desc())
        with self._database.reading() as connection:
            return tuple(_upload_of(row) for row in connection.execute(query))

    def _change(self, owner: str, run_id: str, **values: Any) -> Run:
        with self._database.writing() as connection:
            run_in(connection, owner, run_id)
            connection.execute(
                sa.update(tables.runs).where(tables.runs.c.owner == owner, tables.runs.c.id == run_id).values(**values)
            )
            return run_in(connection, owner, run_id)


def new_id() -> str:
    """An id that nobody can guess: 122 random bits."""
    return str(uuid4())


def checked_name(name: str) -> str:
    """A name as it is kept: one line, not empty, not too long.

    Raises:
        StoreError: nothing is left of it.
    """
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise StoreError("A run needs a name.")
    return name


def stopped() -> dict[str, Any]:
    """What stopping changes. If an epoch is finished, the worker that had the run goes on to measure its model."""
    measured = (tables.runs.c.state == "running") & (tables.runs.c.epoch > 0)
    return {
        "state": "stopped",
        "finished_at": now(),
        "epoch_progress": 0.0,
        "seconds_left": None,
        "activity": sa.case((measured, "measuring"), else_=""),
    }


def run_in(connection: sa.Connection, owner: str, run_id: str) -> Run:
    """The run of this owner, within a transaction."""
    query = sa.select(tables.runs).where(
        tables.runs.c.owner == owner, tables.runs.c.id == run_id, tables.runs.c.deleted_at.is_(None)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise StoreError("There is no such run.")
    return run_of(row)


def run_of(row: sa.Row[Any]) -> Run:
    """A row of the table as the record that pages see."""
    return Run(
        id=row.id,
        owner=row.owner,
        name=row.name,
        job=row.job,
        data=DataRef(**row.data),
        model_spec=ModelSpec.from_dict(row.model_spec),
        train_spec=TrainSpec.from_dict(row.train_spec),
        state=row.state,
        created_at=_time(row.created_at),
        started_at=_time_or_none(row.started_at),
        finished_at=_time_or_none(row.finished_at),
        epoch=row.epoch,
        epochs=row.epochs,
        epoch_progress=row.epoch_progress,
        batch_loss=row.batch_loss,
        batch_accuracy=row.batch_accuracy,
        activity=row.activity,
        seconds_left=row.seconds_left,
        seconds=row.seconds,
        reason=row.reason,
        held_out_accuracy=row.held_out_accuracy,
        has_result=row.has_result,
        parent=row.parent,
        params=row.params,
        segment=row.segment,
    )


def _upload_of(row: sa.Row[Any]) -> Upload:
    return Upload(row.id, row.owner, row.name, row.texts, row.labels, _time(row.created_at))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _time_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else _time(seconds)
