"""One recurrent layer unrolled in double precision, and the chain rule run backwards through it, one step at a time.

Every step is linear once the states are known: what a gate's sum passes on to the step before is a number per unit, worked out
for all steps at once; what is left to do step by step is one product with the recurrent kernel. A gradient that fades or grows
is kept as a vector of ordinary size and the logarithm of its scale, so that no gap is too long for a double.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from rnn_core.spec import Activation, Kind

Floats = NDArray[np.float64]

_BLOCK = 32  # steps between two changes of scale
_ORDINARY = 1e280  # a block is trusted while the squares of its norms lie between 1 / this and this
_GREATEST_EXPONENT = 700.0  # np.exp of more does not fit a double
_ACTIVATE: dict[Activation, Callable[..., Floats]] = {"tanh": np.tanh, "relu": partial(np.maximum, 0.0), "linear": np.positive}


class GradientError(ValueError):
    """A gradient that this network or text does not have; the message says why."""


class OverflowedStateError(GradientError):
    """A state that grew beyond what a number can hold."""


@dataclass(frozen=True)
class Chain:
    """One layer in one direction over one sequence of T steps, in the order in which the layer reads it.

    states: [T+1, U], the first row is the state before the first word. cells: the LSTM's cell state, [T+1, U], else None.
    slopes: [T, G, U], what one unit of gradient at a unit's state (for the LSTM's first three gates: at its cell state) becomes
    at the recurrent side of its gates' sums. input_slopes: the same at the input side (only the GRU's differ).
    carry: [T, U], what the GRU's state or the LSTM's cell state passes on past all gates; None for the SimpleRNN.
    exposure: [T, U], dh/dc of the LSTM, else None.
    """

    inputs: Floats  # [T, D]
    kernel: Floats  # [D, G * U]
    recurrent_kernel: Floats  # [U, G * U]
    states: Floats
    cells: Floats | None
    slopes: Floats
    input_slopes: Floats
    carry: Floats | None
    exposure: Floats | None

    @property
    def steps(self) -> int:
        """T."""
        return len(self.slopes)

    @property
    def units(self) -> int:
        """U."""
        return int(self.states.shape[1])

    @property
    def parts(self) -> int:
        """How many vectors of U numbers pass from step to step: 2 for an LSTM (state and cell state), else 1."""
        return 1 if self.cells is None else 2


def unroll(kind: Kind, weights: Mapping[str, NDArray[Any]], inputs: NDArray[Any], activation: Activation = "tanh") -> Chain:
    """The layer's states over one sequence, with all that the chain rule needs.

    Args:
        kind: simple_rnn, gru (reset_after, as Keras has it) or lstm.
        weights: kernel [D, G * U], recurrent_kernel [U, G * U] and bias ([2, 3 * U] for gru) of this layer.
        inputs: [T, D].

    Raises:
        OverflowedStateError: a state that grows beyond what a double can hold, as ReLU and linear units can.
    """
    kernel, recurrent, bias = (np.asarray(weights[name], dtype=np.float64) for name in ("kernel", "recurrent_kernel", "bias"))
    sequence = np.asarray(inputs, dtype=np.float64).reshape(-1, kernel.shape[0])
    given = (sequence, kernel, recurrent)
    with np.errstate(over="ignore", invalid="ignore"):
        chain = {"simple_rnn": _unroll_simple_rnn, "gru": _unroll_gru, "lstm": _unroll_lstm}[kind](*given, bias, activation)
    if not np.isfinite(chain.states).all():
        step = int(np.argmin(np.isfinite(chain.states).all(axis=1)))
        raise OverflowedStateError(
            f"The state grows beyond what a number can hold at word {step}: nothing bounds {activation} units."
        )
    return chain


def _unroll_simple_rnn(inputs: Floats, kernel: Floats, recurrent: Floats, bias: Floats, activation: Activation) -> Chain:
    steps, units = len(inputs), len(recurrent)
    sums = inputs @ kernel + bias
    states = np.zeros((steps + 1, units))
    activate = _ACTIVATE[activation]
    for total, before, after in zip(sums, states[:-1], states[1:], strict=True):
        before.dot(recurrent, out=after)
        np.add(after, total, out=after)
        activate(after, out=after)
    slopes = _slope(states[1:], activation)[:, None, :]
    return Chain(inputs, kernel, recurrent, states, None, slopes, slopes, None, None)


def _unroll_gru(inputs: Floats, kernel: Floats, recurrent: Floats, bias: Floats, activation: Activation) -> Chain:
    steps, units = len(inputs), len(recurrent)
    sums = inputs @ kernel + bias[0]
    states, gates = np.zeros((steps + 1, units)), np.zeros((steps, 2, units))
    candidates, inner = np.zeros((steps, units)), np.zeros((steps, units))
    for t in range(steps):
        from_state = states[t] @ recurrent + bias[1]
        update, reset = gates[t] = expit(sums[t, : 2 * units] + from_state[: 2 * units]).reshape(2, units)
        inner[t] = from_state[2 * units :]
        _ACTIVATE[activation](sums[t, 2 * units :] + reset * inner[t], out=candidates[t])
        states[t + 1] = update * states[t] + (1 - update) * candidates[t]
    update, reset = gates[:, 0], gates[:, 1]
    to_candidate = (1 - update) * _slope(candidates, activation)
    to_update = (states[:-1] - candidates) * update * (1 - update)
    to_reset = to_candidate * inner * reset * (1 - reset)
    slopes = np.stack([to_update, to_reset, to_candidate * reset], axis=1)
    input_slopes = np.stack([to_update, to_reset, to_candidate], axis=1)
    return Chain(inputs, kernel, recurrent, states, None, slopes, input_slopes, update, None)


def _unroll_lstm(inputs: Floats, kernel: Floats, recurrent: Floats, bias: Floats, activation: Activation) -> Chain:
    steps, units = len(inputs), len(recurrent)
    sums = inputs @ kernel + bias
    states, cells = np.zeros((steps + 1, units)), np.zeros((steps + 1, units))
    gates, shown = np.zeros((steps, 4, units)), np.zeros((steps, units))
    for t in range(steps):
        total = (sums[t] + states[t] @ recurrent).reshape(4, units)
        gates[t] = expit(total)
        _ACTIVATE[activation](total[2], out=gates[t, 2])
        cells[t + 1] = gates[t, 1] * cells[t] + gates[t, 0] * gates[t, 2]
        _ACTIVATE[activation](cells[t + 1], out=shown[t])
        states[t + 1] = gates[t, 3] * shown[t]
    write, keep, candidate, show = gates[:, 0], gates[:, 1], gates[:, 2], gates[:, 3]
    slopes = np.stack(
        [
            candidate * write * (1 - write),
            cells[:-1] * keep * (1 - keep),
            write * _slope(candidate, activation),
            shown * show * (1 - show),
        ],
        axis=1,
    )
    return Chain(inputs, kernel, recurrent, states, cells, slopes, slopes, keep, show * _slope(shown, activation))


def step_back(chain: Chain, t: int, gradient: Floats) -> tuple[Floats, Floats]:
    """The gradient before step t from the gradient after it: the transposed local Jacobian times a vector, or many at once.

    gradient: [..., P * U], P parts one after the other (state, then the LSTM's cell state).
    Returns the gradient at the gates' sums (recurrent side), [..., G * U], and the gradient one step earlier, [..., P * U].
    """
    units, lead = chain.units, gradient.shape[:-1]
    if chain.exposure is None or chain.carry is None:
        sums = (chain.slopes[t] * gradient[..., None, :]).reshape(*lead, -1)
        earlier = sums @ chain.recurrent_kernel.T
        return sums, earlier if chain.carry is None else earlier + chain.carry[t] * gradient
    state = gradient[..., :units]
    cell = gradient[..., units:] + chain.exposure[t] * state
    sums = np.empty((*lead, 4 * units))
    sums[..., : 3 * units] = (chain.slopes[t, :3] * cell[..., None, :]).reshape(*lead, -1)
    sums[..., 3 * units :] = chain.slopes[t, 3] * state
    return sums, np.concatenate([sums @ chain.recurrent_kernel.T, chain.carry[t] * cell], axis=-1)


def _vector_step(chain: Chain) -> Callable[[int, Floats, Floats, Floats], None]:
    """`step_back` for one vector, as a function of t, the gradient after it, and two rows to write to: the gradient at the gates'
    sums and the gradient one step earlier."""
    slopes, recurrent = chain.slopes[:, 0], chain.recurrent_kernel

    def simple(t: int, gradient: Floats, sums: Floats, earlier: Floats) -> None:
        np.multiply(slopes[t], gradient, out=sums)
        recurrent.dot(sums, out=earlier)

    def gated(t: int, gradient: Floats, sums: Floats, earlier: Floats) -> None:
        sums[:], earlier[:] = step_back(chain, t, gradient)

    return simple if chain.carry is None else gated


@dataclass(frozen=True)
class Backward:
    """What one backward pass through a chain found.

    gradients: [T+1, P * U], at all that is passed on (state, then the LSTM's cell state as a thing of its own) after step t, row
    0 before the first; each row of length 1, or 0 where nothing arrives. scales: [T+1], natural logarithms of the rows' true
    lengths. sums: [T, G * U], at the recurrent side of the gates' sums of step t, to be multiplied by exp(scales[t + 1]).
    """

    gradients: Floats
    sums: Floats
    scales: Floats

    def at_states(self, chain: Chain) -> Floats:
        """[T, U], at the states after each step, to be multiplied by exp(scales[1:])."""
        return self.gradients[1:, : chain.units]

    def at_cells(self, chain: Chain) -> Floats | None:
        """[T, U], at the cell states after each step, what reaches them through the state that shows them included."""
        return None if chain.exposure is None else self.gradients[1:, chain.units :] + chain.exposure * self.at_states(chain)


def backward(chain: Chain, arriving: Floats, arriving_scales: Floats | None = None) -> Backward:
    """One pass from the last step to the first.

    arriving: [T, U], the gradient that comes to each state from outside the recurrence (from the output layer, or from a layer
    above); for a loss at the end only the last row differs from zero. arriving_scales: [T], its rows are to be multiplied by
    exp of these; zeros if not given.
    """
    steps, width = chain.steps, chain.parts * chain.units
    gradients, sums = np.zeros((steps + 1, width)), np.zeros((steps, chain.slopes[0].size if steps else 0))
    scales = np.zeros(steps + 1)
    outside = np.zeros(steps) if arriving_scales is None else arriving_scales
    comes: list[bool] = np.any(arriving, axis=1).tolist()
    step = _vector_step(chain)
    sizes = log_of(np.abs(arriving).max(axis=1, initial=0.0)) + outside
    vector, scale, end = np.zeros(width), 0.0, steps
    while end > 0:
        for start in (max(0, end - _BLOCK), end - 1):
            gradients[end], rescaled = _rescaled(vector, scale, float(sizes[start:end].max()))
            for t in range(end - 1, start - 1, -1):
                if comes[t]:
                    gradients[t + 1, : chain.units] += arriving[t] * np.exp(outside[t] - rescaled)
                step(t, gradients[t + 1], sums[t], gradients[t])
            if _is_ordinary(gradients[start : end + 1]):
                break
        scales[start + 1 : end + 1] = rescaled
        vector, scale, end = gradients[start].copy(), rescaled, start
    scales[0] = scale
    norms = np.linalg.norm(gradients, axis=1)
    divisors = np.where(norms > 0, norms, 1.0)[:, None]
    return Backward(gradients / divisors, sums / divisors[1:], scales + log_of(norms))


def _rescaled(vector: Floats, scale: float, greatest: float) -> tuple[Floats, float]:
    """The same gradient at the scale of its own norm, or of the `greatest` that arrives within the block where that is more."""
    wanted = max(scale + float(log_of(np.linalg.norm(vector))), greatest)
    return (vector, scale) if wanted == -np.inf else (vector * np.exp(min(scale - wanted, _GREATEST_EXPONENT)), wanted)


def _is_ordinary(rows: Floats) -> bool:
    squares = np.einsum("tu,tu->t", rows, rows)
    return bool(squares.min() > 1 / _ORDINARY and squares.max() < _ORDINARY)


def log_of(values: Any) -> Floats:
    """Natural logarithm; -inf, silently, for zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values), dtype=np.float64)


def _slope(activated: Floats, activation: Activation) -> Floats:
    """The activation's derivative, from its value."""
    if activation == "tanh":
        return 1 - activated**2
    return (activated > 0).astype(np.float64) if activation == "relu" else np.ones_like(activated)
