"""What each word of a text did to the answer, in three ways that need not agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.lenses.states_source import StatesError
from rnn_core.lenses.unrolled import input_sums, unroll_network

Floats = NDArray[np.float64]
SMALLEST = 1e-7  # a float32 probability nearer to 0 or 1 has no digits left


@dataclass(frozen=True, eq=False)
class Attribution:
    """Contributions of T words to the log-odds of one label, log p / (1 - p); above zero speaks for the label.

    whole: the log-odds of the whole text. nothing: those of a text without words. while_reading: [T], the change that each word
    made when it was read. left_out: [T], the whole minus the text without the word. gradient_times_input: [T], the slope of the
    log-odds at the word's embedding times the embedding, summed over its features. probabilities: [T] of the label so far.
    """

    tokens: tuple[str, ...]
    unknown: NDArray[np.bool_]
    label: int
    label_names: tuple[str, ...]
    whole: float
    nothing: float
    probabilities: NDArray[np.float32]
    while_reading: Floats
    left_out: Floats
    gradient_times_input: Floats

    @property
    def points(self) -> Floats:
        """[T]: by how much each word changed the label's probability when it was read."""
        before = 0.5 + 0.5 * np.tanh(0.5 * self.nothing)  # the sigmoid
        return np.diff(self.probabilities.astype(np.float64), prepend=before)

    def strongest(self, count: int) -> tuple[int, ...]:
        """The words that moved the probability most while the text was read, the strongest first."""
        return tuple(np.argsort(-np.abs(self.points), kind="stable")[:count].tolist())


def attribution(classifier: Classifier, text: str, label: int | None = None) -> Attribution:
    """Contributions of the words that are read (at most `time_steps`) to a label, by default the text's own answer.

    A word is left out of what was read, and no word beyond the cut moves up in its place.

    Raises:
        StatesError: a network that is not recurrent, a text without words, or no such label.

    Example:
        >>> attribution(classifier, "not a good film").left_out.shape
        (4,)
    """
    if not classifier.spec.is_recurrent:
        raise StatesError(f"A network of kind {classifier.spec.kind} does not read word by word.")
    trace = classifier.trace(text)
    if not trace.tokens:
        raise StatesError("There is no word to read yet: type a text.")
    label = int(trace.probabilities[-1].argmax()) if label is None else label
    if not 0 <= label < classifier.spec.labels:
        raise StatesError(f"There are labels 0 to {classifier.spec.labels - 1}, not {label}.")
    without = [np.delete(trace.ids, step) for step in range(len(trace.ids))]
    answers = log_odds(classifier.predict_ids([trace.ids[:0], *without]), label)
    so_far = log_odds(trace.probabilities, label)
    return Attribution(
        tokens=trace.tokens,
        unknown=trace.unknown,
        label=label,
        label_names=classifier.label_names,
        whole=float(so_far[-1]),
        nothing=float(answers[0]),
        probabilities=trace.probabilities[:, label],
        while_reading=np.diff(so_far, prepend=answers[0]),
        left_out=so_far[-1] - answers[1:],
        gradient_times_input=gradient_times_input(classifier, text, label),
    )


def log_odds(probabilities: NDArray[np.float32], label: int) -> Floats:
    """log p / (1 - p) of one label: [N, K] -> [N], within ±16, where a float32 probability ends."""
    others = np.delete(probabilities.astype(np.float64), label, axis=1).sum(axis=1)
    return np.asarray(np.log(np.maximum(probabilities[:, label], SMALLEST)) - np.log(np.maximum(others, SMALLEST)))


def gradient_times_input(classifier: Classifier, text: str, label: int) -> Floats:
    """The gradient of a label's log-odds at each word's embedding, times the embedding: [T], in double precision.

    Denil, Demiraj and de Freitas 2014, arXiv:1412.6815; Li and others 2016, arXiv:1506.01066.
    """
    network = unroll_network(classifier, text)
    found = network.backward(_at_logits(network.logits, label))
    inputs = classifier.weights["embeddings"][network.ids].astype(np.float64)
    products = np.zeros(len(inputs))
    for prefix in network.layers[0]:
        chain = network.chains[prefix]
        order = slice(None, None, -1 if prefix.startswith("backward") else 1)
        gradient = (input_sums(chain, found[prefix]) @ chain.kernel.T) * np.exp(found[prefix].scales[1:])[:, None]
        products += (gradient[order] * inputs).sum(axis=1)
    return products[[place for place, token in enumerate(network.tokens) if token]]


def _at_logits(logits: Floats, label: int) -> Floats:
    """The gradient of log p / (1 - p) at the logits: for two labels the logit itself, up to its sign."""
    if len(logits) == 1:
        return np.array([1.0 if label == 1 else -1.0])
    others = np.exp(logits - np.delete(logits, label).max())
    others[label] = 0
    gradient = -others / others.sum()
    gradient[label] = 1.0
    return np.asarray(gradient)
