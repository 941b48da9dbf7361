"""Two sentences through one network, over each other: their hidden states, how far these are apart, and both running answers."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rnn_core.figures.theme import KIND_COLOURS, NEUTRAL, framed, percent, plain
from rnn_core.lenses.order_pair import TwinStates
from rnn_core.spec import Kind

NAMES = ("first sentence", "second sentence")
_DASHES = ("solid", "dot")
_SYMBOLS = ("circle", "diamond-open")


def twin_states(twins: TwinStates, kind: Kind, step: int | None = None) -> go.Figure:
    """Three panels over the words: both states seen along the direction in which they differ most, their distance, the answers.

    step: marked in all three.
    """
    figure = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.09,
        row_heights=[0.4, 0.25, 0.35],
        subplot_titles=(
            "hidden states, along their main difference",
            "distance between them",
            f"answer so far: probability of “{plain(twins.label_names[1])}”",
        ),
    )
    steps = list(range(len(twins)))
    colour = KIND_COLOURS[kind]
    for number, name in enumerate(NAMES):
        look = {"color": colour, "width": 2.5, "dash": _DASHES[number]}
        marker = {"symbol": _SYMBOLS[number], "size": 8 + 4 * number, "color": colour, "line": {"width": 2, "color": colour}}
        for row, values in ((1, twins.lines[number]), (3, twins.probabilities[number, :, 1])):
            figure.add_scatter(
                x=steps, y=values, mode="lines+markers", line=look, marker=marker, name=name, legendgroup=name,
                showlegend=row == 1, row=row, col=1,
                hovertemplate=f"{name}: %{{y:.{'3f' if row == 1 else '1%'}}}<extra></extra>",
            )  # fmt: skip
    figure.add_bar(
        x=steps, y=twins.distance, marker={"color": colour}, width=0.5, showlegend=False, row=2, col=1,
        hovertemplate="%{y:.3f} apart<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"dash": "dot", "color": NEUTRAL}, row=3, col=1)
    if step is not None:
        figure.add_vline(x=step, line={"color": NEUTRAL, "width": 1})
    framed(figure, height=620)
    figure.update_layout(legend={"y": 1.06}, margin={"t": 60})
    figure.update_annotations(x=0, xanchor="left", font={"size": 14})
    figure.update_yaxes(range=[-0.06, 1.06], tickformat=".0%", row=3, col=1)
    figure.update_yaxes(rangemode="tozero", row=2, col=1)
    figure.update_xaxes(
        tickvals=steps, ticktext=[_tick(twins, each) for each in steps], showgrid=False, range=[-0.5, len(twins) - 0.5]
    )
    return figure


def describe_twin_states(twins: TwinStates) -> str:
    """The alternative text of `twin_states`."""
    apart = twins.first_difference
    answers = " and ".join(percent(float(row[-1, 1])) for row in twins.probabilities)
    where = "the sentences are the same" if apart is None else f"zero before word {apart + 1}, where the sentences first differ"
    return (
        f"Two sentences of up to {len(twins)} words through one network: the distance between their hidden states is {where}, "
        f"and {float(twins.distance[-1]):.2f} at the end; the probability of {twins.label_names[1]} is then {answers}."
    )


def _tick(twins: TwinStates, step: int) -> str:
    """The word of the first sentence over that of the second; bold where they differ, with a question mark where unknown."""
    words = [
        plain(tokens[step], 14) + ("?" if unknown[step] else "") if step < len(tokens) else "·"
        for tokens, unknown in zip(twins.tokens, twins.unknown, strict=True)
    ]
    return "<br>".join(words if words[0] == words[1] else [f"<b>{word}</b>" for word in words])
