"""What is remembered of an owner: the last value, for nobody else, and in a hosted lab not for ever."""

import sqlalchemy as sa

from lab import database as tables
from lab.heartbeats import Heartbeat
from lab.upkeep import Upkeep


def test_the_last_value_is_read_by_its_owner_alone(lab):
    assert lab.notes.read("one", "path") is None
    lab.notes.write("one", "path", {"step": 1})
    lab.notes.write("one", "path", {"step": 2, "done": {"0": [0]}})
    lab.notes.write("other", "path", {"step": 7})
    assert lab.notes.read("one", "path") == {"step": 2, "done": {"0": [0]}}
    assert lab.notes.read("one", "else") is None
    assert lab.notes.read("other", "path") == {"step": 7}


def test_a_hosted_lab_forgets_it_with_the_runs(hosted):
    for owner in ("early", "late"):
        hosted.notes.write(owner, "path", {"step": 1})
    with hosted.database.writing() as connection:
        aged = sa.update(tables.notes).where(tables.notes.c.owner == "early")
        connection.execute(aged.values(written_at=tables.notes.c.written_at - 8 * 86_400))
    Upkeep(hosted, Heartbeat(hosted.settings, hosted.database)).delete_old()
    assert hosted.notes.read("early", "path") is None
    assert hosted.notes.read("late", "path") == {"step": 1}
