"""Texts of any length through one recurrent network, and what padding does to its final state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.models.network import Network
from rnn_core.models.weights import recurrent_prefixes
from rnn_core.spec import LIMITS, PADDING_ID, Padding

Array = NDArray[np.float32]
LONGEST = int(LIMITS["time_steps"][1])


class LengthError(ValueError):
    """A text or network for which this picture does not exist; the message says why."""


@dataclass(frozen=True)
class LengthReading:
    """One text, read to its end by the recurrent network, and held against a dense network of a fixed number of steps."""

    words: int
    state: Array  # [U], the final state
    probabilities: Array  # [K]
    dense_padding: int  # places of the dense network that stay empty
    dense_cut: int  # words that it never sees


@dataclass(frozen=True)
class AnyLength:
    """Several texts through the same network."""

    readings: tuple[LengthReading, ...]
    label_names: tuple[str, ...]
    parameters: int  # of the recurrent layers, whatever the length
    dense_steps: int
    dense_parameters: int  # of a dense layer of as many units that reads `dense_steps` words


@dataclass(frozen=True)
class PaddingDrift:
    """How far a padded reading stands, step by step, from the same words read without padding.

    distance: [S] Euclidean distance of the states. Over padding before the first word the other state is the start, zero; over
    padding after the last word it is the final one. padded: [S], whether the step reads padding.
    """

    padding: Padding
    mask: bool
    distance: Array
    padded: NDArray[np.bool_]
    probabilities: Array  # [K] after the last step
    probabilities_unpadded: Array  # [K]


def any_length(classifier: Classifier, texts: Sequence[str], dense_steps: int = 100) -> AnyLength:
    """Each text read to its end, up to 2,000 words, by the same weights.

    Raises:
        LengthError: the network is not recurrent, or a text has no words.
    """
    spec = classifier.spec
    readings = tuple(_reading(classifier, text, dense_steps) for text in texts)
    parameters = sum(
        classifier.weights[f"{prefix}{name}"].size
        for prefix in _prefixes(classifier)
        for name in ("kernel", "recurrent_kernel", "bias")
    )
    dense = (dense_steps * spec.features + 1) * spec.units
    return AnyLength(readings, classifier.label_names, parameters, dense_steps, dense)


def padding_drift(classifier: Classifier, text: str, time_steps: int, padding: Padding, mask: bool) -> PaddingDrift:
    """The text padded to `time_steps` on one side, with the mask on or off, against the text as it is.

    Raises:
        LengthError: the network is not recurrent, or the text has no words or more than `time_steps`.
    """
    ids = _ids(classifier, text)
    missing = time_steps - len(ids)
    if missing < 0:
        raise LengthError(f"The text has {len(ids)} words: it does not fit into {time_steps} time steps.")
    bare = _states(classifier, ids)
    side = (missing, 0) if padding == "left" else (0, missing)
    padded_ids = np.pad(ids, side, constant_values=PADDING_ID)
    is_padding = np.pad(np.zeros(len(ids), dtype=np.bool_), side, constant_values=True)
    before = np.zeros((side[0], bare.shape[1]), dtype=np.float32)
    after = np.repeat(bare[-1:], side[1], axis=0)
    unpadded = np.concatenate([before, bare, after])
    states = unpadded if mask else _states(classifier, padded_ids)
    distance = np.linalg.norm(states - unpadded, axis=1).astype(np.float32)
    network = _network(classifier)
    plain = network.probabilities([ids])[0]
    answer = plain if mask else network.probabilities([padded_ids])[0]
    return PaddingDrift(padding, mask, distance, is_padding, answer, plain)


def _reading(classifier: Classifier, text: str, dense_steps: int) -> LengthReading:
    ids = _ids(classifier, text)
    state = _states(classifier, ids)[-1]
    probabilities = _network(classifier).probabilities([ids])[0]
    words = len(ids)
    return LengthReading(words, state, probabilities, max(0, dense_steps - words), max(0, words - dense_steps))


def _ids(classifier: Classifier, text: str) -> NDArray[np.int32]:
    if not classifier.spec.is_recurrent or not classifier.spec.vocabulary:
        raise LengthError(f"A network of kind {classifier.spec.kind} carries no state from word to word.")
    tokens = tokenize(text)[:LONGEST]
    if not tokens:
        raise LengthError("The text has no words.")
    return classifier.vocabulary.ids(tokens)


def _network(classifier: Classifier) -> Network:
    """The same weights, told to read up to 2,000 words: no recurrent weight depends on the number of steps."""
    return Network(classifier.spec.replace(time_steps=LONGEST, mask=True), classifier.weights)


def _states(classifier: Classifier, ids: NDArray[np.int32]) -> Array:
    """States of the top layer that reads forwards: [T, U]."""
    spec = classifier.spec
    top = "" if spec.layers == 1 else "recurrent_2/"
    return _network(classifier).layer_scans(ids)[top].sequence()


def _prefixes(classifier: Classifier) -> list[str]:
    return [prefix for prefix, _ in recurrent_prefixes(classifier.spec)]
