"""Many small networks trained as one program: the same architecture from S seeds, with a leading axis S on every array.

A small network leaves a processor waiting for the next step; S of them side by side share each wait. Every network gets the
numbers that it would get alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.models import keras_recurrences as recurrences
from rnn_core.models.keras_loop import compiled
from rnn_core.models.weights import GATES, IDENTITY_GAIN
from rnn_core.spec import Activation, RecurrentInitializer
from rnn_core.training import adam
from rnn_core.training.batches import PARTS

Cell = Literal["simple_rnn", "gru", "lstm"]


@dataclass(frozen=True)
class SequenceModel:
    """A recurrent layer and an output layer over sequences of symbols or of numbers.

    With `classes` the output is one logit a class and the loss cross-entropy, else one number and the squared error.
    """

    kind: Cell
    units: int
    inputs: int  # different symbols, or numbers a step
    classes: int = 0  # 0: the answer is a number
    symbols: bool = True  # the inputs are ids, [.., T]; else numbers, [.., T, inputs]
    features: int = 0  # width of the embedding of a symbol; 0 gives the cell one-hot symbols
    answer_steps: int = 1  # the last steps at which an answer is read
    activation: Activation = "tanh"  # of simple_rnn
    recurrent_initializer: RecurrentInitializer = "orthogonal"
    forget_bias: float = 1.0  # of lstm at the start; the same number on the update gate of gru is `update_bias`
    update_bias: float = 0.0

    @property
    def width(self) -> int:
        """Numbers that the cell reads at one step."""
        return self.features if self.symbols and self.features else self.inputs

    @property
    def outputs(self) -> int:
        """Numbers that the output layer gives."""
        return self.classes or 1


def initial_weights(model: SequenceModel, seed: int) -> dict[str, NDArray[np.float32]]:
    """What Keras' own initializers give for this seed, by Keras' names; an output layer's names start with `output/`."""
    gates = GATES[model.kind]
    seeds = [int(x) for x in np.random.SeedSequence(seed).generate_state(4)]
    glorot, uniform = keras.initializers.GlorotUniform, keras.initializers.RandomUniform
    recurrent_shape = (model.units, gates * model.units)
    weights: dict[str, Any] = {}
    if model.symbols and model.features:
        weights["embeddings"] = uniform(seed=seeds[0])((model.inputs, model.features))
    weights["kernel"] = glorot(seed=seeds[1])((model.width, gates * model.units))
    if model.recurrent_initializer == "identity":
        weights["recurrent_kernel"] = np.tile(IDENTITY_GAIN * np.eye(model.units), gates)
    elif model.recurrent_initializer == "orthogonal":
        weights["recurrent_kernel"] = keras.initializers.Orthogonal(seed=seeds[2])(recurrent_shape)
    else:
        weights["recurrent_kernel"] = glorot(seed=seeds[2])(recurrent_shape)
    bias = np.zeros((2, gates * model.units) if model.kind == "gru" else gates * model.units)
    if model.kind == "lstm":
        bias[model.units : 2 * model.units] = model.forget_bias
    if model.kind == "gru":
        bias[0, : model.units] = model.update_bias
    weights["bias"] = bias
    weights["output/kernel"] = glorot(seed=seeds[3])((model.units, model.outputs))
    weights["output/bias"] = np.zeros(model.outputs)
    return {name: np.array(array, dtype=np.float32) for name, array in weights.items()}


@dataclass(frozen=True)
class SeedScores:
    """How S networks answer the same task.

    losses: [S], cross-entropy or squared error. accuracies: [S], share of the answers that are right; NaN where they are numbers.
    """

    losses: NDArray[np.float64]
    accuracies: NDArray[np.float64]


