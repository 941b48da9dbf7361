"""A sentence through a network: the loop, the unrolled copies, and inside any of their steps."""

from __future__ import annotations

from typing import cast

import streamlit as st

from rnn_core.classifier import Classifier
from rnn_core.lenses.fixed_window import WindowKind, fixed_window
from rnn_core.lenses.picture import LAYER_NAMES, Picture, PictureError, inside, picture
from ui.inside_step_view import inside_step_view
from ui.playback import At
from ui.unrolled_view import unrolled_view, window_view

FIRST_SENTENCE = "not a good film , but a very funny one"
LONGEST = 400  # characters
WINDOWS: dict[str, WindowKind] = {"Dense": "dense", "Conv1D": "conv1d"}


@st.fragment
def picture_panel(classifier: Classifier, note: str) -> None:
    """The pictures of one sentence, and the arithmetic of the step at which the visitor rests.

    note: one line on whose numbers these are.
    """
    text = st.text_input(
        "A sentence", FIRST_SENTENCE, max_chars=LONGEST, key="sentence", bind="query-params", help="Press Enter to read it."
    )
    view = st.segmented_control(
        "Picture",
        ["Unrolled", *WINDOWS],
        default="Unrolled",
        key="view",
        bind="query-params",
        required=True,
        help="The loop unrolled over the words, or two networks without a loop, in which a text must fit into some places.",
    )
    if view in WINDOWS:
        _window(classifier, text, WINDOWS[view])
        return
    try:
        drawn = picture(classifier, text)
    except PictureError as error:
        st.info(str(error))
        return
    at = _unrolled(drawn, note)
    st.subheader("Inside one step", anchor=False)
    _inside(drawn, at)


def _unrolled(drawn: Picture, note: str) -> At:
    weights = st.toggle(
        "Same weights: show them in every copy",
        key="weights",
        bind="query-params",
        help="Point at one weight, or walk with the arrow keys in the loop: it lights up in every copy.",
    )
    at = unrolled_view(
        drawn,
        "unrolled",
        weights=weights,
        unit=_unit(drawn) - 1,
        start=_start(),
        on_rest=_rest,
    )
    caption = (
        "Each box is the same cell at another moment. It reads the word below it and the state from its left, and writes the "
        "state to its right: one strip, one field a unit. Space plays and the arrow keys step; point at a field for its number, "
        "click it to see its arithmetic below. The colours say how large a number is, not what it means."
    )
    if drawn.classifier.spec.kind == "lstm":
        caption += " An LSTM also hands on its cell state, which is not drawn here; it is in the arithmetic below."
    if not drawn.classifier.spec.mask:
        caption += " This network also reads padding, which is not drawn."
    st.caption(f"{caption} {note}")
    return at


def _inside(drawn: Picture, at: At) -> None:
    prefixes = [layer.prefix for layer in drawn.trace.layers]
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        units = drawn.classifier.spec.units
        unit = st.number_input(
            "Unit", 1, units, _unit(drawn), key="unit", bind="query-params", help=f"One of the {units} numbers."
        )
    layer = prefixes[0]
    if len(prefixes) > 1:
        with right:
            layer = st.segmented_control(
                "Layer", prefixes, default=prefixes[0], format_func=LAYER_NAMES.__getitem__, key="inside_layer", required=True
            )
    inside_step_view(inside(drawn, at.step, unit - 1, layer), key="inside")


def _unit(drawn: Picture) -> int:
    """The unit in the box, held to what this network has: another network may have been chosen since."""
    units = drawn.classifier.spec.units
    unit = st.session_state.get("unit", 1)
    if not isinstance(unit, int) or not 1 <= unit <= units:
        st.session_state["unit"] = unit = 1
    return unit


def _start() -> int | None:
    """The step in the link with which the visitor came; afterwards the browser knows best where they are."""
    if "first_step" not in st.session_state:
        step = st.query_params.get("step", "")
        st.session_state["first_step"] = int(step) - 1 if step.isdecimal() and 0 < int(step) <= LONGEST else None
    return cast("int | None", st.session_state["first_step"])


def _rest(at: At) -> None:
    st.query_params["step"] = str(at.step + 1)
    if at.unit is not None:
        st.session_state["unit"] = at.unit + 1


def _window(classifier: Classifier, text: str, kind: WindowKind) -> None:
    places = st.slider(
        "Places",
        2,
        20,
        8,
        key="places",
        bind="query-params",
        help="The words that this network was built for, however long a text is.",
    )
    found = fixed_window(classifier, text, kind, places, classifier.spec.units, padding=classifier.spec.padding)
    window_view(found, f"window_{kind}")
    if kind == "dense":
        st.caption(
            f"Every place has weights of its own: {found.parameters:,} in this layer, and {found.parameters_for_all:,} would be "
            "needed for this sentence to fit. What is learned about a word at one place is not known at another. These weights "
            "are untrained: the picture shows where a weight is used, not what it has learned."
        )
    else:
        st.caption(
            f"The filters are the same at every place ({found.parameters:,} weights, whatever the length), but one filter sees "
            f"only {found.kernel_size} neighbouring words: words further apart never meet under it. The input is still built for "
            f"{places} places, so the rest is cut off. These weights are untrained."
        )
