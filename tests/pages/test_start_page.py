"""The start page: something real at once, the answer turns with the order, and the doors lead on."""

import pytest

from rnn_core.bundled import bundled
from tests.pages.doors import buttons, named, words
from ui.start_reading import QUESTIONS


def test_the_answer_stands_there_at_once_and_turns_with_the_order(open_page):
    app = open_page("start")
    assert any("a **person** was acted upon" in text for text in words(app))
    named(app.button, "the man bit the dog").click().run()
    assert not app.exception
    assert app.text_input(key="read_roles").value == "the man bit the dog"
    assert any("an **animal** was acted upon" in text for text in words(app))


def test_the_two_sentences_of_each_question_are_answered_differently():
    for name, asked in QUESTIONS.items():
        answers = bundled("simple_rnn", name).predict_proba(list(asked.sentences)).argmax(axis=1)
        assert sorted(answers.tolist()) == [0, 1], name


def test_a_link_brings_its_own_sentence(open_page):
    app = open_page("start", asks="reviews", read_reviews="a dull , zorblax mess")
    assert app.text_input(key="read_reviews").value == "a dull , zorblax mess"
    assert any("did **not like** it" in text for text in words(app))
    assert any("`zorblax`" in text for text in words(app))


@pytest.mark.parametrize("text", ["", "  ", "犬 🐕 <script>alert(1)</script>", "word " * 39, "**bold** $x$ `code`"])
def test_odd_sentences_do_no_harm(open_page, text):
    app = open_page("start")
    app.text_input(key="read_roles").set_value(text).run()
    assert not app.exception
    assert text.strip() or any("no word to read" in note.value for note in app.info)


def test_the_page_needs_no_tensorflow_and_no_training(open_page):
    app = open_page("start")
    assert "Start the guided path" in buttons(app)
    assert not any("Your last run" in text for text in words(app)) or any("Open it" in text for text in words(app))
