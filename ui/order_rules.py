"""How the role sentences are made, where the networks are weak on them, and the set to take away."""

from __future__ import annotations

import streamlit as st

from rnn_core.bundled.order import recorded_parts, recorded_rules
from rnn_core.data.csv_out import safe_csv
from rnn_core.figures import order as figures
from rnn_core.figures.theme import percent
from ui import frame
from ui.order_networks import bundled_role_networks
from ui.order_pair import all_sentences

_DRAWN = ("simple_rnn", "lstm", "transformer", "dense", "bag_of_words")


def show_rules() -> None:
    """The rules with their numbers."""
    rules = recorded_rules()
    st.markdown(
        f"""
Each sentence has one person and one animal and is labelled by which of the two was **acted upon**. They are put together from
{rules["persons"]} persons, {rules["animals"]} animals, {rules["verbs"]} verbs, {rules["adjectives"]} adjectives, articles and
{rules["openings"]} openings of one to nine words, active or passive, singular or plural, 3 to 20 words long.

- **Counting words is worth exactly 50 %.** Every sentence stands in the set a second time with its roles swapped: the same words,
  the other label.
- **Held out** are {rules["unseen_pairs"]:,} sentences whose person, animal and verb never met in the {rules["train"]:,} training
  sentences: {rules["pairs_held_out"]} pairs of actors of {rules["pairs_held_out"] + rules["pairs_seen"]} are kept for them.
- **A harder split** holds out whole lengths: {rules["unseen_lengths"]:,} sentences of {_listed(rules["lengths_held_out"])} words,
  where training had {_listed(rules["lengths_seen"])}.
"""
    )
    st.download_button(
        "The whole set as CSV",
        _whole_set,
        "role-sentences.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="roles_csv",
    )


def show_weak_spots() -> None:
    """Accuracy by length, and active against passive."""
    networks = [one for one in bundled_role_networks() if one.key in _DRAWN]
    rows = [figures.PartsRow(one.title, one.kind, recorded_parts(one.key)) for one in networks]  # type: ignore[arg-type]  # names of the set
    frame.show(
        figures.accuracy_by_length(rows),
        figures.describe_accuracy_by_length(rows),
        key="by_length",
        how_to_read="Filled marks are lengths that training had, open ones are lengths that it never saw. Marks of one length "
        "stand a little apart, so that none hides another. The bars are 95 % intervals over sentences. Recorded for the networks "
        "that come with the lab, one training of each.",
    )
    voices = [(row.title, row.parts[0], row.parts[1]) for row in rows]
    st.caption(
        "Right on active and on passive sentences, of the held-out pairs: "
        + "; ".join(
            f"{title} {percent(active.accuracy.value)} and {percent(passive.accuracy.value)}" for title, active, passive in voices
        )
        + "."
    )


def _listed(lengths: list[int]) -> str:
    return f"{', '.join(map(str, lengths[:-1]))} and {lengths[-1]}"


def _whole_set() -> bytes:
    sentences = all_sentences()
    table: dict[str, list[str]] = {"text": [], "label": [], "part": []}
    for part in ("train", "unseen_pairs", "unseen_lengths"):
        texts = getattr(sentences, part)
        table["text"] += texts.texts
        table["label"] += [texts.label_names[label] for label in texts.labels]
        table["part"] += [part] * len(texts)
    return safe_csv(table)
