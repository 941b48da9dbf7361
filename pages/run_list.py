"""The Runs page: everything that was trained here, to open, compare, rename, delete and take away."""

from __future__ import annotations

import streamlit as st

from ui import frame
from ui.run_comparison import show_comparison
from ui.run_table import delete_with_undo, download, rename, run_table
from ui.session import lab, owner

frame.open_page("Runs", "Everything that you trained here, newest first: open it, compare two, take it away, or delete it.")

delete_with_undo()
if not lab().store.runs(owner()):
    st.info(
        "Nothing was trained here yet. A first training on 1,000 short reviews takes less than a minute on a quiet machine.",
        icon=":material/school:",
    )
    st.page_link("pages/training.py", label="Train a first network", icon=":material/model_training:")
    st.stop()

chosen = run_table()
with st.container(horizontal=True, vertical_alignment="bottom"):
    one = chosen[0] if len(chosen) == 1 else None
    if st.button("Open", icon=":material/open_in_new:", disabled=one is None, type="primary") and one:
        if one.job == "gap":
            st.switch_page("pages/memory_gap.py", query_params={"task": str(one.params["settings"]["task"])})
        st.switch_page("pages/training.py", query_params={"run": one.id})
    if one:
        rename(one)
        download(one)
    if st.button("Delete", icon=":material/delete:", disabled=not chosen):
        delete_with_undo(chosen)
if not chosen:
    st.caption("Choose a row by the box at its left; choose two to compare them.")
if len(chosen) == 2:
    show_comparison(chosen[0], chosen[1])
elif len(chosen) > 2:
    st.caption("Choose just two runs to compare them.")
