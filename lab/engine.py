"""The names under which runs stand in the durable queue (DBOS), and the client that puts them there without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from lab.database import Database
from lab.settings import Settings

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

APPLICATION = "unrolled"
QUEUE = "runs"
WORKFLOW = "perform"
PARTS_QUEUE = "parts"  # of runs that several workers share
PART_WORKFLOW = "perform_part"
# Work recorded under one version is only ever taken up by workers of the same version. It is fixed, so that an edit of
# the code does not orphan a run; it changes only when recorded steps can no longer be replayed.
VERSION = "1"
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


def engine_url(settings: Settings) -> str:
    """The database as DBOS wants it named."""
    url = sa.make_url(settings.database_url)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)


class EngineClient:
    """Puts runs into the queue, in the caller's own transaction: the run is there and queued, or neither.

    DBOS is imported on first use (about a second), so that a page that trains nothing does not pay for it.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._client: DBOSClient | None = None

    def open(self) -> DBOSClient:
        """The client; the engine's own tables are made, so that a run can be queued before the worker is up."""
        if self._client is None:
            from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

            DBOS.migrate(engine_url(self._settings))
            self._client = DBOSClient(
                system_database_engine=self._database.engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
            )
        return self._client

    def enqueue(self, connection: sa.Connection, owner: str, run_id: str, segment: int) -> None:
        """Queues one segment of a run: all of it, or what is left of it after a stop."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": workflow_id(run_id, segment),
            "app_version": VERSION,
        }
        self.open().enqueue_in_transaction(connection, options, owner, run_id, segment)

    def enqueue_parts(self, owner: str, run_id: str, segment: int, numbers: Sequence[int]) -> None:
        """Queues parts of a run, the first one first; those that are queued already stay as they are."""
        client = self.open()
        with self._database.writing(lock="queue") as connection:
            for place, number in enumerate(numbers):
                options: EnqueueOptions = {
                    "workflow_name": PART_WORKFLOW,
                    "queue_name": PARTS_QUEUE,
                    "workflow_id": part_id(run_id, segment, number),
                    "app_version": VERSION,
                    "priority": place + 1,
                }
                client.enqueue_in_transaction(connection, options, owner, run_id, segment, number)

    def forget_parts(self, run_id: str) -> None:
        """Deletes what the engine recorded of a run's parts."""
        client = self.open()
        found = client.list_workflows(workflow_id_prefix=f"{PART_WORKFLOW}:{run_id}:", load_input=False, load_output=False)
        client.delete_workflows([workflow.workflow_id for workflow in found])

    def statuses(self, workflow_ids: list[str]) -> dict[str, str]:
        """The engine's own word for how far each of these workflows is."""
        found = self.open().list_workflows(workflow_ids=workflow_ids, load_input=False, load_output=False)
        return {workflow.workflow_id: workflow.status for workflow in found}

    def begun(self) -> dict[str, str]:
        """The workflows under way, each with the worker that began it."""
        found = self.open().list_workflows(status="PENDING", app_version=VERSION, load_input=False, load_output=False)
        return {workflow.workflow_id: workflow.executor_id or "" for workflow in found}

    def requeue(self, workflow: str) -> None:
        """Puts a workflow whose worker is dead back into the queue; its finished steps stay finished."""
        queue = PARTS_QUEUE if workflow.startswith(f"{PART_WORKFLOW}:") else QUEUE
        self.open().resume_workflow(workflow, queue_name=queue)

    def forget(self, workflow_ids: list[str]) -> None:
        """Deletes what the engine recorded of these workflows."""
        self.open().delete_workflows(workflow_ids)


def workflow_id(run_id: str, segment: int) -> str:
    """The engine's name of one segment of a run."""
    return f"{run_id}:{segment}"


def part_id(run_id: str, segment: int, number: int) -> str:
    """The engine's name of one part of a segment."""
    return f"{PART_WORKFLOW}:{run_id}:{segment}:{number}"
