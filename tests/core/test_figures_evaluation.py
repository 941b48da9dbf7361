"""Figures show the result's own numbers, and their alternative texts say them."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from rnn_core.estimates import share
from rnn_core.figures import evaluation as figures
from rnn_core.figures import history as history_figures
from rnn_core.figures import prediction
from rnn_core.lenses.reading import Reading, Turn, turning_points
from rnn_core.training.baselines import Baseline
from rnn_core.training.evaluation import confidence_counts, evaluate
from rnn_core.training.history import EpochMetrics

LABELS = np.tile([0, 1, 1], 100)
POSITIVE = np.random.default_rng(0).beta(2, 2, 300) * 0.6 + 0.4 * LABELS
PROBABILITIES = np.column_stack([1 - POSITIVE, POSITIVE])
RESULT = evaluate(PROBABILITIES, LABELS, ("no", "<b>yes</b>"))
CORRECT = np.arange(300) < 200
BASELINES = (
    Baseline("logistic_regression", share(200, 300), 1.5, CORRECT),
    Baseline("majority", share(200, 300), 0.0, LABELS == 1),
)
EPOCHS = [EpochMetrics(k, 1 / k, 0.5 + k / 20, held_out, 0.7, 1.0) for k, held_out in enumerate((0.6, 0.5, 0.55), start=1)]


def read(probabilities: list[list[float]], words: str, names: tuple[str, ...]) -> Reading:
    given = np.array(probabilities, dtype=np.float32)
    tokens = tuple(words.split())
    return Reading(tokens, given, np.zeros(len(tokens), dtype=bool), names, turning_points(given))


TURNED = read([[0.3, 0.7], [0.2, 0.8], [0.9, 0.1], [0.8, 0.2]], "great but dull film", ("negative", "positive"))


def every_figure() -> dict[str, go.Figure]:
    counts = confidence_counts(PROBABILITIES, LABELS)
    three = read([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], "one two", ("a", "b", "c"))
    return {
        "accuracies": figures.accuracies(RESULT, BASELINES),
        "confusion": figures.confusion(RESULT),
        "roc": figures.roc(RESULT.roc, "<b>yes</b>"),
        "precision_recall": figures.precision_recall(RESULT.precision_recall, "<b>yes</b>"),
        "calibration": figures.calibration(RESULT),
        "confidence": figures.confidence(counts),
        "confidence without labels": figures.confidence(confidence_counts(PROBABILITIES)),
        "history": history_figures.history(EPOCHS, majority=0.6),
        "history at the start": history_figures.history([]),
        "two histories": history_figures.compared_histories(EPOCHS, EPOCHS[:2], ("one", "<i>two</i>")),
        "two labels": prediction.probability_by_word(TURNED),
        "three labels": prediction.probability_by_word(three),
        "no words": prediction.probability_by_word(
            Reading((), np.zeros((0, 2), np.float32), np.zeros(0, bool), ("no", "yes"), ())
        ),
    }


@pytest.mark.parametrize(("name", "figure"), every_figure().items(), ids=list(every_figure()))
def test_every_figure_is_transparent_valid_and_free_of_a_persons_markup(name: str, figure: go.Figure) -> None:
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert figure.layout.font.color is None  # the page's theme decides between light and dark
    written = figure.to_json()
    assert "<b>yes</b>" not in written
    assert "\\u003cb\\u003eyes" not in written
    assert "<i>two" not in written
    assert "\\u003ci\\u003etwo" not in written


def test_accuracies_show_each_interval() -> None:
    figure = every_figure()["accuracies"]
    own, regression = figure.data
    assert own.x[0] == RESULT.accuracy.value
    assert own.x[0] + own.error_x.array[0] == pytest.approx(RESULT.accuracy.high)
    assert regression.x[0] - regression.error_x.arrayminus[0] == pytest.approx(BASELINES[0].accuracy.low)
    assert figure.layout.shapes[0].x0 == RESULT.majority
    text = figures.describe_accuracies(RESULT, BASELINES)
    assert RESULT.accuracy.percent() in text
    assert BASELINES[0].accuracy.percent() in text
    assert "majority 66.7 %" in text


def test_the_confusion_matrix_is_the_results_own() -> None:
    np.testing.assert_array_equal(every_figure()["confusion"].data[0].z, RESULT.confusion)
    assert "of 300 held-out texts" in figures.describe_confusion(RESULT)


def test_curves_are_drawn_with_their_area_and_chance() -> None:
    drawn = every_figure()
    np.testing.assert_array_equal(drawn["roc"].data[1].x, RESULT.roc.x)
    assert drawn["roc"].data[1].name == f"area {RESULT.roc.area:.3f}"
    assert list(drawn["precision_recall"].data[0].y) == pytest.approx([2 / 3, 2 / 3])
    assert f"{RESULT.roc.area:.3f}, where chance gives 0.500" in figures.describe_roc(RESULT.roc, "yes")
    assert "where chance gives 0.667" in figures.describe_precision_recall(RESULT.precision_recall, "yes")


def test_calibration_shows_every_bin() -> None:
    points = every_figure()["calibration"].data[1]
    assert list(points.x) == [bin_.confidence for bin_ in RESULT.calibration]
    assert list(points.customdata) == [bin_.count for bin_ in RESULT.calibration]
    assert f"{RESULT.calibration_error * 100:.1f} points" in figures.describe_calibration(RESULT)


def test_the_confidence_histogram_counts_every_text_once() -> None:
    counts = confidence_counts(PROBABILITIES, LABELS)
    assert counts.right.sum() == RESULT.correct.sum()
    assert counts.right.sum() + counts.wrong.sum() == 300
    bars = every_figure()["confidence"].data
    assert [bar.name for bar in bars] == ["right", "wrong"]
    assert "for 300 texts" in figures.describe_confidence(counts)
    assert confidence_counts([[1.0000001, 0.0], [0.5, 0.5]]).right.sum() == 2


def test_history_marks_the_lowest_held_out_loss() -> None:
    star = [trace for trace in every_figure()["history"].data if trace.name == "lowest held-out loss"]
    assert [(point.x[0], point.y[0]) for point in star] == [(2, 0.5), (2, 0.7)]
    assert "0.500, after epoch 2" in history_figures.describe_history(EPOCHS)
    assert "no epoch is finished" in history_figures.describe_history([])
    assert "one has its lowest held-out loss, 0.500" in history_figures.describe_compared_histories(
        EPOCHS, EPOCHS, ("one", "two")
    )


def test_a_turn_is_where_the_answer_changes() -> None:
    assert TURNED.turns == (Turn(2, 1, 0),)
    diamonds = every_figure()["two labels"].data[-1]
    assert (list(diamonds.x), list(diamonds.y)) == ([2], pytest.approx([0.1]))
    text = prediction.describe_probability_by_word(TURNED)
    assert text.endswith("it turned at 'dull' (to negative).")
    assert "negative with 80.0 %" in text


def test_a_word_that_occurs_twice_keeps_two_places() -> None:
    twice = read([[0.4, 0.6], [0.3, 0.7], [0.4, 0.6]], "good good good", ("negative", "positive"))
    figure = prediction.probability_by_word(twice)
    assert list(figure.data[0].x) == [0, 1, 2]
    assert list(figure.layout.xaxis.ticktext) == ["good", "good", "good"]
