"""The worker, with real processes: what is stopped stops, what is killed goes on, and every number comes out the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from lab import results
from lab.artifacts import upload_key
from lab.lab import Lab
from lab.queue import AFTER_EPOCH
from lab.records import Run
from lab.settings import Settings
from lab.worker_process import LONGEST_WAIT, WorkerKeeper
from rnn_core.training.evaluation import evaluate
from tests.lab.dashboards import OWNER, DashboardProcess, Workshop, is_alive, wait_until
from tests.lab.small import MODEL, TRAIN


def numbers(workshop: Workshop, run: Run) -> list[object]:
    """Everything that a person sees of a result and that no clock is in."""
    artifacts, run = workshop.lab.artifacts, workshop.run(run)
    history = [metrics.to_dict() | {"seconds": 0.0} for metrics in workshop.lab.store.epochs(OWNER, run.id)]
    held_out = results.held_out(artifacts, run)
    return [run.state, run.epoch, run.held_out_accuracy, history, held_out.rows.tolist(), held_out.probabilities.tolist()]


def test_the_worker_ends_with_its_dashboard_and_only_one_dashboard_keeps_one(lab: Lab) -> None:
    with DashboardProcess(lab.settings) as first:
        worker = first.next_worker_pid()
        with DashboardProcess(lab.settings) as second:
            assert second.next_change() == 0
            assert is_alive(worker)
            first.kill()
            wait_until(lambda: not is_alive(worker), 10)
            successor = second.next_worker_pid()
            assert is_alive(successor)
            assert successor != worker
        wait_until(lambda: not is_alive(successor), 10)


def test_a_finished_run_has_everything_a_page_shows(workshop: Workshop, undisturbed: Run) -> None:
    artifacts, run = workshop.lab.artifacts, undisturbed
    assert (run.state, run.epoch, run.has_result, run.reason) == ("done", 3, True, "")
    assert run.seconds > 0
    assert run.finished_at is not None
    assert run.started_at is not None
    assert run.finished_at > run.started_at >= run.created_at
    evaluation, held_out = results.evaluation(artifacts, run), results.held_out(artifacts, run)
    assert run.held_out_accuracy == evaluation.accuracy.value
    assert evaluate(held_out.probabilities, held_out.labels, evaluation.label_names).to_dict() == evaluation.to_dict()
    assert [baseline.kind for baseline in results.baselines(artifacts, run)] == ["logistic_regression", "naive_bayes", "majority"]
    classifier = results.classifier(artifacts, run)
    np.testing.assert_allclose(classifier.predict_proba(held_out.texts), held_out.probabilities, atol=1e-6)


def test_the_weights_of_every_epoch_are_kept(workshop: Workshop, undisturbed: Run) -> None:
    artifacts, run = workshop.lab.artifacts, undisturbed
    assert results.epochs_kept(artifacts, run) == (0, 1, 2, 3)
    held_out = results.held_out(artifacts, run)
    for metrics in workshop.lab.store.epochs(OWNER, run.id):
        answers = results.classifier_after(artifacts, run, metrics.epoch).predict_proba(held_out.texts).argmax(axis=1)
        assert (answers == held_out.labels).mean() == pytest.approx(metrics.held_out_accuracy)


@pytest.mark.parametrize(("epochs", "size", "kept"), [(4, 1000, 5), (500, 1000, 100), (30, 5_000_000, 11), (10, 10**9, 2)])
def test_epochs_are_thinned_evenly(epochs: int, size: int, kept: int) -> None:
    numbers_kept = [epoch for epoch in range(epochs + 1) if results.is_kept(epoch, epochs, size)]
    assert len(numbers_kept) <= kept
    assert numbers_kept[0] == 0
    assert len(set(np.diff(numbers_kept))) <= 1


def test_two_runs_queue_and_a_stop_in_mid_epoch_makes_room(workshop: Workshop) -> None:
    first, second = workshop.submit(), workshop.submit()
    workshop.wait_for_middle_of_epoch(first, after=0)
    assert workshop.run(second).state == "queued"
    assert workshop.lab.queue.queue_position(OWNER, second.id) == 1
    assert workshop.lab.queue.stop(OWNER, first.id).state == "stopped"
    workshop.wait_for(second, lambda run: run.state == "running")
    assert workshop.run(first).epoch == 0  # the unfinished epoch is not kept
    workshop.lab.queue.stop(OWNER, second.id)


def test_a_stopped_run_can_be_used_and_resumed_to_the_same_numbers(workshop: Workshop, undisturbed: Run) -> None:
    run = workshop.submit()
    workshop.wait_for_middle_of_epoch(run, after=1)
    stopped = workshop.lab.queue.stop(OWNER, run.id)
    assert stopped.is_changing
    stopped = workshop.wait_for(run, lambda run: not run.is_changing)
    assert (stopped.state, stopped.epoch, stopped.has_result) == ("stopped", 1, True)
    assert results.classifier(workshop.lab.artifacts, stopped).predict_proba(["a fine film"]).shape == (1, 2)
    workshop.lab.queue.resume(OWNER, run.id)
    workshop.wait_for(run, lambda run: not run.is_active)
    assert numbers(workshop, run) == numbers(workshop, undisturbed)


def test_a_longer_training_goes_on_where_its_parent_ended(workshop: Workshop, undisturbed: Run) -> None:
    longer = workshop.lab.queue.train_longer(OWNER, undisturbed.id, 1)
    longer = workshop.wait_for(longer, lambda run: not run.is_active)
    assert (longer.state, longer.epoch, longer.parent) == ("done", 4, undisturbed.id)
    history = workshop.lab.store.epochs(OWNER, longer.id)
    assert history[:3] == workshop.lab.store.epochs(OWNER, undisturbed.id)
    assert history[3].loss < history[2].loss


def test_a_run_fails_with_a_sentence_and_the_worker_goes_on(workshop: Workshop) -> None:
    lab = workshop.lab
    upload = lab.add_upload(OWNER, "gone.csv", workshop.texts)
    lab.artifacts.delete(upload_key(OWNER, upload.id))
    gone = workshop.wait_for(workshop.submit(data=upload.data), lambda run: not run.is_active)
    assert (gone.state, gone.has_result) == ("failed", False)
    assert "is not there" in gone.reason

    unknown = lab.queue.submit(OWNER, upload.data, gone.model_spec, gone.train_spec, job="juggle")
    assert "no job called juggle" in workshop.wait_for(unknown, lambda run: not run.is_active).reason


def test_an_unforeseen_error_leaves_its_details_in_the_log(workshop: Workshop) -> None:
    lab = workshop.lab
    run = lab.queue.submit(OWNER, workshop.data, MODEL, TRAIN, params={AFTER_EPOCH: "nonsense"})
    failed = workshop.wait_for(run, lambda run: not run.is_active)
    assert failed.state == "failed"
    assert "worker.log" in failed.reason
    log = lab.settings.worker_log.read_text()
    assert "Traceback" in log
    assert run.id in log


def test_kill_nine_changes_no_number_and_loses_no_epoch(workshop: Workshop, undisturbed: Run) -> None:
    """The last test of this file: it leaves another worker behind."""
    run = workshop.submit()
    workshop.wait_for_middle_of_epoch(run, after=1)
    os.kill(workshop.worker_pid, signal.SIGKILL)
    workshop.wait_for_worker()

    workshop.wait_for_middle_of_epoch(run, after=2)
    workshop.dashboard.kill()
    os.kill(workshop.worker_pid, signal.SIGKILL)
    seen = workshop.lab.store.epochs(OWNER, run.id)
    workshop.open_dashboard()

    workshop.wait_for(run, lambda run: not run.is_active)
    assert workshop.lab.store.epochs(OWNER, run.id)[:2] == seen
    assert numbers(workshop, run) == numbers(workshop, undisturbed)


def test_the_worker_waits_for_what_shall_come_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, before = threading.Event(), threading.Event()

    def start_one(_: WorkerKeeper) -> subprocess.Popen[bytes]:
        started.set()
        return subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)

    monkeypatch.setattr(WorkerKeeper, "_start_one", start_one)
    keeper = WorkerKeeper(Settings.from_environment({"LAB_HOME": str(tmp_path)}), after=before)
    keeper.start()
    assert not started.wait(0.3)
    before.set()
    assert started.wait(LONGEST_WAIT)
    keeper.stop()
    assert keeper.pid is None