class SeedTraining:
    """S networks of one `SequenceModel`, trained together with Adam.

    Example, 8 seeds that each see batches of their own, 10 steps a call:
        >>> training = SeedTraining(SequenceModel("gru", 32, inputs=10, classes=8), seeds=range(8))
        >>> losses = training.run(inputs, targets)  # inputs [10, 8, B, T], targets [10, 8, B] -> losses [10, 8]
        >>> training.scores(test_inputs, test_targets).accuracies  # inputs [N, T], targets [N] -> [8]
    """

    def __init__(self, model: SequenceModel, seeds: Sequence[int], learning_rate: float = 1e-3, clip_norm: float = 0.0) -> None:
        self.model = model
        self.seeds = tuple(seeds)
        self.step = 0
        self._learning_rate = learning_rate
        self._clip_norm = clip_norm
        each = [initial_weights(model, seed) for seed in self.seeds]
        self._names = tuple(each[0])
        self._weights = [tf.Variable(np.stack([weights[name] for weights in each])) for name in self._names]
        self._momenta = [tf.Variable(tf.zeros_like(variable)) for variable in self._weights]
        self._velocities = [tf.Variable(tf.zeros_like(variable)) for variable in self._weights]
        self._part = compiled(self._several_steps)
        self._steps = tf.function(self._side_by_side, autograph=False)
        self._judge = compiled(self._judged)

    def run(self, inputs: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float32]:
        """K optimiser steps; the losses before each, [K, S].

        inputs: [K, S, B, T] ids or [K, S, B, T, D] numbers; with an S of 1 all networks read the same. targets: [K, S, B], or
        [K, S, B, answer_steps]; int for classes.
        """
        alphas = adam.step_sizes(self._learning_rate, self.step + len(inputs))[self.step + 1 :].astype(np.float32)
        losses = self._steps(self._as_inputs(inputs), self._as_targets(targets), tf.constant(alphas))
        self.step += len(inputs)
        return np.asarray(losses.numpy(), dtype=np.float32)

    def scores(self, inputs: NDArray[Any], targets: NDArray[Any], at_once: int = 500) -> SeedScores:
        """Every network's answers to the same examples: inputs [N, T] or [N, T, D], targets [N] or [N, answer_steps]."""
        sums = np.zeros((2, len(self.seeds)))
        for first in range(0, len(inputs), at_once):
            part, wanted = inputs[first : first + at_once], targets[first : first + at_once]
            judged = self._judge(self._as_inputs(part[None]), self._as_targets(wanted[None]))
            sums += np.stack([array.numpy() for array in judged]) * len(part)
        losses, accuracies = sums / len(inputs)
        return SeedScores(losses, accuracies if self.model.classes else np.full(len(self.seeds), np.nan))

    def weights(self, place: int) -> dict[str, NDArray[np.float32]]:
        """The weights of the network at this place in `seeds`, by Keras' names."""
        return {name: np.array(variable[place]) for name, variable in zip(self._names, self._weights, strict=True)}

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that later steps depend on, by name; `set_state` takes it back."""
        groups = {"weights": self._weights, "momenta": self._momenta, "velocities": self._velocities}
        arrays = {f"{group}/{n}": np.array(v) for group, vs in groups.items() for n, v in zip(self._names, vs, strict=True)}
        return {"step": np.array(self.step), **arrays}

    def set_state(self, state: dict[str, NDArray[Any]]) -> None:
        """Goes on from where `state` was read."""
        groups = {"weights": self._weights, "momenta": self._momenta, "velocities": self._velocities}
        for group, variables in groups.items():
            for name, variable in zip(self._names, variables, strict=True):
                variable.assign(state[f"{group}/{name}"])
        self.step = int(state["step"])

    def _as_inputs(self, inputs: NDArray[Any]) -> Any:
        return tf.constant(inputs, tf.int32 if self.model.symbols else tf.float32)

    def _as_targets(self, targets: NDArray[Any]) -> Any:
        return tf.constant(targets, tf.int32 if self.model.classes else tf.float32)

    def _side_by_side(self, inputs: Any, targets: Any, alphas: Any) -> Any:
        """The seeds in parts, one a core: XLA runs a program's loop over time on one."""
        variables = [*self._weights, *self._momenta, *self._velocities]
        values, parts = [tf.convert_to_tensor(variable) for variable in variables], []
        for places in np.array_split(np.arange(len(self.seeds)), min(PARTS, len(self.seeds))):
            own = slice(int(places[0]), int(places[-1]) + 1)
            read = inputs if inputs.shape[1] == 1 else inputs[:, own]
            parts.append(self._part([value[own] for value in values], read, targets[:, own], alphas))
        after, losses = zip(*parts, strict=True)
        for variable, *pieces in zip(variables, *after, strict=True):
            variable.assign(tf.concat(pieces, 0))
        return tf.concat(losses, 1)

    def _several_steps(self, arrays: list[Any], inputs: Any, targets: Any, alphas: Any) -> tuple[list[Any], Any]:
        """Weights, momenta and velocities of some of the networks, one after another in a list, after K steps; losses [K, S]."""
        count, names, seeds = inputs.shape[0], len(self._names), arrays[0].shape[0]
        shapes = [array.shape for array in arrays[:names]]

        def flat(some: list[Any]) -> Any:
            """All arrays of each network as one, [S, N]: of many small ones to be moved XLA hands some to another thread."""
            return tf.concat([tf.reshape(array, [seeds, -1]) for array in some], 1)

        def cut(flat: Any) -> list[Any]:
            parts = tf.split(flat, [shape[1:].num_elements() for shape in shapes], axis=1)
            return [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]

        def body(k: Any, state: Any, losses: Any) -> tuple[Any, ...]:
            weights = cut(state[0])
            with tf.GradientTape() as tape:
                tape.watch(weights)
                loss, _ = self._losses(weights, tf.gather(inputs, k), tf.gather(targets, k))
                # Each network's loss depends on its own weights alone, so one sum gives every network its own gradient.
                total = tf.reduce_sum(loss)
            gradient = self._clipped(flat(tape.gradient(total, weights)))
            state = list(adam.stepped(state[0], state[1], state[2], gradient, tf.gather(alphas, k), 0.0))
            return k + 1, state, tf.tensor_scatter_nd_update(losses, [[k]], [loss])

        state = [flat(arrays[first : first + names]) for first in range(0, 3 * names, names)]
        start = (tf.constant(0), state, tf.zeros([count, seeds]))
        _, state, losses = tf.while_loop(lambda k, *_: k < count, body, start, maximum_iterations=count)
        return [array for group in state for array in cut(group)], losses

    def _clipped(self, gradient: Any) -> Any:
        """Each network's gradient [S, N] at most `clip_norm` long."""
        if not self._clip_norm:
            return gradient
        norm = tf.sqrt(tf.reduce_sum(gradient * gradient, axis=1, keepdims=True))
        return gradient * tf.minimum(1.0, self._clip_norm / tf.maximum(norm, 1e-12))

    def _judged(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        return self._losses([tf.convert_to_tensor(v) for v in self._weights], inputs, targets)

    def _losses(self, weights: list[Any], inputs: Any, targets: Any) -> tuple[Any, Any]:
        """([S] mean losses, [S] shares of right answers)."""
        answers = self._answers(dict(zip(self._names, weights, strict=True)), inputs)
        targets = tf.reshape(targets, [*targets.shape[:2], self.model.answer_steps])
        if not self.model.classes:
            difference = answers[..., 0] - targets
            return tf.reduce_mean(difference * difference, [1, 2]), tf.zeros([answers.shape[0]])
        targets = tf.broadcast_to(targets, answers.shape[:3])
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, answers)
        right = tf.equal(tf.argmax(answers, -1, output_type=tf.int32), targets)
        return tf.reduce_mean(each, [1, 2]), tf.reduce_mean(tf.cast(right, tf.float32), [1, 2])

    def _answers(self, weights: dict[str, Any], inputs: Any) -> Any:
        """Logits or numbers at the last steps: [S, B, answer_steps, outputs]."""
        model, count = self.model, weights["kernel"].shape[0]
        steps = tf.one_hot(inputs, model.inputs) if model.symbols else inputs
        if "embeddings" in weights:
            steps = tf.einsum("sbtv,svd->sbtd", tf.broadcast_to(steps, [count, *steps.shape[1:]]), weights["embeddings"])
        # The bias as one more row of the kernel: its gradient then needs no pass of its own.
        steps = tf.concat([steps, tf.ones_like(steps[..., :1])], axis=-1)
        bias = weights["bias"][:, :1] if model.kind == "gru" else weights["bias"][:, None]
        shared = "xbtd,sdu->tsbu" if steps.shape[0] == 1 and count > 1 else "sbtd,sdu->tsbu"
        projected = tf.einsum(shared, steps, tf.concat([weights["kernel"], bias], axis=1))
        initial = tf.zeros([count, inputs.shape[1], model.units])
        sequences = model.answer_steps > 1
        kernel = weights["recurrent_kernel"]
        if model.kind == "gru":
            states = recurrences.gru(projected, kernel, weights["bias"][:, 1], initial, None, sequences, False)
        elif model.kind == "lstm":
            states, _ = recurrences.lstm(projected, kernel, initial, initial, None, sequences, False)
        else:
            states = recurrences.simple_rnn(projected, kernel, initial, None, model.activation, sequences, False)
        read = states[-model.answer_steps :] if sequences else states[None]
        return tf.einsum("tsbu,suo->sbto", read, weights["output/kernel"]) + weights["output/bias"][:, None, None]
