"""What the output layer sees of a text in the kinds without a recurrent state: bag of words, dense, convolution, transformer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.weights import Array, Weights, position_codes
from rnn_core.spec import PADDING_ID, ModelSpec

NORM_EPSILON = 1e-6
PREFIX_ROWS = 10_000  # pairs of word and prefix that are worked on at a time


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


def transformer_prefixes(spec: ModelSpec, weights: Weights, x: Array) -> Array:
    """The transformer's vector for the first word, the first two, and so on: embeddings [T, D] -> [T, D].

    Queries, keys and values of a word are the same in every prefix, so the attention of one word to the first p words is a ratio
    of running sums over the keys. Rows are taken a few at a time: memory grows with T, work with T².
    """
    steps = len(x)
    if spec.positions:
        x = x + position_codes(steps, spec.features)
    query, key, value = _heads(spec, weights, _layer_norm(weights, "attention_norm", x[None]))[:, 0]  # [H, T, d]
    totals = np.zeros((steps, spec.features), dtype=np.float64)
    for first in range(0, steps, size := max(1, PREFIX_ROWS // steps)):
        rows = slice(first, min(first + size, steps))
        scores = query[:, rows] @ key.swapaxes(1, 2)
        scores -= scores.max(axis=-1, keepdims=True)
        powers = np.exp(np.maximum(scores, -600.0, dtype=np.float64))[..., None]  # bounded, so that no running sum is zero
        attended = np.cumsum(powers * value[:, None], axis=2) / np.cumsum(powers, axis=2)  # [H, rows, T, d]
        joined = attended.transpose(1, 2, 0, 3).reshape(-1, steps, spec.features).astype(np.float32)
        read = np.arange(steps) >= np.arange(rows.start, rows.stop)[:, None]  # a word is part of the prefixes that reach it
        totals += (_after_attention(weights, x[rows, None], joined) * read[:, :, None]).sum(axis=0, dtype=np.float64)
    return np.asarray(totals / np.arange(1, steps + 1)[:, None], dtype=np.float32)


def _transformer(spec: ModelSpec, weights: Weights, x: Array) -> Array:
    """One pre-norm block (Vaswani et al. 2017; Xiong et al. 2020, arXiv:2002.04745), then the mean over the words."""
    if spec.positions:
        x = x + position_codes(x.shape[1], spec.features)
    query, key, value = _heads(spec, weights, _layer_norm(weights, "attention_norm", x))
    scores = query @ key.swapaxes(2, 3)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    attended = (powers / powers.sum(axis=-1, keepdims=True)) @ value
    joined = np.ascontiguousarray(attended.swapaxes(1, 2)).reshape(x.shape)
    return np.asarray(_after_attention(weights, x, joined).mean(axis=1))


def _heads(spec: ModelSpec, weights: Weights, x: Array) -> Array:
    """Query / √d, key and value of every word in every head: [B, T, D] -> [3, B, H, T, d]."""
    batch, steps, width = x.shape
    flat = [
        x @ weights[f"attention/{name}_kernel"].reshape(width, width) + weights[f"attention/{name}_bias"].reshape(width)
        for name in ("query", "key", "value")
    ]
    heads = np.stack(flat).reshape(3, batch, steps, spec.heads, -1).swapaxes(2, 3)
    heads[0] /= np.float32(np.sqrt(width // spec.heads))
    return heads


def _after_attention(weights: Weights, x: Array, attended: Array) -> Array:
    """Output projection, residual, feed-forward network, residual, last norm: x and attended [B, T, D] -> [B, T, D]."""
    kernel = weights["attention/output_kernel"]
    x = x + attended @ kernel.reshape(-1, kernel.shape[-1]) + weights["attention/output_bias"]
    hidden = _layer_norm(weights, "hidden_norm", x) @ weights["hidden/kernel"] + weights["hidden/bias"]
    x = x + np.maximum(hidden, 0) @ weights["feed_forward/kernel"] + weights["feed_forward/bias"]
    return _layer_norm(weights, "final_norm", x)


def _layer_norm(weights: Weights, name: str, x: Array) -> Array:
    mean = x.mean(axis=-1, keepdims=True)
    variance = np.square(x - mean).mean(axis=-1, keepdims=True)
    return np.asarray(
        (x - mean) / np.sqrt(variance + np.float32(NORM_EPSILON)) * weights[f"{name}/gamma"] + weights[f"{name}/beta"]
    )
