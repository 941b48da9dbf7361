"""One step against the equations, whole sequences against steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.models.cells import LSTMState, gru_gates, gru_step, lstm_gates, lstm_step, sigmoid, simple_rnn_step
from rnn_core.models.scan import active_texts, pool, prepare_cell, scan
from rnn_core.models.weights import weight_shapes
from rnn_core.spec import RECURRENT_KINDS, ModelSpec


def one_unit(kernel, recurrent, bias):
    """A cell of one unit that reads one number."""
    return {"kernel": np.array([kernel]), "recurrent_kernel": np.array([recurrent]), "bias": np.array(bias)}


def test_simple_rnn_step_is_tanh_of_the_weighted_sum():
    h = simple_rnn_step(np.array([2.0]), np.array([0.5]), one_unit([0.3], [-0.4], [0.1]))
    assert h[0] == pytest.approx(math.tanh(2.0 * 0.3 + 0.5 * -0.4 + 0.1), abs=1e-15)


@pytest.mark.parametrize(("activation", "value"), [("relu", 0.0), ("linear", -1.1)])
def test_simple_rnn_step_with_other_activations(activation, value):
    h = simple_rnn_step(np.array([-4.0]), np.array([0.5]), one_unit([0.3], [-0.4], [0.3]), activation)
    assert h[0] == pytest.approx(value, abs=1e-15)


def test_gru_step_resets_the_state_after_its_product():
    """Keras' `reset_after=True`: r multiplies h·U + c, the second bias included."""
    weights = one_unit([0.3, -0.2, 0.7], [0.5, 0.1, -0.6], [[0.1, 0.2, -0.1], [0.05, -0.3, 0.4]])
    x, h = 1.5, 0.8
    z = 1 / (1 + math.exp(-(x * 0.3 + 0.1 + h * 0.5 + 0.05)))
    r = 1 / (1 + math.exp(-(x * -0.2 + 0.2 + h * 0.1 - 0.3)))
    candidate = math.tanh(x * 0.7 - 0.1 + r * (h * -0.6 + 0.4))
    gates = gru_gates(np.array([x]), np.array([h]), weights)
    assert (gates.update[0], gates.reset[0], gates.candidate[0]) == pytest.approx((z, r, candidate), abs=1e-15)
    assert gru_step(np.array([x]), np.array([h]), weights)[0] == pytest.approx(z * h + (1 - z) * candidate, abs=1e-15)


def test_lstm_step_writes_the_cell_and_shows_it():
    weights = one_unit([0.3, -0.2, 0.7, 0.9], [0.5, 0.1, -0.6, 0.2], [0.1, 1.0, -0.1, 0.0])
    x, h, c = 1.5, 0.8, -1.2
    i, f, o = (1 / (1 + math.exp(-(x * w + h * u + b))) for w, u, b in ((0.3, 0.5, 0.1), (-0.2, 0.1, 1.0), (0.9, 0.2, 0.0)))
    g = math.tanh(x * 0.7 + h * -0.6 - 0.1)
    state = LSTMState(np.array([h]), np.array([c]))
    gates = lstm_gates(np.array([x]), state, weights)
    assert [gate[0] for gate in gates] == pytest.approx([i, f, g, o], abs=1e-15)
    after = lstm_step(np.array([x]), state, weights)
    assert after.cell[0] == pytest.approx(f * c + i * g, abs=1e-15)
    assert after.hidden[0] == pytest.approx(o * math.tanh(f * c + i * g), abs=1e-15)


def test_gates_at_their_ends():
    """Update gate at 1: the state is kept to the last bit. Forget gate at 1 and input gate at 0: so is the cell."""
    keep = one_unit([0.0, 0.0, 5.0], [0.0, 0.0, 0.0], [[1e4, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert gru_step(np.array([3.0]), np.array([0.1]), keep)[0] == 0.1
    remember = one_unit([0.0, 0.0, 9.0, 0.0], [0.0] * 4, [-1e4, 1e4, 0.0, 0.0])
    assert lstm_step(np.array([1.0]), LSTMState(np.array([0.0]), np.array([7.0])), remember).cell[0] == 7.0


def test_sigmoid_overflows_nowhere():
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e30, 0.0, 1e30], np.float32)), [0.0, 0.5, 1.0])


def test_a_step_keeps_the_precision_it_is_given():
    weights = {name: np.ones(shape) for name, shape in weight_shapes(ModelSpec(kind="lstm", units=2, features=3)).items()}
    state = lstm_step(np.ones(3), LSTMState(np.zeros(2), np.zeros(2)), weights)
    assert state.hidden.dtype == state.cell.dtype == np.float64


def step_by_step(spec, weights, inputs):
    """The states [T, U] of one text by the functions of `cells`."""
    state = np.zeros(spec.units, np.float32)
    cell = np.zeros(spec.units, np.float32)
    states = []
    for x_t in inputs:
        if spec.kind == "lstm":
            state, cell = lstm_step(x_t, LSTMState(state, cell), weights, spec.activation)
        else:
            state = {"simple_rnn": simple_rnn_step, "gru": gru_step}[spec.kind](x_t, state, weights, spec.activation)
        states.append(state)
    return np.array(states, np.float32).reshape(len(inputs), spec.units)


@given(
    kind=st.sampled_from(RECURRENT_KINDS),
    activation=st.sampled_from(["tanh", "relu", "linear"]),
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_scan_of_a_batch_is_each_text_step_by_step(kind, activation, lengths, seed):
    spec = ModelSpec(kind=kind, units=3, features=2, activation=activation)
    rng = np.random.default_rng(seed)
    weights = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in weight_shapes(spec).items()}
    falling = np.sort(np.array(lengths))[::-1].copy()
    texts = [rng.normal(size=(length, 2)).astype(np.float32) for length in falling]
    cell = prepare_cell(spec, weights, "")
    projected = [text @ cell.kernel + cell.bias for text in texts]
    inputs = [np.array([rows[t] for rows in projected if len(rows) > t]) for t in range(falling[0])]
    if len(texts) == 1:
        inputs = list(projected[0])
    kept, last_only = scan(cell, inputs, falling, keep=True), scan(cell, inputs, falling, keep=False)
    assert last_only.states is None or len(texts) == 1
    for column, text in enumerate(texts):
        expected = step_by_step(spec, weights, text)
        np.testing.assert_allclose(kept.sequences()[: len(text), column], expected, atol=2e-6)
        end = expected[-1] if len(text) else np.zeros(3)
        np.testing.assert_allclose(kept.last[column], end, atol=2e-6)
        np.testing.assert_allclose(last_only.last[column], end, atol=2e-6)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 2**16))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_pool_reads_each_text_to_its_own_end(lengths, seed):
    falling = np.sort(np.array(lengths))[::-1].copy()
    states = np.random.default_rng(seed).normal(-3, 1, size=(falling[0], len(falling), 4)).astype(np.float32)
    mean, greatest = pool(states, falling)
    for column, length in enumerate(falling):
        own = states[:length, column]
        np.testing.assert_allclose(mean[column], own.mean(axis=0) if length else 0, atol=1e-6)
        np.testing.assert_array_equal(greatest[column], own.max(axis=0) if length else np.zeros(4))


def test_active_texts_counts_those_that_still_read():
    assert active_texts(np.array([4, 2, 2, 0])).tolist() == [3, 3, 1, 1]
    assert active_texts(np.array([0, 0])).tolist() == []
