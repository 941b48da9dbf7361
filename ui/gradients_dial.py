"""The second part of the Backpropagation page: turn the recurrent kernel and see all that follows."""

from __future__ import annotations

import math
from typing import cast

import plotly.graph_objects as go
import streamlit as st

from rnn_core.data.csv_out import safe_csv
from rnn_core.estimates import Estimate
from rnn_core.figures import dial as figures
from rnn_core.lenses.chain_rule import GradientError
from rnn_core.lenses.dial import GREATEST_FACTOR, LEAST_FACTOR, Dial, DialSetting, Start
from rnn_core.spec import Activation, Kind
from ui import frame
from ui.gradients_source import Followed, network_key
from ui.gradients_take_away import python_lines
from ui.linked import linked_choice

KERNELS = {
    "trained": "as trained",
    "orthogonal": "orthogonal (Keras' default)",
    "glorot_uniform": "Glorot",
    "identity": "0.9 × identity",
    "zero": "zero",
}
ACTIVATIONS = {"trained": "as trained", "tanh": "tanh", "relu": "ReLU", "linear": "linear"}
CLIPPING = {"0": "off", "1": "norm 1", "0.1": "norm 0.1", "0.01": "norm 0.01"}
SEEDS = 5  # of each random kernel that is compared
DRAWN: tuple[Start, ...] = ("orthogonal", "glorot_uniform")
EXAMPLES = {"Down to 0.4": 0.4, "Back to 1": 1.0, "Up to 2.2": 2.2}


def dial_panel(followed: Followed) -> None:
    """The dial and, under it, the kernels beside one another."""
    st.markdown(
        "Multiply every number of the recurrent kernel by one factor, or put another kernel in its place, and see at once what "
        "becomes of the gradient, of the memory and of the answers. Nothing is trained again."
    )
    _dial(followed)
    st.subheader("Which kernel holds on longest?", anchor=False)
    _compared(followed)


@st.fragment
def _dial(followed: Followed) -> None:
    setting = _setting()
    try:
        trained = followed.dial(DialSetting())
        found = followed.dial(setting)
    except GradientError as error:
        st.warning(f"{error} Turn the dial down, or choose tanh.")
        return
    _what_follows(followed, found, trained)
    _pictures(found, trained)
    _take_away(followed, found)


def _setting() -> DialSetting:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kernel = linked_choice(
            st.selectbox, "Recurrent kernel", KERNELS, "kernel", "trained", width=230,
            help="How the kernel begins before it is multiplied; all but the trained one forget what was learnt.",
        )  # fmt: skip
        activation = linked_choice(
            st.selectbox, "Activation", ACTIVATIONS, "activation", "trained", width=150,
            help="What bends the sum into the new state: its slope is the other half of each step's factor.",
        )  # fmt: skip
        clip = linked_choice(
            st.selectbox, "Clip gradients at", CLIPPING, "clip", "0", width=150,
            help="Where all gradients together are longer than this, all are shortened by the same factor.",
        )  # fmt: skip
    factor = st.slider(
        "Factor", LEAST_FACTOR, GREATEST_FACTOR, 1.0, 0.05, key="factor", bind="query-params",
        help="Every number of the recurrent kernel is multiplied by it.",
    )  # fmt: skip
    with st.container(horizontal=True):
        for title, value in EXAMPLES.items():
            st.button(title, on_click=_turn, args=(value,), key=f"turn_{value:g}", type="tertiary")
    return DialSetting(
        factor=round(float(factor), 2),
        start=cast(Start, kernel),
        activation=None if activation == "trained" else cast(Activation, activation),
        clip_norm=float(clip),
    )


def _turn(value: float) -> None:
    st.session_state["factor"] = value


