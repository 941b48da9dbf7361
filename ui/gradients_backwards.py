"""The first part of the Backpropagation page: one text backwards, what the shared weights get of it, and many real texts."""

from __future__ import annotations

import math
from typing import cast

import streamlit as st

from rnn_core.figures import gradients as figures
from rnn_core.figures.powers import in_words
from rnn_core.figures.theme import KIND_COLOURS, percent
from rnn_core.lenses.chain_rule import GradientError
from rnn_core.lenses.gradients import Fading, ThroughTime
from rnn_core.lenses.spectrum import spectrum
from ui import frame
from ui.gradients_source import Fades, Followed
from ui.gradients_take_away import take_backward_pass_away
from ui.gradients_unit import unit_panel
from ui.gradients_view import back_view
from ui.guess import guess
from ui.linked import linked_choice
from ui.playback import At

SLOW = 20  # words to half: a network that fades slower is no example of what textbooks warn of
GAP = 10  # words before the last that the guess asks about
SHARES = ("all of it, or more", "half to all", "10 % to 50 %", "1 % to 10 %", "less than 1 %")
EDGES = (1.0, 0.5, 0.1, 0.01)
WHAT: dict[str, str] = {"gradient": "the gradient of the loss", "state": "the last state's dependence on earlier ones"}


def backwards_panel(followed: Followed) -> None:
    """All of the part; each section runs again by itself."""
    _one_text(followed)
    st.subheader("The same weights at every step", anchor=False)
    _shared_weights(followed.through())
    st.subheader("Over real texts", anchor=False)
    _real_texts(followed)
    take_backward_pass_away(followed)


@st.fragment
def _one_text(followed: Followed) -> None:
    found = followed.through()
    axis = linked_choice(
        st.segmented_control, "Axis", {"log": "logarithmic", "linear": "linear"}, "axis", "log", required=True,
        help="Logarithmic: equal steps are equal factors, so that steady fading is a straight line. Linear: sizes as they are.",
    )  # fmt: skip
    spec = followed.classifier.spec
    at = back_view(found, spec, followed.label_name, "back", logarithmic=axis == "log", start=_start(), on_rest=_rest)
    st.caption(_how_to_read(found))
    word = len(found.tokens) - at.step
    if at.step == 0:
        st.caption("Step forward to the first word that the gradient reaches, and its numbers are opened here.")
    else:
        unit_panel(found, word, spec.activation)


def _how_to_read(found: ThroughTime) -> str:
    cell = (
        " An LSTM hands back two gradients: at the hidden state and at the cell state; the factors are those of both together."
        if found.cell_gradients is not None
        else ""
    )
    return (
        "Play, and the gradient goes back from the last word, one word a step. Each step multiplies it by the step's local "
        "factor: what that did to this gradient is the bar, what it could do to any gradient at most is the line above it. All "
        "factors multiplied up stand below: the dotted product is the most that could be left, and usually far above what is "
        f"left, for no gradient points in the worst direction at every step.{cell} A small norm says that a change of this word "
        "would hardly change the loss, not that the word does not matter to a reader. Space plays, the arrow keys step."
    )


def _shared_weights(found: ThroughTime) -> None:
    last = min(figures.LAST_WORDS, len(found.tokens))
    if not found.kernel_gradient.any():
        st.markdown("The gradient of the recurrent kernel is zero here: no step contributes to it.")
        return
    st.markdown(
        "Every step uses the same recurrent kernel, so the kernel's gradient is the sum of what each step contributes. "
        f"**The last {last} of {len(found.tokens)} words make {percent(found.share_of_last_words, 0)} of it.**"
    )
    frame.show(
        figures.contributions(found),
        figures.describe_contributions(found),
        key="contributions",
        how_to_read="Each bar is one step's contribution along the direction of the sum; together they are 100 %, the gradient "
        "that the optimiser gets. A bar below zero pulls the other way. The first word has none: the state before it is zero.",
    )


@st.fragment
def _real_texts(followed: Followed) -> None:
    try:
        found = followed.fading("gradient")
    except GradientError as error:
        st.info(str(error))
        return
    if len(found.gaps) > GAP and not _guessed(followed, found):
        return
    what = cast(
        Fades, linked_choice(st.segmented_control, "How much is left of", WHAT, "fades", "gradient", required=True)
    )  # fmt: skip
    found = followed.fading(what)
    st.markdown(f"**{figures.describe_fading(found, WHAT[what])}**")
    frame.show(
        figures.fading(found, KIND_COLOURS[followed.classifier.spec.kind]),
        f"{figures.describe_fading(found, WHAT[what])} {_left(found)}",
        key="fading",
        how_to_read=f"The mean over {followed.texts_title}, those long enough to have so many words, and the range that "
        "holds 80 % of them. A straight line is a steady factor a word. "
        + (
            "The gradient also depends on the label and on where the answer stands."
            if what == "gradient"
            else "This is the largest singular value of the derivative of the last state with respect to an earlier one; its "
            "slope is the leading Lyapunov exponent, and no label takes part in it."
        ),
    )
    _spread(found)
    half = found.half_life
    if half is None or half.value > SLOW:
        st.caption(
            f"{_why_slow(followed)} The dial, the next part, puts other kernels in its place and shows which of them fade fast."
        )


def _why_slow(followed: Followed) -> str:
    spec = followed.classifier.spec
    if spec.kind != "simple_rnn":
        return "This network hardly fades: what its gates carry on passes the kernel by."
    began = {"identity": "0.9 × identity", "glorot_uniform": "a Glorot kernel", "orthogonal": "an orthogonal kernel"}
    return (
        f"This network hardly fades: its recurrent kernel began as {began[spec.recurrent_initializer]}, and now its greatest "
        f"eigenvalue has the size {spectrum(followed.classifier, followed.layer).state.radius:.2f}."
    )


def _guessed(followed: Followed, found: Fading) -> bool:
    left = math.exp(min(float(found.curve[GAP]), 700.0))
    right = next((place for place, edge in enumerate(EDGES) if left > edge), len(EDGES))
    low, high = (percent(math.exp(min(float(band[GAP]), 700.0))) for band in (found.low, found.high))
    return guess(
        f"Before you look: of the gradient at the last word, how much arrives {GAP} words before it, on average over real texts?",
        SHARES,
        right,
        f"On average {percent(left)} arrives; for 80 % of the texts between {low} and {high}.",
        key=f"guess_left_{followed.picked.title}",
    )


def _left(found: Fading) -> str:
    gap = int(found.gaps[-1])
    return f"At {gap} words before the last, {in_words(float(found.curve[-1]))} is left."


def _spread(found: Fading) -> None:
    if len(found.rates) < 2:
        return
    low, value, high = (math.exp(min(x, 700.0)) for x in (found.rate.low, found.rate.value, found.rate.high))
    least, greatest = found.factors
    st.caption(
        f"A word multiplies it by {value:.3f} on average (95 % interval of the mean over texts: {low:.3f} to {high:.3f}). Single "
        f"texts differ: for one in ten it is below {least:.3f}, for one in ten above {greatest:.3f}; in {found.growing} of "
        f"{len(found.rates)} it grows."
    )


def _start() -> int | None:
    """The step in the link with which the visitor came; afterwards the browser knows best where they are."""
    if "back_step" not in st.session_state:
        step = st.query_params.get("back", "")
        st.session_state["back_step"] = int(step) if step.isdecimal() and int(step) < 10_000 else None
    return cast("int | None", st.session_state["back_step"])


def _rest(at: At) -> None:
    st.query_params["back"] = str(at.step)
