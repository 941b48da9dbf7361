"""How good a model is on held-out texts: one figure a question, each with its alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.theme import (
    BASELINE,
    KIND_COLOURS,
    MODEL,
    NEUTRAL,
    PALE,
    SEQUENTIAL,
    error_bar,
    framed,
    percent,
    plain,
    translucent,
)
from rnn_core.spec import Kind
from rnn_core.training.baselines import Baseline
from rnn_core.training.evaluation import ConfidenceCounts, Curve, Evaluation

MOST_NUMBERS = 12  # labels up to which a confusion matrix prints its counts
TITLE_LINE = 24  # characters of a row's title that stand in one line: a phone shall have room for the intervals
_DIAGONAL = {"x": [0, 1], "y": [0, 1], "mode": "lines", "line": {"dash": "dot", "color": NEUTRAL}, "hoverinfo": "skip"}


def accuracies(
    evaluation: Evaluation, baselines: Sequence[Baseline], *, kind: Kind = "simple_rnn", name: str = "this network"
) -> go.Figure:
    """Held-out accuracy with its 95 % interval, beside the baselines' on the same texts; the majority is a dotted line."""
    rows = [(baseline.title, baseline.accuracy, BASELINE) for baseline in baselines if baseline.kind != "majority"]
    rows = [(plain(name), evaluation.accuracy, KIND_COLOURS[kind]), *rows]
    figure = go.Figure()
    for title, accuracy, colour in rows:
        figure.add_scatter(
            x=[accuracy.value],
            y=["<br>".join(wrap(title, TITLE_LINE))],
            mode="markers+text",
            text=[percent(accuracy.value)],
            textposition="top center",
            marker={"size": 12, "color": colour},
            error_x={**error_bar([accuracy]), "color": colour, "thickness": 2, "width": 6},
            hovertemplate=f"{title}: {accuracy.percent()}<extra></extra>",
        )
    figure.add_vline(
        x=evaluation.majority,
        line={"dash": "dot", "color": NEUTRAL},
        annotation={"text": f"majority {percent(evaluation.majority)}", "yanchor": "bottom"},
    )
    framed(figure, height=110 + 60 * len(rows), x="held-out accuracy", legend=False)
    figure.update_xaxes(tickformat=".0%", nticks=6, tickangle=0)
    figure.update_yaxes(range=[len(rows) - 0.5, -0.7], showgrid=False)
    return figure


def describe_accuracies(evaluation: Evaluation, baselines: Sequence[Baseline], *, name: str = "this network") -> str:
    """The alternative text of `accuracies`."""
    others = "; ".join(f"{baseline.title} {baseline.accuracy.percent()}" for baseline in baselines if baseline.kind != "majority")
    return (
        f"Accuracy on {evaluation.count:,} held-out texts with 95 % intervals: {name} {evaluation.accuracy.percent()}; "
        f"{others}; majority {percent(evaluation.majority)}."
    )


def confusion(evaluation: Evaluation) -> go.Figure:
    """Counts of texts by label (rows) and prediction (columns)."""
    names = [plain(name) for name in evaluation.label_names]
    numbered = len(names) <= MOST_NUMBERS
    figure = go.Figure(
        go.Heatmap(
            z=evaluation.confusion,
            x=list(range(len(names))),
            y=list(range(len(names))),
            colorscale=PALE if numbered else SEQUENTIAL,
            showscale=not numbered,
            xgap=2,
            ygap=2,
            customdata=[[(label, prediction) for prediction in names] for label in names],
            hovertemplate="label %{customdata[0]}, prediction %{customdata[1]}: %{z:,} texts<extra></extra>",
        )
    )
    if numbered:
        rows, columns = zip(*np.ndindex(len(names), len(names)), strict=True)
        counts = [f"{count:,}" for count in np.ravel(evaluation.confusion)]
        figure.add_scatter(x=columns, y=rows, text=counts, mode="text", textfont={"size": 15}, hoverinfo="skip")
    framed(figure, height=min(900, 240 + 30 * len(names)), x="prediction", y="label", legend=False)
    ticks = {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False}
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks, autorange="reversed")
    return figure


def describe_confusion(evaluation: Evaluation) -> str:
    """The alternative text of `confusion`."""
    rows = "; ".join(f"{percent(score.recall)} of {score.support:,} with the label {score.name}" for score in evaluation.scores)
    return f"Confusion matrix of {evaluation.count:,} held-out texts; answered rightly were {rows}."


