"""The form of a model's and a training's settings: each is declared once, bound to the URL, and checked by its specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import streamlit as st

from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import LIMITS, RECURRENT_KINDS, ModelSpec, SpecError, TrainSpec
from ui.linked import linked_choice


@dataclass(frozen=True)
class Setting:
    """How one field of a specification is asked for."""

    title: str
    help: str  # one line
    kinds: tuple[str, ...] = ()  # the kinds that have it; empty for all
    step: float = 1


_RECURRENT = tuple(RECURRENT_KINDS)
_SEQUENTIAL = (*_RECURRENT, "dense", "conv1d", "transformer")
MODEL_SETTINGS: dict[str, Setting] = {
    "kind": Setting("Kind", "How the words are read: one after another with a memory, or all at once."),
    "units": Setting("Units", "Numbers in the hidden state: the size of the memory.", _SEQUENTIAL),
    "time_steps": Setting("Time steps", "Words that are read; the rest of a longer text is cut off."),
    "features": Setting("Features", "Numbers that stand for one word: the width of the embedding."),
    "vocabulary": Setting("Vocabulary", "The most frequent words that are known, at most; 0 means 10,000."),
    "layers": Setting("Layers", "A second layer reads the states of the first.", _RECURRENT),
    "bidirectional": Setting("Both directions", "A second layer reads from the end to the start.", _RECURRENT),
    "pooling": Setting("The answer sees", "The last state, every state, or their mean or maximum over the words.", _RECURRENT),
    "activation": Setting("Activation", "What bends the sum into the new state.", _RECURRENT),
    "recurrent_initializer": Setting("Recurrent initializer", "The recurrent kernel before training.", _RECURRENT),
    "positions": Setting("Positions", "Whether each word carries its place in the text.", ("transformer",)),
    "heads": Setting("Heads", "Attention patterns side by side; they divide the features.", ("transformer",)),
    "kernel_size": Setting("Kernel size", "Words under one filter.", ("conv1d",)),
    "dropout": Setting("Dropout", "Share of what the answer sees that is switched off in training.", step=0.05),
    "embedding_dropout": Setting("Word dropout", "Share of words that are blanked in training.", step=0.05),
    "padding": Setting("Padding", "Where the zeros of a shorter text stand.", _SEQUENTIAL),
    "mask": Setting("Mask", "Padded steps leave the state as it was.", _SEQUENTIAL),
}
TRAIN_SETTINGS: dict[str, Setting] = {
    "epochs": Setting("Epochs", "Passes over the training part, at most."),
    "batch_size": Setting("Batch size", "Texts a step of the optimiser."),
    "learning_rate": Setting("Learning rate", "How far Adam steps.", step=0.0005),
    "held_out": Setting("Held out", "Share of the texts that training never sees.", step=0.05),
    "seed": Setting("Seed", "The same seed, data and settings give the same run."),
    "patience": Setting("Patience", "Epochs without a better held-out loss before training ends; 0 never ends early."),
    "min_count": Setting("Least count", "Occurrences that a word needs to be known."),
    "label_smoothing": Setting("Label smoothing", "Certainty taken from each label and spread over all.", step=0.05),
    "weight_decay": Setting("Weight decay", "How strongly weights are pulled to zero, as in AdamW.", step=0.005),
    "averaging": Setting("Weight averaging", "Decay of the running mean of the weights that is kept; 0 is off.", step=0.005),
    "clip_norm": Setting("Gradient clipping", "Longest gradient that is followed; 0 is off.", step=0.5),
}
FIRST_ROW = ("kind", "units", "time_steps", "epochs")
_SPECS: tuple[tuple[type[ModelSpec] | type[TrainSpec], dict[str, Setting]], ...] = (
    (ModelSpec, MODEL_SETTINGS),
    (TrainSpec, TRAIN_SETTINGS),
)
CHOICES = {**{str(kind): title for kind, title in KIND_TITLES.items()}, "mean_max": "mean and max", "glorot_uniform": "Glorot"}


def setting_title(name: str) -> str:
    """What a setting is called on the pages."""
    setting = MODEL_SETTINGS.get(name) or TRAIN_SETTINGS.get(name)
    return setting.title if setting else name.replace("_", " ").capitalize()


def fill(model: ModelSpec, train: TrainSpec) -> None:
    """Puts these settings into the form, before it is drawn."""
    for name, value in {**model.to_dict(), **train.to_dict()}.items():
        if name in MODEL_SETTINGS or name in TRAIN_SETTINGS:
            st.session_state[name] = value


def from_link(params: Mapping[str, str]) -> tuple[bool, list[str]]:
    """Whether a URL names settings, and a sentence for each of its values that is refused."""
    named = [name for name in params if name in MODEL_SETTINGS or name in TRAIN_SETTINGS]
    refused = []
    for name in named:
        spec = ModelSpec if name in MODEL_SETTINGS else TrainSpec
        try:
            spec.from_params({name: params[name]})
        except SpecError as error:
            if name in LIMITS or name == "kind":
                refused.append(f"The link asks for something that is not there: {error}")
    return bool(named), refused


def settings_form() -> tuple[ModelSpec, TrainSpec] | tuple[None, None]:
    """The form, and what it says; twice None, with the reason shown, where the settings do not go together."""
    kind = st.session_state.get("kind", ModelSpec.kind)
    values: dict[str, Any] = {}
    shown = {name: row for _, rows in _SPECS for name, row in rows.items() if not row.kinds or kind in row.kinds}
    first = [name for name in FIRST_ROW if name in shown]
    for name, column in zip(first, st.columns(len(first)), strict=True):
        with column:
            values[name] = _widget(name, shown[name])
    with st.expander("Every setting"):
        rest = [name for name in shown if name not in first]
        for start in range(0, len(rest), 4):
            for name, column in zip(rest[start : start + 4], st.columns(4), strict=False):
                with column:
                    values[name] = _widget(name, shown[name])
    try:
        model = ModelSpec(**{name: value for name, value in values.items() if name in MODEL_SETTINGS})
        return model, TrainSpec(**{name: value for name, value in values.items() if name in TRAIN_SETTINGS})
    except SpecError as error:
        st.error(str(error))
        return None, None


def _widget(name: str, setting: Setting) -> Any:
    spec = ModelSpec if name in MODEL_SETTINGS else TrainSpec
    hint, default = get_type_hints(spec)[name], getattr(spec, name)
    shared: dict[str, Any] = {"key": name, "help": setting.help, "bind": "query-params"}
    options = get_args(hint)
    if options:
        titles = {option: CHOICES.get(option, option) for option in options}
        return linked_choice(st.selectbox, setting.title, titles, name, default, help=setting.help)
    if hint is bool:
        return st.toggle(setting.title, default, **shared)
    least, most = (hint(limit) for limit in LIMITS[name])
    if name == "vocabulary":
        least = 0
    step = hint(setting.step)
    text_form = None if hint is int else "%.4g"
    return st.number_input(setting.title, least, most, default, step, format=text_form, **shared)
