"""From a page to the worker: submit, stop, resume and train longer, within what a visitor may ask for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from lab import database as tables
from lab.artifacts import Artifacts, run_key
from lab.database import Database, now
from lab.engine import ENDED, EngineClient, part_id
from lab.records import ACTIVE, DataRef, Run
from lab.settings import Settings
from lab.store import StoreError, checked_name, new_id, run_in, stopped
from rnn_core.spec import LIMITS, ModelSpec, TrainSpec

CHECKPOINT = "checkpoint.npz"
AFTER_EPOCH = "after_epoch"  # of a run that trains another one longer: the epochs that it began with


class LimitReached(ValueError):
    """More than this installation gives to one visitor; the message says how much it gives."""


class Queue:
    """What a person does with runs. No method imports TensorFlow or waits for the worker."""

    def __init__(self, settings: Settings, database: Database, artifacts: Artifacts) -> None:
        self._settings = settings
        self._database = database
        self._artifacts = artifacts
        self._engine = EngineClient(settings, database)

    def submit(
        self,
        owner: str,
        data: DataRef,
        model_spec: ModelSpec,
        train_spec: TrainSpec,
        name: str = "",
        *,
        job: str = "train",
        params: Mapping[str, Any] | None = None,
    ) -> Run:
        """The new run, queued.

        Raises:
            LimitReached: too large for this installation, or too many runs are waiting.
            StoreError: the upload is not the owner's, or not there any more.
        """
        self._check_size(data, model_spec, train_spec)
        values = _new_run(owner, data, model_spec, train_spec, name or f"{model_spec.kind} on {data.title}", job, params)
        with self._adding() as connection:
            return self._add(connection, owner, values)

    def train_longer(self, owner: str, run_id: str, epochs: int, name: str = "") -> Run:
        """A new run that goes on from where a run ended, for more epochs.

        Raises:
            LimitReached: as for `submit`.
            StoreError: the run is still active, or has not finished an epoch yet.
        """
        with self._database.reading() as connection:
            parent = run_in(connection, owner, run_id)
        if parent.is_active or parent.job != "train" or not parent.epoch:
            raise StoreError("Only a training that ended after at least one epoch can be trained longer.")
        if parent.epoch + epochs > LIMITS["epochs"][1]:
            raise LimitReached(
                f"{parent.epoch} epochs and {epochs} more are over the most there can be, {LIMITS['epochs'][1]:,.0f}."
            )
        train_spec = parent.train_spec.replace(epochs=parent.epoch + epochs)
        self._check_size(parent.data, parent.model_spec, train_spec)
        values = _new_run(
            owner,
            parent.data,
            parent.model_spec,
            train_spec,
            name or f"{parent.name}, longer",
            "train",
            {AFTER_EPOCH: parent.epoch},
        )
        self._artifacts.copy(run_key(parent, CHECKPOINT), f"runs/{owner}/{values['id']}/{CHECKPOINT}")
        with self._adding() as connection:
            return self._add(connection, owner, values | {"parent": parent.id, "epoch": parent.epoch, "seconds": parent.seconds})

    def stop(self, owner: str, run_id: str) -> Run:
        """The run, stopped: whatever a worker does for it from now on is not recorded, and the worker ends it within a second.

        A run that is not active stays as it is.
        """
        mine = (tables.runs.c.owner == owner, tables.runs.c.id == run_id, tables.runs.c.state.in_(ACTIVE))
        with self._database.writing() as connection:
            run_in(connection, owner, run_id)
            connection.execute(sa.update(tables.runs).where(*mine).values(**stopped()))
            return run_in(connection, owner, run_id)

    def resume(self, owner: str, run_id: str) -> Run:
        """The stopped or failed run, queued again; it goes on from its last finished epoch.

        Raises:
            LimitReached: too many runs are waiting.
            StoreError: the run is neither stopped nor failed.
        """
        with self._adding() as connection:
            run = run_in(connection, owner, run_id)
            if not run.can_resume:
                raise StoreError(f"This run is {run.state}: only a stopped or failed run can be resumed.")
            self._check_room(connection, owner)
            values: dict[str, Any] = {
                "state": "queued",
                "segment": run.segment + 1,
                "attempts": 0,
                "queued_at": now(),
                "finished_at": None,
                "reason": "",
                "has_result": False,
            }
            mine = (tables.runs.c.owner == owner, tables.runs.c.id == run_id)
            connection.execute(sa.update(tables.runs).where(*mine).values(**values, enqueued=False))
            self._enqueue(connection, owner, run_id, run.segment + 1)
            return run_in(connection, owner, run_id)

    def queue_position(self, owner: str, run_id: str) -> int:
        """The run's place among those that wait, from 1; 0 if it does not wait.

        Where a visitor may run only so many at a time, visitors take turns: everybody's first waiting run comes before
        anybody's second.
        """
        turn = sa.func.row_number().over(partition_by=tables.runs.c.owner, order_by=(tables.runs.c.queued_at, tables.runs.c.id))
        takes_turns = turn if self._settings.hosted else sa.literal(1)
        waiting = (
            sa.select(tables.runs.c.id, tables.runs.c.queued_at, takes_turns.label("turn"))
            .where(tables.runs.c.state == "queued")
            .subquery()
        )
        place = sa.func.row_number().over(order_by=(waiting.c.turn, waiting.c.queued_at, waiting.c.id)).label("place")
        places = sa.select(waiting.c.id, place).subquery()
        with self._database.reading() as connection:
            run_in(connection, owner, run_id)
            return connection.execute(sa.select(places.c.place).where(places.c.id == run_id)).scalar() or 0

    def share_out(self, owner: str, run_id: str, numbers: Sequence[int]) -> None:
        """Queues parts of a running run for whichever worker is free."""
        run = self._run(owner, run_id)
        self._engine.enqueue_parts(run.owner, run.id, run.segment, numbers)

    def parts_left(self, owner: str, run_id: str, numbers: Sequence[int]) -> frozenset[int]:
        """Those of the parts that wait or are under way."""
        run = self._run(owner, run_id)
        ids = {part_id(run.id, run.segment, number): number for number in numbers}
        statuses = self._engine.statuses(list(ids)) if ids else {}
        return frozenset(ids[name] for name, status in statuses.items() if status not in ENDED)

    def forget_parts(self, owner: str, run_id: str) -> None:
        """Clears away what the engine recorded of the parts of a run that is done."""
        self._engine.forget_parts(self._run(owner, run_id).id)

    def warm_up(self) -> None:
        """Imports the engine, so that the first submit does not wait for it."""
        self._engine.open()

    def _run(self, owner: str, run_id: str) -> Run:
        with self._database.reading() as connection:
            return run_in(connection, owner, run_id)

    @contextmanager
    def _adding(self) -> Iterator[sa.Connection]:
        """A transaction in which limits hold: nobody else adds a run meanwhile."""
        self._engine.open()  # before the transaction: it may have tables to make
        with self._database.writing(lock="queue") as connection:
            yield connection

    def _add(self, connection: sa.Connection, owner: str, values: dict[str, Any]) -> Run:
        self._check_room(connection, owner)
        if values["upload"]:
            mine = (tables.uploads.c.owner == owner, tables.uploads.c.id == values["upload"])
            if connection.execute(sa.select(tables.uploads.c.id).where(*mine)).one_or_none() is None:
                raise StoreError("The uploaded texts are not here any more: upload the file again.")
        connection.execute(sa.insert(tables.runs).values(**values))
        self._enqueue(connection, owner, values["id"], 0)
        return run_in(connection, owner, values["id"])

    def _enqueue(self, connection: sa.Connection, owner: str, run_id: str, segment: int) -> None:
        """Hands the run to the engine, or leaves that to the worker where the owner's turn has not come yet."""
        mine = (tables.runs.c.owner == owner, tables.runs.c.state.in_(ACTIVE))
        taken = connection.execute(
            sa.select(sa.func.count()).select_from(tables.runs).where(*mine, tables.runs.c.enqueued)
        ).scalar_one()
        if taken < self._settings.running_per_visitor:
            self._engine.enqueue(connection, owner, run_id, segment)
            connection.execute(
                sa.update(tables.runs).where(tables.runs.c.owner == owner, tables.runs.c.id == run_id).values(enqueued=True)
            )

    def _check_room(self, connection: sa.Connection, owner: str) -> None:
        settings = self._settings
        count = sa.select(sa.func.count()).select_from(tables.runs)
        mine = connection.execute(count.where(tables.runs.c.owner == owner, tables.runs.c.state.in_(ACTIVE))).scalar_one()
        if mine >= settings.running_per_visitor + settings.waiting_per_visitor:
            raise LimitReached(
                f"You have {mine} unfinished runs, the most that one visitor may have here: wait for one to end, or stop one."
            )
        waiting = connection.execute(count.where(tables.runs.c.state == "queued")).scalar_one()
        if waiting >= settings.waiting_in_all:
            raise LimitReached(
                f"{waiting} runs are waiting already, the most that this server takes: try again in a few minutes."
            )

    def _check_size(self, data: DataRef, model_spec: ModelSpec, train_spec: TrainSpec) -> None:
        settings = self._settings
        for wanted, most, noun in (
            (train_spec.epochs, settings.max_epochs, "epochs"),
            (model_spec.units, settings.max_units, "units"),
            (data.texts, settings.max_texts, "texts"),
        ):
            if wanted > most:
                raise LimitReached(f"{wanted:,} {noun} are too many for this server: it takes at most {most:,}.")


def _new_run(
    owner: str,
    data: DataRef,
    model_spec: ModelSpec,
    train_spec: TrainSpec,
    name: str,
    job: str,
    params: Mapping[str, Any] | None,
) -> dict[str, Any]:
    moment = now()
    return {
        "id": new_id(),
        "owner": owner,
        "name": checked_name(name),
        "job": job,
        "data": dataclasses.asdict(data),
        "upload": data.upload,
        "model_spec": model_spec.to_dict(),
        "train_spec": train_spec.to_dict(),
        "params": dict(params or {}),
        "state": "queued",
        "epochs": train_spec.epochs,
        "created_at": moment,
        "queued_at": moment,
    }
