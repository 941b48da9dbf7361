"""A curve of memory against gap on the page: the figure, what it comes to, and everything behind it."""

from __future__ import annotations

from statistics import mean
from typing import Any

import streamlit as st

from rnn_core.data.csv_out import safe_csv
from rnn_core.experiments.gap_grid import GapGrid, python_of
from rnn_core.experiments.gap_networks import sizes
from rnn_core.experiments.gap_points import Point
from rnn_core.experiments.gap_results import GapCurve
from rnn_core.experiments.tasks import TASK
from rnn_core.experiments.tuning import choices, tuning_record
from rnn_core.figures import memory as figures
from rnn_core.figures.memory_words import longer_in_words, memory_in_words, score_in_words
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import Kind
from ui import frame
from ui.gap_form import link_of
from ui.gap_guess import guessed, mark

VIEWS = ("Behind a point", "Twice the gap", "Sizes and tuning", "Take away")
STARTS = {"standard": "standard", "matched": "told the gap"}
HOW_TO_READ = (
    "Above, every dot is one training from its own seed, and the line is their mean; the dotted line is what needs no memory. "
    "Below, on the same axis, how strongly the right answer depends on what must be remembered, measured by the chain rule: "
    "dotted before training, solid after it. A network can only learn to remember what its gradient reaches. A fallen curve says "
    "that this training did not find a solution within its budget, not that the network could not hold one."
)
HOW_TO_READ_LONGER = (
    "Solid: accuracy at twice the gap that a network was trained on. Dotted: at the gap itself. A recurrent cell uses the same "
    "weights at every step, whatever their number; that does not say that it can use them so, for it may have learnt to hold on "
    "for just as many steps as it was trained on. A Transformer adds a code of each position to what it reads: the codes of the "
    "later half it has never seen. Nothing was trained anew for this."
)


def show_curve(curve: GapCurve, grid: GapGrid, key: str) -> None:
    """The figure with its sentences. key: tells this curve's widgets from another's on the same page."""
    mark(curve)
    frame.show(
        figures.memory_and_gradient(curve, guessed(curve.settings.task)),
        figures.describe_memory(curve),
        key=f"memory-{key}",
        how_to_read=HOW_TO_READ,
    )
    st.markdown(" ".join(filter(None, memory_in_words(curve))))
    _views(curve, grid, key)


