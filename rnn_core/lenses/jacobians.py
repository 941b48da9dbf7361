"""How strongly the last state of an unrolled layer depends on an earlier one, for gaps of any length."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rnn_core.lenses.chain_rule import Chain, Floats, log_of, step_back

SHORTEST_FIT = 3  # gaps that a fitted rate needs
_GREATEST_EXPONENT = 700.0  # the exponential of more does not fit a double
_NUMBERS_AT_ONCE = 2**21  # 16 MB of single-step Jacobians


@dataclass(frozen=True)
class JacobianNorms:
    """Largest singular value of dh_T/dh_(T-gap), by gap. All logarithms are natural and hold what no double can."""

    gaps: NDArray[np.int64]  # [N], ascending
    log_norms: Floats  # [N], of dh_T/dh_(T-gap)
    cell_log_norms: Floats | None  # [N], of an LSTM's dc_T/dc_(T-gap), what passes through h_(T-gap) included
    whole_log_norms: Floats  # [N], of all that is passed on: the same as log_norms but for an LSTM, where (h, c) is one state
    chain: Chain = field(repr=False)

    @cached_property
    def step_log_norms(self) -> Floats:
        """[T], largest singular value of each single step, first step first."""
        return step_norms(self.chain)

    @property
    def log_bound(self) -> Floats:
        """[N], product of the single steps' largest singular values, which whole_log_norms never exceeds."""
        bound: Floats = np.concatenate([[0.0], np.cumsum(self.step_log_norms[::-1])])[self.gaps]
        return bound

    @property
    def norms(self) -> Floats:
        """[N], as plain numbers: 0 or 1e304 where they do not fit."""
        return exp_of(self.log_norms)

    @property
    def rate(self) -> float:
        """Fitted change of the logarithm per step, the leading Lyapunov exponent of this sequence; nan for less than 3 gaps,
        -inf where the dependence ends altogether."""
        return slope_over(self.gaps, self.whole_log_norms)


def jacobian_norms_of(chain: Chain, gaps: NDArray[np.int64]) -> JacobianNorms:
    """The norms for these gaps, ascending, from 0 to the number of steps.

    The product of the local Jacobians is accumulated from the last step backwards, [P * U, P * U], and divided by its own norm
    after every step, whose logarithm is added up.
    """
    product, scale, taken = np.eye(chain.parts * chain.units), 0.0, 0
    logs: list[list[float]] = []
    for gap in gaps:
        for _ in range(int(gap) - taken):
            product = step_back(chain, chain.steps - 1 - taken, product)[1]
            taken += 1
            size = float(np.linalg.norm(product))
            if size > 0:
                product, scale = product / size, scale + float(np.log(size))
        blocks = _blocks(chain, product, chain.steps - taken)
        logs.append([scale + float(log_of(largest_singular_values(block))) for block in blocks])
    columns = np.array(logs, dtype=np.float64).reshape(len(gaps), -1).T
    return JacobianNorms(gaps, columns[-1], columns[1] if chain.parts == 2 else None, columns[0], chain)


def step_norms(chain: Chain) -> Floats:
    """[T]: natural logarithm of the largest singular value of each single step's Jacobian."""
    identity = np.eye(chain.parts * chain.units)
    together = max(1, _NUMBERS_AT_ONCE // identity.size)
    logs = [
        log_of(largest_singular_values(np.stack([step_back(chain, t, identity)[1] for t in range(start, stop)])))
        for start in range(0, chain.steps, together)
        for stop in [min(chain.steps, start + together)]
    ]
    return np.concatenate([np.zeros(0), *logs])


def largest_singular_values(matrices: Floats) -> Floats:
    """[..., S, S] -> [...], with every matrix brought to ordinary size first, so that tiny entries do not vanish when squared."""
    size = np.abs(matrices).max(axis=(-2, -1), keepdims=True)
    ordinary = matrices / np.where(size > 0, size, 1.0)
    squares = np.linalg.eigvalsh(ordinary @ np.swapaxes(ordinary, -2, -1))[..., -1]  # a fifth faster than all singular values
    return np.asarray(np.sqrt(np.maximum(squares, 0)) * size[..., 0, 0], dtype=np.float64)


def exp_of(logs: Floats | float) -> Floats:
    """exp, with the greatest exponents cut off so that inf times 0 never arises."""
    return np.asarray(np.exp(np.minimum(logs, _GREATEST_EXPONENT)), dtype=np.float64)


def slope_over(gaps: NDArray[np.int64], logs: Floats) -> float:
    """Least-squares slope from gap 1 on (gap 0 is the identity, which no step has shaped yet); nan for less than 3 gaps, -inf
    where a logarithm is."""
    x, y = gaps[gaps > 0].astype(np.float64), logs[gaps > 0]
    if len(x) < SHORTEST_FIT:
        return float("nan")
    if not np.isfinite(y).all():
        return -float("inf")
    x = x - x.mean()
    return float(x @ (y - y.mean()) / (x @ x))


def _blocks(chain: Chain, product: Floats, step: int) -> list[Floats]:
    """Of the Jacobian with respect to all that is passed on after this step: the whole; for an LSTM also dc/dc and dh/dh."""
    if chain.exposure is None:
        return [product]
    units = chain.units
    to_cells = product[units:, units:]
    if step > 0:  # before the first step the two are not tied to one another
        to_cells = to_cells + product[units:, :units] * chain.exposure[step - 1]
    return [product, to_cells, product[:units, :units]]
