"""A recurrent classifier in double precision over one text: forward through its layers to the loss, and back to every state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit, log_softmax

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.lenses.chain_rule import Backward, Chain, Floats, GradientError, backward, unroll
from rnn_core.models.weights import recurrent_prefixes
from rnn_core.spec import PADDING_ID, ModelSpec

_LEAST_SCALE = -1e300  # stands for a gradient of zero: its logarithm can be subtracted from another like it


@dataclass(frozen=True)
class UnrolledNetwork:
    """Every recurrent layer of a classifier over one text.

    tokens: [T], "" for a padding step of a network without a mask. ids: [T]. chains: by the prefix of the layer's weights, in the
    order of the computation. layers: those prefixes by layer, the forward direction first. pooled: [W], what the output layer
    sees. logits: [K], or [1] for two labels.
    """

    spec: ModelSpec
    tokens: tuple[str, ...]
    ids: NDArray[np.int64]
    chains: dict[str, Chain]
    layers: tuple[tuple[str, ...], ...]
    pooled: Floats
    output_kernel: Floats
    logits: Floats

    def chain(self, layer: str) -> Chain:
        """The layer whose weights have this prefix.

        Raises:
            GradientError: there is none.
        """
        if layer not in self.chains:
            raise GradientError(f"This network has no recurrent layer {layer!r}; it has {', '.join(map(repr, self.chains))}.")
        return self.chains[layer]

    def cross_entropy(self, label: int) -> tuple[float, Floats, Floats]:
        """Loss, probabilities [K] and the loss's gradient at the logits, which a very sure answer does not round to zero.

        Raises:
            GradientError: no such label.
        """
        if not 0 <= label < self.spec.labels:
            raise GradientError(
                f"This network has {self.spec.labels} labels, 0 to {self.spec.labels - 1}; {label} is none of them."
            )
        if len(self.logits) == 1:
            logit, sign = self.logits[0], 1.0 if label == 1 else -1.0
            return -float(log_expit(sign * logit)), expit(np.array([-logit, logit])), -sign * expit(-sign * self.logits)
        logs = log_softmax(self.logits)
        error = np.exp(logs)
        error[label] = -np.delete(error, label).sum()
        return -float(logs[label]), np.exp(logs), error

    def backward(self, at_logits: Floats) -> dict[str, Backward]:
        """The backward pass of every recurrent layer, from the top one down, for this gradient at the logits."""
        return self._passes(at_logits)[0]

    def weight_gradients(self, at_logits: Floats) -> dict[str, Floats]:
        """The gradient of every trained array by its name in `weight_shapes`."""
        passes, at_words = self._passes(at_logits)
        gradients: dict[str, Floats] = {"output/kernel": np.outer(self.pooled, at_logits), "output/bias": at_logits}
        gradients["embeddings"] = np.zeros((self.spec.vocabulary, self.spec.features))
        np.add.at(gradients["embeddings"], self.ids, at_words)
        for prefix, found in passes.items():
            chain, sizes = self.chains[prefix], np.exp(found.scales[1:])[:, None]
            recurrent, inputs = found.sums * sizes, input_sums(chain, found) * sizes
            biases = [inputs.sum(axis=0), recurrent.sum(axis=0)]
            gradients[f"{prefix}kernel"] = chain.inputs.T @ inputs
            gradients[f"{prefix}recurrent_kernel"] = chain.states[:-1].T @ recurrent
            gradients[f"{prefix}bias"] = np.stack(biases) if self.spec.kind == "gru" else biases[0]
        return gradients

    def _passes(self, at_logits: Floats) -> tuple[dict[str, Backward], Floats]:
        """Every layer's backward pass, and what arrives at the inputs of the lowest, [T, D]."""
        found = dict[str, Backward]()
        arriving, scales = self._arriving(self.output_kernel @ at_logits), np.zeros(len(self.tokens))
        for layer in reversed(self.layers):
            to_inputs, to_scales = [], []
            for number, prefix in enumerate(layer):
                chain, words = self.chains[prefix], _order(prefix)
                found[prefix] = backward(chain, arriving[words, number * chain.units : (number + 1) * chain.units], scales[words])
                to_inputs.append((input_sums(chain, found[prefix]) @ chain.kernel.T)[words])
                to_scales.append(np.maximum(found[prefix].scales[1:], _LEAST_SCALE)[words])
            scales = np.max(to_scales, axis=0)
            arriving = np.sum([g * np.exp(s - scales)[:, None] for g, s in zip(to_inputs, to_scales, strict=True)], axis=0)
        return found, arriving * np.exp(scales)[:, None]

    def _arriving(self, at_pooled: Floats) -> Floats:
        """What the output layer sends to each of the top layer's states, [T, U or 2 * U] in the order of the words."""
        states, pooling = states_by_word(self.chains, self.layers[-1]), self.spec.pooling
        steps, width = states.shape
        arriving = np.zeros_like(states)
        if pooling in ("last", "every"):
            arriving[-1, : self.spec.units] = at_pooled[: self.spec.units]
            arriving[0, self.spec.units :] = at_pooled[self.spec.units :]  # the backward layer ends at the first word
        if pooling in ("mean", "mean_max"):
            arriving += at_pooled[:width] / steps
        if pooling in ("max", "mean_max"):
            arriving[states.argmax(axis=0), np.arange(width)] += at_pooled[-width:]
        return arriving


