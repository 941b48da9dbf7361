"""What the units of a layer are worth to the accuracy."""

from __future__ import annotations

import plotly.graph_objects as go

from rnn_core.figures.theme import MODEL, NEUTRAL, error_bar, framed, percent
from rnn_core.lenses.states_held import Ranking


def unit_worths(found: Ranking) -> go.Figure:
    """By how much the accuracy falls when each unit is switched off alone, with 95 % intervals; the greatest fall at the top."""
    figure = go.Figure(
        go.Bar(
            x=[worth.fall.value for worth in found.worths],
            y=[f"unit {worth.unit + 1}" for worth in found.worths],
            orientation="h",
            marker={"color": MODEL},
            error_x={**error_bar([worth.fall for worth in found.worths]), "color": NEUTRAL},
            hovertemplate="%{y}: accuracy falls by %{x:.1%}<extra></extra>",
        )
    )
    framed(figure, height=90 + 28 * len(found.worths), x="accuracy falls by", legend=False)
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(autorange="reversed", type="category")
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1})
    return figure


def describe_unit_worths(found: Ranking) -> str:
    """The alternative text of `unit_worths`."""
    said = ", ".join(f"unit {worth.unit + 1} {percent(worth.fall.value)}" for worth in found.worths[:5])
    return f"Fall of the accuracy on {found.texts:,} real texts when a unit is switched off alone: {said}."
