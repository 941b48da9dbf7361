"""How far back each kind of network remembers: score against gap, the measured gradient under it, and the trainings behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rnn_core.experiments.gap_points import CONTROL
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from rnn_core.experiments.tasks import TASK
from rnn_core.figures.memory_words import score_in_words
from rnn_core.figures.powers import power_axis
from rnn_core.figures.theme import KIND_COLOURS, KIND_TITLES, NEUTRAL, framed, percent, translucent
from rnn_core.spec import Kind

_DASHES: dict[Kind, str] = {CONTROL: "dash"}
_SIDESTEP = 1.04  # seeds of different kinds at one gap stand a little beside one another


def memory_and_gradient(curve: GapCurve, guess: int | None = None) -> go.Figure:
    """Above, the score against the gap: every seed a dot, the mean a line, the baseline dotted. Below, on the same axis, the
    gradient of the right answer with respect to what must be remembered: before training dotted, after it solid.

    guess: the gap at which a visitor thinks that the SimpleRNN falls to chance.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.06)
    for place, kind in enumerate(curve.kinds):
        _add_scores(figure, curve, kind, place)
        _add_gradients(figure, curve, kind)
    gaps = curve.gaps
    figure.add_scatter(
        x=gaps,
        y=[curve.baseline(gap) for gap in gaps],
        mode="lines",
        name=TASK[curve.settings.task].baseline_name,
        line={"color": NEUTRAL, "dash": "dot"},
        hovertemplate="%{y:.3f}",
        row=1,
        col=1,
    )
    framed(figure, height=620)
    if guess is not None:
        figure.add_vline(x=guess, line={"color": NEUTRAL, "dash": "dashdot", "width": 1})
        label = {"text": "your guess", "showarrow": False, "xanchor": "left", "yanchor": "bottom", "font": {"color": NEUTRAL}}
        # On a logarithmic axis Plotly wants a shape's place as it is, and an annotation's as its logarithm.
        figure.add_annotation(x=math.log10(guess), y=0.0, xref="x", yref="y domain", **label)
    figure.update_xaxes(type="log", tickvals=gaps, ticktext=[str(gap) for gap in gaps])
    figure.update_xaxes(title_text="gap (time steps)", row=2, col=1)
    accuracy = TASK[curve.settings.task].measure == "accuracy"
    figure.update_yaxes(title_text="accuracy" if accuracy else "error", row=1, col=1)
    figure.update_yaxes(**({"range": [-0.03, 1.03], "tickformat": ".0%"} if accuracy else {"rangemode": "tozero"}), row=1, col=1)
    figure.update_yaxes(title_text="measured gradient", row=2, col=1)
    known = [value for kind in curve.kinds for gap in gaps for value in _both_gradients(curve, kind, gap) if value is not None]
    power_axis(figure, known, row=2, col=1)
    return figure


def describe_memory(curve: GapCurve) -> str:
    """The alternative text of `memory_and_gradient`: each kind's mean at every gap, and how far it remembers."""
    if not curve.results:
        return "Score against gap: no point is trained yet."
    task = TASK[curve.settings.task]
    parts = []
    for kind in curve.kinds:
        spreads = [(gap, spread) for gap in curve.gaps if (spread := curve.spread(kind, gap))]
        scores = ", ".join(f"{score_in_words(curve, spread.mean)} at {gap}" for gap, spread in spreads)
        longest = curve.longest_remembered(kind)
        far = f"every seed remembers up to gap {longest}" if longest else "no gap is remembered by every seed"
        parts.append(f"{KIND_TITLES[kind]}: {scores}; {far}")
    low, high = curve.gaps[0], curve.gaps[-1]
    line = f"{task.baseline_name} is {score_in_words(curve, curve.baseline(low))}"
    if curve.baseline(low) != curve.baseline(high):
        line += f" at gap {low} and {score_in_words(curve, curve.baseline(high))} at gap {high}"
    return f"{task.title}, {task.measure} against gap ({line}). {'. '.join(parts)}."


def training_curves(results: Sequence[SeedResult], curve: GapCurve) -> go.Figure:
    """The trainings behind one point: the score of the training batches over the steps of the optimiser, one line a seed."""
    figure = go.Figure()
    for result in results:
        figure.add_scatter(
            x=[100 * (number + 1) for number in range(len(result.curve))],
            y=result.curve,
            mode="lines",
            name=f"seed {result.seed}",
            line={"color": translucent(KIND_COLOURS[result.kind], 0.4 + 0.6 / (1 + result.seed % 5)), "width": 2},
            hovertemplate="step %{x}: %{y:.3f}",
        )
    if results:
        baseline = curve.baseline(results[0].gap)
        name = TASK[curve.settings.task].baseline_name
        figure.add_hline(y=baseline, line={"dash": "dot", "color": NEUTRAL}, annotation_text=name)
    measure = TASK[curve.settings.task].measure
    framed(figure, height=280, x="step of the optimiser", y=measure)
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(**({"range": [-0.03, 1.03], "tickformat": ".0%"} if measure == "accuracy" else {"rangemode": "tozero"}))
    return figure


