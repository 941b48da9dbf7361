"""The frame that every page stands in: its claim, its figures with their alternative texts, and how to read them."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from ui.glossary_view import words_on_this_page
from ui.path_bar import path_bar
from ui.server import page_is_served
from ui.share_lock import close_link, open_link, share_button

LOGO = Path(__file__).with_name("logo.svg")
FIGURE_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}
# On a light page Streamlit writes a figure's words in a grey of 3.6 to 1, fainter than WCAG 2.2 allows (1.4.3): darkened here.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 76rem; padding-top: 4rem; padding-bottom: 6rem; }
[data-testid="stMainBlockContainer"] p { max-width: 46rem; }
[data-testid="stCaptionContainer"] { opacity: 0.82; }
[data-testid="stBaseButton-primary"] { color: light-dark(#ffffff, #14181d); }
[data-testid="stCaptionContainer"] code { color: inherit; }
.js-plotly-plot text[style*="fill: rgb(128, 132, 149)"] { fill: #434a54 !important; }
.st-key-page_menu { margin-top: -0.6rem; }
.st-key-page_menu button p { font-size: 0.875rem; }
.st-key-guide { border-left: 0.3rem solid color-mix(in srgb, currentColor 60%, transparent);
  background: color-mix(in srgb, currentColor 4%, transparent); }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-left: 1rem; padding-right: 1rem; } }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
</style>"""
# Streamlit's navigation is a list with headings between its items, which no list may have: to a screen reader it shall be links.
MEND_NAVIGATION = """<script>
const mend = () => document.querySelectorAll("[data-testid=stSidebarNavItems], [data-testid=stSidebarNavItems] li")
  .forEach((node) => node.getAttribute("role") === "presentation" || node.setAttribute("role", "presentation"));
mend();
if (!window.unrolledMends) {
  window.unrolledMends = new MutationObserver(mend);
  window.unrolledMends.observe(document.body, { childList: true, subtree: true });
}
</script>"""


def open_site() -> None:
    """What holds for the whole site: its name, its width, its logo."""
    st.set_page_config(page_title="Unrolled", page_icon=str(LOGO), layout="wide")
    st.logo(str(LOGO), size="large")
    st.html(STYLE)
    st.html(MEND_NAVIGATION, unsafe_allow_javascript=True)


def open_page(title: str, claim: str) -> None:
    """The heading of a page and, in one sentence, what will be seen on it."""
    st.title(title, anchor=False)
    st.markdown(claim)
    with st.container(horizontal=True, key="page_menu"):
        words_on_this_page(title)
        share_button(title)
    open_link(title)
    path_bar(title)


def close_site() -> None:
    """What is known only when a page has run: which values of its link it did not take, and that a visitor has been served."""
    close_link()
    page_is_served()


def show(figure: go.Figure, alt: str, key: str, how_to_read: str = "") -> None:
    """A figure at the width of its column, with the sentence that says what it shows and, under it, how to read it."""
    st.plotly_chart(figure, width="stretch", key=key, config=FIGURE_CONFIG, alt=alt)
    if how_to_read:
        st.caption(how_to_read)
