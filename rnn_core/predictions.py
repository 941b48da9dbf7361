"""A file of texts answered by a classifier: the predictions as a table, and how many are right where labels are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier

if TYPE_CHECKING:
    from rnn_core.training.evaluation import Evaluation

CHUNK = 512  # texts between two reports of progress


@dataclass(frozen=True)
class Predictions:
    """The answers to N texts, in their order.

    probabilities: [N, K] float32, in the order of `label_names`. labels: what the file says, "" where it says nothing; None for
    a file without labels.
    """

    texts: tuple[str, ...]
    probabilities: NDArray[np.float32]
    label_names: tuple[str, ...]
    labels: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """[N], the most probable label of each text as an index into `label_names`."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """[N], the probability of each prediction."""
        return np.asarray(self.probabilities.max(axis=1), dtype=np.float32)

    @property
    def judged_rows(self) -> NDArray[np.int64]:
        """The rows whose label is one that the model knows; the others cannot be right or wrong."""
        known = set(self.label_names)
        return np.array([row for row, label in enumerate(self.labels or ()) if label in known], dtype=np.int64)

    def columns(self) -> dict[str, list[str] | list[float]]:
        """The table: text, prediction, probability, and label where the file has labels."""
        names = [self.label_names[label] for label in self.predicted]
        table: dict[str, list[str] | list[float]] = {
            "text": list(self.texts),
            "prediction": names,
            "probability": [round(float(value), 6) for value in self.confidence],
        }
        if self.labels is not None:
            table["label"] = list(self.labels)
        return table

    def evaluation(self) -> Evaluation | None:
        """How good the answers are; None where no row has a label that the model knows."""
        rows = self.judged_rows
        if self.labels is None or not len(rows):
            return None
        from rnn_core.training.evaluation import evaluate  # scikit-learn is slow to import and needed here alone

        index = {name: place for place, name in enumerate(self.label_names)}
        return evaluate(self.probabilities[rows], [index[self.labels[row]] for row in rows], self.label_names)


def predictions(
    classifier: Classifier,
    texts: Sequence[str],
    labels: Sequence[str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Predictions:
    """Answers all texts; `on_progress` is told how many are answered, after every 512."""
    parts = [np.zeros((0, len(classifier.label_names)), dtype=np.float32)]
    for start in range(0, len(texts), CHUNK):
        parts.append(classifier.predict_proba(texts[start : start + CHUNK]))
        if on_progress is not None:
            on_progress(min(start + CHUNK, len(texts)))
    return Predictions(tuple(texts), np.concatenate(parts), classifier.label_names, None if labels is None else tuple(labels))
