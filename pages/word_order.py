"""The Word order page: order carries meaning, a recurrent network reads it, and a model that counts words cannot."""

from __future__ import annotations

import streamlit as st

from rnn_core.models.summary import keras_source
from ui import frame
from ui.data_form import SOURCES
from ui.order_guess import guess_networks
from ui.order_live import train_live
from ui.order_meter import show_mine, show_recorded
from ui.order_networks import SET, bundled_network, bundled_role_networks, role_networks
from ui.order_pair import pair_inputs, show_answers, show_unknown
from ui.order_rules import show_rules, show_weak_spots
from ui.order_twins import show_twins

frame.open_page(
    "Word order",
    "“The dog bit the man” is not “the man bit the dog”. The words are the same, so only a network that reads their order can "
    "know who got bitten.",
)

pair = pair_inputs()
if pair is not None:
    networks = role_networks()
    show_unknown(pair, networks)
    st.subheader("Who got bitten?", anchor=False)
    if guess_networks(pair, bundled_role_networks()):
        show_answers(pair, networks)

st.subheader("Train it yourself", anchor=False)
st.markdown(
    "A SimpleRNN and a bag of words, side by side, on 8,000 generated sentences of who did what to whom. Both are then asked "
    "about 2,000 sentences with pairs of actors that they never saw together, and join the networks above."
)
train_live()

if pair is not None:
    st.subheader("Where order enters", anchor=False)
    show_twins(pair, networks)

st.subheader("What is order worth?", anchor=False)
st.markdown(
    "The order meter asks a network about the same texts four times: as written, with neighbouring words swapped, read "
    "backwards, and with the words shuffled."
)
show_recorded()

st.subheader("Your own networks and texts on the meter", anchor=False)
show_mine()

st.subheader("The sentences", anchor=False)
show_rules()
show_weak_spots()

st.subheader("Take it away", anchor=False)
st.markdown("The address of this page holds your two sentences: copy it to share the pair.")
with st.container(horizontal=True, vertical_alignment="center"):
    st.download_button(
        "Keras code of the SimpleRNN",
        keras_source(bundled_network("simple_rnn").spec),
        "word_order.py",
        "text/x-python",
        icon=":material/code:",
        on_click="ignore",
        key="order_code",
    )
    st.page_link(
        "pages/training.py",
        label="Train on these sentences",
        icon=":material/model_training:",
        query_params={"data": SOURCES[SET]},
    )
