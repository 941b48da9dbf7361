"""What a finished run is worth: its accuracy beside what it must beat, and where it goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lab import results
from lab.records import Run
from lab.results import HeldOut
from rnn_core.figures import evaluation as figures
from rnn_core.figures.theme import percent
from rnn_core.training.baselines import Baseline, verdict
from rnn_core.training.evaluation import Evaluation, confident_mistakes
from ui import frame
from ui.run_table import download
from ui.session import classifier_of, lab

MOST_CHARACTERS = 600  # of a mistaken text that are shown


@dataclass(frozen=True)
class Result:
    """The files of a finished run, read."""

    evaluation: Evaluation
    baselines: tuple[Baseline, ...]
    held_out: HeldOut


@st.cache_resource(show_spinner=False, max_entries=32)
def _result(owner_id: str, run_id: str, segment: int, _run: Run) -> Result:
    files = lab().artifacts
    return Result(results.evaluation(files, _run), results.baselines(files, _run), results.held_out(files, _run))


def show_result(run: Run) -> None:
    """The result as a part of a page."""
    result = _result(run.owner, run.id, run.segment, run)
    st.subheader("How good it honestly is", anchor=False)
    st.markdown(verdict(result.evaluation, result.baselines))
    model = classifier_of(run)
    if "held_out_unknown" in model.notes:
        st.caption(
            f"{percent(model.notes['held_out_unknown'])} of the words in the held-out texts are not among the "
            f"{len(model.vocabulary.words):,} that it learnt from the others: all of those look the same to it."
        )
    frame.show(
        figures.accuracies(result.evaluation, result.baselines, kind=run.kind),
        figures.describe_accuracies(result.evaluation, result.baselines),
        key=f"accuracies-{run.id}",
        how_to_read="All were trained on the same texts and measured on the same held-out ones. The bars are 95 % intervals: "
        "another draw of held-out texts would move each value about so far. The grey ones count words and "
        "pairs of neighbouring words and know no other order; on reviews they often win.",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            "pages/classifying.py", label="Classify texts with it", icon=":material/label:", query_params={"model": run.id}
        )
        download(run)
    where, curves, sure, wrong = st.tabs(["Confusion", "Curves", "Is it as sure as it should be?", "Worst mistakes"])
    with where:
        _confusion(run, result.evaluation)
    with curves:
        _threshold_curves(run, result.evaluation)
    with sure:
        frame.show(
            figures.calibration(result.evaluation),
            figures.describe_calibration(result.evaluation),
            key=f"calibration-{run.id}",
            how_to_read="On the dotted line, answers given with 80 % are right in 80 %; below it, the network is too sure.",
        )
    with wrong:
        _mistakes(result)


def _confusion(run: Run, evaluation: Evaluation) -> None:
    frame.show(
        figures.confusion(evaluation),
        figures.describe_confusion(evaluation),
        key=f"confusion-{run.id}",
        how_to_read="A row is what the texts are, a column what the network answered; the diagonal is right.",
    )
    st.dataframe(
        {
            "Label": [score.name for score in evaluation.scores],
            "Precision": [score.precision for score in evaluation.scores],
            "Recall": [score.recall for score in evaluation.scores],
            "F1": [score.f1 for score in evaluation.scores],
            "Held-out texts": [score.support for score in evaluation.scores],
        },
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in ("Precision", "Recall", "F1")},
    )
    st.caption("Precision: of the texts answered so, the share that is so. Recall: of the texts that are so, the share found.")


def _threshold_curves(run: Run, evaluation: Evaluation) -> None:
    if evaluation.roc is None or evaluation.precision_recall is None:
        st.info("These curves are drawn for two labels; this run has more, or its held-out part holds only one.")
        return
    label = evaluation.label_names[1]
    left, right = st.columns(2)
    with left:
        frame.show(figures.roc(evaluation.roc, label), figures.describe_roc(evaluation.roc, label), key=f"roc-{run.id}")
    with right:
        frame.show(
            figures.precision_recall(evaluation.precision_recall, label),
            figures.describe_precision_recall(evaluation.precision_recall, label),
            key=f"pr-{run.id}",
        )
    st.caption(
        f"Each point is one threshold above which the answer is “{label}”; the further above the dotted line, the better. The "
        "area on the left is 0.5 for guessing and 1 where one threshold tells all texts apart."
    )


def _mistakes(result: Result) -> None:
    mistakes = confident_mistakes(result.held_out.probabilities, result.held_out.labels)
    if not mistakes:
        st.success("No held-out text was answered wrongly.")
        return
    names = result.evaluation.label_names
    texts = [result.held_out.texts[mistake.row] for mistake in mistakes]
    st.dataframe(
        {
            "Answered": [names[mistake.prediction] for mistake in mistakes],
            "with": [percent(mistake.probability) for mistake in mistakes],
            "but it is": [names[mistake.label] for mistake in mistakes],
            "Text": [text[:MOST_CHARACTERS] + ("…" if len(text) > MOST_CHARACTERS else "") for text in texts],
        },
        hide_index=True,
        column_config={"Text": st.column_config.TextColumn(width="large")},
        row_height=72,  # more than 4 rem: below, Streamlit does not wrap the texts
    )
    st.caption("The held-out texts that it got most confidently wrong, the surest first. Some labels may be wrong themselves.")
