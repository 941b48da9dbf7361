"""An uploaded file as it would be read: what was found, and the choices that change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from rnn_core.data.uploads import ENCODINGS, MAX_CELL, NO_LABELS, SEPARATORS, FilePreview, preview_file
from rnn_core.figures.theme import plain

FORMATS = "CSV, TSV, JSON Lines, or plain text with a tab between label and text; up to 20 MB and 200,000 rows."
_NONE = "none"


@dataclass(frozen=True)
class FileChoice:
    """What a person settled on: the arguments of the readers in `rnn_core.data.uploads`."""

    file: UploadedFile
    arguments: tuple[tuple[str, Any], ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for the same file read in the same way."""
        return (self.file.file_id, *self.arguments)

    def read(self, reader: Any) -> Any:
        """What the reader makes of the file; raises UploadError as the reader does."""
        return reader(self.file.getvalue(), self.file.name, **dict(self.arguments))


def file_choice(file: UploadedFile, key: str, *, labels_needed: bool) -> FileChoice:
    """The preview of a file with its choices.

    Raises:
        UploadError: the file cannot be read at all.
    """
    found = _preview(file.file_id, file, (), ())
    with st.expander("How the file is read", expanded=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            encoding = st.selectbox(
                "Encoding", list(ENCODINGS), index=list(ENCODINGS).index(found.encoding), key=f"{key}-encoding"
            )
            separator = _separator(found, key)
            header = st.toggle("First row names the columns", found.header, key=f"{key}-header") if separator else None
            quoting = st.toggle("Quote marks enclose texts", found.quoting, key=f"{key}-quoting") if separator else None
        options = {"encoding": encoding, "separator": separator, "header": header, "quoting": quoting}
        chosen = {name: value for name, value in options.items() if value is not None}
        preview = _preview(file.file_id, file, tuple(chosen), tuple(chosen.values()))
        chosen |= _columns(preview, key, labels_needed)
        if preview.too_long:
            rows = "1 row" if preview.too_long == 1 else f"{preview.too_long:,} rows"
            chosen["drop_too_long"] = st.toggle(
                f"Leave out {rows} with more than {MAX_CELL:,} characters in a cell",
                key=f"{key}-too-long",
                help="The file cannot be read with them; the report names every row that was left out.",
            )
        st.caption(f"{preview.layout}; {preview.row_count:,} rows. These are the first:")
        shown = {name: [row[place] for row in preview.rows] for place, name in enumerate(preview.columns)}
        st.dataframe(shown, hide_index=True, key=f"{key}-rows")
    return FileChoice(file, tuple(chosen.items()))


def _columns(preview: FilePreview, key: str, labels_needed: bool) -> dict[str, str]:
    if len(preview.columns) < 2:
        return {}
    names = list(preview.columns)
    with st.container(horizontal=True):
        text = st.selectbox("Texts are in", names, index=names.index(preview.text_column), key=f"{key}-text")
        choices = [name for name in names if name != text]
        if not labels_needed:
            choices = [_NONE, *choices]
        guess = preview.label_column if preview.label_column in choices else choices[0]
        label = st.selectbox("Labels are in", choices, index=choices.index(guess), key=f"{key}-label", format_func=plain)
    return {"text_column": text, "label_column": NO_LABELS if label == _NONE and not labels_needed else label}


def _separator(found: FilePreview, key: str) -> str | None:
    if not found.separator:
        return None
    choices = dict(SEPARATORS)
    choices.setdefault(found.separator, repr(found.separator))
    names = list(choices)
    return st.selectbox(
        "Separator", names, index=names.index(found.separator), format_func=choices.__getitem__, key=f"{key}-separator"
    )


@st.cache_resource(show_spinner=False, max_entries=64, ttl=3600)
def _preview(file_id: str, _file: UploadedFile, names: tuple[str, ...], values: tuple[Any, ...]) -> FilePreview:
    return preview_file(_file.getvalue(), _file.name, **dict(zip(names, values, strict=True)))
