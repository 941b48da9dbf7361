"""Lines of a CSV, TSV or label<TAB>text file to rows, each with the line it starts on, and the layout that fits them best.

Neither `csv.Sniffer` nor clevercsv is used: on sentences the first guesses letters as separators, and the second takes 49 s
for one line of 64 kB. A layout is rated here by reading the lines with it: what is rated is what is read.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

from rnn_core.data.decoding import MAX_BYTES, UploadError

SEPARATORS: dict[str, str] = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}  # the first of equally good ones is taken
MAX_LINES = 500_000
MAX_LINE = 1_000_000  # characters
_SAMPLE_ROWS = 1_000  # by which the separator is found


class Row(NamedTuple):
    """One row of a table as it was read."""

    line: int  # 1-based, on which the row starts
    cells: Sequence[str | None] | None  # None: a broken row; a cell is None where it holds no text (a JSON list or object)
    trouble: str = ""  # of a broken row


@dataclass(frozen=True)
class Quoting:
    """How quote marks are read."""

    name: str
    quoted: bool
    skip_space: bool = False  # a space after a separator belongs to it
    backslash: bool = False  # \\" stands for a quote mark within quotes


QUOTED = Quoting("quoted", True)
UNQUOTED = Quoting("not quoted", False)
_QUOTED_AFTER_SPACE = Quoting("quoted after a space", True, skip_space=True)
_BACKSLASH = Quoting("quoted with backslashes", True, backslash=True)


def split_lines(text: str, shown: str) -> list[str]:
    """The lines with their ends (\\n, \\r\\n or \\r), so that a quoted text keeps its own.

    Raises:
        UploadError: more than 500,000 lines, or a line of more than 1,000,000 characters.
    """
    if text.count("\n") + text.count("\r") - text.count("\r\n") >= MAX_LINES:
        raise UploadError(f"{shown} has over {MAX_LINES:,} lines, the most that can be read.")
    lines = list(io.StringIO(text, newline=""))
    longest = max(range(len(lines)), key=lambda number: len(lines[number]))
    if len(lines[longest]) > MAX_LINE:
        raise UploadError(
            f"Line {longest + 1:,} of {shown} has {len(lines[longest]):,} characters, at most {MAX_LINE:,} can be read: "
            "this is no table of texts."
        )
    return lines


def find_separator(lines: Sequence[str]) -> tuple[str, float]:
    """The separator with which most of the first rows have one number of columns, at least 2, and the share that has it."""
    best, share = "", 0.0
    for separator in SEPARATORS:
        for quoting in _possible(lines, separator, None):
            rows = list(islice(_rows(lines, separator, quoting), _SAMPLE_ROWS + 1))
            end = rows.pop().line if len(rows) > _SAMPLE_ROWS else len(lines) + 1
            rating = _rating(rows, lines, end, separator, quoting)
            if rating > share:
                best, share = separator, rating
    return best, share


def find_quoting(lines: Sequence[str], separator: str, quoted: bool | None) -> tuple[Quoting, list[Row]]:
    """The way to read quote marks with which most lines are in rows of one width, and the rows.

    quoted: True or False where a person has said whether quote marks enclose texts.
    """
    best, best_rows, best_rating = UNQUOTED, [], -1.0
    for quoting in _possible(lines, separator, quoted):
        rows = read_rows(lines, separator, quoting)
        rating = _rating(rows, lines, len(lines) + 1, separator, quoting)
        if rating > best_rating:
            best, best_rows, best_rating = quoting, rows, rating
    return best, best_rows


def width_of(rows: Sequence[Row]) -> int:
    """The number of columns that most rows have; 0 without rows."""
    widths = Counter(len(row.cells) for row in rows if row.cells is not None)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def read_rows(lines: Sequence[str], separator: str, quoting: Quoting) -> list[Row]:
    """All rows, blank lines left out; a row whose quote marks do not match is broken, and reading goes on with the next line."""
    return list(_rows(lines, separator, quoting))


def _rows(lines: Sequence[str], separator: str, quoting: Quoting) -> Iterator[Row]:
    if quoting.quoted:
        return _quoted_rows(lines, separator, quoting)
    whole = ((number, line) for number, line in enumerate(lines, start=1) if not line.isspace())
    return (Row(number, line.rstrip("\r\n").split(separator)) for number, line in whole)


def _quoted_rows(lines: Sequence[str], separator: str, quoting: Quoting) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), MAX_BYTES))  # the limit on a cell is ours, and it has a sentence
    position, wasted = 0, 0
    budget = sum(map(len, lines))
    while position < len(lines):
        reader = csv.reader(
            map(lines.__getitem__, range(position, len(lines))),
            delimiter=separator,
            skipinitialspace=quoting.skip_space,
            escapechar="\\" if quoting.backslash else None,
            doublequote=not quoting.backslash,
            strict=True,
        )
        start = position
        try:
            for cells in reader:
                if len(cells) > 1 or (cells and cells[0].strip()):
                    yield Row(start + 1, cells)
                start = position + reader.line_num
            return
        except csv.Error:
            wasted += sum(map(len, lines[start : position + reader.line_num]))
            yield Row(start + 1, None, "quote marks that do not match")
            position = start + 1
            if wasted > budget:  # quote marks without order would be read again from every line
                yield from (Row(number + 1, None, "quote marks that do not match") for number in range(position, len(lines)))
                return


def _possible(lines: Sequence[str], separator: str, quoted: bool | None) -> list[Quoting]:
    if quoted is False:
        return [UNQUOTED]
    if quoted is None and not any('"' in line for line in lines):
        return [UNQUOTED if separator == "\t" else QUOTED]
    ways = [QUOTED]
    if any(f'{separator} "' in line for line in lines):
        ways.append(_QUOTED_AFTER_SPACE)
    if any('\\"' in line for line in lines):
        ways.append(_BACKSLASH)
    return ways if quoted else [*ways, UNQUOTED]


def _rating(rows: Sequence[Row], lines: Sequence[str], end: int, separator: str, quoting: Quoting) -> float:
    """The share of the lines before line `end` that are in rows of the usual width; 0 where that is a single column.

    A quoted row over several lines, each of which is a whole row by itself, speaks against quoting: two lone quote marks
    have swallowed the rows between them.
    """
    width = width_of(rows)
    if width < 2:
        return 0.0
    usual: list[set[str | None]] | None = None
    good = total = 0
    for row, following in zip(rows, [*(row.line for row in rows[1:]), end], strict=True):
        if following == row.line + 1:
            total += 1
            good += row.cells is not None and len(row.cells) == width
            continue
        own = [line for line in lines[row.line - 1 : following - 1] if not line.isspace()]
        total += len(own)
        if row.cells is None or len(row.cells) != width:
            continue
        if usual is None:
            usual = _usual_cells(rows, width)
        swallowed = quoting.quoted and len(own) > 1 and all(_whole_row(line, separator, width, usual) for line in own)
        good += 0 if swallowed else len(own)
    return good / total


def _usual_cells(rows: Sequence[Row], width: int) -> list[set[str | None]]:
    """The cells of each column that come more than once: its labels, if it has any."""
    few = rows[: max(1, _SAMPLE_ROWS * 10 // width)]
    columns = zip(*(row.cells for row in few if row.cells is not None and len(row.cells) == width), strict=True)
    return [{cell for cell, count in Counter(column).items() if count > 1} for column in columns]


def _whole_row(line: str, separator: str, width: int, usual: list[set[str | None]]) -> bool:
    """Whether a line has the usual width and, where the separator is one that prose has too, one of a column's usual cells."""
    if line.count(separator) != width - 1:
        return False
    cells = line.rstrip("\r\n").split(separator)
    return separator == "\t" or any(cell in known for cell, known in zip(cells, usual, strict=False))


def unequal_lines(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """The first two neighbouring rows with different numbers of columns."""
    whole = [row for row in rows if row.cells is not None]
    return next(((a, b) for a, b in pairwise(whole) if len(a.cells or ()) != len(b.cells or ())), None)
