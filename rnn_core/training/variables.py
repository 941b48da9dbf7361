"""What training moves, with Adam's memory of it: the embedding in blocks of columns, and all other weights as one flat array.

What their compiled programs do is done side by side where it is called within one function of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.models.keras_loop import compiled
from rnn_core.models.weights import Weights
from rnn_core.training import adam
from rnn_core.training.batches import PARTS

GROUPS = ("weights", "momenta", "velocities", "averages")  # what an array is to the training; averages only where they are kept


class Table:
    """The embedding, in blocks of columns. Like blocks share their compiled programs, and run side by side.

    table: [V, D]. decay: learning rate · weight decay. averaging: whether a running mean is kept.
    """

    def __init__(self, table: NDArray[np.float32], decay: float, averaging: bool) -> None:
        self._decay = decay
        self._blocks = [_Block(block, averaging) for block in _columns(table)]
        self._read, self._move = compiled(self._rows_of), compiled(self._moved)
        self._catch_up, self._average = compiled(self._all_caught_up), compiled(self._averaged)
        self.settle = tf.function(self._settled, autograph=False)

    def values(self) -> list[Any]:
        """The weights as they stand, [V, d] of each block."""
        return [tf.reshape(block.adam[0], block.shape) for block in self._blocks]

    def read(self, touched: Any, before: Any, sums: Any) -> list[Any]:
        """The rows of `touched` [M] as step `before` left them, [M, d] of each block. sums: `adam.catch_up_table`."""
        return [self._read(block.adam, block.row_steps, block.shape, touched, before, sums)[0] for block in self._blocks]

    def move(self, words: Any, touched: Any, gradients: Any, scale: Any, t: Any, sums: Any) -> None:
        """Step t. Of what is read, row words[i] has the gradient scale · gradients[i]; words [N], gradients [.., D] in parts.

        touched: as in `read`, or None where each step passes over all rows.
        """
        first = 0
        for block in self._blocks:
            how = (words, touched, gradients, tf.constant(first), scale, t, sums)
            self._move(block.adam, block.row_steps, block.shape, *how)
            first += block.shape[1]

    def average(self, keep: Any, touches_rows: bool, now: Any, sums: Any) -> None:
        """Moves the running mean to what is now, but for the share `keep`."""
        for block in self._blocks:
            self._average(block.mean, block.adam, block.row_steps if touches_rows else None, block.shape, keep, now, sums)

    def state(self) -> dict[str, NDArray[Any]]:
        """The numbers by group, each [V, D], and the step at which each row stands, [V]."""
        groups = GROUPS[: len(self._blocks[0].arrays)]
        blocks = [[np.array(v).reshape(block.shape) for v in block.arrays] for block in self._blocks]
        arrays = {group: np.concatenate(columns, axis=1) for group, *columns in zip(groups, *blocks, strict=True)}
        return {**arrays, "row_steps": np.array(self._blocks[0].row_steps)}

    def set_state(self, state: dict[str, NDArray[Any]]) -> None:
        """Goes on from what `state` gave."""
        for place, block in enumerate(self._blocks):
            for group, variable in zip(GROUPS, block.arrays, strict=False):
                variable.assign(_columns(state[group])[place].reshape(-1))
            block.row_steps.assign(state["row_steps"])

    def _rows_of(self, variables: Any, row_steps: Any, shape: Any, touched: Any, before: Any, sums: Any) -> list[Any]:
        """Weights, momentum and velocity that a step reads of a block: [V, d], or `touched` rows [M, d] brought to `before`."""
        whole = [tf.reshape(variable, shape) for variable in variables]
        if touched is None:
            return whole
        at = tf.gather(tf.convert_to_tensor(row_steps), touched)
        return self._caught_up([tf.gather(x, touched) for x in whole], at, before, sums)

    def _caught_up(self, rows: list[Any], at: Any, now: Any, sums: Any) -> list[Any]:
        table, momentum, velocity = rows
        return list(adam.caught_up(table, momentum, velocity, now - at, tf.gather(sums, at), tf.gather(sums, now), self._decay))

    def _moved(
        self,
        variables: Any,
        row_steps: Any,
        shape: Any,
        words: Any,
        touched: Any,
        gradients: Any,
        first: Any,
        scale: Any,
        t: Any,
        sums: Any,
    ) -> None:
        gradients = tf.concat(gradients, 0)
        own = tf.slice(gradients, [0, first], [gradients.shape[0], shape[1]]) * scale
        table, momentum, velocity = self._rows_of(variables, row_steps, shape, touched, t - 1, sums)
        moved = adam.embedding_stepped(table, momentum, velocity, words, own, tf.gather(sums, t)[0], self._decay)
        if touched is None:
            _assign(variables, moved)
            return
        at = touched[:, None]
        for variable, rows in zip(variables, moved, strict=True):
            whole = tf.tensor_scatter_nd_update(tf.reshape(variable, shape), at, tf.reshape(rows, [-1, shape[1]]))
            variable.assign(tf.reshape(whole, [-1]))
        row_steps.assign(tf.tensor_scatter_nd_update(row_steps, at, tf.fill([touched.shape[0]], t)))

    def _settled(self, now: Any, sums: Any) -> None:
        """Brings every row to step `now`."""
        for block in self._blocks:
            self._catch_up(block.adam, block.row_steps, block.shape, now, sums)

    def _all_caught_up(self, variables: Any, row_steps: Any, shape: Any, now: Any, sums: Any) -> None:
        rows = self._rows_of(variables, row_steps, shape, None, now, sums)
        _assign(variables, self._caught_up(rows, tf.convert_to_tensor(row_steps), now, sums))
        row_steps.assign(tf.fill(row_steps.shape, now))

    def _averaged(self, mean: Any, variables: Any, row_steps: Any, shape: Any, keep: Any, now: Any, sums: Any) -> None:
        rows = self._rows_of(variables, row_steps, shape, None, now, sums)
        if row_steps is not None:
            rows = self._caught_up(rows, tf.convert_to_tensor(row_steps), now, sums)
        _average(mean, tf.reshape(rows[0], [-1]), keep)


class _Block:
    """Some columns' variables."""

    def __init__(self, block: NDArray[np.float32], averaging: bool) -> None:
        self.shape = block.shape
        self.adam, self.mean = _variables(block, averaging)
        self.row_steps = tf.Variable(tf.zeros([len(block)], tf.int32))  # the step at which each row stands

    @property
    def arrays(self) -> list[Any]:
        """The variables in the order of `GROUPS`."""
        return [*self.adam, *self.mean]


