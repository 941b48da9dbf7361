"""A classifier's answers and traces: the answer so far is the answer to the words so far, whatever the text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.classifier import Classifier, ClassifierError
from rnn_core.models.cells import LSTMState, gru_step, lstm_step, simple_rnn_step
from rnn_core.spec import KINDS, RECURRENT_KINDS, ModelSpec
from tests.core.small import TEXT, WORDS, small_classifier

ODD_TEXTS = {
    "empty": "",
    "spaces": " \t\n ",
    "emoji": "good 😀👍🏽 film 🏳️‍🌈",
    "right to left": "هذا الفيلم جيد",
    "Chinese": "这部电影很好",
    "nul and lone surrogate": "good\x00film \ud800",
    "one very long word": "a" * 30_000,
}
HEADS = {"features": 4, "heads": 2}


def kinds_of_networks():
    """Every way in which a trace has to come by its answers."""
    for kind in KINDS:
        for mask in (True, False):
            yield {"kind": kind, "mask": mask}
    for kind in RECURRENT_KINDS:
        yield {"kind": kind, "pooling": "mean_max"}
        yield {"kind": kind, "layers": 2, "pooling": "every", "padding": "right"}
        yield {"kind": kind, "bidirectional": True, "pooling": "max"}
        yield {"kind": kind, "bidirectional": True, "layers": 2, "pooling": "mean", "labels": 3}
        yield {"kind": kind, "bidirectional": True, "mask": False, "padding": "right", "pooling": "mean_max"}
    yield {"kind": "transformer", "positions": False}
    yield {"kind": "dense", "padding": "right"}


def name_of(settings_):
    return ", ".join(f"{name}={value}" for name, value in settings_.items())


@pytest.mark.parametrize("settings_", kinds_of_networks(), ids=name_of)
def test_trace_answers_after_every_word_as_to_the_words_so_far(settings_):
    classifier = small_classifier(**HEADS, **settings_)
    words = TEXT.split()
    trace = classifier.trace(TEXT)
    assert trace.tokens == tuple(words)
    prefixes = classifier.predict_proba([" ".join(words[: end + 1]) for end in range(len(words))])
    np.testing.assert_allclose(trace.probabilities, prefixes, atol=1e-6)
    np.testing.assert_allclose(trace.probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(classifier.network.output(trace.seen), trace.probabilities, atol=1e-6)
    np.testing.assert_array_equal(trace.inputs, classifier.weights["embeddings"][trace.ids])


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_every_layer_of_a_trace_obeys_its_cell_at_every_word(kind, mask):
    classifier = small_classifier(kind=kind, layers=2, bidirectional=True, mask=mask)
    trace = classifier.trace(TEXT)
    assert [layer.prefix for layer in trace.layers] == ["", "backward/", "recurrent_2/", "backward_2/"]
    np.testing.assert_array_equal(trace.states, trace.layers[0].states)
    np.testing.assert_array_equal(trace.layers[2].inputs, np.concatenate([layer.states for layer in trace.layers[:2]], axis=1))
    for layer in trace.layers:
        weights = classifier.layer_weights(layer.prefix)
        if kind == "lstm":
            state = lstm_step(layer.inputs, LSTMState(layer.before, layer.cells_before), weights)
            np.testing.assert_allclose(layer.cells, state.cell, atol=1e-6)
            after = state.hidden
        else:
            after = {"simple_rnn": simple_rnn_step, "gru": gru_step}[kind](layer.inputs, layer.before, weights)
        np.testing.assert_allclose(layer.states, after, atol=1e-6)
        if mask:  # nothing is read before the first word or, backwards, behind the last one
            assert not layer.before[-1 if layer.prefix.startswith("backward") else 0].any()


def test_last_state_is_what_the_output_layer_sees():
    trace = small_classifier().trace(TEXT)
    np.testing.assert_array_equal(trace.seen, trace.states)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_odd_texts_have_an_answer_and_a_trace(kind, text):
    classifier = small_classifier(**HEADS, kind=kind)
    probabilities = classifier.predict_proba([text])
    assert probabilities.shape == (1, 2)
    assert np.isfinite(probabilities).all()
    assert probabilities.dtype == np.float32
    trace = classifier.trace(text)
    assert trace.probabilities.shape == (len(trace.tokens), 2)
    assert len(trace.unknown) == len(trace.states) == len(trace.ids) == len(trace.tokens)


@pytest.mark.parametrize("kind", KINDS)
def test_words_beyond_time_steps_are_cut_off_at_the_end(kind):
    classifier = small_classifier(**HEADS, kind=kind)
    long, read = "good film " * 25_000, "good film " * 6
    np.testing.assert_array_equal(classifier.predict_proba([long]), classifier.predict_proba([read]))
    trace = classifier.trace(long)
    assert (len(trace.tokens), trace.cut) == (12, 50_000 - 12)


def test_no_text_gives_no_row():
    assert small_classifier(labels=3).predict_proba([]).shape == (0, 3)


def test_unknown_words_are_marked():
    assert small_classifier().trace("a mediocre film").unknown.tolist() == [False, True, False]


@pytest.mark.parametrize("settings_", [{"kind": "bag_of_words"}, {"kind": "transformer", "positions": False}], ids=name_of)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), orders=st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_network_blind_to_order_answers_all_orders_with_the_same_bits(settings_, words, orders):
    """In whatever company the text is asked about: batches of other sizes must not move the last bit either."""
    classifier = small_classifier(**HEADS, **settings_, labels=3)
    answer = classifier.predict_proba([" ".join(words)])[0]
    shuffled = orders.draw(st.lists(st.permutations(words), min_size=1, max_size=20))
    others = orders.draw(st.lists(st.just("a bad film"), max_size=9))
    batch = classifier.predict_proba([*others, *(" ".join(order) for order in shuffled)])[len(others) :]
    assert (batch == answer).all()


def test_order_matters_to_a_recurrent_network():
    first, second = small_classifier(gain=1.5).predict_proba(["not very good", "good very not"])
    assert abs(first - second).max() > 1e-3


@pytest.mark.parametrize("settings_", [{}, {"kind": "lstm", "bidirectional": True}, {"kind": "conv1d"}], ids=name_of)
def test_many_texts_at_once_are_answered_as_each_alone(settings_):
    """More words than the vocabulary has rows, so that the table of embedding times kernel is used."""
    classifier, rng = small_classifier(**settings_), np.random.default_rng(2)
    texts = [" ".join(rng.choice(WORDS, length)) for length in rng.integers(0, 15, 600)]
    alone = np.concatenate([small_classifier(**settings_).predict_proba([text]) for text in texts[:40]])
    np.testing.assert_allclose(classifier.predict_proba(texts)[:40], alone, atol=1e-6)


def test_ids_that_the_embedding_does_not_have_are_refused():
    classifier = small_classifier()
    np.testing.assert_array_equal(classifier.predict_ids([np.array([2, 3], np.int32)]), classifier.predict_proba(["good bad"]))
    for wrong in (-1, classifier.spec.vocabulary):
        with pytest.raises(ClassifierError, match="between 0 and 9"):
            classifier.predict_ids([np.array([wrong], np.int32)])


def test_parts_that_do_not_fit_are_refused():
    good = small_classifier()

    def made(**changes):
        parts = {"spec": good.spec, "vocabulary": good.vocabulary, "label_names": good.label_names, "weights": good.weights}
        return Classifier(**{**parts, **changes})

    with pytest.raises(ClassifierError, match="as many different names"):
        made(label_names=("one", "one"))
    with pytest.raises(ClassifierError, match="needs 10 rows, the embedding has 9"):
        made(spec=good.spec.replace(vocabulary=9))
    with pytest.raises(ClassifierError, match="output/kernel"):
        made(weights={**good.weights, "output/kernel": np.zeros((3, 1), np.float32)})
    with pytest.raises(ClassifierError, match="reads numbers"):
        made(spec=ModelSpec())
