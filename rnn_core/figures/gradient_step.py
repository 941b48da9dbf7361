"""The local factor of one step of backpropagation as a heat map."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import framed
from rnn_core.lenses.chain_rule import Floats


def local_factor(matrix: Floats) -> go.Figure:
    """What one unit more before the step makes of every unit after it: rows after, columns before."""
    limit = float(np.abs(matrix).max(initial=0.0)) or 1.0
    names = list(range(1, len(matrix) + 1))
    figure = go.Figure(
        go.Heatmap(
            z=matrix,
            x=names,
            y=names,
            zmin=-limit,
            zmax=limit,
            colorscale=SIGNED_SCALE,
            colorbar={"thickness": 10},
            hovertemplate="unit %{x} before → unit %{y} after: %{z:.3f}<extra></extra>",
        )
    )
    framed(figure, height=320, x="unit before the step", y="unit after it", legend=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    return figure


def describe_local_factor(matrix: Floats, word: str) -> str:
    """The alternative text of `local_factor`."""
    singular = np.linalg.svd(matrix, compute_uv=False)
    return (
        f"The local factor of the step that reads “{word}”, {len(matrix)} by {len(matrix)}: it can multiply the length of a "
        f"gradient by {singular[0]:.3g} at most and by {singular[-1]:.3g} at least."
    )
