"""What a worker does for the whole installation beside its run: recover what dead workers left, and delete what is too old."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa

from lab import database as tables
from lab.artifacts import upload_key
from lab.database import now
from lab.engine import ENDED, EngineClient, workflow_id
from lab.gap_seeds import GapSeeds
from lab.heartbeats import Heartbeat
from lab.lab import Lab
from lab.records import ACTIVE
from lab.store import BEYOND_RESTORING, UNDO_SECONDS

log = logging.getLogger("lab")

UNUSED_UPLOAD_SECONDS = 24 * 3600.0  # that an upload is kept which no run reads


class Upkeep:
    """Work across all owners, which tells nobody anything of another: it only queues anew and deletes."""

    def __init__(self, lab: Lab, heartbeat: Heartbeat) -> None:
        self._lab = lab
        self._heartbeat = heartbeat
        self._engine = EngineClient(lab.settings, lab.database)

    def recover(self) -> None:
        """Queues anew what workers had begun that are dead; each run goes on from its last finished step."""
        begun = self._engine.begun()
        living = self._heartbeat.living()
        for workflow, worker in begun.items():
            if worker not in living:
                log.info("Taking up %s, which the dead worker %s had begun", workflow, worker)
                self._engine.requeue(workflow)

    def give_turns(self) -> None:
        """Hands each visitor's next waiting run to the engine when one of theirs has ended; and any run the engine lost."""
        runs = tables.runs
        active = sa.select(runs.c.owner, runs.c.id, runs.c.segment, runs.c.enqueued).where(runs.c.state.in_(ACTIVE))
        with self._lab.database.reading() as connection:
            rows = connection.execute(active.order_by(runs.c.queued_at, runs.c.id)).all()
        statuses = self._engine.statuses([workflow_id(row.id, row.segment) for row in rows if row.enqueued]) if rows else {}
        taken: dict[str, int] = {}
        for row in rows:
            if row.enqueued:
                taken[row.owner] = taken.get(row.owner, 0) + 1
                if statuses.get(workflow_id(row.id, row.segment)) in ENDED:
                    self._requeue(row, row.segment + 1)
        for row in rows:
            if not row.enqueued and taken.get(row.owner, 0) < self._lab.settings.running_per_visitor:
                taken[row.owner] = taken.get(row.owner, 0) + 1
                self._requeue(row, row.segment)

    def _requeue(self, row: sa.Row[*tuple[Any, ...]], segment: int) -> None:
        """Queues a run in the same transaction that says so; nothing happens where somebody else was quicker."""
        runs = tables.runs
        unchanged = (
            runs.c.id == row.id,
            runs.c.segment == row.segment,
            runs.c.enqueued == row.enqueued,
            runs.c.state.in_(ACTIVE),
        )
        with self._lab.database.writing(lock="queue") as connection:
            changed = connection.execute(sa.update(runs).where(*unchanged).values(state="queued", segment=segment, enqueued=True))
            if changed.rowcount:
                self._engine.enqueue(connection, row.owner, row.id, segment)

    def delete_old(self) -> None:
        """Deletes for good: runs deleted an hour ago, and what is older than the settings keep it.

        Files go first and their row last, so that a deletion that is cut short is taken up again.
        """
        settings, moment = self._lab.settings, now()
        if settings.keep_runs_days:
            GapSeeds(self._lab.database).delete_old(moment - settings.keep_runs_days * 86_400)
        runs, uploads = tables.runs, tables.uploads
        too_old: sa.ColumnElement[bool] = runs.c.deleted_at < moment - UNDO_SECONDS
        if settings.keep_runs_days:
            ended = runs.c.state.not_in(ACTIVE) & (runs.c.finished_at < moment - settings.keep_runs_days * 86_400)
            too_old = sa.or_(too_old, ended)
        with self._lab.database.writing() as connection:
            connection.execute(sa.update(runs).where(too_old).values(deleted_at=BEYOND_RESTORING))
            doomed = connection.execute(
                sa.select(runs.c.owner, runs.c.id, runs.c.segment).where(runs.c.deleted_at == BEYOND_RESTORING)
            ).all()
            unused: sa.ColumnElement[bool] = uploads.c.id.not_in(sa.select(runs.c.upload)) & (
                uploads.c.created_at < moment - UNUSED_UPLOAD_SECONDS
            )
            if settings.keep_uploads_hours:
                unused = sa.or_(unused, uploads.c.created_at < moment - settings.keep_uploads_hours * 3_600)
            if settings.keep_runs_days:
                forgotten = tables.notes.c.written_at < moment - settings.keep_runs_days * 86_400
                connection.execute(sa.delete(tables.notes).where(forgotten))
            unwanted = connection.execute(sa.select(uploads.c.owner, uploads.c.id).where(unused)).all()
        for run in doomed:
            self._lab.artifacts.delete(f"runs/{run.owner}/{run.id}")
            self._engine.forget([workflow_id(run.id, segment) for segment in range(run.segment + 1)])
            self._engine.forget_parts(run.id)
            self._delete_row(runs, run.id)
        self._lab.artifacts.clear_temporaries()
        for upload in unwanted:
            self._lab.artifacts.delete(upload_key(upload.owner, upload.id))
            self._delete_row(uploads, upload.id)

    def _delete_row(self, table: sa.Table, row_id: str) -> None:
        with self._lab.database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.id == row_id))
        log.info("Deleted %s from %s", row_id, table.name)