class Dense:
    """All weights but the embedding. A compiled program pays for each array that it is given, so they are one.

    weights: by name. decay, averaging: as in `Table`. `read` gives them in the shapes and the order that `weights` had.
    """

    def __init__(self, weights: Weights, decay: float, averaging: bool) -> None:
        self._shapes = {name: array.shape for name, array in weights.items()}
        self._decay = decay
        self._adam, self._mean = _variables(self._flat(weights), averaging)
        self.move, self.average = compiled(self._moved), compiled(self._averaged)
        self.read = compiled(lambda: list(self.cut(self.flat()).values()))

    def flat(self) -> Any:
        """The weights as they stand, [N]."""
        return tf.convert_to_tensor(self._adam[0])

    def cut(self, flat: Any) -> dict[str, Any]:
        """A flat array's numbers by name, each in its own shape."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self._shapes.values()])
        reshape = np.reshape if isinstance(flat, np.ndarray) else tf.reshape
        named = zip(self._shapes.items(), [0, *ends[:-1]], ends, strict=True)
        return {name: reshape(flat[first:end], shape) for (name, shape), first, end in named}

    def state(self) -> dict[str, Weights]:
        """The numbers by group and name."""
        return {group: self.cut(np.array(v)) for group, v in _by_group(self._adam, self._mean)}

    def set_state(self, state: dict[str, Weights]) -> None:
        """Goes on from what `state` gave."""
        for group, variable in _by_group(self._adam, self._mean):
            variable.assign(self._flat(state[group]))

    def _flat(self, weights: Weights) -> NDArray[np.float32]:
        return np.concatenate([weights[name].reshape(-1) for name in self._shapes])

    def _moved(self, gradients: Any, scale: Any, alpha: Any) -> None:
        """One step; gradients [N] in parts that are added."""
        weights, momentum, velocity = map(tf.convert_to_tensor, self._adam)
        _assign(self._adam, adam.stepped(weights, momentum, velocity, tf.add_n(gradients) * scale, alpha, self._decay))

    def _averaged(self, keep: Any) -> None:
        _average(self._mean, self.flat(), keep)


def _columns(table: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The table [V, D] cut in `PARTS` blocks of columns, fewer where it has not as many."""
    return [block for block in np.array_split(table, PARTS, axis=1) if block.shape[1]]


def _variables(weights: NDArray[np.float32], averaging: bool) -> tuple[list[Any], list[Any]]:
    """Weights, momentum and velocity, and perhaps the running mean; flat, for most of a step is one pass over every number."""
    flat = weights.reshape(-1)
    return [tf.Variable(x) for x in (flat, np.zeros_like(flat), np.zeros_like(flat))], [tf.Variable(flat)] if averaging else []


def _by_group(adam_variables: list[Any], mean: list[Any]) -> list[tuple[str, Any]]:
    return list(zip(GROUPS, [*adam_variables, *mean], strict=False))


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(tf.reshape(value, [-1]))


def _average(mean: list[Any], weights: Any, keep: Any) -> None:
    (variable,) = mean
    variable.assign(weights + (variable - weights) * keep)
