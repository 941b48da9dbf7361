"""The Train page: choose texts and a network, train it in the worker, and see how good it honestly is."""

from __future__ import annotations

import streamlit as st

from lab.queue import LimitReached
from lab.store import StoreError
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.presets import TEXTBOOK, preset_for
from rnn_core.spec import ModelSpec, TrainSpec
from ui import frame
from ui.data_form import DataChoice, data_form, show_report
from ui.result_view import show_result
from ui.run_view import show_run
from ui.session import lab, owner
from ui.spec_form import fill, from_link, settings_form

frame.open_page(
    "Train",
    "Train a recurrent network on texts with labels, watch it learn, and see how good it honestly is beside simpler models.",
)


def open_run() -> str | None:
    """The run that the page shows: the one in the URL, else the visitor's newest that is still at work."""
    if run_id := st.query_params.get("run"):
        return run_id
    return next((run.id for run in lab().store.runs(owner()) if run.is_active and run.job == "train"), None)


def set_up(choice: DataChoice) -> None:
    """Fills the form with what suits the texts, or with the textbook's model; settings in the URL come first."""
    recommended = preset_for(choice.texts)
    presets = {"recommended": recommended, "textbook": TEXTBOOK}
    start = st.segmented_control(
        "Start from", list(presets), default="recommended", required=True, format_func=str.capitalize, key="start_from"
    )
    st.caption(presets[start].why)
    first = "filled_for" not in st.session_state
    linked, refused = from_link(st.query_params.to_dict()) if first else (False, [])
    for sentence in refused:
        st.warning(sentence)
    if not linked and st.session_state.get("filled_for") != (choice.key, start):
        fill(presets[start].model, presets[start].train)
    st.session_state.filled_for = (choice.key, start)


def submit(choice: DataChoice, model: ModelSpec, train: TrainSpec) -> None:
    """Sends the run to the worker and shows it."""
    try:
        name = f"{KIND_TITLES[model.kind]} on {choice.title}"
        run = lab().queue.submit(owner(), choice.reference(), model, train, name)
    except (LimitReached, StoreError) as error:
        st.error(str(error))
        return
    st.query_params["run"] = run.id
    st.rerun()


run_id = open_run()
if run_id is not None:
    try:
        run = show_run(run_id)
    except StoreError as error:
        st.error(str(error))
    else:
        if run.has_result:
            show_result(run)
    st.subheader("Train another", anchor=False)

choice = data_form()
if choice is not None:
    report = st.container()  # stands above the form, and speaks of its settings
    set_up(choice)
    model, train = settings_form()
    with report:
        show_report(choice.texts, model, train)
    if (
        model is not None
        and train is not None
        and st.button("Train", type="primary", icon=":material/model_training:", key="train_button")
    ):
        submit(choice, model, train)
