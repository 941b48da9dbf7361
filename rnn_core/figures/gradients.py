"""Backpropagation through time: the gradient on its way back, what each step does to it, and how fast it fades."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from rnn_core.figures.powers import in_words, power_axis, tens
from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import KIND_COLOURS, MODEL, NEUTRAL, framed, percent, plain, translucent
from rnn_core.lenses.gradients import Fading, ThroughTime
from rnn_core.lenses.jacobians import JacobianNorms

MOST_WORDS = 60  # words up to which each stands at its tick
LAST_WORDS = 5
_CELL_DASH = "dash"  # of the cell state's line, beside the state's


def arriving_gradient(found: ThroughTime, reached: int = 0, logarithmic: bool = True) -> go.Figure:
    """Norm of the gradient at the state after each word, from the last word back to the word `reached` (0 is the first).

    logarithmic: powers of ten; else plain numbers as shares of the last word's.
    """
    figure = go.Figure()
    lines = [("hidden state", found.log_norms, "solid")]
    if found.cell_log_norms is not None:
        lines.append(("cell state", found.cell_log_norms, _CELL_DASH))
    shown: list[float | None] = []
    for name, logs, dash in lines:
        values = tens(logs) if logarithmic else np.exp(np.minimum(logs - found.log_norms[-1], 700)).tolist()
        shown += values
        said = [(plain(word), in_words(float(log))) for word, log in zip(found.tokens, logs, strict=True)]
        figure.add_scatter(
            x=list(range(reached, len(values))),
            y=values[reached:],
            mode="lines+markers",
            name=name,
            line={"color": KIND_COLOURS[found.kind], "width": 2, "dash": dash},
            customdata=said[reached:],
            hovertemplate="“%{customdata[0]}”: %{customdata[1]}",
        )
    framed(figure, height=360, y="norm of the gradient" if logarithmic else "share of the last word's", legend=len(lines) > 1)
    word_axis(figure, found.tokens)
    if logarithmic:
        power_axis(figure, shown)
    else:
        figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure


def describe_arriving_gradient(found: ThroughTime, reached: int = 0) -> str:
    """The alternative text of `arriving_gradient`."""
    share = float(found.log_norms[reached] - found.log_norms[-1])
    return (
        f"The norm of the gradient over {len(found.tokens)} words, from the last back: at the last word “{found.tokens[-1]}” it "
        f"is {in_words(float(found.log_norms[-1]))}, at “{found.tokens[reached]}”, {len(found.tokens) - 1 - reached} words "
        f"before, {in_words(float(found.log_norms[reached]))}: {_share_in_words(share)} of it."
    )


def unit_gradients(found: ThroughTime, reached: int = 0) -> go.Figure:
    """The gradient at every unit's state, each word's column brought to the size of its own greatest entry."""
    gradients = found.state_gradients.copy()
    sizes = np.abs(gradients).max(axis=1, keepdims=True)
    gradients = gradients / np.where(sizes > 0, sizes, 1.0)
    gradients[:reached] = np.nan
    figure = go.Figure(
        go.Heatmap(
            z=gradients.T,
            x=list(range(len(gradients))),
            y=list(range(1, gradients.shape[1] + 1)),
            zmin=-1,
            zmax=1,
            colorscale=SIGNED_SCALE,
            colorbar={"title": {"text": "share of<br>the word's<br>greatest"}, "thickness": 10},
            customdata=found.state_gradients.T,
            hovertemplate="word %{x}, unit %{y}: %{customdata:.3e}<extra></extra>",
        )
    )
    framed(figure, height=320, y="unit", legend=False)
    word_axis(figure, found.tokens)
    return figure


def describe_unit_gradients(found: ThroughTime) -> str:
    """The alternative text of `unit_gradients`."""
    unit = int(np.abs(found.state_gradients[-1]).argmax())
    return (
        f"The gradient at each of {found.state_gradients.shape[1]} units after each of {len(found.tokens)} words, signed; at the "
        f"last word unit {unit + 1} has the greatest, {found.state_gradients[-1, unit]:.3g}."
    )


def local_factors(found: ThroughTime, reached: int = 0) -> go.Figure:
    """What each step does to the gradient that passes back through it, between the most it could do and nothing.

    A bar below 1 shortens, above 1 lengthens; the line is the step's largest singular value.
    """
    words = list(range(1, len(found.tokens)))  # the first word's step leads back to the empty state
    colour = KIND_COLOURS[found.kind]
    figure = go.Figure(
        go.Bar(
            x=[t for t in words if t >= reached],
            y=[found.stretches[t] for t in words if t >= reached],
            name="what it did to this gradient",
            marker={"color": translucent(colour, 0.6)},
            hovertemplate="× %{y:.3f}",
        )
    )
    figure.add_scatter(
        x=words,
        y=np.exp(np.minimum(found.factor_log_norms[1:], 700)),
        mode="lines",
        name="the most it can do to any (largest singular value)",
        line={"color": colour, "width": 2, "shape": "hvh"},
        hovertemplate="× %{y:.3f}",
    )
    figure.add_hline(y=1, line={"dash": "dot", "color": NEUTRAL}, annotation_text="neither shrinks nor stretches")
    framed(figure, height=300, y="factor of the step")
    word_axis(figure, found.tokens)
    figure.update_yaxes(rangemode="tozero")
    return figure


def describe_local_factors(found: ThroughTime) -> str:
    """The alternative text of `local_factors`."""
    if len(found.tokens) < 2:
        return "Local factors: with a single word there is no step between two words."
    did, could = found.stretches[1:], np.exp(np.minimum(found.factor_log_norms[1:], 700))
    return (
        f"Factors of {len(did)} steps: this gradient is multiplied by {np.nanmin(did):.2f} to {np.nanmax(did):.2f} at a step; "
        f"the most a step could do lies between {could.min():.2f} and {could.max():.2f}. All steps together leave "
        f"{_share_in_words(float(found.whole_log_norms[0] - found.whole_log_norms[-1]))}, the product of the greatest factors is "
        f"{in_words(float(found.running_log_products[0]))}."
    )


def contributions(found: ThroughTime) -> go.Figure:
    """Each step's part in the gradient of the recurrent kernel, which all steps share; the last five in full colour."""
    steps = len(found.tokens)
    colour = KIND_COLOURS[found.kind]
    figure = go.Figure(
        go.Bar(
            x=list(range(steps)),
            y=found.contribution_shares,
            marker={"color": [colour if steps - t <= LAST_WORDS else translucent(colour, 0.35) for t in range(steps)]},
            customdata=[plain(word) for word in found.tokens],
            hovertemplate="“%{customdata}”: %{y:.2%}<extra></extra>",
        )
    )
    framed(figure, height=280, y="share of the kernel's gradient", legend=False)
    word_axis(figure, found.tokens)
    figure.update_yaxes(tickformat=".0%")
    return figure


