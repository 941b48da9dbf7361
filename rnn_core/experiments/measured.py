"""What is measured of a network of the gap lab beside its score: its gradient at the gap, and its answers at twice the gap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.experiments.tasks import COPIED, TASK, Filler, TaskName
from rnn_core.lenses.chain_rule import Floats, backward, log_of, unroll
from rnn_core.lenses.unrolled import input_sums
from rnn_core.models.network import Network
from rnn_core.models.weights import Weights
from rnn_core.spec import ModelSpec

_GRADIENT_SEQUENCES = 16
_DOUBLE_SEQUENCES = 256
_ATTENTION_NUMBERS = 8_000_000  # attention scores of one head at once: a few hundred megabytes over all heads
_GRADIENT, _DOUBLE = 4, 5  # purposes of the streams of random numbers


def remembered_gradient(
    task: TaskName, spec: ModelSpec, weights: Weights, gap: int, seed: int, filler: Filler = "random"
) -> float | None:
    """log10 of the norm of d(right answer) / d(input that must be remembered), geometric mean over 16 sequences.

    The right answer is the logit of the right choice (adding: the sum; copy: the first symbol said again). A recurrent network is
    followed in double precision with its logarithms, so that no gap is too long. None where the gradient is zero.
    """
    drawn = TASK[task].sequences(np.random.default_rng([seed, _GRADIENT]), _GRADIENT_SEQUENCES, gap, filler)
    answer = drawn.inputs.shape[1] - (COPIED if task == "copy" else 1)  # the step at which the answer is given
    rights = drawn.targets[:, answer] if TASK[task].every_step else drawn.targets
    if not spec.is_recurrent:
        return _by_tape(task, spec, weights, drawn.inputs, drawn.targets, drawn.remembered)
    logs = [
        _chain_log(spec, weights, _inputs(weights, inputs[: answer + 1]), int(step), _output_column(task, weights, float(right)))
        for inputs, right, step in zip(drawn.inputs, rights, drawn.remembered, strict=True)
    ]
    mean = float(np.mean(logs))
    return mean / math.log(10) if math.isfinite(mean) else None


def double_score(
    task: TaskName, spec: ModelSpec, weights: Weights, gap: int, seed: int, filler: Filler = "random"
) -> float | None:
    """Accuracy on 256 sequences of twice the gap, longer than any in training; None for tasks whose answer is no choice."""
    if TASK[task].measure != "accuracy":
        return None
    drawn = TASK[task].sequences(np.random.default_rng([seed, _DOUBLE]), _DOUBLE_SEQUENCES, 2 * gap, filler)
    steps = TASK[task].steps(2 * gap)
    network, texts = Network(spec.replace(time_steps=steps), weights), list(drawn.inputs.astype(np.int32))
    together = max(1, _ATTENTION_NUMBERS // steps**2) if spec.kind == "transformer" else len(texts)
    parts = [network.probabilities(texts[first : first + together]) for first in range(0, len(texts), together)]
    return float(np.mean(np.concatenate(parts).argmax(axis=1) == drawn.targets))


def _inputs(weights: Weights, inputs: NDArray[Any]) -> Floats:
    """[T, D], what each step puts in."""
    if "embeddings" in weights:
        return np.asarray(weights["embeddings"][inputs], dtype=np.float64)
    return np.asarray(inputs.astype(np.float64) @ weights["input/kernel"] + weights["input/bias"], dtype=np.float64)


def _output_column(task: TaskName, weights: Weights, right: float) -> Floats:
    """The gradient of the right answer at the last state."""
    kernel = weights["output/kernel"].astype(np.float64)
    if TASK[task].labels == 0:
        return kernel[:, 0]
    return kernel[:, 0] * (2 * right - 1) if kernel.shape[1] == 1 else kernel[:, int(right)]


def _chain_log(spec: ModelSpec, weights: Weights, inputs: Floats, remembered: int, at_end: Floats) -> float:
    chain = unroll(spec.kind, weights, inputs, spec.activation)
    arriving = np.zeros((chain.steps, chain.units))
    arriving[-1] = at_end
    found = backward(chain, arriving)
    at_input = input_sums(chain, found)[remembered] @ chain.kernel.T
    return float(log_of(np.linalg.norm(at_input)) + found.scales[remembered + 1])


def _by_tape(
    task: TaskName, spec: ModelSpec, weights: Weights, inputs: NDArray[Any], targets: NDArray[Any], remembered: NDArray[np.int32]
) -> float | None:
    import tensorflow as tf

    from rnn_core.experiments.sequence_networks import answers_of_embedded, embedded, right_answer

    tensors = {name: tf.constant(value) for name, value in weights.items()}
    x = embedded(tensors, tf.constant(inputs))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(right_answer(TASK[task], answers_of_embedded(TASK[task], spec, tensors, x), tf.constant(targets)))
    gradients = tape.gradient(total, x).numpy()[np.arange(len(inputs)), remembered]
    mean = float(np.mean(log_of(np.linalg.norm(gradients.astype(np.float64), axis=1))))
    return mean / math.log(10) if math.isfinite(mean) else None
