"""What training moves, with Adam's memory of it: blocks of the embedding's columns, and all other weights as one flat array.

Each has compiled programs of its own and shares no variable with another, so that several can be moved at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.models.weights import Weights
from rnn_core.training import adam
from rnn_core.training.batches import PARTS

GROUPS = ("weights", "momenta", "velocities", "averages")  # what an array is to the training; averages only where they are kept


def blocks(table: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The table [V, D] cut in `PARTS` blocks of columns, fewer where it has not as many."""
    return [block for block in np.array_split(table, PARTS, axis=1) if block.shape[1]]


def compiled(function: Callable[..., Any]) -> Any:
    """The function under XLA."""
    return tf.function(function, jit_compile=True, autograph=False)


class Columns:
    """A block of columns of the embedding.

    block: [V, d]. first: its first column's place in the embedding. decay: learning rate · weight decay. averaging: whether a
    running mean is kept.
    """

    def __init__(self, block: NDArray[np.float32], first: int, decay: float, averaging: bool) -> None:
        self._shape = block.shape
        self._own = slice(first, first + block.shape[1])
        self._decay = decay
        self._adam, self._mean = _variables(block, averaging)
        self._row_steps = tf.Variable(tf.zeros([len(block)], tf.int32))
        self.read, self.move = compiled(lambda *how: self._rows(*how)[0]), compiled(self._moved)
        self.settle, self.average = compiled(self._settled), compiled(self._averaged)

    def table(self) -> Any:
        """The weights as they stand, [V, d]."""
        return tf.reshape(self._adam[0], self._shape)

    def state(self) -> dict[str, NDArray[Any]]:
        """The block's numbers by group, each [V, d], and the step at which each row stands, [V]."""
        arrays = {group: np.array(v).reshape(self._shape) for group, v in _by_group(self._adam, self._mean)}
        return {**arrays, "row_steps": np.array(self._row_steps)}

    def set_state(self, state: dict[str, NDArray[Any]]) -> None:
        """Goes on from what `state` gave."""
        for group, variable in _by_group(self._adam, self._mean):
            variable.assign(state[group].reshape(-1))
        self._row_steps.assign(state["row_steps"])

    def _rows(self, touched: Any, before: Any, sums: Any) -> list[Any]:
        """Weights, momentum and velocity that a step reads: all rows [V, d], or those of `touched` [M] brought to step `before`.

        sums: `adam.catch_up_table`.
        """
        whole = [tf.reshape(variable, self._shape) for variable in self._adam]
        if touched is None:
            return whole
        at = tf.gather(tf.convert_to_tensor(self._row_steps), touched)
        table, momentum, velocity = (tf.gather(x, touched) for x in whole)
        steps = (before - at, tf.gather(sums, at), tf.gather(sums, before))
        return list(adam.caught_up(table, momentum, velocity, *steps, self._decay))

    def _moved(self, words: Any, touched: Any, gradients: Any, scale: Any, t: Any, sums: Any) -> None:
        """Step t. Of what is read, row words[i] has the gradient scale · gradients[i]; words [N], gradients [.., D] in parts."""
        own = tf.concat(gradients, 0)[:, self._own] * scale
        table, momentum, velocity = self._rows(touched, t - 1, sums)
        moved = adam.embedding_stepped(table, momentum, velocity, words, own, tf.gather(sums, t)[0], self._decay)
        if touched is None:
            _assign(self._adam, moved)
            return
        at, width = touched[:, None], self._shape[1]
        for variable, rows in zip(self._adam, moved, strict=True):
            whole = tf.tensor_scatter_nd_update(tf.reshape(variable, self._shape), at, tf.reshape(rows, [-1, width]))
            variable.assign(tf.reshape(whole, [-1]))
        self._row_steps.assign(tf.tensor_scatter_nd_update(self._row_steps, at, tf.fill([touched.shape[0]], t)))

    def _settled(self, now: Any, sums: Any) -> None:
        _assign(self._adam, self._rows(tf.range(self._shape[0]), now, sums))
        self._row_steps.assign(tf.fill(self._row_steps.shape, now))

    def _averaged(self, keep: Any, touches_rows: bool, now: Any, sums: Any) -> None:
        table = self._rows(tf.range(self._shape[0]) if touches_rows else None, now, sums)[0]
        _average(self._mean, tf.reshape(table, [-1]), keep)


class Dense:
    """All weights but the embedding. A compiled program pays for each array that it is given, so they are one.

    weights: by name. decay, averaging: as in `Columns`.
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
