"""The recurrences of `cells` over whole sequences at once: the input part is computed beforehand, the loop works in place.

A batch is time-major and sorted by falling length, so at step t the texts that still read are its first `active[t]` rows: no
masks, and no work for texts that have ended. Tests hold this to `cells`, one step at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.weights import GATES, Array, Weights
from rnn_core.spec import ModelSpec

InPlace = Callable[[Array, Array], object]  # (x, out)


@dataclass(frozen=True, eq=False)
class PreparedCell:
    """A recurrent layer's weights as the loop wants them.

    The columns of sigmoid gates are halved, for σ(x) = tanh(x / 2) / 2 + 1/2; halving a float is exact.
    """

    kind: str
    units: int
    activation: str
    kernel: Array  # [D, G·U]
    bias: Array  # [G·U]
    recurrent_kernel: Array  # [U, G·U]
    candidate_bias: Array  # [U], of a GRU's candidate, inside the reset gate; else empty


@dataclass(frozen=True, eq=False)
class Scan:
    """What a recurrent layer left behind."""

    last: Array  # [B, U] after each text's last step; zero for an empty text
    states: Array | None  # [T, B, U] if kept; beyond a text's end undefined
    cells: Array | None  # [T, B, U], of a kept LSTM

    def sequences(self) -> Array:
        """The states [T, B, U] of a scan that kept them."""
        if self.states is None:
            raise ValueError("This scan did not keep its states.")
        return self.states

    def reversed(self) -> Scan:
        """The states in the opposite order, for texts of the same length."""
        return Scan(self.last, self.sequences()[::-1], None if self.cells is None else self.cells[::-1])

    def sequence(self) -> Array:
        """The states [T, U] of a scan of one text."""
        return self.sequences()[:, 0]

    def cell_sequence(self) -> Array | None:
        """The memory line [T, U] of a scan of one text through an LSTM, else None."""
        return None if self.cells is None else self.cells[:, 0]


def prepare_cell(spec: ModelSpec, weights: Weights, prefix: str) -> PreparedCell:
    """The recurrent layer whose weights' names start with `prefix`."""
    units, gates = spec.units, GATES[spec.kind]
    halves = np.ones(gates * units, dtype=np.float32)
    for gate in {"simple_rnn": (), "gru": (0, 1), "lstm": (0, 1, 3)}[spec.kind]:
        halves[gate * units : (gate + 1) * units] = 0.5
    bias, candidate_bias = weights[f"{prefix}bias"], np.zeros(0, dtype=np.float32)
    if spec.kind == "gru":
        candidate_bias = bias[1, 2 * units :]
        bias = bias[0] + np.concatenate([bias[1, : 2 * units], np.zeros(units, dtype=np.float32)])
    return PreparedCell(
        kind=spec.kind,
        units=units,
        activation=spec.activation,
        kernel=weights[f"{prefix}kernel"] * halves,
        bias=bias * halves,
        recurrent_kernel=np.ascontiguousarray(weights[f"{prefix}recurrent_kernel"] * halves),
        candidate_bias=candidate_bias,
    )


def scan(cell: PreparedCell, inputs: Iterable[Array], lengths: NDArray[np.int64], keep: bool) -> Scan:
    """Runs one layer over a batch from a zero state.

    inputs: for each step t, x_t · W + b of the active texts, [active[t], G·U]; for a single text [G·U].
    lengths: [B], falling. keep: whether the state after every step is wanted.
    """
    batch, steps = len(lengths), int(lengths[0]) if len(lengths) else 0
    single = batch == 1
    depth = steps if keep or single else min(2, steps)
    states = np.empty((depth, batch, cell.units), dtype=np.float32)
    cells = np.empty_like(states) if cell.kind == "lstm" else None
    active = active_texts(lengths)
    start = np.zeros(cell.units if single else (batch, cell.units), dtype=np.float32)
    if cell.kind == "simple_rnn":
        _simple_rnn(cell, inputs, _views(states, active), start)
    elif cell.kind == "gru":
        _gru(cell, inputs, _views(states, active), start)
    elif cells is not None:
        _lstm(cell, inputs, _views(states, active), _views(cells, active), start)
    last = np.zeros((batch, cell.units), dtype=np.float32)
    if steps:
        some = lengths > 0
        last[some] = states[(lengths[some] - 1) % depth, np.flatnonzero(some)]
    return Scan(last, states if keep else None, cells if keep else None)


def active_texts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """[T]: how many texts are longer than t. lengths: [B], falling."""
    steps = np.arange(lengths[0] if len(lengths) else 0)
    return len(lengths) - np.searchsorted(lengths[::-1], steps, side="right")


