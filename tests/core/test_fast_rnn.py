"""The fast recurrent layers against stock Keras: values, every gradient, masks and options, and the files they are saved in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rnn_core.models import keras_fast_rnn as fast

TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
CELLS = ("SimpleRNN", "GRU", "LSTM")


def values_and_gradients(layer: Any, x: Any, mask: Any, initial: list[Any] | None) -> list[np.ndarray]:
    """Every output, and the gradient of a sum that no symmetry hides with respect to inputs, initial states and weights."""
    weights = [weight.value for weight in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([x, *(initial or [])])
        outputs = layer(x, mask=mask, initial_state=initial, training=True)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        total = sum(tf.reduce_sum(tf.sin(output * (place + 1.3))) for place, output in enumerate(outputs))
    sources = [x, *weights, *(initial or [])]
    return [np.asarray(a) for a in [*outputs, *tape.gradient(total, sources, unconnected_gradients="zero")]]


def twins(cell: str, width: int, **options: Any) -> tuple[Any, Any]:
    """A stock layer and a fast one with the same weights, far from zero so that every term counts."""
    stock, quick = getattr(keras.layers, cell)(**options), getattr(fast, cell)(**options)
    for layer in (stock, quick):
        layer.build((None, None, width))
    rng = np.random.default_rng(1)
    weights = [rng.normal(0, 0.5, weight.shape) for weight in stock.get_weights()]
    stock.set_weights(weights)
    quick.set_weights(weights)
    return stock, quick


def assert_same(stock: Any, quick: Any, *call: Any, tolerance: float) -> None:
    for expected, found in zip(values_and_gradients(stock, *call), values_and_gradients(quick, *call), strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def masked(kind: str, batch: int, steps: int, rng: np.random.Generator) -> Any:
    """[B, T] bool: padding on the left or right, one row wholly padded, or any pattern; None for none."""
    lengths = np.minimum(np.arange(batch) * 2, steps)[:, None]
    patterns = {"left": np.arange(steps) >= steps - lengths, "right": np.arange(steps) < lengths}
    patterns["any"] = rng.random((batch, steps)) < 0.5
    return tf.constant(patterns[kind]) if kind in patterns else None


@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(
    dtype=st.sampled_from(["float32", "float64"]),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 4), st.integers(1, 5)),
    mask=st.sampled_from(["none", "left", "right", "any"]),
    given_initial=st.booleans(),
    options=st.fixed_dictionaries(
        {
            "return_sequences": st.booleans(),
            "return_state": st.booleans(),
            "go_backwards": st.booleans(),
            "use_bias": st.booleans(),
        }
    ),
)
def test_values_and_gradients_are_those_of_stock_keras(
    cell: str, dtype: str, shape: tuple[int, int, int, int], mask: str, given_initial: bool, options: dict[str, bool]
) -> None:
    batch, steps, width, units = shape
    rng = np.random.default_rng(0)
    stock, quick = twins(cell, width, units=units, dtype=dtype, **options)
    x = tf.constant(rng.normal(size=(batch, steps, width)), dtype)
    states = 2 if cell == "LSTM" else 1
    initial = [tf.constant(rng.normal(size=(batch, units)), dtype) for _ in range(states)] if given_initial else None
    assert_same(stock, quick, x, masked(mask, batch, steps, rng), initial, tolerance=TOLERANCE[dtype])


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"},
        {"activation": "linear", "return_sequences": True},
        {"activation": "elu"},  # falls back, as do the next three
        {"unroll": True},
        {"dtype": "mixed_bfloat16"},
        {"recurrent_dropout": 0.5},
        {"zero_output_for_mask": True, "return_sequences": True, "return_state": True},
    ],
    ids=str,
)
def test_options_of_simple_rnn_take_the_fast_path_or_the_stock_one_with_the_same_result(options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    stock, quick = twins("SimpleRNN", 3, units=4, **options)
    x = tf.constant(rng.normal(size=(3, 5, 3)), "float32")
    if "recurrent_dropout" in options:
        stock.cell.recurrent_dropout = quick.cell.recurrent_dropout = 0.0
    assert_same(stock, quick, x, masked("any", 3, 5, rng), None, tolerance=1e-2 if "dtype" in options else 1e-5)


def test_dropout_of_the_cell_drops_whole_inputs_for_all_steps() -> None:
    keras.utils.set_random_seed(3)
    layer = fast.SimpleRNN(4, dropout=0.5, return_sequences=True)
    x = np.ones((2, 3, 6), np.float32)
    assert not np.allclose(layer(x, training=True), layer(x, training=False))
    np.testing.assert_allclose(layer(x, training=False), layer(x), atol=0)


def test_an_unknown_number_of_steps_falls_back() -> None:
    stock, quick = twins("SimpleRNN", 3, units=4)
    x = tf.random.stateless_normal([2, 5, 3], [0, 0])
    found = [tf.function(layer, input_signature=[tf.TensorSpec([None, None, 3])])(x) for layer in (stock, quick)]
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)


def test_gradient_of_the_recurrent_kernel_is_the_difference_quotient() -> None:
    _, layer = twins("SimpleRNN", 3, units=4, dtype="float64")
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 6, 3)))
    kernel = layer.cell.recurrent_kernel

    def loss() -> Any:
        return tf.reduce_sum(tf.sin(layer(x)))

    with tf.GradientTape() as tape:
        tape.watch(kernel.value)
        value = loss()
    gradient = tape.gradient(value, kernel.value).numpy()
    step, before = 1e-6, kernel.numpy().copy()
    for place in [(0, 0), (1, 3), (3, 2)]:
        quotients = []
        for sign in (1, -1):
            moved = before.copy()
            moved[place] += sign * step
            kernel.assign(moved)
            quotients.append(float(loss()))
        assert gradient[place] == pytest.approx((quotients[0] - quotients[1]) / (2 * step), rel=1e-6)


def network(bidirectional: bool = True) -> Any:
    inner = keras.layers.SimpleRNN(5, name="recurrent")
    return keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            keras.layers.Embedding(11, 3, mask_zero=True),
            keras.layers.Bidirectional(inner) if bidirectional else inner,
            keras.layers.Dense(1),
        ]
    )


def test_lstm_of_a_shape_that_xla_once_compiled_wrongly() -> None:
    stock, quick = twins("LSTM", 1, units=5, dtype="float64")
    x = tf.constant(np.random.default_rng(0).normal(size=(1, 4, 1)))
    assert_same(stock, quick, x, None, None, tolerance=1e-10)


WORDS = np.array([[0, 0, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 10], [0, 0, 0, 0, 0, 0, 2]], np.int32)


def test_accelerate_reaches_layers_inside_bidirectional_and_changes_no_answer() -> None:
    model = network()
    before = np.asarray(model(WORDS))
    wrapper = fast.accelerate(model).layers[1]
    assert type(wrapper.forward_layer) is type(wrapper.backward_layer) is fast.SimpleRNN
    np.testing.assert_allclose(model(WORDS), before, atol=1e-6)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_a_saved_model_holds_stock_layers_alone(tmp_path: Path, bidirectional: bool) -> None:
    model = fast.accelerate(network(bidirectional))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    layer = loaded.layers[1].forward_layer if bidirectional else loaded.layers[1]
    assert type(layer) is keras.layers.SimpleRNN
    np.testing.assert_allclose(loaded(WORDS), model(WORDS), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_weight_files_go_both_ways(tmp_path: Path, cell: str) -> None:
    def one(layer: Any) -> Any:
        return keras.Sequential([keras.Input((4, 3)), layer])

    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    stock, quick = getattr(keras.layers, cell), getattr(fast, cell)
    for writer, reader in ((stock, quick), (quick, stock)):
        written, read = one(writer(5)), one(reader(5))
        written.save_weights(tmp_path / "w.weights.h5")
        read.load_weights(tmp_path / "w.weights.h5")
        np.testing.assert_allclose(read(x), written(x), atol=1e-6)


def test_keras_own_fit_trains_a_fast_model_like_a_stock_one() -> None:
    losses = []
    for make in (lambda model: model, fast.accelerate):
        keras.utils.set_random_seed(0)
        model = make(network())
        model.compile("adam", "mse")
        history = model.fit(WORDS, np.array([0.0, 1.0, 2.0]), epochs=3, batch_size=2, shuffle=False, verbose=0)
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
