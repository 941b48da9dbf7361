"""The compiled training program: many optimiser steps in one call, each on two cores, with all variables inside.

XLA runs the loop over time steps on one core. So a batch is cut in parts, which are compiled once and run side by side by
TensorFlow's executor; their gradients are added, and the embedding, cut in blocks of columns, is moved side by side as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.models.keras_build import variables_of
from rnn_core.models.keras_loop import compiled
from rnn_core.models.weights import Weights
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training import adam, objective
from rnn_core.training.batches import PARTS, ChunkArrays
from rnn_core.training.variables import Dense, Table

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

    model: as `keras_build.build` makes it; training starts from its weights. touches_rows: whether each step names the rows of
    the embedding that it reads, and moves only those; else it passes over the whole table. Randomness is a function of (seed,
    number of the optimiser step, part of the batch), so a program that is set to another's state goes on exactly as that one
    would.
    """

    def __init__(self, model: Any, spec: ModelSpec, train_spec: TrainSpec, touches_rows: bool) -> None:
        self._spec = spec
        self._touches_rows = touches_rows
        self._train = train_spec
        self._decay = train_spec.learning_rate * train_spec.weight_decay
        self._variables, how = variables_of(model, spec), (self._decay, bool(train_spec.averaging))
        self._table = Table(np.array(self._variables.pop("embeddings")), *how)
        self._dense = Dense({name: np.array(variable) for name, variable in self._variables.items()}, *how)
        self._streams = [variable for variable in model.non_trainable_variables if variable.name == "seed_generator_state"]
        self._tail = keras.Model([model.get_layer("embedding").output, *model.inputs], model.outputs[0])
        self.step = 0
        self._sums = np.zeros((0, 4), np.float32)
        self._run = tf.function(self._steps, autograph=False)
        self._gradients, self._clip = compiled(self._part_gradients), compiled(self._shortening)

    def run(self, batches: ChunkArrays) -> ChunkResult:
        """The optimiser steps of one chunk."""
        if self.step + batches.count >= len(self._sums):
            size = -(-(self.step + batches.count + 1) // TABLE_STEPS) * TABLE_STEPS
            self._sums = adam.catch_up_table(self._train.learning_rate, self._train.weight_decay, size)
        arrays = (batches.words, batches.rows, batches.labels, batches.weights)
        losses, right = self._run(arrays, tf.constant(batches.count), tf.constant(self.step), self._sums, batches.full)
        self.step += batches.count
        return ChunkResult(losses.numpy()[: batches.count], int(right))

    def settle(self) -> None:
        """Brings every row of the embedding to the present step; needed before anybody reads it."""
        if self._touches_rows and len(self._sums):
            self._table.settle(tf.constant(self.step), tf.constant(self._sums))

    def state(self) -> dict[str, NDArray[Any]]:
        """Every number that training goes on from, by name; call `settle` first."""
        table = self._table.state()
        state = {"row_steps": table["row_steps"]}
        for group, named in self._dense.state().items():
            state |= {f"{group}/embeddings": table[group]}
            state |= {f"{group}/{name}": array for name, array in named.items()}
        return state

    def set_state(self, state: dict[str, NDArray[Any]], step: int) -> None:
        """Goes on from what another program's `state` was after so many steps."""
        groups = list(self._dense.state())
        self._dense.set_state({group: {name: state[f"{group}/{name}"] for name in self._variables} for group in groups})
        table = {group: state[f"{group}/embeddings"] for group in groups}
        self._table.set_state({**table, "row_steps": state["row_steps"]})
        self.step = step

    def weights(self) -> Weights:
        """The weights to be judged and kept, by name: the running mean where there is one, else the present ones.

        Call `settle` first.
        """
        group = "averages" if self._train.averaging else "weights"
        return {"embeddings": self._table.state()[group], **self._dense.state()[group]}

    def _steps(self, arrays: tuple[Any, ...], count: Any, first: Any, sums: Any, full: bool) -> tuple[Any, Any]:
        """No XLA here: TensorFlow's executor starts what is compiled, and what does not depend on each other at the same time."""

        def body(k: Any, losses: Any, right: Any) -> tuple[Any, ...]:
            loss, hits = self._one_step(arrays, k, first + k + 1, sums, full)
            return k + 1, tf.tensor_scatter_nd_update(losses, [[k]], [loss]), right + hits

        start = (tf.constant(0), tf.zeros([arrays[0].shape[0]], tf.float32), tf.constant(0))
        # A step must be over before the next begins: the variables would not hold it back by themselves.
        _, losses, right = tf.while_loop(lambda k, *_: k < count, body, start, parallel_iterations=1)
        if self._train.averaging:
            self._move_averages(first + count, count, sums)
        return losses, right

    def _one_step(self, arrays: tuple[Any, ...], k: Any, t: Any, sums: Any, full: bool) -> tuple[Any, Any]:
        words, rows = _words_and_rows(arrays, k)
        # Apart from the gradients: a program with many small pieces that could run at once makes XLA hand it to another thread.
        tables = None if rows is None else self._table.read(rows, t - 1, sums)
        dense = self._dense.read()
        parts = [self._gradients(arrays, tables, dense, k, tf.constant(p), t, full) for p in range(arrays[0].shape[1])]
        d_words, d_dense, losses, hits = zip(*parts, strict=True)
        scale = self._clip(words, rows, d_words, d_dense) if self._train.clip_norm else tf.constant(1.0)
        self._table.move(words, rows, d_words, scale, t, sums)
        self._dense.move(d_dense, scale, tf.gather(sums, t)[0])
        return tf.add_n(losses), tf.add_n(hits)

    def _part_gradients(
        self, arrays: tuple[Any, ...], tables: Any, dense: Any, k: Any, p: Any, t: Any, full: bool
    ) -> tuple[Any, ...]:
        """Part p of batch k: gradients of its words [T · b, D] and of the other weights, its share of the loss, right answers.

        tables: the rows that the batch reads, [M, d] of each block; None for the whole table. dense: all other weights.
        """
        words, labels, weights = (tf.gather(x, k) for x in (arrays[0], *arrays[2:]))
        tables = tables or self._table.values()
        ids, own = tf.transpose(words, [0, 2, 1]), tf.gather(words, p)
        # Time-major, as the recurrences read them: XLA then finds two transpositions that cancel.
        flat = tf.reshape(own, [-1])
        embedded = tf.concat([tf.gather(table, flat) for table in tables], axis=1)
        embedded = tf.reshape(embedded, [*own.shape, self._spec.features])
        every_step = len(self._tail.outputs[0].shape) == 3
        counted = objective.answer_weights(self._spec, every_step, ids, weights)
        ids, labels, weights = (tf.gather(x, p) for x in (ids, labels, weights))
        with tf.GradientTape() as tape:
            tape.watch([embedded, *dense])
            answers = self._answers(tf.transpose(embedded, [1, 0, 2]), ids, dense, t * PARTS + p, full)
            each = objective.cross_entropies(self._spec, self._train.label_smoothing, answers, labels)
            loss = tf.reduce_sum(each * tf.gather(counted, p)) / tf.maximum(tf.reduce_sum(counted), 1e-9)
        d_embedded, *d_dense = tape.gradient(loss, [embedded, *dense])
        hits = objective.right_answers(self._spec, answers, ids, labels, weights)
        return tf.reshape(d_embedded, [-1, self._spec.features]), tf.concat([tf.reshape(d, [-1]) for d in d_dense], 0), loss, hits

    def _answers(self, rows: Any, ids: Any, dense: Any, draw: Any, full: bool) -> Any:
        """The model's output for embedded words [B, T, D], with dropout on; each `draw` is another one."""
        streams = []
        for place, stream in enumerate(self._streams):
            own = int(np.random.SeedSequence([self._train.seed, place]).generate_state(1)[0]) >> 1
            streams.append((stream, tf.stack([tf.cast(own, stream.dtype), tf.cast(draw, stream.dtype)])))
        weights = zip(self._variables.values(), dense, strict=True)
        scope = keras.StatelessScope(state_mapping=[*weights, *streams])
        # The model makes its masks of the ids; of constant ones XLA makes no masks at all.
        with scope:
            return self._tail.call([rows, tf.ones_like(ids) if full else ids], training=True)

    def _shortening(self, words: Any, rows: Any, d_words: Any, d_dense: Any) -> Any:
        """What all gradients are multiplied with so that together they are at most `clip_norm` long."""
        d_words = tf.concat(d_words, 0)
        table = tf.zeros([self._spec.vocabulary if rows is None else rows.shape[0], self._spec.features])
        gradients = [tf.tensor_scatter_nd_add(table, words[:, None], d_words), tf.add_n(d_dense)]
        norm = tf.sqrt(sum(tf.reduce_sum(gradient * gradient) for gradient in gradients))
        return tf.minimum(1.0, self._train.clip_norm / tf.maximum(norm, 1e-12))

    def _move_averages(self, now: Any, count: Any, sums: Any) -> None:
        """The running means, moved once for all steps of a call: the decay of one step to the power of their number."""
        seen = tf.cast(now, tf.float32)
        keep = tf.minimum(self._train.averaging, (1 + seen) / (10 + seen)) ** tf.cast(count, tf.float32)
        self._table.average(keep, self._touches_rows, now, sums)
        self._dense.average(keep)


def _words_and_rows(arrays: tuple[Any, ...], k: Any) -> tuple[Any, Any]:
    """Batch k's words, part after part, [N]; and the rows of the embedding that it reads."""
    words, rows, *_ = arrays
    return tf.reshape(tf.gather(words, k), [-1]), None if rows is None else tf.gather(rows, k)
