"""A trained model that answers: words in, probabilities out, in NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np

from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.model_file import ModelFile, ModelFileError, load_model, save_model
from rnn_core.models.network import Ids, Network
from rnn_core.models.weights import Array, Weights, weight_shapes
from rnn_core.spec import ModelSpec
from rnn_core.trace import LayerTrace, Trace, trace

__all__ = ["Classifier", "ClassifierError", "LayerTrace", "ModelFileError", "Trace"]


class ClassifierError(ValueError):
    """Parts of a classifier that do not fit together, or word ids that it does not have."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """Weights, the vocabulary and the labels' names, with everything that is needed to answer.

    weights: float32 arrays by the names of `rnn_core.models.weights.weight_shapes`: `embeddings`, `kernel`, `recurrent_kernel`
    and `bias` of the first forward recurrent layer, and prefixed names such as `backward/kernel` or `output/kernel`.

    Raises:
        ClassifierError: weights, vocabulary or label names do not fit the specification.

    Example:
        >>> classifier = Classifier.load("model.zip")
        >>> classifier.predict_proba(["a fine film"]).shape
        (1, 2)
    """

    spec: ModelSpec
    vocabulary: Vocabulary
    label_names: tuple[str, ...]
    weights: Weights = field(repr=False)
    notes: dict[str, Any] = field(default_factory=dict)  # what else is known of the model, such as its accuracy; any JSON

    def __post_init__(self) -> None:
        if not self.spec.vocabulary:
            raise ClassifierError("A classifier of texts needs a vocabulary; this model reads numbers.")
        if self.vocabulary.size > self.spec.vocabulary:
            raise ClassifierError(
                f"The vocabulary needs {self.vocabulary.size:,} rows, the embedding has {self.spec.vocabulary:,}."
            )
        if len(self.label_names) != self.spec.labels or len(set(self.label_names)) != self.spec.labels:
            raise ClassifierError(f"The model has {self.spec.labels} labels and needs as many different names.")
        shapes = {name: array.shape for name, array in self.weights.items()}
        if shapes != weight_shapes(self.spec):
            wrong = sorted(name for name, _ in set(shapes.items()) ^ set(weight_shapes(self.spec).items()))
            raise ClassifierError(f"These weights do not have the shape that the specification asks for: {', '.join(wrong)}.")
        object.__setattr__(self, "weights", {name: np.ascontiguousarray(a, dtype=np.float32) for name, a in self.weights.items()})

    @cached_property
    def network(self) -> Network:
        """The forward pass on word ids."""
        return Network(self.spec, self.weights)

    def predict_proba(self, texts: Sequence[str]) -> Array:
        """Probability of every label: float32 [N, K], in the order of `label_names`; K is 2 for a sigmoid output too."""
        return self.network.probabilities([self.vocabulary.ids(tokenize(text)) for text in texts])

    def predict_ids(self, texts: Sequence[Ids]) -> Array:
        """The same for texts that are word ids already, each [T] without padding.

        Raises:
            ClassifierError: an id that the embedding does not have.
        """
        ids = np.concatenate([np.zeros(0, dtype=np.int32), *texts])
        if ids.size and not 0 <= ids.min() <= ids.max() < self.spec.vocabulary:
            raise ClassifierError(f"Word ids must be between 0 and {self.spec.vocabulary - 1:,}.")
        return self.network.probabilities(texts)

    def trace(self, text: str) -> Trace:
        """The text word by word: states and the answer after each word; a text longer than `time_steps` is cut at its end."""
        tokens = tuple(tokenize(text))
        unknown = np.array(self.vocabulary.unknown(tokens), dtype=np.bool_)
        return trace(self.network, tokens, self.vocabulary.ids(tokens), unknown)

    def layer_weights(self, prefix: str = "") -> Weights:
        """`kernel`, `recurrent_kernel`, `bias` of the recurrent layer with this prefix, as the functions of `cells` take them."""
        return {name: self.weights[f"{prefix}{name}"] for name in ("kernel", "recurrent_kernel", "bias")}

    def save(self, target: Path | str | IO[bytes]) -> None:
        """Writes one file, JSON and npz in a zip, that `load` reads.

        Raises:
            ModelFileError: the model is too large for a model file.
        """
        save_model(ModelFile(self.spec, self.vocabulary, self.label_names, self.weights, self.notes), target)

    @classmethod
    def load(cls, source: Path | str | IO[bytes]) -> Classifier:
        """The classifier that `save` wrote.

        Raises:
            ModelFileError: the file is not a model of this lab, whatever else it is.
        """
        model = load_model(source)
        try:
            return cls(model.spec, model.vocabulary, model.label_names, model.weights, model.notes)
        except ClassifierError as error:
            raise ModelFileError(f"The model file does not describe a classifier: {error}") from error
