"""The guess before the curve: at which gap does the SimpleRNN fall to what needs no memory; the real curve marks it."""

from __future__ import annotations

import streamlit as st

from rnn_core.experiments.gap_results import GapCurve
from rnn_core.experiments.memory import DEFAULT_GAPS
from rnn_core.experiments.tasks import TASK, TaskName
from rnn_core.figures.memory_words import mean_in_words, score_in_words

NEVER = 0


def guess_fall(task: TaskName) -> bool:
    """Asks until the visitor has committed to a gap, or asked to be shown; True from then on."""
    if _key(task) in st.session_state:
        return True
    baseline = "chance" if TASK[task].measure == "accuracy" else "what can be said without any memory"
    titles = {gap: str(gap) for gap in DEFAULT_GAPS} | {NEVER: f"never, up to {DEFAULT_GAPS[-1]}"}
    with st.container(border=True):
        chosen = st.pills(
            f"A SimpleRNN with 32 units is trained for each gap anew. At which gap does it fall to {baseline}?",
            list(titles),
            format_func=titles.__getitem__,
            key=f"gap_fall-{task}",
        )
        with st.container(horizontal=True):
            if st.button("That is my guess", type="primary", disabled=chosen is None, key="gap_guessed"):
                st.session_state[_key(task)] = chosen
                st.rerun()
            if st.button("I cannot tell, show me", key="gap_shown"):
                st.session_state[_key(task)] = None
                st.rerun()
    return False


def guessed(task: TaskName) -> int | None:
    """The gap that was guessed; None where nothing was guessed, or that it never falls."""
    guess: int | None = st.session_state.get(_key(task))
    return guess or None


def mark(curve: GapCurve) -> None:
    """Says how the guess compares with a curve; nothing where none was made, or where the curve has no SimpleRNN yet."""
    guess: int | None = st.session_state.get(_key(curve.settings.task))
    if guess is None or "simple_rnn" not in curve.kinds:
        return
    fall, task = curve.first_at_baseline("simple_rnn"), TASK[curve.settings.task]
    if fall is None:
        last = max(gap for gap in curve.gaps if curve.at("simple_rnn", gap))
        mean = mean_in_words(curve, "simple_rnn", last)
        found = f"Here it stays better than {task.baseline_name} at every gap up to {last}, where its {task.measure} is {mean}."
    else:
        baseline = score_in_words(curve, curve.baseline(fall))
        found = (
            f"It falls at gap {fall}: {task.measure} {mean_in_words(curve, 'simple_rnn', fall)}, {task.baseline_name} {baseline}."
        )
    if guess == (fall or NEVER):
        st.success(f"You were right. {found}", icon=":material/check:")
    else:
        said = f"gap {guess}" if guess else "that it never falls"
        st.info(f"Your guess was {said}. {found}", icon=":material/lightbulb:")


def _key(task: TaskName) -> str:
    return f"gap_guess-{task}"
