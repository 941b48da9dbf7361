"""How a training went, epoch by epoch, and two trainings over each other."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rnn_core.figures.theme import MODEL, NEUTRAL, OTHER_MODEL, framed, percent, plain
from rnn_core.training.history import EpochMetrics, best_epoch


def history(epochs: Sequence[EpochMetrics], *, majority: float | None = None) -> go.Figure:
    """Loss and accuracy of the training and the held-out part, with the best held-out loss marked.

    majority: accuracy of always answering the most frequent label, as a line to compare with.
    """
    figure = _panels()
    _add(figure, epochs, "", MODEL)
    if epochs:
        best = best_epoch(epochs)
        star = {"symbol": "star", "size": 13, "color": MODEL}
        for column, value in ((1, best.held_out_loss), (2, best.held_out_accuracy)):
            figure.add_scatter(
                x=[best.epoch],
                y=[value],
                mode="markers",
                marker=star,
                name="lowest held-out loss",
                showlegend=column == 1,
                row=1,
                col=column,
            )
    if majority is not None:
        figure.add_hline(y=majority, line={"dash": "dot", "color": NEUTRAL}, annotation_text="majority", row=1, col=2)
    return _labelled(figure, len(epochs))


def compared_histories(
    first: Sequence[EpochMetrics], second: Sequence[EpochMetrics], names: tuple[str, str] = ("this run", "other run")
) -> go.Figure:
    """Two runs over each other: held-out curves solid, training curves dotted."""
    figure = _panels()
    _add(figure, first, f"{plain(names[0])}: ", MODEL)
    _add(figure, second, f"{plain(names[1])}: ", OTHER_MODEL)
    return _labelled(figure, max(len(first), len(second)))


def describe_history(epochs: Sequence[EpochMetrics]) -> str:
    """The alternative text of `history`."""
    if not epochs:
        return "Loss and accuracy by epoch: no epoch is finished yet."
    best, last = best_epoch(epochs), epochs[-1]
    return (
        f"Loss and accuracy over {len(epochs)} {'epoch' if len(epochs) == 1 else 'epochs'}: after the last, training accuracy is "
        f"{percent(last.accuracy)} and held-out accuracy {percent(last.held_out_accuracy)}; the held-out loss was lowest, "
        f"{best.held_out_loss:.3f}, after epoch {best.epoch}, with {percent(best.held_out_accuracy)} held-out accuracy."
    )


def describe_compared_histories(
    first: Sequence[EpochMetrics], second: Sequence[EpochMetrics], names: tuple[str, str] = ("this run", "other run")
) -> str:
    """The alternative text of `compared_histories`."""
    parts = []
    for name, epochs in zip(names, (first, second), strict=True):
        if not epochs:
            parts.append(f"{name} has no finished epoch")
            continue
        best = best_epoch(epochs)
        parts.append(
            f"{name} has its lowest held-out loss, {best.held_out_loss:.3f}, after epoch {best.epoch} of {len(epochs)}, "
            f"with {percent(best.held_out_accuracy)} held-out accuracy"
        )
    return f"Loss and accuracy of two runs: {parts[0]}; {parts[1]}."


def _panels() -> go.Figure:
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.16, subplot_titles=("loss (cross-entropy)", "accuracy"))
    return figure.update_annotations(font_size=14)  # above the panels: beside them, they would take a phone's little width


def _labelled(figure: go.Figure, epochs: int) -> go.Figure:
    framed(figure, x="epoch")
    figure.update_layout(legend_y=1.12)  # above the panels' titles
    figure.update_xaxes(range=[0.7, max(epochs, 2) + 0.3], tick0=1, dtick=max(1, -(-epochs // 8)))
    figure.update_yaxes(tickformat=".0%", row=1, col=2)
    if not epochs:
        figure.update_yaxes(range=[0, 1])
    figure.update_layout(hovermode="x unified")
    return figure


def _add(figure: go.Figure, epochs: Sequence[EpochMetrics], prefix: str, colour: str) -> None:
    numbers = [metrics.epoch for metrics in epochs]
    curves = (
        ("training", "dot", [metrics.loss for metrics in epochs], [metrics.accuracy for metrics in epochs]),
        ("held out", "solid", [metrics.held_out_loss for metrics in epochs], [metrics.held_out_accuracy for metrics in epochs]),
    )
    for part, dash, losses, accuracies in curves:
        for column, values in ((1, losses), (2, accuracies)):
            figure.add_scatter(
                x=numbers,
                y=values,
                mode="lines+markers",
                name=prefix + part,
                legendgroup=prefix + part,
                showlegend=column == 1,
                line={"color": colour, "dash": dash, "width": 2},
                marker={"size": 5},
                hovertemplate="%{y:.3f}" if column == 1 else "%{y:.1%}",
                row=1,
                col=column,
            )
