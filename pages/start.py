"""The start page: a network reads the visitor's own sentence at once, and three doors lead on."""

from __future__ import annotations

import streamlit as st

from ui import frame
from ui.classify_text import classify_text
from ui.run_picker import bundled_network
from ui.session import lab, owner

frame.open_page(
    "Unrolled",
    "A recurrent network reads a text one word at a time and carries a small memory along. Type, and watch its answer move.",
)
classify_text(bundled_network())

st.subheader("Three doors", anchor=False)
use, look, take = st.columns(3)
with use.container(border=True):
    st.page_link("pages/training.py", label="Train a network", icon=":material/model_training:")
    st.caption("On 1,000 film reviews in seconds, or on your own file of texts with labels.")
with look.container(border=True):
    st.page_link("pages/classifying.py", label="Classify texts", icon=":material/label:")
    st.caption("One at a time while you type, or a whole file with the answers as CSV.")
with take.container(border=True):
    st.page_link("pages/run_list.py", label="Your runs", icon=":material/list_alt:")
    last = next(iter(lab().store.runs(owner(), limit=1)), None)
    st.caption(f"The newest is “{last.name}”." if last else "What you train is listed there, to compare and to take away.")
