"""The frame that every page stands in: its claim, its figures with their alternative texts, and how to read them."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

LOGO = Path(__file__).with_name("logo.svg")
FIGURE_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}
STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 76rem; }
[data-testid="stMainBlockContainer"] p { max-width: 46rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
</style>"""


def open_site() -> None:
    """What holds for the whole site: its name, its width, its logo."""
    st.set_page_config(page_title="Unrolled", page_icon=str(LOGO), layout="wide")
    st.logo(str(LOGO), size="large")
    st.html(STYLE)


def open_page(title: str, claim: str) -> None:
    """The heading of a page and, in one sentence, what will be seen on it."""
    st.title(title, anchor=False)
    st.markdown(claim)


def show(figure: go.Figure, alt: str, key: str, how_to_read: str = "") -> None:
    """A figure at the width of its column, with the sentence that says what it shows and, under it, how to read it."""
    st.plotly_chart(figure, width="stretch", key=key, config=FIGURE_CONFIG, alt=alt)
    if how_to_read:
        st.caption(how_to_read)
