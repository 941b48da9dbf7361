"""A decoded file to a table: which layout it has, whether it has a header, and which columns look like text and label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rnn_core.data.decoding import UploadError
from rnn_core.data.delimited import (
    QUOTED,
    SEPARATORS,
    UNQUOTED,
    Row,
    find_quoting,
    find_separator,
    read_rows,
    split_lines,
    unequal_lines,
    width_of,
)

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_JSON_COLUMNS = 50  # the first ones; further keys are left out
MAX_LABELS = 50
_LOOKED_AT = 2_000  # rows by which header and columns are guessed
# fmt: off
_TEXT_NAMES = frozenset((
    "text", "texts", "review", "reviews", "sentence", "sentences", "comment", "comments", "message", "messages", "content",
    "tweet", "document", "phrase", "description", "utterance", "headline", "review_text", "review_body",
))
_LABEL_NAMES = frozenset((
    "label", "labels", "sentiment", "class", "classes", "category", "categories", "stars", "rating", "ratings", "target",
    "polarity", "score", "emotion", "intent",
))
# fmt: on

Kind = Literal["delimited", "jsonl", "lines"]


@dataclass(frozen=True)
class Table:
    """The rows of a file, blank lines and the header left out."""

    kind: Kind  # "lines": one text a line, a single column
    separator: str  # "" where the kind has none
    quoting: str  # how quote marks were read, in words
    quoted: bool
    header: bool  # whether the first row names the columns
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    unequal: str = ""  # why a file with a separator in most lines is no table, in words

    @property
    def layout(self) -> str:
        """The layout in words."""
        if self.kind == "jsonl":
            return "JSON Lines"
        if self.kind == "lines":
            return "one text a line"
        name = SEPARATORS.get(self.separator, repr(self.separator))
        return f"{name}-separated, {self.quoting}, {'with' if self.header else 'without'} a header"


def read_table(text: str, shown: str, separator: str | None, quoting: bool | None, header: bool | None) -> Table:
    """The table that a text holds; `None` for what nobody has chosen lets the rows decide.

    Raises:
        UploadError: too many lines, rows or columns, or most rows broken.
    """
    lines = split_lines(text, shown)
    if separator is None and _is_json_lines(lines, shown):
        return _json_lines(lines, shown)
    if separator is None:
        separator, share = find_separator(lines)
        prose = separator != "\t" and shown.lower().endswith(".txt")  # in which commas come and go
        if share < (0.9 if prose else 0.5):
            return _single_column(lines, shown, header)
    how, rows = find_quoting(lines, _separator_character(separator, shown), quoting)
    first = next((row for row in rows if row.cells is not None), None)
    with_header = first is not None and (_looks_like_header(rows) if header is None else header)
    width = width_of(rows[1:] if with_header and len(rows) > 2 else rows)
    if first is None or first.cells is None or width < 2:
        raise UploadError(f"{shown} is not separated by {SEPARATORS.get(separator, repr(separator))}: choose another separator.")
    if width > MAX_COLUMNS:
        raise UploadError(f"{shown} has {width:,} columns; at most {MAX_COLUMNS} can be read.")
    if with_header:
        rows.remove(first)
        if len(first.cells) != width:
            raise UploadError(
                f"The columns of {shown} are unequal: the header has {len(first.cells)} and most rows have {width}."
            )
    names = [cell or "" for cell in first.cells] if with_header else [""] * width
    whole = (_with_width(row, width) for row in rows)
    return _checked(Table("delimited", separator, how.name, how.quoted, with_header, _distinct(names), tuple(whole)), shown)


def guess_columns(table: Table) -> tuple[str, str | None]:
    """The column that looks most like texts, and the one that looks most like labels, if any does.

    A column's name decides where it is a usual one; else texts are the longest cells, and labels those that repeat most.
    """
    cells = [row.cells for row in table.rows[:_LOOKED_AT] if row.cells is not None]
    text, label = _guess(cells, table.columns)
    return table.columns[text], None if label is None else table.columns[label]


def _guess(rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> tuple[int, int | None]:
    known = [name.strip().lower() for name in names]
    numbers = range(len(names))
    lengths = [sum(len(row[n] or "") for row in rows) for n in numbers]
    distinct = [len({row[n] for row in rows if row[n]}) for n in numbers]
    labels = [n for n in numbers if known[n] in _LABEL_NAMES]
    texts = [n for n in numbers if known[n] in _TEXT_NAMES]
    text = max(texts or [n for n in numbers if n not in labels] or numbers, key=lambda n: lengths[n])
    others = [n for n in numbers if n != text]
    few = [n for n in others if 0 < distinct[n] <= min(MAX_LABELS, len(rows) / 2)]
    named = [n for n in labels if n != text]
    if named:
        return text, next((n for n in named if n in few), named[0])
    if len(names) == 2 and not texts and distinct[text] <= MAX_LABELS and 2 * distinct[text] <= distinct[others[0]]:
        return others[0], text  # cells that repeat are labels, however long they are
    return text, min(few, key=lambda n: (distinct[n] < 2, distinct[n], n), default=None)


def _looks_like_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names columns: short cells, no number and no label that comes again below."""
    whole = [row.cells for row in rows[: _LOOKED_AT + 1] if row.cells is not None]
    first, rest = whole[0], whole[1:]
    names = [(cell or "").strip() for cell in first]
    below = [cells for cells in rest if len(cells) == len(first)]
    if any(len(name) > 60 or _is_number(name) for name in names):
        return False
    usual = any(name.lower() in _TEXT_NAMES | _LABEL_NAMES for name in names)
    if not below:
        return usual
    text, label = _guess(below, names if usual else [""] * len(names))
    if label is None:
        return usual
    if first[label] in {cells[label] for cells in below}:
        return False
    return usual or (
        len(set(names)) == len(names) and len(names[text].split()) <= 3
    )  # read as a row, it would be the only one with its label


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _with_width(row: Row, width: int) -> Row:
    if row.cells is None or len(row.cells) == width:
        return row
    return Row(row.line, None, f"{len(row.cells)} {'column' if len(row.cells) == 1 else 'columns'} instead of {width}")


