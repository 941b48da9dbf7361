"""Units by words as a picture of colour."""

from __future__ import annotations

import plotly.graph_objects as go

from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import framed, plain
from rnn_core.lenses.states_heat import HeatMap

MOST_WORDS = 60  # words up to which each stands at its tick


def heat_map(found: HeatMap) -> go.Figure:
    """One row a unit, one column a word; under the pointer the network's own number, whatever the scale."""
    steps = list(range(len(found.words.tokens)))
    figure = go.Figure(
        go.Heatmap(
            z=found.shown,
            x=steps,
            y=[f"{unit + 1}" for unit in found.units],
            zmin=-found.limit,
            zmax=found.limit,
            colorscale=SIGNED_SCALE,
            colorbar={
                "title": {"text": "value" if found.scale == "absolute" else "place in<br>the unit's<br>own range"},
                "thickness": 10,
            },
            customdata=found.values,
            hovertemplate="word %{x}, unit %{y}: %{customdata:.3f}<extra></extra>",
        )
    )
    framed(figure, height=max(260, min(720, 9 * len(found.units) + 120)), y="unit", legend=False)
    figure.update_yaxes(type="category", autorange="reversed")
    if len(steps) <= MOST_WORDS:
        words = [plain(word, 20) for word in found.words.tokens]
        figure.update_xaxes(tickvals=steps, ticktext=words, tickangle=-50 if len(steps) > 8 else 0)
    else:
        figure.update_xaxes(title_text="word")
    return figure


def describe_heat_map(found: HeatMap) -> str:
    """The alternative text of `heat_map`."""
    spread = found.values.max(axis=1) - found.values.min(axis=1)
    widest = int(spread.argmax())
    return (
        f"{found.words.source.quantity} of {len(found.units)} units after each of {len(found.words.tokens)} words, units "
        f"{found.order}, on the {found.scale} scale; unit {found.units[widest] + 1} changes most, from "
        f"{found.values[widest].min():.2f} to {found.values[widest].max():.2f}."
    )
