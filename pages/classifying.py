"""The Classify page: one text as it is typed, or a whole file, answered by a trained network."""

from __future__ import annotations

import streamlit as st

from ui import frame
from ui.classify_file import classify_file
from ui.classify_text import classify_text
from ui.run_picker import pick_network

frame.open_page(
    "Classify",
    "Give a trained network a text: it answers, and shows after which words it changed its mind.",
)
picked = pick_network()
one, many = st.tabs(["One text", "A file of texts"])
with one:
    classify_text(picked)
with many:
    classify_file(picked)
