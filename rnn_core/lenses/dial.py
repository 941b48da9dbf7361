"""Turn one thing about a trained recurrent kernel and see all that follows: spectrum, decay, trajectory, accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate, mean_over_seeds, share
from rnn_core.lenses.chain_rule import Floats, GradientError, OverflowedStateError
from rnn_core.lenses.gradients import ThroughTime, through_time
from rnn_core.lenses.jacobians import SHORTEST_FIT, JacobianNorms, jacobian_norms_of
from rnn_core.lenses.spectrum import Spectrum, spectrum
from rnn_core.lenses.unrolled import unroll_network
from rnn_core.models.blas import one_blas_thread
from rnn_core.models.initial import initial_weights
from rnn_core.models.network import Ids
from rnn_core.spec import Activation, ModelSpec

Start = Literal["trained", "orthogonal", "glorot_uniform", "identity", "zero"]
STARTS: tuple[Start, ...] = get_args(Start)
LEAST_FACTOR, GREATEST_FACTOR = 0.2, 2.5
_MOST_GAPS = 16
_PLANE_TEXTS = 50  # texts whose states choose the plane of the trajectory


@dataclass(frozen=True)
class DialSetting:
    """What is put in the place of the trained recurrent layer.

    Raises:
        GradientError: a value outside its limits.
    """

    factor: float = 1.0  # every entry of the recurrent kernel is multiplied by it
    start: Start = "trained"  # the kernel before it is multiplied; all but "trained" forget what was learnt
    activation: Activation | None = None  # None keeps the trained one
    clip_norm: float = 0.0  # norm to which the gradients of all weights together are shortened (Keras' global_clipnorm); 0 is off
    seed: int = 0  # of a random kernel

    def __post_init__(self) -> None:
        if not LEAST_FACTOR <= self.factor <= GREATEST_FACTOR:
            raise GradientError(f"The factor must be between {LEAST_FACTOR} and {GREATEST_FACTOR}, not {self.factor}.")
        if self.start not in STARTS:
            raise GradientError(f"The kernel must be one of {', '.join(STARTS)}, not {self.start!r}.")
        if not self.clip_norm >= 0:
            raise GradientError(f"The norm at which gradients are clipped must not be negative: {self.clip_norm}.")


@dataclass(frozen=True)
class DialTexts:
    """Texts read once for many turns of the dial, and the plane in which the trained network's states vary most.

    ids: N texts. labels: [N]. centre: [U]. axes: [2, U], orthonormal (the second is zero for a single unit).
    """

    ids: tuple[Ids, ...]
    labels: NDArray[np.int64]
    centre: Floats
    axes: Floats


@dataclass(frozen=True)
class Dial:
    """All that one setting does."""

    setting: DialSetting
    spectrum: Spectrum
    gradient: ThroughTime  # of the text that is looked at
    jacobian: JacobianNorms  # of the same text, at 16 gaps at most: singular values are what takes time here
    trajectory: Floats  # [T+1, 2], its states in the plane of `DialTexts`, the empty state first
    global_norm: float  # of the gradient of all weights together, before clipping
    clip_factor: float  # what clipping multiplies every gradient by: 1 where it does nothing
    accuracy: Estimate  # of the held-out texts
    overflowed: int  # texts whose state grew beyond single precision: they count as wrong


def read_dial_texts(classifier: Classifier, texts: Sequence[str], labels: Sequence[int]) -> DialTexts:
    """A few hundred held-out texts as the dial needs them.

    Raises:
        GradientError: not a recurrent network of words, or no texts.
    """
    if not classifier.spec.is_recurrent:
        raise GradientError(f"The dial turns a recurrent kernel, and a network of kind {classifier.spec.kind} has none.")
    if not texts or len(texts) != len(labels):
        raise GradientError(f"The dial needs texts with one label each, not {len(texts)} texts and {len(labels)} labels.")
    ids = tuple(classifier.vocabulary.ids(tokenize(text)) for text in texts)
    read = [text for text in texts[:_PLANE_TEXTS] if tokenize(text)]
    states = np.concatenate(
        [np.zeros((1, classifier.spec.units)), *(unroll_network(classifier, t).chain("").states for t in read)]
    )
    centre = states.mean(axis=0)
    axes = np.zeros((2, classifier.spec.units))
    found = np.linalg.svd(states - centre, full_matrices=False)[2][:2]
    axes[: len(found)] = found
    return DialTexts(ids, np.asarray(labels, dtype=np.int64), centre, axes)


def turned(classifier: Classifier, setting: DialSetting) -> Classifier:
    """The classifier with the recurrent kernel of its first forward layer (and the activation of all) as the setting says."""
    kernel = start_kernel(classifier, setting) * np.float32(setting.factor)
    activation = setting.activation or classifier.spec.activation
    return replace(
        classifier,
        spec=classifier.spec.replace(activation=activation),
        weights={**classifier.weights, "recurrent_kernel": kernel},
    )


def start_kernel(classifier: Classifier, setting: DialSetting) -> NDArray[np.float32]:
    """The recurrent kernel before it is multiplied, [U, G * U]: the trained one, zeros, or one as `initial_weights` draws it."""
    trained = classifier.weights["recurrent_kernel"]
    if setting.start == "trained":
        return trained
    if setting.start == "zero":
        return np.zeros_like(trained)
    alone = ModelSpec(kind=classifier.spec.kind, units=classifier.spec.units, features=1, recurrent_initializer=setting.start)
    return initial_weights(alone, setting.seed)["recurrent_kernel"]


def dial(classifier: Classifier, text: str, label: int, texts: DialTexts, setting: DialSetting) -> Dial:
    """The first forward recurrent layer under one setting; a few tens of milliseconds for a few hundred short texts.

    Args:
        text, label: the text whose gradient and states are shown.
        texts: what `read_dial_texts` made of the held-out texts.

    Raises:
        GradientError: as `through_time`; also where ReLU or linear units grow beyond what a number can hold.
    """
    with one_blas_thread():
        return _dial(classifier, text, label, texts, setting)


def _dial(classifier: Classifier, text: str, label: int, texts: DialTexts, setting: DialSetting) -> Dial:
    changed = turned(classifier, setting)
    gradient = through_time(changed, text, label)
    network = unroll_network(changed, text)
    norm = float(np.sqrt(sum(float((g**2).sum()) for g in network.weight_gradients(network.cross_entropy(label)[2]).values())))
    accuracy, overflowed = _accuracy(changed, texts)
    return Dial(
        setting=setting,
        spectrum=spectrum(changed),
        gradient=gradient,
        jacobian=jacobian_norms_of(gradient.chain, _some_gaps(gradient.chain.steps)),
        trajectory=(gradient.chain.states - texts.centre) @ texts.axes.T,
        global_norm=norm,
        clip_factor=min(1.0, setting.clip_norm / norm) if setting.clip_norm and norm > 0 else 1.0,
        accuracy=accuracy,
        overflowed=overflowed,
    )


def compare_settings(
    classifier: Classifier, texts: Sequence[str], settings: Sequence[DialSetting]
) -> tuple[Estimate | None, ...]:
    """How fast the dependence on earlier states fades under each setting, over the same texts: the mean fitted change of its
    logarithm a word (the leading Lyapunov exponent) with its interval; -inf where nothing passes, None where a state overflows.

    Raises:
        GradientError: not a recurrent network, or no text of at least 4 words.
    """
    long_enough = [text for text in texts if len(tokenize(text)) > SHORTEST_FIT]
    if not long_enough:
        raise GradientError(f"A rate of fading needs a text of at least {SHORTEST_FIT + 1} words.")
    with one_blas_thread():
        return tuple(_mean_rate(turned(classifier, setting), long_enough) for setting in settings)


def _mean_rate(classifier: Classifier, texts: Sequence[str]) -> Estimate | None:
    try:
        chains = [unroll_network(classifier, text).chain("") for text in texts]
    except OverflowedStateError:
        return None
    rates = np.array([jacobian_norms_of(chain, _some_gaps(chain.steps)).rate for chain in chains])
    finite = rates[np.isfinite(rates)]
    return mean_over_seeds(finite) if len(finite) else Estimate(-np.inf, -np.inf, -np.inf)


def _some_gaps(steps: int) -> NDArray[np.int64]:
    """All gaps of a short text, evenly spread ones of a long one."""
    gaps: NDArray[np.int64] = np.unique(np.linspace(0, steps - 1, min(steps, _MOST_GAPS)).round().astype(np.int64))
    return gaps


def _accuracy(classifier: Classifier, texts: DialTexts) -> tuple[Estimate, int]:
    with np.errstate(over="ignore", invalid="ignore"):
        probabilities = classifier.network.probabilities(texts.ids)
    known: NDArray[np.bool_] = np.all(np.isfinite(probabilities), axis=1)
    right = known & (np.where(known[:, None], probabilities, 0).argmax(axis=1) == texts.labels)
    return share(int(right.sum()), len(right)), int((~known).sum())
