"""A finished training: the weights, how they came about and how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary
from rnn_core.models.keras_build import build, set_weights
from rnn_core.models.weights import Weights
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.evaluation import Evaluation
from rnn_core.training.history import EpochMetrics


@dataclass(frozen=True)
class Trained:
    """A trained network with its record.

    spec: with the real sizes of vocabulary and labels. held_out_rows: [M] int64, rows of the texts that training never saw.
    held_out_probabilities: [M, K] float32, the answers to them. held_out_unknown: share of their words, as far as the network
    reads them, that are not in the vocabulary.
    """

    spec: ModelSpec
    train_spec: TrainSpec
    vocabulary: Vocabulary
    label_names: tuple[str, ...]
    weights: Weights
    history: tuple[EpochMetrics, ...]
    evaluation: Evaluation
    held_out_rows: NDArray[np.int64]
    held_out_probabilities: NDArray[np.float32]
    held_out_unknown: float

    def keras_model(self) -> Any:
        """The network as a `keras.Model` of stock layers, which a Keras without this package loads."""
        model = build(self.spec)
        set_weights(model, self.spec, self.weights)
        return model

    def classifier(self) -> Classifier:
        """The network in NumPy, with its vocabulary and label names, and the share of held-out words unknown to it as a note."""
        notes = {"held_out_unknown": self.held_out_unknown}
        return Classifier(self.spec, self.vocabulary, self.label_names, self.weights, notes)

    def save(self, path: Path | str) -> None:
        """The classifier as one file, JSON and npz, that `Classifier.load` reads."""
        self.classifier().save(Path(path))
