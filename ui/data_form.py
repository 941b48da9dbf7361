"""The texts to train on: a sample, a file that is brought, or one that was brought before; and the report of how it was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lab.records import DataRef
from lab.store import StoreError
from rnn_core.data.samples import SAMPLES, load_sample
from rnn_core.data.texts import LabelledTexts, ReadingReport
from rnn_core.data.uploads import MAX_CELL, UploadError, read_labelled_texts, read_pair
from rnn_core.figures.theme import percent
from rnn_core.spec import DEFAULT_VOCABULARY, ModelSpec, TrainSpec
from ui.file_choice import FORMATS, FileChoice, file_choice
from ui.linked import linked_choice
from ui.session import lab, owner

OWN = "own"
SOURCES = {"quick_reviews": "1,000 short reviews", "short_reviews": "Short reviews", "long_reviews": "Long reviews"}
SOURCES |= {"roles": "Who did what to whom", OWN: "My own texts"}
MOST_DROPPED = 100  # dropped rows that are listed
EXAMPLES = 6


@dataclass(frozen=True)
class DataChoice:
    """Texts that were chosen; those of a new file are kept by the lab only when a run needs them."""

    key: str  # the same for the same texts
    title: str
    texts: LabelledTexts
    sample: str = ""
    upload: str = ""

    def reference(self) -> DataRef:
        """What a run is submitted with."""
        if self.sample:
            return DataRef(self.title, sample=self.sample, texts=len(self.texts), labels=len(self.texts.label_names))
        kept: dict[str, str] = st.session_state.setdefault("kept_uploads", {})
        upload = self.upload or kept.get(self.key)
        if not upload:
            upload = kept[self.key] = lab().add_upload(owner(), self.title, self.texts).id
        return lab().store.upload(owner(), upload).data


def data_form() -> DataChoice | None:
    """The choice of texts; None, with the reason shown, where there is nothing to train on yet."""
    source = linked_choice(
        st.segmented_control,
        "Texts to learn from",
        SOURCES,
        "data",
        "quick_reviews",
        required=True,
        help="Start with a sample, or bring a file of texts with labels.",
    )
    if source != OWN:
        st.caption(f"{SAMPLES[source].sentence} {SAMPLES[source].source}.")
        with st.spinner("Reading the reviews; the first time takes some seconds …", show_time=True):
            return DataChoice(source, SAMPLES[source].title, _sample(source), sample=source)
    try:
        return _own_texts()
    except (UploadError, StoreError) as error:
        st.error(str(error))
        return None


def show_report(texts: LabelledTexts, model: ModelSpec | None, train: TrainSpec | None) -> None:
    """What was read, in numbers, with a few of the texts; and what a network with these settings would not see of them."""
    report = texts.report
    with st.expander(f"What was read: {len(texts):,} texts with {len(texts.label_names)} labels"):
        if report is not None:
            _numbers(report)
            if model is not None and train is not None:
                _not_seen(report, model, train)
        st.dataframe(
            {"Label": [texts.label_names[label] for label in texts.labels[:EXAMPLES]], "Text": list(texts.texts[:EXAMPLES])},
            hide_index=True,
        )


def _own_texts() -> DataChoice | None:
    earlier = {upload.id: upload for upload in lab().store.uploads(owner())}
    files = st.file_uploader(
        "A file of texts with labels, or two plain text files, one for each label",
        accept_multiple_files=True,
        key="files",
        max_upload_size=20,
        help=FORMATS,
    )
    if not files and earlier:
        chosen = st.selectbox(
            "Or a file that you trained on before",
            list(earlier),
            index=None,
            format_func=lambda key: earlier[key].name,
            key="earlier",
        )
        if chosen:
            upload = earlier[chosen]
            return DataChoice(upload.id, upload.name, _upload(owner(), upload.id), upload=upload.id)
    if not files:
        st.caption(FORMATS + " What you bring is read on this server and seen by nobody else.")
        return None
    if len(files) > 2:
        raise UploadError(f"{len(files)} files are more than can be read together: bring one file, or two with one label each.")
    if len(files) == 2:
        shorter = st.toggle(f"Leave out lines of more than {MAX_CELL:,} characters", key="pair-too-long")
        key = "+".join([*(file.file_id for file in files), str(shorter)])
        return DataChoice(key, " and ".join(file.name for file in files), _pair(key, files, shorter))
    choice = file_choice(files[0], "train", labels_needed=True)
    with st.spinner("Reading the file …", show_time=True):
        return DataChoice(str(choice.key), files[0].name, _file(choice.key, choice))


def _numbers(report: ReadingReport) -> None:
    st.markdown(
        f"**{report.source}**, {report.layout}, {report.encoding}: {report.rows_read:,} rows read, {report.rows_kept:,} kept, "
        f"{len(report.dropped):,} dropped. {report.exact_duplicates:,} rows repeat an earlier one exactly; "
        f"{report.conflicting_texts:,} texts stand under two or more labels. A text has {report.length_median:,.0f} words "
        f"(median), 95 % have at most {report.length_95:,.0f}, the longest {report.length_max:,}. Always answering the most "
        f"frequent label would be right for {percent(report.majority_share)}."
    )
    st.dataframe(
        {"Label": list(report.label_counts), "Texts": list(report.label_counts.values())}, hide_index=True, width="content"
    )
    if report.dropped:
        reasons = Counter(row.reason for row in report.dropped)
        st.markdown("Dropped: " + ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common()) + ".")
        rows = report.dropped[:MOST_DROPPED]
        st.dataframe(
            pd.DataFrame({"Line": [r.line for r in rows], "Why": [r.reason for r in rows], "More": [r.detail for r in rows]}),
            hide_index=True,
        )


def _not_seen(report: ReadingReport, model: ModelSpec, train: TrainSpec) -> None:
    rows = model.vocabulary or DEFAULT_VOCABULARY
    st.markdown(
        f"With the settings below, {percent(report.cut_share(model.time_steps))} of the texts are cut at {model.time_steps:,} "
        f"words, and {percent(report.unknown_share(rows, train.min_count))} of all words stand outside a vocabulary of at most "
        f"{rows:,}. The network's own vocabulary is learned from the training part alone and knows a little less."
    )


@st.cache_resource(show_spinner=False)
def _sample(name: str) -> LabelledTexts:
    return load_sample(name, lab().settings.home)


@st.cache_resource(show_spinner=False, max_entries=16, ttl=3600)
def _file(key: tuple[object, ...], _choice: FileChoice) -> LabelledTexts:
    texts: LabelledTexts = _choice.read(read_labelled_texts)
    return texts


@st.cache_resource(show_spinner=False, max_entries=16, ttl=3600)
def _pair(key: str, _files: list, drop_too_long: bool) -> LabelledTexts:  # type: ignore[type-arg]  # of Streamlit's UploadedFile
    first, second = _files
    return read_pair((first.getvalue(), first.name), (second.getvalue(), second.name), drop_too_long)


@st.cache_resource(show_spinner=False, max_entries=16, ttl=3600)
def _upload(owner_id: str, upload_id: str) -> LabelledTexts:
    return lab().texts(owner_id, lab().store.upload(owner_id, upload_id).data)
