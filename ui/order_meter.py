"""The order meter on the page: what was recorded for the networks that come with the lab, and what the visitor has measured."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lab import order_job
from lab.order_job import MeasuredOrder
from lab.queue import LimitReached
from lab.records import Run, Upload
from lab.store import StoreError
from rnn_core.bundled.order import Texts, recorded_scores
from rnn_core.data.csv_out import safe_csv
from rnn_core.data.uploads import UploadError, read_labelled_texts
from rnn_core.estimates import Estimate
from rnn_core.figures import order as figures
from rnn_core.figures.theme import plain
from rnn_core.lenses.order import ORDERS
from ui import frame
from ui.file_choice import FORMATS, file_choice
from ui.order_networks import TITLES, network_kind
from ui.run_view import POLL_SECONDS
from ui.session import lab, owner

SETS: dict[Texts, str] = {
    "unseen_pairs": "Role sentences",
    "unseen_lengths": "Role sentences of other lengths",
    "reviews": "Film reviews",
}
NOTES: dict[Texts, str] = {
    "unseen_pairs": "{count:,} sentences whose actors and verb never met in training. As written, whatever reads order at all is "
    "nearly always right; with the words shuffled nothing is left but guessing. Left of chance a network names the wrong actor "
    "more often than the right one: backwards, the two have changed places.",
    "unseen_lengths": "{count:,} sentences of lengths that training never had. Dense gives every place weights of its own, and "
    "places that it seldom saw filled are no help; the recurrent cell uses the same weights at every step.",
    "reviews": "{count:,} film reviews that training never saw. Shuffling their words costs a few points at most: which words "
    "a review has tells most of its label. That is no fault of the networks, it is what these texts are like.",
}
_ORDER_NAMES = {"shuffled": "shuffled", "reversed": "reversed", "neighbours_swapped": "neighbours swapped"}
MOST_MINE = 6  # measurements of the visitor's that are shown


def show_recorded() -> None:
    """The bundled networks on the meter, as it was recorded when they were made."""
    texts: Texts = st.segmented_control(
        "Measured on",
        list(SETS),
        default="unseen_pairs",
        format_func=SETS.__getitem__,
        key="meter",
        bind="query-params",
        required=True,
    )
    rows = [figures.MeterRow(TITLES[name], network_kind(name), score) for name, score in recorded_scores(texts).items()]
    _show(rows, "recorded")
    score = rows[0].score
    st.caption(
        f"{NOTES[texts].format(count=score.texts)} Recorded with seed {score.seed} and {score.shuffles} shuffles of every text "
        "by `python -m rnn_core.bundled.make_order`. One training of each kind: another would move the values a little more than "
        "the intervals say, which are over texts and shuffles."
    )


def show_mine() -> None:
    """Measures a run of the visitor's, on its held-out texts or on a file, and shows what was measured before."""
    runs = [run for run in lab().store.runs(owner()) if run.has_result and run.job == "train"]
    if not runs:
        st.info("A network that you trained can be put on the meter too, with its held-out texts or with a file of yours.")
        st.page_link("pages/training.py", label="Train a network", icon=":material/model_training:")
        return
    _ask(runs)
    measured = [run for run in lab().store.runs(owner()) if run.job == order_job.JOB][:MOST_MINE]
    active = any(run.is_active for run in measured)
    if active:
        st.fragment(_progress, run_every=POLL_SECONDS)([run.id for run in measured if run.is_active])
    if measured and measured[0].state == "failed":
        st.error(measured[0].reason)
    done = [order_job.result(lab().artifacts, run) for run in measured if run.state == "done"]
    if done:
        kinds = [run.kind for run in measured if run.state == "done"]
        _show([figures.MeterRow(_title(one), kind, one.score) for one, kind in zip(done, kinds, strict=True)], "mine")
        for one in done:
            st.caption(_small_print(one))


