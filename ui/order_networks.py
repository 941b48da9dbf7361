"""The networks that answer on the word order page: one of every kind that comes with the lab, the visitor's, and a control."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lab.records import Run
from rnn_core.bundled import WITHOUT_POSITIONS, Network, bundled, bundled_untrained, record
from rnn_core.classifier import Classifier
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import RECURRENT_KINDS, Kind
from ui.session import classifier_of, lab, owner

SET = "roles"
TITLES: dict[Network, str] = {
    "simple_rnn": KIND_TITLES["simple_rnn"],
    "gru": KIND_TITLES["gru"],
    "lstm": KIND_TITLES["lstm"],
    "bag_of_words": KIND_TITLES["bag_of_words"],
    "dense": "Dense, fixed places",
    "conv1d": "Conv1D with pooling",
    WITHOUT_POSITIONS: "Transformer without positions",
    "transformer": "Transformer with positions",
}


def network_kind(name: Network) -> Kind:
    """The kind of a bundled network."""
    return "transformer" if name == WITHOUT_POSITIONS else name


@dataclass(frozen=True)
class RoleNetwork:
    """One network that was trained on role sentences. control: it was not trained at all. mine: the visitor trained it."""

    key: str
    title: str
    kind: Kind
    classifier: Classifier
    control: bool = False
    mine: bool = False

    @property
    def is_recurrent(self) -> bool:
        """Whether it carries a hidden state from word to word."""
        return self.kind in RECURRENT_KINDS


def bundled_role_networks() -> tuple[RoleNetwork, ...]:
    """Those that come with the lab, in the order of the page."""
    return tuple(RoleNetwork(name, TITLES[name], network_kind(name), bundled_network(name)) for name in record(SET)["models"])


def role_networks() -> tuple[RoleNetwork, ...]:
    """All of them: the bundled ones, the newest that the visitor trained of each kind, and the untrained SimpleRNN."""
    own = tuple(
        RoleNetwork(f"mine-{kind}", f"{KIND_TITLES[kind]}, trained by you", kind, classifier_of(run), mine=True)
        for kind, run in newest_role_runs().items()
    )
    control = RoleNetwork("untrained", "SimpleRNN, untrained", "simple_rnn", _untrained(), control=True)
    return (*bundled_role_networks(), *own, control)


def newest_role_runs() -> dict[Kind, Run]:
    """The visitor's newest finished training on role sentences of each kind."""
    runs = [run for run in lab().store.runs(owner()) if run.job == "train" and run.data.sample == SET and run.has_result]
    return {run.kind: run for run in reversed(runs)}


@st.cache_resource(show_spinner=False)
def bundled_network(name: Network) -> Classifier:
    """One of those that come with the lab."""
    return bundled(name, SET)


@st.cache_resource(show_spinner=False)
def _untrained() -> Classifier:
    return bundled_untrained("simple_rnn", SET)
