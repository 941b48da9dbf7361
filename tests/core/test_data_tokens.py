"""Words and vocabularies."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data.report import coverage
from rnn_core.data.texts import DataError
from rnn_core.data.tokens import LONGEST_WORD, Vocabulary, tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's good,<br />isn't it?", ["it's", "good", ",", "isn't", "it", "?"]),
        ("I don’t “know”", ["i", "don't", '"', "know", '"']),
        ("a well-made film... 9.5/10!!!!!", ["a", "well", "-", "made", "film", "...", "9.5", "/", "10", "!!!"]),
        ("snake_case 'tis <3 <i>so</i> a<b", ["snake", "_", "case", "'", "tis", "<", "3", "so", "a", "<", "b"]),
        ("我爱 the 映画です", ["我", "爱", "the", "映", "画", "で", "す"]),
        ("👍🏽 ❤️ 👨‍👩‍👧 🇩🇪🇫🇷", ["👍🏽", "❤️", "👨‍👩‍👧", "🇩🇪", "🇫🇷"]),
        ("नमस्ते दुनिया مَرحبا می‌خواهم", ["नमस्ते", "दुनिया", "مَرحبا", "می‌خواهم"]),
        ("CAFE\u0301 \ufeffA\u00adB\u200bC", ["café", "ab", "c"]),  # composed; soft hyphens and zero-width marks left out
        ("", []),
        (" \n\t\u2003", []),
    ],
)
def test_words_of_a_text(text, words):
    assert tokenize(text) == words


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_no_visible_ascii_character_is_lost(text):
    text = text.replace("<", "(")  # no tags
    text = re.sub(r"([^\w\s])\1{2,}", r"\1", text)
    assert "".join(tokenize(text)) == "".join(text.lower().split())


@given(st.text(max_size=200))
def test_any_text_gives_lower_case_words_without_spaces(text):
    for word in tokenize(text):
        assert word
        assert word == word.lower()
        assert not any(character.isspace() for character in word)


@pytest.mark.parametrize(
    "text", ["1.1" * 30_000 + "a", "a'" * 50_000, "!?" * 50_000, "<br" * 30_000, "1" * 100_000, "👍\u200d" * 30_000]
)
def test_hostile_texts_take_linear_time(text):
    assert tokenize(text)  # quadratic time would take minutes here


def test_ids_by_falling_frequency_then_alphabet():
    vocabulary = Vocabulary.learn([["b", "a", "c"], ["c", "a"], ["c", "d"]])
    assert vocabulary.to_list() == ["c", "a", "b", "d"]
    assert vocabulary.size == 6
    ids = vocabulary.ids(["c", "nobody", "d"])
    assert ids.tolist() == [2, 1, 5]
    assert ids.dtype == np.int32
    assert vocabulary.unknown(["c", "nobody"]) == [False, True]
    assert "c" in vocabulary
    assert "nobody" not in vocabulary


def test_limit_counts_padding_and_unknown_and_rare_words_stay_out():
    tokens = [["a"] * 3 + ["b"] * 2 + ["c"], ["x" * (LONGEST_WORD + 1)] * 9]
    assert Vocabulary.learn(tokens, limit=4).words == ("a", "b")
    assert Vocabulary.learn(tokens, limit=4).size == 4
    assert Vocabulary.learn(tokens, min_count=2).words == ("a", "b")
    assert Vocabulary.learn(tokens).words == ("a", "b", "c")
    assert Vocabulary.learn([]).size == 2


@given(st.lists(st.text(min_size=1, max_size=20), unique=True))
def test_a_vocabulary_comes_back_from_its_list(words):
    vocabulary = Vocabulary(tuple(words))
    assert Vocabulary.from_list(vocabulary.to_list()) == vocabulary


@pytest.mark.parametrize("words", [["a", "a"], ["a", ""], ["a", 1], "ab", None, ["x" * 101], ["a"] * 199_999])
def test_a_list_that_is_no_vocabulary(words):
    with pytest.raises(DataError):
        Vocabulary.from_list(words)


def test_coverage_by_hand():
    vocabulary = Vocabulary.learn([["good", "film"]])
    found = coverage(["good film", "a bad film", "good good good", ""], vocabulary, time_steps=2)
    assert found.words == 8
    assert found.unknown_share == 2 / 8
    assert found.cut_share == 2 / 4
    assert coverage([], vocabulary, 2).unknown_share == 0
