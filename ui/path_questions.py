"""The ten questions at the end of the path, one at a time, marked by the networks, and what came of them."""

from __future__ import annotations

import streamlit as st

from ui.path import LAST, computed
from ui.path_bar import ask, begin
from ui.path_state import PathState, keep, path_state


def ten_questions() -> None:
    """The open question, the way to the others, and the result once all are answered."""
    state = path_state()
    at = min(max(state.question, 0), len(LAST) - 1)
    last = LAST[at]
    st.progress((at + 1) / len(LAST), text=f"Question {at + 1} of {len(LAST)}")
    answered = ask(last.name, computed(last.name), state)
    if answered:
        st.page_link(
            last.page, label=f"See it on the page: {last.label}", icon=":material/visibility:", query_params=dict(last.query)
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        if at + 1 < len(LAST) and st.button(
            "Next question" if answered else "Skip this question",
            type="primary" if answered else "secondary",
            icon=":material/arrow_forward:",
            key="quiz-next",
        ):
            _open(state, at + 1)
        if at and st.button("Back", icon=":material/arrow_back:", key="quiz-back"):
            _open(state, at - 1)
    _result(state)


def _open(state: PathState, at: int) -> None:
    state.question = at
    keep(state)
    st.rerun()


def _result(state: PathState) -> None:
    """How many were right, once all ten are answered; until then how many are missing."""
    given = {last.name: state.guesses[last.name] for last in LAST if last.name in state.guesses}
    missing = len(LAST) - len(given)
    if missing:
        if state.question + 1 == len(LAST):
            st.caption(f"{missing} of the {len(LAST)} are not answered yet: go back to them, or leave them.")
        return
    right = sum(computed(name).right == chosen for name, chosen in given.items())
    st.subheader(f"{right} of {len(LAST)} right", anchor=False)
    st.markdown("The answers came from the networks of this lab, not from a list. The pages show them with your own texts, too.")
    for place, last in enumerate(LAST):
        question, chosen = computed(last.name), given[last.name]
        mark = ":material/check:" if chosen == question.right else ":material/lightbulb:"
        st.markdown(f"{mark} {place + 1}. {question.text} **{question.options[question.right or 0]}**")
    if st.button("Walk the path again", icon=":material/restart_alt:", key="quiz-again"):
        begin()
