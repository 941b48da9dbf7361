"""Backpropagation through time for one text: what of the loss at the end still arrives at each word, and how fast it fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate, mean_over_seeds
from rnn_core.lenses.chain_rule import Backward, Chain, Floats, GradientError, log_of
from rnn_core.lenses.jacobians import SHORTEST_FIT, JacobianNorms, exp_of, jacobian_norms_of, slope_over, step_norms
from rnn_core.lenses.unrolled import unroll_network
from rnn_core.models.blas import one_blas_thread
from rnn_core.spec import Kind

_GREATEST_EXPONENT = 700.0
_LAST_WORDS = 5
_ONE_PERCENT = float(np.log(0.01))
_BAND = (0.1, 0.9)  # quantiles over texts
_LEAST_SHARE = 0.25  # of the texts that must be long enough for a gap to be shown: few long texts are not typical of all


@dataclass(frozen=True)
class ThroughTime:
    """One backward pass. T time steps in the order in which the layer read them, U units, G gates, K labels.

    Where a number does not fit a double (a norm of e^-900), `log_norms` and its like still hold its natural logarithm.
    """

    tokens: tuple[str, ...]  # [T]; "" for a padding step of a network without a mask
    kind: Kind
    layer: str  # prefix of the layer's weights: "" first forward layer, "backward/", "recurrent_2/", "backward_2/"
    label: int
    loss: float  # cross-entropy of the answer after the last word
    probabilities: Floats  # [K]
    state_gradients: Floats  # [T, U], dLoss/dh_t
    cell_gradients: Floats | None  # [T, U], dLoss/dc_t of an LSTM
    log_norms: Floats  # [T], natural logarithm of the norm of dLoss/dh_t
    cell_log_norms: Floats | None  # [T], of dLoss/dc_t
    whole_log_norms: Floats  # [T], of all that is passed on: the same as log_norms but for an LSTM, where (h_t, c_t) is one state
    kernel_gradient: Floats  # [U, G * U], of the recurrent kernel: the sum of all steps' contributions
    contribution_log_norms: Floats  # [T], natural logarithm of the norm of each step's contribution to it
    contribution_shares: Floats  # [T], each contribution along the sum's direction, as a share of the sum: adds up to 1
    chain: Chain = field(repr=False)

    @property
    def states(self) -> Floats:
        """[T, U], the state after each step."""
        return self.chain.states[1:]

    @property
    def norms(self) -> Floats:
        """[T], norm of dLoss/dh_t."""
        return exp_of(self.log_norms)

    @property
    def share_of_last_words(self) -> float:
        """What the last five steps make of the recurrent kernel's gradient; above 1 where earlier ones pull the other way."""
        return float(self.contribution_shares[-_LAST_WORDS:].sum())

    @property
    def stretches(self) -> Floats:
        """[T], by how much step t lengthens (above 1) or shortens this gradient on its way back through it; nan for 0 / 0.

        The first entry belongs to the step from the first word back to the empty state, which no loss is asked about: nan.
        """
        with np.errstate(invalid="ignore"):
            return np.concatenate([[np.nan], exp_of(np.diff(self.whole_log_norms[::-1])[::-1])])

    @cached_property
    def factor_log_norms(self) -> Floats:
        """[T], natural logarithm of the largest singular value of each step's local factor dh_t/dh_(t-1)."""
        return step_norms(self.chain)

    @property
    def running_log_products(self) -> Floats:
        """[T], natural logarithm of the product of the local factors' norms from step T back to step t + 1: the most that any
        gradient at the end could keep. 0 at the last step."""
        return np.concatenate([np.cumsum(self.factor_log_norms[:0:-1])[::-1], [0.0]])


@dataclass(frozen=True)
class Fading:
    """How what arrives falls with the gap, over several texts; gap 0 is the last word, the last one a quarter of them has.

    curve, low, high: [N], natural logarithm relative to gap 0: mean over the texts that are long enough, and the range that holds
    80 % of them. texts: [N], how many those are. rates: [M], fitted slope of each text. rate: their mean with its interval.
    """

    gaps: NDArray[np.int64]
    curve: Floats
    low: Floats
    high: Floats
    texts: NDArray[np.int64]
    rates: Floats
    rate: Estimate

    @property
    def half_life(self) -> Estimate | None:
        """Words after which half is lost; None where nothing is lost."""
        if not self.rate.value < 0:
            return None
        low, value, high = (
            np.log(0.5) / rate if rate < 0 else np.inf for rate in (self.rate.low, self.rate.value, self.rate.high)
        )
        return Estimate(float(value), float(low), float(high))

    @property
    def factors(self) -> tuple[float, float]:
        """Between which factors a word the middle 80 % of the texts lie."""
        return float(np.exp(_quantile(self.rates, _BAND[0]))), float(np.exp(_quantile(self.rates, _BAND[1])))

    @property
    def growing(self) -> int:
        """Texts in which what arrives grows on its way back."""
        return int((self.rates > 0).sum())

    @property
    def words_to_one_percent(self) -> int | None:
        """The first gap at which no more than 1 % is left on (geometric) average; None if that is never reached."""
        reached = np.flatnonzero(self.curve <= _ONE_PERCENT)
        return int(self.gaps[reached[0]]) if len(reached) else None


