"""Role sentences answered by a network, apart by voice and by length: where it is weak on what it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.roles import RoleSentences, voice
from rnn_core.data.texts import LabelledTexts
from rnn_core.estimates import Estimate
from rnn_core.lenses.order_intervals import mean_share


@dataclass(frozen=True)
class PartAccuracy:
    """How often one kind of sentence is answered rightly; a sentence and its swap were drawn together."""

    name: str  # "active" or "passive", or how many words it has
    in_training: bool  # whether training had sentences of this length
    sentences: int
    accuracy: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, as JSON knows it."""
        return {**vars(self), "accuracy": self.accuracy.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(**{**values, "accuracy": Estimate.from_dict(values["accuracy"])})


def accuracy_by_part(classifier: Classifier, sentences: RoleSentences) -> tuple[PartAccuracy, ...]:
    """Active and passive among the unseen pairs, then every length: seen ones among the unseen pairs, the others as held out."""
    pairs, lengths = sentences.unseen_pairs, sentences.unseen_lengths
    right, voices = _right(classifier, pairs), np.array([voice(text) for text in pairs.texts])
    parts = [_part(name, True, right, voices == name) for name in ("active", "passive")]
    for part, in_training in ((pairs, True), (lengths, False)):
        right, words = _right(classifier, part), np.array([len(text.split()) for text in part.texts])
        parts += [_part(str(count), in_training, right, words == count) for count in np.unique(words).tolist()]
    return tuple(parts)


def _right(classifier: Classifier, texts: LabelledTexts) -> NDArray[np.float64]:
    return np.asarray(classifier.predict_proba(texts.texts).argmax(axis=1) == texts.labels, dtype=np.float64)


def _part(name: str, in_training: bool, right: NDArray[np.float64], chosen: NDArray[np.bool_]) -> PartAccuracy:
    rows = np.flatnonzero(chosen)
    return PartAccuracy(name, in_training, len(rows), mean_share(right[rows], rows // 2))
