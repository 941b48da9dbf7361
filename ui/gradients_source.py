"""What the Backpropagation page asks of a network, kept in memory: a text's backward pass, real texts, turns of the dial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from lab import results
from rnn_core.bundled import held_out_texts
from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate
from rnn_core.figures.theme import plain
from rnn_core.lenses.dial import Dial, DialSetting, DialTexts, compare_settings, dial, read_dial_texts
from rnn_core.lenses.gradients import Fading, ThroughTime, gradient_fading, jacobian_fading, through_time
from rnn_core.models.weights import recurrent_prefixes
from ui.linked import linked_choice
from ui.run_picker import Picked
from ui.session import lab
from ui.states_source import LAYER_TITLES

Fades = Literal["gradient", "state"]
FIRST_TEXT = "the acting is fine and the story starts well , but the second half is a dull , overlong mess"
OWN, REAL = "own", "real"
LONGEST = 3_000  # characters, about 500 words
MOST_BUTTONS = 4  # labels up to which each has a button
KEPT_SECONDS = 600  # that what follows from a text is kept
MOST_TEXTS = 300  # real texts of one network that are looked at
MOST_FADING = 200  # of which the gradient's fading is averaged
_WORK = 2e7  # words times units squared that an answer over many texts may cost


@dataclass(frozen=True)
class RealTexts:
    """Up to 300 held-out texts with their labels, in an order drawn with a fixed seed."""

    texts: tuple[str, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Followed:
    """A network, one of its layers, and the text with the label whose loss is followed back."""

    picked: Picked
    layer: str
    text: str
    label: int
    real: RealTexts

    @property
    def classifier(self) -> Classifier:
        """The network."""
        return self.picked.classifier

    @property
    def label_name(self) -> str:
        """As it may be shown."""
        return plain(self.classifier.label_names[self.label])

    @property
    def texts_title(self) -> str:
        """Whose real texts these are."""
        return "held-out texts of this run" if self.picked.run else "film reviews that the network was not trained on"

    def through(self) -> ThroughTime:
        """The backward pass of the text."""
        return _through(network_key(self.picked), self.text, self.label, self.layer, self.classifier)

    def fading(self, what: Fades) -> Fading:
        """How the gradient, or the last state's dependence on earlier ones, fades over real texts."""
        return _fading(network_key(self.picked), self.layer, what, self)

    def dial_texts(self) -> DialTexts:
        """The real texts as the dial needs them."""
        return _dial_texts(network_key(self.picked), self)

    def dial(self, setting: DialSetting) -> Dial:
        """The first forward layer under one setting."""
        return _dial(network_key(self.picked), self.text, self.label, setting, self)

    def compared(self, settings: tuple[DialSetting, ...]) -> tuple[Estimate | None, ...]:
        """How fast each setting fades over the same real texts."""
        return _compared(network_key(self.picked), settings, self)


def follow(picked: Picked) -> Followed | None:
    """Asks which text and layer; None, with the reason shown, where there is nothing to follow."""
    spec = picked.classifier.spec
    if not spec.is_recurrent:
        st.info("This network passes no state from word to word, so no gradient comes back through time: choose a recurrent one.")
        return None
    real = real_texts(picked)
    text, label = _text(picked, real)
    layer = _layer(picked)
    if not tokenize(text):
        st.info("There is no word to go back through yet: type a text.")
        return None
    cut = len(tokenize(text)) - spec.time_steps
    if cut > 0:
        st.caption(f"This network reads {spec.time_steps:,} words; the last {cut:,} of this text are cut off.")
    return Followed(picked, layer, text, label, real)


def network_key(picked: Picked) -> tuple[str, ...]:
    """What tells one trained network from all others."""
    run = picked.run
    return (run.owner, run.id, str(run.segment)) if run else ("", "bundled", picked.classifier.spec.kind)


def real_texts(picked: Picked) -> RealTexts:
    """Texts that the network was not trained on."""
    return _real_texts(network_key(picked), picked)


def _text(picked: Picked, real: RealTexts) -> tuple[str, int]:
    titles = {OWN: "my own words", REAL: "a held-out text"}
    help_ = "A held-out text is one that the network was not trained on, with its true label."
    with st.container(horizontal=True):
        own = linked_choice(st.segmented_control, "Text", titles, "from", OWN, required=True, help=help_) == OWN
        label = _label(picked) if own else 0
    if own:
        return _own_text(), label
    _leave_out_of_range("number", len(real.texts))
    number = st.number_input("Number of the text", 1, len(real.texts), 1, key="number", bind="query-params", width=200)
    text, label = real.texts[number - 1], real.labels[number - 1]
    shown = plain(text, 600).replace("$", "\\$").replace("`", "'")
    st.caption(f"“{shown}” Label: {plain(picked.classifier.label_names[label])}.")
    return text, label


