"""One text, answered while it is typed: the answer, the probability after every word, and the words that are not known."""

from __future__ import annotations

import streamlit as st

from rnn_core.figures.prediction import describe_probability_by_word, probability_by_word
from rnn_core.figures.theme import percent, plain
from rnn_core.lenses.reading import Reading, reading
from ui import frame
from ui.live_text import live_text
from ui.run_picker import Picked

FIRST_TEXT = "the acting is fine and the story starts well , but the second half is a dull , overlong mess"
LONGEST_TEXT = 400_000  # characters that are taken from the box
MOST_UNKNOWN = 30  # unknown words that are named


@st.fragment
def classify_text(picked: Picked) -> None:
    """The text box and all that follows from what stands in it; only this part of the page runs again while one types."""
    text = live_text("A text to classify", FIRST_TEXT, key="text_to_classify", rows=5, placeholder="Type or paste a text …")
    if len(text) > LONGEST_TEXT:
        st.error(f"This text has {len(text):,} characters; at most {LONGEST_TEXT:,} can be read here. Shorten it.")
        return
    result = reading(picked.classifier, text)
    if not result.tokens:
        st.info("There is no word to read yet: type or paste a text.")
        return
    _answer(result)
    _what_was_not_read(result, picked)
    frame.show(
        probability_by_word(result),
        describe_probability_by_word(result),
        key="probability_by_word",
        how_to_read="Each point is the answer if the text ended after that word; a diamond marks a word that turns it. The line "
        "shows how the answer moves as the text goes on, not why a word moves it.",
    )


def _answer(result: Reading) -> None:
    last = result.probabilities[-1]
    answer = int(last.argmax())
    left, right = st.columns([1, 2])
    left.metric("Answer", plain(result.label_names[answer]))
    right.metric("Probability", percent(float(last[answer])))
    if len(result.label_names) > 2:
        order = last.argsort()[::-1][:5]
        st.caption(" · ".join(f"{plain(result.label_names[label])} {percent(float(last[label]))}" for label in order))


def _what_was_not_read(result: Reading, picked: Picked) -> None:
    unknown = list(dict.fromkeys(word for word, is_unknown in zip(result.tokens, result.unknown, strict=True) if is_unknown))
    if unknown:
        named = ", ".join(f"`{plain(word).replace('`', '')}`" for word in unknown[:MOST_UNKNOWN])
        more = f" and {len(unknown) - MOST_UNKNOWN} more" if len(unknown) > MOST_UNKNOWN else ""
        words, strange = len(result.tokens), int(result.unknown.sum())
        count = f"{strange:,} of {words:,} words" if strange < words else f"All {words:,} words" if words > 1 else "This word"
        stand = "stands" if strange == 1 else "stand"
        rest = "there is nothing else to go by" if result.unknown.all() else "its answer rests on the others"
        st.caption(
            f"{count} {stand} outside the vocabulary: {named}{more}. Every such word looks the same to this network; {rest}."
        )
    if result.cut:
        steps = picked.classifier.spec.time_steps
        st.caption(f"This network reads {steps:,} words; the last {result.cut:,} of this text were cut off.")