def pool(states: Array, lengths: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean and greatest value of each unit over a text's own steps: states [T, B, U] -> twice [B, U]; zero for an empty text."""
    if lengths[0] == lengths[-1] > 0:
        return np.asarray(states.mean(axis=0)), np.asarray(states.max(axis=0))
    total = np.zeros(states.shape[1:], dtype=np.float32)
    greatest = np.full(states.shape[1:], -np.inf, dtype=np.float32)
    for step, texts in zip(states, active_texts(lengths).tolist(), strict=True):
        np.add(total[:texts], step[:texts], total[:texts])
        np.maximum(greatest[:texts], step[:texts], greatest[:texts])
    greatest[lengths == 0] = 0
    count: Array = np.maximum(lengths, 1)[:, None].astype(np.float32)
    return total / count, greatest


def _views(states: Array, active: NDArray[np.int64]) -> Sequence[Array]:
    if states.shape[1] == 1:
        return list(states[:, 0])  # vectors: BLAS multiplies them faster than matrices of one row
    depth = len(states)
    return [states[step % depth, :texts] for step, texts in enumerate(active.tolist())]


def _simple_rnn(cell: PreparedCell, inputs: Iterable[Array], states: Sequence[Array], state: Array) -> None:
    activate, kernel, add = _in_place(cell.activation), cell.recurrent_kernel, np.add
    for x, new in zip(inputs, states, strict=True):
        if len(new) < len(state):
            state = state[: len(new)]
        state.dot(kernel, new)
        add(new, x, new)
        activate(new, new)
        state = new


def _gru(cell: PreparedCell, inputs: Iterable[Array], states: Sequence[Array], state: Array) -> None:
    activate, kernel, units = _in_place(cell.activation), cell.recurrent_kernel, cell.units
    sums = np.empty((*state.shape[:-1], 3 * units), dtype=np.float32)
    gates, update, reset, candidate = _columns(sums, units, (0, 2), (0, 1), (1, 2), (2, 3))
    for x, new in zip(inputs, states, strict=True):
        if len(new) < len(state):
            state, sums = state[: len(new)], sums[: len(new)]
            gates, update, reset, candidate = _columns(sums, units, (0, 2), (0, 1), (1, 2), (2, 3))
        state.dot(kernel, sums)
        np.add(gates, x[..., : 2 * units], gates)
        np.tanh(gates, gates)
        np.multiply(gates, 0.5, gates)
        np.add(gates, 0.5, gates)
        np.add(candidate, cell.candidate_bias, candidate)
        np.multiply(candidate, reset, candidate)
        np.add(candidate, x[..., 2 * units :], candidate)
        activate(candidate, candidate)
        np.subtract(state, candidate, new)  # z · h + (1 - z) · candidate = candidate + z · (h - candidate)
        np.multiply(new, update, new)
        np.add(new, candidate, new)
        state = new


def _lstm(cell: PreparedCell, inputs: Iterable[Array], states: Sequence[Array], cells: Sequence[Array], state: Array) -> None:
    activate, kernel, units, tanh = _in_place(cell.activation), cell.recurrent_kernel, cell.units, cell.activation == "tanh"
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype=np.float32), units)
    shift = 1 - scale
    memory = state
    sums = np.empty((*state.shape[:-1], 4 * units), dtype=np.float32)
    write, forget, candidate, show = _columns(sums, units, (0, 1), (1, 2), (2, 3), (3, 4))
    for x, new, new_memory in zip(inputs, states, cells, strict=True):
        if len(new) < len(state):
            state, memory, sums = state[: len(new)], memory[: len(new)], sums[: len(new)]
            write, forget, candidate, show = _columns(sums, units, (0, 1), (1, 2), (2, 3), (3, 4))
        state.dot(kernel, sums)
        np.add(sums, x, sums)
        untouched = None if tanh else candidate.copy()
        np.tanh(sums, sums)  # all four gates in one call
        np.multiply(sums, scale, sums)
        np.add(sums, shift, sums)
        if untouched is not None:
            activate(untouched, candidate)
        np.multiply(forget, memory, new_memory)
        np.multiply(write, candidate, write)
        np.add(new_memory, write, new_memory)
        activate(new_memory, new)
        np.multiply(new, show, new)
        state, memory = new, new_memory


def _columns(sums: Array, units: int, *blocks: tuple[int, int]) -> tuple[Array, ...]:
    return tuple(sums[..., first * units : end * units] for first, end in blocks)


def _in_place(activation: str) -> InPlace:
    functions: dict[str, InPlace] = {"tanh": np.tanh, "relu": _relu, "linear": _linear}
    return functions[activation]


def _relu(x: Array, out: Array) -> None:
    np.maximum(x, 0, out=out)


def _linear(x: Array, out: Array) -> None:
    if out is not x:
        np.copyto(out, x)
