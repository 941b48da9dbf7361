"""Upkeep: dead workers' runs are queued anew, visitors' turns come, and what is too old is deleted with its files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab import database as tables
from lab import heartbeats
from lab.artifacts import run_key, upload_key
from lab.claims import Claim
from lab.engine import EngineClient
from lab.heartbeats import Heartbeat, workers
from lab.lab import Lab, open_lab
from lab.records import Run
from lab.settings import Settings
from lab.upkeep import Upkeep
from tests.lab.small import MODEL, TRAIN, small_texts

DAY = 86_400


@pytest.fixture
def heartbeat(lab: Lab) -> Iterator[Heartbeat]:
    own = Heartbeat(lab.settings, lab.database)
    own.say("ready")
    yield own
    own.end()


def submit(lab: Lab, owner: str = "ann") -> Run:
    upload = lab.add_upload(owner, "texts.csv", small_texts(20))
    run = lab.queue.submit(owner, upload.data, MODEL, TRAIN)
    lab.artifacts.write(run_key(run, "model.zip"), b"model")
    return run


def engine_says(lab: Lab, workflow: str, **values: str) -> None:
    """Puts a workflow into the state that a worker would have left it in."""
    table = sa.table("workflow_status", *map(sa.column, ("workflow_uuid", *values)))
    table.schema = "dbos" if lab.database.engine.dialect.name == "postgresql" else None
    with lab.database.writing() as connection:
        connection.execute(sa.update(table).where(table.c.workflow_uuid == workflow).values(**values))


def age(lab: Lab, table: sa.Table, seconds: float, *columns: str) -> None:
    with lab.database.writing() as connection:
        connection.execute(sa.update(table).values({name: table.c[name] - seconds for name in columns}))


def test_a_dead_workers_run_is_queued_anew_and_a_living_ones_is_left_alone(lab: Lab, heartbeat: Heartbeat) -> None:
    dead, mine, waiting = submit(lab), submit(lab), submit(lab)
    engine_says(lab, f"{dead.id}:0", status="PENDING", executor_id="dead")
    engine_says(lab, f"{mine.id}:0", status="PENDING", executor_id=heartbeat.id)
    Upkeep(lab, heartbeat).recover()
    engine = EngineClient(lab.settings, lab.database)
    assert engine.begun() == {f"{mine.id}:0": heartbeat.id}
    states = engine.statuses([f"{run.id}:0" for run in (dead, mine, waiting)])
    assert states == {f"{dead.id}:0": "ENQUEUED", f"{mine.id}:0": "PENDING", f"{waiting.id}:0": "ENQUEUED"}


def test_a_run_that_the_engine_gave_up_is_queued_anew(lab: Lab, heartbeat: Heartbeat) -> None:
    run = submit(lab)
    Claim(lab.database, "ann", run.id, 0, "w").take()
    engine_says(lab, f"{run.id}:0", status="ERROR")
    Upkeep(lab, heartbeat).give_turns()
    now = lab.store.run("ann", run.id)
    assert (now.state, now.segment) == ("queued", 1)
    Upkeep(lab, heartbeat).give_turns()
    assert lab.store.run("ann", run.id).segment == 1


def test_a_visitors_next_run_gets_its_turn_when_one_ends(hosted: Lab) -> None:
    heartbeat = Heartbeat(hosted.settings, hosted.database)
    upkeep, engine = Upkeep(hosted, heartbeat), EngineClient(hosted.settings, hosted.database)
    first, second = submit(hosted), submit(hosted)
    upkeep.give_turns()
    names = [f"{first.id}:0", f"{second.id}:0"]
    assert list(engine.statuses(names)) == names[:1]
    hosted.queue.stop("ann", first.id)
    upkeep.give_turns()
    assert set(engine.statuses(names)) == set(names)


def test_a_deleted_run_goes_for_good_after_an_hour_and_its_upload_after_a_day(lab: Lab, heartbeat: Heartbeat) -> None:
    run, kept = submit(lab), submit(lab)
    upkeep, upload = Upkeep(lab, heartbeat), upload_key("ann", run.data.upload)
    lab.store.delete("ann", run.id)
    upkeep.delete_old()
    assert lab.artifacts.exists(run_key(run, "model.zip"))
    age(lab, tables.runs, 3_601, "deleted_at")
    upkeep.delete_old()
    assert lab.artifacts.names(f"runs/ann/{run.id}") == ()
    assert lab.artifacts.exists(upload)
    assert EngineClient(lab.settings, lab.database).statuses([f"{run.id}:0"]) == {}
    age(lab, tables.uploads, DAY + 1, "created_at")
    upkeep.delete_old()
    assert not lab.artifacts.exists(upload)
    assert [run.id for run in lab.store.runs("ann")] == [kept.id]
    assert lab.artifacts.exists(upload_key("ann", kept.data.upload))


def test_ones_own_machine_keeps_everything(lab: Lab, heartbeat: Heartbeat) -> None:
    run = submit(lab)
    lab.queue.stop("ann", run.id)
    age(lab, tables.runs, 3_000 * DAY, "created_at", "finished_at")
    age(lab, tables.uploads, 3_000 * DAY, "created_at")
    Upkeep(lab, heartbeat).delete_old()
    assert lab.texts("ann", lab.store.run("ann", run.id).data)


def test_a_hosted_lab_forgets_uploads_after_a_day_and_runs_after_a_week(environment: dict[str, str]) -> None:
    lab = open_lab(Settings.from_environment({**environment, "LAB_MODE": "hosted"}))
    upkeep = Upkeep(lab, Heartbeat(lab.settings, lab.database))
    ended, active = submit(lab), submit(lab)
    lab.queue.stop("ann", ended.id)
    age(lab, tables.uploads, DAY + 1, "created_at")
    upkeep.delete_old()
    assert lab.store.uploads("ann") == ()
    assert lab.artifacts.names("uploads/ann") == ()
    assert len(lab.store.runs("ann")) == 2
    age(lab, tables.runs, 7 * DAY + 1, "created_at", "finished_at")
    upkeep.delete_old()
    assert [run.id for run in lab.store.runs("ann")] == [active.id]
    assert not lab.artifacts.exists(run_key(ended, "model.zip"))


def test_a_neighbour_is_alive_as_long_as_it_holds_its_lock(lab: Lab, heartbeat: Heartbeat) -> None:
    neighbour = Heartbeat(lab.settings, lab.database)
    neighbour.say("starting")
    assert heartbeat.living() == {heartbeat.id, neighbour.id}
    assert workers(lab.database).state == "ready"
    neighbour._lock.release()  # what the system does when its process dies
    assert heartbeat.living() == {heartbeat.id}
    assert workers(lab.database).starting == 0


def test_a_worker_elsewhere_is_dead_when_its_beat_stands_still(
    environment: dict[str, str], lab: Lab, heartbeat: Heartbeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Settings.from_environment({**environment, "LAB_HOME": str(tmp_path / "elsewhere")})
    other = Heartbeat(elsewhere, lab.database)
    other.beat()
    clock = [time.monotonic()]
    monkeypatch.setattr(heartbeats.time, "monotonic", lambda: clock[0])
    assert other.id in heartbeat.living()
    clock[0] += 29
    assert other.id in heartbeat.living()
    other.beat()
    assert other.id in heartbeat.living()
    clock[0] += 29
    assert other.id in heartbeat.living()
    clock[0] += 2
    assert other.id not in heartbeat.living()
    assert workers(lab.database) == heartbeats.Workers(starting=0, ready=1)