def describe_contributions(found: ThroughTime) -> str:
    """The alternative text of `contributions`."""
    if not found.kernel_gradient.any():
        return "The gradient of the recurrent kernel is zero: no step contributes to it."
    last = min(LAST_WORDS, len(found.tokens))
    return (
        f"The gradient of the recurrent kernel has the norm {np.linalg.norm(found.kernel_gradient):.3g}; the last {last} of "
        f"{len(found.tokens)} steps make {percent(found.share_of_last_words, 0)} of it."
    )


def fading(found: Fading, kind_colour: str = MODEL) -> go.Figure:
    """What is left after how many words: mean over texts with the range of 80 % of them, and the line of 1 %."""
    figure = go.Figure()
    curve, low, high = tens(found.curve), tens(found.low), tens(found.high)
    floor = min([value for value in low + curve if value is not None], default=0.0)
    figure.add_scatter(
        x=[*found.gaps, *found.gaps[::-1]],
        y=[*(floor if v is None else v for v in high), *(floor if v is None else v for v in low[::-1])],
        fill="toself",
        fillcolor=translucent(kind_colour, 0.15),
        line={"width": 0},
        hoverinfo="skip",
        name="80 % of the texts",
    )
    figure.add_scatter(
        x=found.gaps,
        y=curve,
        mode="lines",
        line={"color": kind_colour, "width": 2},
        customdata=[(in_words(float(value)), int(count)) for value, count in zip(found.curve, found.texts, strict=True)],
        hovertemplate="%{x} words before: %{customdata[0]} left (%{customdata[1]} texts)",
        name="mean",
    )
    figure.add_hline(y=-2, line={"dash": "dot", "color": NEUTRAL}, annotation_text="1 %")
    framed(figure, height=320, x="words before the last", y="share that is left")
    power_axis(figure, [*curve, *low, *high, -2.0])
    return figure


