"""Numbers in words, at the edges where the words change."""

import pytest

from ui.words import duration, ordinal


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.6, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (3900, "1 h 5 min")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")],
)
def test_ordinal(number, words):
    assert ordinal(number) == words
