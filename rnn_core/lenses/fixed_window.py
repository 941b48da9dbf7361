"""A network without a loop over one sentence: how many words have a place in it, and which are lost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.spec import ModelSpec

WindowKind = Literal["dense", "conv1d"]


@dataclass(frozen=True)
class FixedWindow:
    """A sentence in a network of P places.

    places: [P] a word, or None where padding stands. lost: the words beyond the last place. inputs: [P, D], what stands for each
    word; padding is zeros. kernels: for dense [P, D, U], each place has its own; for conv1d [1, k, D], the first of its filters,
    the same at every place. These weights are untrained: the picture is about where a weight is used, not about its value.
    """

    kind: WindowKind
    places: tuple[str | None, ...]
    lost: tuple[str, ...]
    inputs: NDArray[np.float32]
    kernels: NDArray[np.float32]
    units: int
    kernel_size: int
    parameters: int  # of the layer that reads the words, embedding and output layer aside
    parameters_for_all: int  # that it would have with a place for every word of this sentence


def fixed_window(
    classifier: Classifier, text: str, kind: WindowKind, places: int, units: int, kernel_size: int = 3, padding: str = "left"
) -> FixedWindow:
    """The sentence in a dense or convolutional layer with room for `places` words.

    The words are those of `classifier`'s embedding, so that they look as they do in its unrolled picture; a text longer than
    `places` is cut at its end, as everywhere in this project.
    """
    spec = ModelSpec(kind=kind, units=units, time_steps=places, features=classifier.spec.features, kernel_size=kernel_size)
    tokens = tokenize(text)
    read = tokens[:places]
    missing = places - len(read)
    left, right = (missing, 0) if padding == "left" else (0, missing)
    inputs = np.zeros((places, spec.features), dtype=np.float32)
    inputs[left : left + len(read)] = classifier.weights["embeddings"][classifier.vocabulary.ids(read)]
    return FixedWindow(
        kind,
        (None,) * left + tuple(read) + (None,) * right,
        tuple(tokens[places:]),
        inputs,
        _untrained(spec),
        units,
        kernel_size,
        _parameters(spec, places),
        _parameters(spec, max(places, len(tokens))),
    )


def _parameters(spec: ModelSpec, places: int) -> int:
    width = places if spec.kind == "dense" else spec.kernel_size
    return (width * spec.features + 1) * spec.units


def _untrained(spec: ModelSpec) -> NDArray[np.float32]:
    """Glorot's uniform start (2010), as Keras draws it for these layers, with seed 0."""
    rng = np.random.default_rng(0)
    if spec.kind == "dense":
        shape: tuple[int, int, int] = (spec.time_steps, spec.features, spec.units)
        limit = math.sqrt(6 / (spec.time_steps * spec.features + spec.units))
    else:
        shape = (1, spec.kernel_size, spec.features)
        limit = math.sqrt(6 / (spec.kernel_size * (spec.features + spec.units)))
    return rng.uniform(-limit, limit, shape).astype(np.float32)
