"""The questions of the guided path: every right answer follows from the networks, and changes when they change."""

from __future__ import annotations

import numpy as np
import pytest

from rnn_core.bundled import bundled, example_reviews
from rnn_core.classifier import Classifier
from rnn_core.lenses import quiz
from rnn_core.lenses.gradients import jacobian_norms


@pytest.mark.parametrize("name", quiz.QUESTIONS)
def test_every_question_has_different_options_and_an_answer_in_numbers(name):
    question = quiz.question(name)
    assert 3 <= len(question.options) == len(set(question.options)) <= 4
    assert 0 <= question.right < len(question.options)
    assert any(character.isdigit() for character in question.explanation)


def test_the_answers_of_the_textbook():
    """What can be told without running a network: symmetry, formulas, and one gradient a weight."""

    def answer(name):
        question = quiz.question(name)
        return question.options[question.right]

    assert answer("bag") == "exactly 0"
    assert answer("positions") == "the Transformer without positions"
    assert answer("longer_texts") == "only the dense network"
    assert answer("gated_weights") == "4 times"
    assert answer("growing_work") == "the Transformer with positions"
    units = bundled().spec.units
    assert answer("kernel_gradient") == str(units**2)
    assert answer("state_size") == str(units)
    assert answer("copies") == "9"  # of 10: before the first word the state is zero


def test_a_bag_of_words_that_read_order_would_change_the_answer(monkeypatch):
    monkeypatch.setattr(quiz, "bundled", lambda kind="simple_rnn", name="reviews": bundled("simple_rnn", name))
    question = quiz.question("bag")
    assert question.options[question.right] == "more than one point of a hundred"


def test_a_kernel_of_zeros_leaves_nothing_of_the_gradient(monkeypatch):
    def without_memory(kind="simple_rnn", name="reviews"):
        found = bundled(kind, name)
        weights = {**found.weights, "recurrent_kernel": np.zeros_like(found.weights["recurrent_kernel"])}
        return Classifier(found.spec, found.vocabulary, found.label_names, weights, found.notes)

    monkeypatch.setattr(quiz, "bundled", without_memory)
    fading, copies = quiz.question("fading"), quiz.question("kernel_gradient")
    assert fading.options[fading.right] == "less than 1 %"
    assert copies.options[copies.right] == str(bundled().spec.units ** 2)


def test_what_is_left_of_the_gradient_is_no_more_than_the_jacobians_let_through():
    """Their norm bounds what is left, for the gradient at the end is one vector that they act on."""
    text = example_reviews()[1]
    norms = jacobian_norms(bundled(), text, gaps=[quiz.GAP], whole=True)
    found = quiz._review_gradient("simple_rnn")
    assert quiz._left(found, quiz.GAP) <= np.exp(norms.whole_log_norms[0]) * (1 + 1e-9)
