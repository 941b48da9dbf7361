"""Claims: whoever lost a run writes nothing more for it."""

from __future__ import annotations

import pytest

from lab.claims import Claim, ClaimLost
from lab.lab import Lab
from lab.records import DataRef, Run
from rnn_core.training.history import EpochMetrics
from tests.lab.small import MODEL, TRAIN

DATA = DataRef(title="texts", sample="quick_reviews")
HISTORY = [EpochMetrics(1, 0.7, 0.5, 0.69, 0.55, 0.1), EpochMetrics(2, 0.6, 0.6, 0.65, 0.6, 0.1)]


@pytest.fixture
def run(lab: Lab) -> Run:
    return lab.queue.submit("ann", DATA, MODEL, TRAIN)


def claim(lab: Lab, run: Run, worker: str = "w1", owner: str = "ann", segment: int = 0) -> Claim:
    return Claim(lab.database, owner, run.id, segment, worker)


def test_a_run_is_taken_and_reported_on(lab: Lab, run: Run) -> None:
    first = claim(lab, run)
    taken = first.take()
    assert taken is not None
    assert taken.state == "running"
    first.note(epoch_progress=0.5, activity="training")
    assert lab.store.run("ann", run.id).epoch_progress == 0.5
    first.epochs_done(HISTORY, 12.0)
    now = lab.store.run("ann", run.id)
    assert (now.epoch, now.epoch_progress, now.seconds_left) == (2, 0.0, 12.0)
    assert lab.store.epochs("ann", run.id) == tuple(HISTORY)
    first.result(HISTORY, 0.6)
    done = lab.store.run("ann", run.id)
    assert (done.state, done.has_result, done.held_out_accuracy, done.activity) == ("done", True, 0.6, "")


def test_another_workers_take_ends_the_first_claim(lab: Lab, run: Run) -> None:
    first, second = claim(lab, run, "w1"), claim(lab, run, "w2")
    first.take()
    second.take()
    assert (first.standing(), second.standing()) == ("lost", "held")
    for write in (
        lambda: first.note(activity="training"),
        lambda: first.epochs_done(HISTORY, None),
        lambda: first.result(HISTORY, 1.0),
    ):
        with pytest.raises(ClaimLost):
            write()
    first.fail_if_held("no")
    assert lab.store.run("ann", run.id).state == "running"
    assert lab.store.epochs("ann", run.id) == ()


def test_a_stopped_run_takes_a_result_but_no_epoch(lab: Lab, run: Run) -> None:
    first = claim(lab, run)
    first.take()
    first.epochs_done(HISTORY[:1], None)
    stopped = lab.queue.stop("ann", run.id)
    assert (stopped.state, stopped.is_changing, stopped.epoch) == ("stopped", True, 1)
    assert first.standing() == "stopped"
    with pytest.raises(ClaimLost):
        first.epochs_done(HISTORY, None)
    first.result(HISTORY[:1], 0.55)
    now = lab.store.run("ann", run.id)
    assert (now.state, now.has_result, now.held_out_accuracy, now.is_changing) == ("stopped", True, 0.55, False)


def test_a_resumed_run_is_not_touched_by_its_earlier_segment(lab: Lab, run: Run) -> None:
    first = claim(lab, run)
    first.take()
    lab.queue.stop("ann", run.id)
    lab.queue.resume("ann", run.id)
    assert first.standing() == "lost"
    assert first.take() is None
    with pytest.raises(ClaimLost):
        first.result(HISTORY, 0.6)
    assert claim(lab, run, segment=1).take() is not None


def test_nobody_claims_anothers_or_a_deleted_run(lab: Lab, run: Run) -> None:
    assert claim(lab, run, owner="bob").take() is None
    first = claim(lab, run)
    first.take()
    lab.store.delete("ann", run.id)
    assert first.standing() == "lost"
    assert first.take() is None


def test_starts_are_counted_until_a_step_is_done_or_the_worker_leaves_in_good_order(lab: Lab, run: Run) -> None:
    for expected in (1, 2, 3):
        killed = claim(lab, run)
        killed.take()
        assert killed.attempts() == expected
    killed.epochs_done(HISTORY, None)
    assert killed.attempts() == 1
    killed.release()
    again = claim(lab, run, "w2")
    again.take()
    assert again.attempts() == 1
