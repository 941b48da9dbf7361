"""The first thing that a visitor sees: a small network reads their sentence, word by word, and answers while they type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from rnn_core.figures.theme import percent, plain
from rnn_core.lenses.picture import Picture, PictureError, picture
from ui.linked import linked_choice
from ui.order_networks import bundled_network as role_network
from ui.run_picker import bundled_network as review_network
from ui.unrolled_view import unrolled_view

LONGEST = 200  # characters


@dataclass(frozen=True)
class Asked:
    """A question that one of the bundled networks was trained to answer, with two sentences that change the answer."""

    title: str
    sentences: tuple[str, str]
    meaning: Mapping[str, str]  # label -> what the answer says
    trained_on: str


QUESTIONS: dict[str, Asked] = {
    "roles": Asked(
        "Who got bitten?",
        ("the dog bit the man", "the man bit the dog"),
        {"person": "a **person** was acted upon", "animal": "an **animal** was acted upon"},
        "8,000 generated sentences of who did what to whom, and knows only the words in them",
    ),
    "reviews": Asked(
        "Did they like the film?",
        ("a slow start , but a moving and funny film", "a funny start , but a slow and dull film"),
        {"positive": "the writer **liked** it", "negative": "the writer did **not like** it"},
        "short film reviews",
    ),
}


@st.fragment
def start_reading() -> None:
    """The sentence box and the network unrolled over what stands in it; only this part runs again while one types."""
    name = linked_choice(
        st.segmented_control,
        "What the network is asked",
        {key: asked.title for key, asked in QUESTIONS.items()},
        "asks",
        "roles",
        required=True,
        label_visibility="collapsed",
    )
    asked, key = QUESTIONS[name], f"read_{name}"
    classifier = role_network("simple_rnn") if name == "roles" else review_network("simple_rnn").classifier
    text = st.text_input(
        "Type a sentence: the network reads along",
        asked.sentences[0],
        max_chars=LONGEST,
        key=key,
        bind="query-params",
        live="100ms",
    )
    with st.container(horizontal=True, key="start_switch"):
        for number, sentence in enumerate(asked.sentences):
            st.button(
                sentence, key=f"{key}_{number}", on_click=_put, args=(key, sentence), disabled=text == sentence, type="secondary"
            )
    try:
        drawn = picture(classifier, text)
    except PictureError:
        st.info("There is no word to read yet: type a sentence.")
        return
    st.markdown(_answer(drawn, asked))
    unrolled_view(drawn, f"start_{name}", asked="so far")
    st.caption(_how_to_read(drawn, asked))


def _answer(drawn: Picture, asked: Asked) -> str:
    last = drawn.trace.probabilities[-1]
    label = int(last.argmax())
    said = asked.meaning[drawn.classifier.label_names[label]]
    return f"The network’s answer: {said}, {percent(float(last[label]))}."


def _how_to_read(drawn: Picture, asked: Asked) -> str:
    right = float(drawn.classifier.notes["accuracy"]["value"])
    lines = [
        "Each box is the same cell at another moment: it reads the word below and the state from its left, and writes the state "
        f"to its right. A state is {drawn.classifier.spec.units} numbers, drawn as a strip of colour, and all that the network "
        "knows of the words before. Above each word stands its answer if the text ended there.",
        f"This small network was trained on {asked.trained_on}. It gets {percent(right)} of such texts right that it never saw.",
    ]
    unknown = _unknown(drawn)
    if unknown:
        named = ", ".join(f"`{plain(word).replace('`', '')}`" for word in unknown)
        lines.append(f"It does not know {named}: all unknown words look the same to it.")
    if drawn.lost:
        lines.append(f"It reads {drawn.classifier.spec.time_steps} words; the last {len(drawn.lost)} were cut off.")
    return " ".join(lines)


def _unknown(drawn: Picture) -> list[str]:
    words = zip(drawn.trace.tokens, drawn.trace.unknown, strict=True)
    return list(dict.fromkeys(word for word, is_unknown in words if is_unknown))


def _put(key: str, sentence: str) -> None:
    st.session_state[key] = sentence
