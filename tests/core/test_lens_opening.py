"""The opening lens: a network without memory keeps nothing of the opening, one that only counts words loses it like 1 / n."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.lenses.opening import OpeningError, opening_effect, reachable
from tests.core.small import WORDS, small_classifier

RNG = np.random.default_rng(0)
REVIEWS = [" ".join(RNG.choice(WORDS, size=60)) for _ in range(12)]
OPENINGS = ("good good film", "bad bad film")


def test_without_a_recurrent_kernel_only_the_last_word_counts():
    found = opening_effect(small_classifier(gain=0.0), REVIEWS, OPENINGS, following=(0, 1, 5))
    assert [effect.value for effect in found.effect] == [0, 0, 0]  # both openings end with the same word
    assert [flips.value for flips in found.flips] == [0, 0, 0]
    assert (found.texts, found.not_read) == (12, ())


def test_numbers_are_those_of_the_classifier_itself():
    classifier = small_classifier(kind="lstm")
    found = opening_effect(classifier, REVIEWS, OPENINGS, following=(0, 4))
    rests = [" ".join(review.split()[3:7]) for review in REVIEWS]
    one, other = (classifier.predict_proba([f"{opening} {rest}" for rest in rests])[:, 1] for opening in OPENINGS)
    assert found.effect[1].value == pytest.approx(np.abs(one - other).mean(), abs=1e-6)
    assert found.flips[1].value == np.mean((one > 0.5) != (other > 0.5))
    assert found.effect[1].low <= found.effect[1].value <= found.effect[1].high


def test_a_bag_of_words_forgets_like_one_over_the_number_of_words():
    classifier = small_classifier(kind="bag_of_words")
    small = {name: 1e-2 * value if name == "output/kernel" else value for name, value in classifier.weights.items()}
    found = opening_effect(replace(classifier, weights=small), REVIEWS, OPENINGS, following=(0, 4, 47))
    first = found.effect[0].value
    np.testing.assert_allclose([effect.value / first for effect in found.effect], [1, 3 / 7, 3 / 50], rtol=0.02)
    assert found.half_gone == 4


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm", "bag_of_words", "transformer", "conv1d"])
def test_reads_further_than_in_training_where_nothing_forbids_it(kind):
    found = opening_effect(small_classifier(kind=kind, features=4), REVIEWS, OPENINGS, following=(0, 50))
    assert found.following == (0, 50)
    assert found.time_steps == 12


def test_a_fixed_length_leaves_out_what_cannot_be_read():
    found = opening_effect(small_classifier(kind="dense"), REVIEWS, OPENINGS, following=(0, 9, 10))
    assert (found.following, found.not_read) == ((0, 9), (10,))
    with pytest.raises(OpeningError, match="leaves no room"):
        opening_effect(small_classifier(kind="dense"), REVIEWS, OPENINGS, following=(10,))


def test_only_numbers_of_words_that_enough_texts_have_are_reachable():
    texts = [" ".join(["film"] * length) for length in (3, 8, 13, 23)]
    assert reachable(texts, OPENINGS, following=(0, 5, 10, 20, 21), least=2) == (0, 5, 10)
    assert reachable(texts, OPENINGS, following=(0, 5, 10, 20, 21), least=1) == (0, 5, 10, 20)
    assert reachable([], OPENINGS) == ()


@pytest.mark.parametrize(
    ("texts", "openings", "sentence"),
    [
        (REVIEWS, ("", "bad"), "at least one word"),
        (REVIEWS, ("wonderful", "terrible"), "the same words"),  # neither is in the vocabulary
        (["good film"], OPENINGS, "No text has 5 words after an opening of 3"),
    ],
)
def test_questions_without_an_answer_are_refused(texts, openings, sentence):
    with pytest.raises(OpeningError, match=sentence):
        opening_effect(small_classifier(), texts, openings, following=(0, 5))
