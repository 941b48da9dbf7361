"""Tables to CSV files that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_csv(columns: Mapping[str, Iterable[object]], byte_order_mark: bool = False) -> bytes:
    """The columns as CSV in UTF-8; a pandas DataFrame is a mapping of columns as well.

    A text cell that a spreadsheet would take for a formula (it starts with =, +, -, @, a tab, a line end, or a full-width form of
    one of these) gets an apostrophe in front, and every text cell is quoted, as OWASP's page on CSV injection says; numbers,
    negative ones too, stay as they are. None is an empty cell. byte_order_mark: Excel needs it to know the file for UTF-8.

    Raises:
        ValueError: columns of different lengths.

    Example:
        >>> safe_csv({"text": ["=1+1"], "probability": [-0.5]}).decode()
        'text,probability\\r\\n"\\'=1+1",-0.5\\r\\n'
    """
    file = io.StringIO(newline="")
    csv.writer(file).writerow([_harmless(name) for name in columns])
    rows = zip(*(columns[name] for name in columns), strict=True)
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows([_harmless(cell) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig" if byte_order_mark else "utf-8", "replace")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
