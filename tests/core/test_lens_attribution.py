"""Contributions of words against their definitions: the text without the word, and finite differences of its embedding."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.figures.attribution import contributions, describe_contributions
from rnn_core.lenses.attribution import attribution, log_odds
from rnn_core.lenses.states_source import StatesError
from tests.core.small import small_classifier

TEXT = "the film was not very good a bad"  # every word once, so that a row of the embeddings is one word
SHAPES = ({}, {"bidirectional": True, "pooling": "mean_max"}, {"layers": 2, "pooling": "max"}, {"mask": False})


def odds(classifier, text, label):
    return log_odds(classifier.predict_proba([text]), label)[0]


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("labels", [2, 4])
def test_both_ways_by_their_definitions(kind, shape, labels):
    classifier = small_classifier(seed=11, kind=kind, labels=labels, **shape)
    found = attribution(classifier, TEXT)
    words = TEXT.split()
    assert found.label == classifier.predict_proba([TEXT])[0].argmax()
    for step in range(len(words)):
        without = " ".join(words[:step] + words[step + 1 :])
        assert found.left_out[step] == pytest.approx(found.whole - odds(classifier, without, found.label), abs=1e-4)
    assert found.while_reading.sum() == pytest.approx(found.whole - found.nothing, abs=1e-5)
    for step in (0, 3, 7):  # the slope along the word's own embedding is gradient times input
        row, small = classifier.vocabulary.ids([words[step]])[0], 1e-2
        sides = []
        for sign in (1, -1):
            embeddings = classifier.weights["embeddings"].copy()
            embeddings[row] *= 1 + sign * small
            sides.append(odds(replace(classifier, weights={**classifier.weights, "embeddings": embeddings}), TEXT, found.label))
        slope = (sides[0] - sides[1]) / (2 * small)
        assert found.gradient_times_input[step] == pytest.approx(slope, abs=3e-3)


def test_a_word_beyond_the_cut_does_not_move_up():
    classifier = small_classifier(time_steps=3)
    found = attribution(classifier, "good bad film not")
    assert found.tokens == ("good", "bad", "film")
    label = found.label
    assert found.left_out[0] == pytest.approx(found.whole - odds(classifier, "bad film", label), abs=1e-5)


def test_strongest_are_the_greatest_changes_of_the_probability():
    classifier = small_classifier(seed=1)
    found = attribution(classifier, TEXT, label=1)
    so_far = [classifier.predict_proba([" ".join(TEXT.split()[:count])])[0, 1] for count in range(9)]
    np.testing.assert_allclose(found.points, np.diff(so_far), atol=1e-6)
    assert found.strongest(1)[0] == np.abs(np.diff(so_far)).argmax()


def test_figure_shows_the_numbers():
    found = attribution(small_classifier(), TEXT)
    figure = contributions(found)
    np.testing.assert_allclose(figure.data[0].y, found.left_out)
    np.testing.assert_allclose(figure.data[1].y, found.gradient_times_input)
    assert "leaving out" in describe_contributions(found)


def test_what_cannot_be_attributed_is_said():
    with pytest.raises(StatesError, match="word by word"):
        attribution(small_classifier(kind="dense"), TEXT)
    with pytest.raises(StatesError, match="no word"):
        attribution(small_classifier(), "")
    with pytest.raises(StatesError, match="labels 0 to 1"):
        attribution(small_classifier(), TEXT, label=2)
