"""The queue: a run is there and queued or neither, in its place, and within what a visitor may ask for."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.engine import EngineClient
from lab.lab import Lab, open_lab
from lab.queue import LimitReached
from lab.records import DataRef, Run
from lab.settings import Settings
from lab.store import StoreError
from tests.lab.small import MODEL, TRAIN

DATA = DataRef(title="1,000 short reviews", sample="quick_reviews", texts=1000)


def submit(lab: Lab, owner: str = "ann") -> Run:
    return lab.queue.submit(owner, DATA, MODEL, TRAIN)


def workflows(lab: Lab) -> list[str]:
    client = EngineClient(lab.settings, lab.database).open()
    return [workflow.workflow_id for workflow in client.list_workflows()]


def test_a_run_and_its_place_in_the_queue_are_one_transaction(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first = submit(lab)
    assert workflows(lab) == [f"{first.id}:0"]

    def fails(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("lab.engine.EngineClient.enqueue", fails)
    with pytest.raises(ConnectionError):
        submit(lab)
    assert lab.store.runs("ann") == (first,)


def test_places_on_ones_own_machine_are_in_order(lab: Lab) -> None:
    runs = [submit(lab) for _ in range(3)]
    assert [lab.queue.queue_position("ann", run.id) for run in runs] == [1, 2, 3]
    lab.queue.stop("ann", runs[0].id)
    assert [lab.queue.queue_position("ann", run.id) for run in runs] == [0, 1, 2]


def test_visitors_take_turns(hosted: Lab) -> None:
    ann = [submit(hosted, "ann") for _ in range(3)]
    bob = submit(hosted, "bob")
    assert [hosted.queue.queue_position("ann", run.id) for run in ann] == [1, 3, 4]
    assert hosted.queue.queue_position("bob", bob.id) == 2
    assert sorted(workflows(hosted)) == sorted([f"{ann[0].id}:0", f"{bob.id}:0"])  # one each; the worker hands on the next


def test_a_visitor_has_one_running_and_three_waiting(hosted: Lab) -> None:
    runs = [submit(hosted) for _ in range(4)]
    with pytest.raises(LimitReached, match="4 unfinished runs"):
        submit(hosted)
    hosted.queue.stop("ann", runs[0].id)
    submit(hosted)
    with pytest.raises(LimitReached):
        hosted.queue.resume("ann", runs[0].id)
    assert submit(hosted, "bob").state == "queued"


def test_the_whole_server_has_a_limit(environment: dict[str, str]) -> None:
    lab = open_lab(Settings.from_environment({**environment, "LAB_MODE": "hosted", "LAB_WAITING_IN_ALL": "2"}))
    submit(lab, "ann")
    submit(lab, "bob")
    with pytest.raises(LimitReached, match="2 runs are waiting"):
        submit(lab, "cid")


def test_limits_hold_when_many_submit_at_once(hosted: Lab) -> None:
    hosted.queue.warm_up()

    def one(_: int) -> bool:
        try:
            submit(hosted)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(12))) == 4


@pytest.mark.parametrize(
    ("changes", "noun"), [({"epochs": 31}, "epochs"), ({"units": 129}, "units"), ({"texts": 30_001}, "texts")]
)
def test_a_hosted_lab_has_ceilings(hosted: Lab, changes: dict[str, int], noun: str) -> None:
    train = TRAIN.replace(epochs=changes.get("epochs", 3))
    model = MODEL.replace(units=changes.get("units", 8))
    data = DataRef(title="", sample="quick_reviews", texts=changes.get("texts", 1000))
    with pytest.raises(LimitReached, match=f"{noun} are too many"):
        hosted.queue.submit("ann", data, model, train)


def test_stop_and_resume(lab: Lab) -> None:
    run = submit(lab)
    assert lab.queue.stop("ann", run.id).state == "stopped"
    assert lab.queue.stop("ann", run.id).state == "stopped"
    resumed = lab.queue.resume("ann", run.id)
    assert (resumed.state, resumed.segment, resumed.finished_at) == ("queued", 1, None)
    assert workflows(lab) == [f"{run.id}:0", f"{run.id}:1"]
    with pytest.raises(StoreError, match="queued"):
        lab.queue.resume("ann", run.id)


def test_only_what_ended_after_an_epoch_is_trained_longer(lab: Lab) -> None:
    run = submit(lab)
    with pytest.raises(StoreError):
        lab.queue.train_longer("ann", run.id, 2)
    lab.queue.stop("ann", run.id)
    with pytest.raises(StoreError):
        lab.queue.train_longer("ann", run.id, 2)


def test_submitting_imports_no_tensorflow(tmp_path: Path) -> None:
    script = f"""
import sys
import lab.bundles, lab.heartbeats, lab.owner, lab.results, lab.worker_process
from lab.lab import open_lab
from lab.records import DataRef
from lab.settings import Settings
from rnn_core.spec import ModelSpec, TrainSpec
queue = open_lab(Settings.from_environment({{"LAB_HOME": {str(tmp_path)!r}}})).queue
run = queue.submit("local", DataRef("a sample", sample="quick_reviews"), ModelSpec(), TrainSpec())
queue.stop("local", run.id)
queue.resume("local", run.id)
print(sorted({{"tensorflow", "keras", "sklearn", "lab.working"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