def unroll_network(classifier: Classifier, text: str, whole: bool = False) -> UnrolledNetwork:
    """All recurrent layers over one text.

    Args:
        whole: read all words, also those beyond `time_steps`.

    Raises:
        GradientError: not a recurrent network, or a text without words.
    """
    tokens, ids, sequence = _sequence(classifier, text, whole)
    prefixes = [prefix for prefix, _ in recurrent_prefixes(classifier.spec)]
    directions = 2 if classifier.spec.bidirectional else 1
    layers = tuple(tuple(prefixes[start : start + directions]) for start in range(0, len(prefixes), directions))
    chains = dict[str, Chain]()
    for layer in layers:
        for prefix in layer:
            weights, spec = classifier.layer_weights(prefix), classifier.spec
            chains[prefix] = unroll(spec.kind, weights, sequence[_order(prefix)], spec.activation)
        sequence = states_by_word(chains, layer)
    output_kernel = classifier.weights["output/kernel"].astype(np.float64)
    pooled = _pooled(classifier.spec, chains, layers[-1])
    logits = pooled @ output_kernel + classifier.weights["output/bias"]
    return UnrolledNetwork(classifier.spec, tokens, ids, chains, layers, pooled, output_kernel, logits)


def states_by_word(chains: dict[str, Chain], layer: tuple[str, ...]) -> Floats:
    """A layer's states in the order of the words, both directions side by side: [T, U or 2 * U]."""
    return np.concatenate([chains[prefix].states[1:][_order(prefix)] for prefix in layer], axis=1)


def input_sums(chain: Chain, found: Backward) -> Floats:
    """Gradient at the input side of the gates' sums, [T, G * U], to be multiplied by exp(scales[1:])."""
    if chain.parts == 2:  # an LSTM's gates have one sum for both sides
        return found.sums
    return (chain.input_slopes * found.gradients[1:, None, :]).reshape(chain.steps, -1)


def _order(prefix: str) -> slice:
    """From the order of the words to the order in which a layer reads them, and back."""
    return slice(None, None, -1 if prefix.startswith("backward") else 1)


def _pooled(spec: ModelSpec, chains: dict[str, Chain], top: tuple[str, ...]) -> Floats:
    """What the output layer sees, [W]; for `pooling="every"` after the last word."""
    if spec.pooling in ("last", "every"):
        return np.concatenate([chains[prefix].states[-1] for prefix in top])
    states = states_by_word(chains, top)
    mean, greatest = states.mean(axis=0), states.max(axis=0)
    pooled: dict[str, Floats] = {"mean": mean, "max": greatest, "mean_max": np.concatenate([mean, greatest])}
    return pooled[spec.pooling]


def _sequence(classifier: Classifier, text: str, whole: bool) -> tuple[tuple[str, ...], NDArray[np.int64], Floats]:
    """Tokens [T], ids [T] and inputs [T, D] as the network reads them."""
    spec = classifier.spec
    if not spec.is_recurrent:
        raise GradientError(
            f"A network of kind {spec.kind} passes no state from step to step: there is no gradient through time."
        )
    tokens = tokenize(text) if whole else tokenize(text)[: spec.time_steps]
    if not tokens:
        raise GradientError("The text has no words: there is nothing to go back through.")
    ids = np.asarray(classifier.vocabulary.ids(tokens), dtype=np.int64)
    missing = 0 if spec.mask else max(0, spec.time_steps - len(tokens))
    left, right = (missing, 0) if spec.padding == "left" else (0, missing)
    ids = np.pad(ids, (left, right), constant_values=PADDING_ID)
    return ("",) * left + tuple(tokens) + ("",) * right, ids, classifier.weights["embeddings"][ids].astype(np.float64)
