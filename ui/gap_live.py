"""A grid of the gap lab that the visitor trains: it fills in while workers finish its points, and can be stopped and extended."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import streamlit as st

from lab import gap_job
from lab.gap_job import UnderWay
from lab.queue import LimitReached
from lab.records import Run
from lab.store import StoreError
from rnn_core.experiments.gap_grid import MOST_SEEDS, GapGrid, expected_seconds, quick_grid
from rnn_core.experiments.gap_points import ExperimentError, GapSettings
from rnn_core.experiments.tasks import TaskName
from rnn_core.figures.theme import KIND_TITLES
from ui.gap_form import FILLERS, MATCHES, STARTS, back_to_default, gap_form, read_gaps
from ui.gap_view import show_curve
from ui.run_view import badge
from ui.session import lab, owner
from ui.words import duration, ordinal

POLL_SECONDS = 1.0


def train_grid(task: TaskName) -> None:
    """The form and the buttons that train what it describes."""
    grid = gap_form(task)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Train this grid", type="primary", icon=":material/model_training:", disabled=grid is None, key="gap_train"):
            _submit(grid)
        quick = st.button(
            "Train the quick grid",
            icon=":material/bolt:",
            disabled=grid is None,
            key="gap_quick",
            help="SimpleRNN and LSTM at five gaps from three seeds, with half of the budget and the settings above.",
        )
        if quick and grid is not None:
            _submit(quick_grid(grid.settings))
        st.button("Back to the default grid", on_click=back_to_default, key="gap_default", type="tertiary")
    if grid is not None:
        st.caption(_cost(grid))


def show_own(task: TaskName, answered: bool) -> None:
    """The visitor's grids of this task: how the chosen one stands, and its curve once a guess was made."""
    groups: dict[GapSettings, list[Run]] = {}
    for run in gap_job.grids(lab(), owner()):
        groups.setdefault(gap_job.grid_of(run).settings, []).append(run)
    own = [runs for settings, runs in groups.items() if settings.task == task]
    if not own:
        return
    names = {runs[-1].id: _title(gap_job.grid_of(runs[0])) for runs in own}
    newest = own[0][-1].id
    if st.session_state.get("gap_own") not in names or st.session_state.pop("gap_new", False):
        st.session_state["gap_own"] = newest
    chosen = st.selectbox("Your grids", list(names), format_func=names.__getitem__, key="gap_own") if len(own) > 1 else newest
    runs = next(runs for runs in own if runs[-1].id == chosen)
    run = next((run for run in reversed(runs) if run.is_active), runs[0])
    st.fragment(_live, run_every=POLL_SECONDS if run.is_changing else None)(run.id, _stage(run), answered, _joined(runs))


