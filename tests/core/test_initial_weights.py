"""A network before training starts where Keras' initializers start it."""

import numpy as np
import pytest

from rnn_core.models.initial import initial_weights
from rnn_core.models.weights import GATES, weight_shapes
from rnn_core.spec import KINDS, RECURRENT_KINDS, ModelSpec


@pytest.mark.parametrize("kind", KINDS)
def test_every_array_is_there_and_the_seed_decides(kind):
    spec = ModelSpec(kind=kind, units=8, time_steps=10, features=8, vocabulary=50)
    weights = initial_weights(spec, seed=1)
    assert {name: array.shape for name, array in weights.items()} == weight_shapes(spec)
    assert all(array.dtype == np.float32 for array in weights.values())
    assert all(np.array_equal(array, initial_weights(spec, seed=1)[name]) for name, array in weights.items())
    assert not np.array_equal(weights["output/kernel"], initial_weights(spec, seed=2)["output/kernel"])


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_recurrent_kernels_are_what_the_spec_says(kind):
    """Orthonormal rows over all gates together, as Keras draws one matrix for all of them; Glorot's limit; 0.9 times identity."""
    units, gates = 12, GATES[kind]
    orthogonal = initial_weights(ModelSpec(kind=kind, units=units))["recurrent_kernel"]
    assert np.allclose(orthogonal @ orthogonal.T, np.eye(units), atol=1e-5)
    glorot = initial_weights(ModelSpec(kind=kind, units=units, recurrent_initializer="glorot_uniform"))["recurrent_kernel"]
    limit = np.sqrt(6 / (units + gates * units))
    assert 0.9 * limit < np.abs(glorot).max() <= limit
    identity = initial_weights(ModelSpec(kind=kind, units=units, recurrent_initializer="identity"))["recurrent_kernel"]
    assert np.allclose(identity, np.tile(0.9 * np.eye(units), gates))


def test_the_forget_gate_of_an_lstm_starts_open_and_all_other_biases_at_zero():
    weights = initial_weights(ModelSpec(kind="lstm", units=8, labels=32))
    assert weights["bias"].reshape(4, 8).tolist() == [[0] * 8, [1] * 8, [0] * 8, [0] * 8]
    assert not weights["output/bias"].any()
