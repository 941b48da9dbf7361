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
from rnn_core.training.batches import ChunkArrays

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

    model: as `keras_build.build` makes it; its variables are the ones that move. touches_rows: whether each step names the
    rows of the embedding that it reads, and moves only those; else it passes over the whole table. Randomness is a function of
    (seed, number of the optimiser step), so a program that is set to another's state goes on exactly as that one would.
    """

    def __init__(self, model: Any, spec: ModelSpec, train_spec: TrainSpec, touches_rows: bool) -> None:
        self._spec = spec
        self._touches_rows = touches_rows
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

    def run(self, batches: ChunkArrays) -> ChunkResult:
        """The optimiser steps of one chunk."""
        if self.step + batches.count >= len(self._sums):
            size = -(-(self.step + batches.count + 1) // TABLE_STEPS) * TABLE_STEPS
            self._sums = adam.catch_up_table(self._train.learning_rate, self._train.weight_decay, size)
        arrays = (batches.words, batches.rows, batches.labels, batches.weights)
        numbers = (tf.constant(batches.count), tf.constant(self.step), self._sums)
        losses, right = self._run(*arrays, *numbers, batches.full)
        self.step += batches.count
        return ChunkResult(losses.numpy()[: batches.count], int(right))

    def settle(self) -> None:
        """Brings every row of the embedding to the present step; needed before anybody reads it."""
        if self._touches_rows and len(self._sums):
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

    def _steps(
        self, words: Any, rows: Any, labels: Any, weights: Any, count: Any, first: Any, sums: Any, full: bool
    ) -> tuple[Any, Any]:
        state = [self._values(self.table, *self.dense), self._values(*self._momenta), self._values(*self._velocities)]
        row_steps = tf.convert_to_tensor(self._row_steps)

        def body(k: Any, state: Any, row_steps: Any, losses: Any, right: Any) -> tuple[Any, ...]:
            batch = tuple(tf.gather(x, k) for x in (words, labels, weights))
            touched = None if rows is None else tf.gather(rows, k)
            state, row_steps, loss, hits = self._one_step(batch, touched, first + k + 1, sums, state, row_steps, full)
            return k + 1, state, row_steps, tf.tensor_scatter_nd_update(losses, [[k]], [loss]), right + hits

        start = (tf.constant(0), state, row_steps, tf.zeros([words.shape[0]], tf.float32), tf.constant(0))
        _, state, row_steps, losses, right = tf.while_loop(lambda k, *_: k < count, body, start)
        for variables, values in zip(([self.table, *self.dense], self._momenta, self._velocities), state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        self._row_steps.assign(row_steps)
        if self._averages:
            self._move_averages(first + count, count, sums)
        return losses, right

    def _one_step(self, batch: Any, touched: Any, t: Any, sums: Any, state: Any, row_steps: Any, full: bool) -> tuple[Any, ...]:
        (table, *dense), (table_m, *dense_m), (table_v, *dense_v) = state
        words, labels, weights = batch
        part = (table, table_m, table_v)
        if touched is not None:
            at = tf.gather(row_steps, touched)
            part = tuple(tf.gather(whole, touched) for whole in part)
            part = adam.caught_up(*part, t - 1 - at, tf.gather(sums, at), tf.gather(sums, t - 1), self._decay)
        # Time-major, as the recurrences read them: XLA then finds two transpositions that cancel.
        flat = tf.reshape(words, [-1])
        ids = tf.transpose(words)
        embedded = tf.reshape(tf.gather(part[0], flat), [*words.shape, self._spec.features])
        with tf.GradientTape() as tape:
            tape.watch([embedded, *dense])
            answers = self._answers(tf.transpose(embedded, [1, 0, 2]), ids, dense, t, full)
            loss = self._loss(answers, ids, labels, weights)
        d_embedded, *d_dense = tape.gradient(loss, [embedded, *dense])
        d_words = tf.reshape(d_embedded, [-1, self._spec.features])
        alpha = tf.gather(sums, t)[0]
        if self._train.clip_norm:
            gradients = [tf.tensor_scatter_nd_add(tf.zeros_like(part[0]), flat[:, None], d_words), *d_dense]
            norm = tf.sqrt(sum(tf.reduce_sum(gradient * gradient) for gradient in gradients))
            scale = tf.minimum(1.0, self._train.clip_norm / tf.maximum(norm, 1e-12))
            d_words, d_dense = d_words * scale, [gradient * scale for gradient in d_dense]
        after = [adam.embedding_stepped(*part, flat, d_words, alpha, self._decay)]
        after += [adam.stepped(*each, alpha, self._decay) for each in zip(dense, dense_m, dense_v, d_dense, strict=True)]
        new_part = after[0]
        if touched is not None:
            at_rows = touched[:, None]
            pairs = zip((table, table_m, table_v), new_part, strict=True)
            new_part = tuple(tf.tensor_scatter_nd_update(whole, at_rows, rows) for whole, rows in pairs)
            row_steps = tf.tensor_scatter_nd_update(row_steps, at_rows, tf.fill([touched.shape[0]], t))
        new_state = [[whole, *(moved[i] for moved in after[1:])] for i, whole in enumerate(new_part)]
        return new_state, row_steps, loss, self._right(answers, ids, labels, weights)

    def _answers(self, rows: Any, ids: Any, dense: Any, t: Any, full: bool) -> Any:
        """The model's output for embedded words [B, T, D], with dropout on."""
        streams = []
        for place, stream in enumerate(self._streams):
            own = int(np.random.SeedSequence([self._train.seed, place]).generate_state(1)[0]) >> 1
            streams.append((stream, tf.stack([tf.cast(own, stream.dtype), tf.cast(t, stream.dtype)])))
        scope = keras.StatelessScope(state_mapping=[*zip(self.dense, dense, strict=True), *streams])
        # The model makes its masks of the ids; of constant ones XLA makes no masks at all.
        with scope:
            return self._tail.call([rows, tf.ones_like(ids) if full else ids], training=True)

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
        table = self._settled_table(now, sums)[0] if self._touches_rows else tf.convert_to_tensor(self.table)
        current = [table, *self._values(*self.dense)]
        for average, value in zip(self._averages, current, strict=True):
            average.assign(value + (average - value) * decay)

    @staticmethod
    def _values(*variables: Any) -> list[Any]:
        return [tf.convert_to_tensor(variable) for variable in variables]


def _at_last_word(answers: Any, ids: Any) -> Any:
    """The answer [B, 1 or K] at each text's last word, of the answers at every step [B, T, 1 or K]."""
    place = tf.range(ids.shape[1]) * tf.cast(tf.not_equal(ids, PADDING_ID), tf.int32)
    return tf.gather(answers, tf.reduce_max(place, axis=1), batch_dims=1)
