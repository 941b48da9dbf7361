"""The settings of a grid of the gap lab: each stands in the URL, and what does not go together is said."""

from __future__ import annotations

import re
from typing import cast

import streamlit as st

from rnn_core.experiments.gap_grid import MOST_GAPS, MOST_SEEDS, GapGrid, default_grid
from rnn_core.experiments.gap_points import GAP_KINDS, LONGEST_GAP, ExperimentError, GapSettings, Match
from rnn_core.experiments.memory import DEFAULT_GAPS
from rnn_core.experiments.task_examples import example
from rnn_core.experiments.tasks import TASK, Filler, TaskName
from rnn_core.experiments.tuning import Start
from rnn_core.figures.theme import KIND_TITLES, plain
from ui.linked import linked_choice

TASKS = {str(name): task.title for name, task in TASK.items()}
FILLERS = {"random": "other symbols", "blank": "blanks"}
MATCHES = {"units": "the same units", "parameters": "the same number of parameters"}
STARTS = {"tuned": "as tuned for each kind", "standard": "standard", "matched": "told how long the gap is"}
DEFAULT = default_grid(GapSettings())
_PREFIX = "gap_"  # of the keys in the URL: other pages have units and seeds, too


def choose_task() -> TaskName:
    """The task, at the head of the page."""
    return cast(TaskName, linked_choice(st.segmented_control, "Task", TASKS, "task", "recall", required=True))


def show_task(task: TaskName) -> None:
    """What the task asks, and one sequence of it."""
    st.markdown(TASK[task].sentence)
    found = example(task)
    steps = [
        f"**:orange[{plain(step)}]**" if place in found.remembered else plain(step) for place, step in enumerate(found.steps)
    ]
    st.markdown(f"For example: {' '.join(steps)} → **{plain(found.answer)}**")


def gap_form(task: TaskName) -> GapGrid | None:
    """The grid that the form describes; None, with the reason shown, where it describes none."""
    kinds = st.pills(
        "Networks",
        GAP_KINDS,
        selection_mode="multi",
        default=list(GAP_KINDS),
        format_func=KIND_TITLES.__getitem__,
        key=f"{_PREFIX}kinds",
        bind="query-params",
        help="The bag of words is the control: it knows no order, so whatever it reaches needs no memory.",
    )
    left, right = st.columns([3, 1])
    gaps = left.text_input(
        "Gaps",
        ", ".join(map(str, DEFAULT_GAPS)),
        key=f"{_PREFIX}gaps",
        bind="query-params",
        max_chars=200,
        help=f"Time steps between what must be remembered and the question: up to {MOST_GAPS} numbers from 1 to {LONGEST_GAP}.",
    )
    seeds = right.number_input(
        "Seeds",
        1,
        MOST_SEEDS,
        DEFAULT.seeds,
        key=f"{_PREFIX}seeds",
        bind="query-params",
        help="Trainings of every network at every gap, each from other weights and on other sequences.",
    )
    with st.expander("How they are trained"):
        settings = _settings(task)
    try:
        return GapGrid(settings, tuple(kinds), read_gaps(gaps or ""), int(seeds))
    except ExperimentError as error:
        st.error(str(error))
        return None


def read_gaps(text: str) -> tuple[int, ...]:
    """The numbers in a text such as '1, 5, 20'.

    Raises:
        ExperimentError: something else stands there.
    """
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if wrong := [word for word in words if not re.fullmatch(r"[0-9]{1,6}", word)]:
        raise ExperimentError(f"“{wrong[0][:20]}” is no gap: write numbers with commas between them, such as 1, 5, 20.")
    return tuple(map(int, words))


def back_to_default() -> None:
    """Puts the default grid into the form; the URL is clean then."""
    plain = DEFAULT.settings
    values = {
        "kinds": list(DEFAULT.kinds),
        "gaps": ", ".join(map(str, DEFAULT.gaps)),
        "seeds": DEFAULT.seeds,
        "match": plain.match,
        "units": plain.units,
        "steps": plain.steps,
        "start": "tuned",
        "filler": plain.filler,
        "curriculum": plain.curriculum,
    }
    for name, value in values.items():
        if _PREFIX + name in st.session_state:
            st.session_state[_PREFIX + name] = value


def link_of(grid: GapGrid) -> dict[str, str | list[str]]:
    """What a URL holds so that the form describes this grid; what is as always is left out."""
    settings, plain = grid.settings, DEFAULT.settings
    link: dict[str, str | list[str]] = {"task": settings.task}
    if grid.gaps != DEFAULT.gaps:
        link[f"{_PREFIX}gaps"] = ", ".join(map(str, grid.gaps))
    if grid.seeds != DEFAULT.seeds:
        link[f"{_PREFIX}seeds"] = str(grid.seeds)
    if grid.kinds != DEFAULT.kinds:
        link[f"{_PREFIX}kinds"] = [KIND_TITLES[kind] for kind in grid.kinds]
    for name in ("filler", "match", "units", "steps", "curriculum", "start"):
        value = getattr(settings, name)
        if value != getattr(plain, name):
            link[_PREFIX + name] = str(value).lower() if isinstance(value, bool) else str(value)
    return link


def _settings(task: TaskName) -> GapSettings:
    plain = DEFAULT.settings
    first, second, third = st.columns(3)
    with first:
        match = linked_choice(
            st.selectbox,
            "Fair by",
            MATCHES,
            f"{_PREFIX}match",
            "units",
            help="The same units, or for every kind as many units as give it the parameters of an LSTM with these units.",
        )
    with second:
        units = st.number_input(
            "Units", 4, 128, plain.units, key=f"{_PREFIX}units", bind="query-params", help="Of the hidden state."
        )
    with third:
        steps = st.number_input(
            "Budget",
            100,
            10_000,
            plain.steps,
            100,
            key=f"{_PREFIX}steps",
            bind="query-params",
            help="Steps of the optimiser, at most, each on 64 new sequences: the same for every kind. What is solved ends early.",
        )
    with first:
        start = linked_choice(
            st.selectbox,
            "Start",
            STARTS,
            f"{_PREFIX}start",
            "tuned",
            help="Told: LSTM and GRU begin with gates that keep their state for about the gap, a SimpleRNN begins as the "
            "identity, which keeps it too. The counterpart for every kind that has one.",
        )
    filler = "random"
    if task == "recall":
        with second:
            filler = linked_choice(
                st.selectbox,
                "The gap is filled with",
                FILLERS,
                f"{_PREFIX}filler",
                "random",
                help="Blanks disturb the memory less than other symbols, which have to be told apart from the first.",
            )
    with third:
        st.space("small")
        curriculum = st.toggle(
            "Short gaps, too",
            plain.curriculum,
            key=f"{_PREFIX}curriculum",
            bind="query-params",
            help="A curriculum: half of the training sequences have a shorter gap, the same ones for every kind.",
        )
    return GapSettings(
        task=task,
        filler=cast(Filler, filler),
        match=cast(Match, match),
        units=int(units),
        steps=int(steps),
        curriculum=bool(curriculum),
        start=None if start == "tuned" else cast(Start, start),
    )
