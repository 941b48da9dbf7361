"""What the Hidden states page needs of a network besides the visitor's text, kept in memory: real texts and their states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from lab import results
from rnn_core.bundled import bundled_untrained, held_out_texts
from rnn_core.lenses.attribution import Attribution, attribution
from rnn_core.lenses.states_epochs import Stage, stages
from rnn_core.lenses.states_held import Ranking, rank_units
from rnn_core.lenses.states_reference import RealTexts, ReferenceStates, real_texts, reference_states
from rnn_core.lenses.states_source import CELL_STATE, SEEN, STATE, Source, WordStates, layers_of, quantities_of, word_states
from rnn_core.lenses.trajectory import Axes, Plane, plane_of
from ui.run_picker import Picked
from ui.session import lab

LAYER_TITLES = {
    SEEN: "what the output layer reads",
    "": "layer 1",
    "backward/": "layer 1, backwards",
    "recurrent_2/": "layer 2",
    "backward_2/": "layer 2, backwards",
}
KEPT_SECONDS = 600  # that what follows from a text is kept
MOST_STAGES = 24  # epochs that are drawn: more would be slow to read and to look at


@dataclass(frozen=True)
class Watched:
    """A network and what of it is watched, with the real texts that it is seen against."""

    picked: Picked
    source: Source
    texts: RealTexts
    reference: ReferenceStates

    @property
    def layer(self) -> str:
        """The recurrent layer whose units can be held: the watched one, or the topmost where it is what the output layer "
        "reads."""
        found = (self.source.layer, *layers_of(self.picked.classifier.spec))
        return next(layer for layer in found if layer != SEEN)

    @property
    def texts_title(self) -> str:
        """Whose real texts these are."""
        return "held-out texts of this run" if self.picked.run else "film reviews that the network was not trained on"

    def states(self, text: str) -> WordStates:
        """The vector after each word of a text; kept for a while, for most controls leave the text as it is."""
        return _states(_key(self.picked), self.source, text, self)

    def attribution(self, text: str) -> Attribution:
        """What each word of a text did to the answer."""
        return _attribution(_key(self.picked), text, self)

    def plane(self, axes: Axes) -> Plane:
        """The plane that the states are drawn in."""
        return _plane(_key(self.picked), self.source, axes, self)

    def ranking(self) -> Ranking:
        """The units of the layer by what they are worth to the accuracy."""
        return _ranking(_key(self.picked), self.layer, self)

    def stages(self) -> tuple[Stage, ...]:
        """The network before its training and after epochs of it, the last of them as it is now."""
        return _stages(_key(self.picked), self)


def choose_source(picked: Picked) -> Source:
    """Which layer and which of its quantities are watched; nothing is asked where there is nothing to choose."""
    spec = picked.classifier.spec
    layers = layers_of(spec)
    layer, quantity = layers[0], STATE
    with st.container(horizontal=True):
        if len(layers) > 1:
            help_ = "A layer of the network in one of its directions, or all that the output layer reads of them."
            layer = _choice("Layer", layers, LAYER_TITLES, "layer", help_)
        quantities = quantities_of(spec, layer)
        if len(quantities) > 1:
            titles = {STATE: "hidden state", CELL_STATE: "cell state"}
            help_ = "The hidden state is what is handed on; gates decide what of it is kept and what is written."
            quantity = _choice("Show", quantities, titles, "show", help_)
    return Source(layer, quantity)


def watch(picked: Picked, source: Source) -> Watched:
    """The real texts and their states, computed when a network is looked at for the first time."""
    key = _key(picked)
    texts = _texts(key, picked)
    return Watched(picked, source, texts, _reference(key, source, picked, texts))


def _choice(label: str, options: tuple[str, ...], titles: dict[str, str], key: str, help_: str) -> str:
    if st.session_state.get(key) not in (None, *options):  # of a network that was looked at before
        del st.session_state[key]
    return st.selectbox(
        label, options, format_func=lambda one: titles.get(one, one), key=key, bind="query-params", help=help_, width=260
    )


def _key(picked: Picked) -> tuple[str, ...]:
    run = picked.run
    return (run.owner, run.id, str(run.segment)) if run else ("", "bundled", picked.classifier.spec.kind)


@st.cache_resource(show_spinner="Reading real texts …", max_entries=6)
def _texts(key: tuple[str, ...], _picked: Picked) -> RealTexts:
    if _picked.run is None:
        held_out = held_out_texts()
        return real_texts(_picked.classifier, held_out.texts, held_out.labels)
    found = results.held_out(lab().artifacts, _picked.run)
    return real_texts(_picked.classifier, found.texts, found.labels)


@st.cache_resource(show_spinner="Following the state through real texts …", max_entries=6)
def _reference(key: tuple[str, ...], source: Source, _picked: Picked, _real: RealTexts) -> ReferenceStates:
    return reference_states(_picked.classifier, _real, source)


@st.cache_resource(show_spinner=False, max_entries=64, ttl=KEPT_SECONDS)
def _states(key: tuple[str, ...], source: Source, text: str, _watched: Watched) -> WordStates:
    return word_states(_watched.picked.classifier, text, source)


@st.cache_resource(show_spinner=False, max_entries=64, ttl=KEPT_SECONDS)
def _attribution(key: tuple[str, ...], text: str, _watched: Watched) -> Attribution:
    return attribution(_watched.picked.classifier, text)


@st.cache_resource(show_spinner=False, max_entries=32)
def _plane(key: tuple[str, ...], source: Source, axes: Axes, _watched: Watched) -> Plane:
    return plane_of(_watched.picked.classifier, _watched.reference, axes)


@st.cache_resource(show_spinner="Switching off one unit after the other …", max_entries=32)
def _ranking(key: tuple[str, ...], layer: str, _watched: Watched) -> Ranking:
    reference = _watched.reference
    if reference.source != Source(layer, STATE):
        reference = reference_states(_watched.picked.classifier, _watched.texts, Source(layer, STATE))
    return rank_units(_watched.picked.classifier, _watched.texts, reference)


@st.cache_resource(show_spinner="Reading the weights of every epoch …", max_entries=2)
def _stages(key: tuple[str, ...], _watched: Watched) -> tuple[Stage, ...]:
    picked = _watched.picked
    seen = _reference(key, Source(), picked, _watched.texts)
    last = _plane(key, Source(), "answer", Watched(picked, Source(), _watched.texts, seen))
    if picked.run is None:
        kind, epochs = picked.classifier.spec.kind, int(picked.classifier.notes["epochs"])
        return stages([(0, bundled_untrained(kind)), (epochs, picked.classifier)], _watched.texts, last)
    kept = results.epochs_kept(lab().artifacts, picked.run)
    chosen = sorted({kept[place] for place in np.linspace(0, len(kept) - 1, min(MOST_STAGES, len(kept))).round().astype(int)})
    earlier = [(epoch, results.classifier_after(lab().artifacts, picked.run, epoch)) for epoch in chosen]
    return stages(earlier, _watched.texts, last)
