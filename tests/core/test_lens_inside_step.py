"""The arithmetic inside one step adds up to what the cells compute, and its parts are the numbers that went in."""

import math

import numpy as np
import pytest

from rnn_core.lenses.inside_step import squash, step_arithmetic
from rnn_core.models.cells import LSTMState, gru_step, lstm_step, simple_rnn_step
from rnn_core.models.weights import GATES

D, U = 5, 7


def drawn(kind, seed=0):
    """Weights, input, state and memory of a random cell."""
    rng = np.random.default_rng(seed)
    columns = GATES[kind] * U
    bias = rng.normal(size=(2, columns) if kind == "gru" else columns)
    weights = {"kernel": rng.normal(size=(D, columns)), "recurrent_kernel": rng.normal(size=(U, columns)), "bias": bias}
    return weights, rng.normal(size=D), np.tanh(rng.normal(size=U)), rng.normal(size=U)


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_it_adds_up_to_the_cell(kind, activation):
    weights, x, state, memory = drawn(kind)
    if kind == "lstm":
        after = lstm_step(x, LSTMState(state, memory), weights, activation)
        expected, expected_memory = after.hidden, after.cell
    else:
        expected = {"simple_rnn": simple_rnn_step, "gru": gru_step}[kind](x, state, weights, activation)
        expected_memory = np.full(U, np.nan)
    arrays = (weights["kernel"], weights["recurrent_kernel"], weights["bias"])
    for unit in range(U):
        found = step_arithmetic(kind, activation, arrays, x, state, unit, memory)
        assert found.state_after == pytest.approx(expected[unit], abs=1e-12)
        if kind == "lstm":
            assert found.memory_after == pytest.approx(expected_memory[unit], abs=1e-12)


def test_a_simple_rnn_by_hand():
    """h = tanh(2 * 0.5 + 3 * (-1) + 0.5 * 4 + 0.25) = tanh(0.25), written out from the equation."""
    kernel, recurrent, bias = np.array([[0.5], [-1.0]]), np.array([[4.0]]), np.array([0.25])
    found = step_arithmetic("simple_rnn", "tanh", (kernel, recurrent, bias), np.array([2.0, 3.0]), np.array([0.5]), unit=0)
    (gate,) = found.gates
    assert gate.input_products.tolist() == [1.0, -3.0]
    assert gate.recurrent_products.tolist() == [2.0]
    assert gate.total == 0.25
    assert found.state_after == math.tanh(0.25)
    assert found.equations == ("h = tanh(0.250) = 0.245",)


def test_the_reset_gate_scales_all_that_comes_from_the_state_and_nothing_else():
    weights, x, state, _ = drawn("gru")
    arrays = (weights["kernel"], weights["recurrent_kernel"], weights["bias"])
    update, reset, candidate = step_arithmetic("gru", "tanh", arrays, x, state, unit=3).gates
    assert (update.recurrent_scale, reset.recurrent_scale) == (1.0, 1.0)
    assert candidate.recurrent_scale == reset.value
    from_state = candidate.recurrent_products.sum() + weights["bias"][1, 2 * U + 3]
    from_input = candidate.input_products.sum() + weights["bias"][0, 2 * U + 3]
    assert candidate.total == pytest.approx(from_input + reset.value * from_state, abs=1e-12)


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_the_summands_are_the_whole_sum_however_many_are_named(kind):
    weights, x, state, memory = drawn(kind, seed=1)
    arrays = (weights["kernel"], weights["recurrent_kernel"], weights["bias"])
    for gate in step_arithmetic(kind, "tanh", arrays, x, state, 1, memory).gates:
        assert sum(term.product for term in gate.terms) == pytest.approx(gate.total, abs=1e-12)
        few = gate.largest_terms(4)
        assert sum(term.product for term in few) == pytest.approx(gate.total, abs=1e-12)
        assert len(few) == 5
        left_out = [term.product for term in gate.terms if term not in few]
        assert max(map(abs, left_out)) <= min(abs(term.product) for term in few[:-1])


def test_gates_stand_in_keras_order():
    weights, x, state, memory = drawn("lstm")
    arrays = (weights["kernel"], weights["recurrent_kernel"], weights["bias"])
    gates = step_arithmetic("lstm", "tanh", arrays, x, state, 2, memory).gates
    assert [gate.name for gate in gates] == ["input gate", "forget gate", "candidate", "output gate"]
    for number, gate in enumerate(gates):
        assert np.array_equal(gate.input_weights, weights["kernel"][:, number * U + 2])


@pytest.mark.parametrize(("total", "expected"), [(0.0, 0.5), (800.0, 1.0), (-800.0, 0.0), (1.5, 1 / (1 + math.exp(-1.5)))])
def test_the_sigmoid_does_not_overflow(total, expected):
    with np.errstate(over="raise"):
        assert squash("sigmoid", total) == pytest.approx(expected, abs=1e-15)
