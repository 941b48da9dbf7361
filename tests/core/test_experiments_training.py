"""The gap lab's networks and trainings: against the NumPy networks, against a tape, alone as in company, and to their end."""

import json

import numpy as np
import pytest
import tensorflow as tf

from rnn_core.experiments.gap_networks import network_spec, start_weights
from rnn_core.experiments.gap_points import GAP_KINDS
from rnn_core.experiments.measured import double_score, remembered_gradient
from rnn_core.experiments.memory import GapSettings, gap_curve
from rnn_core.experiments.record import record
from rnn_core.experiments.recorded import recording_from_dict
from rnn_core.experiments.seed_training import Budget, train_seeds
from rnn_core.experiments.sequence_networks import answers, answers_of_embedded, embedded, right_answer
from rnn_core.experiments.tasks import TASK
from rnn_core.models.network import Network

SMALL = GapSettings(units=8, features=8, start="standard", learning_rate=3e-3)


@pytest.mark.parametrize("kind", GAP_KINDS)
def test_networks_compute_what_the_numpy_networks_compute(kind):
    """Padding before the start included, as a curriculum has it."""
    spec = network_spec(SMALL, kind, 10)
    weights = start_weights("recall", spec, 10, 1, "matched")
    drawn = TASK["recall"].sequences(np.random.default_rng(0), 12, 10, "random", curriculum=True)
    logits = answers(TASK["recall"], spec, weights, tf.constant(drawn.inputs), tf.constant(drawn.present))
    texts = [row[there] for row, there in zip(drawn.inputs, drawn.present, strict=True)]
    np.testing.assert_allclose(tf.nn.softmax(logits), Network(spec, weights).probabilities(texts), atol=1e-5)


@pytest.mark.parametrize("kind", GAP_KINDS)
def test_an_answer_at_every_step_knows_nothing_of_later_steps(kind):
    settings = GapSettings(task="copy", units=8, features=8, start="standard", learning_rate=1e-3)
    spec = network_spec(settings, kind, 4)
    weights = start_weights("copy", spec, 4, 0, "standard")
    inputs = TASK["copy"].sequences(np.random.default_rng(0), 3, 4).inputs
    changed = inputs.copy()
    changed[:, 15:] = 2
    before, after = (answers(TASK["copy"], spec, weights, tf.constant(x)).numpy() for x in (inputs, changed))
    assert before.shape == (3, 24, 9)
    np.testing.assert_allclose(before[:, :15], after[:, :15], atol=1e-6)
    assert np.abs(before[:, 15:] - after[:, 15:]).max() > 1e-6


@pytest.mark.parametrize(("task", "kind"), [("recall", "simple_rnn"), ("adding", "gru"), ("copy", "lstm")])
def test_the_measured_gradient_agrees_with_a_tape(task, kind):
    settings = GapSettings(task=task, units=8, features=8, start="standard", learning_rate=1e-3)
    spec = network_spec(settings, kind, 3)
    weights = start_weights(task, spec, 3, 0, "standard")
    drawn = TASK[task].sequences(np.random.default_rng([7, 4]), 16, 3)  # the stream that is measured on
    x = embedded(weights, tf.constant(drawn.inputs))
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = answers_of_embedded(TASK[task], spec, weights, x)
        total = tf.reduce_sum(right_answer(TASK[task], found, tf.constant(drawn.targets)))
    gradients = tape.gradient(total, x).numpy()[np.arange(16), drawn.remembered]
    expected = np.log10(np.linalg.norm(gradients, axis=1)).mean()
    assert remembered_gradient(task, spec, weights, 3, seed=7) == pytest.approx(expected, abs=1e-4)


def test_gradients_that_no_single_precision_holds_are_measured():
    spec = network_spec(SMALL, "simple_rnn", 400)
    weights = start_weights("recall", spec, 400, 0, "standard")
    weights["recurrent_kernel"] *= np.float32(0.3)
    assert -260 < remembered_gradient("recall", spec, weights, 400, 0) < -200
    weights["recurrent_kernel"][:] = 0
    assert remembered_gradient("recall", spec, weights, 400, 0) is None


def test_twice_the_gap_is_answered_by_chance_without_training():
    spec = network_spec(SMALL, "transformer", 20)
    score = double_score("recall", spec, start_weights("recall", spec, 20, 0, "standard"), 20, 0)
    assert 0.02 < score < 0.25
    assert double_score("adding", spec, {}, 20, 0) is None


def test_a_seed_s_training_is_its_own_and_ends_when_it_is_solved():
    spec = network_spec(SMALL, "simple_rnn", 2)
    starts = {seed: start_weights("recall", spec, 2, seed, "standard") for seed in (0, 1, 2)}
    reports = []
    together = train_seeds("recall", spec, 2, starts, 1e-2, Budget(), on_progress=reports.append)
    (alone,) = train_seeds("recall", spec, 2, {1: starts[1]}, 1e-2, Budget())
    assert [one.seed for one in together] == [0, 1, 2]
    assert alone.curve == together[1].curve
    assert alone.score == together[1].score
    assert all(np.array_equal(alone.weights[name], together[1].weights[name]) for name in alone.weights)
    for one in together:
        assert one.solved
        assert one.score > 0.98
        assert one.steps < 3_000
        assert len(one.curve) == one.steps // 100
    assert {report.seed for report in reports} == {0, 1, 2}

    class Stopped(Exception):
        pass

    def stop(progress):
        raise Stopped

    with pytest.raises(Stopped):
        train_seeds("recall", spec, 2, starts, 1e-6, Budget(steps=20_000), on_progress=stop)


def test_an_order_blind_control_reaches_what_counting_can():
    """At gap 1 a bag sees two symbols: sure when they are the same (1 in 8), else one of two: (1 + 1/8) / 2."""
    curve = gap_curve(("bag_of_words",), (1,), 1, GapSettings(start="standard", learning_rate=1e-2, steps=1_500))
    assert curve.spread("bag_of_words", 1).mean == pytest.approx(9 / 16, abs=0.04)


def test_a_recording_goes_on_from_what_is_written(tmp_path):
    record("recall", tmp_path, ("simple_rnn",), (1,), 1)
    first = (tmp_path / "recall.json").read_text()
    record("recall", tmp_path, ("simple_rnn",), (1,), 1)
    assert (tmp_path / "recall.json").read_text() == first  # nothing was trained again
    found = recording_from_dict(json.loads(first))
    assert found.curve.spread("simple_rnn", 1).mean > 0.98
    assert found.command == "python -m rnn_core.experiments.record grid recall --kinds simple_rnn --seeds 1 --gaps 1"
    assert {"python", "numpy", "keras"} < set(found.versions)
