"""How good a model honestly is: everything that its probabilities on held-out texts can tell.

scikit-learn is imported where it computes: the web process reads results and must not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.estimates import Estimate, share

BINS = 10
CURVE_POINTS = 201
SMALLEST_PROBABILITY = 1e-7  # a float32 sigmoid reaches exactly 0 and 1; the log loss of those would be infinite


class EvaluationError(ValueError):
    """Probabilities and labels that do not belong together; the message says why."""


@dataclass(frozen=True)
class LabelScore:
    """How one label fares."""

    name: str
    precision: float  # of the texts answered with this label, the share that carries it; 0 where none was
    recall: float  # of the texts that carry this label, the share answered with it
    f1: float
    support: int  # held-out texts that carry it


@dataclass(frozen=True)
class Curve:
    """A curve over all thresholds, thinned to at most 201 points for drawing.

    x, y: [P] float64. area: computed on all points. chance: the area of answers that know nothing.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float
    chance: float


@dataclass(frozen=True)
class CalibrationBin:
    """The texts whose answer was given with a probability between `low` and `high`."""

    low: float
    high: float
    confidence: float  # their mean probability
    accuracy: Estimate  # the share of them that was right
    count: int


@dataclass(frozen=True)
class ConfidenceCounts:
    """How many texts were answered with which probability.

    edges: [B + 1] float64. right, wrong: [B] int64; without labels every text counts in `right` and `wrong` is None.
    """

    edges: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64] | None


@dataclass(frozen=True)
class Evaluation:
    """A model's answers to held-out texts, judged.

    confusion: [K, K] int64, rows the label, columns the prediction. correct: [N] bool, in the order of the held-out rows.
    roc, precision_recall: of the second label, for two labels only. calibration: bins that hold texts, by rising probability.
    """

    label_names: tuple[str, ...]
    accuracy: Estimate
    majority: float  # accuracy of always answering the held-out part's most frequent label
    log_loss: float  # mean, natural logarithm
    confusion: NDArray[np.int64]
    scores: tuple[LabelScore, ...]
    roc: Curve | None
    precision_recall: Curve | None
    calibration: tuple[CalibrationBin, ...]
    calibration_error: float  # mean distance between probability and accuracy over the bins, weighted by their texts
    correct: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Held-out texts."""
        return len(self.correct)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        return {
            "label_names": list(self.label_names),
            "accuracy": self.accuracy.to_dict(),
            "majority": self.majority,
            "log_loss": self.log_loss,
            "confusion": self.confusion.tolist(),
            "scores": [vars(score) for score in self.scores],
            "roc": _curve_to_dict(self.roc),
            "precision_recall": _curve_to_dict(self.precision_recall),
            "calibration": [{**vars(bin_), "accuracy": bin_.accuracy.to_dict()} for bin_ in self.calibration],
            "calibration_error": self.calibration_error,
            "correct": bits_to_text(self.correct),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The evaluation that `to_dict` gave."""
        return cls(
            label_names=tuple(values["label_names"]),
            accuracy=Estimate.from_dict(values["accuracy"]),
            majority=float(values["majority"]),
            log_loss=float(values["log_loss"]),
            confusion=np.asarray(values["confusion"], dtype=np.int64),
            scores=tuple(LabelScore(**score) for score in values["scores"]),
            roc=_curve_from_dict(values["roc"]),
            precision_recall=_curve_from_dict(values["precision_recall"]),
            calibration=tuple(
                CalibrationBin(**{**bin_, "accuracy": Estimate.from_dict(bin_["accuracy"])}) for bin_ in values["calibration"]
            ),
            calibration_error=float(values["calibration_error"]),
            correct=bits_from_text(values["correct"]),
        )


@dataclass(frozen=True)
class Mistake:
    """A held-out text that was answered wrongly."""

    row: int  # its place among the held-out texts, from 0
    label: int
    prediction: int
    probability: float  # of the prediction


