"""The Word order page: the guess comes before the answers, and every odd pair of sentences gets a sentence."""

import pytest

from ui.order_meter import SETS


def named(elements, label):
    return next(element for element in elements if element.label == label)


def labels(elements):
    return [element.label for element in elements]


def show(app):
    named(app.button, "I cannot tell, show me").click().run()
    assert not app.exception, [(error.value, error.stack_trace) for error in app.exception]


def answers(app):
    """The table of both answers by network."""
    table = next(frame.value for frame in app.dataframe if "tells them apart" in frame.value)
    return table.set_index("network")


def test_the_answers_wait_for_the_guess_and_the_guess_stays(open_page):
    app = open_page("word_order")
    assert not any("tells them apart" in frame.value for frame in app.dataframe)
    app.pills(key="order_chosen").set_value(["bag_of_words", "simple_rnn"]).run()
    named(app.button, "That is my guess").click().run()
    assert any("You were right about" in note.value for note in [*app.info, *app.success])
    table = answers(app)
    assert table.loc["Bag of words", "difference"] == "exactly 0"
    assert table.loc["Transformer without positions", "difference"] == "exactly 0"
    assert table.loc["SimpleRNN", "tells them apart"] == "yes"
    assert table.loc["SimpleRNN", "first sentence"].startswith("person")
    assert table.loc["SimpleRNN", "second sentence"].startswith("animal")
    assert table.loc["SimpleRNN, untrained", "difference"] != "exactly 0"
    app.switch_page("pages/start.py").run()
    app.switch_page("pages/word_order.py").run()
    assert any("You were right about" in note.value for note in [*app.info, *app.success])


def test_a_shared_pair_comes_from_the_link(open_page):
    app = open_page("word_order", first="the cat saw the boy", second="the boy saw the cat")
    assert named(app.text_input, "First sentence").value == "the cat saw the boy"
    assert named(app.text_input, "Second sentence").value == "the boy saw the cat"


def test_a_word_that_is_not_known_is_named(open_page):
    app = open_page("word_order", first="the zorblax bit the man", second="the man bit the zorblax")
    assert any("`zorblax`" in note.value and "rest on the other words" in note.value for note in app.caption)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("", "the man bit the dog", "no word to read"),
        ("dog", "man", "no order"),
    ],
)
def test_what_has_no_order_gets_a_sentence(open_page, first, second, sentence):
    app = open_page("word_order")
    named(app.text_input, "First sentence").set_value(first)
    named(app.text_input, "Second sentence").set_value(second).run()
    assert not app.exception
    assert any(sentence in note.value for note in app.info)
    assert "That is my guess" not in labels(app.button)


def test_other_words_are_not_called_another_order(open_page):
    app = open_page("word_order", first="the dog bit the man", second="the dogs chased the boys")
    show(app)
    assert any("do not have the same words" in note.value for note in app.caption)


def test_hostile_words_and_very_long_sentences_do_no_harm(open_page):
    app = open_page("word_order", first="<script>alert(1)</script> `dog` " + "word " * 30, second="\x00 \u202e 犬 🐕 bit")
    show(app)


def test_a_random_pair_is_a_sentence_and_its_swap(open_page):
    app = open_page("word_order")
    named(app.button, "A random pair").click().run()
    first, second = (named(app.text_input, name).value for name in ("First sentence", "Second sentence"))
    assert sorted(first.split()) == sorted(second.split())
    assert first != second


@pytest.mark.parametrize("texts", ["unseen_pairs", "unseen_lengths", "reviews"])
def test_the_recorded_meter_is_shown_for_every_kind(open_page, texts):
    app = open_page("word_order", meter=SETS[texts])
    assert app.segmented_control(key="meter").value == texts
    table = next(frame.value for frame in app.dataframe if "as written" in frame.value).set_index("network")
    assert len(table) == 8
    assert (table.loc["Bag of words"].drop("as written") == "exactly 0").all()