def _live(run_id: str, before: tuple[str, bool], answered: bool, grid: GapGrid) -> None:
    try:
        run = lab().store.run(owner(), run_id)
    except StoreError:  # deleted in another window
        st.rerun()
    curve = gap_job.curve(lab(), owner(), grid)
    with st.container(border=True, key="gap_run"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{run.name}**")
            badge(run)
        _progress(run)
        _buttons(run, grid)
    if curve.results and answered:
        show_curve(curve, grid, "mine")
    elif curve.results:
        st.info("Results are coming in. Make your guess above, then the curve is shown.")
    if _stage(run) != before:  # after the buttons: one that was pressed as the stage changed would not be heard
        st.rerun()  # the whole page: buttons have changed, and polling starts or ends


def _stage(run: Run) -> tuple[str, bool]:
    return run.state, run.is_changing


def _progress(run: Run) -> None:
    if run.state == "failed":
        st.error(run.reason)
    elif run.state == "queued":
        place = lab().queue.queue_position(owner(), run.id)
        ahead = "It is the next one." if place <= 1 else f"It is {ordinal(place)} in the queue."
        st.markdown(f"Waiting for a worker. {ahead} You can leave this page: the grid goes on without you.")
    elif run.state == "running":
        left = f", about {duration(run.seconds_left)} left" if run.seconds_left is not None else ""
        st.progress(min(run.epoch / max(run.epochs, 1), 1.0), text=f"{run.epoch} of {run.epochs} points are done{left}.")
        st.caption("  \n".join(map(_seeds, gap_job.under_way(lab(), run))) or run.activity.capitalize() + ".")
    else:
        kept = " What is trained is kept." if run.state == "stopped" else ""
        st.caption(f"{run.epoch} of {run.epochs} points in {duration(run.seconds)}.{kept}")


def _seeds(one: UnderWay) -> str:
    if not any(one.steps.values()):
        return f"**{KIND_TITLES[one.point.kind]} at gap {one.point.gap}**: its program is being compiled."
    steps = ", ".join(f"{step:,}" for _, step in sorted(one.steps.items()))
    seeds = "seed" if len(one.steps) == 1 else _count(len(one.steps), "seed")
    where = f"**{KIND_TITLES[one.point.kind]} at gap {one.point.gap}**"
    return f"{where}: {seeds} at step {steps} of at most {one.point.settings.steps:,}."


def _buttons(run: Run, grid: GapGrid) -> None:
    with st.container(horizontal=True):
        if run.is_active and st.button("Stop", icon=":material/stop:", key="gap_stop", help="Keeps every finished point."):
            lab().queue.stop(owner(), run.id)
            st.rerun()
        if run.can_resume and st.button("Resume", icon=":material/play_arrow:", key="gap_resume", type="primary"):
            try:
                lab().queue.resume(owner(), run.id)
            except (LimitReached, StoreError) as error:
                st.error(str(error))
            else:
                st.rerun()
        if not run.is_active:
            with st.popover("Extend", icon=":material/add_chart:"):
                _extend(grid)


def _extend(grid: GapGrid) -> None:
    gaps = st.text_input("More gaps", "", key="gap_more_gaps", placeholder="30, 70")
    seeds = st.number_input("Seeds in all", grid.seeds, MOST_SEEDS, grid.seeds, key="gap_more_seeds")
    try:
        wider = GapGrid(grid.settings, grid.kinds, (*grid.gaps, *read_gaps(gaps or "")), int(seeds))
    except ExperimentError as error:
        st.error(str(error))
        return
    more = len(wider.keys) - len(grid.keys)
    st.caption(f"{_count(more, 'training')} more." if more else "Name a gap that is new, or more seeds.")
    if st.button("Train these, too", type="primary", key="gap_extend", disabled=not more):
        _submit(wider)


def _submit(grid: GapGrid | None) -> None:
    if grid is None:
        return
    try:
        gap_job.submit(lab(), owner(), grid)
    except (LimitReached, StoreError) as error:
        st.error(str(error))
        return
    st.session_state["gap_new"] = True
    st.rerun()


def _cost(grid: GapGrid) -> str:
    done = {result.key for result in gap_job.curve(lab(), owner(), grid).results}
    missing = grid.missing(done)
    if not missing:
        return f"All {len(grid.keys)} trainings of this grid are there already: nothing would be trained again."
    known = f" {len(done)} of them are there already." if done else ""
    seconds = sum(map(expected_seconds, missing))
    return (
        f"{_count(len(grid.kinds), 'network')} × {_count(len(grid.gaps), 'gap')} × {_count(grid.seeds, 'seed')}: "
        f"{_count(len(grid.keys), 'training')}.{known} About "
        f"{duration(seconds)} on two cores, less where workers share it. What is trained once is never trained again."
    )


def _joined(runs: Sequence[Run]) -> GapGrid:
    """All that the visitor asked for under the same settings is one curve."""
    return reduce(GapGrid.joined, map(gap_job.grid_of, runs))


def _title(grid: GapGrid) -> str:
    settings, plain = grid.settings, GapSettings()
    parts = [
        ", ".join(KIND_TITLES[kind] for kind in grid.kinds),
        f"gaps {', '.join(map(str, grid.gaps))}",
        _count(grid.seeds, "seed"),
    ]
    parts += [f"{settings.units} units"] if settings.units != plain.units else []
    parts += [f"budget {settings.steps:,}"] if settings.steps != plain.steps else []
    parts += [MATCHES[settings.match]] if settings.match != plain.match else []
    parts += [f"filled with {FILLERS[settings.filler]}"] if settings.filler != plain.filler else []
    parts += [f"start {STARTS[settings.start]}"] if settings.start else []
    parts += ["short gaps, too"] if settings.curriculum else []
    return "; ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
