"""The held-out part, against scikit-learn and its own promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from rnn_core.data.split import split_texts, stratified_split
from rnn_core.data.texts import DataError, LabelledTexts


def test_the_split_is_scikit_learns_where_no_label_is_rare():
    labels = np.array([0] * 60 + [1] * 40)
    train, held_out = stratified_split(labels, 0.2, seed=7)
    _, expected = train_test_split(np.arange(100), test_size=20, random_state=7, stratify=labels)
    assert held_out.tolist() == sorted(expected)
    assert held_out.dtype == train.dtype == np.int64
    assert labels[held_out].sum() == 8


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=12),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 2**31 - 1),
)
def test_both_parts_have_every_label_and_share_no_row(counts, share, seed):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    train, held_out = stratified_split(labels, share, seed)
    assert sorted([*train, *held_out]) == list(range(len(labels)))
    assert set(labels[train]) == set(labels[held_out]) == set(labels)
    again = stratified_split(labels, share, seed)
    assert np.array_equal(train, again[0])
    assert np.array_equal(held_out, again[1])


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 0, 1], [], [0, 1]])
def test_labels_that_cannot_be_split(labels):
    with pytest.raises(DataError, match="2"):
        stratified_split(labels)


def test_a_set_that_fixes_its_held_out_part_keeps_it():
    texts = LabelledTexts(("a", "b", "c", "d"), np.array([0, 1, 0, 1]), ("x", "y"), held_out=np.array([3, 1]))
    train, held_out = split_texts(texts)
    assert train.tolist() == [0, 2]
    assert held_out.tolist() == [1, 3]
    assert texts.subset([1, 2]).held_out is None
    assert texts.subset([1, 2]).texts == ("b", "c")


@pytest.mark.parametrize("rows", [[], [0, 1], [2], [-1]])
def test_a_fixed_part_that_cannot_be_held_out(rows):
    texts = LabelledTexts(("a", "b"), np.array([0, 1]), ("x", "y"), held_out=np.array(rows, dtype=np.int64))
    with pytest.raises(DataError, match="held-out"):
        split_texts(texts)
