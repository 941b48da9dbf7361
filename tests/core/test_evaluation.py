"""The numbers of an evaluation against scikit-learn and against cases worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from rnn_core.training.evaluation import Evaluation, EvaluationError, confident_mistakes, evaluate


def two_labels(count: int = 800, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    positive = 1 / (1 + np.exp(-(rng.normal(size=count) + 1.6 * labels - 0.8)))
    return np.column_stack([1 - positive, positive]), labels


def three_labels(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    labels = rng.choice(3, size=count, p=[0.6, 0.3, 0.1])
    logits = rng.normal(size=(count, 3)) + 1.5 * np.eye(3)[labels]
    return np.exp(logits) / np.exp(logits).sum(1, keepdims=True), labels


@pytest.mark.parametrize(("case", "names"), [(two_labels, ("no", "yes")), (three_labels, ("a", "b", "c"))])
def test_scores_are_those_of_scikit_learn(case, names) -> None:
    probabilities, labels = case()
    predicted = probabilities.argmax(1)
    evaluation = evaluate(probabilities, labels, names)
    assert evaluation.accuracy.value == metrics.accuracy_score(labels, predicted)
    assert evaluation.log_loss == pytest.approx(metrics.log_loss(labels, probabilities))
    np.testing.assert_array_equal(evaluation.confusion, metrics.confusion_matrix(labels, predicted))
    report = metrics.classification_report(labels, predicted, target_names=names, output_dict=True)
    for score in evaluation.scores:
        expected = report[score.name]
        assert (score.precision, score.recall, score.f1) == pytest.approx(
            (expected["precision"], expected["recall"], expected["f1-score"])
        )
        assert score.support == expected["support"]
    assert evaluation.majority == np.bincount(labels).max() / len(labels)
    np.testing.assert_array_equal(evaluation.correct, predicted == labels)


def test_the_areas_belong_to_all_points_and_the_thinned_curves_to_the_same_curve() -> None:
    probabilities, labels = two_labels(5_000)
    evaluation = evaluate(probabilities, labels, ("no", "yes"))
    assert evaluation.roc is not None
    assert evaluation.precision_recall is not None
    assert evaluation.roc.area == pytest.approx(metrics.roc_auc_score(labels, probabilities[:, 1]))
    assert evaluation.precision_recall.area == pytest.approx(metrics.average_precision_score(labels, probabilities[:, 1]))
    assert len(evaluation.roc.x) <= 201
    assert np.trapezoid(evaluation.roc.y, evaluation.roc.x) == pytest.approx(evaluation.roc.area, abs=0.002)
    assert (np.diff(evaluation.precision_recall.x) >= 0).all()


def test_curves_need_two_labels_that_both_occur() -> None:
    probabilities, labels = three_labels()
    assert evaluate(probabilities, labels, ("a", "b", "c")).roc is None
    assert evaluate([[0.9, 0.1], [0.4, 0.6]], [1, 1], ("no", "yes")).roc is None


def test_calibration_bins_are_those_of_scikit_learn() -> None:
    probabilities, labels = two_labels()
    evaluation = evaluate(probabilities, labels, ("no", "yes"))
    correct = probabilities.argmax(1) == labels
    share_right, confidence = calibration_curve(correct, probabilities.max(1), n_bins=10)
    assert [bin_.accuracy.value for bin_ in evaluation.calibration] == pytest.approx(share_right)
    assert [bin_.confidence for bin_ in evaluation.calibration] == pytest.approx(confidence)
    assert sum(bin_.count for bin_ in evaluation.calibration) == len(labels)


def test_the_calibration_error_by_hand() -> None:
    """Two texts at 0.8, one right: 0.3 off; two at 0.95, both right: 0.05 off; together 0.175."""
    probabilities = [[0.2, 0.8], [0.2, 0.8], [0.05, 0.95], [0.95, 0.05]]
    assert evaluate(probabilities, [1, 0, 1, 0], ("no", "yes")).calibration_error == pytest.approx(0.175)


def test_a_sure_and_wrong_answer_costs_much_but_not_everything() -> None:
    assert evaluate([[1.0, 0.0]], [1], ("no", "yes")).log_loss == pytest.approx(-np.log(1e-7))


def test_the_surest_mistakes_come_first() -> None:
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.01, 0.99], [0.4, 0.6]])
    mistakes = confident_mistakes(probabilities, [1, 0, 1, 0], count=2)
    assert [(mistake.row, mistake.label, mistake.prediction) for mistake in mistakes] == [(0, 1, 0), (1, 0, 1)]
    assert mistakes[0].probability == pytest.approx(0.9)


def test_an_evaluation_survives_json() -> None:
    for (probabilities, labels), names in ((two_labels(), ("no", "yes")), (three_labels(), ("a", "b", "c"))):
        before = evaluate(probabilities, labels, names)
        after = Evaluation.from_dict(json.loads(json.dumps(before.to_dict())))
        assert after.to_dict() == before.to_dict()
        np.testing.assert_array_equal(after.correct, before.correct)
        assert after.accuracy == before.accuracy


@pytest.mark.parametrize(
    ("probabilities", "labels"),
    [([[0.5, 0.5]], [0, 1]), ([[0.5, 0.5]], [2]), ([], []), ([[1.5, -0.5]], [0]), ([[float("nan"), 0.5]], [0])],
)
def test_what_does_not_belong_together_is_refused(probabilities, labels) -> None:
    with pytest.raises(EvaluationError):
        evaluate(probabilities, labels, ("no", "yes"))