def describe_fading(found: Fading, what: str = "the gradient") -> str:
    """The headline in words: "after 12 words, 1 % of the gradient is left: half of it is lost every 1.8 words"."""
    texts = int(found.texts[0])
    over = f"over {texts} {'text' if texts == 1 else 'texts'}"
    half = found.half_life
    if half is None:
        return f"Nothing of {what} fades {over}: it changes by a factor of {math.exp(min(found.rate.value, 700)):.3f} every word."
    if half.value == 0:
        return f"Nothing of {what} passes even one word back ({over})."
    spread = f" ({half.low:.1f} to {half.high:.1f})" if math.isfinite(half.high) else f" ({half.low:.1f} or more)"
    lost = f"half of it is lost every {half.value:.1f} words{spread}, {over}."
    if found.words_to_one_percent is None:
        left = _share_in_words(float(found.curve[-1]))
        return f"After {int(found.gaps[-1])} words, {left} of {what} is left: {lost}"
    return f"After {found.words_to_one_percent} words, 1 % of {what} is left: {lost}"


def jacobian(found: JacobianNorms, kind_colour: str = MODEL) -> go.Figure:
    """How strongly the last state depends on earlier ones; the product of the single steps' greatest factors is its bound."""
    figure = go.Figure()
    lines: list[tuple[str, NDArray[np.float64], str, str]] = [("hidden state", found.log_norms, kind_colour, "solid")]
    if found.cell_log_norms is not None:
        lines.append(("cell state", found.cell_log_norms, kind_colour, _CELL_DASH))
    lines.append(("bound: product of the single steps", found.log_bound, NEUTRAL, "dot"))
    shown: list[float | None] = []
    for name, logs, colour, dash in lines:
        values = tens(logs)
        shown += values
        figure.add_scatter(
            x=found.gaps,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2, "dash": dash},
            customdata=[in_words(float(log)) for log in logs],
            hovertemplate="gap %{x}: %{customdata}",
        )
    framed(figure, height=320, x="gap (words)", y="largest singular value")
    power_axis(figure, shown)
    return figure


def describe_jacobian(found: JacobianNorms) -> str:
    """The alternative text of `jacobian`."""
    text = (
        f"Largest singular value of the last state's dependence on the state before a gap: at gap {int(found.gaps[-1])} it is "
        f"{in_words(float(found.log_norms[-1]))}, and the bound {in_words(float(found.log_bound[-1]))}"
    )
    return text + (f"; it changes by a factor of {math.exp(found.rate):.3f} a word." if math.isfinite(found.rate) else ".")


def word_axis(figure: go.Figure, tokens: tuple[str, ...]) -> None:
    """The words as ticks where they have room, else their numbers."""
    if len(tokens) <= MOST_WORDS:
        words = [plain(word, 20) or "·" for word in tokens]
        figure.update_xaxes(tickvals=list(range(len(words))), ticktext=words, autotickangles=[0, -50, -90])
    else:
        figure.update_xaxes(title_text="word")
    figure.update_xaxes(range=[-0.5, len(tokens) - 0.5], showgrid=False)


def _share_in_words(log_share: float) -> str:
    return percent(math.exp(log_share), 1) if -7 < log_share < 7 else f"a share of {in_words(log_share)}"
