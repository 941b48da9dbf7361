"""The guess before the look: which of the networks can tell two sentences of the same words apart; the real ones mark it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rnn_core.lenses.order_pair import pair_answers
from ui.order_networks import RoleNetwork

_GUESS = "order_guess"  # what was guessed and what is right, kept for the visit


def guess_networks(pair: tuple[str, str], networks: Sequence[RoleNetwork]) -> bool:
    """Asks until the visitor has committed to an answer, then shows how it was marked; True from then on."""
    if _GUESS in st.session_state:
        _marked(*st.session_state[_GUESS])
        return True
    with st.container(border=True):
        titles = {one.key: one.title for one in networks}
        chosen = st.pills(
            "All were trained on the same 8,000 sentences. Which of them answer differently to the two?",
            list(titles),
            selection_mode="multi",
            format_func=titles.__getitem__,
            key="order_chosen",
        )
        with st.container(horizontal=True):
            guessed = st.button("That is my guess", type="primary", disabled=not chosen, key="order_guessed")
            if guessed:
                right = {one.key for one in networks if pair_answers(one.classifier, *pair).told_apart}
                st.session_state[_GUESS] = (set(chosen), right, titles)
                st.rerun()
            if st.button("I cannot tell, show me", key="order_shown"):
                st.session_state[_GUESS] = (set(), set(), titles)
                st.rerun()
    return False


def _marked(chosen: set[str], right: set[str], titles: dict[str, str]) -> None:
    if not chosen:
        return
    missed = [titles[key] for key in titles if key in right - chosen]
    wrong = [titles[key] for key in titles if key in chosen - right]
    hits = len(titles) - len(missed) - len(wrong)
    score = f"You were right about {hits} of {len(titles)} networks."
    if not missed and not wrong:
        st.success(score, icon=":material/check:")
        return
    more = [f"Can, though you thought not: {', '.join(missed)}."] if missed else []
    more += [f"Cannot, though you thought so: {', '.join(wrong)}."] if wrong else []
    st.info(" ".join([score, *more]), icon=":material/lightbulb:")
