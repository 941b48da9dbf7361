"""One unit's gradient is the sum that it is said to be, and the local factor is the derivative of one step."""

import numpy as np
import pytest

from rnn_core.figures.gradient_step import describe_local_factor
from rnn_core.figures.gradient_step import local_factor as factor_figure
from rnn_core.lenses.chain_rule import GradientError, unroll
from rnn_core.lenses.gradient_unit import local_factor, unit_gradient
from rnn_core.lenses.gradients import through_time
from tests.core.small import TEXT, small_classifier

KINDS = ("simple_rnn", "gru", "lstm")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_the_parts_add_up_to_the_gradient(kind, pooling):
    found = through_time(small_classifier(kind=kind, pooling=pooling), TEXT, 1)
    for step in (0, 4, 8, 9):
        for unit in range(4):
            one = unit_gradient(found, step, unit)
            assert one.parts.sum() + one.carried + one.outside == pytest.approx(found.state_gradients[step, unit])
            assert (one.outside != 0) == (pooling == "mean" or step == 9)
    assert unit_gradient(found, 3, 0).carried == 0 or kind == "gru"


def test_a_simple_rnn_s_slopes_are_one_minus_the_square_of_the_state():
    found = through_time(small_classifier(), TEXT, 1)
    one = unit_gradient(found, 2, 1)
    np.testing.assert_allclose(one.slopes[0], 1 - found.states[3] ** 2)
    np.testing.assert_allclose(one.weights[0], found.chain.recurrent_kernel[1])
    matrix = local_factor(found, 3)
    np.testing.assert_allclose(matrix, np.diag(1 - found.states[3] ** 2) @ found.chain.recurrent_kernel.T)
    np.testing.assert_allclose(found.state_gradients[3] @ matrix, found.state_gradients[2])


def test_the_local_factor_is_the_derivative_of_a_step():
    """Against finite differences: the word's own input is kept, the state before it is moved."""
    classifier = small_classifier(kind="gru")
    found = through_time(classifier, TEXT, 1)
    chain, step, small = found.chain, 5, 1e-6
    weights = classifier.layer_weights("")

    def after(state):
        bias = weights["bias"].astype(np.float64).copy()
        # a state before the first word is zero in `unroll`: the same step, with the state's share put into the recurrent bias
        bias[1] = bias[1] + state @ chain.recurrent_kernel
        moved = unroll("gru", {**weights, "bias": bias}, chain.inputs[step : step + 1])
        update = moved.carry[0]
        return moved.states[1] + update * state

    before = chain.states[step]
    columns = [(after(before + small * e) - after(before - small * e)) / (2 * small) for e in np.eye(4)]
    np.testing.assert_allclose(local_factor(found, step), np.array(columns).T, atol=1e-8)


def test_the_figure_says_the_singular_values():
    matrix = local_factor(through_time(small_classifier(kind="lstm"), TEXT, 1), 3)
    assert matrix.shape == (8, 8)
    assert f"{np.linalg.norm(matrix, 2):.3g} at most" in describe_local_factor(matrix, "not")
    np.testing.assert_array_equal(factor_figure(matrix).data[0].z, matrix)


def test_steps_and_units_that_are_not_there_are_refused():
    found = through_time(small_classifier(), "good film", 1)
    for step, unit in ((2, 0), (-1, 0), (0, 4)):
        with pytest.raises(GradientError, match="there is no unit"):
            unit_gradient(found, step, unit)
    with pytest.raises(GradientError, match="there is no step"):
        local_factor(found, 2)
