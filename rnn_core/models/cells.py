"""One step of each recurrent cell, as the equations read: from x_t and the state before to the state after.

Shapes: x_t is `[D]` or a batch `[B, D]`, a state `[U]` or `[B, U]`. Weights are named and laid out as Keras does: `kernel`
[D, G·U], `recurrent_kernel` [U, G·U] and `bias`, the G gates side by side. The functions keep the precision they are given, so
float64 weights and states make a float64 recurrence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
CellWeights = Mapping[str, Array]  # kernel, recurrent_kernel, bias; other names are left alone


class LSTMState(NamedTuple):
    """What an LSTM hands to its next step."""

    hidden: Array  # [U], what the layers above see
    cell: Array  # [U], the memory line


class GRUGates(NamedTuple):
    """The gates of one GRU step, each [U]."""

    update: Array  # near 1 keeps the old state
    reset: Array  # near 0 forgets the old state in the candidate
    candidate: Array


class LSTMGates(NamedTuple):
    """The gates of one LSTM step, each [U]."""

    input: Array  # how much of the candidate is written
    forget: Array  # how much of the cell is kept
    candidate: Array
    output: Array  # how much of the cell is shown


def simple_rnn_step(x_t: Array, state: Array, weights: CellWeights, activation: str = "tanh") -> Array:
    """h_t = activation(x_t · W + h_{t-1} · U + b)  (Elman 1990).

    Example:
        >>> simple_rnn_step(x_t, np.zeros(64, np.float32), classifier.weights).shape
        (64,)
    """
    return activate(x_t @ weights["kernel"] + state @ weights["recurrent_kernel"] + weights["bias"], activation)


def gru_step(x_t: Array, state: Array, weights: CellWeights, activation: str = "tanh") -> Array:
    """h_t = z · h_{t-1} + (1 - z) · candidate  (Cho et al. 2014, arXiv:1406.1078, as Keras with `reset_after=True`)."""
    update, _, candidate = gru_gates(x_t, state, weights, activation)
    return update * state + (1 - update) * candidate


def gru_gates(x_t: Array, state: Array, weights: CellWeights, activation: str = "tanh") -> GRUGates:
    """z = σ(x_t · W_z + h · U_z + b_z), r likewise, candidate = activation(x_t · W_h + b_h + r · (h · U_h + c_h)).

    `bias` is [2, 3·U]: the first row goes with the input, the second with the state. Gates in the order z, r, h.
    """
    from_input = np.split(x_t @ weights["kernel"] + weights["bias"][0], 3, axis=-1)
    from_state = np.split(state @ weights["recurrent_kernel"] + weights["bias"][1], 3, axis=-1)
    update = sigmoid(from_input[0] + from_state[0])
    reset = sigmoid(from_input[1] + from_state[1])
    return GRUGates(update, reset, activate(from_input[2] + reset * from_state[2], activation))


def lstm_step(x_t: Array, state: LSTMState, weights: CellWeights, activation: str = "tanh") -> LSTMState:
    """c_t = f · c_{t-1} + i · candidate, h_t = o · activation(c_t)  (Hochreiter and Schmidhuber 1997; Gers et al. 2000)."""
    gates = lstm_gates(x_t, state, weights, activation)
    cell = gates.forget * state.cell + gates.input * gates.candidate
    return LSTMState(gates.output * activate(cell, activation), cell)


def lstm_gates(x_t: Array, state: LSTMState, weights: CellWeights, activation: str = "tanh") -> LSTMGates:
    """i, f, o = σ(x_t · W + h · U + b), candidate = activation(x_t · W_c + h · U_c + b_c). Gates in the order i, f, c, o."""
    sums = np.split(x_t @ weights["kernel"] + state.hidden @ weights["recurrent_kernel"] + weights["bias"], 4, axis=-1)
    return LSTMGates(sigmoid(sums[0]), sigmoid(sums[1]), activate(sums[2], activation), sigmoid(sums[3]))


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), written with tanh so that no x overflows."""
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5)


def activate(x: Array, activation: str) -> Array:
    """tanh, relu or linear (x itself)."""
    if activation == "tanh":
        return np.tanh(x)
    return np.maximum(x, 0) if activation == "relu" else x
