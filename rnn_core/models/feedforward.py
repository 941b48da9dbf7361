"""What the output layer sees of a text in the kinds without a recurrent state: bag of words, dense, convolution, transformer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.weights import Weights, position_codes
from rnn_core.spec import PADDING_ID, ModelSpec

Array = NDArray[np.float32]
NORM_EPSILON = 1e-6


def pooled_vectors(spec: ModelSpec, weights: Weights, texts: NDArray[np.int32] | Array, lengths: NDArray[np.int64]) -> Array:
    """[B, P] for a batch of texts.

    texts: ids [B, L], zeros after each text's end, or features [B, L, D]. lengths: [B]; for bag of words and transformer all the
    same.
    """
    x = _embedded(spec, weights, texts.astype(np.int32, copy=False), lengths) if spec.vocabulary else texts.astype(np.float32)
    if spec.kind == "bag_of_words":
        return np.asarray(x.mean(axis=1))
    if spec.kind == "transformer":
        return _transformer(spec, weights, x)
    return _dense(weights, x) if spec.kind == "dense" else _conv1d(spec, weights, x, lengths)


def _embedded(spec: ModelSpec, weights: Weights, ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> Array:
    if spec.kind == "dense":
        ids = _placed(spec, ids, lengths)
    x: Array = weights["embeddings"][ids]
    if spec.mask and spec.kind in ("dense", "conv1d"):
        x *= (ids != PADDING_ID)[:, :, None]
    return x


def _placed(spec: ModelSpec, ids: NDArray[np.int32], lengths: NDArray[np.int64]) -> NDArray[np.int32]:
    """The ids [B, time_steps] where the dense layer has its weights for them: padded on the side that the specification says."""
    placed = np.zeros((len(ids), spec.time_steps), dtype=np.int32)
    for row, text, length in zip(placed, ids, lengths.tolist(), strict=True):
        first = spec.time_steps - length if spec.padding == "left" else 0
        row[first : first + length] = text[:length]
    return placed


def _dense(weights: Weights, x: Array) -> Array:
    flat = x.reshape(len(x), -1)
    return np.asarray(np.maximum(flat @ weights["hidden/kernel"] + weights["hidden/bias"], 0))


def _conv1d(spec: ModelSpec, weights: Weights, x: Array, lengths: NDArray[np.int64]) -> Array:
    """relu of `kernel_size` neighbouring words under each filter ("same": zeros beyond the ends), then the maximum over words."""
    batch, steps, _ = x.shape
    left = (spec.kernel_size - 1) // 2
    wide = np.pad(x, ((0, 0), (left, spec.kernel_size - 1 - left), (0, 0)))
    total = np.zeros((batch, steps, spec.units), dtype=np.float32) + weights["conv/bias"]
    for tap, kernel in enumerate(weights["conv/kernel"]):
        total += wide[:, tap : tap + steps] @ kernel
    total[np.arange(steps) >= lengths[:, None]] = 0
    return np.asarray(np.maximum(total.max(axis=1), 0))


def _transformer(spec: ModelSpec, weights: Weights, x: Array) -> Array:
    """One pre-norm block (Vaswani et al. 2017; Xiong et al. 2020, arXiv:2002.04745), then the mean over the words."""
    if spec.positions:
        x = x + position_codes(x.shape[1], spec.features)
    x = x + _attention(spec, weights, _layer_norm(weights, "attention_norm", x))
    hidden = _layer_norm(weights, "hidden_norm", x) @ weights["hidden/kernel"] + weights["hidden/bias"]
    x = x + np.maximum(hidden, 0) @ weights["feed_forward/kernel"] + weights["feed_forward/bias"]
    return np.asarray(_layer_norm(weights, "final_norm", x).mean(axis=1))


def _attention(spec: ModelSpec, weights: Weights, x: Array) -> Array:
    """softmax(Q · Kᵀ / √d) · V in every head: [B, T, D] -> [B, T, D]."""
    batch, steps, width = x.shape

    def heads(name: str) -> Array:
        flat = x @ weights[f"attention/{name}_kernel"].reshape(width, width) + weights[f"attention/{name}_bias"].reshape(width)
        return flat.reshape(batch, steps, spec.heads, -1).swapaxes(1, 2)  # [B, H, T, d]

    scores = heads("query") @ heads("key").swapaxes(2, 3) / np.float32(np.sqrt(width // spec.heads))
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (powers / powers.sum(axis=-1, keepdims=True)) @ heads("value")
    joined = np.ascontiguousarray(mixed.swapaxes(1, 2)).reshape(batch, steps, width)
    return np.asarray(joined @ weights["attention/output_kernel"].reshape(width, width) + weights["attention/output_bias"])


def _layer_norm(weights: Weights, name: str, x: Array) -> Array:
    mean = x.mean(axis=-1, keepdims=True)
    variance = np.square(x - mean).mean(axis=-1, keepdims=True)
    return np.asarray(
        (x - mean) / np.sqrt(variance + np.float32(NORM_EPSILON)) * weights[f"{name}/gamma"] + weights[f"{name}/beta"]
    )
