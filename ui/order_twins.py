"""Where order enters: two sentences through the hidden states of one network, over each other, with playback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from rnn_core.figures.order_twins import describe_twin_states
from rnn_core.figures.order_twins import twin_states as figure
from rnn_core.lenses.order_pair import TwinStates, twin_states
from ui import frame
from ui.order_networks import RoleNetwork
from ui.playback import play, playback_component

_twins = playback_component("order_twins", "columns")
_ENDED = "·"


@st.fragment
def show_twins(pair: tuple[str, str], networks: Sequence[RoleNetwork]) -> None:
    """The two sentences word by word; the figure below marks the step at which the visitor rests."""
    recurrent = {one.key: one for one in networks if one.is_recurrent}
    key = st.segmented_control(
        "Through the states of",
        list(recurrent),
        default="simple_rnn",
        format_func=lambda each: recurrent[each].title,
        key="through",
        bind="query-params",
        required=True,
        help="The untrained one parts the two sentences as well, but does not know what to make of it.",
    )
    network = recurrent[key]
    twins = twin_states(network.classifier, *pair)
    at = play(_twins, "twins", f"Two sentences through the {network.title}", _names(twins), _view(twins), on_rest=lambda _: None)
    frame.show(
        figure(twins, network.kind, at.step),
        describe_twin_states(twins),
        key="twin_states",
        how_to_read="As long as the words are the same, so are the states, to the last bit. At the first word that differs the "
        "lines part, and from then on the network is somewhere else even where it reads the same word. The upper panel shows one "
        "direction of many: lines that meet there may still be apart, as the distance below them tells. Where the last answers "
        "lie on either side of one half, the order has been used.",
    )


def _names(twins: TwinStates) -> list[str]:
    return [" / ".join(dict.fromkeys(_word(twins, number, step) for number in (0, 1))) for step in range(len(twins))]


def _word(twins: TwinStates, number: int, step: int) -> str:
    return twins.tokens[number][step] if step < len(twins.tokens[number]) else _ENDED


def _view(twins: TwinStates) -> dict[str, Any]:
    steps = range(len(twins))
    best = twins.probabilities.argmax(axis=2)
    return {
        "words": [[_word(twins, number, step) for step in steps] for number in (0, 1)],
        "lengths": [len(tokens) for tokens in twins.tokens],
        "unknown": [[step < len(unknown) and bool(unknown[step]) for step in steps] for unknown in twins.unknown],
        "states": np.round(twins.states.astype(np.float64), 3).tolist(),
        "limit": max(0.1, round(float(np.abs(twins.states).max()), 1)),
        "distance": np.round(twins.distance.astype(np.float64), 4).tolist(),
        "farthest": float(twins.distance.max()),
        "answers": [
            [
                {
                    "label": twins.label_names[best[number, step]],
                    "share": round(float(twins.probabilities[number, step].max()), 4),
                }
                for step in steps
            ]
            for number in (0, 1)
        ],
    }
