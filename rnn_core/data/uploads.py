"""Files that somebody brings, to texts with labels: CSV, TSV, JSON Lines, label<TAB>text lines, or one plain file per label.

Labels are never altered or guessed: they are kept as they stand in the file, character by character, so "1", "1.0", "01" and
" 1" are four labels. A number in JSON is the label that its digits spell. Texts are kept as they are, too.

What one row does wrong costs that row and stands in the report with its line: an empty text or label, too few or too many
columns, quote marks that do not match, bytes that are not of the file's encoding. What makes the file doubtful as a whole is an
`UploadError`: most rows broken, one label only, a label on one row, and whatever is over the limits, a cell of more than 100,000
characters included (with `drop_too_long` such a row is dropped as "too long" instead).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from rnn_core.data.decoding import ENCODINGS, MAX_BYTES, UploadError, decode, shown_name
from rnn_core.data.delimited import SEPARATORS, split_lines
from rnn_core.data.report import Coverage, coverage, reading_report, with_report
from rnn_core.data.tables import MAX_LABELS, MAX_ROWS, Kind, Table, guess_columns, read_table
from rnn_core.data.texts import DroppedRow, LabelledTexts, ReadingReport

__all__ = [
    "ENCODINGS",
    "MAX_BYTES",
    "MAX_CELL",
    "MAX_LABELS",
    "MAX_ROWS",
    "NO_LABELS",
    "SEPARATORS",
    "Coverage",
    "FilePreview",
    "UnlabelledTexts",
    "UploadError",
    "coverage",
    "preview_file",
    "read_labelled_texts",
    "read_pair",
    "read_texts",
]

MAX_CELL = 100_000  # characters
NO_LABELS = ""  # as a `label_column`: read no labels, whatever the columns look like
_PREVIEW_ROWS = 8
_PREVIEW_CELL = 300
_NOT_A_TEXT = re.compile("[\ud800-\udfff\0]")  # bytes of another encoding, or half a character or a NUL that JSON spells out


@dataclass(frozen=True)
class FilePreview:
    """How a file would be read, for a person to confirm or to change."""

    name: str
    encoding: str  # a key of ENCODINGS
    kind: Kind
    layout: str  # in words
    separator: str  # "" for JSON Lines and for one text a line
    quoting: bool
    header: bool  # whether the first row names the columns
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first ones, long cells cut
    row_count: int
    too_long: int  # rows with a cell of more than `MAX_CELL` characters, which must be left out for the file to be read
    text_column: str
    label_column: str | None  # None where no column looks like labels


@dataclass(frozen=True)
class UnlabelledTexts:
    """Texts to classify, in the order of the file."""

    texts: tuple[str, ...]
    labels: tuple[str, ...] | None  # one a text, "" where a row has none; None where the file has no labels
    label_names: tuple[str, ...]  # the different labels, without ""
    report: ReadingReport

    def __len__(self) -> int:
        return len(self.texts)


def preview_file(
    data: bytes,
    name: str,
    separator: str | None = None,
    quoting: bool | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> FilePreview:
    """How a file would be read with these choices; what is None is found.

    separator: one character. quoting: whether quote marks enclose texts. encoding: a key of `ENCODINGS`, or any other name of
    one of them. header: whether the first row names the columns.

    Raises:
        UploadError: the file cannot be read at all.
    """
    table, found = _open(data, name, separator, quoting, encoding, header)
    text_column, label_column = guess_columns(table)
    first = [row.cells for row in table.rows if row.cells is not None][:_PREVIEW_ROWS]
    return FilePreview(
        name=name,
        encoding=found,
        kind=table.kind,
        layout=table.layout,
        separator=table.separator,
        quoting=table.quoted,
        header=table.header,
        columns=table.columns,
        rows=tuple(tuple((cell or "")[:_PREVIEW_CELL] for cell in cells) for cells in first),
        row_count=len(table.rows),
        too_long=sum(any(len(cell or "") > MAX_CELL for cell in row.cells or ()) for row in table.rows),
        text_column=text_column,
        label_column=label_column,
    )


def read_labelled_texts(
    data: bytes,
    name: str,
    text_column: str | None = None,
    label_column: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    drop_too_long: bool = False,
) -> LabelledTexts:
    """The texts and labels of one file, with their report.

    Columns are named as the header names them, `column 1`, `column 2` … without one; guessed where they are None. The other
    choices are those of `preview_file`. `label_names` are sorted, by value where all are numbers.

    Raises:
        UploadError: the file is not readable, or its labels are not 2 to 50 with at least 2 rows each.
    """
    table, found = _open(data, name, separator, quoting, encoding, header)
    shown = shown_name(name)
    if len(table.columns) < 2:
        if table.unequal:
            raise UploadError(f"The columns of {shown} are unequal: {table.unequal}.")
        raise UploadError(f"{shown} has texts and no labels: each row needs a text and a label, separated by a tab or a comma.")
    text_at, label_at = _columns(table, shown, text_column, label_column)
    if label_at is None and len(table.columns) == 2:
        label_at = 1 - text_at
    if label_at is None:
        raise UploadError(f"No column of {shown} looks like labels; choose one of {', '.join(map(repr, table.columns[:20]))}.")
    texts, labels, dropped = _kept_rows(table, shown, text_at, label_at, drop_too_long, needs_label=True)
    names = _checked_labels(labels, shown)
    layout = f"{table.layout}, text column {table.columns[text_at]!r}, label column {table.columns[label_at]!r}"
    return with_report(texts, labels, names, shown, found, layout, dropped)


def read_texts(
    data: bytes,
    name: str,
    text_column: str | None = None,
    label_column: str | None = None,
    separator: str | None = None,
    quoting: bool | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    drop_too_long: bool = False,
) -> UnlabelledTexts:
    """The texts of a file to classify; its labels too where it has a column of them (`label_column=NO_LABELS`: not even then).

    Raises:
        UploadError: the file is not readable, or no row has a text.
    """
    table, found = _open(data, name, separator, quoting, encoding, header)
    shown = shown_name(name)
    text_at, label_at = _columns(table, shown, text_column, label_column)
    texts, labels, dropped = _kept_rows(table, shown, text_at, label_at, drop_too_long, needs_label=False)
    if not texts:
        raise UploadError(f"No row of {shown} has a text in {table.columns[text_at]!r}.")
    names = _sorted_labels(set(labels) - {""})
    if label_column is None and len(names) > MAX_LABELS:  # a column that was only guessed, and wrongly
        label_at, labels, names = None, [], ()
    layout = f"{table.layout}, text column {table.columns[text_at]!r}"
    if label_at is not None:
        layout += f", label column {table.columns[label_at]!r}"
    report = reading_report(texts, labels, shown, found, layout, dropped)
    return UnlabelledTexts(tuple(texts), None if label_at is None else tuple(labels), names, report)


def read_pair(first: tuple[bytes, str], second: tuple[bytes, str], drop_too_long: bool = False) -> LabelledTexts:
    """Two plain text files of one text a line, each (bytes, name): a file's name without its ending is the label of its texts.

    Raises:
        UploadError: a file is not readable, both have one name, or one has fewer than 2 texts.
    """
    names = [PurePath(name.replace("\\", "/")).name for _, name in (first, second)]
    labels = [PurePath(name).stem for name in names]
    if labels[0] == labels[1]:
        labels = names  # rt-polarity.pos and rt-polarity.neg
    if labels[0] == labels[1]:
        raise UploadError(f"Both files are called {shown_name(names[0])}: their names are the labels, so they must differ.")
    texts: list[str] = []
    texts_labels: list[str] = []
    dropped: list[DroppedRow] = []
    encodings: list[str] = []
    for (data, name), label in zip((first, second), labels, strict=True):
        shown = shown_name(name)
        text, encoding = decode(data, name)
        for number, line in enumerate(split_lines(text, shown), start=1):
            if line.isspace():
                continue
            kept = line.rstrip("\r\n")
            reason, detail = _trouble(kept, label, [kept], number, shown, drop_too_long)
            if reason:
                dropped.append(DroppedRow(number, reason, f"{detail}, in {shown}"))
            else:
                texts.append(kept)
                texts_labels.append(label)
        encodings.append(encoding)
    if len(texts) + len(dropped) > MAX_ROWS:
        raise UploadError(f"The two files have {len(texts) + len(dropped):,} rows; at most {MAX_ROWS:,} can be read.")
    both = " and ".join(map(shown_name, names))
    label_names = _checked_labels(texts_labels, both)
    used = " and ".join(dict.fromkeys(encodings))
    return with_report(texts, texts_labels, label_names, both, used, "one text a line, a file for each label", dropped)


def _open(
    data: bytes, name: str, separator: str | None, quoting: bool | None, encoding: str | None, header: bool | None
) -> tuple[Table, str]:
    text, found = decode(data, name, encoding)
    return read_table(text, shown_name(name), separator, quoting, header), found


def _columns(table: Table, shown: str, text_column: str | None, label_column: str | None) -> tuple[int, int | None]:
    for column in (text_column, label_column):
        if column and column not in table.columns:
            there = ", ".join(map(repr, table.columns[:20]))
            raise UploadError(f"{shown} has no column {column!r}; its columns are {there}.")
    if text_column and text_column == label_column:
        raise UploadError(f"The column {text_column!r} of {shown} cannot be both text and label.")
    guessed_text, guessed_label = guess_columns(table)
    others = [column for column in table.columns if column not in (text_column, label_column)]
    if text_column is None:
        text_column = guessed_text if guessed_text != label_column else next(iter(others), guessed_text)
    if label_column is None:
        label_column = guessed_label if guessed_label != text_column else guessed_text
    label_at = table.columns.index(label_column) if label_column else None
    return table.columns.index(text_column), label_at


def _kept_rows(
    table: Table, shown: str, text_at: int, label_at: int | None, drop_too_long: bool, needs_label: bool
) -> tuple[list[str], list[str], list[DroppedRow]]:
    texts: list[str] = []
    labels: list[str] = []
    dropped: list[DroppedRow] = []
    for row in table.rows:
        if row.cells is None:
            dropped.append(DroppedRow(row.line, "broken row", row.trouble))
            continue
        text = row.cells[text_at]
        label = None if label_at is None else row.cells[label_at]
        reason, detail = _trouble(text, label if label_at is not None else "", row.cells, row.line, shown, drop_too_long)
        if not reason and needs_label and not (label or "").strip():
            reason, detail = "empty label", ""
        if reason:
            dropped.append(DroppedRow(row.line, reason, detail))
        else:
            texts.append(text or "")
            if label_at is not None:
                labels.append(label if label and label.strip() else "")
    return texts, labels, dropped


def _trouble(
    text: str | None, label: str | None, cells: Sequence[str | None], line: int, shown: str, drop_too_long: bool
) -> tuple[str, str]:
    """Why a row is dropped, and what exactly is wrong; two empty strings where nothing is."""
    longest = max(len(cell or "") for cell in cells)
    if longest > MAX_CELL:
        if not drop_too_long:
            raise UploadError(
                f"Line {line:,} of {shown} has a cell of {longest:,} characters; at most {MAX_CELL:,} can be read, "
                "so shorten it or leave its row out."
            )
        return "too long", f"{longest:,} characters"
    if text is None or label is None:
        return "broken row", "a list or an object instead of a text"
    if _NOT_A_TEXT.search(text) or _NOT_A_TEXT.search(label):
        return "broken row", "bytes or characters that are no text"
    return ("", "") if text.strip() else ("empty text", "")


def _checked_labels(labels: Sequence[str], shown: str) -> tuple[str, ...]:
    counts = Counter(labels)
    if not counts:
        raise UploadError(f"No row of {shown} has both a text and a label.")
    if len(counts) > MAX_LABELS:
        raise UploadError(
            f"{shown} has {len(counts):,} different labels, at most {MAX_LABELS} can be learned: choose another column."
        )
    names = _sorted_labels(counts)
    if len(names) == 1:
        raise UploadError(f"All rows of {shown} have the same label {_short(names[0])}; at least 2 different ones are needed.")
    rare = next((name for name in names if counts[name] < 2), None)
    if rare is not None:
        raise UploadError(f"The label {_short(rare)} of {shown} is on only 1 row; each label needs at least 2.")
    return names


def _sorted_labels(labels: Iterable[str]) -> tuple[str, ...]:
    names = sorted(labels)
    with suppress(ValueError):  # then not all are numbers
        values = {name: float(name) for name in names}
        if all(map(math.isfinite, values.values())):
            names.sort(key=values.__getitem__)
    return tuple(names)


def _short(label: str) -> str:
    return repr(label if len(label) <= 40 else f"{label[:40]}…")
