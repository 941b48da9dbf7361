"""What can be taken away from the Backpropagation page: the numbers of a backward pass, and the lenses as Python."""

from __future__ import annotations

import numpy as np
import streamlit as st

from rnn_core.data.csv_out import safe_csv
from rnn_core.lenses.chain_rule import Floats
from rnn_core.lenses.gradients import ThroughTime
from ui.gradients_source import Followed
from ui.run_picker import Picked


def python_lines(picked: Picked, imports: str, call: str) -> str:
    """The lines that compute what a section shows, with the network that it is shown for."""
    if picked.run:
        return f'from rnn_core.classifier import Classifier\n{imports}\n\nmodel = Classifier.load("model.zip")\n{call}\n'
    return f'from rnn_core.bundled import bundled\n{imports}\n\nmodel = bundled("{picked.classifier.spec.kind}")\n{call}\n'


def take_backward_pass_away(followed: Followed) -> None:
    """One row a word as CSV, and the Python that computes it."""
    found = followed.through()
    layer = f", layer={followed.layer!r}" if followed.layer else ""
    call = (
        f"found = through_time(model, {followed.text!r}, {followed.label}{layer})\n"
        "found.norms, found.contribution_shares, found.running_log_products  # one number a word each"
    )
    with st.expander("Take it away", icon=":material/download:"):
        st.download_button(
            "These numbers as CSV",
            lambda: safe_csv(table(found)),
            "backpropagation.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="gradients_csv",
        )
        imports = "from rnn_core.lenses.gradients import through_time"
        st.code(python_lines(followed.picked, imports, call), language="python")
        st.caption(
            "The Python needs this project beside it"
            + (" and the model file of the run, from the Runs page." if followed.picked.run else ".")
            + " Every setting stands in the address of this page: copy it to share what you see."
        )


def table(found: ThroughTime) -> dict[str, list[object]]:
    """One row a word; sizes as logarithms, so that none is too small for a cell."""
    columns: dict[str, list[object]] = {
        "step": list(range(1, len(found.tokens) + 1)),
        "word": list(found.tokens),
        "natural logarithm of the gradient's norm": _cells(found.log_norms),
        "factor of the step on this gradient": _cells(found.stretches),
        "greatest factor of the step": _cells(np.exp(np.minimum(found.factor_log_norms, 700.0))),
        "natural logarithm of the product of the greatest factors": _cells(found.running_log_products),
        "share of the recurrent kernel's gradient": _cells(found.contribution_shares),
    }
    if found.cell_log_norms is not None:
        columns["natural logarithm of the norm at the cell state"] = _cells(found.cell_log_norms)
    for unit, values in enumerate(found.state_gradients.T):
        columns[f"gradient at unit {unit + 1}"] = values.tolist()
    return columns


def _cells(values: Floats) -> list[object]:
    """Empty where there is no number."""
    return [float(value) if np.isfinite(value) else None for value in values]
