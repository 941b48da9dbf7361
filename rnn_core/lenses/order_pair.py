"""Two sentences of the same words through one network: its two answers, and where in its hidden states they part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.lenses.order import OrderError

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PairAnswers:
    """What one network answers to each of two sentences. first, second: [K] probabilities in the order of `label_names`."""

    first: Array
    second: Array
    label_names: tuple[str, ...]

    @property
    def difference(self) -> float:
        """Distance of the two answers, ½ Σ |p − q|; with two labels that is the difference of the probabilities."""
        return float(np.abs(self.first.astype(np.float64) - self.second).sum() / 2)

    @property
    def told_apart(self) -> bool:
        """Whether the two sentences get different labels."""
        return bool(self.first.argmax() != self.second.argmax())


@dataclass(frozen=True)
class TwinStates:
    """Two sentences word by word through one recurrent network; S is the length of the longer one.

    tokens, unknown: of each sentence, the words and which of them stand outside the vocabulary. states: [2, S, U] and
    probabilities: [2, S, K], after each word, where a sentence that has ended keeps what it ended with. distance: [S] Euclidean,
    between the two states. direction: [U] of length 1, along which the two differ most.
    """

    tokens: tuple[tuple[str, ...], tuple[str, ...]]
    unknown: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    states: Array
    probabilities: Array
    distance: Array
    direction: Array
    label_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.distance)

    @property
    def lines(self) -> Array:
        """[2, S], both states seen along `direction`."""
        return np.asarray(self.states @ self.direction, dtype=np.float32)

    @property
    def first_difference(self) -> int | None:
        """The step, from 0, at which the words differ for the first time; None for two equal sentences."""
        first, second = self.tokens
        for step in range(len(self)):
            if first[step : step + 1] != second[step : step + 1]:
                return step
        return None


def pair_answers(classifier: Classifier, first: str, second: str) -> PairAnswers:
    """The network's answers to both sentences, each read alone, so that equal input gives equal bits."""
    one, other = (classifier.predict_proba([text])[0] for text in (first, second))
    return PairAnswers(one, other, classifier.label_names)


def unknown_words(classifier: Classifier, text: str) -> tuple[tuple[str, bool], ...]:
    """Every word of the text, and whether it stands outside the vocabulary."""
    trace = classifier.trace(text)
    return tuple(zip(trace.tokens, trace.unknown.tolist(), strict=True))


def twin_states(classifier: Classifier, first: str, second: str) -> TwinStates:
    """Both sentences through the first recurrent layer that reads forwards.

    Raises:
        OrderError: the network carries no state, or a sentence has no words.
    """
    if not classifier.spec.is_recurrent:
        raise OrderError(f"A network of kind {classifier.spec.kind} carries no hidden state from word to word.")
    traces = (classifier.trace(first), classifier.trace(second))
    if not all(trace.tokens for trace in traces):
        raise OrderError("Each of the two sentences needs at least one word.")
    steps = max(len(trace.tokens) for trace in traces)
    states = np.stack([_held(trace.states, steps) for trace in traces])
    return TwinStates(
        tokens=(traces[0].tokens, traces[1].tokens),
        unknown=(traces[0].unknown, traces[1].unknown),
        states=states,
        probabilities=np.stack([_held(trace.probabilities, steps) for trace in traces]),
        distance=np.linalg.norm(states[0] - states[1], axis=1),
        direction=_direction(states),
        label_names=classifier.label_names,
    )


def _held(rows: Array, steps: int) -> Array:
    """[T, ...] with the last row repeated up to `steps`."""
    return np.concatenate([rows, np.repeat(rows[-1:], steps - len(rows), axis=0)])


def _direction(states: Array) -> Array:
    """The first right singular vector of the differences; of the states themselves where there is no difference."""
    difference = states[0] - states[1]
    rows = difference if difference.any() else states[0] - states[0].mean(axis=0)
    axis = np.linalg.svd(rows, full_matrices=False)[2][0]
    sign = -1.0 if float(difference[-1] @ axis) < 0 else 1.0
    return np.asarray(sign * axis, dtype=np.float32)
