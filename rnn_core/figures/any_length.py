"""Final states of texts of any length, side by side; and how padding drags a state away."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import GRID, MODEL, NEUTRAL, framed, percent, plain
from rnn_core.lenses.any_length import AnyLength, PaddingDrift

_DASHES = {  # of the settings that were not chosen: grey, so only the strokes tell them apart
    ("left", False): "6px,3px",
    ("right", False): "dot",
    ("left", True): "dashdot",
    ("right", True): "12px,3px",
}


def final_states(found: AnyLength) -> go.Figure:
    """One row a text, one column a unit: the rows are equally long however many words were read."""
    rows = [f"{reading.words} words" for reading in found.readings]
    units = len(found.readings[0].state)
    figure = go.Figure(
        go.Heatmap(
            z=[reading.state for reading in found.readings],
            x=list(range(1, units + 1)),
            y=rows,
            zmin=-1,
            zmax=1,
            colorscale=SIGNED_SCALE,
            xgap=2,
            ygap=8,
            colorbar={"title": {"text": "state"}, "thickness": 10},
            hovertemplate="%{y}, unit %{x}: %{z:.3f}<extra></extra>",
        )
    )
    framed(figure, height=230, x="unit", legend=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(showgrid=False, dtick=1 if units <= 24 else None)
    return figure


def describe_final_states(found: AnyLength) -> str:
    """The alternative text of `final_states`."""
    units = len(found.readings[0].state)
    texts = "; ".join(
        f"{reading.words} words: {plain(found.label_names[int(reading.probabilities.argmax())])} "
        f"{percent(float(reading.probabilities.max()), 0)}"
        for reading in found.readings
    )
    return f"The final state after each text is {units} numbers, whatever its length. The answers: {texts}."


def padding_drift(drifts: Sequence[PaddingDrift], chosen: PaddingDrift) -> go.Figure:
    """Distance from the unpadded reading after every step, the chosen setting in colour over the others in grey."""
    figure = go.Figure()
    for drift in sorted(drifts, key=lambda one: one is chosen):
        mine = drift is chosen
        figure.add_scatter(
            x=list(range(1, len(drift.distance) + 1)),
            y=drift.distance,
            mode="lines",
            line={
                "color": MODEL if mine else NEUTRAL,
                "width": 3 if mine else 1.5,
                "dash": "solid" if mine else _DASHES[drift.padding, drift.mask],
            },
            name=_name(drift),
            hovertemplate="step %{x}: %{y:.3f}<extra></extra>",
        )
    steps = [step for step, padded in enumerate(chosen.padded, start=1) if padded]
    if steps:
        figure.add_vrect(
            x0=steps[0] - 0.5,
            x1=steps[-1] + 0.5,
            fillcolor=GRID,
            line_width=0,
            layer="below",
            annotation_text="padding",
            annotation_position="top left",
        )
    framed(figure, height=300, x="time step", y="distance of the states")
    figure.update_yaxes(rangemode="tozero")
    return figure


def describe_padding_drift(chosen: PaddingDrift) -> str:
    """The alternative text of `padding_drift`."""
    return (
        f"{_name(chosen)}: {int(chosen.padded.sum())} of {len(chosen.distance)} steps are padding; at the last step the state is "
        f"{float(chosen.distance[-1]):.3f} away from where the words alone lead, at most {float(chosen.distance.max()):.3f}."
    )


def _name(drift: PaddingDrift) -> str:
    return f"padding on the {drift.padding}, {'masked' if drift.mask else 'not masked'}"
