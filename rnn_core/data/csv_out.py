"""Tables to CSV files that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_csv(columns: Mapping[str, Iterable[object]]) -> bytes:
    """The columns as CSV in UTF-8 with a byte order mark, which Excel needs to know it for UTF-8.

    A text cell that a spreadsheet would take for a formula (it starts with =, +, -, @, a tab, a line end, or a full-width form of
    one of these) gets an apostrophe in front, as OWASP's page on CSV injection says; numbers, negative ones too, stay as
    they are. None is an empty cell. A pandas DataFrame is a mapping of columns as well.

    Raises:
        ValueError: columns of different lengths.

    Example:
        >>> safe_csv({"text": ["=1+1"], "probability": [-0.5]}).decode("utf-8-sig")
        "text,probability\\r\\n'=1+1,-0.5\\r\\n"
    """
    values: list[Sequence[object]] = [list(columns[name]) for name in columns]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([_harmless(name) for name in columns])
    writer.writerows([_harmless(cell) for cell in row] for row in zip(*values, strict=True))
    return file.getvalue().encode("utf-8-sig", "replace")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
