"""What each word did to the answer: left out, and by gradient times input, beside each other."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.theme import MODEL, NEUTRAL, OTHER_MODEL, framed, plain
from rnn_core.lenses.attribution import Attribution

MOST_WORDS = 40  # words drawn: of a longer text those with the largest contributions


def contributions(found: Attribution) -> go.Figure:
    """Two bars a word, in the order of the text: above zero a word speaks for the label."""
    steps = shown_steps(found)
    names = [plain(found.tokens[step], 20) for step in steps]
    figure = go.Figure()
    for title, values, colour in (
        ("left out", found.left_out, MODEL),
        ("gradient × input", found.gradient_times_input, OTHER_MODEL),
    ):
        figure.add_bar(
            x=list(range(len(steps))),
            y=values[steps],
            name=title,
            marker={"color": colour},
            customdata=[(name, step + 1) for name, step in zip(names, steps, strict=True)],
            hovertemplate="“%{customdata[0]}”, word %{customdata[1]}: %{y:+.3f}",
        )
    framed(figure, height=340, y=f"log-odds of {plain(found.label_names[found.label])}", legend=True)
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1})
    angle = -50 if len(steps) > 8 else 0
    figure.update_xaxes(tickvals=list(range(len(steps))), ticktext=names, tickangle=angle, showgrid=False)
    figure.update_layout(bargap=0.25)
    return figure


def describe_contributions(found: Attribution) -> str:
    """The alternative text of `contributions`."""
    left, gradient = int(np.abs(found.left_out).argmax()), int(np.abs(found.gradient_times_input).argmax())
    return (
        f"Contributions of {len(found.tokens)} words to {found.label_names[found.label]}: leaving out “{found.tokens[left]}” "
        f"changes its log-odds most, by {-found.left_out[left]:+.2f}; by gradient times input “{found.tokens[gradient]}” counts "
        f"most, with {found.gradient_times_input[gradient]:+.2f}."
    )


def shown_steps(found: Attribution) -> list[int]:
    """The words that are drawn, in the order of the text."""
    size = np.maximum(np.abs(found.left_out), np.abs(found.gradient_times_input))
    return sorted(np.argsort(-size, kind="stable")[:MOST_WORDS].tolist())