def _single_column(lines: Sequence[str], shown: str, header: bool | None) -> Table:
    """One text a line, or one quoted text a row."""
    rows = read_rows(lines, ",", QUOTED)
    if any(row.cells is None or len(row.cells) > 1 for row in rows):
        rows = read_rows(lines, "\n", UNQUOTED)
        rows = [Row(row.line, (row.cells or ("",))[:1]) for row in rows]
    first = ((rows[0].cells or ("",))[0] or "").strip() if rows else ""
    named = first.lower() in _TEXT_NAMES if header is None else header
    column = (first if named else "") or "text"
    return _checked(Table("lines", "", "", False, named, (column,), tuple(rows[1:] if named else rows), _unequal(lines)), shown)


def _unequal(lines: Sequence[str]) -> str:
    """Where the columns are unequal in a file whose lines mostly hold one separator."""
    for separator in SEPARATORS:
        if 2 * sum(separator in line for line in lines) > len(lines):
            pair = unequal_lines(read_rows(lines[:_LOOKED_AT], separator, QUOTED))
            if pair:
                return " and ".join(f"line {row.line:,} has {len(row.cells or ())}" for row in pair)
    return ""


def _is_json_lines(lines: Sequence[str], shown: str) -> bool:
    if shown.lower().endswith((".jsonl", ".ndjson")):
        return True
    first = next(line for line in lines if not line.isspace()).strip()
    if isinstance(_json_value(first), dict):
        return True
    if shown.lower().endswith(".json") and first[0] in "[{":
        raise UploadError(f"{shown} is JSON, but not one object a line: save it as JSON Lines (.jsonl).")
    return False


def _json_value(line: str) -> Any:
    """The value of a line of JSON, numbers as they are written (1, 1.0 and 01 stay different); None where it is no JSON."""
    try:
        return json.loads(line, parse_int=str, parse_float=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        return None


def _json_lines(lines: Sequence[str], shown: str) -> Table:
    values = [
        (number, _json_value(line))
        for number, line in enumerate(lines[: 2 * MAX_ROWS], start=1)  # past the limit, more need not be understood
        if not line.isspace()
    ]
    columns: dict[str, None] = {}
    for _, value in values[:_LOOKED_AT]:
        if isinstance(value, dict):
            columns.update(dict.fromkeys(value))
    names = tuple(columns)[:MAX_JSON_COLUMNS]
    rows = tuple(
        Row(number, [_json_cell(value[name]) if name in value else "" for name in names])
        if isinstance(value, dict)
        else Row(number, None, "no JSON object")
        for number, value in values
    )
    return _checked(Table("jsonl", "", "", True, True, _distinct(names), rows), shown)


def _json_cell(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else None


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """A different name for each column: `column 3` for one without, `text (2)` for the second of two."""
    taken: list[str] = []
    for number, name in enumerate(names, start=1):
        wanted = base = name.strip() or f"column {number}"
        again = 2
        while wanted in taken:
            wanted, again = f"{base} ({again})", again + 1
        taken.append(wanted)
    return tuple(taken)


def _separator_character(separator: str, shown: str) -> str:
    if len(separator) != 1 or separator in '"\r\n\\':
        raise UploadError(
            f"{separator!r} cannot separate the columns of {shown}; choose one character, such as a comma or a tab."
        )
    return separator


def _checked(table: Table, shown: str) -> Table:
    if not table.rows:
        raise UploadError(f"{shown} has no rows of texts{' under its header' if table.header else ''}.")
    if len(table.rows) > MAX_ROWS:
        raise UploadError(f"{shown} has {len(table.rows):,} rows; at most {MAX_ROWS:,} can be read.")
    broken = [row for row in table.rows if row.cells is None]
    if 2 * len(broken) > len(table.rows):
        raise UploadError(
            f"Most rows of {shown} are broken ({len(broken):,} of {len(table.rows):,}), "
            f"the first in line {broken[0].line:,}: {broken[0].trouble}."
        )
    return table
