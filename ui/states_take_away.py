"""What can be taken away from the Hidden states page: the numbers, and the lens as Python."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import streamlit as st

from rnn_core.data.csv_out import safe_csv
from rnn_core.lenses.states_source import WordStates
from ui.states_source import Watched


def take_away(watched: Watched, text: str) -> None:
    """States as CSV and npz, and three lines of Python that compute them; pictures are saved where they stand."""
    words = watched.states(text)
    names = watched.picked.classifier.label_names
    with st.container(horizontal=True):
        st.download_button(
            "States as CSV", lambda: _csv(words, names), "states.csv", "text/csv", icon=":material/download:", on_click="ignore"
        )
        st.download_button(
            "States as npz", lambda: _npz(words), "states.npz", "application/zip", icon=":material/download:", on_click="ignore"
        )
    st.code(_three_lines(watched, text), language="python", wrap_lines=True)
    st.caption(
        "Under each picture SVG and PNG save it as it stands. The Python needs this project beside it"
        + (" and the model file of the run, from the Runs page." if watched.picked.run else ".")
    )


def _csv(words: WordStates, label_names: tuple[str, ...]) -> bytes:
    columns: dict[str, list[object]] = {"step": list(range(1, len(words.tokens) + 1)), "word": list(words.tokens)}
    if words.probabilities is not None:
        for label, name in enumerate(label_names):
            columns[f"probability of {name}"] = np.round(words.probabilities[:, label].astype(float), 6).tolist()
    columns["moved"] = np.round(words.moved.astype(float), 6).tolist()
    for unit, values in enumerate(words.states.T):
        columns[f"unit {unit + 1}"] = np.round(values.astype(float), 6).tolist()
    return safe_csv(columns)


def _npz(words: WordStates) -> bytes:
    file = io.BytesIO()
    arrays: dict[str, Any] = {"states": words.states, "tokens": np.array(words.tokens), "moved": words.moved}
    if words.probabilities is not None:
        arrays["probabilities"] = words.probabilities
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _three_lines(watched: Watched, text: str) -> str:
    source, run = watched.source, watched.picked.run
    model = 'Classifier.load("model.zip")' if run else f'bundled("{watched.picked.classifier.spec.kind}")'
    module = "rnn_core.classifier import Classifier" if run else "rnn_core.bundled import bundled"
    return (
        f"from {module}\n"
        "from rnn_core.lenses.states_source import Source, word_states\n"
        f"states = word_states({model}, {text!r}, Source({source.layer!r}, {source.quantity!r})).states  # [words, units]\n"
    )
