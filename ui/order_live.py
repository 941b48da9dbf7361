"""A SimpleRNN and a bag of words, trained on role sentences while the visitor watches."""

from __future__ import annotations

import streamlit as st

from lab.queue import LimitReached
from lab.records import DataRef, Run
from lab.store import StoreError
from rnn_core.bundled.order import recorded_rules
from rnn_core.data.samples import SAMPLES
from rnn_core.figures.theme import KIND_TITLES, percent
from rnn_core.presets import ROLES
from rnn_core.spec import Kind
from ui.order_networks import SET
from ui.run_view import POLL_SECONDS
from ui.session import lab, owner
from ui.words import duration

KINDS: tuple[Kind, ...] = ("simple_rnn", "bag_of_words")
TRAIN = ROLES.train.replace(epochs=6, patience=0, learning_rate=4e-3)


def train_live() -> None:
    """The button that trains both, and how they stand."""
    runs = _runs()
    active = any(run.is_active for run in runs)
    if st.button("Train both now", icon=":material/model_training:", type="primary", disabled=active, key="train_live"):
        _submit()
    if runs:
        st.fragment(_progress, run_every=POLL_SECONDS if active else None)(active)


def _runs() -> list[Run]:
    """The newest training of each kind on role sentences, whatever its state."""
    newest: dict[Kind, Run] = {}
    for run in lab().store.runs(owner()):
        if run.job == "train" and run.data.sample == SET and run.kind in KINDS:
            newest.setdefault(run.kind, run)
    return [newest[kind] for kind in KINDS if kind in newest]


def _submit() -> None:
    rules = recorded_rules()
    data = DataRef(SAMPLES[SET].title, sample=SET, texts=rules["train"] + rules["unseen_pairs"], labels=2)
    try:
        for kind in KINDS:
            name = f"{KIND_TITLES[kind]} on {SAMPLES[SET].title.lower()}"
            lab().queue.submit(owner(), data, ROLES.model.replace(kind=kind), TRAIN, name)
    except (LimitReached, StoreError) as error:
        st.error(str(error))
        return
    st.rerun()


def _progress(was_active: bool) -> None:
    runs = _runs()
    if was_active and not any(run.is_active for run in runs):
        st.rerun()  # the whole page: the new networks answer, too
    for run in runs:
        history = lab().store.epochs(owner(), run.id)
        held_out = f"right on {percent(history[-1].held_out_accuracy)} of the held-out sentences" if history else ""
        if run.state == "failed":
            st.error(run.reason)
        elif run.is_active:
            done = min((run.epoch + run.epoch_progress) / max(run.epochs, 1), 1.0)
            now = f"epoch {min(run.epoch + 1, run.epochs)} of {run.epochs}" if run.state == "running" else "waiting"
            st.progress(done, text=", ".join(filter(None, [f"**{KIND_TITLES[run.kind]}**", now, run.activity, held_out])))
        else:
            st.markdown(f"**{KIND_TITLES[run.kind]}**: {run.epoch} epochs, {duration(run.seconds)} of work, {held_out}.")
