"""A run while it works: where it stands, its curves, and the buttons that stop, resume and lengthen it."""

from __future__ import annotations

import streamlit as st

from lab.queue import LimitReached
from lab.records import Run
from lab.store import StoreError
from rnn_core.figures.history import describe_history, history
from ui import frame
from ui.session import lab, owner
from ui.words import duration, ordinal

POLL_SECONDS = 0.6
MOST_MORE = 200  # epochs that a run is lengthened by at once
STATE_BADGES = {
    "queued": (":material/schedule: waiting", "gray"),
    "running": (":material/play_circle: running", "blue"),
    "done": (":material/check_circle: done", "green"),
    "stopped": (":material/pause_circle: stopped", "orange"),
    "failed": (":material/error: failed", "red"),
}


def show_run(run_id: str) -> Run:
    """The run as it stands, polled while it is active; gives back what it was when this part of the page was drawn."""
    run = lab().store.run(owner(), run_id)
    st.fragment(_live, run_every=POLL_SECONDS if run.is_changing else None)(run_id, _stage(run))
    return run


def badge(run: Run) -> None:
    """The run's state as a word with a colour and an icon."""
    text, colour = STATE_BADGES[run.state]
    st.badge(text, color=colour)  # type: ignore[arg-type]  # one of the colours above


def _stage(run: Run) -> tuple[str, bool, bool]:
    """What decides which parts the page has; the numbers in between only move."""
    return run.state, run.has_result, run.is_changing


def _live(run_id: str, before: tuple[str, bool, bool]) -> None:
    run = lab().store.run(owner(), run_id)
    with st.container(border=True, key="run"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{run.name}**")
            badge(run)
        _progress(run)
        _curves(run)
        _buttons(run)
    if _stage(run) != before:  # after the buttons: one that was pressed as the stage changed would not be heard
        st.rerun()  # the whole page: results and buttons have changed, and polling starts or ends


def _progress(run: Run) -> None:
    if run.state == "failed":
        st.error(run.reason)
        return
    if run.state == "queued":
        place = lab().queue.queue_position(owner(), run.id)
        ahead = (
            "It is the next one and starts when the worker is free."
            if place <= 1
            else f"It is {ordinal(place)} in the queue and waits for its turn."
        )
        st.markdown(f"Waiting. {ahead} You can leave this page: the run goes on without you.")
        return
    done = (run.epoch + run.epoch_progress) / max(run.epochs, 1)
    if run.state == "running":
        left = f", about {duration(run.seconds_left)} left" if run.seconds_left is not None else ""
        now = f"Epoch {min(run.epoch + 1, run.epochs)} of {run.epochs}, {run.epoch_progress:.0%} through{left}"
        st.progress(min(done, 1.0), text=f"{now}. {run.activity.capitalize()}." if run.activity else now)
        if run.batch_loss is not None and run.batch_accuracy is not None:
            st.caption(f"This epoch so far: loss {run.batch_loss:.3f}, accuracy {run.batch_accuracy:.1%} on the training part.")
        return
    reason = f" {run.reason}" if run.reason else ""
    st.caption(f"{run.epoch} of {run.epochs} epochs in {duration(run.seconds)}.{reason}")


def _curves(run: Run) -> None:
    epochs = lab().store.epochs(owner(), run.id)
    if epochs:
        frame.show(
            history(epochs),
            describe_history(epochs),
            key=f"history-{run.id}",
            how_to_read="Where the training loss still falls and the held-out loss rises, the network learns its texts by heart.",
        )


def _buttons(run: Run) -> None:
    with st.container(horizontal=True):
        if run.is_active and st.button("Stop", icon=":material/stop:", key="stop", help="Keeps every finished epoch."):
            lab().queue.stop(owner(), run.id)
            st.rerun()
        if run.can_resume and st.button("Resume", icon=":material/play_arrow:", key="resume", type="primary"):
            _do(lambda: lab().queue.resume(owner(), run.id))
        if not run.is_active and run.epoch and run.job == "train":
            with st.popover("Train longer", icon=":material/more_time:"):
                more = st.number_input(
                    "More epochs", 1, MOST_MORE, min(MOST_MORE, max(1, run.train_spec.epochs // 2)), key="more_epochs"
                )
                st.caption("A new run goes on from the last epoch of this one, with the same texts held out.")
                if st.button("Start", key="train_longer", type="primary"):
                    _do(lambda: lab().queue.train_longer(owner(), run.id, more))


def _do(action) -> None:  # type: ignore[no-untyped-def]  # a call without arguments that gives back a run
    try:
        run = action()
    except (LimitReached, StoreError) as error:
        st.error(str(error))
        return
    st.session_state.run = run.id
    st.query_params["run"] = run.id
    st.rerun()