def through_time(classifier: Classifier, text: str, label: int, layer: str = "", whole: bool = False) -> ThroughTime:
    """The chain rule run backwards through one text, all steps from one pass, in double precision.

    Any pooling, one or two layers, one or two directions. For `pooling="every"` the loss is that of the answer after the last
    word. Gates and cell state are as Keras has them (Hochreiter and Schmidhuber 1997; Cho et al. 2014).

    Args:
        label: index of the label whose cross-entropy is differentiated.
        layer: prefix of the recurrent layer that is looked at, as in `classifier.weights`.
        whole: read all words, also those beyond `time_steps`.

    Raises:
        GradientError: not a recurrent network, no such layer or label, or a text without words.
    """
    network = unroll_network(classifier, text, whole)
    chain = network.chain(layer)
    loss, probabilities, error = network.cross_entropy(label)
    found = network.backward(error)[layer]
    states, cells, scales = found.at_states(chain), found.at_cells(chain), found.scales[1:]
    return ThroughTime(
        tokens=network.tokens[::-1] if layer.startswith("backward") else network.tokens,
        kind=network.spec.kind,
        layer=layer,
        label=label,
        loss=loss,
        probabilities=probabilities,
        state_gradients=states * exp_of(scales)[:, None],
        cell_gradients=None if cells is None else cells * exp_of(scales)[:, None],
        log_norms=_log_norms(states) + scales,
        cell_log_norms=None if cells is None else _log_norms(cells) + scales,
        whole_log_norms=_log_norms(found.gradients[1:]) + scales,
        chain=chain,
        **_contributions(chain, found),
    )


def jacobian_norms(
    classifier: Classifier, text: str, layer: str = "", gaps: Sequence[int] | None = None, whole: bool = False
) -> JacobianNorms:
    """The largest singular value of dh_T/dh_(T-gap), for every gap of a text.

    Args:
        gaps: which ones, each from 0 to the number of steps T (the state before the first word); if not given 0 to T - 1.
        text, layer, whole: as for `through_time`.

    Raises:
        GradientError: as `through_time`, or a gap longer than the text.
    """
    chain = unroll_network(classifier, text, whole).chain(layer)
    wanted: NDArray[np.int64] = np.unique(np.arange(chain.steps) if gaps is None else np.asarray(gaps, dtype=np.int64))
    if len(wanted) and not 0 <= wanted[0] <= wanted[-1] <= chain.steps:
        raise GradientError(f"This text has {chain.steps} steps: a gap is a whole number from 0 to {chain.steps}.")
    return jacobian_norms_of(chain, wanted)


def gradient_fading(classifier: Classifier, texts: Sequence[str], labels: Sequence[int], layer: str = "") -> Fading:
    """How the gradient of each text's loss fades from its last word backwards (all that is passed on: state and cell state).

    Raises:
        GradientError: no text is long enough (4 words).
    """
    pairs = [(text, int(label)) for text, label in zip(texts, labels, strict=True) if tokenize(text)]
    with one_blas_thread():
        found = [through_time(classifier, text, label, layer).whole_log_norms[::-1] for text, label in pairs]
    return _fading([logs - logs[0] for logs in found])


def jacobian_fading(classifier: Classifier, texts: Sequence[str], layer: str = "") -> Fading:
    """How the last state's dependence on earlier states fades; the rate is the leading Lyapunov exponent with its interval.

    Raises:
        GradientError: no text is long enough (4 words).
    """
    with one_blas_thread():
        found = [jacobian_norms(classifier, text, layer).whole_log_norms for text in texts if tokenize(text)]
    return _fading(found)


def _contributions(chain: Chain, found: Backward) -> dict[str, Floats]:
    """The recurrent kernel's gradient and each step's part in it: the outer product of h_(t-1) and what arrives at the gates."""
    before, scales = chain.states[:-1], found.scales[1:]
    logs = log_of(np.linalg.norm(before, axis=1) * np.linalg.norm(found.sums, axis=1)) + scales
    greatest = float(logs.max())
    if greatest == -np.inf:  # a single word has no step before it; a saturated state passes nothing on
        zero = np.zeros_like(chain.recurrent_kernel)
        return {"kernel_gradient": zero, "contribution_log_norms": logs, "contribution_shares": np.zeros(chain.steps)}
    scaled = found.sums * np.exp(np.minimum(scales - greatest, _GREATEST_EXPONENT))[:, None]
    total = before.T @ scaled
    along = np.einsum("tu,uv,tv->t", before, total, scaled, optimize=True)
    return {
        "kernel_gradient": total * exp_of(greatest),
        "contribution_log_norms": logs,
        "contribution_shares": along / along.sum(),
    }


def _log_norms(rows: Floats) -> Floats:
    return log_of(np.linalg.norm(rows, axis=1))


def _fading(curves: list[Floats]) -> Fading:
    long_enough = [logs for logs in curves if len(logs) > SHORTEST_FIT]
    if not long_enough:
        raise GradientError(f"A rate of fading needs a text of at least {SHORTEST_FIT + 1} words.")
    lengths = np.sort([len(logs) for logs in long_enough])
    gaps = np.arange(lengths[-max(1, round(_LEAST_SHARE * len(lengths)))])
    columns = [np.array([logs[gap] for logs in long_enough if len(logs) > gap]) for gap in gaps]
    rates = np.array([slope_over(np.arange(len(logs)), logs) for logs in long_enough])
    finite = rates[np.isfinite(rates)]
    forever = -float("inf")
    return Fading(
        gaps=gaps,
        curve=np.array([column.mean() for column in columns]),
        low=np.array([_quantile(column, _BAND[0]) for column in columns]),
        high=np.array([_quantile(column, _BAND[1]) for column in columns]),
        texts=np.array([len(column) for column in columns]),
        rates=rates,
        rate=mean_over_seeds(finite) if len(finite) else Estimate(forever, forever, forever),
    )


def _quantile(column: Floats, level: float) -> float:
    """Of one of the texts, not between two: -inf would turn that into nan."""
    return float(np.quantile(column, level, method="lower" if level < 0.5 else "higher"))
