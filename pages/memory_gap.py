"""The Memory and gap page: how far back each kind of network remembers, and the gradient that decides it."""

from __future__ import annotations

import streamlit as st

from rnn_core.experiments.gap_grid import GapGrid
from rnn_core.experiments.recorded import recording
from rnn_core.experiments.tasks import TASK
from ui import frame
from ui.gap_form import choose_task, show_task
from ui.gap_guess import guess_fall
from ui.gap_live import show_own, train_grid
from ui.gap_view import show_curve
from ui.words import duration

frame.open_page(
    "Memory and gap",
    "How many steps can lie between what must be remembered and the question, before a network can no longer learn to answer?",
)

task = choose_task()
show_task(task)

answered = guess_fall(task)

recorded = recording(task)
if recorded is None:
    st.info(f"No grid of the task “{TASK[task].title}” was recorded for this version: train one below.")
elif answered:
    curve = recorded.curve
    seeds = 1 + max(result.seed for result in curve.results)
    st.subheader("A recorded grid", anchor=False)
    versions = ", ".join(f"{name} {version}" for name, version in recorded.versions.items())
    st.caption(
        f"Recorded, not trained now: `{recorded.command}`, {len(curve.results)} trainings from the seeds 0 to {seeds - 1} in "
        f"{duration(recorded.seconds)} on {recorded.machine}, with {versions}."
    )
    show_curve(curve, GapGrid(curve.settings, curve.kinds, curve.gaps, seeds), "recorded")

st.subheader("Train it yourself", anchor=False)
train_grid(task)
show_own(task, answered)
