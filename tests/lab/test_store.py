"""The store: what belongs to one owner does not exist for another, whatever is asked."""

from __future__ import annotations

import inspect
import time
from typing import Any

import pytest
import sqlalchemy as sa

from lab import database as tables
from lab.lab import Lab
from lab.queue import Queue
from lab.records import Run
from lab.store import Store, StoreError
from tests.lab.small import MODEL, TRAIN, small_texts

ALICE, BOB = "alice", "bob"
# Lists show nothing of others; everything else takes an id and must not know one that is another's.
LISTS = {"runs", "uploads"}
ADDS = {"add_upload", "submit"}
WITHOUT_OWNER = {"warm_up"}
ARGUMENTS: dict[str, tuple[Any, ...]] = {"parts_left": ([0],), "share_out": ([0],), "rename": ("mine now",), "train_longer": (2,)}


def public_methods(of: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")]


def submit(lab: Lab, owner: str, name: str = "a run") -> Run:
    upload = lab.add_upload(owner, "texts.csv", small_texts())
    return lab.queue.submit(owner, upload.data, MODEL, TRAIN, name)


@pytest.mark.parametrize("of", [Store, Queue])
def test_every_method_takes_the_owner_first(of: type) -> None:
    for name in public_methods(of):
        if name not in WITHOUT_OWNER:
            assert list(inspect.signature(getattr(of, name)).parameters)[1] == "owner", name


@pytest.mark.parametrize(
    ("part", "name"), [("store", name) for name in public_methods(Store)] + [("queue", name) for name in public_methods(Queue)]
)
def test_nobody_sees_or_changes_anothers(lab: Lab, part: str, name: str) -> None:
    if name in ADDS | WITHOUT_OWNER:
        return
    run = submit(lab, ALICE)
    lab.queue.stop(ALICE, run.id)
    before = everything(lab)
    method = getattr(getattr(lab, part), name)
    if name in LISTS:
        assert method(BOB) == ()
        assert len(method(ALICE)) == 1
    else:
        thing = run.data.upload if name == "upload" else run.id
        with pytest.raises(StoreError):
            method(BOB, thing, *ARGUMENTS.get(name, ()))
    assert everything(lab) == before


def test_nobody_trains_on_anothers_upload(lab: Lab) -> None:
    run = submit(lab, ALICE)
    with pytest.raises(StoreError, match="upload the file again"):
        lab.queue.submit(BOB, run.data, MODEL, TRAIN)
    with pytest.raises(StoreError, match="upload the file again"):
        lab.texts(BOB, run.data)
    assert lab.store.runs(BOB) == ()


def test_a_deleted_run_comes_back_stopped_and_whole(lab: Lab) -> None:
    run = submit(lab, ALICE)
    lab.store.delete(ALICE, run.id)
    assert lab.store.runs(ALICE) == ()
    with pytest.raises(StoreError):
        lab.store.run(ALICE, run.id)
    with pytest.raises(StoreError):
        lab.queue.resume(ALICE, run.id)
    with pytest.raises(StoreError):
        lab.store.restore(BOB, run.id)
    restored = lab.store.restore(ALICE, run.id)
    assert restored.state == "stopped"
    assert lab.store.runs(ALICE) == (restored,)


def test_restoring_ends_after_an_hour(lab: Lab) -> None:
    run = submit(lab, ALICE)
    lab.store.delete(ALICE, run.id)
    with lab.database.writing() as connection:
        connection.execute(sa.update(tables.runs).values(deleted_at=tables.runs.c.deleted_at - 3_601))
    with pytest.raises(StoreError, match="hour"):
        lab.store.restore(ALICE, run.id)


def test_a_name_is_one_line_and_not_empty(lab: Lab) -> None:
    run = submit(lab, ALICE, "first")
    assert lab.store.rename(ALICE, run.id, "  two\n words ").name == "two words"
    assert len(lab.store.rename(ALICE, run.id, "x" * 1000).name) == 120
    with pytest.raises(StoreError, match="name"):
        lab.store.rename(ALICE, run.id, " \n ")


def test_runs_come_newest_first_and_keep_what_was_asked(lab: Lab) -> None:
    first, second = submit(lab, ALICE, "first"), submit(lab, ALICE, "second")
    assert [run.name for run in lab.store.runs(ALICE)] == ["second", "first"]
    assert second.model_spec == MODEL
    assert second.train_spec == TRAIN
    assert (second.state, second.epoch, second.epochs, second.kind) == ("queued", 0, 3, "simple_rnn")
    assert lab.texts(ALICE, first.data).texts == small_texts().texts


def test_ids_cannot_be_guessed_from_one_another(lab: Lab) -> None:
    first, second = submit(lab, ALICE), submit(lab, ALICE)
    common = sum(a == b for a, b in zip(first.id, second.id, strict=True))
    assert common < 20  # 4 dashes, the version digit, and chance


def everything(lab: Lab) -> list[Any]:
    with lab.database.reading() as connection:
        return [connection.execute(sa.select(table)).all() for table in (tables.runs, tables.uploads, tables.epochs)]


def test_any_sqlite_tells_the_queue_the_time():
    """DBOS takes the fractions of a second for granted from Python 3.12 on; a SQLite before 3.42 has none of its own."""
    with sa.create_engine("sqlite://").connect() as connection:
        assert connection.scalar(sa.text("SELECT unixepoch('subsec')")) == pytest.approx(time.time(), abs=5)
