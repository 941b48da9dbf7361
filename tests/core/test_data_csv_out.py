"""CSV files that a spreadsheet opens without running anything."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.data.csv_out import safe_csv


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_formulas_become_texts(cell):
    assert read(safe_csv({cell: [cell]})) == [["'" + cell], ["'" + cell]]


def test_numbers_stay_numbers_and_every_text_is_quoted():
    table = pd.DataFrame({"text": ["a;=1+1", 'say "hi"'], "probability": [-0.25, 1e-7]})
    assert safe_csv(table) == b'text,probability\r\n"a;=1+1",-0.25\r\n"say ""hi""",1e-07\r\n'


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.floats(allow_nan=False)), max_size=8))
def test_what_goes_out_comes_back_but_for_the_apostrophe(rows):
    data = safe_csv({"text": [text for text, _ in rows], "number": [number for _, number in rows]}, byte_order_mark=True)
    assert data.startswith(b"\xef\xbb\xbf")
    for (text, number), (cell, digits) in zip(rows, read(data)[1:], strict=True):
        assert cell in (text, "'" + text)
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert float(digits) == number


def test_an_empty_cell_half_a_character_and_unequal_columns():
    assert read(safe_csv({"a": [None, "\ud800"]}))[1:] == [[""], ["?"]]
    with pytest.raises(ValueError, match="argument 2"):
        safe_csv({"a": [1], "b": []})
