"""Two sentences of the same words: what the visitor types, and what every network answers to both."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rnn_core.data.csv_out import safe_csv
from rnn_core.data.roles import RoleSentences, role_sentences, twins
from rnn_core.data.tokens import tokenize
from rnn_core.figures import order as figures
from rnn_core.figures.theme import percent, plain
from rnn_core.lenses.order_pair import pair_answers, unknown_words
from ui import frame
from ui.order_networks import RoleNetwork

FIRST, SECOND = "the dog bit the man", "the man bit the dog"
LONGEST = 200  # characters
REASONS = {
    "bag_of_words": "**Bag of words** takes the mean of its word vectors, and a mean is the same in any order.",
    "transformer_without_positions": "**A transformer without positions** lets each word attend to the same set of words and "
    "takes the mean over them, so nothing in it says which word came first.",
}


def pair_inputs() -> tuple[str, str] | None:
    """The two sentences; None, with the reason shown, where they have no order to compare."""
    left, right = st.columns(2)
    with left:
        first = st.text_input("First sentence", FIRST, max_chars=LONGEST, key="first", bind="query-params", live="100ms")
    with right:
        second = st.text_input("Second sentence", SECOND, max_chars=LONGEST, key="second", bind="query-params", live="100ms")
    with st.container(horizontal=True):
        st.button(
            "A random pair",
            on_click=_draw,
            icon=":material/casino:",
            key="random_pair",
            help="From the held-out sentences: these two actors and this verb never met in training.",
        )
        st.button("Back to the dog and the man", on_click=_put, args=(FIRST, SECOND), key="first_pair")
    words = [tokenize(text) for text in (first, second)]
    if not all(words):
        st.info("Type two sentences: there is no word to read yet.")
        return None
    if max(map(len, words)) < 2:
        st.info("A text of one word has no order. Type at least two words.")
        return None
    return first, second


def show_unknown(pair: tuple[str, str], networks: Sequence[RoleNetwork]) -> None:
    """Which words stand outside the vocabulary, and which were cut off: the same for all networks of the set."""
    classifier = networks[0].classifier
    read = [unknown_words(classifier, text) for text in pair]
    unknown = list(dict.fromkeys(word for words in read for word, is_unknown in words if is_unknown))
    if unknown:
        named = ", ".join(f"`{plain(word).replace('`', '')}`" for word in unknown)
        nothing = any(all(is_unknown for _, is_unknown in words) for words in read)
        rest = "one sentence has no other word to go by" if nothing else "the answers rest on the other words"
        st.caption(
            f":material/help: Outside the vocabulary: {named}. To these networks, which know the words of the generated "
            f"sentences and no others, they all look the same; {rest}."
        )
    for name, text, words in zip(("first", "second"), pair, read, strict=True):
        if cut := len(tokenize(text)) - len(words):
            st.caption(
                f"These networks read {classifier.spec.time_steps} words; the last {cut} of the {name} sentence are cut off."
            )


def show_answers(pair: tuple[str, str], networks: Sequence[RoleNetwork]) -> None:
    """Every network's two answers as a figure and a table, and why some differences are exactly nothing."""
    rows = [figures.PairRow(one.title, one.kind, pair_answers(one.classifier, *pair), one.control) for one in networks]
    frame.show(
        figures.pair_answers(rows),
        figures.describe_pair_answers(rows),
        key="pair_answers",
        how_to_read="Where dot and diamond lie on one another, the network gives both sentences the same answer. On the right "
        "half it says that the person was acted upon, on the left the animal. One pair proves little: the meter below asks "
        "thousands.",
    )
    table = _table(rows)
    st.dataframe(table, hide_index=True, key="pair_table")
    if sorted(tokenize(pair[0])) == sorted(tokenize(pair[1])):
        st.markdown("  \n".join(REASONS.values()))
    else:
        st.caption("These two sentences do not have the same words, so even a model that only counts words may tell them apart.")
    st.markdown(
        "**The untrained SimpleRNN** gives two different numbers as well: *reading* the order is built into the recurrence. "
        "What to do with it is learned. Its answers stand near one half; on which side of it is chance."
    )
    st.download_button(
        "These answers as CSV",
        lambda: safe_csv(table),
        "word-order-pair.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="pair_csv",
    )


def _table(rows: Sequence[figures.PairRow]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {"network": [row.title for row in rows]}
    for place, name in enumerate(("first sentence", "second sentence")):
        answers = [(row.answers.first, row.answers.second)[place] for row in rows]
        names = rows[0].answers.label_names
        table[name] = [f"{names[int(answer.argmax())]}, {percent(float(answer.max()), 2)}" for answer in answers]
    table["difference"] = ["exactly 0" if row.answers.difference == 0 else f"{row.answers.difference:.6f}" for row in rows]
    table["tells them apart"] = ["yes" if row.answers.told_apart else "no" for row in rows]
    return table


def _draw() -> None:
    part = all_sentences().unseen_pairs
    number = st.session_state.get("pair_number", 0) * 7919 % (len(part) // 2)  # a prime: far apart in the set, none twice
    st.session_state.pair_number = st.session_state.get("pair_number", 0) + 1
    _put(*twins(part, number))


def _put(first: str, second: str) -> None:
    st.session_state.first, st.session_state.second = first, second


@st.cache_resource(show_spinner=False)
def all_sentences() -> RoleSentences:
    """The generated set; about half a second, so only on demand."""
    return role_sentences()
