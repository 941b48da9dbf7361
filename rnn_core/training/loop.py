"""The compiled training program: many optimiser steps in one call, with all variables inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.models.keras_build import variables_of
from rnn_core.models.weights import Weights
from rnn_core.spec import PADDING_ID, ModelSpec, TrainSpec
from rnn_core.training import adam

TABLE_STEPS = 4096  # the table of catch-up sums grows by as many steps, so that one compiled program serves a whole training


@dataclass(frozen=True)
class ChunkResult:
    """What some optimiser steps measured, each before it moved the weights.

    losses: [K] float32, mean over each batch. right: texts answered rightly.
    """

    losses: NDArray[np.float32]
    right: int


class TrainingProgram:
    """A model's weights, Adam's memory, and the compiled steps that move them.

    model: as `keras_build.build` makes it; its variables are the ones that move. Randomness is a function of
    (seed, number of the optimiser step), so a program that is set to another's state goes on exactly as that one would.
    """

    def __init__(self, model: Any, spec: ModelSpec, train_spec: TrainSpec) -> None:
        self._spec = spec
        self._train = train_spec
        self._decay = train_spec.learning_rate * train_spec.weight_decay
        named = variables_of(model, spec)
        self.table = named.pop("embeddings")
        self.dense = list(named.values())
        self._names = ["embeddings", *named]
        self._streams = [variable for variable in model.non_trainable_variables if variable.name == "seed_generator_state"]
        self._tail = keras.Model([model.get_layer("embedding").output, *model.inputs], model.outputs[0])
        self.step = 0
        self._momenta = [tf.Variable(tf.zeros_like(variable)) for variable in [self.table, *self.dense]]
        self._velocities = [tf.Variable(tf.zeros_like(variable)) for variable in [self.table, *self.dense]]
        self._row_steps = tf.Variable(tf.zeros([spec.vocabulary], tf.int32))
        self._averages = [tf.Variable(tf.identity(v)) for v in [self.table, *self.dense]] if train_spec.averaging else []
        self._sums = np.zeros((0, 4), np.float32)
        self._run = tf.function(self._steps, jit_compile=True, autograph=False, reduce_retracing=False)
        self._settle = tf.function(self._settled_variables, jit_compile=True, autograph=False)

    def run(self, ids: NDArray[np.int32], labels: NDArray[np.int32], weights: NDArray[np.float32], room: int) -> ChunkResult:
        """K optimiser steps. ids: [K, B, width]; labels, weights: [K, B]; room: K of the largest call, for one shape of all."""
        count = len(ids)
        if self.step + count >= len(self._sums):
            size = -(-(self.step + count + 1) // TABLE_STEPS) * TABLE_STEPS
            self._sums = adam.catch_up_table(self._train.learning_rate, self._train.weight_decay, size)
        spare = [(0, max(room, count) - count)]
        losses, right = self._run(
            np.pad(ids, [*spare, (0, 0), (0, 0)]),
            np.pad(labels, [*spare, (0, 0)]),
            np.pad(weights, [*spare, (0, 0)]),
            tf.constant(count),
            tf.constant(self.step),
            self._sums,
        )
        self.step += count
        return ChunkResult(losses.numpy()[:count], int(right))

    def settle(self) -> None:
        """Brings every row of the embedding to the present step; needed before anybody reads it."""
        if len(self._sums):
            self._settle(tf.constant(self.step), self._sums)

    def variables(self) -> dict[str, Any]:
        """Every number that training goes on from, by name; call `settle` first."""
        groups = {
            "weights": [self.table, *self.dense],
            "momenta": self._momenta,
            "velocities": self._velocities,
            "averages": self._averages,
        }
        named = {f"{group}/{name}": v for group, all_ in groups.items() for name, v in zip(self._names, all_, strict=False)}
        return {"row_steps": self._row_steps, **named}

    def weights(self) -> Weights:
        """The weights to be judged and kept, by name: the running mean where there is one, else the present ones.

        Call `settle` first.
        """
        kept = self._averages or [self.table, *self.dense]
        return {name: np.array(variable) for name, variable in zip(self._names, kept, strict=True)}

    def _steps(self, ids: Any, labels: Any, weights: Any, count: Any, first: Any, sums: Any) -> tuple[Any, Any]:
        state = [self._values(self.table, *self.dense), self._values(*self._momenta), self._values(*self._velocities)]
        row_steps = tf.convert_to_tensor(self._row_steps)
        pending = tf.zeros_like(state[0][0])  # gradients of the rows of one step
        losses = tf.zeros([ids.shape[0]], tf.float32)

        def body(k: Any, state: Any, row_steps: Any, pending: Any, losses: Any, right: Any) -> tuple[Any, ...]:
            batch = (tf.gather(ids, k), tf.gather(labels, k), tf.gather(weights, k))
            state, row_steps, pending, loss, hits = self._one_step(batch, first + k + 1, sums, state, row_steps, pending)
            return k + 1, state, row_steps, pending, tf.tensor_scatter_nd_update(losses, [[k]], [loss]), right + hits

        start = (tf.constant(0), state, row_steps, pending, losses, tf.constant(0))
        _, state, row_steps, _, losses, right = tf.while_loop(lambda k, *_: k < count, body, start)
        for variables, values in zip(([self.table, *self.dense], self._momenta, self._velocities), state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self._row_steps.assign(row_steps)
        if self._averages:
            self._move_averages(first + count, count, sums)
        return losses, right

    def _one_step(self, batch: Any, t: Any, sums: Any, state: Any, row_steps: Any, pending: Any) -> tuple[Any, ...]:
        (table, *dense), (table_m, *dense_m), (table_v, *dense_v) = state
        ids, labels, weights = batch
        # Time-major, as the recurrences read them, so that no transposition is left between the two.
        words = tf.reshape(tf.transpose(ids), [-1])
        at_words = words[:, None]
        at = tf.gather(row_steps, words)
        rows, m, v = adam.caught_up(
            tf.gather(table, words),
            tf.gather(table_m, words),
            tf.gather(table_v, words),
            t - 1 - at,
            tf.gather(sums, at),
            tf.gather(sums, t - 1),
            self._decay,
        )
        with tf.GradientTape() as tape:
            tape.watch([rows, *dense])
            by_time = tf.reshape(rows, [ids.shape[1], ids.shape[0], self._spec.features])
            answers = self._answers(tf.transpose(by_time, [1, 0, 2]), ids, dense, t)
            loss = self._loss(answers, ids, labels, weights)
        d_words, *d_dense = tape.gradient(loss, [rows, *dense])
        # Cleared before and not after: XLA would copy the whole table to keep what a later clearing overwrites.
        pending = tf.tensor_scatter_nd_update(pending, at_words, tf.zeros_like(d_words))
        pending = tf.tensor_scatter_nd_add(pending, at_words, d_words)
        d_rows = tf.gather(pending, words)
        if self._train.clip_norm:
            # Σ over words of (their own gradient · their row's) counts each row's square once.
            norm = tf.sqrt(tf.reduce_sum(d_words * d_rows) + sum(tf.reduce_sum(g * g) for g in d_dense))
            scale = tf.minimum(1.0, self._train.clip_norm / tf.maximum(norm, 1e-12))
            d_rows, d_dense = d_rows * scale, [g * scale for g in d_dense]
        alpha = tf.gather(sums, t)[0]
        moved = adam.stepped(rows, m, v, d_rows, alpha, self._decay)
        tables = [
            tf.tensor_scatter_nd_update(whole, at_words, part)
            for whole, part in zip((table, table_m, table_v), moved, strict=True)
        ]
        steps = [adam.stepped(*now, alpha, self._decay) for now in zip(dense, dense_m, dense_v, d_dense, strict=True)]
        new_state = [[whole, *(step[i] for step in steps)] for i, whole in enumerate(tables)]
        row_steps = tf.tensor_scatter_nd_update(row_steps, at_words, tf.fill([words.shape[0]], t))
        return new_state, row_steps, pending, loss, self._right(answers, ids, labels, weights)

    def _answers(self, rows: Any, ids: Any, dense: Any, t: Any) -> Any:
        """The model's output for embedded words [B, T, D], with dropout on."""
        streams = []
        for place, stream in enumerate(self._streams):
            own = int(np.random.SeedSequence([self._train.seed, place]).generate_state(1)[0]) >> 1
            streams.append((stream, tf.stack([tf.cast(own, stream.dtype), tf.cast(t, stream.dtype)])))
        scope = keras.StatelessScope(state_mapping=[*zip(self.dense, dense, strict=True), *streams])
        present = tf.not_equal(ids, PADDING_ID)
        mask = [present, None] if self._spec.is_recurrent and self._spec.mask else None
        with scope:
            return self._tail.call([rows, ids], training=True, mask=mask)

    def _loss(self, answers: Any, ids: Any, labels: Any, weights: Any) -> Any:
        """Mean cross-entropy of the batch; with an answer at every step, over all steps that hold a word."""
        share = self._train.label_smoothing
        if self._spec.labels == 2:
            targets = tf.cast(labels, tf.float32) * (1 - share) + share / 2
            targets = tf.reshape(targets, [-1, 1, 1] if len(answers.shape) == 3 else [-1, 1])
            each = keras.losses.binary_crossentropy(tf.broadcast_to(targets, tf.shape(answers)), answers)
        else:
            targets = tf.one_hot(labels, self._spec.labels) * (1 - share) + share / self._spec.labels
            if len(answers.shape) == 3:
                targets = tf.broadcast_to(targets[:, None], tf.shape(answers))
            each = keras.losses.categorical_crossentropy(targets, answers)
        if len(each.shape) == 2:
            counted = tf.cast(tf.not_equal(ids, PADDING_ID), tf.float32) if self._spec.mask else tf.ones_like(each)
            weights = counted * weights[:, None]
        return tf.reduce_sum(each * weights) / tf.maximum(tf.reduce_sum(weights), 1e-9)

    def _right(self, answers: Any, ids: Any, labels: Any, weights: Any) -> Any:
        if len(answers.shape) == 3:
            answers = _at_last_word(answers, ids) if self._spec.mask else answers[:, -1]
        predicted = (
            tf.cast(answers[:, 0] > 0.5, tf.int32) if self._spec.labels == 2 else tf.argmax(answers, -1, output_type=tf.int32)
        )
        return tf.reduce_sum(tf.cast(tf.equal(predicted, labels), tf.int32) * tf.cast(weights, tf.int32))

    def _settled_table(self, now: Any, sums: Any) -> tuple[Any, Any, Any]:
        at = tf.convert_to_tensor(self._row_steps)
        table, m, v = self._values(self.table, self._momenta[0], self._velocities[0])
        return adam.caught_up(table, m, v, now - at, tf.gather(sums, at), tf.gather(sums, now), self._decay)

    def _settled_variables(self, now: Any, sums: Any) -> None:
        variables = (self.table, self._momenta[0], self._velocities[0])
        for variable, value in zip(variables, self._settled_table(now, sums), strict=True):
            variable.assign(value)
        self._row_steps.assign(tf.fill(self._row_steps.shape, now))

    def _move_averages(self, now: Any, count: Any, sums: Any) -> None:
        """The running means, moved once for all steps of a call: the decay of one step to the power of their number."""
        seen = tf.cast(now, tf.float32)
        decay = tf.minimum(self._train.averaging, (1 + seen) / (10 + seen)) ** tf.cast(count, tf.float32)
        current = [self._settled_table(now, sums)[0], *self._values(*self.dense)]
        for average, value in zip(self._averages, current, strict=True):
            average.assign(value + (average - value) * decay)

    @staticmethod
    def _values(*variables: Any) -> list[Any]:
        return [tf.convert_to_tensor(variable) for variable in variables]


def _at_last_word(answers: Any, ids: Any) -> Any:
    """The answer [B, 1 or K] at each text's last word, of the answers at every step [B, T, 1 or K]."""
    place = tf.range(ids.shape[1]) * tf.cast(tf.not_equal(ids, PADDING_ID), tf.int32)
    return tf.gather(answers, tf.reduce_max(place, axis=1), batch_dims=1)