def _what_follows(followed: Followed, found: Dial, trained: Dial) -> None:
    left, middle, right = st.columns(3)
    change = 100 * (found.accuracy.value - trained.accuracy.value)
    left.metric(
        f"Right of {len(followed.real.texts)} real texts",
        f"{100 * found.accuracy.value:.1f} %",
        f"{change:+.1f} points" if found.setting != DialSetting() else None,
        delta_color="off" if not change else "normal",
        help=f"{figures.describe_accuracy(found)} {followed.texts_title[0].upper()}{followed.texts_title[1:]}.",
    )
    middle.metric(
        "Greatest eigenvalue",
        f"{found.spectrum.state.radius:.2f}",
        help="Its size: what the kernel's powers grow by in the long run. One step alone can stretch a state "
        f"{found.spectrum.state.greatest_stretch:.2f}-fold.",
    )
    rate = found.jacobian.rate
    right.metric(
        "Dependence on the past, a word",
        f"× {math.exp(min(rate, 700.0)):.3f}" if not math.isnan(rate) else "text too short",
        help="By how much the last state depends less (below 1) or more on a state one word further back, fitted over this text.",
    )
    low, high = 100 * found.accuracy.low, 100 * found.accuracy.high
    lost = f" {found.overflowed} texts whose state grew beyond all numbers count as wrong." if found.overflowed else ""
    st.caption(f"95 % interval of the share that is right: {low:.1f} to {high:.1f} %.{lost} {_clipping(found)}")


def _gates(kind: Kind) -> str:
    if kind == "simple_rnn":
        return ""
    return " In full colour the gate that makes the new state; what the gates carry past the kernel is not in this picture."


def _clipping(found: Dial) -> str:
    norm = f"The gradient of all weights together has the norm {found.global_norm:.3g}."
    if not found.setting.clip_norm:
        return norm
    if found.clip_factor == 1:
        return f"{norm} That is less than {found.setting.clip_norm:g}: clipping does nothing here."
    return (
        f"{norm} Clipping multiplies every gradient by {found.clip_factor:.3g}: the curve moves down and keeps its shape. It "
        "tames what explodes; it brings back nothing that has vanished."
    )


def _pictures(found: Dial, trained: Dial) -> None:
    kind = found.gradient.kind
    left, right = st.columns(2)
    with left:
        frame.show(
            figures.spectrum(found.spectrum, kind),
            figures.describe_spectrum(found.spectrum),
            key="dial_spectrum",
            how_to_read="Each dot is an eigenvalue of the recurrent kernel. Inside the dotted circle a direction shrinks each "
            "time the kernel is applied, outside it grows. The slope of the activation, at most 1, shrinks it further."
            + _gates(kind),
        )
    with right:
        frame.show(
            figures.decay(found, None if found.setting == DialSetting() else trained),
            figures.describe_decay(found),
            key="dial_decay",
            how_to_read="The gradient of your text's loss, from its last word back. Falling: it vanishes. Rising: it explodes. A "
            "state that saturates near ±1 makes even a large kernel pass little on.",
        )
    frame.show(
        figures.trajectory(found),
        figures.describe_trajectory(found),
        key="dial_trajectory",
        how_to_read="The state's way through your text, in the plane in which the trained network's states vary most. The plane "
        "stays where it is while the dial turns; movement across it is not seen.",
    )


@st.fragment
def _compared(followed: Followed) -> None:
    settings = _to_compare()
    try:
        found = followed.compared(settings)
    except GradientError as error:
        st.warning(str(error))
        return
    st.markdown(_why(followed, settings, found))
    frame.show(
        _figure(network_key(followed.picked), settings, found, followed.classifier.spec.kind),
        figures.describe_compared_settings(settings, found),
        key="dial_compared",
        how_to_read=f"The same {followed.texts_title} with each kernel put into the first layer; {SEEDS} draws of each random "
        "kernel. Right of the dotted line the dependence on earlier words grows. The bars are 95 % intervals over texts. A "
        "kernel without a dot passes nothing on, or grows beyond all numbers. Slow fading alone makes no good network: the "
        "accuracy above tells.",
    )


@st.cache_resource(show_spinner=False, max_entries=16)
def _figure(
    key: tuple[str, ...], settings: tuple[DialSetting, ...], _found: tuple[Estimate | None, ...], _kind: Kind
) -> go.Figure:
    return figures.compared_settings(settings, _found, _kind)


