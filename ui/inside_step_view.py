"""The arithmetic of one unit at one time step, with the real numbers."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from rnn_core.figures.inside_step import describe_inside_step, inside_step
from rnn_core.figures.theme import plain
from rnn_core.lenses.inside_step import InsideStep, WeightedSum
from ui import frame


def inside_step_view(found: InsideStep, key: str) -> None:
    """Every product that enters one gate, their sum, what the function makes of it, and the new state."""
    word = plain(found.word).replace("`", "")
    st.markdown(
        f"Unit **{found.unit + 1}** at step **{found.step + 1}**, while the network reads `{word}`: "
        f"its state goes from **{found.state_before:.3f}** to **{found.state_after:.3f}**."
    )
    gate = _chosen_gate(found, key)
    chart, table = st.columns([3, 2])
    with chart:
        frame.show(
            inside_step(gate),
            describe_inside_step(found, gate),
            key=f"{key}_figure",
            how_to_read="Read from left to right: each column adds its product to the sum, up in green or down in purple. The "
            f"last column is the whole sum, which {gate.function} bends into the {gate.name}. A large step says that this number "
            "weighed much here, not that it would in another sentence. " + _letters(gate),
        )
    with table:
        st.dataframe(_table(gate), width="stretch", height=300, hide_index=True, column_config=_COLUMNS)
    lines = (_sum_line(gate), *(found.equations if len(found.gates) > 1 else ()))
    st.code("\n".join(lines), language=None, wrap_lines=True)


_COLUMNS = {
    "": st.column_config.TextColumn(width=40, pinned=True),
    **{name: st.column_config.NumberColumn(format="%.3f", width=75) for name in ("number", "× weight", "= product")},
}


def _chosen_gate(found: InsideStep, key: str) -> WeightedSum:
    if len(found.gates) == 1:
        return found.gates[0]
    names = [gate.name for gate in found.gates]
    chosen = st.segmented_control(
        "Gate",
        names,
        default=names[0],
        key=f"{key}_gate_{found.kind}",
        required=True,
        help="Each gate is a weighted sum of its own.",
    )
    return found.gates[names.index(chosen or names[0])]


def _table(gate: WeightedSum) -> pd.DataFrame:
    terms = gate.terms
    return pd.DataFrame(
        {
            "": [term.name for term in terms],
            "number": [term.number for term in terms],
            "× weight": [term.weight for term in terms],
            "= product": [term.product for term in terms],
        }
    )


def _letters(gate: WeightedSum) -> str:
    """What the names of the summands stand for; one number behind each letter."""
    letters = "x₁, x₂ … are what is read, h₁, h₂ … the units of the state before, b is the bias"
    if gate.recurrent_bias:
        letters += ", b′ the bias on the state’s side"
    if gate.recurrent_scale != 1.0:
        letters += f"; the reset gate, {gate.recurrent_scale:.2f}, multiplies all that comes from the state"
    return f"{letters}."


def _sum_line(gate: WeightedSum) -> str:
    inputs, states = float(gate.input_products.sum()), gate.total - gate.bias - float(gate.input_products.sum())
    return (
        f"{gate.symbol} = {gate.function}({inputs:.3f} from the word + {states:.3f} from the state before + {gate.bias:.3f} bias)"
        f" = {gate.function}({gate.total:.3f}) = {gate.value:.3f}"
    )
