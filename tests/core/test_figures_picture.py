"""The figures of one step and of any length draw the numbers that they are given, and say them in words."""

import numpy as np
import pytest

from rnn_core.bundled import bundled, example_reviews
from rnn_core.figures import any_length as length_figures
from rnn_core.figures.inside_step import SHOWN_TERMS, describe_inside_step, inside_step
from rnn_core.lenses.any_length import any_length, padding_drift
from rnn_core.lenses.inside_step import step_arithmetic
from rnn_core.lenses.picture import inside_step as lens
from rnn_core.models.initial import initial_weights
from rnn_core.spec import ModelSpec

TEXT = "a smart , funny film"


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_the_staircase_ends_at_the_sum(kind):
    step = lens(bundled(kind), TEXT, step=3, unit=1)
    for gate in step.gates:
        (bars,) = inside_step(gate).data
        assert bars.x[-1] == "sum"
        assert list(bars.measure) == ["relative"] * len(gate.terms) + ["total"]
        assert sum(bars.y[:-1]) == pytest.approx(gate.total, abs=1e-6)
        words = describe_inside_step(step, gate)
        assert f"unit 2 at step 4: {len(gate.terms)} summands" in words
        assert f"they add up to {gate.total:.3f}, and {gate.function} makes it {gate.value:.3f}" in words


def test_a_wide_network_gets_as_many_steps_as_can_be_told_apart():
    spec = ModelSpec(units=64, features=32)
    weights = initial_weights(spec)
    arrays = (weights["kernel"], weights["recurrent_kernel"], weights["bias"])
    rng = np.random.default_rng(0)
    (gate,) = step_arithmetic("simple_rnn", "tanh", arrays, rng.normal(size=32), rng.normal(size=64), unit=5).gates
    (bars,) = inside_step(gate).data
    assert len(bars.x) == SHOWN_TERMS + 2  # the others together, and the sum
    assert sum(bars.y[:-1]) == pytest.approx(gate.total, abs=1e-6)


def test_final_states_are_rows_of_equal_length():
    found = any_length(bundled(), example_reviews())
    (cells,) = length_figures.final_states(found).data
    assert np.array_equal(np.array(cells.z), [reading.state for reading in found.readings])
    assert list(cells.y) == ["10 words", "100 words", "300 words"]
    assert "is 8 numbers, whatever its length" in length_figures.describe_final_states(found)


def test_the_chosen_drift_stands_out_over_the_others():
    settings = [("left", False), ("right", False), ("left", True)]
    drifts = [padding_drift(bundled(), TEXT, 20, side, mask) for side, mask in settings]
    figure = length_figures.padding_drift(drifts, drifts[1])
    assert [line.name for line in figure.data][-1] == "padding on the right, not masked"
    assert np.array_equal(figure.data[-1].y, drifts[1].distance)
    assert figure.data[-1].line.width > figure.data[0].line.width
    (shade,) = figure.layout.shapes
    assert (shade.x0, shade.x1) == (5.5, 20.5)  # steps 6 to 20 are padding
    assert "15 of 20 steps are padding" in length_figures.describe_padding_drift(drifts[1])
