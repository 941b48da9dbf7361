"""The networks of the gap lab as plain functions of their weights, in TensorFlow, for a program that XLA compiles whole.

Weights are named as in `rnn_core.models.weights`; a task of numbers has `input/kernel` [2, D] and `input/bias` [D] in place
of `embeddings`. What they compute is what `rnn_core.models.network` computes, and tests hold the one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from rnn_core.experiments.tasks import COPIED, Task
from rnn_core.models import keras_recurrences
from rnn_core.models.feedforward import NORM_EPSILON
from rnn_core.models.weights import position_codes
from rnn_core.spec import ModelSpec

_ONE_HOT_LIMIT = 64  # rows of an embedding up to which a product with ones and zeros is faster than gathering rows
_FORBIDDEN = -1e9  # added to an attention score that must not count

Tensors = Mapping[str, Any]


def answers(task: Task, spec: ModelSpec, weights: Tensors, inputs: Any, present: Any = None) -> Any:
    """Logits or numbers: [B, K] after the last step, or [B, T, K] where the task asks at every step.

    inputs: [B, T] ids or [B, T, 2] numbers. present: bool [B, T], None where no step is padding.
    """
    return answers_of_embedded(task, spec, weights, embedded(weights, inputs), present)


def answers_of_embedded(task: Task, spec: ModelSpec, weights: Tensors, x: Any, present: Any = None) -> Any:
    """The same from what each step puts in, [B, T, D]."""
    if spec.is_recurrent:
        seen = _recurrent(spec, weights, x, present, task.every_step)
    elif spec.kind == "transformer":
        states = _transformer(spec, weights, x, present, causal=task.every_step)
        seen = states if task.every_step else _mean_so_far(states, present)[:, -1]
    else:
        means = _mean_so_far(x, present)
        seen = means if task.every_step else means[:, -1]
    return seen @ weights["output/kernel"] + weights["output/bias"]


def embedded(weights: Tensors, inputs: Any) -> Any:
    """[B, T, D]: what each step puts in."""
    if "embeddings" not in weights:
        return inputs @ weights["input/kernel"] + weights["input/bias"]
    table = weights["embeddings"]
    if table.shape[0] > _ONE_HOT_LIMIT:
        return tf.gather(table, inputs)
    return tf.reshape(tf.one_hot(tf.reshape(inputs, [-1]), table.shape[0]) @ table, [*inputs.shape, table.shape[1]])


def losses_and_scores(task: Task, logits: Any, targets: Any) -> tuple[Any, Any]:
    """Each sequence's loss and score, both [B]: cross-entropy and whether it was right; of an error the same number twice."""
    if task.labels == 0:
        error = tf.square(logits[:, 0] - targets)
        return error, error
    if task.labels == 2:
        loss = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(targets, logits.dtype), logits[:, 0])
        return loss, tf.cast(tf.equal(logits[:, 0] > 0, targets > 0), logits.dtype)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    if task.every_step:
        mean = tf.reduce_mean(loss, axis=1)
        return mean, mean
    return loss, tf.cast(tf.equal(tf.argmax(logits, axis=-1, output_type=tf.int32), targets), logits.dtype)


def right_answer(task: Task, logits: Any, targets: Any) -> Any:
    """[B]: the number that should be high if the memory holds (of the first symbol to be copied; the sum itself for adding)."""
    if task.labels == 0:
        return logits[:, 0]
    if task.labels == 2:
        return logits[:, 0] * (2 * tf.cast(targets, logits.dtype) - 1)
    if task.every_step:
        logits, targets = logits[:, -COPIED], targets[:, -COPIED]
    return tf.gather(logits, targets, batch_dims=1)


def _recurrent(spec: ModelSpec, weights: Tensors, x: Any, present: Any, every_step: bool) -> Any:
    batch, steps, width = x.shape
    rows = tf.reshape(tf.transpose(x, [1, 0, 2]), [-1, width])
    bias, kernel = weights["bias"], weights["recurrent_kernel"]
    projected = rows @ weights["kernel"] + (bias[0] if spec.kind == "gru" else bias)
    projected = tf.reshape(projected, [steps, batch, -1])
    start = tf.zeros([batch, spec.units])
    there = None if present is None else tf.transpose(present)[..., None]
    if spec.kind == "simple_rnn":
        states = keras_recurrences.simple_rnn(projected, kernel, start, there, spec.activation, every_step, False)
    elif spec.kind == "gru":
        states = keras_recurrences.gru(projected, kernel, bias[1], start, there, every_step, False)
    else:
        states, _ = keras_recurrences.lstm(projected, kernel, start, start, there, every_step, False)
    return tf.transpose(states, [1, 0, 2]) if every_step else states


def _transformer(spec: ModelSpec, weights: Tensors, x: Any, present: Any, causal: bool) -> Any:
    """One pre-norm block, [B, T, D]. Words count from 0 at the first word, wherever the padding stands."""
    batch, steps, width = x.shape
    if spec.positions:
        codes = tf.constant(position_codes(steps, width))
        x = x + (codes if present is None else tf.gather(codes, tf.maximum(tf.cumsum(tf.cast(present, tf.int32), 1) - 1, 0)))
    normed = _normed(weights, "attention_norm", x)
    query, key, value = (_head_split(spec, weights, name, normed) for name in ("query", "key", "value"))
    scores = tf.matmul(query, key, transpose_b=True) / (width // spec.heads) ** 0.5
    if causal:
        scores += _FORBIDDEN * (1 - tf.linalg.band_part(tf.ones([steps, steps]), -1, 0))
    if present is not None:
        scores += _FORBIDDEN * (1 - tf.cast(present, x.dtype))[:, None, None, :]
    joined = tf.reshape(tf.transpose(tf.nn.softmax(scores) @ value, [0, 2, 1, 3]), [batch, steps, width])
    output_kernel = tf.reshape(weights["attention/output_kernel"], [-1, width])
    x = x + joined @ output_kernel + weights["attention/output_bias"]
    hidden = tf.nn.relu(_normed(weights, "hidden_norm", x) @ weights["hidden/kernel"] + weights["hidden/bias"])
    x = x + hidden @ weights["feed_forward/kernel"] + weights["feed_forward/bias"]
    return _normed(weights, "final_norm", x)


def _head_split(spec: ModelSpec, weights: Tensors, name: str, x: Any) -> Any:
    """[B, T, D] -> [B, H, T, d]."""
    batch, steps, width = x.shape
    flat = x @ tf.reshape(weights[f"attention/{name}_kernel"], [width, -1]) + tf.reshape(weights[f"attention/{name}_bias"], [-1])
    return tf.transpose(tf.reshape(flat, [batch, steps, spec.heads, -1]), [0, 2, 1, 3])


def _normed(weights: Tensors, name: str, x: Any) -> Any:
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + NORM_EPSILON) * weights[f"{name}/gamma"] + weights[f"{name}/beta"]


def _mean_so_far(x: Any, present: Any) -> Any:
    """Mean over the steps up to and with each step, [B, T, D]."""
    counted = tf.ones([*x.shape[:2], 1]) if present is None else tf.cast(present, x.dtype)[..., None]
    return tf.cumsum(x * counted, axis=1) / tf.maximum(tf.cumsum(counted, axis=1), 1.0)
