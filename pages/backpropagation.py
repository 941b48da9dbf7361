"""The Backpropagation page: the chain rule run backwards through time, and why memory fades."""

from __future__ import annotations

import streamlit as st

from rnn_core.lenses.chain_rule import GradientError
from ui import frame
from ui.gradients_backwards import backwards_panel
from ui.gradients_dial import dial_panel
from ui.gradients_opening import opening_panel
from ui.gradients_source import follow
from ui.run_picker import pick_network

VIEWS = ("Backwards", "The dial", "Forgetting the opening")

frame.open_page(
    "Backpropagation",
    "A network learns from its mistake at the end of a text. The mistake is passed back word by word, and every word multiplies "
    "what is left of it. Watch how much arrives.",
)
left, right = st.columns([2, 3])
with left:
    picked = pick_network()
with right:
    followed = follow(picked)
tabs = dict(zip(VIEWS, st.tabs(VIEWS, key="part", bind="query-params", on_change="rerun"), strict=True))
try:
    for view, tab in tabs.items():
        if not tab.open:
            continue
        with tab:
            if view == VIEWS[2]:
                opening_panel(picked)
            elif followed is None:
                st.caption("There is nothing to go back through with this network and text.")
            elif view == VIEWS[0]:
                backwards_panel(followed)
            else:
                dial_panel(followed)
except GradientError as error:
    st.error(str(error))
