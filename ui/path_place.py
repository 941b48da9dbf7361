"""Where a visitor of the guided path stands: what a step can see of the page, the address and their runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from lab.records import Run
from ui.session import lab, owner


@dataclass(frozen=True)
class Place:
    """The visitor's page as it stands, for the step that was opened at `since` (seconds since 1970)."""

    since: float

    def value(self, key: str) -> Any:
        """What a control holds; None where the page has not drawn it yet."""
        return st.session_state.get(key)

    def chosen(self, prefix: str) -> bool:
        """Whether a control whose key begins so holds a choice."""
        return any(str(key).startswith(prefix) and st.session_state[key] is not None for key in st.session_state)

    def address(self, name: str) -> str:
        """What stands in the URL under this name."""
        return str(st.query_params.get(name, ""))

    def runs(self) -> tuple[Run, ...]:
        """The trainings that were begun since the step was opened, newest first."""
        runs = lab().store.runs(owner(), limit=20)
        return tuple(run for run in runs if run.job == "train" and run.created_at.timestamp() >= self.since)


Condition = Callable[[Place], bool]


def holds(key: str, *values: Any) -> Condition:
    """The control holds one of these values."""
    return lambda place: place.value(key) in values


def differs(key: str, *values: Any) -> Condition:
    """The control holds something, and none of these values."""
    return lambda place: place.value(key) not in (None, *values)


def answered(prefix: str) -> Condition:
    """A question of the page whose key begins so has been answered."""
    return lambda place: place.chosen(prefix)


def asked_for(prefix: str) -> Condition:
    """A guess of the page was made, or its answer was asked for: a key that begins so is there."""
    return lambda place: any(str(key).startswith(prefix) for key in st.session_state)


def stands_in_address(name: str) -> Condition:
    """The address says something under this name."""
    return lambda place: bool(place.address(name))


def any_of(*conditions: Condition) -> Condition:
    """One of several."""
    return lambda place: any(condition(place) for condition in conditions)


def has_trained(state: str = "") -> Condition:
    """A training was begun since the step was opened, or has reached this state."""
    return lambda place: any(not state or run.state == state for run in place.runs())
