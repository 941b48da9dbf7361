"""The glossary as pages show it: the words of one page in a popover, or all of them."""

from __future__ import annotations

import streamlit as st

from ui.glossary import TERMS, entries
from ui.glossary_pages import ON_PAGE


def words_on_this_page(title: str) -> None:
    """A quiet button that opens what the technical terms of the page with this heading mean."""
    names = ON_PAGE.get(title, ())
    if not names:
        return
    with st.popover("Words on this page", icon=":material/menu_book:", type="tertiary", key="words"):
        st.markdown(entries(names))
        st.page_link("pages/word_list.py", label="The whole glossary", icon=":material/menu_book:")


def all_terms() -> None:
    """Every term, and a box to look one up."""
    sought = (
        st.text_input("Look up", key="sought", live=True, bind="query-params", placeholder="a part of a word").strip().lower()
    )
    found = sorted((name for name in TERMS if sought in name.lower()), key=str.lower)
    if not found:
        st.info("No term has this in its name.")
        return
    st.caption(
        "In the formulas t is a time step and T the last one, x what is read, h the hidden state and c the cell state; W and U "
        "are weights (U the recurrent kernel), b is a bias, L the loss. Where numbers are counted, U is the number of units and "
        "D that of features."
    )
    half = -(-len(found) // 2)
    left, right = st.columns(2, gap="large")
    left.markdown(entries(found[:half]))
    right.markdown(entries(found[half:]))
