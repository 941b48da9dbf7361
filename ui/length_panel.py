"""Real reviews of very different lengths through one network, and what padding does."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rnn_core.bundled import example_reviews
from rnn_core.classifier import Classifier
from rnn_core.figures import any_length as figures
from rnn_core.figures.theme import percent
from rnn_core.lenses.any_length import AnyLength, LengthError, any_length, padding_drift
from ui import frame

DENSE_STEPS = 100
PADDED_STEPS = 60


@st.fragment
def length_panel(classifier: Classifier) -> None:
    """Three reviews side by side, and the first of them padded."""
    texts = example_reviews()
    try:
        found = any_length(classifier, texts, DENSE_STEPS)
    except LengthError as error:
        st.info(str(error))
        return
    frame.show(
        figures.final_states(found),
        figures.describe_final_states(found),
        key="final_states",
        how_to_read="One row a review, one field a unit: the state in which the network ends. The rows are equally long, "
        "though one is what is left of 10 words and one of 300. Whether it still holds the beginning is another question.",
    )
    left, right = st.columns(2)
    left.metric("Weights of the recurrent layer, for any length", f"{found.parameters:,}")
    right.metric(f"Weights of a dense layer for {DENSE_STEPS} words", f"{found.dense_parameters:,}")
    st.table(_comparison(found))
    with st.expander("The three reviews"):
        for text in texts:
            st.text(text.replace("<br />", " "))
    _padding(classifier, texts[0])


def _comparison(found: AnyLength) -> pd.DataFrame:
    rows = []
    for reading in found.readings:
        best = int(reading.probabilities.argmax())
        rows.append(
            {
                "words": f"{reading.words}",
                "answer": f"{found.label_names[best]}, {percent(float(reading.probabilities[best]), 0)}",
                "final state": f"{len(reading.state)} numbers",
                f"a dense network of {DENSE_STEPS} places": _fate(reading.dense_padding, reading.dense_cut),
            }
        )
    return pd.DataFrame(rows).set_index("words")


def _fate(padding: int, cut: int) -> str:
    if cut:
        return f"never sees the last {cut} words"
    return f"{padding} places are padding" if padding else "fits exactly"


def _padding(classifier: Classifier, text: str) -> None:
    st.markdown(
        f"**Padding.** In a batch all texts must be equally long, so the shortest review is filled up to {PADDED_STEPS} steps. "
        "A mask tells the cell to skip the filling."
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    side = left.segmented_control(
        "Padding on the", ["left", "right"], default="left", key="pad", bind="query-params", required=True
    )
    mask = right.toggle("Mask", key="pad_mask", bind="query-params", help="Padded steps leave the state as it was.")
    drifts = [padding_drift(classifier, text, PADDED_STEPS, "left" if at == "left" else "right", on) for at, on in _SETTINGS]
    chosen = next(drift for drift in drifts if drift.padding == side and drift.mask == mask)
    frame.show(
        figures.padding_drift(drifts, chosen),
        figures.describe_padding_drift(chosen),
        key="padding_drift",
        how_to_read="How far the state stands from where the words alone would have it; zero means that padding does no "
        "harm. The grey lines are the other settings; both masked ones lie at zero. A network that was trained with a mask never "
        "learned to ignore padding.",
    )


_SETTINGS = (("left", False), ("right", False), ("left", True), ("right", True))
