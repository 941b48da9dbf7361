"""The third part of the Backpropagation page: swap the opening of real reviews and see how long the answer depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st

from lab import results
from rnn_core.bundled import bundled_untrained, record
from rnn_core.classifier import Classifier
from rnn_core.data.csv_out import safe_csv
from rnn_core.data.samples import load_sample
from rnn_core.data.tokens import tokenize
from rnn_core.figures.opening import describe_opening_effects, opening_effects
from rnn_core.figures.theme import KIND_TITLES, plain
from rnn_core.lenses.opening import FOLLOWING, OPENINGS, OpeningEffect, OpeningError, opening_effect, reachable
from ui import frame
from ui.gradients_source import network_key
from ui.gradients_take_away import python_lines
from ui.linked import linked_choice
from ui.run_picker import Picked, bundled_network
from ui.session import lab

LONGEST = 200  # characters of an opening
LITTLE = 0.02  # distance of the two answers below which there is nothing to forget
MOST_OPENING = 40  # words of it
MEASURES = {"distance": "distance of the answers", "flips": "answers that it decides"}
_REVIEWS = 400  # real texts that are kept, long enough for any opening and 200 words after it


@dataclass(frozen=True)
class Network:
    """One line of the figure."""

    key: tuple[str, ...]
    title: str
    classifier: Classifier
    is_control: bool = False


@dataclass(frozen=True)
class Texts:
    """Real texts whose words follow the openings; following: None where it depends on the opening."""

    key: tuple[str, ...]
    title: str
    texts: tuple[str, ...]
    following: tuple[int, ...] | None


@st.fragment
def opening_panel(picked: Picked) -> None:
    """The two openings, the networks' lines, and what they say."""
    st.markdown(
        "The gradient says what a small change would do. Here the change is a real one: the opening of real reviews is swapped "
        "for its opposite, more and more of the review's own words follow, and the two answers are compared."
    )
    openings = _openings()
    with st.container(horizontal=True):
        measure = linked_choice(st.segmented_control, "Show", MEASURES, "measure", "distance", required=True)
        texts = _choose_texts(picked)
    shown = _measured(picked, openings, texts)
    if not shown:
        return
    names, found = [network.title for network, _ in shown], [effect for _, effect in shown]
    flips = measure == "flips"
    controls = [place for place, (network, _) in enumerate(shown) if network.is_control]
    st.markdown("\n".join(f"- {_headline(name, one, flips)}" for name, one in zip(names, found, strict=True)))
    frame.show(
        opening_effects(found, names, flips=flips, controls=controls),
        describe_opening_effects(found, names, flips),
        key="opening",
        how_to_read=f"Mean over {found[0].texts} {texts.title} with its 95 % interval, the same ones everywhere. At 0 only "
        "the opening has been read. Distance: how far the two probabilities lie apart, from 0 (no trace of the opening) to 100 % "
        "(nothing else counts). A line that falls may mean a memory that fades, but also an answer that other words outweigh, "
        "as it does in a bag of words, which forgets nothing. A network cannot lose what it never took in: the untrained one "
        "begins near 0.",
    )
    _take_away(picked, openings, names, found)


def _choose_texts(picked: Picked) -> Texts:
    """Whose words follow: long film reviews, or those of the run's own held-out texts."""
    reviews = Texts(("", "reviews"), "long film reviews", _reviews(), FOLLOWING)
    if picked.run is None:
        return reviews
    titles = {"reviews": "long film reviews", "held_out": "held-out texts of this run"}
    help_ = "The words that follow the opening. A run's own texts are often shorter: then fewer words can follow."
    if linked_choice(st.segmented_control, "Words from", titles, "words_from", "reviews", required=True, help=help_) == "reviews":
        return reviews
    found = results.held_out(lab().artifacts, picked.run).texts
    return Texts(network_key(picked), "held-out texts of this run", found, None)


def _measured(picked: Picked, openings: tuple[str, str], texts: Texts) -> list[tuple[Network, OpeningEffect]]:
    """Every network that can be asked with its answer; the reason is shown for one that cannot."""
    shown: list[tuple[Network, OpeningEffect]] = []
    said: dict[str, list[str]] = {}
    for network in _networks(picked):
        try:
            shown.append((network, _effect(network.key, openings, texts.key, network.classifier, texts)))
        except OpeningError as error:
            said.setdefault(str(error), []).append(plain(network.title))
    for reason, names in said.items():
        st.info(reason if len(names) > 1 else f"{names[0]}: {reason}")
    return shown


