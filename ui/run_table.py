"""The list of the visitor's runs, and what can be done with the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lab.bundles import bundle, folder_name
from lab.records import Run
from lab.store import StoreError
from rnn_core.figures.theme import KIND_TITLES
from ui.session import lab, owner

POLL_SECONDS = 2.0


def run_table() -> list[Run]:
    """The runs as a table that keeps itself fresh while one of them works; gives back the chosen ones, in its order."""
    active = any(run.is_active for run in lab().store.runs(owner()))
    st.fragment(_table, run_every=POLL_SECONDS if active else None)(active)
    known = {run.id: run for run in lab().store.runs(owner())}
    return [known[run_id] for run_id in st.session_state.get("chosen_runs", []) if run_id in known]


def rename(run: Run) -> None:
    """A small form that gives the run another name."""
    with st.popover("Rename", icon=":material/edit:"):
        name = st.text_input("Name", run.name, max_chars=120, key=f"name-{run.id}")
        if st.button("Save", key="save_name", type="primary"):
            try:
                lab().store.rename(owner(), run.id, name)
            except StoreError as error:
                st.error(str(error))
            else:
                st.rerun()


def download(run: Run) -> None:
    """The button that hands out the run's bundle; it is packed when it is asked for."""
    here = lab()
    st.download_button(
        "Download bundle",
        (lambda: bundle(here, run)) if run.has_result else b"",
        file_name=f"{folder_name(run)}.zip",
        mime="application/zip",
        icon=":material/download:",
        disabled=not run.has_result,
        on_click="ignore",
        help="The .keras file, the vocabulary, settings, history, predictions and a script that classifies with them.",
    )


def delete_with_undo(runs: Sequence[Run] = ()) -> None:
    """Deletes these runs; called without any, offers to take the last deletion back."""
    if runs:
        for run in runs:
            lab().store.delete(owner(), run.id)
        st.session_state.deleted_runs = [(run.id, run.name) for run in runs]
        st.session_state.chosen_runs = []
        st.rerun()
    deleted = st.session_state.get("deleted_runs", [])
    if not deleted:
        return
    names = ", ".join(f"“{name}”" for _, name in deleted)
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"Deleted {names}. It can be taken back for an hour.")
        undo = st.button("Undo", icon=":material/undo:", key="undo_delete")
        dismiss = st.button("Dismiss", key="dismiss_delete", type="tertiary")
    if undo:
        for run_id, _ in deleted:
            lab().store.restore(owner(), run_id)
    if undo or dismiss:
        st.session_state.deleted_runs = []
        st.rerun()


def _table(was_active: bool) -> None:
    runs = lab().store.runs(owner())
    if was_active and not any(run.is_active for run in runs):
        st.rerun()
    rows = pd.DataFrame(
        {
            "Name": [run.name for run in runs],
            "State": [_state(run) for run in runs],
            "Held-out accuracy": [run.held_out_accuracy for run in runs],
            "Data": [run.data.title for run in runs],
            "Kind": [KIND_TITLES[run.kind] for run in runs],
            "Seconds": [run.seconds for run in runs],
            "Started": [run.created_at for run in runs],
        }
    )
    picked = st.dataframe(
        rows,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"run_table-{hash(tuple(run.id for run in runs))}",  # a new row must not move the choice to its neighbour
        column_config={
            "Held-out accuracy": st.column_config.NumberColumn(format="percent"),
            "Seconds": st.column_config.NumberColumn("Time", format="%.0f s"),
            "Started": st.column_config.DatetimeColumn(format="distance"),
        },
    )
    chosen = [runs[row].id for row in picked["selection"]["rows"] if row < len(runs)]
    if chosen != st.session_state.get("chosen_runs", []):
        st.session_state.chosen_runs = chosen
        st.rerun()


def _state(run: Run) -> str:
    part = "point" if run.job == "gap" else "epoch"
    return f"{part} {run.epoch + 1} of {run.epochs}" if run.state == "running" and run.epoch < run.epochs else run.state
