"""A file of texts, answered: a table to filter and sort, how sure the answers are, how many are right, and the CSV."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from rnn_core.data.csv_out import safe_csv
from rnn_core.data.uploads import UnlabelledTexts, UploadError, read_texts
from rnn_core.figures import evaluation as figures
from rnn_core.figures.theme import plain
from rnn_core.predictions import Predictions, predictions
from rnn_core.training.evaluation import confidence_counts
from ui import frame
from ui.file_choice import FORMATS, FileChoice, file_choice
from ui.run_picker import Picked


def classify_file(picked: Picked) -> None:
    """The part of a page that takes a file and gives back a table."""
    file = st.file_uploader("A file of texts", key="file_to_classify", max_upload_size=20, help=FORMATS)
    if file is None:
        st.caption(FORMATS + " Labels are not needed; where there are some, the answers are marked.")
        return
    try:
        choice = file_choice(file, "classify", labels_needed=False)
        with st.spinner("Reading the file …", show_time=True):
            texts = _read(choice.key, choice)
    except UploadError as error:
        st.error(str(error))
        return
    if texts.report.dropped:
        first = texts.report.dropped[0]
        st.warning(f"{len(texts.report.dropped):,} rows have no answer; the first is on line {first.line:,} ({first.reason}).")
    answers = _answers(file, choice, texts, picked)
    _how_good(answers)
    _table(answers, file.name)


def _answers(file: UploadedFile, choice: FileChoice, texts: UnlabelledTexts, picked: Picked) -> Predictions:
    """The answers, computed once for a file and a network and kept for the visit."""
    key = (choice.key, picked.title, id(picked.classifier))
    if st.session_state.get("answers_key") != key:
        bar = st.progress(0.0, text=f"Reading {len(texts):,} texts …")

        def show(done: int) -> None:
            bar.progress(done / len(texts), text=f"{done:,} of {len(texts):,} texts answered")

        st.session_state.answers = predictions(picked.classifier, texts.texts, texts.labels, show)
        st.session_state.answers_key = key
        bar.empty()
    answers: Predictions = st.session_state.answers
    return answers


def _how_good(answers: Predictions) -> None:
    judged = answers.evaluation()
    if judged is None:
        if answers.labels is not None:
            known = ", ".join(f"“{plain(name)}”" for name in answers.label_names[:10])
            st.info(f"No label in this file is one that the network knows ({known}), so its answers cannot be marked.")
        counts = confidence_counts(answers.probabilities)
    else:
        unknown = len(answers) - judged.count
        note = f" {unknown:,} rows have no label that the network knows and are left out." if unknown else ""
        st.markdown(f"**{judged.accuracy.percent()}** of {judged.count:,} texts with a label are answered rightly.{note}")
        index = {name: place for place, name in enumerate(answers.label_names)}
        rows = answers.judged_rows
        labels = np.array([index[(answers.labels or ())[row]] for row in rows])
        counts = confidence_counts(answers.probabilities[rows], labels)
    left, right = st.columns(2)
    with left:
        frame.show(
            figures.confidence(counts),
            figures.describe_confidence(counts),
            key="confidence",
            how_to_read="How many texts were answered with which probability. A network can be sure and wrong.",
        )
    if judged is not None:
        with right:
            frame.show(
                figures.confusion(judged),
                figures.describe_confusion(judged),
                key="file_confusion",
                how_to_read="A row is the label in the file, a column the answer; the diagonal is right.",
            )


def _table(answers: Predictions, name: str) -> None:
    table = pd.DataFrame(answers.columns())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.multiselect("Only these answers", list(answers.label_names), key="only_answers", placeholder="All")
        least, most = st.slider("Only these probabilities", 0.0, 1.0, (0.0, 1.0), 0.01, key="only_probabilities")
        words = st.text_input("Only texts with", key="only_words", placeholder="any words", live=True)
        only_wrong = "label" in table and st.toggle("Only wrong ones", key="only_wrong")
    shown = table[(table["probability"] >= least) & (table["probability"] <= most)]
    if wanted:
        shown = shown[shown["prediction"].isin(wanted)]
    if words:
        shown = shown[shown["text"].str.contains(words, case=False, regex=False)]
    if only_wrong:
        shown = shown[shown["label"].isin(answers.label_names) & (shown["label"] != shown["prediction"])]
    percent = st.column_config.NumberColumn("probability", format="percent")
    st.dataframe(
        shown,
        hide_index=True,
        column_order=[*(name for name in table if name != "text"), "text"],  # the answers first: a phone shows few columns
        column_config={"probability": percent, "text": st.column_config.TextColumn(width="large")},
    )
    st.caption(f"{len(shown):,} of {len(table):,} texts. A click on a heading sorts.")
    st.download_button(
        "Download predictions as CSV",
        lambda: safe_csv(table),
        file_name=f"{name.rsplit('.', 1)[0]}-predictions.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        type="primary",
        help="All rows in the order of the file. A cell that a spreadsheet would run as a formula is made harmless.",
    )


@st.cache_resource(show_spinner=False, max_entries=16, ttl=3600)
def _read(key: tuple[object, ...], _choice: FileChoice) -> UnlabelledTexts:
    texts: UnlabelledTexts = _choice.read(read_texts)
    return texts
