"""The NumPy network and the table of layers against Keras, over all that a specification can say."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_core.models.keras_build import WeightsError, build, set_weights, weights_of
from rnn_core.models.network import Network
from rnn_core.models.summary import LayerRow, layer_table
from rnn_core.models.weights import weight_shapes
from rnn_core.spec import KINDS, RECURRENT_KINDS, ModelSpec

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def specs(draw, kinds=KINDS):
    """Any combination that a specification takes, small."""
    kind = draw(st.sampled_from(kinds))
    options = {
        "kind": kind,
        "units": draw(st.integers(1, 6)),
        "time_steps": draw(st.integers(1, 7)),
        "features": draw(st.sampled_from([2, 4, 6])),
        "heads": draw(st.sampled_from([1, 2])),
        "vocabulary": draw(st.sampled_from([0, 9, 9])),
        "labels": draw(st.sampled_from([2, 2, 3])),
        "kernel_size": draw(st.integers(1, 5)),
        "mask": draw(st.booleans()),
        "padding": draw(st.sampled_from(["left", "right"])),
        "dropout": draw(st.sampled_from([0.0, 0.3])),
        "embedding_dropout": draw(st.sampled_from([0.0, 0.3])),
        "positions": draw(st.booleans()),
    }
    if kind in RECURRENT_KINDS:
        both = draw(st.booleans())
        options |= {
            "layers": draw(st.integers(1, 2)),
            "bidirectional": both,
            "pooling": draw(st.sampled_from(["last", "mean", "max", "mean_max"] + ([] if both else ["every"]))),
            "activation": draw(st.sampled_from(["tanh", "relu", "linear"])),
            "recurrent_initializer": draw(st.sampled_from(["orthogonal", "glorot_uniform", "identity"])),
        }
    return ModelSpec(**options)


def some_weights(spec: ModelSpec, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    wide = {name: 0.7 / np.sqrt(np.prod(shape[:-1])) if len(shape) > 1 else 0.3 for name, shape in weight_shapes(spec).items()}
    return {name: rng.normal(0, wide[name], shape).astype(np.float32) for name, shape in weight_shapes(spec).items()}


def padded(texts: list[np.ndarray], spec: ModelSpec) -> np.ndarray:
    ids = np.zeros((len(texts), spec.time_steps), np.int32)
    for row, text in zip(ids, texts, strict=True):
        text = text[: spec.time_steps]
        first = spec.time_steps - len(text) if spec.padding == "left" else 0
        row[first : first + len(text)] = text
    return ids


def assert_answers_as_keras(spec: ModelSpec) -> None:
    """One text of every length from none to one beyond what is read, in one batch and each alone."""
    model, weights = build(spec), some_weights(spec)
    set_weights(model, spec, weights)
    network, rng = Network(spec, weights), np.random.default_rng(1)
    if spec.vocabulary:
        texts = [rng.integers(1, spec.vocabulary, length).astype(np.int32) for length in range(spec.time_steps + 2)]
        theirs = np.asarray(model(padded(texts, spec)))
        ours = network.probabilities(texts)
        alone = np.concatenate([Network(spec, weights).probabilities([text]) for text in texts])
        np.testing.assert_allclose(alone, ours, atol=1e-6)
    else:
        numbers = rng.normal(size=(3, spec.time_steps, spec.features)).astype(np.float32)
        theirs, ours = np.asarray(model(numbers)), network.probabilities_of_features(numbers)
    if spec.pooling == "every":
        theirs = theirs[:, -1]
    if spec.labels == 2:
        theirs = np.concatenate([1 - theirs, theirs], axis=1)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mask", [True, False])
def test_every_kind_answers_as_keras(kind, mask):
    assert_answers_as_keras(ModelSpec(kind=kind, units=5, time_steps=6, features=8, heads=2, vocabulary=9, mask=mask))


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_two_layers_both_directions_and_both_pools_answer_as_keras(kind):
    spec = ModelSpec(kind=kind, units=4, time_steps=6, features=3, vocabulary=9, layers=2, bidirectional=True, pooling="mean_max")
    assert_answers_as_keras(spec)
    assert_answers_as_keras(spec.replace(padding="right", mask=False, pooling="last", labels=3))


@given(specs())
@FEW
def test_any_combination_answers_as_keras(spec):
    assert_answers_as_keras(spec)


def test_long_texts_answer_as_keras_within_the_tolerance():
    assert_answers_as_keras(ModelSpec(kind="simple_rnn", units=32, time_steps=60, features=16, vocabulary=50))


@given(specs())
@settings(FEW, max_examples=25)
def test_layer_table_has_the_parameters_and_shapes_of_keras(spec):
    assert_table_is_keras(spec)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_table_is_right_at_the_limits(kind):
    """One of everything, and sizes of thousands; Keras builds the weights, so not the very largest."""
    spec = ModelSpec(kind=kind, units=1, time_steps=1, features=1, heads=1, kernel_size=1, vocabulary=3)
    assert_table_is_keras(spec)
    assert_table_is_keras(
        spec.replace(units=96, time_steps=200, features=40, heads=8, kernel_size=25, vocabulary=2000, labels=50)
    )


def assert_table_is_keras(spec: ModelSpec) -> None:
    model, rows = build(spec), layer_table(spec)
    assert sum(row.parameters for row in rows) == model.count_params()
    assert rows[-1].output_shape == model.output_shape
    layers = {layer.name: layer for layer in model.layers}
    following = None
    for row in reversed(rows):
        if row.name in layers:
            layer = layers[row.name]
            assert row.parameters == layer.count_params(), row
            assert row.output_shape == tuple(layer.output.shape), row
            assert row.kind.split("(")[0] == type(layer).__name__
        else:  # a few operations: what they give is what the next layer reads
            assert row.output_shape == tuple(
                following.input[0].shape if isinstance(following.input, list) else following.input.shape
            )
        following = layers.get(row.name, following)
        assert_formula(row)
    with_weights = {layer.name for layer in model.layers if layer.weights and layer.count_params()}
    assert with_weights == {row.name for row in rows if row.parameters}
    fixed = sum(row.parameters for row in rows if not row.trained)
    assert fixed == sum(int(np.prod(weight.shape)) for weight in model.non_trainable_variables if weight.name == "embeddings")


def assert_formula(row: LayerRow) -> None:
    """The formula is true as arithmetic, and says the number that the row says."""
    if row.parameters:
        left, right = row.formula.replace(",", "").replace("·", "*").split(" = ")
        assert eval(left) == int(right) == row.parameters  # noqa: S307  # our own formula
    else:
        assert row.formula == ""


def test_textbook_model_has_6273_parameters_in_the_textbook_formula():
    rows = layer_table(ModelSpec())
    assert [(row.name, row.parameters) for row in rows] == [("features", 0), ("recurrent", 6208), ("output", 65)]
    assert rows[1].formula == "64·(32 + 64 + 1) = 6,208"
    assert rows[1].per_step == 64 * (32 + 64)  # one product a weight, none for the bias
    assert rows[1].per_text == 100 * 6144
    assert rows[1].state_bytes == 64 * 4
    assert [(axis.name, axis.size) for axis in rows[1].axes] == [("batch", None), ("units", 64)]


@pytest.mark.parametrize(("kind", "numbers"), [("simple_rnn", 1), ("gru", 1), ("lstm", 2)])
def test_state_carried_counts_both_directions_and_the_memory_line_of_an_lstm(kind, numbers):
    spec = ModelSpec(kind=kind, units=8, bidirectional=True, layers=2)
    assert [row.state_bytes for row in layer_table(spec) if row.name.startswith("recurrent")] == [2 * 8 * 4 * numbers] * 2


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_identity_start_is_nine_tenths_of_the_state_for_every_gate(kind):
    spec = ModelSpec(kind=kind, units=3, features=2, recurrent_initializer="identity", bidirectional=True)
    weights = weights_of(build(spec), spec)
    for name in ("recurrent_kernel", "backward/recurrent_kernel"):
        for gate in np.split(weights[name], weights[name].shape[1] // 3, axis=1):
            np.testing.assert_array_equal(gate, np.float32(0.9) * np.eye(3, dtype=np.float32))


def test_weights_come_back_as_they_were_set_and_wrong_ones_are_named():
    spec = ModelSpec(kind="lstm", units=3, features=2, vocabulary=5, layers=2, bidirectional=True)
    model, weights = build(spec), some_weights(spec)
    set_weights(model, spec, weights)
    for name, array in weights_of(model, spec).items():
        np.testing.assert_array_equal(array, weights[name])
    with pytest.raises(WeightsError, match="backward/kernel"):
        set_weights(model, spec, {name: array for name, array in weights.items() if name != "backward/kernel"})
    with pytest.raises(WeightsError, match=r"output/bias must have the shape \(1,\), not \(2,\)"):
        set_weights(model, spec, {**weights, "output/bias": np.zeros(2, np.float32)})


def test_embedding_dropout_takes_whole_words():
    spec = ModelSpec(kind="bag_of_words", time_steps=50, features=8, vocabulary=9, embedding_dropout=0.5)
    dropped = np.asarray(build(spec).get_layer("embedding_dropout")(np.ones((4, 50, 8), np.float32), training=True))
    assert (dropped == dropped[:, :, :1]).all()
    assert 0 < (dropped == 0).mean() < 1
