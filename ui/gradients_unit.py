"""One step of the chain rule with its numbers: the local factor, and the sum behind one unit's gradient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from rnn_core.figures.gradient_step import describe_local_factor
from rnn_core.figures.gradient_step import local_factor as factor_figure
from rnn_core.figures.theme import plain
from rnn_core.lenses.gradient_unit import UnitGradient, local_factor, unit_gradient
from rnn_core.lenses.gradients import ThroughTime
from rnn_core.spec import Activation
from ui import frame

MOST_TERMS = 200  # rows of the table: a page is no place for thousands
MOST_DRAWN = 128  # units (times parts) up to which the local factor is drawn


def unit_panel(found: ThroughTime, step: int, activation: Activation) -> None:
    """What arrives at one unit's state after a word, and through which numbers it came."""
    units = found.state_gradients.shape[1]
    word = _word(found, step)
    st.subheader(f"Inside one step back: to the state after “{word}”", anchor=False)
    strongest = int(np.abs(found.state_gradients[step]).argmax()) + 1
    kept = st.session_state.get("unit")
    if isinstance(kept, int) and kept > units:
        st.session_state["unit"] = units
    unit = st.number_input(
        "Unit", 1, units, key="unit", bind="query-params", width=160,
        help=f"Here unit {strongest} has the greatest gradient of the {units}.",
    )  # fmt: skip
    one = unit_gradient(found, step, unit - 1)
    left, right = st.columns([3, 2])
    with left:
        if step == len(found.tokens) - 1:
            st.markdown(
                f"The gradient at unit {unit} is **{_number(one.gradient)}**. It comes from the output layer alone: the weights "
                "with which the answer reads this unit, times how far the answer is from the label."
            )
        else:
            _sum(found, one, word, activation)
    with right:
        _factor(found, step, activation)


def _sum(found: ThroughTime, one: UnitGradient, word: str, activation: Activation) -> None:
    later, bends = _word(found, one.step + 1), found.kind == "simple_rnn" and activation == "tanh"
    parts = float(one.parts.sum())
    terms = [f"{_number(parts)} handed back by the units after “{later}”"]
    if one.carried:
        terms.append(f"{_number(one.carried)} past the weights, through the update gate")
    if one.outside:
        terms.append(f"{_number(one.outside)} from outside the recurrence")
    st.markdown(
        f"The gradient at unit {one.unit + 1} after “{word}” is **{_number(one.gradient)}** = {' + '.join(terms)}. Each unit's "
        "part is three numbers multiplied:"
    )
    st.dataframe(_table(one), hide_index=True, width="stretch", height=300, column_config=_COLUMNS, key="unit_terms")
    st.code(_line(one, bends), language=None, wrap_lines=True)


_COLUMNS = {
    name: st.column_config.NumberColumn(format="%.3g", width=95) for name in ("gradient there", "× slope", "× weight", "= part")
}


def _table(one: UnitGradient) -> pd.DataFrame:
    gates, units = one.parts.shape
    rows = pd.DataFrame(
        {
            "from unit": np.tile(np.arange(1, units + 1), gates),
            "gate": np.repeat(one.gates, units),
            "gradient there": one.later.ravel(),
            "× slope": one.slopes.ravel(),
            "× weight": one.weights.ravel(),
            "= part": one.parts.ravel(),
        }
    )
    order = np.argsort(-np.abs(one.parts.ravel()), kind="stable")[:MOST_TERMS]
    return rows.iloc[order].drop(columns=[] if gates > 1 else ["gate"])


def _line(one: UnitGradient, bends: bool) -> str:
    gate, unit = np.unravel_index(int(np.abs(one.parts).argmax()), one.parts.shape)
    slope = "(1 − h²)" if bends else "slope"
    numbers = (one.later[gate, unit], one.slopes[gate, unit], one.weights[gate, unit], one.parts[gate, unit])
    later, factor, weight, part = (_number(float(value)) for value in numbers)
    through = f", through the {one.gates[gate]}" if len(one.gates) > 1 else ""
    return f"the greatest part, of unit {unit + 1}{through}: {later} × {slope} {factor} × weight {weight} = {part}"


def _factor(found: ThroughTime, step: int, activation: Activation) -> None:
    used = min(step + 1, len(found.tokens) - 1)
    word = _word(found, used)
    matrix = local_factor(found, used)
    if len(matrix) > MOST_DRAWN:
        st.caption(f"The local factor is a table of {len(matrix)} by {len(matrix)} numbers: too many to be told apart here.")
        return
    parts = "the hidden state's units, then the cell state's" if found.chain.parts == 2 else "its units"
    formula, bends = "the sum of all ways through the gates", found.kind == "simple_rnn" and activation == "tanh"
    if found.kind == "simple_rnn":
        slope = "diag(1 − h²) R: the kernel R, each row shortened by the slope of tanh there"
        formula = slope if bends else f"the kernel R, each row multiplied by the slope of {activation} there"
    pale = " A pale row belongs to a unit near ±1, where tanh is flat and little passes." if bends else ""
    frame.show(
        factor_figure(matrix),
        describe_local_factor(matrix, word),
        key="local_factor",
        how_to_read=f"The local factor of the step that reads “{word}”: {formula}. Rows and columns are {parts}. The gradient is "
        f"multiplied by this table on its way back.{pale}",
    )


def _word(found: ThroughTime, step: int) -> str:
    return plain(found.tokens[step] or "padding").replace("`", "")


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
