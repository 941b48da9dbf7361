"""SimpleRNN, GRU and LSTM of Keras that train several times faster on a CPU: same weights, same results, same saved file.

Each class differs from its stock parent in one method. Where a call asks for something that the fast recurrence does not do,
the parent's own loop runs instead. The classes carry their parents' names and are saved under them, so a `.keras` or
`.weights.h5` file written with them loads in a Keras that has never heard of this module.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras.src import api_export

from rnn_core.models import keras_recurrences as recurrences

_FAST_DTYPES = ("float32", "float64")


def _saved_as_stock(cls: Any) -> Any:
    """Keras writes the public name that it finds here into a saved file; reading the name back gives the stock class."""
    api_export.REGISTERED_OBJS_TO_NAMES[cls] = f"keras.layers.{cls.__name__}"
    return cls


@_saved_as_stock
class SimpleRNN(keras.layers.SimpleRNN):  # type: ignore[misc]  # Keras has no types
    """`keras.layers.SimpleRNN` with the input projection before the loop and a hand-written backward pass.

    Example:
        >>> SimpleRNN(4)(np.ones((2, 10, 8), "float32")).shape
        TensorShape([2, 4])
    """

    padding_leads = False  # set by `accelerate`

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: Any = False) -> Any:
        """The whole sequence: (last output [B, U], outputs [B, T, U], [last state])."""
        activation = _activation_name(self.cell.activation)
        if activation not in recurrences.ACTIVATIONS or not _is_plain(self, sequences, mask, training):
            return super().inner_loop(sequences, initial_state, mask, training)
        projected = _projected(self.cell, _dropped(self.cell, sequences, training), self.cell.bias)
        state = _only(initial_state)
        kernel = tf.convert_to_tensor(self.cell.recurrent_kernel)
        present = _time_major_mask(mask)
        how = (activation, self.return_sequences, self.go_backwards, self.padding_leads)
        states = recurrences.simple_rnn(projected, kernel, state, present, *how)
        return _as_keras(self, states, None, present, state)


@_saved_as_stock
class GRU(keras.layers.GRU):  # type: ignore[misc]  # as above
    """`keras.layers.GRU` (reset_after, tanh and sigmoid) on the fast recurrence; any other setting runs the stock loop."""

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: Any = False) -> Any:
        """The whole sequence: (last output [B, U], outputs [B, T, U], [last state])."""
        cell = self.cell
        if not cell.reset_after or not _has_usual_gates(cell) or not _is_plain(self, sequences, mask, training):
            return super().inner_loop(sequences, initial_state, mask, training)
        bias, recurrent_bias = tf.unstack(tf.convert_to_tensor(cell.bias)) if cell.use_bias else (None, None)
        projected = _projected(cell, _dropped(cell, sequences, training), bias)
        if recurrent_bias is None:
            recurrent_bias = tf.zeros([3 * cell.units], projected.dtype)
        state = _only(initial_state)
        kernel = tf.convert_to_tensor(cell.recurrent_kernel)
        present = _time_major_mask(mask)
        states = recurrences.gru(projected, kernel, recurrent_bias, state, present, self.return_sequences, self.go_backwards)
        return _as_keras(self, states, None, present, state)


@_saved_as_stock
class LSTM(keras.layers.LSTM):  # type: ignore[misc]  # as above
    """`keras.layers.LSTM` (tanh and sigmoid) on the fast recurrence; any other setting runs the stock loop."""

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: Any = False) -> Any:
        """The whole sequence: (last output [B, U], outputs [B, T, U], [last state, last cell state])."""
        if not _has_usual_gates(self.cell) or not _is_plain(self, sequences, mask, training):
            return super().inner_loop(sequences, initial_state, mask, training)
        projected = _projected(self.cell, _dropped(self.cell, sequences, training), self.cell.bias)
        state, memory = initial_state
        kernel = tf.convert_to_tensor(self.cell.recurrent_kernel)
        present = _time_major_mask(mask)
        states, memory = recurrences.lstm(projected, kernel, state, memory, present, self.return_sequences, self.go_backwards)
        return _as_keras(self, states, memory, present, state)


_FAST = {keras.layers.SimpleRNN: SimpleRNN, keras.layers.GRU: GRU, keras.layers.LSTM: LSTM}


def accelerate(model: Any, left_padded: bool = False) -> Any:
    """The same model, whose stock SimpleRNN, GRU and LSTM layers take the fast path from now on, those in Bidirectional too.

    Nothing else about the layers changes: weights, names, configuration and saved form stay those of stock Keras.
    left_padded: a promise that masks will only ever mark padding on the left and that no initial state is given.
    """
    for layer in model._flatten_layers():
        if type(layer) in _FAST:
            layer.__class__ = _FAST[type(layer)]
        if left_padded and isinstance(layer, SimpleRNN):
            layer.padding_leads = not layer.go_backwards
    return model


def _is_plain(layer: Any, sequences: Any, mask: Any, training: Any) -> bool:
    """Whether nothing is asked for that only the stock loop does."""
    return (
        layer.compute_dtype in _FAST_DTYPES
        and not layer.unroll
        and sequences.shape[1] is not None
        and (mask is None or (tf.is_tensor(mask) and len(mask.shape) == 2))
        and not (layer.cell.recurrent_dropout and training is not False)
    )


def _has_usual_gates(cell: Any) -> bool:
    return _activation_name(cell.activation) == "tanh" and _activation_name(cell.recurrent_activation) == "sigmoid"


def _activation_name(function: Any) -> str:
    names = {None: "linear", **{getattr(keras.activations, name): name for name in recurrences.ACTIVATIONS}}
    return names.get(function, "")


def _dropped(cell: Any, sequences: Any, training: Any) -> Any:
    """The inputs [B, T, D] after the cell's own dropout, which uses one mask for all steps."""
    kept = cell.get_dropout_mask(sequences[:, 0, :])
    return sequences if kept is None or not training else sequences * kept[:, None, :]


