"""The sections of the Hidden states page that follow one text: path, heat map, verdict, training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd
import streamlit as st

from rnn_core.figures.attribution import contributions, describe_contributions
from rnn_core.figures.prediction import describe_probability_by_word, probability_by_word
from rnn_core.figures.theme import percent, plain
from rnn_core.lenses.attribution import Attribution
from rnn_core.lenses.neighbours import neighbours
from rnn_core.lenses.picture import Picture, inside
from rnn_core.lenses.reading import reading
from rnn_core.lenses.states_epochs import development
from rnn_core.lenses.states_heat import Order, Scale, heat_map
from rnn_core.lenses.states_source import SEEN, WordStates, is_answered
from rnn_core.lenses.trajectory import Axes, draw
from ui import frame
from ui.inside_step_view import inside_step_view
from ui.playback import At
from ui.states_source import Watched
from ui.states_views import epochs_view, heat_view, path_view

AXES: dict[Axes, str] = {"answer": "the answer", "2 components": "two components", "3 components": "three components"}
NEAREST = 8
HOW_TO_READ_CONTRIBUTIONS = (
    "Two ways to ask what a word did; above zero it spoke for the answer. Left out: the log-odds (a probability on a scale "
    "without ends) with the word minus without it, from reading the text again. Gradient × input: the slope of the answer at the "
    "word's vector, times the vector. They differ because leaving a word out is a large step and all later words are then read "
    "in another state, while a slope only tells of a very small change. Neither says what a reader would call the reason, and "
    "the bars need not add up to the answer."
)


@st.fragment
def path_panel(watched: Watched, texts: Sequence[str]) -> None:
    """The paths of one or more texts, and the real texts near the point at which the visitor rests."""
    classifier, source = watched.picked.classifier, watched.source
    offered = tuple(AXES) if is_answered(classifier.spec, source) else tuple(AXES)[1:]
    if st.session_state.get("axes") not in (None, *offered):
        del st.session_state["axes"]
    axes: Axes = st.segmented_control(
        "Axes from",
        offered,
        default=offered[0],
        format_func=AXES.__getitem__,
        key="axes",
        bind="query-params",
        required=True,
        help="The answer: across is the direction in which the output layer reads. Components: where the states vary most.",
    )
    words = [watched.states(text) for text in texts]
    plane = watched.plane(axes)
    found = draw(classifier, words, watched.reference, plane)
    at = path_view(found, f"path_{len(plane.directions)}", start=_start(), on_rest=_rest)
    st.caption(_how_to_read(watched, axes, plane.exact))
    if source.is_backward:
        st.caption("This layer reads from the last word to the first, and so does its path.")
    _near(watched, words[0], min(at.step, len(words[0].tokens) - 1))


def _how_to_read(watched: Watched, axes: Axes, exact: bool) -> str:
    answered = is_answered(watched.picked.classifier.spec, watched.source)
    dotted = len(watched.texts if answered else watched.reference)
    dots = f"The dots are the states after the last word of {dotted:,} {watched.texts_title}, by their label."
    keys = "Space plays, the arrow keys step; drag to move, Ctrl and the wheel to zoom."
    if axes == "answer" and len(watched.picked.classifier.label_names) == 2:
        return (
            "Every point is the whole memory after one word. The vertical line is the network's decision boundary: to its "
            f"right the answer would be “{plain(watched.picked.classifier.label_names[1])}”, and the upper edge says how surely. "
            f"Height is only one of many other directions; two points that meet here may lie far apart in the rest. {dots} "
            f"{keys}"
        )
    inexact = not exact and axes != "3 components" and answered
    slice_ = " The regions hold for a slice through the middle of all states, not for every point." if inexact else ""
    turn = " Drag to turn." if axes == "3 components" else ""
    point = "Every point is the whole memory after one word, seen along the directions that the axes name."
    return f"{point}{slice_}{turn} {dots} {keys}"


def _near(watched: Watched, words: WordStates, step: int) -> None:
    word = plain(words.tokens[step]).replace("`", "")
    st.subheader(f"Real texts that leave nearly the same memory as this one after “{word}”", anchor=False)
    found = neighbours(watched.reference, words.states[step], NEAREST, skip=words.tokens)
    names = watched.picked.classifier.label_names
    rows = [
        {
            "distance": one.distance,
            "the last words read": " ".join(one.words),
            "answer there": "" if one.probabilities is None else names[int(one.probabilities.argmax())],
            "label of the whole text": names[one.label],
        }
        for one in found.found
    ]
    columns = {"distance": st.column_config.NumberColumn(format="%.2f", width=80)}
    st.dataframe(pd.DataFrame(rows), width="stretch", hide_index=True, column_config=columns)
    st.caption(
        f"The places in {watched.texts_title} at which the memory came nearest to this one, at most one from each text; half of "
        f"all {len(watched.reference.states):,} places are farther away than {found.typical:.2f}. The "
        "network goes on from here nearly as it went on from there. They need not mean the same to you."
    )


@st.fragment
def heat_panel(watched: Watched, text: str) -> None:
    """Units by words, and the arithmetic of the cell that the visitor chose."""
    with st.container(horizontal=True):
        order: Order = st.segmented_control(
            "Units", ["as they are", "by similarity"], default="as they are", key="order", bind="query-params", required=True,
            help="By similarity: units that move alike over this text stand together, so that bands show.",
        )  # fmt: skip
        scale: Scale = st.segmented_control(
            "Scale", ["absolute", "relative"], default="absolute", key="scale", bind="query-params", required=True,
            help="Absolute: a colour is a value. Relative: a colour is a place in the unit's own range over this text.",
        )  # fmt: skip
    words = watched.states(text)
    found = heat_map(words, order, scale)
    at = heat_view(found, "heat", unit=_unit(words), start=_start(), on_rest=_rest)
    if scale == "absolute":
        how = "A colour is a value, the same in every row: pale units hardly take part, however they move."
    else:
        how = (
            "Each row is stretched to its own smallest and greatest value over this text: courses can be compared, sizes cannot, "
            "and a unit that barely moves looks as lively as any."
        )
    st.caption(f"One row a unit, one column a word. {how} A band says that a unit holds on to something, not to what.")
    _arithmetic(watched, text, words, at)


def _arithmetic(watched: Watched, text: str, words: WordStates, at: At) -> None:
    source = watched.source
    if source.layer == SEEN:
        st.caption(
            "What the output layer reads is put together from the layers below: choose a layer to see a cell's arithmetic."
        )
        return
    st.subheader("Inside one step", anchor=False)
    classifier = watched.picked.classifier
    step = len(words.tokens) - 1 - at.step if source.is_backward else at.step
    inside_step_view(inside(Picture(classifier, classifier.trace(text), ()), step, _unit(words), source.layer), key="heat_inside")


@st.fragment
def verdict_panel(watched: Watched, text: str) -> None:
    """The probability after every word, the words that moved it most, and what each word did to the answer."""
    classifier = watched.picked.classifier
    result = reading(classifier, text)
    frame.show(
        probability_by_word(result),
        describe_probability_by_word(result),
        key="states_reading",
        how_to_read="Each point is the answer if the text ended after that word; a diamond marks a word that turns it, and a "
        "question mark a word that is not in the vocabulary.",
    )
    found = watched.attribution(text)
    st.markdown(_moved_most(found))
    st.subheader(f"What each word did for “{plain(found.label_names[found.label])}”", anchor=False)
    frame.show(
        contributions(found),
        describe_contributions(found),
        key="contributions",
        how_to_read=HOW_TO_READ_CONTRIBUTIONS,
    )


def _moved_most(found: Attribution) -> str:
    points = found.points
    said = [
        f"`{plain(found.tokens[step], 24).replace('`', '')}` {100 * points[step]:+.0f}".replace("-", "−") + " points"
        for step in found.strongest(5)
    ]
    label = plain(found.label_names[found.label])
    return (
        f"**Moved the answer most while it was read** (towards {label}, now {percent(float(found.probabilities[-1]), 0)}): "
        + " · ".join(said)
    )


@st.fragment
def training_panel(watched: Watched, text: str) -> None:
    """The same text through the untrained network and after each kept epoch."""
    found = watched.stages()
    names = watched.picked.classifier.label_names
    epochs_view(development(found, text, watched.texts), names, len(watched.texts), "epochs")
    run = watched.picked.run
    if run is None:
        kept = (
            "Of a network that comes with the lab only the two ends are kept: the weights that its seed gave it, and the "
            "trained ones. Train one yourself to see every epoch in between."
        )
    else:
        kept = f"Of {run.epoch} epochs {len(found)} are shown here, the untrained network among them."
    st.caption(
        "Untrained, all texts fall on one small heap: the network tells nothing apart, and its path means nothing. Across is "
        "always the distance from that epoch's own decision boundary; height is the direction that the trained network has. "
        f"{kept}"
    )


def _unit(words: WordStates) -> int:
    """The unit that was chosen last, from 0, if this network has it."""
    unit = st.session_state.get("chosen_unit")
    return unit if isinstance(unit, int) and unit < words.states.shape[1] else 0


def _start() -> int | None:
    """The step in the link with which the visitor came; afterwards the browser knows best where they are."""
    if "states_step" not in st.session_state:
        step = st.query_params.get("step", "")
        st.session_state["states_step"] = int(step) - 1 if step.isdecimal() and 0 < int(step) < 10_000 else None
    return cast("int | None", st.session_state["states_step"])


def _rest(at: At) -> None:
    st.query_params["step"] = str(at.step + 1)
    if at.unit is not None:
        st.session_state["chosen_unit"] = at.unit
