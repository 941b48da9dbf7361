"""The guess about the visitor's own training: it is marked by the network that they train, beside the bag of words."""

from __future__ import annotations

import streamlit as st

from lab import results
from lab.records import Run
from rnn_core.figures.theme import percent
from rnn_core.lenses.quiz import Question
from ui.path_place import Place
from ui.session import lab

TEXT = (
    "1,000 film reviews, some of them held out. Which will be right more often on those: the recurrent network that you train "
    "now, or a logistic regression that only counts words and word pairs?"
)
OPTIONS = ("the recurrent network, clearly", "the counting of words, clearly", "too close to tell")


def training_question(place: Place) -> Question:
    """The question; its right answer is there once the visitor's run is done."""
    done = next((run for run in place.runs() if run.state == "done" and run.has_result), None)
    if done is None:
        return Question(TEXT, OPTIONS, None, "Your own network will mark this when it is trained.")
    right, explanation = _measured(done.owner, done.id, done.segment, done)
    return Question(TEXT, OPTIONS, right, explanation)


@st.cache_data(show_spinner=False, max_entries=64)
def _measured(owner: str, run_id: str, segment: int, _run: Run) -> tuple[int, str]:
    from rnn_core.training.baselines import difference

    own = results.evaluation(lab().artifacts, _run)
    counting = next(one for one in results.baselines(lab().artifacts, _run) if one.kind == "logistic_regression")
    gap = difference(own, counting)
    right = 2 if not gap.excludes_zero else 0 if gap.value > 0 else 1
    numbers = f"{percent(own.accuracy.value)} against {percent(counting.accuracy.value)} on {own.count:,} held-out reviews"
    told = "contains zero" if right == 2 else "leaves zero out"
    return right, f"Right: {numbers}. The 95 % interval of the difference, taken on the same texts, {told}."