def _to_compare() -> tuple[DialSetting, ...]:
    seeds = [DialSetting(start=start, seed=seed) for start in DRAWN for seed in range(SEEDS)]
    activations: tuple[Activation, ...] = ("relu", "linear")
    others = [DialSetting(start="orthogonal", activation=one) for one in activations]
    halved = [DialSetting(start="orthogonal", factor=0.5)]
    return (DialSetting(), *seeds, DialSetting(start="identity"), DialSetting(start="zero"), *others, *halved)


def _why(followed: Followed, settings: tuple[DialSetting, ...], found: tuple[Estimate | None, ...]) -> str:
    ours, other = (_kept(start, settings, found) for start in DRAWN)
    said = f"**An orthogonal kernel keeps {ours} a word, a Glorot kernel {other}**, over {SEEDS} draws of each. "
    upright, glorot = (followed.dial(DialSetting(start=start)) for start in DRAWN)
    if upright.gradient.kind == "simple_rnn":
        return said + _why_orthogonal(upright, glorot)
    carry = upright.gradient.chain.carry
    past = "" if carry is None else f": on your text {float(carry.mean()):.2f} of each unit goes on untouched on average"
    return (
        f"{said}In a gated cell there is a way past the kernel, through the gates{past}. The kernel is only one part of what a "
        "gradient passes through."
    )


def _why_orthogonal(upright: Dial, glorot: Dial) -> str:
    ours, other = upright.spectrum.state.singular_values, glorot.spectrum.state.singular_values
    low, high = f"{ours[-1]:.2f}", f"{ours[0]:.2f}"
    of_each = low if low == high else f"between {low} and {high}"
    slope = float(upright.gradient.chain.slopes.mean())
    return (
        f"An orthogonal kernel only turns a state: each of its {len(ours)} singular values is {of_each}, so no direction gets "
        f"lost in it, whichever was drawn. What is left to shrink the gradient is the slope of the activation, {slope:.2f} on "
        f"average over your text. A Glorot kernel stretches one direction {other[0]:.2f}-fold and shortens another to "
        f"{other[-1]:.2f} of its length at every step (the first draw here); a typical direction, the geometric mean of all, "
        f"is multiplied by {glorot.spectrum.state.typical_stretch:.2f}. The figure tells of the direction that fares best, "
        "which the draw decides. Textbooks mean the typical one, or saturated units, when they say that a plain RNN forgets "
        "within a few words; Keras begins with an orthogonal kernel."
    )


def _kept(start: Start, settings: tuple[DialSetting, ...], found: tuple[Estimate | None, ...]) -> str:
    """The mean factor a word over the draws of one random kernel, and their range."""
    factors = [
        math.exp(one.value)
        for setting, one in zip(settings, found, strict=True)
        if one is not None and setting == DialSetting(start=start, seed=setting.seed)
    ]
    if not factors:
        return "more than any number holds"
    return f"× {sum(factors) / len(factors):.3f} ({min(factors):.3f} to {max(factors):.3f})"


def _take_away(followed: Followed, found: Dial) -> None:
    with st.expander("Take it away", icon=":material/download:"):
        st.download_button(
            "This curve as CSV", lambda: safe_csv(_table(found)), "dial.csv", "text/csv", icon=":material/download:",
            on_click="ignore", key="dial_csv",
        )  # fmt: skip
        call = (
            f"setting = {found.setting!r}\n"
            f"found = through_time(turned(model, setting), {followed.text!r}, {followed.label})\n"
            "found.norms  # one number a word"
        )
        module = "from rnn_core.lenses.dial import DialSetting, turned\nfrom rnn_core.lenses.gradients import through_time"
        st.code(python_lines(followed.picked, module, call), language="python")


def _table(found: Dial) -> dict[str, list[object]]:
    count = len(found.gradient.tokens)
    measured = dict(zip(found.jacobian.gaps.tolist(), found.jacobian.whole_log_norms.tolist(), strict=True))
    return {
        "words before the last": list(range(count)),
        "word": list(found.gradient.tokens[::-1]),
        "natural logarithm of the gradient's norm": found.gradient.whole_log_norms[::-1].tolist(),
        "natural logarithm of the dependence of the last state": [measured.get(gap) for gap in range(count)],
        "clipping multiplies by": [found.clip_factor] * count,
    }
