"""How far a visitor is on the guided path; kept for their next visit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.session import lab, owner

NOTE = "path"
_KEPT = "path_state"


@dataclass
class PathState:
    """What the visitor did so far.

    step: the open one, from 0; as many as there are steps once the questions are reached. since: when it was opened. touched: the
    touches of a step that were done. guesses: the option chosen for each question by its name. question: the open one of the ten.
    """

    active: bool = False
    begun: bool = False
    step: int = 0
    since: float = 0.0
    touched: dict[int, list[int]] = field(default_factory=dict)
    guesses: dict[str, int] = field(default_factory=dict)
    question: int = 0

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        return {**vars(self), "touched": {str(step): done for step, done in self.touched.items()}}


def path_state() -> PathState:
    """The visitor's state, read from the store once a visit."""
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _from_dict(lab().notes.read(owner(), NOTE) or {})
    state: PathState = st.session_state[_KEPT]
    return state


def keep(state: PathState) -> None:
    """Remembers a change for this visit and the next."""
    st.session_state[_KEPT] = state
    lab().notes.write(owner(), NOTE, state.to_dict())


def fresh() -> PathState:
    """The state of somebody who begins now."""
    return PathState(active=True, begun=True, since=time.time())


def _from_dict(values: dict[str, Any]) -> PathState:
    """What `to_dict` gave, perhaps in an older version: what is not known is left out."""
    known = {name: value for name, value in values.items() if name in PathState.__dataclass_fields__}
    known["touched"] = {int(step): list(done) for step, done in known.get("touched", {}).items()}
    return PathState(**known)