def _ask(runs: Sequence[Run]) -> None:
    names = {run.id: run.name for run in runs}
    left, right = st.columns(2)
    chosen = left.selectbox("Network", list(names), format_func=names.__getitem__, key="meter_run")
    source = right.segmented_control(
        "On", ["its held-out texts", "a file of mine"], default="its held-out texts", key="meter_texts", required=True
    )
    upload = None
    if source == "a file of mine":
        try:
            upload = _upload()
        except UploadError as error:
            st.error(str(error))
        if upload is None:
            return
    if st.button("Measure", icon=":material/speed:", type="primary", key="measure"):
        run = next(run for run in runs if run.id == chosen)
        try:
            order_job.submit(lab(), owner(), run, upload)
        except (LimitReached, StoreError) as error:
            st.error(str(error))
        else:
            st.rerun()


def _upload() -> Upload | None:
    """Texts with labels that the visitor brings here; kept once a file."""
    file = st.file_uploader("Texts with labels", key="meter_file", max_upload_size=20, help=FORMATS)
    if file is None:
        st.caption(f"{FORMATS} The labels must be those that the network answers.")
        return None
    choice = file_choice(file, "meter", labels_needed=True)
    kept: dict[str, str] = st.session_state.setdefault("kept_uploads", {})
    key = str(choice.key)
    if key not in kept:
        kept[key] = lab().add_upload(owner(), file.name, choice.read(read_labelled_texts)).id
    return lab().store.upload(owner(), kept[key])


def _progress(ids: Sequence[str]) -> None:
    runs = [lab().store.run(owner(), run_id) for run_id in ids]
    if not any(run.is_active for run in runs):
        st.rerun()
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(run.epoch_progress, text=f"{plain(run.name)}: {run.activity or run.state}")
            if st.button("Stop", key=f"stop-{run.id}", icon=":material/stop:"):
                lab().queue.stop(owner(), run.id)


def _show(rows: Sequence[figures.MeterRow], key: str) -> None:
    frame.show(
        figures.order_scores(rows),
        figures.describe_order_scores(rows),
        key=f"order_scores-{key}",
        how_to_read="Four marks a network, the same texts each time: as far as the cross lies left of the dot, so much of the "
        "accuracy rests on the order of the words. The bars are 95 % intervals. A shuffled text is one that nobody would write, "
        "so what is lost says what the network uses, not what it would need.",
    )
    table = _table(rows)
    st.dataframe(table, hide_index=True, key=f"meter_table-{key}")
    st.download_button(
        "These numbers as CSV",
        lambda: safe_csv(table),
        "order-meter.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"meter_csv-{key}",
    )


def _table(rows: Sequence[figures.MeterRow]) -> dict[str, list[str]]:
    table = {
        "network": [row.title.replace("\n", ", ") for row in rows],
        "as written": [row.score.as_written.percent() for row in rows],
    }
    for order in ORDERS:
        name = _ORDER_NAMES[order]
        table[f"lost when {name}, points"] = [_points(getattr(row.score.lost, order)) for row in rows]
    for order in ORDERS:
        table[f"probability moves when {_ORDER_NAMES[order]}"] = [_moved(getattr(row.score.moved, order)) for row in rows]
    return table


def _points(estimate: Estimate) -> str:
    if estimate == Estimate(0.0, 0.0, 0.0):
        return "exactly 0"
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def _moved(estimate: Estimate) -> str:
    return "exactly 0" if not estimate.value else f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _title(one: MeasuredOrder) -> str:
    return f"{one.network}\non {one.texts}"


def _small_print(one: MeasuredOrder) -> str:
    parts = [f"{plain(one.network)} on {plain(one.texts)}: {one.score.texts:,} texts, {one.score.shuffles} shuffles each."]
    if one.score.texts < one.drawn_from:
        parts.append(f"They were drawn from {one.drawn_from:,}.")
    if one.left_out:
        parts.append(f"{one.left_out:,} texts have a label that the network does not know and are left out.")
    if one.score.one_word:
        parts.append(f"{one.score.one_word:,} have fewer than two words, so no order could change them.")
    return " ".join(parts)