def _projected(cell: Any, sequences: Any, bias: Any) -> Any:
    """x W + b of all steps as one matrix product, [T, B, G]."""
    kernel = tf.convert_to_tensor(cell.kernel)
    by_time = tf.transpose(sequences, [1, 0, 2])
    flat = tf.matmul(tf.reshape(by_time, [-1, kernel.shape[0]]), kernel)
    if bias is not None:
        flat += tf.convert_to_tensor(bias)
    shape = [sequences.shape[1], tf.shape(sequences)[0] if sequences.shape[0] is None else sequences.shape[0], kernel.shape[1]]
    projected = tf.reshape(flat, shape)
    return tf.ensure_shape(projected, [sequences.shape[1], sequences.shape[0], kernel.shape[1]])


def _time_major_mask(mask: Any) -> Any:
    """[T, B, 1] bool, or None where nothing is masked; a constant mask that masks nothing counts as none."""
    known = None if mask is None else tf.get_static_value(mask)
    if mask is None or (known is not None and known.all()):
        return None
    return tf.transpose(tf.cast(mask, tf.bool))[..., None]


def _only(state: Any) -> Any:
    return state[0] if isinstance(state, (list, tuple)) else state


def _as_keras(layer: Any, states: Any, memory: Any, present: Any, initial: Any) -> tuple[Any, Any, list[Any]]:
    """What `RNN.inner_loop` gives: outputs in the order of reading, with zeros where Keras puts them for masked steps."""
    if not layer.return_sequences:
        last, outputs = states, None
    else:
        outputs = tf.reverse(states, [0]) if layer.go_backwards else states
        last = outputs[-1]
    final = [last] if memory is None else [last, memory]
    if present is not None:
        shown = tf.reverse(present, [0]) if layer.go_backwards else present
        if not layer.zero_output_for_mask:  # Keras repeats the output of the step before, zero where there was none
            first = tf.argmax(tf.cast(shown, tf.int32), axis=0, output_type=tf.int32)
            steps = tf.range(shown.shape[0])[:, None, None]
            shown = tf.logical_and(steps >= first, tf.reduce_any(shown, axis=0))
        last = tf.where(shown[-1], last, tf.zeros_like(last))
        outputs = None if outputs is None else tf.where(shown, outputs, tf.zeros_like(outputs))
    outputs = last[:, None] if outputs is None else tf.transpose(outputs, [1, 0, 2])
    return last, outputs, final