def describe_training_curves(results: Sequence[SeedResult], curve: GapCurve) -> str:
    """The alternative text of `training_curves`."""
    if not results:
        return "Training curves: this point is not trained yet."
    parts = [
        f"seed {one.seed} {_ending(one)} after {one.steps:,} steps with {score_in_words(curve, one.score)}" for one in results
    ]
    return (
        f"{KIND_TITLES[results[0].kind]} at gap {results[0].gap}, learning rate {results[0].learning_rate:g}: {'; '.join(parts)}."
    )


def longer_than_trained(curve: GapCurve) -> go.Figure:
    """Accuracy at twice the gap of training, beside that at the gap itself (dotted)."""
    figure = go.Figure()
    for kind in curve.kinds:
        for dash, name, spreads in (
            ("solid", KIND_TITLES[kind], [(gap, curve.double_spread(kind, gap)) for gap in curve.gaps]),
            ("dot", "", [(gap, curve.spread(kind, gap)) for gap in curve.gaps]),
        ):
            known = [(gap, spread.mean) for gap, spread in spreads if spread]
            figure.add_scatter(
                x=[gap for gap, _ in known],
                y=[mean for _, mean in known],
                mode="lines+markers" if name else "lines",
                name=name,
                legendgroup=kind,
                showlegend=bool(name),
                line={"color": KIND_COLOURS[kind], "dash": dash, "width": 2 if name else 1},
                hovertemplate="trained at gap %{x}: %{y:.1%}",
            )
    framed(figure, height=340, x="gap in training", y="accuracy at twice the gap")
    figure.update_xaxes(type="log", tickvals=curve.gaps, ticktext=[str(gap) for gap in curve.gaps])
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
    return figure


def describe_longer_than_trained(curve: GapCurve) -> str:
    """The alternative text of `longer_than_trained`."""
    parts = []
    for kind in curve.kinds:
        means = [f"{percent(spread.mean, 0)} from {gap}" for gap in curve.gaps if (spread := curve.double_spread(kind, gap))]
        if means:
            parts.append(f"{KIND_TITLES[kind]} {', '.join(means)}")
    return f"Accuracy at twice the gap of training: {'; '.join(parts)}." if parts else "At twice the gap nothing was measured."


def _add_scores(figure: go.Figure, curve: GapCurve, kind: Kind, place: int) -> None:
    colour = KIND_COLOURS[kind]
    spreads = [(gap, spread) for gap in curve.gaps if (spread := curve.spread(kind, gap))]
    aside = _SIDESTEP ** (place - (len(curve.kinds) - 1) / 2)
    figure.add_scatter(
        x=[gap * aside for gap, spread in spreads for _ in spread.values],
        y=[value for _, spread in spreads for value in spread.values],
        mode="markers",
        marker={"color": translucent(colour, 0.45), "size": 6},
        hoverinfo="skip",
        legendgroup=kind,
        showlegend=False,
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=[gap for gap, _ in spreads],
        y=[spread.mean for _, spread in spreads],
        mode="lines+markers",
        name=KIND_TITLES[kind],
        legendgroup=kind,
        line={"color": colour, "width": 2, "dash": _DASHES.get(kind, "solid")},
        customdata=[
            (score_in_words(curve, s.mean), score_in_words(curve, s.low), score_in_words(curve, s.high), len(s.values))
            for _, s in spreads
        ],
        hovertemplate="gap %{x}: %{customdata[0]} (%{customdata[1]} to %{customdata[2]}, %{customdata[3]} seeds)",
        row=1,
        col=1,
    )


def _add_gradients(figure: go.Figure, curve: GapCurve, kind: Kind) -> None:
    trained = [gap for gap in curve.gaps if curve.at(kind, gap)]
    for after, dash, when in ((False, "dot", "before training"), (True, "solid", "after training")):
        figure.add_scatter(
            x=trained,
            y=[curve.gradient(kind, gap, after) for gap in trained],
            mode="lines+markers",
            marker={"size": 4},
            name=f"{KIND_TITLES[kind]}, {when}",
            legendgroup=kind,
            showlegend=False,
            line={"color": KIND_COLOURS[kind], "width": 2 if after else 1, "dash": dash},
            hovertemplate=f"gap %{{x}}, {when}: 10^%{{y:.1f}}",
            row=2,
            col=1,
        )


def _both_gradients(curve: GapCurve, kind: Kind, gap: int) -> list[float | None]:
    return [curve.gradient(kind, gap, after) for after in (False, True)]


def _ending(result: SeedResult) -> str:
    return "solved it" if result.solved else "ended"
