"""The unit explorer of the Hidden states page: what drives a unit, what it goes along with, and what is lost without it."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import streamlit as st

from rnn_core.figures.signed import SIGNED_SCALE
from rnn_core.figures.theme import percent, plain
from rnn_core.figures.units import describe_unit_worths, unit_worths
from rnn_core.lenses.states_heat import even_limit
from rnn_core.lenses.states_held import held_accuracy, held_states
from rnn_core.lenses.states_source import WordStates, is_answered
from rnn_core.lenses.trajectory import Axes, draw
from rnn_core.lenses.units import Window, unit_profile
from ui import frame
from ui.states_source import LAYER_TITLES, Watched
from ui.states_views import path_view

SHOWN_WINDOWS = 20
RANKED = 10  # units that a ranking keeps


@st.fragment
def units_panel(watched: Watched, text: str) -> None:
    """One unit looked at, then units held."""
    words = watched.states(text)
    _one_unit(watched, words)
    st.subheader("Without some of the units", anchor=False)
    _without(watched, text)


def _one_unit(watched: Watched, words: WordStates) -> None:
    width = words.states.shape[1]
    if not 1 <= st.session_state.get("unit", 1) <= width:
        st.session_state["unit"] = 1
    unit = st.number_input("Unit", 1, width, key="unit", bind="query-params", help=f"One of the {width} numbers.", width=160) - 1
    values = words.states[:, unit]
    st.html(_coloured(words, values))
    limit = even_limit(float(np.abs(words.states).max()))
    st.caption(
        f"Unit {unit + 1} after each word of this text: green above zero, purple below, full colour at ±{limit:g}. It ends at "
        f"{values[-1]:.2f}."
    )
    profile = unit_profile(watched.reference, unit, watched.picked.classifier.label_names)
    high, low = st.columns(2)
    with high:
        _windows("Highest after", profile.highest, watched)
    with low:
        _windows("Lowest after", profile.lowest, watched)
    rows = [
        {
            "goes along with": plain(one.name, 60),
            "correlation": "never changes" if one.value is None else f"{one.value.value:+.2f}",
            "95 % interval": "" if one.value is None else f"{one.value.low:+.2f} to {one.value.high:+.2f}",
        }
        for one in profile.correlations
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width=560)
    st.caption(
        f"From {len(watched.reference):,} {watched.texts_title}: the last word of each line is the one after which the unit "
        "stands there. Twenty lines suggest a meaning more easily than they prove one: read the lowest too. A correlation says "
        "that two things go together over these texts, not that one makes the other; the interval is what drawing other texts "
        "would change."
    )


def _coloured(words: WordStates, values: np.ndarray) -> str:
    limit = even_limit(float(np.abs(words.states).max()))
    spans = []
    for token, value in zip(words.tokens, values.tolist(), strict=True):
        colour = (SIGNED_SCALE[-1] if value > 0 else SIGNED_SCALE[0])[1]
        share = min(1.0, abs(value) / limit)
        shade = f"color-mix(in srgb, {colour} {75 * share:.0f}%, transparent)"
        style = f"background:{shade};padding:0.1rem 0.25rem;border-radius:3px"
        spans.append(f'<span title="{value:+.3f}" style="{style}">{html.escape(token)}</span>')
    return f'<p style="line-height:2;max-height:16rem;overflow:auto">{" ".join(spans)}</p>'


def _windows(title: str, found: tuple[Window, ...], watched: Watched) -> None:
    names = watched.picked.classifier.label_names
    rows = [{"value": one.value, title: " ".join(one.words), "label": names[one.label]} for one in found[:SHOWN_WINDOWS]]
    columns = {"value": st.column_config.NumberColumn(format="%.2f", width=70), "label": st.column_config.TextColumn(width=80)}
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height=300, column_config=columns)


def _without(watched: Watched, text: str) -> None:
    classifier, layer = watched.picked.classifier, watched.layer
    options = [str(unit + 1) for unit in range(classifier.spec.units)]
    if any(unit not in options for unit in st.session_state.get("off", [])):
        del st.session_state["off"]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        chosen = st.multiselect(
            f"Units held in {LAYER_TITLES[layer]}", options, key="off", bind="query-params", placeholder="Choose one or more",
            help="They keep one value from the start to the end, whatever is read.",
        )  # fmt: skip
    with right:
        value = st.slider(
            "At the value",
            -1.0,
            1.0,
            0.0,
            0.05,
            key="held_at",
            bind="query-params",
            help="0 switches a unit off.",
            disabled=not chosen,
        )
    held = {int(unit) - 1: float(value) for unit in chosen}
    if not held:
        st.info(
            "Choose a unit to switch off: the path, the answer and the accuracy then stand beside those of the whole network."
        )
    else:
        _with_and_without(watched, text, held)
    most = "the ten most important" if len(options) > RANKED else "how much each unit is worth"
    if st.button(f"Find {most}", icon=":material/sort:", help="Switches off each unit alone and counts right answers."):
        st.session_state["ranked"] = True
    if st.session_state.get("ranked"):
        _most_important(watched)


def _with_and_without(watched: Watched, text: str, held: dict[int, float]) -> None:
    classifier, layer = watched.picked.classifier, watched.layer
    before = watched.states(text)
    after = held_states(classifier, text, watched.source, layer, held)
    accuracy = held_accuracy(classifier, watched.texts, layer, held)
    first, second, third = st.columns(3)
    if before.probabilities is not None and after.probabilities is not None:
        answers = [words.probabilities[-1] for words in (before, after) if words.probabilities is not None]
        names = [f"{plain(classifier.label_names[int(row.argmax())])} {percent(float(row.max()), 0)}" for row in answers]
        first.metric("Answer to this text, was " + names[0], names[1])
    second.metric(
        f"Right of {accuracy.texts:,} real texts", percent(accuracy.after.value), f"{-100 * accuracy.fall.value:+.1f} points"
    )
    low, high = -100 * accuracy.fall.high, -100 * accuracy.fall.low
    third.metric(
        "95 % interval of the change", f"{low:+.1f} to {high:+.1f}", help="In points, on the same texts. Around zero: chance."
    )
    axes: Axes = "answer" if is_answered(classifier.spec, watched.source) else "2 components"
    plane = watched.plane(axes)
    found = draw(classifier, [before, after], watched.reference, plane)
    path_view(found, "held_path", titles=["as it is", "with units held"])
    st.caption(
        "Both paths stand in the plane of the whole network; the dots are its final states. A network was never trained to do "
        "without a unit: what falls here is what this network loses, not what one would that never had the unit."
    )


def _most_important(watched: Watched) -> None:
    found = watched.ranking()
    frame.show(
        unit_worths(found),
        describe_unit_worths(found),
        key="unit_worths",
        how_to_read=(
            f"By how much the accuracy on {found.texts:,} {watched.texts_title} falls when a unit is switched off alone, with "
            f"95 % intervals. The best of {found.of} differences looks greater than it is; where an interval holds zero, chance "
            "is enough."
        ),
    )
