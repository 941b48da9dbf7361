"""A question that the visitor answers first and the real numbers mark afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def guess(question: str, options: Sequence[str], right: int, explanation: str, key: str) -> bool:
    """Asks, and once a guess is made says whether it was right and why; True from then on.

    right: which option the computed numbers say it is.
    """
    with st.container(border=True):
        chosen = st.radio(question, range(len(options)), format_func=lambda option: options[option], index=None, key=key)
        if chosen is None:
            return False
        if chosen == right:
            st.success(f"Yes. {explanation}", icon=":material/check:")
        else:
            st.info(f"It is “{options[right]}”. {explanation}", icon=":material/lightbulb:")
        return True
