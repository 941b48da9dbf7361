"""From a specification to a compiled Keras model of stock layers, and its weights to and from plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from rnn_core.models.weights import (
    IDENTITY_GAIN,
    Weights,
    identity_recurrent_kernel,
    position_codes,
    recurrent_prefixes,
    weight_shapes,
)
from rnn_core.spec import PADDING_ID, ModelSpec

NORM_EPSILON = 1e-6


class WeightsError(ValueError):
    """Weights that do not fit the specification; the message says which."""


def build(spec: ModelSpec) -> Any:
    """The network of `spec`, compiled with Adam, cross-entropy and accuracy.

    Input: word ids `[batch, time_steps]` int32 padded with 0, or for `vocabulary=0` numbers `[batch, time_steps, features]`.
    Output: `[batch, 1]` probability of label 1 for two labels, else `[batch, labels]`; for `pooling="every"` the same at every
    step, `[batch, time_steps, 1]`. Layers are called embedding, recurrent, recurrent_2, dropout, output, … as in `weight_shapes`.
    Only layers and operations of Keras itself are used, so the saved `.keras` file loads without this package.

    Example:
        >>> build(ModelSpec()).count_params()
        6273
    """
    if spec.vocabulary:
        inputs = keras.Input((spec.time_steps,), dtype="int32", name="words")
        embedding = layers.Embedding(
            spec.vocabulary, spec.features, mask_zero=spec.is_recurrent and spec.mask, name="embedding", **_embedding_start(spec)
        )
        x = embedding(inputs)
        present = ops.not_equal(inputs, PADDING_ID) if spec.mask else None
    else:
        inputs = keras.Input((spec.time_steps, spec.features), name="features")
        x, present = inputs, None
    if spec.embedding_dropout:
        x = layers.Dropout(spec.embedding_dropout, noise_shape=(None, None, 1), name="embedding_dropout")(x)
    x = _BODIES.get(spec.kind, _recurrent_body)(spec, x, present)
    if spec.dropout:
        x = layers.Dropout(spec.dropout, name="dropout")(x)
    outputs = layers.Dense(spec.outputs, activation="sigmoid" if spec.labels == 2 else "softmax", name="output")(x)
    model = keras.Model(inputs, outputs, name=spec.kind)
    _set_fixed_starts(model, spec)
    loss = "binary_crossentropy" if spec.labels == 2 else "sparse_categorical_crossentropy"
    model.compile(optimizer=keras.optimizers.Adam(), loss=loss, metrics=["accuracy"])
    return model


def recurrent_layer(spec: ModelSpec, *, name: str, return_sequences: bool) -> Any:
    """One stock recurrent layer in one direction: SimpleRNN, GRU (reset_after) or LSTM of `spec.units`."""
    stock = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU, "lstm": layers.LSTM}[spec.kind]
    start = spec.recurrent_initializer
    return stock(
        spec.units,
        activation=spec.activation,
        recurrent_initializer=keras.initializers.Identity(gain=IDENTITY_GAIN) if start == "identity" else start,
        return_sequences=return_sequences,
        name=name,
    )


def draw_start(model: Any, spec: ModelSpec, seed: int) -> None:
    """Draws the initial weights anew, from `seed` alone.

    Keras takes the seeds of its initializers from Python's global generator, from which other threads draw, too: in a worker
    whose queue waits a random while, `keras.utils.set_random_seed` gives another start each time.
    """
    for place, (name, variable) in enumerate(variables_of(model, spec).items()):
        initializer = _initializer(name.rpartition("/")[2], spec)
        if initializer is not None:
            variable.assign(initializer(seed=seed * 64 + place)(variable.shape))


def _initializer(name: str, spec: ModelSpec) -> Any:
    """What Keras draws this array from; None for one that does not start at random."""
    if name == "embeddings":
        normal = keras.initializers.RandomNormal
        return partial(normal, stddev=1.0) if spec.kind == "transformer" else keras.initializers.RandomUniform
    if name == "recurrent_kernel":
        starts = {"orthogonal": keras.initializers.Orthogonal, "glorot_uniform": keras.initializers.GlorotUniform}
        return starts.get(spec.recurrent_initializer)
    return keras.initializers.GlorotUniform if name.endswith("kernel") else None


def weights_of(model: Any, spec: ModelSpec) -> Weights:
    """Every trained array of the model by its name in `weight_shapes`, as float32 copies."""
    return {name: np.array(variable, dtype=np.float32) for name, variable in variables_of(model, spec).items()}


def set_weights(model: Any, spec: ModelSpec, weights: Weights) -> None:
    """Writes arrays named as in `weight_shapes` into a model that `build` made for the same `spec`.

    Raises:
        WeightsError: a name or a shape that the specification does not have.
    """
    expected = weight_shapes(spec)
    if set(weights) != set(expected):
        raise WeightsError(
            f"Weights do not fit the model: these names differ: {', '.join(sorted(set(weights) ^ set(expected)))}."
        )
    for name, variable in variables_of(model, spec).items():
        if weights[name].shape != expected[name]:
            raise WeightsError(f"{name} must have the shape {expected[name]}, not {weights[name].shape}.")
        variable.assign(weights[name])


def variables_of(model: Any, spec: ModelSpec) -> dict[str, Any]:
    """The Keras variable behind each name of `weight_shapes`, in the same order."""
    found: dict[str, list[Any]] = {}
    for name in weight_shapes(spec):
        layer, _, _ = name.rpartition("/")
        found.setdefault(layer, [])
    for layer in found:
        found[layer] = _variables_of_layer(model, spec, layer)
    streams = {layer: iter(variables) for layer, variables in found.items()}
    return {name: next(streams[name.rpartition("/")[0]]) for name in weight_shapes(spec)}


def _variables_of_layer(model: Any, spec: ModelSpec, layer: str) -> list[Any]:
    if layer == "":  # bare names: the embedding and the first forward recurrent layer
        embeddings = list(model.get_layer("embedding").weights) if spec.vocabulary else []
        return embeddings + (_direction(model, spec, "recurrent", False).weights if spec.is_recurrent else [])
    if layer in ("backward", "recurrent_2", "backward_2"):
        keras_name = "recurrent_2" if layer.endswith("_2") else "recurrent"
        return list(_direction(model, spec, keras_name, layer.startswith("backward")).weights)
    return list(model.get_layer(layer).weights)


def _direction(model: Any, spec: ModelSpec, name: str, backward: bool) -> Any:
    layer = model.get_layer(name)
    if not spec.bidirectional:
        return layer
    return layer.backward_layer if backward else layer.forward_layer


def _recurrent_body(spec: ModelSpec, x: Any, present: Any) -> Any:
    for number in range(1, spec.layers + 1):
        name = "recurrent" if number == 1 else "recurrent_2"
        sequences = number < spec.layers or spec.pooling != "last"
        layer = recurrent_layer(spec, name=name, return_sequences=sequences)
        x = (layers.Bidirectional(layer, name=name) if spec.bidirectional else layer)(x)
    if spec.pooling == "mean":
        return _masked_mean(x, present)
    if spec.pooling == "max":
        return _masked_max(x, present)
    if spec.pooling == "mean_max":
        return layers.Concatenate(name="mean_max")([_masked_mean(x, present), _masked_max(x, present)])
    return x


def _bag_of_words_body(spec: ModelSpec, x: Any, present: Any) -> Any:
    return _masked_mean(x, present)


def _dense_body(spec: ModelSpec, x: Any, present: Any) -> Any:
    return layers.Dense(spec.units, activation="relu", name="hidden")(layers.Flatten(name="flatten")(_zero_padding(x, present)))


def _conv1d_body(spec: ModelSpec, x: Any, present: Any) -> Any:
    conv = layers.Conv1D(spec.units, spec.kernel_size, padding="same", activation="relu", name="conv")
    # After relu nothing is below zero, so a zero at the padded positions never wins against a word.
    return layers.GlobalMaxPooling1D(name="max")(_zero_padding(conv(_zero_padding(x, present)), present))


def _transformer_body(spec: ModelSpec, x: Any, present: Any) -> Any:
    if spec.positions:
        # Words count from 0 at the first word, wherever the padding stands.
        ones = ops.ones_like(x[:, :, 0], dtype="int32") if present is None else ops.cast(present, "int32")
        place = ops.maximum(ops.cumsum(ones, axis=1) - 1, 0)
        x = x + layers.Embedding(spec.time_steps, spec.features, trainable=False, name="positions")(place)
    normed = layers.LayerNormalization(epsilon=NORM_EPSILON, name="attention_norm")(x)
    attention = layers.MultiHeadAttention(spec.heads, spec.features // spec.heads, name="attention")
    x = x + attention(normed, normed, attention_mask=None if present is None else ops.expand_dims(present, 1))
    normed = layers.LayerNormalization(epsilon=NORM_EPSILON, name="hidden_norm")(x)
    hidden = layers.Dense(spec.units, activation="relu", name="hidden")(normed)
    x = x + layers.Dense(spec.features, name="feed_forward")(hidden)
    return _masked_mean(layers.LayerNormalization(epsilon=NORM_EPSILON, name="final_norm")(x), present)


_BODIES: dict[str, Callable[[ModelSpec, Any, Any], Any]] = {
    "bag_of_words": _bag_of_words_body,
    "dense": _dense_body,
    "conv1d": _conv1d_body,
    "transformer": _transformer_body,
}


def _zero_padding(x: Any, present: Any) -> Any:
    return x if present is None else x * ops.cast(ops.expand_dims(present, -1), "float32")


def _masked_mean(x: Any, present: Any) -> Any:
    """Mean over the words; zero for a text without words (GlobalAveragePooling1D would give NaN there)."""
    if present is None:
        return layers.GlobalAveragePooling1D(name="mean")(x)
    count = ops.sum(ops.cast(present, "float32"), axis=1, keepdims=True)
    return ops.sum(_zero_padding(x, present), axis=1) / ops.maximum(count, 1.0)


def _masked_max(x: Any, present: Any) -> Any:
    """Greatest value over the words; zero for a text without words."""
    if present is None:
        return layers.GlobalMaxPooling1D(name="max")(x)
    greatest = ops.max(ops.where(ops.expand_dims(present, -1), x, -1e30), axis=1)
    return ops.where(ops.any(present, axis=1, keepdims=True), greatest, 0.0)


def _embedding_start(spec: ModelSpec) -> dict[str, Any]:
    # Position codes reach 1: words that start at 0.05 would drown beside them.
    return {"embeddings_initializer": keras.initializers.RandomNormal(stddev=1.0)} if spec.kind == "transformer" else {}


def _set_fixed_starts(model: Any, spec: ModelSpec) -> None:
    if spec.kind == "transformer" and spec.positions:
        model.get_layer("positions").set_weights([position_codes(spec.time_steps, spec.features)])
    if spec.recurrent_initializer == "identity":
        # Keras' Identity would give a gated cell's identity to its first gate alone.
        variables = variables_of(model, spec)
        for prefix, _ in recurrent_prefixes(spec):
            variables[f"{prefix}recurrent_kernel"].assign(identity_recurrent_kernel(spec))