@st.fragment
def _views(curve: GapCurve, grid: GapGrid, key: str) -> None:
    """What is behind the figure; only the part that is open is drawn."""
    panels = dict(zip(VIEWS, (_behind, _longer, _sizes, _take_away), strict=True))
    for view, tab in zip(VIEWS, st.tabs(VIEWS, key=f"{key}_look", bind="query-params", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                panels[view](curve, grid, key)


def _behind(curve: GapCurve, grid: GapGrid, key: str) -> None:
    kind, gap = _choose_point(curve, key)
    results = curve.at(kind, gap)
    frame.show(
        figures.training_curves(results, curve),
        figures.describe_training_curves(results, curve),
        key=f"trainings-{key}",
        how_to_read=f"One line a seed: its {TASK[curve.settings.task].measure} on fresh training sequences, the mean of every "
        "hundred steps. A line that ends early had solved the task. A long flat start and a sudden rise are typical: the network "
        "finds out late what it should remember, and another seed may not find it at all.",
    )
    if results:
        first = results[0]
        sizes_ = "" if not first.units or kind == "bag_of_words" else f"{first.units} units, "
        st.caption(
            f"{KIND_TITLES[kind]} at gap {gap}: {sizes_}{first.parameters:,} trained numbers, Adam with learning rate "
            f"{first.learning_rate:g}, {STARTS[first.start]} start, at most {curve.settings.steps:,} steps of "
            f"{curve.settings.batch} sequences, gradients no longer than {curve.settings.clip_norm:g}; "
            f"{sum(result.seconds for result in results):.0f} s of work for {len(results)} seeds."
        )


def _choose_point(curve: GapCurve, key: str) -> tuple[Kind, int]:
    left, right = st.columns(2)
    with left:
        kind: Kind = st.selectbox("Network", curve.kinds, format_func=KIND_TITLES.__getitem__, key=f"{key}_kind")
    gaps = [gap for gap in curve.gaps if curve.at(kind, gap)]
    if st.session_state.get(f"{key}_gap") not in gaps:
        st.session_state[f"{key}_gap"] = gaps[len(gaps) // 2]
    with right:
        gap = st.selectbox("Gap", gaps, key=f"{key}_gap")
    return kind, gap


def _longer(curve: GapCurve, grid: GapGrid, key: str) -> None:
    if not any(curve.double_spread(kind, gap) for kind in curve.kinds for gap in curve.gaps):
        st.info("This is measured for the tasks whose answer is a choice: recall, and the first word of a real text.")
        return
    frame.show(
        figures.longer_than_trained(curve),
        figures.describe_longer_than_trained(curve),
        key=f"longer-{key}",
        how_to_read=HOW_TO_READ_LONGER,
    )
    if said := longer_in_words(curve):
        st.markdown("From the longest gap that all seeds of a network solve:\n" + "\n".join(f"- {one}" for one in said))


def _sizes(curve: GapCurve, grid: GapGrid, key: str) -> None:
    settings = curve.settings
    both, other = sizes(settings), {"units": "parameters", "parameters": "units"}[settings.match]
    rows = {
        "network": [KIND_TITLES[kind] for kind in grid.kinds],
        "units": ["none" if kind == "bag_of_words" else str(both[kind][0]) for kind in grid.kinds],
        "trained numbers": [f"{both[kind][1]:,}" for kind in grid.kinds],
        "learning rate": [f"{settings.tuning(kind).learning_rate:g}" for kind in grid.kinds],
        "start": [STARTS[settings.tuning(kind).start] for kind in grid.kinds],
    }
    st.dataframe(rows, hide_index=True, key=f"sizes-{key}")
    same = "the same units" if settings.match == "units" else "the same number of trained numbers, to 5 %"
    st.caption(
        f"These networks have {same}; the same {other} can be chosen under “How they are trained”. A bag of words has no units: "
        "it is the control. Every network gets the same budget of steps and of sequences, and its learning rate and start were "
        "chosen from six tries."
    )
    _tries(curve, key)


def _tries(curve: GapCurve, key: str) -> None:
    record = tuning_record()[curve.settings.task]
    tries = record.get("tries", [])
    if not tries:
        st.caption("The tries that these learning rates come from are not recorded for this task yet.")
        return
    rows = [row for kind in curve.kinds for row in _tries_of(curve, kind, tries, record["chosen"].get(kind, {}))]
    st.markdown("**What was tried**")
    st.dataframe(rows, hide_index=True, key=f"tries-{key}")
    gaps, seeds = ", ".join(map(str, record["gaps"])), ", ".join(map(str, record["seeds"]))
    st.caption(
        f"Six tries for every network, each at the gaps {gaps} from the seeds {seeds}, which no curve uses. The best mean score "
        f"was taken, and of equal ones the quickest. Made by `python -m rnn_core.experiments.record tune {curve.settings.task}`."
    )


def _tries_of(curve: GapCurve, kind: Kind, tries: list[dict[str, Any]], chosen: dict[str, Any]) -> list[dict[str, str]]:
    rows = []
    for choice in choices(kind):
        own = [t for t in tries if (t["kind"], t["learning_rate"], t["start"]) == (kind, choice.learning_rate, choice.start)]
        if own:
            row = {
                "network": KIND_TITLES[kind],
                "learning rate": f"{choice.learning_rate:g}",
                "start": STARTS[choice.start],
                "mean score": score_in_words(curve, mean(one["score"] for one in own)),
                "mean steps": f"{mean(one['steps'] for one in own):,.0f}",
                "": "chosen" if chosen == {"learning_rate": choice.learning_rate, "start": choice.start} else "",
            }
            rows.append(row)
    return rows


def _take_away(curve: GapCurve, grid: GapGrid, key: str) -> None:
    table = _table(curve)
    st.dataframe(table, hide_index=True, key=f"rows-{key}", height=240)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "These numbers as CSV",
            lambda: safe_csv(table),
            f"memory-and-gap-{curve.settings.task}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"gap_csv-{key}",
        )
        st.download_button(
            "The figure as a web page",
            lambda: figures.memory_and_gradient(curve).to_html(include_plotlyjs=True),
            f"memory-and-gap-{curve.settings.task}.html",
            "text/html",
            icon=":material/imagesmode:",
            on_click="ignore",
            key=f"gap_figure-{key}",
            help="It can be read without a network. The camera above the figure saves it as SVG.",
        )
        st.page_link("pages/memory_gap.py", label="Link with these settings", icon=":material/link:", query_params=link_of(grid))
    st.markdown("One point, trained anew to the same numbers:")
    kind, gap = _choose_point(curve, f"{key}_code")
    seeds = tuple(result.seed for result in curve.at(kind, gap))
    st.code(python_of(Point(curve.settings, kind, gap, seeds)), "python")


def _table(curve: GapCurve) -> dict[str, list[object]]:
    rows, settings = curve.rows(), curve.settings
    table: dict[str, list[object]] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("filler", "match", "curriculum", "batch", "clip_norm"):
        table[name] = [getattr(settings, name)] * len(rows)
    return table | {"budget": [settings.steps] * len(rows)}
