"""The trained numbers of a network: their names, their shapes, and the position codes that are not trained."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnn_core.spec import ModelSpec

Array = NDArray[np.float32]
Weights = dict[str, Array]

GATES = {"simple_rnn": 1, "gru": 3, "lstm": 4}
IDENTITY_GAIN = 0.9


def weight_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every trained array, in the order of the computation.

    The first forward recurrent layer's arrays are called as Keras calls them (`kernel` [D, G·U], `recurrent_kernel` [U, G·U],
    `bias` [G·U], for GRU [2, 3·U]), so is `embeddings` [V, D]; every other name starts with its layer: `backward/kernel`,
    `recurrent_2/kernel`, `backward_2/kernel`, `hidden/kernel`, `conv/kernel`, `attention/query_kernel`, `output/kernel`.
    Gates stand in Keras' order: GRU update, reset, candidate; LSTM input, forget, candidate, output.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    if spec.vocabulary:
        shapes["embeddings"] = (spec.vocabulary, spec.features)
    if spec.is_recurrent:
        for prefix, width in recurrent_prefixes(spec):
            shapes |= _cell_shapes(spec, prefix, width)
    elif spec.kind == "dense":
        shapes |= _dense_shapes("hidden", spec.time_steps * spec.features, spec.units)
    elif spec.kind == "conv1d":
        shapes |= {"conv/kernel": (spec.kernel_size, spec.features, spec.units), "conv/bias": (spec.units,)}
    elif spec.kind == "transformer":
        shapes |= _transformer_shapes(spec)
    return shapes | _dense_shapes("output", pooled_width(spec), spec.outputs)


def recurrent_prefixes(spec: ModelSpec) -> tuple[tuple[str, int], ...]:
    """(prefix of its weights' names, width of its input) a recurrent layer: forward before backward, lower before upper."""
    second = spec.units * (2 if spec.bidirectional else 1)
    layers = [("", "backward/", spec.features), ("recurrent_2/", "backward_2/", second)][: spec.layers]
    directions = 2 if spec.bidirectional else 1
    return tuple((prefix, width) for forward, backward, width in layers for prefix in (forward, backward)[:directions])


def pooled_width(spec: ModelSpec) -> int:
    """Numbers that the output layer sees."""
    if spec.is_recurrent:
        return spec.units * (2 if spec.bidirectional else 1) * (2 if spec.pooling == "mean_max" else 1)
    return spec.features if spec.kind in ("bag_of_words", "transformer") else spec.units


def position_codes(time_steps: int, features: int) -> NDArray[np.float32]:
    """Sinusoidal position codes [T, D]: sine in the even columns, cosine in the odd ones.

    Vaswani et al. 2017, "Attention is all you need", section 3.5: angle = position / 10000^(2i/D).
    """
    column = np.arange(features)
    angle = np.arange(time_steps)[:, None] / 10000.0 ** (2 * (column // 2) / features)
    return np.sin(angle + (column % 2) * math.pi / 2).astype(np.float32)


def identity_recurrent_kernel(spec: ModelSpec) -> NDArray[np.float32]:
    """0.9 times the identity for every gate, side by side: [U, G·U] (Le, Jaitly and Hinton 2015, arXiv:1504.00941, scaled)."""
    return np.tile(np.float32(IDENTITY_GAIN) * np.eye(spec.units, dtype=np.float32), GATES[spec.kind])


def _cell_shapes(spec: ModelSpec, prefix: str, width: int) -> dict[str, tuple[int, ...]]:
    columns = GATES[spec.kind] * spec.units
    return {
        f"{prefix}kernel": (width, columns),
        f"{prefix}recurrent_kernel": (spec.units, columns),
        f"{prefix}bias": (2, columns) if spec.kind == "gru" else (columns,),
    }


def _dense_shapes(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def _norm_shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}/gamma": (width,), f"{name}/beta": (width,)}


def _transformer_shapes(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    width, heads, key = spec.features, spec.heads, spec.features // spec.heads
    shapes = _norm_shapes("attention_norm", width)
    for name in ("query", "key", "value"):
        shapes |= {f"attention/{name}_kernel": (width, heads, key), f"attention/{name}_bias": (heads, key)}
    shapes |= {"attention/output_kernel": (heads, key, width), "attention/output_bias": (width,)}
    shapes |= _norm_shapes("hidden_norm", width)
    shapes |= _dense_shapes("hidden", width, spec.units)
    shapes |= _dense_shapes("feed_forward", spec.units, width)
    return shapes | _norm_shapes("final_norm", width)
