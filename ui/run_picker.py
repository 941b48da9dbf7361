"""Which trained network a page looks at: a run of the visitor's, or one that the lab brings along."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lab.records import Run
from rnn_core.bundled import bundled, record
from rnn_core.classifier import Classifier
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import Kind
from ui.linked import linked_choice
from ui.session import classifier_of, lab, owner


@dataclass(frozen=True)
class Picked:
    """A network and where it comes from."""

    classifier: Classifier
    title: str
    run: Run | None  # None for one that the lab brings along


def pick_network(key: str = "model", label: str = "Network", recurrent: bool = False) -> Picked:
    """The choice of a network; the newest finished run is offered first, the bundled ones after all runs.

    recurrent: offer only networks that carry a state from word to word.
    """
    runs = {run.id: run for run in lab().store.runs(owner()) if run.has_result and run.job == "train"}
    if recurrent:
        runs = {name: run for name, run in runs.items() if run.model_spec.is_recurrent}
    small = {f"bundled-{kind}": bundled_network(kind) for kind in record()["models"]}
    options = {**{run.id: _run_title(run) for run in runs.values()}, **{name: picked.title for name, picked in small.items()}}
    chosen = linked_choice(
        st.selectbox,
        label,
        options,
        key,
        next(iter(options)),
        help="A network that you trained, or a small one that comes with the lab.",
    )
    if chosen in runs:
        return Picked(classifier_of(runs[chosen]), options[chosen], runs[chosen])
    return small[chosen]


def bundled_network(kind: Kind = "simple_rnn") -> Picked:
    """The small network of this kind that comes with the lab."""
    return Picked(_bundled(kind), f"Small {KIND_TITLES[kind]} of the lab", None)


def _run_title(run: Run) -> str:
    accuracy = "" if run.held_out_accuracy is None else f", {run.held_out_accuracy:.0%}"
    return f"{run.name} ({KIND_TITLES[run.kind]}{accuracy})"


@st.cache_resource(show_spinner=False)
def _bundled(kind: Kind) -> Classifier:
    return bundled(kind)