def roc(curve: Curve, label: str) -> go.Figure:
    """True positive rate against false positive rate over all thresholds for the probability of `label`."""
    figure = go.Figure(go.Scatter(**_DIAGONAL, name="chance"))
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        name=f"area {curve.area:.3f}",
        line={"color": MODEL, "width": 2},
        fill="tozeroy",
        fillcolor=translucent(MODEL, 0.1),
        hovertemplate="%{y:.1%} of them found, at %{x:.1%} false alarms<extra></extra>",
    )
    name = plain(label)
    return _unit_square(framed(figure, x=f"other texts answered {name}", y=f"{name} texts answered {name}"))


def describe_roc(curve: Curve, label: str) -> str:
    """The alternative text of `roc`."""
    return f"ROC curve for the label {label}: the area under it is {curve.area:.3f}, where chance gives {curve.chance:.3f}."


def precision_recall(curve: Curve, label: str) -> go.Figure:
    """Precision against recall over all thresholds for the probability of `label`."""
    figure = go.Figure(go.Scatter(**{**_DIAGONAL, "y": [curve.chance, curve.chance]}, name="chance"))
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        name=f"average precision {curve.area:.3f}",
        line={"color": MODEL, "width": 2},
        hovertemplate="%{y:.1%} right among those answered so, at %{x:.1%} found<extra></extra>",
    )
    return _unit_square(framed(figure, x=f"recall of {plain(label)}", y=f"precision of {plain(label)}"))


def describe_precision_recall(curve: Curve, label: str) -> str:
    """The alternative text of `precision_recall`."""
    return (
        f"Precision-recall curve for the label {label}: the average precision is {curve.area:.3f}, "
        f"where chance gives {curve.chance:.3f}."
    )


def calibration(evaluation: Evaluation) -> go.Figure:
    """How often answers of each probability are right; on the diagonal a probability means what it says."""
    bins = evaluation.calibration
    figure = go.Figure(go.Scatter(**_DIAGONAL, name="means what it says"))
    figure.add_scatter(
        x=[bin_.confidence for bin_ in bins],
        y=[bin_.accuracy.value for bin_ in bins],
        error_y={**error_bar([bin_.accuracy for bin_ in bins]), "color": MODEL, "thickness": 1.5},
        customdata=[bin_.count for bin_ in bins],
        mode="lines+markers",
        name="this network",
        line={"color": MODEL},
        marker={"size": 9},
        hovertemplate="answered with %{x:.1%}, right in %{y:.1%} of %{customdata:,} texts<extra></extra>",
    )
    framed(figure, x="probability of the answer", y="share that is right")
    least = 1 / len(evaluation.label_names)
    figure.update_xaxes(range=[least - 0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure


def describe_calibration(evaluation: Evaluation) -> str:
    """The alternative text of `calibration`."""
    surest = evaluation.calibration[-1]
    return (
        f"Calibration: on average a probability is {evaluation.calibration_error * 100:.1f} points from the share that is right; "
        f"the {surest.count:,} surest answers claim {percent(surest.confidence)}, "
        f"and {percent(surest.accuracy.value)} of them are right."
    )


def confidence(counts: ConfidenceCounts) -> go.Figure:
    """How many texts were answered with which probability, right and wrong ones stacked where labels are known."""
    lows, highs = counts.edges[:-1], counts.edges[1:]
    parts = [("answers" if counts.wrong is None else "right", counts.right, MODEL)]
    if counts.wrong is not None:
        parts.append(("wrong", counts.wrong, NEUTRAL))
    figure = go.Figure()
    for name, values, colour in parts:
        figure.add_bar(
            x=(lows + highs) / 2,
            y=values,
            width=(highs - lows) * 0.94,
            name=name,
            marker={"color": colour, "pattern": {"shape": "/" if name == "wrong" else ""}},
            customdata=list(zip(lows, highs, strict=True)),
            hovertemplate=f"%{{customdata[0]:.1%}} to %{{customdata[1]:.1%}}: %{{y:,}} {name}<extra></extra>",
        )
    framed(figure, height=300, x="probability of the answer", y="texts", legend=counts.wrong is not None)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(tickformat=".0%")
    return figure


def describe_confidence(counts: ConfidenceCounts) -> str:
    """The alternative text of `confidence`."""
    texts = counts.right if counts.wrong is None else counts.right + counts.wrong
    wrong = (
        ""
        if counts.wrong is None
        else f"; {counts.wrong.sum():,} answers are wrong, {counts.wrong[-1]:,} of them in that last bin"
    )
    return (
        f"Histogram of the answers' probabilities for {texts.sum():,} texts: {texts[0]:,} lie below {percent(counts.edges[1])} "
        f"and {texts[-1]:,} above {percent(counts.edges[-2])}{wrong}."
    )


def _unit_square(figure: go.Figure) -> go.Figure:
    figure.update_layout(margin_r=25)  # room for the last tick's "100%"
    figure.update_xaxes(range=[0, 1.005], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.005], tickformat=".0%")
    return figure