def _openings() -> tuple[str, str]:
    left, right = st.columns(2)
    with left:
        first = st.text_input("One opening", OPENINGS[0], max_chars=LONGEST, key="one", bind="query-params")
    with right:
        second = st.text_input("Its opposite", OPENINGS[1], max_chars=LONGEST, key="other", bind="query-params")
    return (first or "", second or "")


def _networks(picked: Picked) -> list[Network]:
    """The visitor's run, then the networks that come with the lab and an untrained one."""
    ours = [bundled_network(kind) for kind in record()["models"]]
    found = [Network(network_key(one), KIND_TITLES[one.classifier.spec.kind], one.classifier) for one in ours]
    found.append(Network(("", "untrained", "simple_rnn"), "SimpleRNN, untrained", _untrained(), is_control=True))
    if picked.run:
        found.insert(0, Network(network_key(picked), picked.run.name, picked.classifier))
    return found


def _headline(name: str, one: OpeningEffect, flips: bool) -> str:
    title, words = f"**{plain(name).replace('*', '')}**", one.following[-1]
    left = f" It cannot read {', '.join(map(str, one.not_read))} words after an opening." if one.not_read else ""
    if flips:
        first, last = one.flips[0], one.flips[-1]
        return (
            f"{title}: right after the opening it decides {first.percent(0)} of the answers, after {words} real words "
            f"{last.percent(1)}.{left}"
        )
    first, last = one.effect[0], one.effect[-1]
    begun = (
        f"{title}: right after the opening the two answers are {first.percent(0)} apart, after {words} real words "
        f"{last.percent(1)}"
    )
    if first.value < LITTLE:
        return f"{begun}. It took in too little of the opening for anything to be forgotten.{left}"
    gone = (
        f"; half of it is gone after {one.half_gone} {'word' if one.half_gone == 1 else 'words'}"
        if one.half_gone is not None
        else "; more than half of it is still there"
    )
    return f"{begun}{gone}.{left}"


def _take_away(picked: Picked, openings: tuple[str, str], names: list[str], found: list[OpeningEffect]) -> None:
    with st.expander("Take it away", icon=":material/download:"):
        st.download_button(
            "These numbers as CSV", lambda: safe_csv(_table(names, found)), "opening.csv", "text/csv",
            icon=":material/download:", on_click="ignore", key="opening_csv",
        )  # fmt: skip
        call = (
            'texts = load_sample("long_reviews").texts\n'
            f"found = opening_effect(model, texts, {openings!r})\n"
            "found.following, found.effect, found.flips"
        )
        imports = "from rnn_core.data.samples import load_sample\nfrom rnn_core.lenses.opening import opening_effect"
        st.code(python_lines(picked, imports, call), language="python")
        st.caption("The page draws its reviews with a seed from both labels; the lines above take the first ones.")


def _table(names: list[str], found: list[OpeningEffect]) -> dict[str, list[object]]:
    rows = [
        (name, n, effect, flip)
        for name, one in zip(names, found, strict=True)
        for n, effect, flip in zip(one.following, one.effect, one.flips, strict=True)
    ]
    columns: dict[str, list[object]] = {"network": [row[0] for row in rows], "words that follow": [row[1] for row in rows]}
    for title, place in (("distance of the answers", 2), ("share that the opening decides", 3)):
        for part in ("value", "low", "high"):
            columns[f"{title}, {part}"] = [getattr(row[place], part) for row in rows]
    return columns


@st.cache_resource(show_spinner="Reading real texts with both openings …", max_entries=64)
def _effect(
    key: tuple[str, ...], openings: tuple[str, str], texts_key: tuple[str, ...], _classifier: Classifier, _texts: Texts
) -> OpeningEffect:
    if max(len(tokenize(opening)) for opening in openings) > MOST_OPENING:
        raise OpeningError(f"An opening has at most {MOST_OPENING} words here, so that enough reviews are long enough for it.")
    following = _texts.following or reachable(_texts.texts, openings)
    if not following:
        raise OpeningError("Of this run's held-out texts fewer than 200 are longer than the opening: choose the film reviews.")
    return opening_effect(_classifier, _texts.texts, openings, following)


@st.cache_resource(show_spinner="Reading long film reviews …")
def _reviews() -> tuple[str, ...]:
    """Long reviews with room for every opening and 200 words after it, of both labels, drawn with a fixed seed."""
    sample = load_sample("long_reviews")
    found: list[str] = []
    needed = MOST_OPENING + max(FOLLOWING)
    for row in np.random.default_rng(0).permutation(len(sample.texts)).tolist():
        if len(tokenize(sample.texts[row])) >= needed:
            found.append(sample.texts[row])
        if len(found) == _REVIEWS:
            break
    return tuple(found)


@cache
def _untrained() -> Classifier:
    return bundled_untrained("simple_rnn")
