"""One weighted sum as a staircase: every product a step up or down, the last column the sum."""

from __future__ import annotations

import plotly.graph_objects as go

from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import NEUTRAL, framed
from rnn_core.lenses.inside_step import InsideStep, WeightedSum

SHOWN_TERMS = 24  # more columns could not be told apart on a phone


def inside_step(gate: WeightedSum) -> go.Figure:
    """The summands of one gate from left to right, and where their sum ends."""
    terms = gate.largest_terms(SHOWN_TERMS)
    figure = go.Figure(
        go.Waterfall(
            x=[*(term.name for term in terms), "sum"],
            y=[*(term.product for term in terms), 0],
            measure=[*("relative" for _ in terms), "total"],
            customdata=[*(_arithmetic(term.meaning, term.number, term.weight) for term in terms), f"{gate.function} of it"],
            hovertemplate="%{x}: %{customdata}<br>%{delta:.3f}, so far %{final:.3f}<extra></extra>",
            increasing={"marker": {"color": SIGNED_SCALE[-1][1]}},
            decreasing={"marker": {"color": SIGNED_SCALE[0][1]}},
            totals={"marker": {"color": NEUTRAL}},
            connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
        )
    )
    framed(figure, height=300, y="sum so far", legend=False)
    figure.add_annotation(
        x="sum",
        y=gate.total,
        text=f"{gate.function}({gate.total:.3f})<br>= {gate.value:.3f}",
        showarrow=False,
        yshift=24 if gate.total >= 0 else -24,
    )
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1})
    return figure


def describe_inside_step(step: InsideStep, gate: WeightedSum) -> str:
    """The alternative text of `inside_step`."""
    largest = gate.largest_terms(3)[:3]
    named = ", ".join(f"{term.name} {term.product:+.3f}" for term in largest)
    return (
        f"The {gate.name} of unit {step.unit + 1} at step {step.step + 1}: {len(gate.terms)} summands, the largest are {named}; "
        f"they add up to {gate.total:.3f}, and {gate.function} makes it {gate.value:.3f}."
    )


def _arithmetic(meaning: str, number: float | None, weight: float | None) -> str:
    return meaning if number is None or weight is None else f"{meaning}, {number:.3f} × {weight:.3f}"
