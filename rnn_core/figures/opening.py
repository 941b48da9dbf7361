"""How much of the opening is left in the answer after more and more real words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import plotly.graph_objects as go

from rnn_core.estimates import Estimate
from rnn_core.figures.theme import KIND_COLOURS, KIND_TITLES, NEUTRAL, error_bar, framed, plain
from rnn_core.lenses.opening import OpeningEffect

_DASHES = ("solid", "dash", "dot", "dashdot")


def opening_effects(
    found: Sequence[OpeningEffect],
    names: Sequence[str] | None = None,
    flips: bool = False,
    controls: Collection[int] = (),
) -> go.Figure:
    """One line a network: distance of the two answers (or the share of predictions that the opening decides) by following words.

    names: of the networks, their kinds' if not given. controls: places of those that are only there for comparison: grey.
    """
    figure = go.Figure()
    steps = sorted({n for one in found for n in one.following})
    for number, one in enumerate(found):
        before = sum(other.kind == one.kind for other in found[:number])
        colour = NEUTRAL if number in controls else KIND_COLOURS[one.kind]
        estimates = list(one.flips if flips else one.effect)
        figure.add_scatter(
            x=[steps.index(n) for n in one.following],
            y=[estimate.value for estimate in estimates],
            error_y=error_bar(estimates),
            mode="lines+markers",
            name=plain(names[number]) if names else KIND_TITLES[one.kind],
            line={"color": colour, "width": 2, "dash": _DASHES[before % len(_DASHES)]},
            customdata=one.following,
            hovertemplate="%{customdata} words after the opening: %{y:.1%}",
        )
    limits = {one.time_steps for one in found}
    if len(limits) == 1 and (beyond := [place for place, n in enumerate(steps) if n > next(iter(limits))]):
        figure.add_vline(
            x=beyond[0] - 0.5,
            line={"dash": "dot", "color": NEUTRAL},
            annotation={"text": "longer than any<br>text in training", "align": "left"},
        )
    framed(
        figure, height=380, x="real words after the opening", y="decided by the opening" if flips else "distance of the answers"
    )
    figure.update_xaxes(tickvals=list(range(len(steps))), ticktext=[str(n) for n in steps], tickangle=0)
    figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure


def describe_opening_effects(found: Sequence[OpeningEffect], names: Sequence[str] | None = None, flips: bool = False) -> str:
    """The alternative text of `opening_effects`."""
    parts = [
        f"{names[number] if names else KIND_TITLES[one.kind]} (over {one.texts} texts) "
        + ", ".join(
            f"{_percent(estimate)} after {n}"
            for n, estimate in zip(one.following, one.flips if flips else one.effect, strict=True)
        )
        for number, one in enumerate(found)
    ]
    what = "Share of answers that the opening decides" if flips else "Distance between the answers to two opposite openings"
    return f"{what}, by the number of real words that follow: {'; '.join(parts)}."


def _percent(estimate: Estimate) -> str:
    return estimate.percent(0)
