"""Two sentences through one network: equal where they are equal, and apart from the first differing word on."""

import numpy as np
import pytest

from rnn_core.figures.order_twins import describe_twin_states
from rnn_core.figures.order_twins import twin_states as figure
from rnn_core.lenses.order import OrderError
from rnn_core.lenses.order_pair import pair_answers, twin_states, unknown_words
from tests.core.small import WORDS, small_classifier

FIRST, SECOND = "the film was good not bad", "the film was bad not good"


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_the_states_part_at_the_first_differing_word(kind):
    model = small_classifier(kind=kind)
    twins = twin_states(model, FIRST, SECOND)
    assert twins.first_difference == 3
    assert (twins.distance[:3] == 0).all()
    assert (twins.distance[3:] > 0).all()
    for number, text in enumerate((FIRST, SECOND)):
        trace = model.trace(text)
        np.testing.assert_array_equal(twins.states[number], trace.states)
        np.testing.assert_array_equal(twins.probabilities[number], trace.probabilities)
    np.testing.assert_allclose(twins.distance, np.linalg.norm(twins.states[0] - twins.states[1], axis=1), rtol=1e-6)


def test_no_other_direction_shows_more_of_the_difference():
    twins = twin_states(small_classifier(), FIRST, SECOND)
    assert np.linalg.norm(twins.direction) == pytest.approx(1, abs=1e-6)
    shown = np.square(twins.lines[0] - twins.lines[1]).sum()
    rng = np.random.default_rng(0)
    for _ in range(200):
        other = rng.normal(size=len(twins.direction))
        along = twins.states @ (other / np.linalg.norm(other))
        assert np.square(along[0] - along[1]).sum() <= shown + 1e-6


def test_a_shorter_sentence_keeps_what_it_ended_with():
    twins = twin_states(small_classifier(), "the film was", "the film was good")
    np.testing.assert_array_equal(twins.states[0, 3], twins.states[0, 2])
    assert twins.first_difference == 3
    assert (twins.distance[:3] == 0).all()
    assert twins.distance[3] > 0
    assert list(figure(twins, "gru", 1).layout.xaxis3.ticktext)[-1] == "<b>·</b><br><b>good</b>"


def test_equal_sentences_are_never_apart():
    twins = twin_states(small_classifier(), FIRST, FIRST)
    assert twins.first_difference is None
    assert not twins.distance.any()
    assert "the same" in describe_twin_states(twins)


def test_hostile_words_are_text_in_the_figure():
    twins = twin_states(small_classifier(), "<script>alert(1)</script>", "good")
    ticks = "".join(figure(twins, "simple_rnn").layout.xaxis3.ticktext)
    assert "<script" not in ticks


@pytest.mark.parametrize(
    ("settings", "first", "second"),
    [({"kind": "dense"}, FIRST, SECOND), ({}, "", SECOND), ({}, FIRST, "  "), ({"kind": "bag_of_words"}, FIRST, SECOND)],
)
def test_what_has_no_states_gets_a_sentence(settings, first, second):
    with pytest.raises(OrderError):
        twin_states(small_classifier(**settings), first, second)


def test_order_blind_kinds_give_one_answer_to_all_permutations_of_a_sentence():
    rng = np.random.default_rng(0)
    for settings in ({"kind": "bag_of_words"}, {"kind": "transformer", "positions": False, "features": 4, "heads": 2}):
        model = small_classifier(**settings)
        words = rng.choice(WORDS, 11)
        answers = [pair_answers(model, " ".join(words), " ".join(rng.permutation(words))) for _ in range(200)]
        assert {answer.difference for answer in answers} == {0.0}
        assert not any(answer.told_apart for answer in answers)


def test_the_difference_is_by_how_much_the_probability_moves():
    answers = pair_answers(small_classifier(), FIRST, SECOND)
    assert answers.difference == pytest.approx(abs(float(answers.first[1]) - float(answers.second[1])), abs=1e-6)
    assert answers.difference > 0


def test_unknown_words_are_named():
    assert unknown_words(small_classifier(), "good zorblax") == (("good", False), ("zorblax", True))