def evaluate(probabilities: ArrayLike, labels: ArrayLike, label_names: tuple[str, ...]) -> Evaluation:
    """Judges probabilities [N, K] against labels [N], indices into the K `label_names`.

    Raises:
        EvaluationError: shapes that do not fit, no texts, a label that has no name, or probabilities outside 0 to 1.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    given, truth = _checked(probabilities, labels, len(label_names))
    predicted = given.argmax(axis=1)
    correct = predicted == truth
    every_label = np.arange(len(label_names))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=every_label, zero_division=0.0)
    bins = _calibration(given.max(axis=1), correct)
    both_labels = len(label_names) == 2 and 0 < truth.sum() < len(truth)
    return Evaluation(
        label_names=tuple(label_names),
        accuracy=share(int(correct.sum()), len(truth)),
        majority=float(np.bincount(truth).max() / len(truth)),
        log_loss=float(-np.log(np.clip(given[np.arange(len(truth)), truth], SMALLEST_PROBABILITY, 1.0)).mean()),
        confusion=confusion_matrix(truth, predicted, labels=every_label).astype(np.int64),
        scores=tuple(
            LabelScore(name, float(precision[k]), float(recall[k]), float(f1[k]), int(support[k]))
            for k, name in enumerate(label_names)
        ),
        roc=_roc(truth, given[:, 1]) if both_labels else None,
        precision_recall=_precision_recall(truth, given[:, 1]) if both_labels else None,
        calibration=bins,
        calibration_error=sum(abs(bin_.confidence - bin_.accuracy.value) * bin_.count for bin_ in bins) / len(truth),
        correct=correct,
    )


def confident_mistakes(probabilities: ArrayLike, labels: ArrayLike, count: int = 20) -> tuple[Mistake, ...]:
    """The wrong answers with the highest probability, the surest first."""
    given, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    predicted, confidence = given.argmax(axis=1), given.max(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    return tuple(Mistake(int(row), int(truth[row]), int(predicted[row]), float(confidence[row])) for row in surest)


def confidence_counts(probabilities: ArrayLike, labels: ArrayLike | None = None, bins: int = 20) -> ConfidenceCounts:
    """The answers [N, K] counted by their probability, in bins of equal width from 1 / K (the least an answer can have) to 1."""
    given = np.asarray(probabilities, dtype=np.float64)
    edges = np.linspace(1 / given.shape[1], 1.0, bins + 1)
    confidence = np.clip(given.max(axis=1), edges[0], 1.0)  # float32 rows sum to 1 only nearly
    if labels is None:
        return ConfidenceCounts(edges, np.histogram(confidence, edges)[0].astype(np.int64), None)
    correct = given.argmax(axis=1) == np.asarray(labels)
    right, wrong = (np.histogram(confidence[rows], edges)[0].astype(np.int64) for rows in (correct, ~correct))
    return ConfidenceCounts(edges, right, wrong)


def bits_to_text(bits: NDArray[np.bool_]) -> str:
    """Truth values as a text of 0 and 1, a fifth of the size of a JSON list."""
    return "".join("1" if bit else "0" for bit in bits)


def bits_from_text(text: str) -> NDArray[np.bool_]:
    """The truth values that `bits_to_text` wrote: [N] bool."""
    return np.array([digit == "1" for digit in text], dtype=np.bool_)


def _checked(probabilities: ArrayLike, labels: ArrayLike, names: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    given, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if truth.ndim != 1 or not len(truth) or given.shape != (len(truth), names):
        raise EvaluationError(
            f"Expected probabilities of shape ({len(truth)}, {names}) for at least one text, received {given.shape}."
        )
    if truth.min() < 0 or truth.max() >= names:
        raise EvaluationError(f"Every label must be an index from 0 to {names - 1}.")
    if not (np.isfinite(given).all() and given.min() >= 0.0 and given.max() <= 1.0 + 1e-6):
        raise EvaluationError("Every probability must be a number between 0 and 1.")
    return given, truth


def _calibration(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> tuple[CalibrationBin, ...]:
    """Ten bins of equal width; with two labels only the upper five can hold texts."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    places = np.clip(np.searchsorted(edges, confidence, side="right") - 1, 0, BINS - 1)
    bins = []
    for place in np.unique(places):
        inside = places == place
        bins.append(
            CalibrationBin(
                low=float(edges[place]),
                high=float(edges[place + 1]),
                confidence=float(confidence[inside].mean()),
                accuracy=share(int(correct[inside].sum()), int(inside.sum())),
                count=int(inside.sum()),
            )
        )
    return tuple(bins)


def _roc(truth: NDArray[np.int64], score: NDArray[np.float64]) -> Curve:
    from sklearn.metrics import roc_auc_score, roc_curve

    false_positives, true_positives, _ = roc_curve(truth, score)
    return _thinned(false_positives, true_positives, float(roc_auc_score(truth, score)), 0.5)


def _precision_recall(truth: NDArray[np.int64], score: NDArray[np.float64]) -> Curve:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(truth, score)
    return _thinned(recall[::-1], precision[::-1], float(average_precision_score(truth, score)), float(truth.mean()))


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64], area: float, chance: float) -> Curve:
    rows = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).round().astype(int))
    return Curve(np.asarray(x, dtype=np.float64)[rows], np.asarray(y, dtype=np.float64)[rows], area, chance)


def _curve_to_dict(curve: Curve | None) -> dict[str, Any] | None:
    return None if curve is None else {**vars(curve), "x": curve.x.tolist(), "y": curve.y.tolist()}


def _curve_from_dict(values: dict[str, Any] | None) -> Curve | None:
    if values is None:
        return None
    x, y = (np.asarray(values[name], dtype=np.float64) for name in ("x", "y"))
    return Curve(x, y, float(values["area"]), float(values["chance"]))
