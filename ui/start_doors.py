"""The three ways on from the start page, and the way back to what the visitor did last."""

from __future__ import annotations

import streamlit as st

from rnn_core.figures.theme import percent, plain
from ui.path import STEPS
from ui.path_bar import begin, open_step
from ui.path_state import path_state
from ui.session import lab, owner

LOOK_AROUND = (
    ("pages/word_order.py", "Word order", ":material/swap_horiz:"),
    ("pages/hidden_states.py", "Hidden states", ":material/timeline:"),
    ("pages/model_builder.py", "Build a network", ":material/account_tree:"),
    ("pages/classifying.py", "Classify a text", ":material/label:"),
)


def three_doors() -> None:
    """Learn, train on one's own texts, look around."""
    st.subheader("Three doors", anchor=False)
    learn, train, look = st.columns(3)
    with learn.container(border=True, height="stretch"):
        st.markdown("**Learn**")
        _learn()
    with train.container(border=True, height="stretch"):
        st.markdown("**Train on my own texts**")
        st.caption("Bring a file of texts with labels, train a network on it, see how good it honestly is, and take it away.")
        own = {"data": "own"}
        st.page_link("pages/training.py", label="My own texts", icon=":material/upload_file:", query_params=own)
        st.page_link("pages/training.py", label="1,000 film reviews, in seconds", icon=":material/model_training:")
    with look.container(border=True, height="stretch"):
        st.markdown("**Look around**")
        st.caption("Every page shows a trained network at work, before you train your own.")
        for page, label, icon in LOOK_AROUND:
            st.page_link(page, label=label, icon=icon)


def last_run() -> None:
    """The visitor's newest run, if there is one."""
    run = next((run for run in lab().store.runs(owner(), limit=50) if run.job == "train"), None)
    if run is None:
        return
    worth = "" if run.held_out_accuracy is None else f", right on {percent(run.held_out_accuracy)} of texts it never saw"
    with st.container(horizontal=True, vertical_alignment="center", key="last_run"):
        st.markdown(f"Your last run: **{plain(run.name)}**, {run.state}{worth}.", width="content")
        st.page_link("pages/training.py", label="Open it", icon=":material/open_in_new:", query_params={"run": run.id})


def _learn() -> None:
    state = path_state()
    st.caption(
        "A guided path of eight short steps: guess, touch, and let the real network mark you; then ten questions. About half an "
        "hour."
    )
    if not state.begun:
        if st.button("Start the guided path", type="primary", icon=":material/route:"):
            begin()
        return
    label = "On to the questions" if state.step >= len(STEPS) else f"Go on: {state.step + 1}. {STEPS[state.step].title}"
    if st.button(label, type="primary", icon=":material/route:"):
        open_step(state.step)
    if st.button("Start again", icon=":material/restart_alt:", type="tertiary"):
        begin()
