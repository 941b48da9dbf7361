"""One step of the chain rule opened: the local factor of a step, and how one unit's gradient is put together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_core.lenses.chain_rule import Floats, GradientError, step_back
from rnn_core.lenses.gradients import ThroughTime
from rnn_core.lenses.inside_step import GATE_NAMES

_ROUNDING = 1e-9  # of the gradient's norm: less than this is no part of its own


@dataclass(frozen=True)
class UnitGradient:
    """How the gradient at one unit's state comes about: what all units of the next step hand back, and what comes from outside.

    Every array is [G, U]: gate by unit of the next step. The products of `later`, `slopes` and `weights` are `parts`;
    `parts`, `carried` and `outside` add up to `gradient`.
    """

    step: int  # from 0, in the order in which the layer reads
    unit: int  # from 0
    gates: tuple[str, ...]
    gradient: float  # dLoss/dh_t of this unit
    outside: float  # from the output layer, or from a layer above
    carried: float  # what a GRU hands back past its weights, through its update gate; else 0
    later: Floats  # gradient at the state of the next step (for an LSTM's first three gates: at its cell state)
    slopes: Floats  # what one unit of it becomes at the gate's sum: 1 - h² for a SimpleRNN
    weights: Floats  # recurrent kernel, from this unit to the gate of that one

    @property
    def parts(self) -> Floats:
        """[G, U], what each gate of each unit of the next step hands back to this one."""
        return self.later * self.slopes * self.weights


def unit_gradient(found: ThroughTime, step: int, unit: int) -> UnitGradient:
    """The sum behind `found.state_gradients[step, unit]`.

    Raises:
        GradientError: no such step or unit.
    """
    chain, units = found.chain, found.chain.units
    if not 0 <= step < chain.steps or not 0 <= unit < units:
        raise GradientError(f"This text has {chain.steps} steps of {units} units; there is no unit {unit} at step {step}.")
    gates = tuple(name for name, _, _ in GATE_NAMES[found.kind])
    gradient = float(found.state_gradients[step, unit])
    shape = (len(gates), units)
    weights = chain.recurrent_kernel[unit].reshape(shape)
    if step == chain.steps - 1:
        nothing = np.zeros(shape)
        return UnitGradient(step, unit, gates, gradient, gradient, 0.0, nothing, nothing, weights)
    state = found.state_gradients[step + 1]
    later = np.broadcast_to(state, shape).copy()
    if found.cell_gradients is not None:
        later[:3] = found.cell_gradients[step + 1]
    slopes = chain.slopes[step + 1]
    only_state = chain.carry is not None and chain.exposure is None
    carried = float(chain.carry[step + 1, unit] * state[unit]) if chain.carry is not None and only_state else 0.0
    outside = gradient - carried - float((later * slopes * weights).sum())
    if abs(outside) < _ROUNDING * np.linalg.norm(found.state_gradients[step]):
        outside = 0.0
    return UnitGradient(step, unit, gates, gradient, outside, carried, later, slopes, weights)


def local_factor(found: ThroughTime, step: int) -> Floats:
    """[P * U, P * U], the Jacobian dh_t/dh_(t-1) of one step: entry (i, j) is what one unit more of j before makes of i after.

    `diag(1 - h²) R` of a SimpleRNN, up to a transposition; for an LSTM state and cell state one after the other.

    Raises:
        GradientError: no such step.
    """
    if not 0 <= step < found.chain.steps:
        raise GradientError(f"This text has {found.chain.steps} steps; there is no step {step}.")
    return step_back(found.chain, step, np.eye(found.chain.parts * found.chain.units))[1]
