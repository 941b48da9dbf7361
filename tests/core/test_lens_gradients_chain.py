"""One unrolled layer against automatic differentiation in double precision, closed forms, and what must hold for any weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.lenses.chain_rule import OverflowedStateError, backward, unroll
from rnn_core.lenses.jacobians import jacobian_norms_of, step_norms
from rnn_core.models.weights import GATES

KINDS = tuple(GATES)


def weights(kind, features=3, units=5, gain=1.0, seed=0):
    rng = np.random.default_rng(seed)
    columns = GATES[kind] * units
    return {
        "kernel": rng.normal(size=(features, columns)),
        "recurrent_kernel": gain * rng.normal(size=(units, columns)) / np.sqrt(units),
        "bias": 0.3 * rng.normal(size=(2, columns) if kind == "gru" else columns),
    }


def at_the_end(steps, gradient):
    return np.concatenate([np.zeros((steps - 1, len(gradient))), [gradient]])


def tape(kind, given_weights, inputs, activation, end_gradient):
    """States, gradients at every state and at the recurrent kernel, and all Jacobians of the last state, by TensorFlow."""
    import tensorflow as tf
    from keras import layers

    units = given_weights["recurrent_kernel"].shape[0]
    cell_class = {"simple_rnn": layers.SimpleRNNCell, "gru": layers.GRUCell, "lstm": layers.LSTMCell}[kind]
    cell = cell_class(units, activation=activation, dtype="float64")
    cell.build((1, inputs.shape[1]))
    cell.set_weights([given_weights[name] for name in ("kernel", "recurrent_kernel", "bias")])
    parts = 2 if kind == "lstm" else 1
    with tf.GradientTape(persistent=True) as watched:
        state = [tf.zeros((1, units), tf.float64) for _ in range(parts)]
        watched.watch(state)
        states = [state]
        for row in inputs:
            _, state = cell(tf.constant(row[None]), state)
            states.append(state)
        loss = tf.reduce_sum(state[0] * end_gradient)
    gradients = [[watched.gradient(loss, part) for part in state] for state in states]
    jacobians = [
        [[watched.jacobian(out, part, experimental_use_pfor=False) for part in state] for out in states[-1]] for state in states
    ]

    def number(tensor, shape):
        return np.zeros(shape) if tensor is None else np.asarray(tensor).reshape(shape)

    return {
        "states": np.array([number(state[0], units) for state in states]),
        "gradients": np.array([[number(g, units) for g in gradient] for gradient in gradients]),
        "kernel": np.asarray(watched.gradient(loss, cell.recurrent_kernel)),
        "jacobians": np.array([[[number(j, (units, units)) for j in row] for row in jacobian] for jacobian in jacobians]),
    }


@pytest.mark.parametrize(("kind", "activation"), [*((kind, "tanh") for kind in KINDS), ("simple_rnn", "relu")])
def test_agrees_with_a_tape_in_double_precision(kind, activation):
    given_weights, inputs = weights(kind, units=3), np.random.default_rng(1).normal(size=(6, 3))
    end = np.random.default_rng(2).normal(size=3)
    expected = tape(kind, given_weights, inputs, activation, end)
    chain = unroll(kind, given_weights, inputs, activation)
    np.testing.assert_allclose(chain.states, expected["states"], rtol=1e-12, atol=1e-14)

    found = backward(chain, at_the_end(6, end))
    sizes = np.exp(found.scales[1:])[:, None]
    np.testing.assert_allclose(found.at_states(chain) * sizes, expected["gradients"][1:, 0], rtol=1e-8)
    if kind == "lstm":
        np.testing.assert_allclose(found.at_cells(chain) * sizes, expected["gradients"][1:, 1], rtol=1e-8)
    kernel = chain.states[:-1].T @ (found.sums * np.exp(found.scales[1:])[:, None])
    np.testing.assert_allclose(kernel, expected["kernel"], rtol=1e-8, atol=1e-14)

    norms = jacobian_norms_of(chain, np.arange(7))
    jacobians = expected["jacobians"][::-1]  # by gap
    for part, logs in enumerate([norms.log_norms] if norms.cell_log_norms is None else [norms.log_norms, norms.cell_log_norms]):
        largest = np.linalg.norm(jacobians[1:, part, part], ord=2, axis=(1, 2))
        np.testing.assert_allclose(np.exp(logs[1:]), largest, rtol=1e-8)
    # before the first step state and cell state are not tied to one another, so the tape's blocks make up the whole Jacobian
    whole = np.block([[jacobians[-1][out][of] for of in range(chain.parts)] for out in range(chain.parts)])
    np.testing.assert_allclose(np.exp(norms.whole_log_norms[-1]), np.linalg.norm(whole, ord=2), rtol=1e-8)


def test_no_gap_is_too_long_for_a_scaled_rotation():
    turn = np.array([[0.3, -0.4], [0.4, 0.3]])  # every step multiplies by exactly 1/2
    given_weights = {"kernel": np.zeros((1, 2)), "recurrent_kernel": turn, "bias": np.zeros(2)}
    chain = unroll("simple_rnn", given_weights, np.zeros((10_000, 1)))
    gaps = np.array([0, 1, 10_000])
    norms = jacobian_norms_of(chain, gaps)
    np.testing.assert_allclose(norms.log_norms, gaps * np.log(0.5), rtol=1e-12)
    np.testing.assert_allclose(norms.log_bound, gaps * np.log(0.5), rtol=1e-12)
    found = backward(chain, at_the_end(10_000, np.array([3.0, 4.0])))
    np.testing.assert_allclose(found.scales[[10_000, 9_999, 0]], np.log(5) + gaps * np.log(0.5), rtol=1e-12)


def test_a_product_that_shrinks_slower_than_its_eigenvalues_say():
    """A Jordan block [[a, 1], [0, a]]: its power is a^n [[1, n/a], [0, 1]], whose singular values have a closed form."""
    a, gap = 0.9, 4_000
    given_weights = {"kernel": np.zeros((1, 2)), "recurrent_kernel": np.array([[a, 1.0], [0.0, a]]), "bias": np.zeros(2)}
    norms = jacobian_norms_of(unroll("simple_rnn", given_weights, np.zeros((gap, 1)), "linear"), np.array([gap]))
    expected = gap * np.log(a) + np.log(np.linalg.norm([[1, gap / a], [0, 1]], ord=2))
    np.testing.assert_allclose(norms.log_norms, [expected], rtol=1e-12)


def test_growth_beyond_a_double_keeps_its_logarithm():
    given_weights = {"kernel": np.zeros((1, 2)), "recurrent_kernel": 10 * np.eye(2), "bias": np.zeros(2)}
    chain = unroll("simple_rnn", given_weights, np.zeros((1_000, 1)))
    found = backward(chain, at_the_end(1_000, np.array([1.0, 0.0])))
    np.testing.assert_allclose(found.scales[0], 1_000 * np.log(10), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_zero_kernels_pass_nothing_or_only_what_the_gates_carry(kind):
    given_weights = {name: 0 * value for name, value in weights(kind).items()}
    norms = jacobian_norms_of(unroll(kind, given_weights, np.ones((6, 3))), np.arange(7))
    halves = np.arange(7) * np.log(0.5)  # sigmoid(0) of the update and of the forget gate
    assert norms.log_norms[0] == 0
    if kind == "gru":
        np.testing.assert_allclose(norms.log_norms, halves, atol=1e-12)
    else:  # no gate reads the state
        assert (norms.log_norms[1:] == -np.inf).all()
    if kind == "lstm":
        np.testing.assert_allclose(norms.cell_log_norms, halves, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_saturated_states_pass_no_gradient_and_no_nan(kind):
    given_weights = weights(kind)
    given_weights["kernel"] = 1e4 * given_weights["kernel"]
    chain = unroll(kind, given_weights, np.random.default_rng(3).normal(size=(20, 3)))
    if kind == "simple_rnn":
        assert (np.abs(chain.states[1:]) == 1).all()
    norms, found = jacobian_norms_of(chain, np.arange(21)), backward(chain, at_the_end(20, np.ones(5)))
    for values in (
        norms.log_norms,
        norms.whole_log_norms,
        norms.log_bound,
        norms.step_log_norms,
        found.scales,
        found.gradients,
        found.sums,
    ):
        assert not np.isnan(values).any()
    if kind == "simple_rnn":
        assert (norms.log_norms[1:] == -np.inf).all()


def test_a_state_beyond_a_double_is_refused_with_its_word():
    given_weights = {"kernel": np.ones((1, 1)), "recurrent_kernel": np.full((1, 1), 1e200), "bias": np.zeros(1)}
    with pytest.raises(OverflowedStateError, match="at word 3: nothing bounds relu units"):
        unroll("simple_rnn", given_weights, np.ones((5, 1)), "relu")


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    activation=st.sampled_from(["tanh", "relu", "linear"]),
    steps=st.integers(1, 25),
    units=st.integers(1, 6),
    gain=st.sampled_from([0.0, 1e-200, 1e-9, 0.1, 1.0, 3.0]),
    inside=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_any_chain_is_free_of_nan_and_within_its_bound(kind, activation, steps, units, gain, inside, seed):
    rng = np.random.default_rng(seed)
    chain = unroll(kind, weights(kind, units=units, gain=gain, seed=seed), rng.normal(size=(steps, 3)), activation)
    arriving = rng.normal(size=(steps, units)) if inside else at_the_end(steps, rng.normal(size=units))
    found, norms = backward(chain, arriving), jacobian_norms_of(chain, np.arange(steps + 1))
    for values in (
        found.gradients,
        found.sums,
        found.scales,
        norms.log_norms,
        norms.whole_log_norms,
        norms.log_bound,
        norms.step_log_norms,
    ):
        assert not np.isnan(values).any()
    assert found.gradients.shape == (steps + 1, chain.parts * units)
    assert norms.log_norms[0] == pytest.approx(0, abs=1e-12)
    assert (norms.whole_log_norms <= norms.log_bound + 1e-9).all()
    assert (norms.log_norms <= norms.whole_log_norms + 1e-9).all()
    np.testing.assert_allclose(norms.step_log_norms[-1], norms.whole_log_norms[1], rtol=1e-9)
    assert step_norms(chain).shape == (steps,)
    if not inside:
        logs = found.scales[::-1]
        assert (logs - logs[0] <= norms.whole_log_norms + 1e-9).all()


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(KINDS), steps=st.integers(1, 30), seed=st.integers(0, 1_000))
def test_a_pass_is_linear_in_what_arrives(kind, steps, seed):
    """The pass for many arrivals at once is the sum of the passes for each alone, whatever blocks and scales it went through."""
    rng = np.random.default_rng(seed)
    chain = unroll(kind, weights(kind, gain=1.5, seed=seed), rng.normal(size=(steps, 3)))
    arriving = rng.normal(size=(steps, 5)) * 10.0 ** rng.integers(-8, 8, size=(steps, 1))

    def plain(rows, scales=None):
        found = backward(chain, rows, scales)
        return found.gradients * np.exp(found.scales)[:, None]

    alone = np.sum([plain(np.where(np.arange(steps)[:, None] == t, arriving, 0)) for t in range(steps)], axis=0)
    together = plain(arriving)
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-9 * np.abs(alone).max())
    sizes = rng.normal(size=steps)
    np.testing.assert_allclose(plain(arriving * np.exp(-sizes)[:, None], sizes), together, rtol=1e-9)