def _own_text() -> str:
    if "text" not in st.session_state and "text" not in st.query_params:
        st.session_state["text"] = FIRST_TEXT
    help_ = "Ctrl and Enter, or a click beside it, reads it."
    text = st.text_area("Words", key="text", max_chars=LONGEST, height=80, bind="query-params", help=help_)
    return text or ""


def _label(picked: Picked) -> int:
    titles = {str(number): name for number, name in enumerate(picked.classifier.label_names)}
    help_ = "The loss is small where the network gives this label, and large where it does not."
    if len(titles) > MOST_BUTTONS:
        return int(linked_choice(st.selectbox, "Its label", titles, "label", "0", help=help_))
    return int(linked_choice(st.segmented_control, "Its label", titles, "label", "0", help=help_, required=True))


def _layer(picked: Picked) -> str:
    prefixes = [prefix for prefix, _ in recurrent_prefixes(picked.classifier.spec)]
    if len(prefixes) == 1:
        return prefixes[0]
    titles = {str(number): LAYER_TITLES[prefix] for number, prefix in enumerate(prefixes)}
    return prefixes[int(linked_choice(st.selectbox, "Layer", titles, "layer_number", "0", width=260))]


def _leave_out_of_range(key: str, most: int) -> None:
    """A number that another network, or a link, left behind and that this one does not have."""
    value = st.session_state.get(key)
    if isinstance(value, int) and not 1 <= value <= most:
        st.session_state[key] = most


@st.cache_resource(show_spinner="Reading real texts …", max_entries=8)
def _real_texts(key: tuple[str, ...], _picked: Picked) -> RealTexts:
    texts: Sequence[str]
    if _picked.run is None:
        bundled = held_out_texts()
        texts, labels = bundled.texts, np.asarray(bundled.labels)
    else:
        held_out = results.held_out(lab().artifacts, _picked.run)
        texts, labels = held_out.texts, held_out.labels
    order = [row for row in np.random.default_rng(0).permutation(len(texts)).tolist() if tokenize(texts[row])][:MOST_TEXTS]
    return RealTexts(tuple(texts[row] for row in order), tuple(int(labels[row]) for row in order))


@st.cache_resource(show_spinner=False, max_entries=32, ttl=KEPT_SECONDS)
def _through(key: tuple[str, ...], text: str, label: int, layer: str, _classifier: Classifier) -> ThroughTime:
    return through_time(_classifier, text, label, layer)


@st.cache_resource(show_spinner="Going back through real texts …", max_entries=16)
def _fading(key: tuple[str, ...], layer: str, what: Fades, _followed: Followed) -> Fading:
    real, classifier = _followed.real, _followed.classifier
    if what == "gradient":
        return gradient_fading(classifier, real.texts[:MOST_FADING], real.labels[:MOST_FADING], layer)
    return jacobian_fading(classifier, _affordable(classifier, real.texts[:MOST_FADING], 1), layer)


@st.cache_resource(show_spinner="Reading real texts for the dial …", max_entries=8)
def _dial_texts(key: tuple[str, ...], _followed: Followed) -> DialTexts:
    return read_dial_texts(_followed.classifier, _followed.real.texts, _followed.real.labels)


@st.cache_resource(show_spinner=False, max_entries=64, ttl=KEPT_SECONDS)
def _dial(key: tuple[str, ...], text: str, label: int, setting: DialSetting, _followed: Followed) -> Dial:
    return dial(_followed.classifier, text, label, _followed.dial_texts(), setting)


@st.cache_resource(show_spinner="Going back through real texts with every kernel …", max_entries=16)
def _compared(key: tuple[str, ...], settings: tuple[DialSetting, ...], _followed: Followed) -> tuple[Estimate | None, ...]:
    texts = _affordable(_followed.classifier, _followed.real.texts[:40], len(settings))
    return compare_settings(_followed.classifier, texts, settings)


def _affordable(classifier: Classifier, texts: Sequence[str], times: int) -> tuple[str, ...]:
    """As many of the first texts as may be gone through this many times: a large network reads fewer, but at least five."""
    spec = classifier.spec
    words = np.cumsum([min(len(tokenize(text)), spec.time_steps) for text in texts])
    handed_on = spec.units * (2 if spec.kind == "lstm" else 1)
    count = int(np.searchsorted(words * float(handed_on) ** 2 * times, _WORK))
    return tuple(texts[: max(5, count)])
