"""What one turn of the dial does: the spectrum against the unit circle, the decay curve, the trajectory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from rnn_core.estimates import Estimate
from rnn_core.figures.gradients import MOST_WORDS
from rnn_core.figures.powers import in_words, power_axis, tens
from rnn_core.figures.theme import KIND_COLOURS, NEUTRAL, framed, plain, translucent
from rnn_core.lenses.dial import Dial, DialSetting
from rnn_core.lenses.spectrum import Spectrum
from rnn_core.spec import Kind

_TURN = np.linspace(0, 2 * math.pi, 121)


def spectrum(found: Spectrum, kind: Kind) -> go.Figure:
    """The eigenvalues in the complex plane with the unit circle; those of the gate that makes the new state in full colour."""
    figure = go.Figure(
        go.Scatter(x=np.cos(_TURN), y=np.sin(_TURN), mode="lines", line={"color": NEUTRAL, "dash": "dot"}, name="unit circle")
    )
    for gate in found.gates:
        main = gate is found.state
        figure.add_scatter(
            x=gate.eigenvalues.real,
            y=gate.eigenvalues.imag,
            mode="markers",
            name=gate.gate,
            marker={"color": KIND_COLOURS[kind] if main else translucent(NEUTRAL, 0.5), "size": 7 if main else 4},
            hovertemplate="%{x:.3f} + %{y:.3f} i",
        )
    framed(figure, height=360, x="real part", y="imaginary part", legend=len(found.gates) > 1)
    reach = 1.15 * max(1.0, *(gate.radius for gate in found.gates))
    figure.update_xaxes(range=[-reach, reach], zeroline=True)
    figure.update_yaxes(range=[-reach, reach], scaleanchor="x", zeroline=True)
    return figure


def describe_spectrum(found: Spectrum) -> str:
    """The alternative text of `spectrum`."""
    gate = found.state
    outside = int((np.abs(gate.eigenvalues) > 1).sum())
    return (
        f"{len(gate.eigenvalues)} eigenvalues of the {gate.gate}'s recurrent kernel, {outside} of them outside the unit circle; "
        f"the greatest has size {gate.radius:.2f}, and one step can lengthen a state {gate.greatest_stretch:.2f}-fold at most."
    )


def decay(found: Dial, trained: Dial | None = None) -> go.Figure:
    """The gradient's norm against the words before the last, after clipping where that is on; the trained network's in grey."""
    figure = go.Figure()
    curves = [(trained, "as trained", NEUTRAL, "dot")] if trained else []
    curves.append((found, "this setting", KIND_COLOURS[found.gradient.kind], "solid"))
    shown: list[float | None] = []
    for one, name, colour, dash in curves:
        logs = one.gradient.whole_log_norms[::-1] + math.log(one.clip_factor)
        values = tens(logs)
        shown += values
        figure.add_scatter(
            x=list(range(len(values))),
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 2},
            customdata=[in_words(float(log)) for log in logs],
            hovertemplate="%{x} words before: %{customdata}",
        )
    framed(figure, height=360, x="words before the last", y="norm of the gradient")
    power_axis(figure, shown)
    return figure


def describe_decay(found: Dial) -> str:
    """The alternative text of `decay`."""
    logs = found.gradient.whole_log_norms + math.log(found.clip_factor)
    rate = found.jacobian.rate
    speed = f", a factor of {math.exp(min(rate, 700)):.3f} a word" if math.isfinite(rate) else ""
    clipped = "" if found.clip_factor == 1 else f" Clipping multiplies all of it by {found.clip_factor:.3g}."
    return (
        f"The gradient's norm goes from {in_words(float(logs[-1]))} at the last word to {in_words(float(logs[0]))} at the first "
        f"of {len(logs)}{speed}.{clipped}"
    )


def trajectory(found: Dial) -> go.Figure:
    """The state's way through the plane in which the trained network's states vary most."""
    words = ["start", *(plain(word, 20) for word in found.gradient.tokens)]
    few = len(words) <= MOST_WORDS // 2
    figure = go.Figure(
        go.Scatter(
            x=found.trajectory[:, 0],
            y=found.trajectory[:, 1],
            mode="lines+markers+text" if few else "lines+markers",
            text=words if few else None,
            textposition="top center",
            line={"color": translucent(KIND_COLOURS[found.gradient.kind], 0.5), "width": 1},
            marker={"size": 6, "color": KIND_COLOURS[found.gradient.kind]},
            customdata=words,
            hovertemplate="%{customdata}: %{x:.2f}, %{y:.2f}<extra></extra>",
        )
    )
    return framed(figure, height=360, x="first direction", y="second direction", legend=False)


def describe_trajectory(found: Dial) -> str:
    """The alternative text of `trajectory`."""
    lengths = np.linalg.norm(np.diff(found.trajectory, axis=0), axis=1)
    return (
        f"The state's way over {len(lengths)} words in two directions: from {_point(found.trajectory[0])} to "
        f"{_point(found.trajectory[-1])}, {lengths.mean():.2f} a word on average, {lengths[-1]:.2f} at the last."
    )


def describe_accuracy(found: Dial) -> str:
    """The held-out accuracy under the setting, in a sentence."""
    lost = f" {found.overflowed} texts whose state grew beyond all numbers count as wrong." if found.overflowed else ""
    return f"Held-out accuracy {found.accuracy.percent()}.{lost}"


def compared_settings(settings: Sequence[DialSetting], found: Sequence[Estimate | None], kind: Kind) -> go.Figure:
    """How much of the last state's dependence on earlier ones is left a word further back, by setting, with its interval.

    Settings that differ in their seed alone share a row.
    """
    all_names = [setting_name(setting) for setting in settings]
    known = [(name, one) for name, one in zip(all_names, found, strict=True) if one is not None and math.isfinite(one.value)]
    names = list(dict.fromkeys(all_names))  # several draws of a random kernel stand in one row
    figure = go.Figure(
        go.Scatter(
            x=[math.exp(rate.value) for _, rate in known],
            y=[name for name, _ in known],
            mode="markers",
            marker={"color": KIND_COLOURS[kind], "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [math.exp(rate.high) - math.exp(rate.value) for _, rate in known],
                "arrayminus": [math.exp(rate.value) - math.exp(rate.low) for _, rate in known],
            },
            hovertemplate="%{y}: × %{x:.3f} a word<extra></extra>",
        )
    )
    figure.add_vline(x=1, line={"dash": "dot", "color": NEUTRAL}, annotation_text="nothing fades")
    framed(figure, height=120 + 40 * len(names), x="factor a word", legend=False)
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], type="category", range=[-0.5, len(names) - 0.5])
    figure.update_xaxes(rangemode="tozero")
    return figure


def describe_compared_settings(settings: Sequence[DialSetting], found: Sequence[Estimate | None]) -> str:
    """The alternative text of `compared_settings`."""
    rows: dict[str, list[str]] = {}
    for setting, one in zip(settings, found, strict=True):
        rows.setdefault(setting_name(setting), []).append(_factor(one))
    parts = [f"{name} {', '.join(factors)}" for name, factors in rows.items()]
    return f"Factor by which the dependence on earlier states changes a word: {'; '.join(parts)}."


def setting_name(setting: DialSetting) -> str:
    """The setting in a few words: "orthogonal × 0.5, relu"."""
    starts = {"glorot_uniform": "Glorot", "identity": "0.9 × identity"}
    name = starts.get(setting.start, setting.start)
    return (
        name
        + (f" × {setting.factor:g}" if setting.factor != 1 else "")
        + (f", {setting.activation}" if setting.activation else "")
    )


def _factor(found: Estimate | None) -> str:
    if found is None:
        return "grows beyond all numbers"
    if not math.isfinite(found.value):
        return "0 (nothing passes)"
    return f"{math.exp(found.value):.3f}"


def _point(row: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> str:
    return f"({row[0]:.2f}, {row[1]:.2f})"
