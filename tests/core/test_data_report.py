"""What the reading report foretells: which words and which texts a network would not see whole."""

import pytest

from rnn_core.data.report import coverage, with_report
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.spec import FIRST_WORD_ID

TEXTS = ("a b c", "a b", "a", "a b c d e f", "x y z a")
REPORT = with_report(TEXTS, ["p", "q", "p", "q", "p"], ["p", "q"], "made", "utf-8", "made").report


@pytest.mark.parametrize("time_steps", [1, 2, 3, 5, 6, 100])
@pytest.mark.parametrize("words", [0, 1, 2, 3, 5, 20])
@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_foretold_shares_are_those_that_a_vocabulary_gives(time_steps, words, min_count):
    rows = words + FIRST_WORD_ID
    vocabulary = Vocabulary.learn([tokenize(text) for text in TEXTS], rows, min_count)
    found = coverage(TEXTS, vocabulary, time_steps)
    assert REPORT.cut_share(time_steps) == pytest.approx(found.cut_share)
    assert REPORT.unknown_share(rows, min_count) == pytest.approx(found.unknown_share)
