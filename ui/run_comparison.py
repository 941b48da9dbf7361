"""Two runs side by side: what was set differently, and their curves over each other."""

from __future__ import annotations

import streamlit as st

from lab.records import Run
from rnn_core.figures.history import compared_histories, describe_compared_histories
from ui import frame
from ui.session import lab, owner
from ui.spec_form import setting_title
from ui.words import duration


def differing_settings(first: Run, second: Run) -> list[tuple[str, str, str]]:
    """The settings that are not the same in both runs, with their values in each."""
    settings = [{"data": run.data.title, **run.model_spec.to_dict(), **run.train_spec.to_dict()} for run in (first, second)]
    return [
        (setting_title(name), str(settings[0][name]), str(settings[1][name]))
        for name in settings[0]
        if settings[0][name] != settings[1][name]
    ]


def show_comparison(first: Run, second: Run) -> None:
    """The comparison of two runs as a part of a page."""
    st.subheader("Two runs compared", anchor=False)
    names = (first.name, second.name) if first.name != second.name else (f"{first.name} (newer)", f"{second.name} (older)")
    outcome = [("Held-out accuracy", *(_accuracy(run) for run in (first, second)))]
    outcome.append(("Epochs", f"{first.epoch} of {first.epochs}", f"{second.epoch} of {second.epochs}"))
    outcome.append(("Time", duration(first.seconds), duration(second.seconds)))
    rows = outcome + differing_settings(first, second)
    st.table({"": [row[0] for row in rows], names[0]: [row[1] for row in rows], names[1]: [row[2] for row in rows]})
    if first.data != second.data:
        st.caption("The two were trained on different texts: their accuracies were measured on different held-out parts.")
    one, other = (lab().store.epochs(owner(), run.id) for run in (first, second))
    if one and other:
        frame.show(
            compared_histories(one, other, names),
            describe_compared_histories(one, other, names),
            key="compared",
            how_to_read="Solid is the held-out part, dotted the training part: the gap between them was learned by heart.",
        )


def _accuracy(run: Run) -> str:
    return "–" if run.held_out_accuracy is None else f"{run.held_out_accuracy:.1%}"
