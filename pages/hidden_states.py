"""The Hidden states page: watch the running memory of a trained network move, word by word."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import streamlit as st

from rnn_core.bundled import example_reviews
from rnn_core.data.tokens import tokenize
from rnn_core.figures.theme import plain
from rnn_core.lenses.states_source import STATE, Source, WordStates
from rnn_core.lenses.trajectory import MOST_PATHS
from ui import frame
from ui.guess import guess
from ui.run_picker import Picked, pick_network
from ui.states_panels import heat_panel, path_panel, training_panel, verdict_panel
from ui.states_source import choose_source, watch
from ui.states_take_away import take_away
from ui.states_units_panel import units_panel

FIRST_TEXT = "the acting is fine and the story starts well , but the second half is a dull , overlong mess"
LONGEST = 3_000  # characters, about 500 words
EXAMPLES = {
    "A review that turns": (FIRST_TEXT, ""),
    "Two orders of the same words": ("bad , but i loved it", "i loved it , but bad"),
    "Ten lengths": (
        "funny",
        "\n".join(
            (
                "dull",
                "a funny film",
                "a dull film",
                "a very funny and charming film",
                "a very dull and empty film",
                "it is funny , warm and beautifully acted from the first minute",
                "it is dull , flat and badly acted from the first minute",
                "the kind of film that starts as a dull mess and ends as a moving , funny and wonderful piece of work",
                "the kind of film that starts as a moving , funny and wonderful piece of work and ends as a dull mess",
            )
        ),
    ),
    "300 words": (example_reviews()[2], ""),
}
VIEWS = ("Path", "Heat map", "Verdict", "Units", "Training", "Take away")


def fill(text: str, also: str) -> None:
    """Puts an example into the boxes."""
    st.session_state["text"], st.session_state["also"] = text, also


def choose_text() -> str:
    """The text that is followed."""
    if "text" not in st.session_state and "text" not in st.query_params:
        fill(*EXAMPLES["A review that turns"])
    text = st.text_area(
        "A text",
        key="text",
        max_chars=LONGEST,
        height=80,
        bind="query-params",
        help="Ctrl and Enter, or a click beside it, reads it.",
    )
    return text or ""


def choose_others() -> list[str]:
    """Examples to fill in, and the texts that are drawn beside the first."""
    with st.container(horizontal=True):
        for title, example in EXAMPLES.items():
            st.button(title, on_click=fill, args=example, key=f"example_{title}", type="tertiary")
        with st.popover("Compare", icon=":material/compare_arrows:"):
            also = st.text_area(
                "Texts beside it, one a line",
                key="also",
                max_chars=LONGEST,
                height=200,
                bind="query-params",
                help=f"Up to {MOST_PATHS - 1}; the path of each is drawn.",
            )
    others = [line for line in (also or "").splitlines() if line.strip()]
    if len(others) >= MOST_PATHS:
        st.caption(f"The first {MOST_PATHS - 1} texts to compare are drawn.")
    return others[: MOST_PATHS - 1]


def ask(words: WordStates, number: int) -> None:
    """The guess before the look: which word moves the memory most."""
    places = {word: place for place, word in enumerate(words.tokens) if word.isalpha() and words.tokens.count(word) == 1}
    order = sorted(places, key=lambda word: -words.moved[places[word]])
    if len(order) < 3:
        return
    options = sorted([order[0], order[len(order) // 2], order[-1]], key=places.__getitem__)
    moved = {word: float(words.moved[places[word]]) for word in options}
    said = ", ".join(f"“{plain(word)}” {moved[word]:.2f}" for word in options)
    guess(
        "Before you play it: after which of these words will the memory have moved farthest?",
        [f"“{plain(word)}”" for word in options],
        options.index(order[0]),
        f"As distances in the space of all units: {said}. A word that moves the memory far need not move the answer.",
        key=f"guess_moved_{number}",
    )


def not_read(words: WordStates, steps: int) -> None:
    """Which words the network does not know, and which it did not read."""
    unknown = [word for word, is_unknown in zip(words.tokens, words.unknown, strict=True) if is_unknown]
    if unknown:
        named = ", ".join(f"`{plain(word).replace('`', '')}`" for word in dict.fromkeys(unknown[:12]))
        st.caption(
            f"Not in the vocabulary: {len(unknown)} of {len(words.tokens)} words ({named}). Such words all look the same to the "
            "network."
        )
    if words.cut:
        st.caption(f"This network reads {steps:,} words; the last {words.cut:,} of this text were cut off.")


def look(picked: Picked, source: Source, texts: list[str]) -> None:
    """The sections; only the one that is open is computed."""
    watched = watch(picked, source)
    words = watched.states(texts[0])
    not_read(words, picked.classifier.spec.time_steps)
    if not np.isfinite(words.states).all():
        st.error("The state of this network grows beyond all numbers on this text: there is nothing to draw.")
        return
    if source.quantity == STATE:
        ask(words, crc32(f"{picked.title} {texts[0]}".encode()))
    tabs = dict(zip(VIEWS, st.tabs(VIEWS, key="look", bind="query-params", on_change="rerun"), strict=True))
    panels = {
        "Path": lambda: path_panel(watched, texts),
        "Heat map": lambda: heat_panel(watched, texts[0]),
        "Verdict": lambda: verdict_panel(watched, texts[0]),
        "Units": lambda: units_panel(watched, texts[0]),
        "Training": lambda: training_panel(watched, texts[0]),
        "Take away": lambda: take_away(watched, texts[0]),
    }
    for view, tab in tabs.items():
        if tab.open:
            with tab:
                panels[view]()


frame.open_page(
    "Hidden states",
    "All that a recurrent network knows of a text stands in a few numbers. Watch them move with every word, and the answer "
    "with them.",
)
left, right = st.columns([2, 3])
with left:
    picked = pick_network(recurrent=True)
    source = choose_source(picked)
with right:
    text = choose_text()
others = choose_others()
if not picked.classifier.spec.is_recurrent:
    st.info("This network has no hidden state that is passed from word to word: choose a recurrent one.")
elif not tokenize(text):
    st.info("There is no word to read yet: type a text.")
else:
    look(picked, source, [text, *filter(tokenize, others)])
